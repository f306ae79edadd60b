package plan

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

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
