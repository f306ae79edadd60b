package plan

// A select list may have effects: nextval() draws, pg_notify() sends. With ORDER
// BY PostgreSQL computes such columns after the sort, and so in its order and
// for the rows within LIMIT only (make_sort_input_target in planner.c). SQLite
// computes all columns before the sort, so they stand in a query around the one
// that sorts:
//
//	SELECT nextval(s), m2 FROM (SELECT NULL AS m1, … AS m2, … ORDER BY … LIMIT …)
//
// SQLite keeps the two apart: restriction 5 of its query flattener.

// isEffect tells whether x is a call of a function that has an effect.
func isEffect(x expr) bool {
	f, ok := x.(*funcExpr)
	return ok && (f.fn.Name == "nextval" || f.fn.Name == "setval" || f.fn.Name == "pg_notify")
}

// hasEffect tells whether an effect is in x.
func hasEffect(x expr) bool {
	found := false
	walk(x, func(y expr) bool {
		found = found || isEffect(y)
		return !found
	})
	return found
}

// queryHasEffect tells whether an effect is anywhere in q.
func queryHasEffect(q *query) bool {
	found := false
	walkQuery(q, func(x expr) bool {
		found = found || isEffect(x)
		return !found
	})
	return found
}

// effectsAfterSort tells whether some columns of q must be computed after its
// rows are sorted.
func (e *emitter) effectsAfterSort(q *query) bool {
	if len(q.order) == 0 || q.distinct || q.srf != nil || e.collated {
		return false
	}
	for i := range q.targets {
		if q.postponed(i) {
			return true
		}
	}
	return false
}

// postponed tells whether target i is computed after the sort.
func (q *query) postponed(i int) bool {
	for k := range q.order {
		if q.order[k].target == i {
			return false
		}
	}
	return !q.targets[i].junk && hasEffect(q.targets[i].x)
}

// sorted writes q with a query around it that computes what has effects.
func (e *emitter) sorted(q *query, m mode) {
	within := *q
	within.targets = append([]target(nil), q.targets...)
	var read []expr // by the postponed columns, as o1, o2, …
	n := 0
	e.s("SELECT ")
	for i := range within.targets {
		t := &within.targets[i]
		if t.junk {
			continue
		}
		if n++; n > 1 {
			e.s(", ")
		}
		if q.postponed(i) {
			e.expr(rewrite(t.x, func(x expr) expr { return fromWithin(x, &read) }))
			t.x = &constExpr{base: base{t.x.typ(), t.x.mod(), -1}}
		} else {
			e.s("m")
			e.int(n)
		}
		if m == inner {
			e.s(" AS m")
			e.int(n)
		}
	}
	e.s(" FROM (")
	var more func()
	if len(read) > 0 {
		more = func() { e.named(read) }
	}
	e.selectBody(&within, inner, more)
	e.orderBy(&within)
	e.limits(&within)
	e.s(")")
}

// fromWithin returns the column that stands for x in the query around, or nil
// where x is made there.
func fromWithin(x expr, read *[]expr) expr {
	switch x.(type) {
	case *varExpr, *aggExpr, *windowExpr, *subLink, *rawExpr:
	default:
		return nil
	}
	*read = append(*read, x)
	n := len(*read)
	return &rawExpr{base: base{x.typ(), x.mod(), x.position()}, write: func(e *emitter, _ []expr) {
		e.s("o")
		e.int(n)
	}}
}

// named writes columns o1, o2, ….
func (e *emitter) named(columns []expr) {
	for i, x := range columns {
		if i > 0 {
			e.s(", ")
		}
		e.expr(x)
		e.s(" AS o")
		e.int(i + 1)
	}
}
