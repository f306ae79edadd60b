package plan

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// SQLite has no LATERAL but for table-valued functions. What is done here:
//
//   - a LATERAL sub-query of at most one row: its columns become scalar
//     sub-queries where they are used, and in FROM stands (SELECT 1);
//   - several set-returning functions side by side over columns of the query:
//     a series of row numbers, to which each function is left-joined.
//
// Other LATERAL sub-queries are refused.

// exactlyOne tells whether a query always gives one row.
func exactlyOne(q *query) bool {
	if q.limit != nil || q.offset != nil || q.srf != nil || q.op != 0 {
		return false
	}
	if q.values != nil {
		return len(q.values) == 1
	}
	if q.having != nil {
		return false
	}
	return q.grouping && len(q.group) == 0 || len(q.from) == 0 && q.where == nil
}

func (e *emitter) lateralLeaf(r *rte) {
	if !r.query.singleRow && !exactlyOne(r.query) {
		e.a.fail(-1, pgerr.Unsupported("a LATERAL sub-query of several rows is not supported"))
	}
	if queryHasEffect(r.query) { // it would run as often as its columns are used
		e.a.fail(-1, pgerr.Unsupported("nextval(), setval() or pg_notify() in a LATERAL sub-query is not supported"))
	}
	e.s("(SELECT 1) AS r")
	e.int(r.id)
}

// lateralColumn writes a column of a LATERAL sub-query.
func (e *emitter) lateralColumn(r *rte, col int) {
	if exactlyOne(r.query) && len(r.query.from) == 0 && !r.query.grouping && len(r.query.ctes) == 0 {
		if r.query.values != nil {
			e.expr(r.query.values[0][col])
		} else {
			e.expr(r.query.output(col).x)
		}
		return
	}
	if len(r.cols) == 1 {
		e.s("(")
		e.query(r.query, inner)
		e.s(")")
		return
	}
	e.s("(SELECT m")
	e.int(col + 1)
	e.s(" FROM (")
	e.query(r.query, inner)
	e.s("))")
}

// lateralJoin writes the condition of a join whose right side is LATERAL.
func (e *emitter) lateralJoin(f *fromJoin, r *rte) {
	always := f.on == nil
	if c, ok := f.on.(*constExpr); ok && c.oid == types.BoolOID && c.val.Bool() {
		always = true
	}
	switch f.kind {
	case ast.JoinLeft:
		if !always {
			e.a.fail(f.on.position(), pgerr.Unsupported("LEFT JOIN LATERAL with a condition is not supported"))
		}
		e.s(" ON 1")
	case ast.JoinInner, ast.JoinCross:
		if always {
			e.lateralCondition(r, nil)
			return
		}
		e.lateralCondition(r, f.on)
	default:
		e.a.fail(-1, pgerr.Unsupported("this join of a LATERAL sub-query is not supported"))
	}
}

// lateralCondition writes ON: the sub-query has a row, and the condition holds.
func (e *emitter) lateralCondition(r *rte, on expr) {
	e.s(" ON ")
	if exactlyOne(r.query) {
		e.s("1")
	} else {
		e.s("EXISTS (")
		e.query(r.query, inner)
		e.s(")")
	}
	if on != nil {
		e.s(" AND ")
		e.conjunction(on)
	}
}

// lateralFunction makes a function that gives one row and reads columns of the
// query a LATERAL sub-query of one row.
func (a *analyzer) lateralFunction(s *scope, r *rte) {
	if len(r.fn.calls) != 1 || r.fn.ordinality || setReturning(r.fn.calls[0]) || !readsOwner(r.fn.calls[0], s) {
		if severalCorrelated(r) {
			numberParts(r)
		}
		return
	}
	r.kind, r.lateral = rteSubquery, true
	r.query = &query{scope: &scope{}, targets: []target{{x: r.fn.calls[0], name: r.cols[0].name}}, singleRow: true}
	r.fn = nil
}

// severalCorrelated tells whether an entry is several set-returning functions of
// which one reads columns of the query.
func severalCorrelated(r *rte) bool {
	if r.kind != rteFunction || len(r.fn.calls) < 2 {
		return false
	}
	reads := false
	for _, c := range r.fn.calls {
		if !setReturning(c) {
			return false
		}
		reads = reads || readsOwner(c, r.owner)
	}
	return reads
}

// numberParts gives the columns of correlated functions the alias of their own
// function.
func numberParts(r *rte) {
	col := 0
	for i, c := range r.fn.calls {
		f, _ := setCall(c)
		for _, name := range f.fn.Columns {
			if col < len(r.cols) {
				r.cols[col].physical, r.cols[col].part = name, i+1
				col++
			}
		}
	}
	for ; col < len(r.cols); col++ {
		r.cols[col].physical = "value" // the row number
	}
}

// sideBySide writes several correlated functions in step.
func (e *emitter) sideBySide(r *rte) {
	series := functionNamed("generate_series", types.Int4OID, types.Int4OID)
	if series == nil || !series.Implemented() {
		e.a.fail(-1, pgerr.Unsupported("several set-returning functions are not supported"))
	}
	most := &rawExpr{base: base{types.Int4OID, -1, -1}, write: func(e *emitter, _ []expr) {
		e.s("max(")
		for i, c := range r.fn.calls {
			if i > 0 {
				e.s(", ")
			}
			f, _ := setCall(c)
			e.s("(SELECT count(*) FROM ")
			e.expand(f.fn.SQL, f.args, f.oid, f.variadic, false)
			e.s(")")
		}
		e.s(")")
	}}
	e.expand(series.SQL, []expr{intConst(1, types.Int4OID), most}, types.Int4OID, false, false)
	e.s(" AS r")
	e.int(r.id)
	for i, c := range r.fn.calls {
		f, _ := setCall(c)
		e.s(" LEFT JOIN ")
		e.expand(f.fn.SQL, f.args, f.oid, f.variadic, false)
		for _, part := range []string{" AS r", " ON r"} {
			e.s(part)
			e.int(r.id)
			e.s("p")
			e.int(i + 1)
		}
		e.s(".rowid = r")
		e.int(r.id)
		e.s(".", series.Columns[0])
	}
}

// rawExpr is SQL of the emitter's own.
type rawExpr struct {
	base
	args  []expr // what it reads
	write func(e *emitter, args []expr)
}
