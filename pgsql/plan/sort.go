package plan

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// orderBy analyzes ORDER BY of a query whose targets are known. Keys that are
// not in the select list become junk targets.
func (a *analyzer) orderBy(s *scope, q *query, list []ast.SortBy) {
	for _, sb := range list {
		i := a.sortTarget(s, q, sb.X, "ORDER BY", inOrderBy, true)
		q.targets[i].x = a.resolveUnknown(q.targets[i].x)
		k := a.sortKey(sb, q.targets[i].x)
		k.target = i
		duplicate := false
		for _, other := range q.order {
			duplicate = duplicate || other.target == i
		}
		if !duplicate {
			q.order = append(q.order, k)
		}
	}
}

// sortTarget finds the target that an ORDER BY, GROUP BY or DISTINCT ON item
// means, by SQL92's rules: an output name, an output number, else an expression
// (findTargetlistEntrySQL92). names tells that output names come before input
// columns.
func (a *analyzer) sortTarget(s *scope, q *query, e ast.Expr, clauseName string, c clause, names bool) int {
	switch e := e.(type) {
	case *ast.ColumnRef:
		if len(e.Names) == 1 && !e.Star {
			if i := a.outputNamed(s, q, e, clauseName, names); i >= 0 {
				return i
			}
		}
	case *ast.Const:
		if e.Kind != ast.ConstInt4 {
			a.failf(e.Pos(), pgerr.SyntaxError, "non-integer constant in %s", clauseName)
		}
		n := 0
		for i := range q.targets {
			if q.targets[i].junk {
				continue
			}
			if n++; int64(n) == e.Int {
				return i
			}
		}
		a.failf(e.Pos(), pgerr.InvalidColumnReference, "%s position %d is not in select list", clauseName, e.Int)
	}
	x := a.exprIn(s, e, c)
	return q.findTarget(x)
}

// outputNamed looks for an output column by name; -1 where there is none.
func (a *analyzer) outputNamed(s *scope, q *query, ref *ast.ColumnRef, clauseName string, first bool) int {
	name := ref.Names[0]
	if !first {
		// GROUP BY: an input column of the name comes first.
		if a.findColumn(s, name, ref.Pos()) != nil {
			return -1
		}
	}
	found := -1
	for i := range q.targets {
		t := &q.targets[i]
		if t.junk || t.name != name {
			continue
		}
		if found >= 0 && !equalExpr(q.targets[found].x, t.x) {
			a.failf(ref.Pos(), pgerr.AmbiguousColumn, "%s \"%s\" is ambiguous", clauseName, name)
		}
		if found < 0 {
			found = i
		}
	}
	return found
}

// findTarget returns the index of the target equal to x, after adding it as a
// junk one where there is none.
func (q *query) findTarget(x expr) int {
	for i := range q.targets {
		if equalExpr(q.targets[i].x, x) {
			return i
		}
	}
	q.targets = append(q.targets, target{x: x, junk: true})
	return len(q.targets) - 1
}

