package plan

import (
	"strings"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// expr writes an expression.
func (e *emitter) expr(x expr) {
	switch x := x.(type) {
	case *varExpr:
		e.column(x.rte, x.col)
	case *constExpr:
		e.value(x.val)
	case *paramExpr:
		e.s("?")
		e.int(x.num)
	case *opExpr:
		e.template(x.op.SQL, x.args, x.oid)
	case *funcExpr:
		e.call(x)
	case *castExpr:
		e.cast(x)
	case *boolExpr:
		e.bool(x)
	case *nullTest:
		e.s("(")
		e.expr(x.x)
		if x.not {
			e.s(" IS NOT NULL)")
		} else {
			e.s(" IS NULL)")
		}
	case *boolTest:
		e.boolTest(x)
	case *caseExpr:
		e.caseExpr(x)
	case *listExpr:
		e.listExpr(x)
	case *aggExpr:
		e.aggregate(x)
	case *subLink:
		e.subLink(x)
	case *arrayOpExpr:
		e.arrayOp(x)
	default:
		e.rareExpr(x)
	}
}

func (e *emitter) rareExpr(x expr) {
	switch x := x.(type) {
	case *distinctExpr:
		e.distinct(x)
	case *nullIfExpr:
		e.nullIf(x)
	case *caseTestExpr:
		e.expr(x.of.arg)
	case *arrayExpr:
		e.array(x)
	case *rowExpr:
		e.row(x)
	case *rowCompare:
		e.rowCompare(x)
	case *subscriptExpr:
		e.subscript(x)
	case *windowExpr:
		e.window(x)
	case *rawExpr:
		x.write(e)
	case *subVar:
		e.s("m")
		e.int(x.col + 1)
	case *defaultExpr:
		e.a.failf(x.pos, pgerr.SyntaxError, "DEFAULT is not allowed in this context")
	default:
		e.a.fail(x.position(), pgerr.New(pgerr.InternalError, "cannot emit %T", x))
	}
}

// isComparison tells whether an operator compares in SQLite's own way.
func isComparison(op *builtin.Operator) bool {
	switch op.Name {
	case "=", "<>", "<", "<=", ">", ">=":
		return nativeOp(op, op.Name)
	}
	return false
}

// nativeOp tells whether the operator is SQLite's own of that name, under the
// collation of the type.
func nativeOp(op *builtin.Operator, name string) bool {
	if op.Name != name {
		return false
	}
	rest, ok := strings.CutPrefix(op.SQL, "($1 ")
	if c, ok := strings.CutPrefix(rest, "COLLATE "); ok {
		_, rest, _ = strings.Cut(c, " ")
	}
	return ok && rest == name+" $2)"
}

// template writes an operator or function; a template that is not in
// parentheses, nor a call, gets them.
func (e *emitter) template(sql string, args []expr, result types.OID) {
	atom := sql[len(sql)-1] == ')'
	if !atom {
		e.s("(")
	}
	e.expand(sql, args, result, false, false)
	if !atom {
		e.s(")")
	}
}

func (e *emitter) call(x *funcExpr) {
	e.s("(")
	e.expand(x.fn.SQL, x.args, x.oid, x.variadic, false)
	e.s(")")
}

func (e *emitter) cast(x *castExpr) {
	if !x.run {
		e.expr(x.x)
		return
	}
	at := len(e.buf)
	e.expr(x.x)
	source := x.x.typ()
	if source == types.UnknownOID {
		source = types.TextOID
	}
	sql, ok := builtin.CastSQL(source, x.oid, x.typmod, x.explicit, string(e.buf[at:]))
	if !ok {
		e.a.fail(x.pos, pgerr.Unsupported("cast from %s to %s is not supported", types.FormatType(source, -1), types.FormatType(x.oid, -1)))
	}
	e.buf = append(e.buf[:at], sql...)
}

// boolWidth is the number of terms of AND or OR in one run: SQLite's parser
// makes a chain as deep as it is long, and its depth is limited.
const boolWidth = 200

func (e *emitter) bool(x *boolExpr) {
	if x.kind == boolNot {
		e.s("(NOT ")
		e.expr(x.args[0])
		e.s(")")
		return
	}
	word := " AND "
	if x.kind == boolOr {
		word = " OR "
	}
	e.chain(word, len(x.args), func(i int) { e.expr(x.args[i]) })
}

// chain writes n terms joined by word, in groups where there are many.
func (e *emitter) chain(word string, n int, term func(int)) {
	e.s("(")
	for i := range n {
		if i > 0 {
			e.s(word)
		}
		if n > boolWidth && i%boolWidth == 0 {
			e.s("(")
		}
		term(i)
		if n > boolWidth && (i%boolWidth == boolWidth-1 || i == n-1) {
			e.s(")")
		}
	}
	e.s(")")
}

func (e *emitter) boolTest(x *boolTest) {
	e.s("(")
	e.expr(x.x)
	e.s(" IS ")
	if x.not {
		e.s("NOT ")
	}
	e.s([...]string{"TRUE", "FALSE", "NULL"}[x.kind], ")")
}

func (e *emitter) caseExpr(x *caseExpr) {
	e.s("CASE")
	for _, w := range x.whens {
		e.s(" WHEN ")
		e.expr(w.when)
		e.s(" THEN ")
		e.expr(w.then)
	}
	e.s(" ELSE ")
	e.expr(x.els)
	e.s(" END")
}

func (e *emitter) listExpr(x *listExpr) {
	if len(x.args) == 1 {
		e.expr(x.args[0])
		return
	}
	if x.kind == listCoalesce {
		e.s("coalesce(")
		e.list(x.args)
		e.s(")")
		return
	}
	if e.bare != nil && e.prefix == "" {
		e.s("(")
		e.extreme(x, len(x.args)-1)
		e.s(")")
		return
	}
	// GREATEST and LEAST pass over nulls, as aggregates do.
	fn := "max"
	if x.kind == listLeast {
		fn = "min"
	}
	e.s("(SELECT ", fn, "(v")
	if c := types.Collation(x.oid); c != "" {
		e.s(" COLLATE ", c)
	}
	e.s(") FROM (")
	for i, arg := range x.args {
		if i > 0 {
			e.s(" UNION ALL ")
		}
		e.s("SELECT ")
		e.expr(arg)
		if i == 0 {
			e.s(" AS v")
		}
	}
	e.s("))")
}

// extreme writes GREATEST or LEAST of the arguments up to the given one without a
// sub-query, which CHECK and indexes may not have.
func (e *emitter) extreme(x *listExpr, last int) {
	if last == 0 {
		e.expr(x.args[0])
		return
	}
	e.s("CASE WHEN ")
	e.extreme(x, last-1)
	e.s(" IS NULL THEN ")
	e.expr(x.args[last])
	e.s(" WHEN ")
	e.extreme(x, last-1)
	if c := types.Collation(x.oid); c != "" {
		e.s(" COLLATE ", c)
	}
	if x.kind == listGreatest {
		e.s(" < ")
	} else {
		e.s(" > ")
	}
	e.expr(x.args[last])
	e.s(" THEN ")
	e.expr(x.args[last])
	e.s(" ELSE ")
	e.extreme(x, last-1)
	e.s(" END")
}

func (e *emitter) distinct(x *distinctExpr) {
	if nativeOp(x.op, "=") {
		e.s("(")
		e.compared(x.left)
		if x.not {
			e.s(" IS ")
		} else {
			e.s(" IS NOT ")
		}
		e.expr(x.right)
		e.s(")")
		return
	}
	if x.not {
		e.s("(NOT ")
	}
	e.s("CASE WHEN ")
	e.expr(x.left)
	e.s(" IS NULL THEN ")
	e.expr(x.right)
	e.s(" IS NOT NULL WHEN ")
	e.expr(x.right)
	e.s(" IS NULL THEN 1 ELSE NOT (")
	e.expand(x.op.SQL, []expr{x.left, x.right}, types.BoolOID, false, false)
	e.s(") END")
	if x.not {
		e.s(")")
	}
}

func (e *emitter) nullIf(x *nullIfExpr) {
	e.s("CASE WHEN ")
	e.expand(x.op.SQL, []expr{x.left, x.right}, types.BoolOID, false, false)
	e.s(" THEN NULL ELSE ")
	e.expr(x.result)
	e.s(" END")
}

// arrayOp writes x op ANY|ALL (…).
func (e *emitter) arrayOp(x *arrayOpExpr) {
	if x.array == nil {
		e.inList(x)
		return
	}
	native := !x.all && nativeOp(x.op, "=") || x.all && nativeOp(x.op, "<>")
	if native {
		e.s("CASE WHEN ")
		e.expr(x.array)
		e.s(" IS NULL THEN NULL ELSE ")
		e.inArray(x)
		e.s(" END")
		return
	}
	elem := &subVar{base: base{types.ElemOf(x.array.typ()), -1, x.pos}}
	e.s("CASE WHEN ")
	e.expr(x.array)
	e.s(" IS NULL THEN NULL ELSE ")
	e.quantify(x.all, func() {
		e.expand(x.op.SQL, []expr{x.left, elem}, types.BoolOID, false, false)
	}, func() {
		e.s("SELECT value AS m1 FROM ")
		e.unnest(x.array)
	})
	e.s(" END")
}

// inArray writes x [NOT] IN over the elements of an array.
func (e *emitter) inArray(x *arrayOpExpr) {
	e.s("(")
	e.compared(x.left)
	if x.all {
		e.s(" NOT")
	}
	e.s(" IN (SELECT value FROM ")
	e.unnest(x.array)
	e.s("))")
}

// unnest writes the table of the elements of an array.
func (e *emitter) unnest(array expr) {
	fn := functionNamed("unnest", types.AnyarrayOID)
	if fn == nil || !fn.Implemented() {
		e.a.fail(array.position(), pgerr.Unsupported("ANY over an array is not supported"))
	}
	e.expand(fn.SQL, []expr{array}, types.ElemOf(array.typ()), false, false)
}

// quantify writes ANY or ALL of a test over the rows of a query: null where it
// is undecided.
func (e *emitter) quantify(all bool, test, rows func()) {
	e.s("(SELECT CASE WHEN count(*) = 0 THEN ")
	if all {
		e.s("1 WHEN min(b) = 0 THEN 0 WHEN count(b) < count(*) THEN NULL ELSE 1")
	} else {
		e.s("0 WHEN max(b) = 1 THEN 1 WHEN count(b) < count(*) THEN NULL ELSE 0")
	}
	e.s(" END FROM (SELECT ")
	test()
	e.s(" AS b FROM (")
	rows()
	e.s(")))")
}

func (e *emitter) inList(x *arrayOpExpr) {
	if !x.all && nativeOp(x.op, "=") || x.all && nativeOp(x.op, "<>") {
		e.s("(")
		e.compared(x.left)
		if x.all {
			e.s(" NOT")
		}
		e.s(" IN (")
		e.list(x.list)
		e.s("))")
		return
	}
	word := " OR "
	if x.all {
		word = " AND "
	}
	e.chain(word, len(x.list), func(i int) {
		e.s("(")
		e.expand(x.op.SQL, []expr{x.left, x.list[i]}, types.BoolOID, false, false)
		e.s(")")
	})
}

func (e *emitter) array(x *arrayExpr) {
	if len(x.elems) == 0 {
		empty := types.NewArray(nil)
		e.value(empty.Value())
		return
	}
	parts := make([]string, len(x.elems))
	for i, item := range x.elems {
		at := len(e.buf)
		e.expr(item)
		parts[i] = string(e.buf[at:])
		e.buf = e.buf[:at]
	}
	if x.nested {
		e.s(builtin.NestedArrayConstructor(parts))
	} else {
		e.s(builtin.ArrayConstructor(parts))
	}
}

// row writes the text form of a row.
func (e *emitter) row(x *rowExpr) {
	e.s("row_text(")
	for i, f := range x.args {
		if i > 0 {
			e.s(", ")
		}
		e.int(int(f.typ()))
		e.s(", ")
		e.expr(f)
	}
	e.s(")")
}

// rowCompare writes row values where all comparisons are SQLite's own; else the
// fields one by one.
func (e *emitter) rowCompare(x *rowCompare) {
	native := true
	for i := range x.ops {
		native = native && isComparison(x.ops[i])
	}
	if native {
		e.s("((")
		for i, f := range x.left {
			if i > 0 {
				e.s(", ")
			}
			e.compared(f)
		}
		e.s(") ", x.op, " (")
		e.list(x.right)
		e.s("))")
		return
	}
	e.a.fail(x.pos, pgerr.Unsupported("this comparison of rows is not supported"))
}

func (e *emitter) subscript(x *subscriptExpr) {
	if !x.slice {
		e.s("array_get(")
		e.expr(x.x)
		for _, i := range x.upper {
			e.s(", ")
			e.expr(i)
		}
		e.s(")")
		return
	}
	e.s("array_slice(")
	e.expr(x.x)
	e.s(", ")
	e.int(sliceMask(x))
	for i := range x.upper {
		e.s(", ")
		e.optional(x.lower[i])
		e.s(", ")
		e.optional(x.upper[i])
	}
	e.s(")")
}

// sliceMask tells which bounds of a slice are left out: bit 2i the lower and bit
// 2i+1 the upper one of dimension i.
func sliceMask(x *subscriptExpr) int {
	mask := 0
	for i := range x.upper {
		if x.lower[i] == nil {
			mask |= 1 << (2 * i)
		}
		if x.upper[i] == nil {
			mask |= 2 << (2 * i)
		}
	}
	return mask
}

func (e *emitter) optional(x expr) {
	if x == nil {
		e.s("0")
		return
	}
	e.expr(x)
}

// aggregate writes an aggregate call: its template is a call whose parentheses
// take DISTINCT and ORDER BY.
func (e *emitter) aggregate(x *aggExpr) {
	args := x.args
	if len(x.direct) > 0 {
		args = append(append([]expr{}, x.direct...), x.args...)
	}
	if x.distinct && len(args) == 2 {
		e.distinctText(x)
		return
	}
	order := x.order
	if orderedSet(x.fn) != 0 && len(order) > 0 {
		args = append([]expr{}, args...)
	}
	e.aggregateCall(x.fn, args, x.oid, x.star, x.distinct, order)
	e.filter(x.filter)
}

// distinctText writes string_agg(DISTINCT x, separator): SQLite takes DISTINCT
// with one argument only, so an array is gathered and its elements joined.
func (e *emitter) distinctText(x *aggExpr) {
	gather := functionNamed("array_agg", types.AnynonarrayOID)
	join := functionNamed("array_to_string", types.AnyarrayOID, types.TextOID)
	if gather == nil || join == nil || !gather.Implemented() || !join.Implemented() {
		e.a.fail(x.pos, pgerr.Unsupported("string_agg with DISTINCT is not supported"))
	}
	array := &rawExpr{base: base{types.TextArrayOID, -1, x.pos}, write: func(e *emitter) {
		e.aggregateCall(gather, x.args[:1], types.TextArrayOID, false, true, x.order)
		e.s(" FILTER (WHERE ")
		e.expr(x.args[0])
		e.s(" IS NOT NULL")
		if x.filter != nil {
			e.s(" AND ")
			e.expr(x.filter)
		}
		e.s(")")
	}}
	e.expand(join.SQL, []expr{array, x.args[1]}, types.TextOID, false, false)
}

func (e *emitter) filter(x expr) {
	if x != nil {
		e.s(" FILTER (WHERE ")
		e.expr(x)
		e.s(")")
	}
}

func (e *emitter) aggregateCall(fn *builtin.Function, args []expr, result types.OID, star, distinct bool, order []sortKey) {
	sql := fn.SQL
	if distinct && fn.DistinctSQL != "" {
		sql = fn.DistinctSQL
	}
	e.aggregateTemplate(sql, fn, args, result, star, distinct, order)
}

func (e *emitter) aggregateTemplate(sql string, fn *builtin.Function, args []expr, result types.OID, star, distinct bool, order []sortKey) {
	if star || fn.Name == "count" && len(args) == 0 {
		e.s("count(*)")
		return
	}
	open, end := -1, len(sql)-1
	for i := range sql {
		if sql[i] == '(' {
			open = i
			break
		}
	}
	if open < 0 || sql[end] != ')' {
		e.a.fail(-1, pgerr.New(pgerr.InternalError, "aggregate template %q", sql))
	}
	name := sql[:open]
	e.s(name, "(")
	if distinct {
		e.s("DISTINCT ")
	}
	collated := distinct || name == "min" || name == "max"
	e.expand(sql[open+1:end], args, result, false, collated)
	if len(order) > 0 {
		e.s(" ORDER BY ")
		e.keys(order)
	}
	e.s(")")
}

// keys writes sort keys as expressions.
func (e *emitter) keys(keys []sortKey) {
	for i := range keys {
		if i > 0 {
			e.s(", ")
		}
		e.expr(keys[i].x)
		e.collate(keys[i].x)
		e.direction(&keys[i])
	}
}

func (e *emitter) direction(k *sortKey) {
	if k.desc {
		e.s(" DESC")
	}
	if k.nullsFirst {
		e.s(" NULLS FIRST")
	} else {
		e.s(" NULLS LAST")
	}
}

func (e *emitter) window(x *windowExpr) {
	if x.fn.Kind == 'w' {
		e.expand(x.fn.OverSQL, x.args, x.oid, false, false)
	} else {
		e.aggregateTemplate(x.fn.OverSQL, x.fn, x.args, x.oid, x.star, false, nil)
	}
	e.filter(x.filter)
	e.s(" OVER (")
	if len(x.win.partition) > 0 {
		e.s("PARTITION BY ")
		for i, p := range x.win.partition {
			if i > 0 {
				e.s(", ")
			}
			e.compared(p)
		}
	}
	if len(x.win.order) > 0 {
		e.s(" ORDER BY ")
		e.keys(x.win.order)
	}
	e.frame(x.win)
	e.s(")")
}

func (e *emitter) frame(w *window) {
	f := w.frame
	if f == nil {
		return
	}
	e.s([...]string{" RANGE", " ROWS", " GROUPS"}[f.Mode], " BETWEEN ")
	e.bound(f.Start.Kind, w.start)
	e.s(" AND ")
	e.bound(f.End.Kind, w.end)
	e.s([...]string{"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"}[f.Exclude])
}

func (e *emitter) bound(kind ast.BoundKind, offset expr) {
	switch kind {
	case ast.UnboundedPreceding:
		e.s("UNBOUNDED PRECEDING")
	case ast.OffsetPreceding:
		e.expr(offset)
		e.s(" PRECEDING")
	case ast.CurrentRow:
		e.s("CURRENT ROW")
	case ast.OffsetFollowing:
		e.expr(offset)
		e.s(" FOLLOWING")
	case ast.UnboundedFollowing:
		e.s("UNBOUNDED FOLLOWING")
	}
}

// subLink writes a sub-query in an expression.
func (e *emitter) subLink(x *subLink) {
	switch x.kind {
	case ast.ExistsSubLink:
		e.s("EXISTS (")
		e.query(x.query, inner)
		e.s(")")
	case ast.ExprSubLink:
		e.scalar(x.query)
	case ast.ArraySubLink:
		e.arraySubLink(x)
	default:
		e.quantified(x)
	}
}

// scalar writes a sub-query of one value; more than one row is an error.
func (e *emitter) scalar(q *query) {
	if q.singleRow {
		e.s("(")
		e.query(q, inner)
		e.s(")")
		return
	}
	e.s("(SELECT pg_single(m1) FROM (")
	e.query(q, inner)
	e.s("))")
}

func (e *emitter) arraySubLink(x *subLink) {
	col := &subVar{base: base{x.query.visible()[0].x.typ(), -1, x.pos}}
	arg := types.AnynonarrayOID
	if trueElem(col.oid) != 0 {
		arg = types.AnyarrayOID
	}
	fn := functionNamed("array_agg", arg)
	if fn == nil || !fn.Implemented() {
		e.a.fail(x.pos, pgerr.Unsupported("ARRAY(SELECT …) is not supported"))
	}
	e.s("(SELECT coalesce(")
	e.expand(fn.SQL, []expr{col}, x.oid, false, false)
	e.s(", ")
	empty := types.NewArray(nil)
	e.value(empty.Value())
	e.s(") FROM (")
	e.query(x.query, inner)
	e.s("))")
}

// quantified writes IN, ANY and ALL over a sub-query.
func (e *emitter) quantified(x *subLink) {
	any := x.kind == ast.AnySubLink
	in := true
	for _, op := range x.ops {
		in = in && (any && nativeOp(op, "=") || !any && nativeOp(op, "<>") && len(x.ops) == 1)
	}
	if in {
		e.inQuery(x, any == x.not)
		return
	}
	if x.not {
		e.s("(NOT ")
	}
	e.quantify(!any, func() {
		e.s("(")
		for i, op := range x.ops {
			if i > 0 {
				if x.opNam == "<>" {
					e.s(" OR ")
				} else {
					e.s(" AND ")
				}
			}
			e.expand(op.SQL, []expr{x.tests[i], x.coer[i]}, types.BoolOID, false, false)
		}
		e.s(")")
	}, func() { e.query(x.query, inner) })
	if x.not {
		e.s(")")
	}
}

func (e *emitter) inQuery(x *subLink, not bool) {
	e.s("(")
	if len(x.tests) > 1 {
		e.s("(")
	}
	for i, t := range x.tests {
		if i > 0 {
			e.s(", ")
		}
		e.compared(t)
	}
	if len(x.tests) > 1 {
		e.s(")")
	}
	if not {
		e.s(" NOT")
	}
	e.s(" IN (")
	plain := true
	for _, c := range x.coer {
		_, ok := c.(*subVar)
		plain = plain && ok
	}
	if !plain {
		e.s("SELECT ")
		e.list(x.coer)
		e.s(" FROM (")
	}
	e.query(x.query, inner)
	if !plain {
		e.s(")")
	}
	e.s("))")
}

// likePrefix adds to LIKE with a constant pattern the range that its prefix
// spans, so that an index on the column serves it.
func (e *emitter) likePrefix(x expr) bool {
	o, ok := x.(*opExpr)
	if !ok || o.op.Name != "~~" || len(o.args) != 2 {
		return false
	}
	c, ok := o.args[1].(*constExpr)
	if !ok || c.val.Kind != types.Text {
		return false
	}
	v, ok := withoutRelabel(o.args[0]).(*varExpr)
	if !ok || v.rte.kind != rteRelation || v.oid == types.BpcharOID || v.oid == types.ByteaOID {
		return false
	}
	prefix := literalPrefix(c.val.Bytes)
	if len(prefix) == 0 {
		return false
	}
	e.s("(")
	e.expr(v)
	e.s(" >= ")
	e.quote(prefix)
	if next := successor(prefix); next != nil {
		e.s(" AND ")
		e.expr(v)
		e.s(" < ")
		e.quote(next)
	}
	e.s(" AND ")
	e.expr(x)
	e.s(")")
	return true
}

// literalPrefix returns what a LIKE pattern begins with.
func literalPrefix(pattern []byte) []byte {
	var out []byte
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '%', '_':
			return out
		case '\\':
			if i++; i == len(pattern) {
				return out
			}
		}
		out = append(out, pattern[i])
	}
	return out
}

// successor returns the least ASCII-terminated text above all that begin with
// prefix, or nil where its last byte has no successor.
func successor(prefix []byte) []byte {
	last := prefix[len(prefix)-1]
	if last >= 0x7e {
		return nil
	}
	out := append([]byte{}, prefix...)
	out[len(out)-1]++
	return out
}
