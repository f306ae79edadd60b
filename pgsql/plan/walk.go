package plan

// walk calls visit with x and every expression below it, sub-queries included,
// until visit answers false for a branch.
func walk(x expr, visit func(expr) bool) {
	if x == nil || !visit(x) {
		return
	}
	switch e := x.(type) {
	case *funcExpr:
		walkAll(e.args, visit)
	case *opExpr:
		walkAll(e.args, visit)
	case *distinctExpr:
		walk(e.left, visit)
		walk(e.right, visit)
	case *nullIfExpr:
		walk(e.left, visit)
		walk(e.right, visit)
	case *arrayOpExpr:
		walk(e.left, visit)
		walk(e.array, visit)
		walkAll(e.list, visit)
	case *boolExpr:
		walkAll(e.args, visit)
	case *caseExpr:
		walk(e.arg, visit)
		for _, w := range e.whens {
			walk(w.when, visit)
			walk(w.then, visit)
		}
		walk(e.els, visit)
	case *listExpr:
		walkAll(e.args, visit)
	case *nullTest:
		walk(e.x, visit)
	case *boolTest:
		walk(e.x, visit)
	case *castExpr:
		walk(e.x, visit)
	case *subLink:
		walkAll(e.tests, visit)
		walkQuery(e.query, visit)
	case *rawExpr:
		walkAll(e.args, visit)
	case *arrayExpr:
		walkAll(e.elems, visit)
	case *rowExpr:
		walkAll(e.args, visit)
	case *rowCompare:
		walkAll(e.left, visit)
		walkAll(e.right, visit)
	case *subscriptExpr:
		walk(e.x, visit)
		walkAll(e.lower, visit)
		walkAll(e.upper, visit)
	case *aggExpr:
		walkAll(e.direct, visit)
		walkAll(e.args, visit)
		walkKeys(e.order, visit)
		walk(e.filter, visit)
	case *windowExpr:
		walkAll(e.args, visit)
		walk(e.filter, visit)
		walkAll(e.win.partition, visit)
		walkKeys(e.win.order, visit)
	}
}

func walkAll(xs []expr, visit func(expr) bool) {
	for _, x := range xs {
		if x != nil {
			walk(x, visit)
		}
	}
}

func walkKeys(keys []sortKey, visit func(expr) bool) {
	for i := range keys {
		if keys[i].x != nil {
			walk(keys[i].x, visit)
		}
	}
}

// walkQuery walks all expressions of a query and of the queries in it.
func walkQuery(q *query, visit func(expr) bool) {
	if q == nil {
		return
	}
	for _, c := range q.ctes {
		walkQuery(c.query, visit)
	}
	walkQuery(q.left, visit)
	walkQuery(q.right, visit)
	for _, item := range q.from {
		walkFrom(item, visit)
	}
	for _, t := range q.targets {
		walk(t.x, visit)
	}
	walkOptional(q.where, visit)
	walkOptional(q.having, visit)
	walkOptional(q.limit, visit)
	walkOptional(q.offset, visit)
	walkAll(q.group, visit)
	walkAll(q.on, visit)
	walkKeys(q.order, visit)
	for _, row := range q.values {
		walkAll(row, visit)
	}
}

func walkOptional(x expr, visit func(expr) bool) {
	if x != nil {
		walk(x, visit)
	}
}

func walkFrom(item fromItem, visit func(expr) bool) {
	switch f := item.(type) {
	case *fromJoin:
		walkFrom(f.left, visit)
		walkFrom(f.right, visit)
		walkOptional(f.on, visit)
	case *fromRTE:
		walkQuery(f.rte.query, visit)
		if f.rte.fn != nil {
			walkAll(f.rte.fn.calls, visit)
		}
	}
}

