package sqlite

import (
	"errors"
	"strings"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"polyreme/pgsql/types"
)

// Stmt is a prepared statement. Get it from Conn.Prepare, give it back with
// Release.
type Stmt struct {
	conn  *Conn
	p     uintptr // sqlite3_stmt
	sql   string
	ticks int64 // progress calls in this execution
	busy  bool  // stepped and not yet at its end
	bound bool  // has bindings to clear

	accesses []Access

	arena arena

	older, newer *Stmt // idle list of the cache
}

// Prepare returns the statement sql, from the connection's cache if it is
// there and not in use. sql must hold exactly one statement. A statement from
// the cache that does not fit the schema any more fails at its first Step.
func (c *Conn) Prepare(sql string) (*Stmt, error) {
	if s := c.cache.take(sql); s != nil {
		return s, nil
	}
	s, rest, err := c.compile(sql, lib.SQLITE_PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, errors.New("prepare: empty statement")
	}
	if strings.Trim(rest, " \t\r\n;") != "" {
		s.finalize()
		return nil, errors.New("prepare: more than one statement")
	}
	s.sql = sql
	return s, nil
}

// compile prepares the first statement of sql and returns what follows it. The
// statement is nil if there is none before the end of sql.
func (c *Conn) compile(sql string, flags uint32) (*Stmt, string, error) {
	text, err := cString(sql)
	if err != nil {
		return nil, "", err
	}
	defer libc.Xfree(c.tls, text)
	s, tail, err := c.compileText(text, len(sql), flags)
	if err != nil {
		return nil, "", err
	}
	return s, sql[int(tail-text):], nil
}

// compileText is compile of the n bytes at text, which a NUL follows. It
// returns the address of the rest.
func (c *Conn) compileText(text uintptr, n int, flags uint32) (*Stmt, uintptr, error) {
	if c.db == 0 {
		return nil, 0, ErrClosed
	}
	if c.current == nil {
		c.fault = nil
	}
	outer := c.touched
	c.touched = nil
	rc := lib.Xsqlite3_prepare_v3(c.tls, c.db, text, int32(n+1), flags, c.scratch, c.scratch+8)
	accesses := c.touched
	c.touched = outer
	if rc != lib.SQLITE_OK {
		return nil, 0, c.fail(rc)
	}
	p, tail := *at[uintptr](c.scratch), *at[uintptr](c.scratch + 8)
	if p == 0 {
		return nil, tail, nil
	}
	return &Stmt{conn: c, p: p, accesses: accesses}, tail, nil
}

// SQL returns the text the statement was prepared from.
func (s *Stmt) SQL() string { return s.sql }

// Accesses returns the tables and functions that the statement uses, those of its triggers and
// foreign key actions too; perhaps some that it does not use any more. It is known
// only on connections with an authorizer, and in full once the statement has been
// stepped.
func (s *Stmt) Accesses() []Access { return s.accesses }

// ReadOnly tells whether the statement cannot change the database.
func (s *Stmt) ReadOnly() bool { return lib.Xsqlite3_stmt_readonly(s.conn.tls, s.p) != 0 }

// Changes returns the number of rows that the statement, an INSERT, UPDATE or
// DELETE run to its end just before, changed; 0 for a statement that only reads.
func (s *Stmt) Changes() int64 {
	if s.ReadOnly() {
		return 0
	}
	return s.conn.Changes()
}

// ParameterCount returns the number of the highest parameter.
func (s *Stmt) ParameterCount() int {
	return int(lib.Xsqlite3_bind_parameter_count(s.conn.tls, s.p))
}

// Step runs the statement to its next row. row is false at its end, where the
// next Step would start it again. After an error Reset it.
func (s *Stmt) Step() (row bool, err error) {
	c := s.conn
	first := !s.busy
	if first {
		if err := s.start(); err != nil {
			return false, err
		}
	}
	outer := c.current
	c.current = s
	var rc int32
	if first {
		rc = s.firstStep()
	} else {
		rc = lib.Xsqlite3_step(c.tls, s.p)
	}
	c.current = outer
	if rc == lib.SQLITE_ROW {
		return true, nil
	}
	s.busy = false
	if rc == lib.SQLITE_DONE {
		return false, nil
	}
	return false, c.fail(rc)
}

// firstStep makes the step in which SQLite prepares a statement anew that was for
// another schema, and notes what it uses then.
func (s *Stmt) firstStep() int32 {
	c := s.conn
	outer := c.touched
	c.touched = nil
	rc := lib.Xsqlite3_step(c.tls, s.p)
	s.accesses = append(s.accesses, c.touched...)
	c.touched = outer
	return rc
}

