package sqlite

import (
	"fmt"
	"strings"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"polyreme/pgsql/types"
)

// RowIterator yields rows. Values returned by Column are read before the next
// call of Next.
type RowIterator interface {
	// Next moves to the next row, at first to the first; false at the end.
	Next() (bool, error)
	// Column returns column i, from 0, of the current row.
	Column(i int) types.Value
	// Close is called once, also after an error and before the end.
	Close()
}

// TableFunction is a table-valued function: in FROM it is called like a
// function and has columns like a table. Its rowid counts rows from 1 (WITH
// ORDINALITY).
type TableFunction struct {
	Columns []string // the names of the columns
	Args    []string // the names of the arguments, which become hidden columns
	// EstimatedRows helps the planner; 0 means 100.
	EstimatedRows int64
	// Rows starts the rows for args, which has the arguments given up to the
	// last one. They are copies.
	Rows func(args []types.Value) (RowIterator, error)
}

// Table is a read-only table over Go rows.
type Table struct {
	Columns []string
	// Key is the column whose equality with a value Rows can use; -1 none.
	Key           int
	EstimatedRows int64 // 0 means 100
	// Rows starts the rows. If key is not nil, the rows whose Key column equals
	// it suffice; others are filtered by SQLite.
	Rows func(key *types.Value) (RowIterator, error)
}

// CreateTableFunction makes f usable as name(args…) in FROM, also correlated:
// arguments may be columns of tables to its left.
func (c *Conn) CreateTableFunction(name string, f TableFunction) error {
	m := &module{conn: c, columns: len(f.Columns), args: len(f.Args), estimate: f.EstimatedRows}
	m.rows = f.Rows
	m.schema = declaration(f.Columns, f.Args)
	return m.register(name)
}

// CreateTable makes t readable as the table name, with no CREATE statement.
func (c *Conn) CreateTable(name string, t Table) error {
	m := &module{conn: c, columns: len(t.Columns), key: t.Key, keyed: t.Key >= 0, estimate: t.EstimatedRows}
	m.rows = func(args []types.Value) (RowIterator, error) {
		if len(args) == 0 {
			return t.Rows(nil)
		}
		return t.Rows(&args[0])
	}
	m.schema = declaration(t.Columns, nil)
	return m.register(name)
}

func declaration(columns, hidden []string) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE x(")
	for i, name := range columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoteName(name))
	}
	for i, name := range hidden {
		if i > 0 || len(columns) > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoteName(name) + " HIDDEN")
	}
	b.WriteString(")")
	return b.String()
}

// module is an eponymous virtual table of a connection.
//
// SQLite's vtab and cursor objects are C memory: the vtab is the bare
// sqlite3_vtab, a cursor has the place of its Go part in cursors behind it.
type module struct {
	conn     *Conn
	schema   string
	columns  int
	args     int  // hidden columns, after the others
	key      int  // the pushed-down column of a Table
	keyed    bool // key is valid
	estimate int64
	rows     func(args []types.Value) (RowIterator, error)

	cursors []*cursor
	free    []int
	context Context // of xColumn
}

type cCursor struct {
	base  lib.Tsqlite3_vtab_cursor
	place int64
}

// cursor is a scan. It is kept for the next one when it is closed.
type cursor struct {
	rows  RowIterator
	args  []types.Value
	rowid int64
	done  bool
}

func (cu *cursor) close() {
	if cu.rows != nil {
		cu.rows.Close()
		cu.rows = nil
	}
	clear(cu.args)
	cu.args = cu.args[:0]
}

