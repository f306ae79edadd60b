package session

import (
	"context"
	"slices"
	"time"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/plan"
	"polyreme/raftlog"
)

// temporary is what a session knows of its temporary relations. They are relations
// like all others, replicated, in a schema pg_temp_<number> that belongs to the
// session for as long as it has the lock of that number. So they end as advisory
// locks do: with the session, or when the cluster gives its node up.
type temporary struct {
	number  int64    // 0 before the first temporary relation
	emptied []uint32 // tables with ON COMMIT DELETE ROWS
}

// leaveLimit bounds how long a session that ends tries to drop its temporary
// relations. The leader drops what is left.
const leaveLimit = 2 * time.Second

// schema is the name of the session's schema, "" for none.
func (t *temporary) schema() string {
	if t.number == 0 {
		return ""
	}
	return catalog.TemporarySchema(t.number)
}

func temporaryLock(number int64) raftlog.AdvisoryLock {
	return raftlog.AdvisoryLock{Key: number, Temporary: true}
}

// takeTemporary makes the session the owner of a schema of temporary relations, one
// that is empty in cat and in the newest state.
func (s *Session) takeTemporary(ctx context.Context, cat *catalog.Catalog) error {
	taken := map[int64]bool{}
	for _, row := range s.manager.config.Store.AdvisoryLocks() {
		if row.Lock.Temporary {
			taken[row.Lock.Key] = true
		}
	}
	for n := int64(1); s.temporary.number == 0; n++ {
		if taken[n] || isFilled(cat, n) {
			continue
		}
		got, err := s.acquire(ctx, &advisoryCall{try: true, lock: temporaryLock(n)})
		if err != nil {
			return err
		}
		if got {
			if err := s.enterTemporary(ctx, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// enterTemporary takes over the schema whose lock the session has, unless it is still
// full of what an earlier owner left.
func (s *Session) enterTemporary(ctx context.Context, n int64) error {
	l := temporaryLock(n)
	s.advisory.hold(l).session++
	err := s.manager.config.Store.WaitApplied(ctx, s.lastIndex)
	if err == nil {
		var newest *catalog.Catalog
		if newest, err = s.manager.current(ctx); err == nil && !isFilled(newest, n) {
			s.temporary.number = n
			return nil
		}
	}
	delete(s.advisory.held, l)
	if failure := s.giveBack([]raftlog.AdvisoryLock{l}); failure != nil {
		return failure
	}
	return err
}

// isFilled tells whether the schema of the number has relations.
func isFilled(cat *catalog.Catalog, n int64) bool {
	name := catalog.TemporarySchema(n)
	return slices.ContainsFunc(cat.TemporarySchemas(), func(s *catalog.Schema) bool { return s.Name == name })
}

// dropTemporary drops the temporary relations of the session, as a transaction of
// its own.
func (s *Session) dropTemporary(ctx context.Context) error {
	if s.temporary.number == 0 {
		return nil
	}
	s.temporary.emptied = nil
	if err := s.manager.config.Store.WaitApplied(ctx, s.lastIndex); err != nil {
		return err
	}
	for range replansMax {
		cat, err := s.manager.current(ctx)
		if err != nil {
			return err
		}
		done, err := s.manager.dropTemporary(ctx, cat, s.temporary.schema(), s.propose)
		if done || err != nil {
			return err
		}
		if err := s.catchUp(ctx); err != nil {
			return err
		}
	}
	return errSchemaUnstable()
}

// leaveTemporary drops the temporary relations at the end of the session.
func (s *Session) leaveTemporary() {
	ctx, done := context.WithTimeout(context.Background(), leaveLimit)
	defer done()
	if err := s.dropTemporary(ctx); err != nil {
		s.manager.config.Logger.Debug("temporary relations not dropped yet", "schema", s.temporary.schema(), "err", err)
	}
}

// dropTemporary drops the relations that a schema of temporary relations has in cat.
// done is false where the schema of the database is another one meanwhile.
func (m *Manager) dropTemporary(ctx context.Context, cat *catalog.Catalog, schema string,
	propose func(context.Context, *raftlog.Entry) (raftlog.Result, error),
) (done bool, err error) {
	st, err := plan.DropTemporary(cat, schema)
	if st == nil || err != nil {
		return true, err
	}
	result, err := propose(ctx, &raftlog.Entry{
		Moment: raftlog.Moment{Time: microseconds(m.config.Now())}, ChangesSchema: true,
		Dependencies: []raftlog.Dependency{{Relation: 0, Version: raftlog.SchemaVersion(cat.Version)}},
		Operations:   appendOperations(nil, st, nil, 0),
	})
	switch {
	case err != nil:
		return false, err
	case result.Status == raftlog.SchemaChanged:
		return false, nil
	case result.Status == raftlog.Applied, result.Status == raftlog.ResultLost:
		return true, nil
	}
	return false, unexpectedStatus(&result)
}

// onCommit makes the operations that end a transaction which leaves the schema as in
// cat: what ON COMMIT asks for. created are the tables with ON COMMIT that it made,
// wrote those that it may have changed.
func (s *Session) onCommit(cat *catalog.Catalog, created []plan.OnCommit, changesSchema bool, wrote map[uint32]bool, statement int) ([]raftlog.Operation, error) {
	if len(created) == 0 && len(s.temporary.emptied) == 0 {
		return nil, nil
	}
	empty, dirty := slices.Clone(s.temporary.emptied), map[uint32]bool{}
	for _, oid := range empty {
		if wrote[oid] {
			dirty[oid] = true
		}
	}
	var drop []uint32
	for _, c := range created {
		if c.Drop {
			drop = append(drop, c.Relation)
		} else {
			empty = append(empty, c.Relation)
			dirty[c.Relation] = true
		}
	}
	if len(drop)+len(dirty) == 0 && !changesSchema {
		return nil, nil
	}
	st, err := plan.EndTransaction(cat, s.temporary.schema(), drop, empty, func(oid uint32) bool { return dirty[oid] })
	if st == nil || err != nil {
		return nil, err
	}
	return appendOperations(nil, st, nil, statement), nil
}

// onCommitAlone is onCommit for a statement that is a transaction of its own.
func (s *Session) onCommitAlone(p *planned) ([]raftlog.Operation, error) {
	if p.OnCommit == nil && len(s.temporary.emptied) == 0 {
		return nil, nil
	}
	cat, wrote := p.catalog, &block{wrote: map[uint32]bool{}}
	for _, relation := range p.ReadsRelations {
		wrote.noteWrite(cat, relation)
	}
	if p.NewCatalog != nil {
		cat = p.NewCatalog
	}
	return s.onCommit(cat, p.createdTables(), p.Kind == plan.Schema, wrote.wrote, 1)
}

// createdTables is the table with ON COMMIT that the statement creates, if any.
func (p *planned) createdTables() []plan.OnCommit {
	if p.OnCommit == nil {
		return nil
	}
	return []plan.OnCommit{*p.OnCommit}
}

// keepCreated notes the tables with ON COMMIT that a transaction has created, and
// forgets those that are no more. What the session did before is in the catalog of
// this node: it waits for its changes of the schema.
func (s *Session) keepCreated(created []plan.OnCommit) {
	t := &s.temporary
	if cat := s.manager.catalog.Load(); cat != nil && len(created) > 0 {
		t.emptied = slices.DeleteFunc(t.emptied, func(oid uint32) bool { return cat.RelationByOID(oid) == nil })
	}
	for _, c := range created {
		if !c.Drop {
			t.emptied = append(t.emptied, c.Relation)
		}
	}
}