// start begins an execution.
func (s *Stmt) start() error {
	c := s.conn
	if c.db == 0 || s.p == 0 {
		return ErrClosed
	}
	if c.interrupted.Load() {
		return &Error{Code: lib.SQLITE_INTERRUPT, Extended: lib.SQLITE_INTERRUPT, Message: "interrupted", Offset: -1, cause: ErrInterrupted}
	}
	s.busy = true
	if c.current == nil {
		c.fault = nil
	}
	if c.progress {
		// The phase of the progress handler depends on the steps counted for
		// the statement so far; starting at 0 makes the fuse deterministic.
		lib.Xsqlite3_stmt_status(c.tls, s.p, lib.SQLITE_STMTSTATUS_VM_STEP, 1)
		s.ticks = 0
	}
	return nil
}

// run steps to the end and resets.
func (s *Stmt) run() error {
	for {
		row, err := s.Step()
		if err != nil {
			s.Reset()
			return err
		}
		if !row {
			s.Reset()
			return nil
		}
	}
}

// Run executes the statement to its end, drops its rows and resets it.
func (s *Stmt) Run() error { return s.run() }

// Reset ends the execution and clears the bindings; the statement can be bound
// and stepped again. Errors of the execution were already returned by Step.
func (s *Stmt) Reset() {
	if s.conn.db == 0 || s.p == 0 {
		return
	}
	lib.Xsqlite3_reset(s.conn.tls, s.p)
	s.busy = false
	if !s.bound {
		return
	}
	lib.Xsqlite3_clear_bindings(s.conn.tls, s.p)
	s.bound = false
	s.arena.reset(s.conn.tls)
}

// Release resets the statement and gives it back to the cache. It must not be
// used afterwards.
func (s *Stmt) Release() {
	if s.conn.db == 0 || s.p == 0 {
		s.p = 0
		return
	}
	s.Reset()
	s.conn.cache.put(s)
}

// Close finalizes the statement instead of keeping it in the cache.
func (s *Stmt) Close() {
	if s.conn.db == 0 || s.p == 0 {
		s.p = 0
		return
	}
	s.finalize()
}

func (s *Stmt) finalize() {
	lib.Xsqlite3_finalize(s.conn.tls, s.p)
	s.p = 0
	s.arena.free(s.conn.tls)
}

// ColumnCount returns the number of result columns.
func (s *Stmt) ColumnCount() int { return int(lib.Xsqlite3_column_count(s.conn.tls, s.p)) }

// ColumnName returns the name of result column i, from 0.
func (s *Stmt) ColumnName(i int) string {
	return libc.GoString(lib.Xsqlite3_column_name(s.conn.tls, s.p, int32(i)))
}

// cell returns result column i of the current row, nil without one.
func (s *Stmt) cell(i int) *cell {
	v := at[lib.TVdbe](s.p)
	if v.FpResultRow == 0 || uint(i) >= uint(v.FnResColumn) {
		return nil
	}
	return at[cell](v.FpResultRow + uintptr(i)*cellSize)
}

// Column returns result column i, from 0, of the current row. Text and blobs
// are valid until the next Step or Reset.
func (s *Stmt) Column(i int) types.Value {
	m := s.cell(i)
	if m == nil {
		return types.Value{}
	}
	return cellValue(s.conn.tls, m)
}

// ColumnKind returns the kind of column i.
func (s *Stmt) ColumnKind(i int) types.Kind {
	m := s.cell(i)
	if m == nil {
		return types.Null
	}
	return cellKind(m)
}

// ColumnInt64 returns column i if it is an integer, else 0.
func (s *Stmt) ColumnInt64(i int) int64 {
	m := s.cell(i)
	if m == nil || cellKind(m) != types.Int {
		return 0
	}
	return cellInt(m)
}

// ColumnFloat64 returns column i if it is a number, else 0.
func (s *Stmt) ColumnFloat64(i int) float64 {
	m := s.cell(i)
	if m == nil {
		return 0
	}
	if k := cellKind(m); k != types.Int && k != types.Float {
		return 0
	}
	return cellFloat(m)
}

// ColumnBytes returns column i if it is a text or a blob, else nil; valid until
// the next Step or Reset.
func (s *Stmt) ColumnBytes(i int) []byte {
	m := s.cell(i)
	if m == nil {
		return nil
	}
	return cellBytes(s.conn.tls, m)
}