// register creates the module. SQLite keeps a pointer to the method table, so
// it is C memory, freed when the connection is closed.
func (m *module) register(name string) error {
	c := m.conn
	methods := libc.Xcalloc(c.tls, 1, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_module{})))
	c.blocks = append(c.blocks, methods)
	connect, disconnect, best := m.connect, m.disconnect, m.bestIndex
	open, closeCursor, filter, next := m.open, m.close, m.filter, m.next
	eof, column, rowid := m.eof, m.column, m.rowid
	c.keep = append(c.keep, connect, disconnect, best, open, closeCursor, filter, next, eof, column, rowid)
	*at[lib.Tsqlite3_module](methods) = lib.Tsqlite3_module{
		FxConnect: funcPointer(connect), FxDisconnect: funcPointer(disconnect),
		FxBestIndex: funcPointer(best), FxOpen: funcPointer(open), FxClose: funcPointer(closeCursor),
		FxFilter: funcPointer(filter), FxNext: funcPointer(next), FxEof: funcPointer(eof),
		FxColumn: funcPointer(column), FxRowid: funcPointer(rowid),
	}
	z, err := cString(name)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, z)
	if rc := lib.Xsqlite3_create_module_v2(c.tls, c.db, z, methods, 0, 0); rc != lib.SQLITE_OK {
		return fmt.Errorf("create table %s: %w", name, c.fail(rc))
	}
	return nil
}

// fail reports err through the virtual table's message.
func (m *module) fail(vtab uintptr, err error) int32 {
	m.conn.fault = err
	msg := err.Error()
	p := lib.Xsqlite3_malloc64(m.conn.tls, uint64(len(msg)+1))
	if p == 0 {
		return lib.SQLITE_NOMEM
	}
	b := view(p, len(msg)+1)
	b[copy(b, msg)] = 0
	v := at[lib.Tsqlite3_vtab](vtab)
	lib.Xsqlite3_free(m.conn.tls, v.FzErrMsg)
	v.FzErrMsg = p
	return lib.SQLITE_ERROR
}

func (m *module) connect(tls *libc.TLS, db, _ uintptr, _ int32, _, ppVTab, _ uintptr) int32 {
	schema, err := libc.CString(m.schema)
	if err != nil {
		return lib.SQLITE_NOMEM
	}
	defer libc.Xfree(tls, schema)
	if rc := lib.Xsqlite3_declare_vtab(tls, db, schema); rc != lib.SQLITE_OK {
		return rc
	}
	lib.Xsqlite3_vtab_config(tls, db, lib.SQLITE_VTAB_INNOCUOUS, 0)
	p := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_vtab{})))
	if p == 0 {
		return lib.SQLITE_NOMEM
	}
	*at[uintptr](ppVTab) = p
	return lib.SQLITE_OK
}

func (m *module) disconnect(tls *libc.TLS, vtab uintptr) int32 {
	libc.Xfree(tls, vtab)
	return lib.SQLITE_OK
}

// bestIndex asks for the arguments (or the key) by equality, in the order of
// their columns. FidxNum becomes the set of those given.
func (m *module) bestIndex(_ *libc.TLS, _, info uintptr) int32 {
	x := at[lib.Tsqlite3_index_info](info)
	constraints := unsafe.Slice(at[lib.Tsqlite3_index_constraint](x.FaConstraint), int(x.FnConstraint))
	usage := unsafe.Slice(at[lib.Tsqlite3_index_constraint_usage](x.FaConstraintUsage), int(x.FnConstraint))
	if x.FnConstraint == 0 {
		constraints, usage = nil, nil
	}
	given := 0
	argv := int32(0)
	first, last := m.columns, m.columns+m.args
	if m.keyed {
		first, last = m.key, m.key+1
	}
	for column := first; column < last; column++ {
		found, blocked := -1, false
		for i, k := range constraints {
			if int(k.FiColumn) != column || k.Fop != lib.SQLITE_INDEX_CONSTRAINT_EQ {
				continue
			}
			if k.Fusable == 0 {
				blocked = true
				continue
			}
			if found < 0 {
				found = i
			}
		}
		if found < 0 {
			if blocked && !m.keyed {
				return lib.SQLITE_CONSTRAINT // the tables that it depends on come first
			}
			continue
		}
		argv++
		usage[found].FargvIndex = argv
		if !m.keyed {
			usage[found].Fomit = 1
		}
		given |= 1 << (column - first)
	}
	x.FidxNum = int32(given)
	rows := m.estimate
	if rows <= 0 {
		rows = 100
	}
	if m.keyed && given != 0 {
		rows = max(1, rows/10)
	}
	x.FestimatedRows = rows
	x.FestimatedCost = float64(rows) + 1
	return lib.SQLITE_OK
}

