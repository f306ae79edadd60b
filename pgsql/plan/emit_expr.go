package plan

import (
	"strings"

	"polyreme/pgsql/builtin"
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
		x.write(e, x.args)
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
