package sqlite

// statementCache keeps the idle prepared statements of a connection, by their
// SQL text, and drops the least recently used beyond its limit. A statement in
// use is not in it, so a second Prepare of the same text makes a second one.
type statementCache struct {
	limit  int
	idle   map[string]*Stmt
	oldest *Stmt
	newest *Stmt
}

// take removes and returns the idle statement of sql, or nil.
func (k *statementCache) take(sql string) *Stmt {
	s := k.idle[sql]
	if s == nil {
		return nil
	}
	k.drop(s)
	return s
}

// put keeps s for later, unless there is already one like it.
func (k *statementCache) put(s *Stmt) {
	if k.limit == 0 || s.sql == "" || k.idle[s.sql] != nil {
		s.finalize()
		return
	}
	if k.idle == nil {
		k.idle = make(map[string]*Stmt)
	}
	if len(k.idle) >= k.limit {
		victim := k.oldest
		k.drop(victim)
		victim.finalize()
	}
	k.idle[s.sql] = s
	s.older = k.newest
	if k.newest != nil {
		k.newest.newer = s
	} else {
		k.oldest = s
	}
	k.newest = s
}

// clear drops all.
func (k *statementCache) clear() {
	for k.oldest != nil {
		s := k.oldest
		k.drop(s)
		s.finalize()
	}
}

// DropStatements empties the cache of statements: the schema has changed.
func (c *Conn) DropStatements() { c.cache.clear() }

// drop takes s, which is idle, out of the cache.
func (k *statementCache) drop(s *Stmt) {
	delete(k.idle, s.sql)
	if s.older != nil {
		s.older.newer = s.newer
	} else {
		k.oldest = s.newer
	}
	if s.newer != nil {
		s.newer.older = s.older
	} else {
		k.newest = s.older
	}
	s.older, s.newer = nil, nil
}
