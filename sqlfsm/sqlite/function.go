package sqlite

import (
	"fmt"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"polyreme/pgsql/types"
)

// FunctionFlags are promises about a function (SQLite's create_function).
type FunctionFlags int32

const (
	// Deterministic: the same arguments give the same result within a
	// statement and forever. Needed in indexes and generated columns.
	DeterministicFunction FunctionFlags = lib.SQLITE_DETERMINISTIC
	// Innocuous: no side effects; may be used in schemas.
	Innocuous FunctionFlags = lib.SQLITE_INNOCUOUS
	// DirectOnly: not in views, triggers or schemas.
	DirectOnly FunctionFlags = lib.SQLITE_DIRECTONLY
)

// Function is a scalar function. It sets its result in ctx; without one the
// result is NULL. ctx and args are valid only until it returns.
type Function func(ctx *Context, args *Args)

// Context takes the result of a function.
type Context struct {
	conn *Conn
	tls  *libc.TLS
	p    uintptr // sqlite3_context
}

// Conn returns the connection whose statement calls the function.
func (x *Context) Conn() *Conn { return x.conn }

// ResultNull sets NULL.
func (x *Context) ResultNull() { lib.Xsqlite3_result_null(x.tls, x.p) }

// ResultInt64 sets an integer.
func (x *Context) ResultInt64(v int64) { lib.Xsqlite3_result_int64(x.tls, x.p, v) }

// ResultBool sets 1 or 0.
func (x *Context) ResultBool(v bool) {
	if v {
		lib.Xsqlite3_result_int64(x.tls, x.p, 1)
	} else {
		lib.Xsqlite3_result_int64(x.tls, x.p, 0)
	}
}

// ResultFloat sets a real; SQLite makes NULL of a NaN.
func (x *Context) ResultFloat(v float64) { lib.Xsqlite3_result_double(x.tls, x.p, v) }

// ResultText sets a copy of the UTF-8 text v.
func (x *Context) ResultText(v []byte) {
	p, free := x.conn.lend(v)
	lib.Xsqlite3_result_text64(x.tls, x.p, p, uint64(len(v)), free, lib.SQLITE_UTF8)
}

// ResultString sets a copy of the UTF-8 text v.
func (x *Context) ResultString(v string) {
	x.ResultText(unsafe.Slice(unsafe.StringData(v), len(v)))
}

// ResultBlob sets a copy of v.
func (x *Context) ResultBlob(v []byte) {
	p, free := x.conn.lend(v)
	lib.Xsqlite3_result_blob64(x.tls, x.p, p, uint64(len(v)), free)
}

// ResultValue sets v.
func (x *Context) ResultValue(v types.Value) {
	switch v.Kind {
	case types.Int:
		x.ResultInt64(v.Int64())
	case types.Float:
		x.ResultFloat(v.Float64())
	case types.Text:
		x.ResultText(v.Bytes)
	case types.Blob:
		x.ResultBlob(v.Bytes)
	default:
		x.ResultNull()
	}
}

// ResultArg sets argument i as it is.
func (x *Context) ResultArg(a *Args, i int) { lib.Xsqlite3_result_value(x.tls, x.p, a.pointer(i)) }

// ResultError makes the statement fail. Step's error wraps err.
func (x *Context) ResultError(err error) {
	x.conn.fault = err
	msg := err.Error()
	p, _ := x.conn.lend([]byte(msg[:min(len(msg), lendBytesMax)]))
	lib.Xsqlite3_result_error(x.tls, x.p, p, int32(min(len(msg), lendBytesMax)))
}

// transient tells SQLite to copy what it is given.
const transient = ^uintptr(0)

// lendBytesMax is the most that is handed over through the shared buffer.
const lendBytesMax = 4 << 10

// lend copies v to C memory and returns its address and how SQLite is to treat
// it: copy it from the connection's buffer or, if it is long, take it over.
func (c *Conn) lend(v []byte) (p, free uintptr) {
	if len(v) <= lendBytesMax {
		if c.buffer == 0 {
			c.buffer = libc.Xmalloc(c.tls, lendBytesMax)
		}
		copy(view(c.buffer, len(v)), v)
		return c.buffer, transient
	}
	p = lib.Xsqlite3_malloc64(c.tls, uint64(len(v)))
	if p == 0 {
		panic(errNoMemory)
	}
	copy(view(p, len(v)), v)
	return p, funcPointer(lib.Xsqlite3_free)
}

