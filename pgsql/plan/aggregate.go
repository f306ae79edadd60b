package plan

import (
	"strconv"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

func itoa(n int) string { return strconv.Itoa(n) }

// aggregateCall builds the call of an aggregate without OVER.
func (a *analyzer) aggregateCall(s *scope, e *ast.FuncCall, c *candidate, args []expr, ordered []sortKey) expr {
	name := e.Name[len(e.Name)-1]
	fn := c.fn
	a.checkFunction(fn, name, e.Pos())
	if !e.Star && len(args) == 0 && len(fn.Args) == 0 {
		a.failf(e.Pos(), pgerr.WrongObjectType, "%s(*) must be used to call a parameterless aggregate function", name)
	}
	args, result := a.coerceArgs(c, args, e.Pos())
	x := &aggExpr{base: base{result, -1, e.Pos()}, fn: fn, args: args, distinct: e.Distinct, star: e.Star}
	if e.WithinGroup {
		direct := len(args) - len(ordered)
		x.direct = args[:direct]
		x.args = args[direct:]
		for i := range ordered {
			ordered[i].x = x.args[i]
		}
		x.order = ordered
	} else {
		x.order = a.aggregateOrder(s, e.OrderBy)
	}
	if e.Distinct {
		a.checkDistinctAggregate(x)
	}
	if e.Filter != nil {
		x.filter = a.coerceBool(a.exprIn(s, e.Filter, inFilter), "FILTER")
	}
	a.placeAggregate(s, x)
	return x
}

// checkDistinctAggregate raises the rule on ORDER BY within DISTINCT aggregates.
func (a *analyzer) checkDistinctAggregate(x *aggExpr) {
	for _, k := range x.order {
		found := false
		for _, arg := range x.args {
			found = found || equalExpr(arg, k.x) || equalExpr(withoutRelabel(arg), k.x)
		}
		if !found {
			a.failf(k.x.position(), pgerr.InvalidColumnReference, "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
		}
	}
	if len(x.args) == 1 {
		if len(x.order) == 0 && ordered(x.fn) {
			x.order = []sortKey{{x: x.args[0], target: -1}}
		}
		return
	}
	if len(x.args) > 1 && (x.fn.Name != "string_agg" || x.args[0].typ() != types.TextOID) {
		a.fail(x.pos, pgerr.Unsupported("DISTINCT with an aggregate of several arguments is not supported"))
	}
	if len(x.order) == 0 {
		x.order = []sortKey{{x: x.args[0], target: -1}}
	}
}

// ordered tells whether the result of an aggregate shows the order of its input;
// with DISTINCT PostgreSQL sorts it.
func ordered(fn *builtin.Function) bool {
	switch fn.Name {
	case "array_agg", "json_agg", "jsonb_agg":
		return true
	}
	return false
}

// withoutRelabel takes an implicit cast that changes nothing from x.
func withoutRelabel(x expr) expr {
	if c, ok := x.(*castExpr); ok && !c.run && c.implicit {
		return c.x
	}
	return x
}

// aggregateOrder analyzes ORDER BY within an aggregate: never ordinals.
func (a *analyzer) aggregateOrder(s *scope, list []ast.SortBy) []sortKey {
	keys := make([]sortKey, 0, len(list))
	for _, sb := range list {
		x := a.resolveUnknown(a.expr(s, sb.X))
		keys = append(keys, a.sortKey(sb, x))
	}
	return keys
}

// sortKey gives a key its direction and place of nulls.
func (a *analyzer) sortKey(sb ast.SortBy, x expr) sortKey {
	k := sortKey{x: x, target: -1}
	switch sb.Dir {
	case ast.SortDesc:
		k.desc = true
	case ast.SortUsing:
		switch sb.Using.Name {
		case "<":
		case ">":
			k.desc = true
		default:
			a.fail(sb.Pos(), pgerr.New(pgerr.WrongObjectType, "operator %s is not a valid ordering operator", sb.Using.Name).
				WithHint("Ordering operators must be \"<\" or \">\" members of btree operator families."))
		}
	}
	switch sb.Nulls {
	case ast.NullsFirst:
		k.nullsFirst = true
	case ast.NullsDefault:
		k.nullsFirst = k.desc
	}
	a.sortable(x)
	return k
}

// sortable raises 42883 for a type without an order.
func (a *analyzer) sortable(x expr) {
	t := x.typ()
	switch t {
	case types.JSONOID, types.XMLOID, types.PointOID:
		a.fail(x.position(), pgerr.New(pgerr.UndefinedFunction, "could not identify an ordering operator for type %s", types.FormatType(t, -1)).
			WithHint("Use an explicit ordering operator or modify the query."))
	}
	a.comparable(x)
}

// comparable raises 42883 for a type without equality, and 0A000 where its
// storage does not compare.
func (a *analyzer) comparable(x expr) {
	t := x.typ()
	if e := types.ElemOf(t); e != 0 && category(t) == 'A' {
		t = e
	}
	switch t {
	case types.JSONOID, types.XMLOID, types.PointOID:
		a.failf(x.position(), pgerr.UndefinedFunction, "could not identify an equality operator for type %s", types.FormatType(x.typ(), -1))
	case types.RecordOID:
		a.fail(x.position(), pgerr.Unsupported("sorting and grouping by a row is not supported"))
	}
	if t != x.typ() && types.Collation(t) != "" {
		a.fail(x.position(), pgerr.Unsupported("sorting and grouping by %s is not supported", types.FormatType(x.typ(), -1)))
	}
}

// placeAggregate finds the query that the aggregate belongs to and checks that
// it may stand where it does.
func (a *analyzer) placeAggregate(s *scope, x *aggExpr) {
	owner := aggregateOwner(s, x)
	x.owner = owner
	a.noNested(x, owner)
	if owner != s {
		a.fail(x.pos, pgerr.Unsupported("an aggregate of an outer query is not supported in a sub-query"))
	}
	if msg := aggregateForbidden(owner.clause); msg != "" {
		a.failf(x.pos, pgerr.GroupingError, "aggregate functions are not allowed in %s", msg)
	}
	if owner.query == nil {
		a.failf(x.pos, pgerr.GroupingError, "aggregate functions are not allowed in this context")
	}
	owner.query.hasAgg = true
}

// aggregateOwner is the innermost scope whose columns the arguments read; the
// current one where they read none.
func aggregateOwner(s *scope, x *aggExpr) *scope {
	var owner *scope
	depth := -1
	visit := func(e expr) bool {
		v, ok := e.(*varExpr)
		if !ok {
			return true
		}
		d := 0
		for level := s; level != nil; level = level.parent {
			if level == v.rte.owner {
				if depth < 0 || d < depth {
					owner, depth = level, d
				}
				return true
			}
			d++
		}
		return true
	}
	for _, arg := range x.args {
		walk(arg, visit)
	}
	if x.filter != nil {
		walk(x.filter, visit)
	}
	if owner == nil {
		return s
	}
	return owner
}

func (a *analyzer) noNested(x *aggExpr, owner *scope) {
	for _, arg := range x.args {
		walk(arg, func(e expr) bool {
			switch e := e.(type) {
			case *aggExpr:
				if e.owner == owner {
					a.failf(e.pos, pgerr.GroupingError, "aggregate function calls cannot be nested")
				}
			case *windowExpr:
				a.failf(e.pos, pgerr.GroupingError, "aggregate function calls cannot contain window function calls")
			}
			return true
		})
	}
}

// aggregateForbidden names the clause where aggregates may not stand, or "".
func aggregateForbidden(c clause) string {
	switch c {
	case inWhere:
		return "WHERE"
	case inGroupBy:
		return "GROUP BY"
	case inJoinOn:
		return "JOIN conditions"
	case inFromFunction:
		return "functions in FROM"
	case inLimit:
		return "LIMIT"
	case inOffset:
		return "OFFSET"
	case inValues, inInsertTarget:
		return "VALUES"
	case inUpdateSet:
		return "UPDATE"
	case inReturning:
		return "RETURNING"
	case inFilter:
		return "FILTER"
	case inDefault:
		return "DEFAULT expressions"
	case inCheck:
		return "check constraints"
	case inIndex:
		return "index expressions"
	case inIndexPredicate:
		return "index predicates"
	case inGenerated:
		return "column generation expressions"
	case inUsing:
		return "transform expressions"
	}
	return ""
}

// windowForbidden names the clause where window functions may not stand, or "".
func windowForbidden(c clause) string {
	switch c {
	case inHaving:
		return "HAVING"
	case inWindow:
		return "window definitions"
	}
	return aggregateForbidden(c)
}

// windowCall builds the call of a window function or of an aggregate with OVER.
func (a *analyzer) windowCall(s *scope, e *ast.FuncCall, c *candidate, args []expr) expr {
	name := e.Name[len(e.Name)-1]
	fn := c.fn
	a.checkFunction(fn, name, e.Pos())
	if msg := windowForbidden(s.clause); msg != "" {
		a.failf(e.Pos(), pgerr.WindowingError, "window functions are not allowed in %s", msg)
	}
	switch {
	case s.query == nil:
		a.failf(e.Pos(), pgerr.WindowingError, "window functions are not allowed in this context")
	case e.Distinct:
		a.failf(e.Pos(), pgerr.FeatureNotSupported, "DISTINCT is not implemented for window functions")
	case len(e.OrderBy) > 0:
		a.failf(e.Pos(), pgerr.FeatureNotSupported, "aggregate ORDER BY is not implemented for window functions")
	case e.Filter != nil && fn.Kind == 'w':
		a.failf(e.Pos(), pgerr.FeatureNotSupported, "FILTER is not implemented for non-aggregate window functions")
	}
	args, result := a.coerceArgs(c, args, e.Pos())
	for _, arg := range args {
		walk(arg, func(x expr) bool {
			if w, ok := x.(*windowExpr); ok {
				a.failf(w.pos, pgerr.WindowingError, "window function calls cannot be nested")
			}
			return true
		})
	}
	x := &windowExpr{base: base{result, -1, e.Pos()}, fn: fn, args: args, star: e.Star}
	if e.Filter != nil {
		x.filter = a.coerceBool(a.exprIn(s, e.Filter, inFilter), "FILTER")
	}
	x.win = a.windowOf(s, e.Over)
	s.query.hasWindow = true
	return x
}

// windowOf resolves what follows OVER.
func (a *analyzer) windowOf(s *scope, def *ast.WindowDef) *window {
	if def.NameOnly {
		for _, w := range s.windows {
			if w.name == def.Ref {
				return w
			}
		}
		a.failf(def.Pos(), pgerr.UndefinedObject, "window \"%s\" does not exist", def.Ref)
	}
	return a.windowDef(s, def)
}

// windowDef analyzes a window definition, which may refine another.
func (a *analyzer) windowDef(s *scope, def *ast.WindowDef) *window {
	saved := s.clause
	s.clause = inWindow
	defer func() { s.clause = saved }()
	w := &window{name: def.Name, frame: def.Frame}
	if def.Ref != "" {
		var ref *window
		for _, other := range s.windows {
			if other.name == def.Ref {
				ref = other
			}
		}
		switch {
		case ref == nil:
			a.failf(def.Pos(), pgerr.UndefinedObject, "window \"%s\" does not exist", def.Ref)
		case len(def.PartitionBy) > 0:
			a.failf(def.Pos(), pgerr.WindowingError, "cannot override PARTITION BY clause of window \"%s\"", def.Ref)
		case len(def.OrderBy) > 0 && len(ref.order) > 0:
			a.failf(def.Pos(), pgerr.WindowingError, "cannot override ORDER BY clause of window \"%s\"", def.Ref)
		case ref.frame != nil:
			a.failf(def.Pos(), pgerr.WindowingError, "cannot copy window \"%s\" because it has a frame clause", def.Ref)
		}
		w.partition, w.order = ref.partition, ref.order
	}
	for _, p := range def.PartitionBy {
		x := a.resolveUnknown(a.expr(s, p))
		a.comparable(x)
		w.partition = append(w.partition, x)
	}
	if len(def.OrderBy) > 0 {
		w.order = a.aggregateOrder(s, def.OrderBy)
	}
	if def.Frame != nil {
		a.frame(s, w, def.Frame)
	}
	return w
}

// frame checks and analyzes the bounds of a frame.
func (a *analyzer) frame(s *scope, w *window, f *ast.WindowFrame) {
	switch {
	case f.Start.Kind == ast.UnboundedFollowing:
		a.failf(f.Pos(), pgerr.WindowingError, "frame start cannot be UNBOUNDED FOLLOWING")
	case f.End.Kind == ast.UnboundedPreceding:
		a.failf(f.Pos(), pgerr.WindowingError, "frame end cannot be UNBOUNDED PRECEDING")
	case f.Start.Kind == ast.CurrentRow && f.End.Kind == ast.OffsetPreceding:
		a.failf(f.Pos(), pgerr.WindowingError, "frame starting from current row cannot have preceding rows")
	case f.Start.Kind == ast.OffsetFollowing && (f.End.Kind == ast.OffsetPreceding || f.End.Kind == ast.CurrentRow):
		a.failf(f.Pos(), pgerr.WindowingError, "frame starting from following row cannot have preceding rows")
	case f.Mode == ast.FrameGroups && len(w.order) == 0:
		a.failf(f.Pos(), pgerr.WindowingError, "GROUPS mode requires an ORDER BY clause")
	}
	offset := f.Start.Offset != nil || f.End.Offset != nil
	if f.Mode == ast.FrameRange && offset {
		if len(w.order) != 1 {
			a.failf(f.Pos(), pgerr.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
		}
		switch w.order[0].x.typ() {
		case types.Int2OID, types.Int4OID, types.Int8OID, types.Float4OID, types.Float8OID:
		default:
			a.fail(f.Pos(), pgerr.Unsupported("RANGE with offset PRECEDING/FOLLOWING over %s is not supported",
				types.FormatType(w.order[0].x.typ(), -1)))
		}
	}
	oid := types.Int8OID
	if f.Mode == ast.FrameRange && offset {
		oid = w.order[0].x.typ()
	}
	w.start = a.frameOffset(s, f, oid, f.Start.Offset)
	w.end = a.frameOffset(s, f, oid, f.End.Offset)
}

func (a *analyzer) frameOffset(s *scope, f *ast.WindowFrame, oid types.OID, e ast.Expr) expr {
	if e == nil {
		return nil
	}
	x := a.expr(s, e)
	x = a.coerceSpecific(x, oid, [...]string{"RANGE", "ROWS", "GROUPS"}[f.Mode])
	if c, ok := x.(*constExpr); !ok || c.val.IsNull() || c.val.Kind == types.Int && c.val.Int64() < 0 {
		if !ok {
			a.fail(x.position(), pgerr.Unsupported("a frame offset that is not a constant is not supported"))
		}
		if c.val.IsNull() {
			a.failf(-1, pgerr.NullValueNotAllowed, "frame starting offset must not be null")
		}
		a.failf(-1, "22013", "frame starting offset must not be negative")
	}
	return x
}

// outColumns lists the columns of a function that returns rows, with their
// actual types.
func outColumns(fn *builtin.Function, result types.OID, name string) []rteCol {
	var cols []rteCol
	in := 0
	for i, t := range fn.AllArgs {
		mode := byte('i')
		if fn.ArgModes != "" {
			mode = fn.ArgModes[i]
		}
		if mode == 'i' || mode == 'v' {
			in++
			continue
		}
		col := rteCol{oid: t, typmod: -1, name: "column" + itoa(len(cols)+1)}
		if i < len(fn.ArgNames) && fn.ArgNames[i] != "" {
			col.name = fn.ArgNames[i]
		}
		cols = append(cols, col)
	}
	if len(cols) < 2 {
		if out := outName(fn); out != "" {
			name = out
		}
		return []rteCol{{name: name, oid: result, typmod: -1}}
	}
	return cols
}

// outName is the name of the only OUT parameter of a function, or "".
func outName(fn *builtin.Function) string {
	name, outs := "", 0
	for i := range fn.ArgModes {
		if m := fn.ArgModes[i]; m == 'o' || m == 't' || m == 'b' {
			outs++
			if i < len(fn.ArgNames) {
				name = fn.ArgNames[i]
			}
		}
	}
	if outs != 1 {
		return ""
	}
	return name
}
