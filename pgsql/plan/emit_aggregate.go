package plan

import (
	"polyreme/pgsql/builtin"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

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
	array := &rawExpr{base: base{types.TextArrayOID, -1, x.pos}, write: func(e *emitter, _ []expr) {
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
