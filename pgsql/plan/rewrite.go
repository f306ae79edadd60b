package plan

// rewrite returns a copy of x in which every node that f answers for is replaced
// by its answer. Sub-queries are not entered: f sees the SubLink itself.
func rewrite(x expr, f func(expr) expr) expr {
	if x == nil {
		return nil
	}
	if y := f(x); y != nil {
		return y
	}
	all := func(xs []expr) []expr {
		out := make([]expr, len(xs))
		for i := range xs {
			out[i] = rewrite(xs[i], f)
		}
		return out
	}
	switch e := x.(type) {
	case *funcExpr:
		c := *e
		c.args = all(e.args)
		return &c
	case *opExpr:
		c := *e
		c.args = all(e.args)
		return &c
	case *castExpr:
		c := *e
		c.x = rewrite(e.x, f)
		return &c
	case *boolExpr:
		c := *e
		c.args = all(e.args)
		return &c
	case *listExpr:
		c := *e
		c.args = all(e.args)
		return &c
	case *nullTest:
		c := *e
		c.x = rewrite(e.x, f)
		return &c
	case *boolTest:
		c := *e
		c.x = rewrite(e.x, f)
		return &c
	case *distinctExpr:
		c := *e
		c.left, c.right = rewrite(e.left, f), rewrite(e.right, f)
		return &c
	case *nullIfExpr:
		c := *e
		c.left, c.right, c.result = rewrite(e.left, f), rewrite(e.right, f), rewrite(e.result, f)
		return &c
	case *caseExpr:
		return rewriteCase(e, f)
	}
	return rewriteMany(x, f, all)
}

// rewriteMany is rewrite for the nodes over arrays and rows.
func rewriteMany(x expr, f func(expr) expr, all func([]expr) []expr) expr {
	switch e := x.(type) {
	case *arrayOpExpr:
		c := *e
		c.left, c.array, c.list = rewrite(e.left, f), rewrite(e.array, f), all(e.list)
		return &c
	case *rawExpr:
		c := *e
		c.args = all(e.args)
		return &c
	case *arrayExpr:
		c := *e
		c.elems = all(e.elems)
		return &c
	case *rowExpr:
		c := *e
		c.args = all(e.args)
		return &c
	case *rowCompare:
		c := *e
		c.left, c.right = all(e.left), all(e.right)
		return &c
	case *subscriptExpr:
		c := *e
		c.x, c.lower, c.upper = rewrite(e.x, f), all(e.lower), all(e.upper)
		return &c
	}
	return x
}

func rewriteCase(e *caseExpr, f func(expr) expr) expr {
	c := *e
	c.arg = rewrite(e.arg, f)
	inner := func(x expr) expr {
		if t, ok := x.(*caseTestExpr); ok && t.of == e {
			n := *t
			n.of = &c
			return &n
		}
		return f(x)
	}
	c.whens = make([]caseWhen, len(e.whens))
	for i, w := range e.whens {
		c.whens[i] = caseWhen{rewrite(w.when, inner), rewrite(w.then, inner)}
	}
	c.els = rewrite(e.els, inner)
	return &c
}
