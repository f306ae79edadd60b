package sqlite

import (
	"slices"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"polyreme/pgsql/types"
)

// Action is what a statement being prepared wants to do (SQLITE_CREATE_INDEX
// … SQLITE_RECURSIVE).
type Action int32

// The actions that an authorizer usually looks at.
const (
	ActionCreateIndex   Action = lib.SQLITE_CREATE_INDEX
	ActionCreateTable   Action = lib.SQLITE_CREATE_TABLE
	ActionCreateTrigger Action = lib.SQLITE_CREATE_TRIGGER
	ActionCreateView    Action = lib.SQLITE_CREATE_VIEW
	ActionDelete        Action = lib.SQLITE_DELETE
	ActionDropIndex     Action = lib.SQLITE_DROP_INDEX
	ActionDropTable     Action = lib.SQLITE_DROP_TABLE
	ActionDropTrigger   Action = lib.SQLITE_DROP_TRIGGER
	ActionDropView      Action = lib.SQLITE_DROP_VIEW
	ActionInsert        Action = lib.SQLITE_INSERT
	ActionPragma        Action = lib.SQLITE_PRAGMA
	ActionRead          Action = lib.SQLITE_READ
	ActionSelect        Action = lib.SQLITE_SELECT
	ActionTransaction   Action = lib.SQLITE_TRANSACTION
	ActionUpdate        Action = lib.SQLITE_UPDATE
	ActionAttach        Action = lib.SQLITE_ATTACH
	ActionDetach        Action = lib.SQLITE_DETACH
	ActionAlterTable    Action = lib.SQLITE_ALTER_TABLE
	ActionReindex       Action = lib.SQLITE_REINDEX
	ActionAnalyze       Action = lib.SQLITE_ANALYZE
	ActionCreateVTable  Action = lib.SQLITE_CREATE_VTABLE
	ActionDropVTable    Action = lib.SQLITE_DROP_VTABLE
	ActionFunction      Action = lib.SQLITE_FUNCTION
	ActionSavepoint     Action = lib.SQLITE_SAVEPOINT
	ActionRecursive     Action = lib.SQLITE_RECURSIVE
)

// Authorizer decides whether a statement may be prepared. The meaning of arg1
// and arg2 depends on the action (https://sqlite.org/c3ref/c_alter_table.html);
// for ActionFunction arg2 is the name of the function. inner is the trigger or
// view that causes the access, "" for the statement itself.
type Authorizer func(action Action, arg1, arg2, database, inner string) bool

// SetAuthorizer makes every later Prepare and Exec of the connection ask
// allow; nil removes it. A refused statement fails with class Deterministic.
// The statements of transaction control (Begin, Savepoint, Overlay …) do not
// ask.
func (c *Conn) SetAuthorizer(allow Authorizer) {
	c.hooks.allow = allow
	if allow == nil {
		lib.Xsqlite3_set_authorizer(c.tls, c.db, 0, 0)
		return
	}
	if c.hooks.authorize == nil {
		c.hooks.authorize = c.authorize
	}
	lib.Xsqlite3_set_authorizer(c.tls, c.db, funcPointer(c.hooks.authorize), 0)
}

// hooks holds the callbacks of a connection that can be set again and again,
// and what SQLite calls for them, made once.
type hooks struct {
	allow     Authorizer
	authorize func(*libc.TLS, uintptr, int32, uintptr, uintptr, uintptr, uintptr) int32

	change    func(*Change)
	row       Change // of the call that runs; changes do not nest
	preupdate func(*libc.TLS, uintptr, uintptr, int32, uintptr, uintptr, int64, int64)

	progress func(*libc.TLS, uintptr) int32
}

func (c *Conn) authorize(_ *libc.TLS, _ uintptr, action int32, z1, z2, z3, z4 uintptr) (r int32) {
	defer func() {
		if e := recover(); e != nil {
			c.fault = panicError(e)
			r = lib.SQLITE_DENY
		}
	}()
	arg1, arg2 := libc.GoString(z1), libc.GoString(z2)
	switch Action(action) {
	case ActionRead:
		c.touch(Access{Table: arg1})
	case ActionInsert, ActionUpdate, ActionDelete:
		c.touch(Access{Table: arg1, Write: true})
	case ActionFunction:
		c.touch(Access{Function: arg2})
	}
	if c.trusted || c.hooks.allow(Action(action), arg1, arg2, libc.GoString(z3), libc.GoString(z4)) {
		return lib.SQLITE_OK
	}
	return lib.SQLITE_DENY
}