func (m *module) open(tls *libc.TLS, _, ppCursor uintptr) int32 {
	p := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(cCursor{})))
	if p == 0 {
		return lib.SQLITE_NOMEM
	}
	place := len(m.cursors)
	if n := len(m.free); n > 0 {
		place, m.free = m.free[n-1], m.free[:n-1]
	} else {
		m.cursors = append(m.cursors, new(cursor))
	}
	at[cCursor](p).place = int64(place)
	*at[uintptr](ppCursor) = p
	return lib.SQLITE_OK
}

func (m *module) cursor(p uintptr) *cursor { return m.cursors[at[cCursor](p).place] }

func (m *module) close(tls *libc.TLS, p uintptr) int32 {
	defer m.ignorePanic()
	place := int(at[cCursor](p).place)
	m.free = append(m.free, place)
	libc.Xfree(tls, p)
	m.cursors[place].close()
	return lib.SQLITE_OK
}

// ignorePanic keeps a panic of RowIterator.Close away from SQLite.
func (m *module) ignorePanic() {
	if r := recover(); r != nil {
		m.conn.failLater(panicError(r))
	}
}

// rescue turns a panic into the error of the virtual table.
func (m *module) rescue(p uintptr, rc *int32) {
	if r := recover(); r != nil {
		*rc = m.fail(at[cCursor](p).base.FpVtab, panicError(r))
	}
}

func (m *module) filter(tls *libc.TLS, p uintptr, given int32, _ uintptr, argc int32, argv uintptr) (rc int32) {
	defer m.rescue(p, &rc)
	cu := m.cursor(p)
	cu.close()
	args := Args{tls: tls, argv: argv, n: int(argc)}
	for i := 0; given != 0; i, given = i+1, given>>1 {
		var v types.Value
		if given&1 != 0 {
			v = args.Value(int(argc) - popCount(given)).Clone()
		}
		cu.args = append(cu.args, v)
	}
	rows, err := m.rows(cu.args)
	if err != nil {
		return m.fail(at[cCursor](p).base.FpVtab, err)
	}
	cu.rows, cu.rowid = rows, 0
	return m.advance(p, cu)
}

func popCount(v int32) int {
	n := 0
	for ; v != 0; v &= v - 1 {
		n++
	}
	return n
}

func (m *module) advance(p uintptr, cu *cursor) int32 {
	more, err := cu.rows.Next()
	if err != nil {
		return m.fail(at[cCursor](p).base.FpVtab, err)
	}
	cu.rowid++
	cu.done = !more
	return lib.SQLITE_OK
}

func (m *module) next(_ *libc.TLS, p uintptr) (rc int32) {
	defer m.rescue(p, &rc)
	return m.advance(p, m.cursor(p))
}

func (m *module) eof(_ *libc.TLS, p uintptr) int32 {
	if m.cursor(p).done {
		return 1
	}
	return 0
}

func (m *module) column(tls *libc.TLS, p, ctx uintptr, i int32) (rc int32) {
	defer m.rescue(p, &rc)
	cu := m.cursor(p)
	m.context = Context{conn: m.conn, tls: tls, p: ctx}
	switch i := int(i); {
	case i < m.columns:
		m.context.ResultValue(cu.rows.Column(i))
	case i-m.columns < len(cu.args):
		m.context.ResultValue(cu.args[i-m.columns])
	}
	return lib.SQLITE_OK
}

func (m *module) rowid(_ *libc.TLS, p, out uintptr) int32 {
	*at[int64](out) = m.cursor(p).rowid
	return lib.SQLITE_OK
}