// distinctClause analyzes DISTINCT and DISTINCT ON.
func (a *analyzer) distinctClause(s *scope, q *query, sel *ast.SelectStmt) {
	if !sel.Distinct {
		return
	}
	if len(sel.DistinctOn) > 0 {
		a.distinctOn(s, q, sel)
		return
	}
	q.distinct = true
	for _, k := range q.order {
		if q.targets[k.target].junk {
			a.failf(k.x.position(), pgerr.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
		}
	}
	for i := range q.targets {
		if !q.targets[i].junk {
			q.targets[i].x = a.resolveUnknown(q.targets[i].x)
			a.comparable(q.targets[i].x)
		}
	}
}

func (a *analyzer) distinctOn(s *scope, q *query, sel *ast.SelectStmt) {
	var on []int
	for _, e := range sel.DistinctOn {
		i := a.sortTarget(s, q, e, "DISTINCT ON", inDistinctOn, true)
		q.targets[i].x = a.resolveUnknown(q.targets[i].x)
		on = append(on, i)
		q.on = append(q.on, q.targets[i].x)
	}
	// The leading ORDER BY keys must be those of DISTINCT ON.
	matched := 0
	for _, k := range q.order {
		in := false
		for _, i := range on {
			in = in || i == k.target
		}
		if in {
			matched++
			continue
		}
		if matched < countDistinct(on) {
			a.failf(k.x.position(), pgerr.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions")
		}
		break
	}
}

func countDistinct(xs []int) int {
	n := 0
	for i, x := range xs {
		dup := false
		for _, y := range xs[:i] {
			dup = dup || x == y
		}
		if !dup {
			n++
		}
	}
	return n
}

// groupBy analyzes GROUP BY.
func (a *analyzer) groupBy(s *scope, q *query, sel *ast.SelectStmt) {
	for _, e := range sel.GroupBy {
		if g, ok := e.(*ast.GroupingSet); ok {
			if g.Kind == ast.EmptySet && len(sel.GroupBy) == 1 {
				q.hasAgg = true
				continue
			}
			a.fail(g.Pos(), pgerr.Unsupported("grouping sets are not supported"))
		}
		if row, ok := e.(*ast.RowExpr); ok && !row.Explicit {
			for _, f := range row.Args {
				a.groupItem(s, q, f)
			}
			continue
		}
		a.groupItem(s, q, e)
	}
}

func (a *analyzer) groupItem(s *scope, q *query, e ast.Expr) {
	i := a.sortTarget(s, q, e, "GROUP BY", inGroupBy, false)
	x := a.resolveUnknown(q.targets[i].x)
	q.targets[i].x = x
	walk(x, func(y expr) bool {
		switch y := y.(type) {
		case *aggExpr:
			if y.owner == s {
				a.failf(y.pos, pgerr.GroupingError, "aggregate functions are not allowed in GROUP BY")
			}
		case *windowExpr:
			a.failf(y.pos, pgerr.WindowingError, "window functions are not allowed in GROUP BY")
		}
		return true
	})
	a.comparable(x)
	for _, g := range q.group {
		if equalExpr(g, x) {
			return
		}
	}
	q.group = append(q.group, x)
}

// checkGrouping raises 42803 for columns that are neither grouped nor
// aggregated (parseCheckAggregates).
func (a *analyzer) checkGrouping(s *scope, q *query) {
	g := &groupCheck{a: a, s: s, q: q}
	for i := range q.targets {
		g.check(q.targets[i].x)
	}
	if q.having != nil {
		g.check(q.having)
	}
	for _, w := range q.windows {
		for _, x := range w.partition {
			g.check(x)
		}
		for _, k := range w.order {
			g.check(k.x)
		}
	}
}

type groupCheck struct {
	a *analyzer
	s *scope
	q *query
}

func (g *groupCheck) check(x expr) {
	walk(x, func(e expr) bool {
		for _, k := range g.q.group {
			if equalExpr(e, k) {
				return false
			}
		}
		switch e := e.(type) {
		case *aggExpr:
			return e.owner != g.s
		case *varExpr:
			if e.rte.owner == g.s && !g.dependent(e) {
				g.fail(e)
			}
		}
		return true
	})
}

func (g *groupCheck) fail(v *varExpr) {
	if v.rte == g.q.srf {
		g.a.fail(v.pos, pgerr.Unsupported("set-returning functions in a select list with grouping are not supported"))
	}
	name := v.rte.alias + "." + v.rte.cols[v.col].name
	if v.rte.alias == "" {
		name = v.rte.cols[v.col].name
	}
	g.a.failf(v.pos, pgerr.GroupingError, "column \"%s\" must appear in the GROUP BY clause or be used in an aggregate function", name)
}

// dependent tells whether the column is determined by the grouped columns: all
// columns of its relation's primary key are among them.
func (g *groupCheck) dependent(v *varExpr) bool {
	if v.rte.kind != rteRelation {
		return false
	}
	pk := v.rte.rel.PrimaryKey()
	if pk == nil || pk.Deferrable {
		return false
	}
	for _, num := range pk.Columns {
		found := false
		for _, k := range g.q.group {
			if c, ok := k.(*varExpr); ok && c.rte == v.rte && c.rte.cols[c.col].num == num {
				found = true
			}
		}
		if !found {
			return false
		}
	}
	if g.a.views == 0 {
		g.a.keys = append(g.a.keys, pk.OID)
	}
	return true
}

// singleRow tells whether a query gives at most one row by its shape.
func singleRow(q *query) bool {
	if n, ok := constInt(q.limit); q.limit != nil && ok && n <= 1 && !q.withTies {
		return true
	}
	if q.hasSRF {
		return false
	}
	if len(q.group) == 0 && q.grouping {
		return true
	}
	if len(q.from) == 0 {
		return true
	}
	return boundedFrom(q)
}

// boundedFrom tells whether the query reads one relation by a unique key.
func boundedFrom(q *query) bool {
	if len(q.from) != 1 {
		return false
	}
	leaf, ok := q.from[0].(*fromRTE)
	if !ok || leaf.rte.kind != rteRelation {
		return false
	}
	return uniqueMatch(leaf.rte, q.where)
}

// uniqueMatch tells whether the condition fixes all columns of a unique key of
// the relation to values that do not come from it.
func uniqueMatch(r *rte, cond expr) bool {
	if cond == nil || r.rel == nil {
		return false
	}
	fixed := map[int16]bool{}
	collectFixed(r, cond, fixed)
	if len(fixed) == 0 {
		return false
	}
	if pk := r.rel.RowIDPrimaryKey(); pk != nil && fixed[pk.Num] {
		return true
	}
	for _, ix := range r.rel.Indexes {
		if !ix.Unique || ix.Where != "" {
			continue
		}
		all := true
		for _, c := range ix.Columns {
			all = all && c.Num != 0 && fixed[c.Num]
		}
		if all {
			return true
		}
	}
	return false
}

func collectFixed(r *rte, cond expr, fixed map[int16]bool) {
	switch c := cond.(type) {
	case *boolExpr:
		if c.kind == boolAnd {
			for _, arg := range c.args {
				collectFixed(r, arg, fixed)
			}
		}
	case *opExpr:
		if c.op.Name != "=" || len(c.args) != 2 {
			return
		}
		for i := range 2 {
			v, ok := c.args[i].(*varExpr)
			if ok && v.rte == r && !readsRTE(c.args[1-i], r) {
				fixed[r.cols[v.col].num] = true
			}
		}
	}
}

func readsRTE(x expr, r *rte) bool {
	found := false
	walk(x, func(e expr) bool {
		switch e := e.(type) {
		case *varExpr:
			found = found || e.rte == r
		case *subLink:
			found = true
		}
		return !found
	})
	return found
}
