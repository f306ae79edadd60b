package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
)

// variable writes a column: within a query under the name of its table.
func (p *deparser) variable(x *varExpr) {
	if p.query == nil {
		p.s(catalog.QuoteIdent(x.rte.cols[x.col].name))
		return
	}
	if q := p.query.calls[x.rte]; q != nil {
		p.setCall(q, x)
		return
	}
	table, ok := p.query.names[x.rte]
	if !ok || x.rte.cols[x.col].hidden {
		p.unknown()
	}
	p.s(catalog.QuoteIdent(table), ".", catalog.QuoteIdent(p.columnName(x.rte, x.col)))
}

// columnName is the name of a table's column in the text being written.
func (p *deparser) columnName(r *rte, col int) string {
	c := &r.cols[col]
	if n := p.query.renamed; n.in(r) && c.num == n.num && c.name == n.from {
		return n.to
	}
	return c.name
}

// setCall writes the set-returning function that x stands for.
func (p *deparser) setCall(q *query, x *varExpr) {
	for i, first := range q.srfStart {
		last := i+1 == len(q.srfStart) && first+1 == len(q.srf.cols) || i+1 < len(q.srfStart) && q.srfStart[i+1] == first+1
		if first == x.col && last {
			p.expr(q.srf.fn.calls[i], true)
			return
		}
	}
	p.unknown()
}

// inQuery writes what only queries have.
func (p *deparser) inQuery(x expr) {
	if p.query == nil {
		p.unknown()
	}
	switch x := x.(type) {
	case *aggExpr:
		p.aggregate(x)
	case *windowExpr:
		p.functionName(x.fn.Schema, x.fn.Name)
		p.arguments(x.args, x.star)
		p.s(")")
		p.filter(x.filter)
		p.s(" OVER ")
		if x.win.name != "" {
			p.s(catalog.QuoteIdent(x.win.name))
		} else {
			p.window(x.win)
		}
	case *subLink:
		p.subLink(x)
	}
}

func (p *deparser) functionName(schema, name string) {
	if schema != "" && schema != "pg_catalog" {
		p.s(catalog.QuoteIdent(schema), ".")
	}
	p.s(catalog.QuoteIdent(name), "(")
}

func (p *deparser) arguments(args []expr, star bool) {
	if star {
		p.s("*")
	}
	p.list(args, true)
}

func (p *deparser) filter(x expr) {
	if x != nil {
		p.s(" FILTER (WHERE ")
		p.expr(x, false)
		p.s(")")
	}
}

func (p *deparser) aggregate(x *aggExpr) {
	p.functionName(x.fn.Schema, x.fn.Name)
	if x.distinct {
		p.s("DISTINCT ")
	}
	if x.direct != nil {
		p.list(x.direct, true)
		p.s(") WITHIN GROUP (ORDER BY ")
		p.orderKeys(x.order, false)
	} else {
		p.arguments(x.args, x.star)
		if keys := aggregateKeys(x); len(keys) > 0 {
			p.s(" ORDER BY ")
			p.orderKeys(keys, false)
		}
	}
	p.s(")")
	p.filter(x.filter)
}

// aggregateKeys are the keys of ORDER BY as they were written, arguments as they
// are passed.
func aggregateKeys(x *aggExpr) []sortKey {
	if !x.distinct {
		return x.order
	}
	var keys []sortKey
	for _, k := range x.order {
		if k.x == x.args[0] {
			continue // that of DISTINCT itself
		}
		for _, arg := range x.args {
			if equalExpr(withoutRelabel(arg), k.x) {
				k.x = arg
			}
		}
		keys = append(keys, k)
	}
	return keys
}

// window is get_rule_windowspec.
func (p *deparser) window(w *window) {
	p.s("(")
	space := ""
	if len(w.partition) > 0 {
		p.s("PARTITION BY ")
		p.sortExprs(w.partition)
		space = " "
	}
	if len(w.order) > 0 {
		p.s(space, "ORDER BY ")
		p.orderKeys(w.order, false)
		space = " "
	}
	if f := w.frame; f != nil {
		p.s(space, map[ast.FrameMode]string{ast.FrameRange: "RANGE ", ast.FrameRows: "ROWS ", ast.FrameGroups: "GROUPS "}[f.Mode])
		if f.Between {
			p.s("BETWEEN ")
		}
		p.bound(f.Start.Kind, w.start)
		if f.Between {
			p.s(" AND ")
			p.bound(f.End.Kind, w.end)
		}
		p.s([...]string{"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"}[f.Exclude])
	}
	p.s(")")
}

func (p *deparser) bound(kind ast.BoundKind, offset expr) {
	if offset != nil {
		p.count(offset)
		p.s(" ")
	}
	switch kind {
	case ast.UnboundedPreceding:
		p.s("UNBOUNDED PRECEDING")
	case ast.UnboundedFollowing:
		p.s("UNBOUNDED FOLLOWING")
	case ast.CurrentRow:
		p.s("CURRENT ROW")
	case ast.OffsetPreceding:
		p.s("PRECEDING")
	case ast.OffsetFollowing:
		p.s("FOLLOWING")
	}
}

// subLink is get_sublink_expr.
func (p *deparser) subLink(x *subLink) {
	if x.not {
		p.open()
		p.s("NOT ")
	}
	if x.kind == ast.ArraySubLink {
		p.s("ARRAY(")
	} else {
		p.s("(")
	}
	switch len(x.tests) {
	case 0:
	case 1:
		p.expr(x.tests[0], true)
	default:
		p.s("(")
		p.list(x.tests, true)
		p.s(")")
	}
	inner := true
	switch x.kind {
	case ast.ExistsSubLink:
		p.s("EXISTS ")
	case ast.AnySubLink:
		if x.opNam == "=" {
			p.s(" IN ")
		} else {
			p.s(" ", x.opNam, " ANY ")
		}
	case ast.AllSubLink:
		p.s(" ", x.opNam, " ALL ")
	default:
		inner = false
	}
	if inner {
		p.s("(")
	}
	p.nested(x.query, false)
	if inner {
		p.s(")")
	}
	p.s(")")
	if x.not {
		p.close()
	}
}
