package sqlite

import (
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Aggregate is the state of an aggregate function over one group.
type Aggregate interface {
	// Step adds a row.
	Step(ctx *Context, args *Args)
	// Final sets the result. The state is not used afterwards.
	Final(ctx *Context)
}

// WindowAggregate is an Aggregate that can also slide over a window frame.
type WindowAggregate interface {
	Aggregate
	// Inverse removes the oldest row of the frame.
	Inverse(ctx *Context, args *Args)
	// Value sets the result of the current frame.
	Value(ctx *Context)
}

// Resetter is an Aggregate that can be used again for another group.
type Resetter interface{ Reset() }

// CreateAggregate makes an aggregate function; start returns the state of an
// empty group. If that is a WindowAggregate the function can be used with OVER.
func (c *Conn) CreateAggregate(name string, nArgs int, flags FunctionFlags, start func() Aggregate) error {
	a := &aggregate{conn: c, start: start}
	step, final := a.step, a.final
	c.keep = append(c.keep, step, final)
	p := functionPointers{step: funcPointer(step), final: funcPointer(final)}
	if _, ok := start().(WindowAggregate); ok {
		inverse, value := a.inverse, a.value
		c.keep = append(c.keep, inverse, value)
		p.inverse, p.value = funcPointer(inverse), funcPointer(value)
	}
	return c.createFunction(name, nArgs, flags, p)
}

// aggregate is a registered aggregate function. SQLite keeps for each group a
// number: the place of its state in groups, plus one.
type aggregate struct {
	conn   *Conn
	start  func() Aggregate
	groups []Aggregate
	free   []int // places in groups without a group; their state can be reused
	ctx    Context
	args   Args
}

// group returns the state of the context's group, which it starts at need.
func (a *aggregate) group() Aggregate {
	slot := lib.Xsqlite3_aggregate_context(a.ctx.tls, a.ctx.p, int32(unsafe.Sizeof(int64(0))))
	if slot == 0 {
		panic(errNoMemory)
	}
	n := at[int64](slot)
	if *n == 0 {
		*n = int64(a.take()) + 1
	}
	return a.groups[*n-1]
}

// take returns the place of an empty state.
func (a *aggregate) take() int {
	if len(a.free) == 0 {
		a.groups = append(a.groups, a.start())
		return len(a.groups) - 1
	}
	i := a.free[len(a.free)-1]
	a.free = a.free[:len(a.free)-1]
	if a.groups[i] == nil {
		a.groups[i] = a.start()
	}
	return i
}

// give takes back the place of a group that ended.
func (a *aggregate) give(i int) {
	if r, ok := a.groups[i].(Resetter); ok {
		r.Reset()
	} else {
		a.groups[i] = nil
	}
	a.free = append(a.free, i)
}

func (a *aggregate) enter(tls *libc.TLS, p uintptr, argc int32, argv uintptr) {
	a.ctx = Context{conn: a.conn, tls: tls, p: p}
	a.args = Args{tls: tls, argv: argv, n: int(argc)}
}

func (a *aggregate) leave(ctx Context, args Args) {
	if r := recover(); r != nil {
		a.ctx.ResultError(panicError(r))
	}
	a.ctx, a.args = ctx, args
}

func (a *aggregate) step(tls *libc.TLS, p uintptr, argc int32, argv uintptr) {
	defer a.leave(a.ctx, a.args)
	a.enter(tls, p, argc, argv)
	a.group().Step(&a.ctx, &a.args)
}

func (a *aggregate) inverse(tls *libc.TLS, p uintptr, argc int32, argv uintptr) {
	defer a.leave(a.ctx, a.args)
	a.enter(tls, p, argc, argv)
	a.group().(WindowAggregate).Inverse(&a.ctx, &a.args)
}

func (a *aggregate) value(tls *libc.TLS, p uintptr) {
	defer a.leave(a.ctx, a.args)
	a.enter(tls, p, 0, 0)
	a.group().(WindowAggregate).Value(&a.ctx)
}

func (a *aggregate) final(tls *libc.TLS, p uintptr) {
	defer a.leave(a.ctx, a.args)
	a.enter(tls, p, 0, 0)
	slot := lib.Xsqlite3_aggregate_context(tls, p, 0)
	var i int
	if slot == 0 || *at[int64](slot) == 0 {
		i = a.take() // no rows
	} else {
		i = int(*at[int64](slot)) - 1
		*at[int64](slot) = 0
	}
	defer a.give(i)
	a.groups[i].Final(&a.ctx)
}
