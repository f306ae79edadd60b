package plan

import (
	"polyreme/pgsql/builtin"
	"polyreme/pgsql/parse"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// call analyzes a function call of any kind.
func (a *analyzer) call(s *scope, e *ast.FuncCall) expr {
	args, names := a.callArgs(s, e)
	if x := a.rowFunction(e, args); x != nil {
		return x
	}
	var ordered []sortKey
	if e.WithinGroup {
		// The aggregated arguments follow the direct ones in resolution.
		ordered = a.aggregateOrder(s, e.OrderBy)
		for _, k := range ordered {
			args = append(args, k.x)
		}
	}
	c, args, cast := a.resolveCall(e, args, names)
	if cast != nil {
		return cast
	}
	switch {
	case e.Over != nil:
		return a.windowCall(s, e, c, args)
	case c.fn.Kind == 'a':
		return a.aggregateCall(s, e, c, args, ordered)
	}
	name := e.Name[len(e.Name)-1]
	x := a.buildCallForm(c, name, args, e.Variadic, e.Pos())
	if c.fn.ReturnsSet {
		return a.setCall(s, e, x)
	}
	return x
}

// callArgs analyzes the arguments and the names of the named ones.
func (a *analyzer) callArgs(s *scope, e *ast.FuncCall) (args []expr, names []string) {
	for _, arg := range e.Args {
		if n, ok := arg.(*ast.NamedArg); ok {
			for _, other := range names {
				if other == n.Name {
					a.failf(n.Pos(), pgerr.SyntaxError, "argument name \"%s\" used more than once", n.Name)
				}
			}
			names = append(names, n.Name)
			args = append(args, a.expr(s, n.X))
			continue
		}
		if len(names) > 0 {
			a.failf(arg.Pos(), pgerr.SyntaxError, "positional argument cannot follow named argument")
		}
		if ref, ok := arg.(*ast.ColumnRef); ok && ref.Star {
			row := &rowExpr{base: base{types.RecordOID, -1, arg.Pos()}}
			for _, t := range a.expandStar(s, ref) {
				row.args = append(row.args, t.x)
				row.names = append(row.names, t.name)
			}
			args = append(args, row)
			continue
		}
		args = append(args, a.expr(s, arg))
	}
	return args, names
}

// resolveCall finds the function that a call names, and puts the arguments in its
// order. A call that is a cast in disguise gives the cast instead.
func (a *analyzer) resolveCall(e *ast.FuncCall, args []expr, names []string) (c *candidate, ordered []expr, cast expr) {
	in := make([]types.OID, len(args))
	for i, x := range args {
		in[i] = x.typ()
	}
	c, to := a.function(e, in, names)
	if to != 0 {
		return nil, nil, a.castExplicit(args[0], to, -1, e.Pos())
	}
	a.checkCallForm(e, c.fn)
	if len(names) > 0 {
		args = reorder(c, args)
	}
	return c, args, nil
}

// reorder puts named arguments in the order of the parameters; places to be
// filled by defaults are nil.
func reorder(c *candidate, args []expr) []expr {
	out := make([]expr, len(c.fn.Args))
	for i, at := range c.order {
		out[at] = args[i]
	}
	c.args = c.fn.Args
	return out
}

// checkCallForm raises PostgreSQL's errors for clauses that the kind of
// function does not take.
func (a *analyzer) checkCallForm(e *ast.FuncCall, fn *builtin.Function) {
	name := dotted(e.Name)
	if fn.Kind == 'a' {
		if e.WithinGroup != (orderedSet(fn) != 0) {
			if e.WithinGroup {
				a.failf(e.Pos(), pgerr.WrongObjectType, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name)
			}
			a.failf(e.Pos(), pgerr.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name)
		}
		return
	}
	switch {
	case fn.Kind == 'w' && e.Over == nil:
		a.failf(e.Pos(), pgerr.WrongObjectType, "window function %s requires an OVER clause", name)
	case fn.Kind != 'w' && e.Over != nil:
		a.failf(e.Pos(), pgerr.WrongObjectType, "OVER specified, but %s is not a window function nor an aggregate function", name)
	case fn.Kind == 'p':
		a.fail(e.Pos(), pgerr.New(pgerr.WrongObjectType, "%s is a procedure", name).WithHint("To call a procedure, use CALL."))
	case e.Star && fn.Kind != 'w':
		a.failf(e.Pos(), pgerr.WrongObjectType, "%s(*) specified, but %s is not an aggregate function", name, name)
	case e.Distinct && fn.Kind != 'w':
		a.failf(e.Pos(), pgerr.WrongObjectType, "DISTINCT specified, but %s is not an aggregate function", name)
	case e.WithinGroup:
		a.failf(e.Pos(), pgerr.WrongObjectType, "WITHIN GROUP specified, but %s is not an aggregate function", name)
	case len(e.OrderBy) > 0 && fn.Kind != 'w':
		a.failf(e.Pos(), pgerr.WrongObjectType, "ORDER BY specified, but %s is not an aggregate function", name)
	case e.Filter != nil && fn.Kind != 'w':
		a.failf(e.Pos(), pgerr.WrongObjectType, "FILTER specified, but %s is not an aggregate function", name)
	}
}

// orderedSet returns 'o' or 'h' for ordered-set aggregates, else 0.
func orderedSet(fn *builtin.Function) byte {
	if row := builtin.AggregateOf(fn.OID); row != nil && row.Kind != 'n' {
		return row.Kind
	}
	return 0
}

func (a *analyzer) buildCall(c *candidate, name string, args []expr, pos int) expr {
	return a.buildCallForm(c, name, args, false, pos)
}

// buildCallForm coerces the arguments, fills in defaults, gathers variadic ones
// and makes the node.
func (a *analyzer) buildCallForm(c *candidate, name string, args []expr, variadic bool, pos int) expr {
	fn := c.fn
	a.checkFunction(fn, name, pos)
	args, result := a.coerceArgs(c, args, pos)
	if fn.Volatility == 'v' {
		a.volatile = true
	}
	switch fn.Name {
	case "currval":
		a.isTemporarySequence(args[0])
	case "nextval", "setval":
		a.usesSequence = true
		a.keptSequence = a.keptSequence || !a.isTemporarySequence(args[0])
	case "pg_notify":
		a.notifies = true
	}
	return &funcExpr{base: base{result, -1, pos}, fn: fn, args: args, variadic: variadic, name: name}
}

func (a *analyzer) checkFunction(fn *builtin.Function, name string, pos int) {
	if !fn.Implemented() {
		a.fail(pos, pgerr.Unsupported("function %s is not supported", fn.Signature()))
	}
}

// coerceArgs makes the arguments what the function declares and returns the
// actual result type.
func (a *analyzer) coerceArgs(c *candidate, args []expr, pos int) ([]expr, types.OID) {
	fn := c.fn
	given := len(args)
	declared := c.args
	args = a.fillDefaults(fn, args, pos)
	if len(args) > len(declared) {
		declared = append(append([]types.OID{}, declared...), fn.Args[given:]...)
	}
	in := make([]types.OID, len(args))
	for i, x := range args {
		in[i] = x.typ()
	}
	actual, result := a.resolveGenerics(in, declared, fn.Result, pos)
	for i := range args {
		if actual[i] == types.AnyOID {
			if fn.Name != "pg_typeof" { // which tells that a literal is unknown
				args[i] = a.resolveUnknown(args[i])
			}
			continue
		}
		args[i] = a.operand(args[i], actual[i], args[i].position())
	}
	if c.variadic > 0 {
		args = a.gatherVariadic(c, args, pos)
	}
	return args, result
}

// gatherVariadic makes one array of the last arguments.
func (a *analyzer) gatherVariadic(c *candidate, args []expr, pos int) []expr {
	fixed := len(args) - c.variadic
	rest := args[fixed:]
	elem := rest[0].typ()
	array := &arrayExpr{base: base{a.arrayType(elem, pos), -1, pos}, elem: elem, elems: append([]expr{}, rest...)}
	return append(append([]expr{}, args[:fixed]...), array)
}

// fillDefaults adds the expressions of arguments that were left out.
func (a *analyzer) fillDefaults(fn *builtin.Function, args []expr, pos int) []expr {
	if len(fn.Defaults) == 0 {
		return args
	}
	first := len(fn.Args) - len(fn.Defaults)
	for len(args) < len(fn.Args) && len(args) >= first {
		args = append(args, nil)
	}
	for i, x := range args {
		if x == nil {
			args[i] = a.catalogExpr(&scope{}, fn.Defaults[i-first])
		}
	}
	return args
}

// catalogPath is the search path of stored text: other names are qualified.
var catalogPath = []string{"pg_catalog"}

// catalogExpr analyzes an expression that is stored as text: a default, a check,
// an index expression. Positions in it mean nothing to the client.
func (a *analyzer) catalogExpr(s *scope, text string) expr {
	e, err := parse.ParseExpr(text)
	if err != nil {
		a.fail(-1, pgerr.New(pgerr.InternalError, "stored expression %q does not parse: %v", text, err))
	}
	path := a.opt.SearchPath
	a.opt.SearchPath = catalogPath
	a.views++
	x := a.expr(s, e)
	a.views--
	a.opt.SearchPath = path
	return x
}

// valueFunction is CURRENT_DATE and its kin.
func (a *analyzer) valueFunction(s *scope, e *ast.SQLValueFunction) expr {
	now := func(oid types.OID) expr {
		x := a.callNamed("now", nil, e.Pos())
		mod := int32(e.Precision)
		y, _ := a.coerceTo(x, oid, mod, explicit, e.Pos())
		return y
	}
	switch e.Kind {
	case ast.CurrentDate:
		return now(types.DateOID)
	case ast.CurrentTime:
		return now(types.TimetzOID)
	case ast.CurrentTimestamp:
		return now(types.TimestamptzOID)
	case ast.LocalTime:
		return now(types.TimeOID)
	case ast.LocalTimestamp:
		return now(types.TimestampOID)
	case ast.SessionUser:
		return a.callNamed("session_user", nil, e.Pos())
	case ast.CurrentCatalog:
		return a.callNamed("current_database", nil, e.Pos())
	case ast.CurrentSchema:
		return a.callNamed("current_schema", nil, e.Pos())
	}
	return a.callNamed("current_user", nil, e.Pos())
}

// rowFunction rewrites the JSON functions over a row that is written out or
// comes from a relation: the row becomes an object.
func (a *analyzer) rowFunction(e *ast.FuncCall, args []expr) expr {
	if len(args) == 0 || e.Over != nil {
		return nil
	}
	row, ok := args[0].(*rowExpr)
	if !ok {
		return nil
	}
	switch e.Name[len(e.Name)-1] {
	case "row_to_json", "to_json":
		x := a.rowObject(row, e.Pos())
		x.oid = types.JSONOID
		return x
	case "to_jsonb":
		return a.rowObjectB(row, e.Pos())
	case "jsonb_agg":
		args[0] = a.rowObjectB(row, e.Pos())
	case "json_agg", "json_build_object", "json_build_array":
		for i, x := range args {
			if row, ok := x.(*rowExpr); ok {
				args[i] = a.rowObject(row, e.Pos())
			}
		}
	}
	return nil
}

// rowObject is the JSON object of a row, as row_to_json makes it; its type is
// record, by which the JSON functions know it.
func (a *analyzer) rowObject(row *rowExpr, pos int) *rawExpr {
	fields := make([]expr, len(row.args))
	for i, x := range row.args {
		if sub, ok := x.(*rowExpr); ok {
			x = a.rowObject(sub, pos)
		}
		fields[i] = x
	}
	return &rawExpr{base: base{types.RecordOID, -1, pos}, args: fields, write: func(e *emitter, fields []expr) {
		e.s("row_json(")
		for i, x := range fields {
			if i > 0 {
				e.s(", ")
			}
			e.quote([]byte(fieldName(row, i)))
			e.s(", ")
			e.int(int(x.typ()))
			e.s(", ")
			e.expr(x)
		}
		e.s(")")
	}}
}

// rowObjectB is the jsonb object of a row; fields without names are f1, f2….
func (a *analyzer) rowObjectB(row *rowExpr, pos int) expr {
	args := make([]expr, 0, 2*len(row.args))
	for i, x := range row.args {
		if sub, ok := x.(*rowExpr); ok {
			x = a.rowObjectB(sub, pos)
		}
		args = append(args, textConst(fieldName(row, i), pos), x)
	}
	return a.callNamed("jsonb_build_object", args, pos)
}

func fieldName(row *rowExpr, i int) string {
	if i < len(row.names) {
		return row.names[i]
	}
	return "f" + itoa(i+1)
}

func textConst(s string, pos int) *constExpr {
	return &constExpr{base: base{types.TextOID, -1, pos}, val: types.TextValue(s)}
}

func intConst(n int64, oid types.OID) *constExpr {
	return &constExpr{base: base{oid, -1, -1}, val: types.IntValue(n)}
}