// Args are the arguments of a call, read in place.
type Args struct {
	tls  *libc.TLS
	argv uintptr
	n    int
}

// Len returns the number of arguments.
func (a *Args) Len() int { return a.n }

func (a *Args) pointer(i int) uintptr {
	if uint(i) >= uint(a.n) {
		panic(argIndexError(i))
	}
	return *at[uintptr](a.argv + uintptr(i)*unsafe.Sizeof(uintptr(0)))
}

type argIndexError int

func (e argIndexError) Error() string { return fmt.Sprintf("argument %d does not exist", int(e)) }

func (a *Args) cell(i int) *cell { return at[cell](a.pointer(i)) }

// Kind returns the kind of argument i, from 0.
func (a *Args) Kind(i int) types.Kind { return cellKind(a.cell(i)) }

// IsNull tells whether argument i is NULL.
func (a *Args) IsNull(i int) bool { return a.cell(i).Fflags&flagNull != 0 }

// AnyNull tells whether an argument is NULL.
func (a *Args) AnyNull() bool {
	for i := range a.n {
		if a.IsNull(i) {
			return true
		}
	}
	return false
}

// Int64 returns argument i if it is an integer, else 0.
func (a *Args) Int64(i int) int64 {
	m := a.cell(i)
	if cellKind(m) != types.Int {
		return 0
	}
	return cellInt(m)
}

// Float64 returns argument i if it is a number, else 0.
func (a *Args) Float64(i int) float64 {
	m := a.cell(i)
	if k := cellKind(m); k != types.Int && k != types.Float {
		return 0
	}
	return cellFloat(m)
}

// Bytes returns argument i if it is a text or blob, else nil, without a copy.
func (a *Args) Bytes(i int) []byte { return cellBytes(a.tls, a.cell(i)) }

// Value returns argument i; text and blobs are not copied.
func (a *Args) Value(i int) types.Value { return cellValue(a.tls, a.cell(i)) }

// CreateFunction makes fn callable as name with nArgs arguments (-1: any) in
// SQL of this connection. It replaces a function of the same name and number
// of arguments, also a built-in. State of the connection is held by fn itself.
func (c *Conn) CreateFunction(name string, nArgs int, flags FunctionFlags, fn Function) error {
	f := &scalar{conn: c, fn: fn}
	call := f.call
	c.keep = append(c.keep, call)
	return c.createFunction(name, nArgs, flags, functionPointers{scalar: funcPointer(call)})
}

type functionPointers struct{ scalar, step, final, value, inverse uintptr }

func (c *Conn) createFunction(name string, nArgs int, flags FunctionFlags, p functionPointers) error {
	z, err := cString(name)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, z)
	enc := lib.SQLITE_UTF8 | int32(flags)
	var rc int32
	if p.value != 0 {
		rc = lib.Xsqlite3_create_window_function(c.tls, c.db, z, int32(nArgs), enc, 0, p.step, p.final, p.value, p.inverse, 0)
	} else {
		rc = lib.Xsqlite3_create_function_v2(c.tls, c.db, z, int32(nArgs), enc, 0, p.scalar, p.step, p.final, 0)
	}
	if rc != lib.SQLITE_OK {
		return fmt.Errorf("create function %s: %w", name, c.fail(rc))
	}
	return nil
}

// scalar is a registered function with the Context and Args that its calls
// share, so that a call allocates nothing. A call within a call (a function
// that runs SQL which calls it) saves and restores them.
type scalar struct {
	conn *Conn
	fn   Function
	ctx  Context
	args Args
}

func (f *scalar) call(tls *libc.TLS, p uintptr, argc int32, argv uintptr) {
	defer f.leave(f.ctx, f.args)
	f.ctx = Context{conn: f.conn, tls: tls, p: p}
	f.args = Args{tls: tls, argv: argv, n: int(argc)}
	f.fn(&f.ctx, &f.args)
}

func (f *scalar) leave(ctx Context, args Args) {
	if r := recover(); r != nil {
		f.ctx.ResultError(panicError(r))
	}
	f.ctx, f.args = ctx, args
}

// panicError makes an error of a recovered panic.
func panicError(r any) error {
	if err, ok := r.(error); ok {
		return fmt.Errorf("panic in a callback: %w", err)
	}
	return fmt.Errorf("panic in a callback: %v", r)
}
