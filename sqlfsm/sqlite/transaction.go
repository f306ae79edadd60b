package sqlite

import "strings"

// controls holds the statements of transaction control, prepared once. They
// are not in the cache, so that nothing can drive them out.
type controls struct {
	begin, immediate, commit, rollback, snapshot, reserve *Stmt

	savepoints map[string]*savepointStmts
}

type savepointStmts struct{ open, release, rollback *Stmt }

// savepointNamesMax bounds the prepared savepoint statements of a connection.
const savepointNamesMax = 64

func (sp *savepointStmts) finalize() {
	for _, s := range []*Stmt{sp.open, sp.release, sp.rollback} {
		if s != nil {
			s.finalize()
		}
	}
}

// runControl runs *s, which it prepares from sql at first.
func (c *Conn) runControl(s **Stmt, sql string) error {
	c.trusted = true
	defer c.untrust()
	if *s == nil {
		p, err := c.Prepare(sql)
		if err != nil {
			return err
		}
		*s = p
	}
	return (*s).run()
}

func (c *Conn) untrust() { c.trusted = false }

// Begin opens a transaction that takes its snapshot with its first read.
func (c *Conn) Begin() error { return c.runControl(&c.control.begin, "BEGIN") }

// BeginImmediate opens a transaction with the write lock.
func (c *Conn) BeginImmediate() error {
	return c.runControl(&c.control.immediate, "BEGIN IMMEDIATE")
}

// BeginRead opens a transaction and takes its read snapshot now: every later
// statement sees the last commit before this call.
func (c *Conn) BeginRead() error {
	if err := c.Begin(); err != nil {
		return err
	}
	if err := c.runControl(&c.control.snapshot, "SELECT rootpage FROM sqlite_schema LIMIT 1"); err != nil {
		_ = c.Rollback()
		return err
	}
	return nil
}

// Commit commits the transaction.
func (c *Conn) Commit() error {
	if err := c.runControl(&c.control.commit, "COMMIT"); err != nil {
		return err
	}
	return c.walBuffer.err()
}

// Rollback rolls the transaction back; without one it does nothing. It works
// on an interrupted connection, too.
func (c *Conn) Rollback() error {
	if !c.InTransaction() {
		return nil
	}
	if c.interrupted.Swap(false) {
		defer c.interrupted.Store(true)
	}
	err := c.runControl(&c.control.rollback, "ROLLBACK")
	for range rollbackRetries {
		if Classify(err) != Interrupted || !c.InTransaction() {
			break
		}
		// Interrupt was called since.
		defer c.interrupted.Store(true)
		c.interrupted.Store(false)
		err = c.runControl(&c.control.rollback, "ROLLBACK")
	}
	return err
}

const rollbackRetries = 3

// Savepoint opens the savepoint name.
func (c *Conn) Savepoint(name string) error {
	return c.runControl(&c.savepoint(name).open, "SAVEPOINT "+quoteName(name))
}

// Release ends the savepoint name and those after it and keeps their changes.
func (c *Conn) Release(name string) error {
	return c.runControl(&c.savepoint(name).release, "RELEASE "+quoteName(name))
}

// RollbackTo undoes what was done since the savepoint name; it stays open.
func (c *Conn) RollbackTo(name string) error {
	return c.runControl(&c.savepoint(name).rollback, "ROLLBACK TO "+quoteName(name))
}

func (c *Conn) savepoint(name string) *savepointStmts {
	if sp := c.control.savepoints[name]; sp != nil {
		return sp
	}
	if c.control.savepoints == nil || len(c.control.savepoints) >= savepointNamesMax {
		for _, sp := range c.control.savepoints {
			sp.finalize()
		}
		c.control.savepoints = make(map[string]*savepointStmts)
	}
	sp := new(savepointStmts)
	c.control.savepoints[name] = sp
	return sp
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
