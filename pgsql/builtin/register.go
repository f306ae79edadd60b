package builtin

import (
	"fmt"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/sqlfsm/sqlite"
)

// Register makes every function, aggregate, table-valued function and collation
// of the table known to conn. They read env, which belongs to the connection
// from now on.
func Register(conn *sqlite.Conn, env *Env) error {
	t := Builtins()
	if err := registerCollations(conn); err != nil {
		return err
	}
	for i := range t.scalars {
		if err := registerScalar(conn, env, &t.scalars[i]); err != nil {
			return fmt.Errorf("register function %s: %w", t.scalars[i].name, err)
		}
	}
	for i := range t.aggregates {
		if err := registerAggregate(conn, env, &t.aggregates[i]); err != nil {
			return fmt.Errorf("register aggregate %s: %w", t.aggregates[i].name, err)
		}
	}
	if err := registerSets(conn, env, t.sets); err != nil {
		return err
	}
	return registerOverrides(conn, env)
}

func registerCollations(conn *sqlite.Conn) error {
	for _, c := range []struct {
		name    string
		compare func(a, b []byte) int
	}{
		{types.NumericCollation, types.CompareNumericText},
		{types.IntervalCollation, types.CompareIntervalText},
		{types.JSONBCollation, types.CompareJSONB},
	} {
		if err := conn.CreateCollation(c.name, c.compare); err != nil {
			return fmt.Errorf("register collation %s: %w", c.name, err)
		}
	}
	return nil
}

// caller is one registered scalar function: the place for its arguments and the
// conversion of its result.
type caller struct {
	env    *Env
	run    Scalar
	strict bool
	args   [4]types.Value
}

func registerScalar(conn *sqlite.Conn, env *Env, s *scalarEntry) error {
	flags := sqlite.Innocuous
	if !s.volatile {
		flags |= sqlite.DeterministicFunction
	}
	if op := s.integer2; op != nil && s.strict {
		return conn.CreateFunction(s.name, 2, flags, func(ctx *sqlite.Context, args *sqlite.Args) { callInteger2(ctx, args, op) })
	}
	c := &caller{env: env, run: s.run, strict: s.strict}
	return conn.CreateFunction(s.name, -1, flags, c.call)
}

// callInteger2 is the call of a function of two integers.
func callInteger2(ctx *sqlite.Context, args *sqlite.Args, op func(x, y int64) (int64, error)) {
	if args.IsNull(0) || args.IsNull(1) {
		return
	}
	n, err := op(args.Int64(0), args.Int64(1))
	if err != nil {
		ctx.ResultError(err)
		return
	}
	ctx.ResultInt64(n)
}

func (c *caller) call(ctx *sqlite.Context, args *sqlite.Args) {
	n := args.Len()
	var values []types.Value
	if n <= len(c.args) {
		values = c.args[:n]
	} else {
		values = make([]types.Value, n)
	}
	for i := range values {
		v := args.Value(i)
		if c.strict && v.Kind == types.Null {
			return
		}
		values[i] = v
	}
	v, err := c.run(c.env, values)
	if err != nil {
		ctx.ResultError(err)
		return
	}
	switch v.Kind {
	case types.Int:
		ctx.ResultInt64(v.Int64())
	case types.Null:
	default:
		ctx.ResultValue(v)
	}
}

// group adapts an Aggregate to SQLite.
type group struct {
	entry *aggregateEntry
	env   *Env
	state Aggregate
	err   error
	args  []types.Value
}

// windowGroup is a group that can also slide.
type windowGroup struct{ group }

func registerAggregate(conn *sqlite.Conn, env *Env, a *aggregateEntry) error {
	start := func() sqlite.Aggregate { return &group{entry: a, env: env, state: a.make()} }
	if a.over {
		start = func() sqlite.Aggregate {
			return &windowGroup{group{entry: a, env: env, state: &replayed{start: a.make, state: a.make()}}}
		}
	} else if a.invertible {
		start = func() sqlite.Aggregate {
			return &windowGroup{group{entry: a, env: env, state: a.make()}}
		}
	}
	return conn.CreateAggregate(a.name, -1, sqlite.DeterministicFunction|sqlite.Innocuous, start)
}

// load reads the arguments; it answers false for a row to be left out.
func (g *group) load(args *sqlite.Args) bool {
	g.args = g.args[:0]
	for i := range args.Len() {
		v := args.Value(i)
		if g.entry.skipNulls && v.Kind == types.Null {
			return false
		}
		g.args = append(g.args, v)
	}
	return true
}

// Step implements sqlite.Aggregate.
func (g *group) Step(ctx *sqlite.Context, args *sqlite.Args) {
	if g.err == nil && g.load(args) {
		if g.err = g.state.Step(g.env, g.args); g.err != nil {
			ctx.ResultError(g.err)
		}
	}
}

// Final implements sqlite.Aggregate.
func (g *group) Final(ctx *sqlite.Context) {
	v, err := types.Value{}, g.err
	if err == nil {
		v, err = g.state.Result(g.env)
	}
	if err != nil {
		ctx.ResultError(err)
		return
	}
	ctx.ResultValue(v)
}

// Inverse implements sqlite.WindowAggregate.
func (g *windowGroup) Inverse(ctx *sqlite.Context, args *sqlite.Args) {
	if g.err == nil && g.load(args) {
		if g.err = g.state.(Inverter).Inverse(g.env, g.args); g.err != nil {
			ctx.ResultError(g.err)
		}
	}
}

// Value implements sqlite.WindowAggregate.
func (g *windowGroup) Value(ctx *sqlite.Context) { g.Final(ctx) }

func unsupportedFunction(name string) error {
	return pgerr.Unsupported("function %s is not supported here", name)
}