// Access is a table that a statement reads or writes, or a function that it calls.
type Access struct {
	Table    string
	Function string
	Write    bool
}

// touch notes what the statement being prepared uses.
func (c *Conn) touch(a Access) {
	if !slices.Contains(c.touched, a) {
		c.touched = append(c.touched, a)
	}
}

// ChangeOp is the kind of a row change.
type ChangeOp int32

// The kinds of row changes.
const (
	Insert ChangeOp = lib.SQLITE_INSERT
	Update ChangeOp = lib.SQLITE_UPDATE
	Delete ChangeOp = lib.SQLITE_DELETE
)

// Change is a row about to change, valid only inside the hook.
type Change struct {
	Op       ChangeOp
	Table    []byte // a view
	OldRowID int64  // Update, Delete
	NewRowID int64  // Insert, Update
	conn     *Conn
}

// Columns returns the number of columns of the row.
func (h *Change) Columns() int { return int(lib.Xsqlite3_preupdate_count(h.conn.tls, h.conn.db)) }

// Depth is 0 for a change by the statement itself, more for one by a trigger or
// foreign key action.
func (h *Change) Depth() int { return int(lib.Xsqlite3_preupdate_depth(h.conn.tls, h.conn.db)) }

// Old returns column i before an Update or Delete; NULL for an Insert.
func (h *Change) Old(i int) types.Value {
	if h.Op == Insert {
		return types.Value{}
	}
	c := h.conn
	return h.value(lib.Xsqlite3_preupdate_old(c.tls, c.db, int32(i), c.scratch+48))
}

// New returns column i after an Insert or Update; NULL for a Delete.
func (h *Change) New(i int) types.Value {
	if h.Op == Delete {
		return types.Value{}
	}
	c := h.conn
	return h.value(lib.Xsqlite3_preupdate_new(c.tls, c.db, int32(i), c.scratch+48))
}

func (h *Change) value(rc int32) types.Value {
	p := *at[uintptr](h.conn.scratch + 48)
	if rc != lib.SQLITE_OK || p == 0 {
		return types.Value{}
	}
	return cellValue(h.conn.tls, at[cell](p))
}

// SetChangeHook calls hook before each row that a statement of the connection
// inserts, updates or deletes, in tables with a rowid or without (SQLite's
// preupdate hook); nil removes it. The hook must not use the connection. While
// a hook is set, "DELETE FROM t" without WHERE goes row by row.
func (c *Conn) SetChangeHook(hook func(*Change)) {
	c.hooks.change = hook
	if hook == nil {
		lib.Xsqlite3_preupdate_hook(c.tls, c.db, 0, 0)
		return
	}
	if c.hooks.preupdate == nil {
		c.hooks.preupdate = c.preupdate
	}
	lib.Xsqlite3_preupdate_hook(c.tls, c.db, funcPointer(c.hooks.preupdate), 0)
}

func (c *Conn) preupdate(_ *libc.TLS, _, _ uintptr, op int32, _, table uintptr, oldRow, newRow int64) {
	defer func() {
		if e := recover(); e != nil {
			c.failLater(panicError(e))
		}
	}()
	c.hooks.row = Change{Op: ChangeOp(op), Table: view(table, cLength(table)), OldRowID: oldRow, NewRowID: newRow, conn: c}
	c.hooks.change(&c.hooks.row)
}

// failLater ends the running statement from a callback that has no result: it
// fails with err at SQLite's next check for interrupts.
func (c *Conn) failLater(err error) {
	c.fault = err
	lib.Xsqlite3_interrupt(c.tls, c.db)
}

// cLength returns the length of the C string at p.
func cLength(p uintptr) int {
	if p == 0 {
		return 0
	}
	n := 0
	for *at[byte](p + uintptr(n)) != 0 {
		n++
	}
	return n
}