// equalExpr tells whether two expressions are the same computation, as
// PostgreSQL's equal() for the purposes of GROUP BY, DISTINCT and ORDER BY.
func equalExpr(x, y expr) bool {
	if x == y {
		return true
	}
	if x == nil || y == nil || x.typ() != y.typ() {
		return false
	}
	switch x := x.(type) {
	case *varExpr:
		v, ok := y.(*varExpr)
		return ok && v.rte == x.rte && v.col == x.col
	case *constExpr:
		c, ok := y.(*constExpr)
		return ok && sameValue(x, c)
	case *paramExpr:
		p, ok := y.(*paramExpr)
		return ok && p.num == x.num
	case *funcExpr:
		f, ok := y.(*funcExpr)
		return ok && f.fn == x.fn && equalExprs(x.args, f.args)
	case *opExpr:
		o, ok := y.(*opExpr)
		return ok && o.op == x.op && equalExprs(x.args, o.args)
	case *castExpr:
		c, ok := y.(*castExpr)
		return ok && c.run == x.run && c.mod() == x.mod() && equalExpr(x.x, c.x)
	case *boolExpr:
		b, ok := y.(*boolExpr)
		return ok && b.kind == x.kind && equalExprs(x.args, b.args)
	case *listExpr:
		l, ok := y.(*listExpr)
		return ok && l.kind == x.kind && equalExprs(x.args, l.args)
	}
	return equalRare(x, y)
}

func equalRare(x, y expr) bool {
	switch x := x.(type) {
	case *caseExpr:
		c, ok := y.(*caseExpr)
		if !ok || len(c.whens) != len(x.whens) || (x.arg == nil) != (c.arg == nil) || !equalExpr(x.els, c.els) {
			return false
		}
		if x.arg != nil && !equalExpr(x.arg, c.arg) {
			return false
		}
		for i := range x.whens {
			if !equalExpr(x.whens[i].when, c.whens[i].when) || !equalExpr(x.whens[i].then, c.whens[i].then) {
				return false
			}
		}
		return true
	case *caseTestExpr:
		c, ok := y.(*caseTestExpr)
		return ok && equalExpr(x.of.arg, c.of.arg)
	case *nullTest:
		n, ok := y.(*nullTest)
		return ok && n.not == x.not && equalExpr(x.x, n.x)
	case *boolTest:
		b, ok := y.(*boolTest)
		return ok && b.not == x.not && b.kind == x.kind && equalExpr(x.x, b.x)
	case *nullIfExpr:
		n, ok := y.(*nullIfExpr)
		return ok && equalExpr(x.left, n.left) && equalExpr(x.right, n.right)
	case *distinctExpr:
		d, ok := y.(*distinctExpr)
		return ok && d.not == x.not && equalExpr(x.left, d.left) && equalExpr(x.right, d.right)
	case *arrayOpExpr:
		o, ok := y.(*arrayOpExpr)
		return ok && o.op == x.op && o.all == x.all && equalExpr(x.left, o.left) && equalOptional(x.array, o.array) && equalExprs(x.list, o.list)
	case *arrayExpr:
		l, ok := y.(*arrayExpr)
		return ok && l.nested == x.nested && equalExprs(x.elems, l.elems)
	case *rowExpr:
		r, ok := y.(*rowExpr)
		return ok && equalExprs(x.args, r.args)
	case *subscriptExpr:
		s, ok := y.(*subscriptExpr)
		return ok && s.slice == x.slice && equalExpr(x.x, s.x) && equalExprs(x.lower, s.lower) && equalExprs(x.upper, s.upper)
	case *aggExpr:
		g, ok := y.(*aggExpr)
		return ok && g.fn == x.fn && g.distinct == x.distinct && g.star == x.star && equalExprs(x.args, g.args) &&
			equalExprs(x.direct, g.direct) && equalOptional(x.filter, g.filter) && len(x.order) == 0 && len(g.order) == 0
	}
	return false
}

func equalOptional(x, y expr) bool {
	if x == nil || y == nil {
		return x == nil && y == nil
	}
	return equalExpr(x, y)
}

func equalExprs(xs, ys []expr) bool {
	if len(xs) != len(ys) {
		return false
	}
	for i := range xs {
		if !equalOptional(xs[i], ys[i]) {
			return false
		}
	}
	return true
}

func sameValue(x, y *constExpr) bool {
	if x.val.Kind != y.val.Kind || x.typmod != y.typmod {
		return false
	}
	return x.val.Int64() == y.val.Int64() && string(x.val.Bytes) == string(y.val.Bytes)
}
