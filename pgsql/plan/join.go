package plan

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// join analyzes a JOIN.
func (a *analyzer) join(s *scope, t *ast.JoinExpr) (fromItem, []nsItem) {
	left, lnames := a.tableExpr(s, t.Left)
	// The right side may be LATERAL over the left one.
	n := len(s.items)
	s.items = append(s.items[:n:n], lnames...)
	right, rnames := a.tableExpr(s, t.Right)
	s.items = s.items[:n]
	for i := range rnames {
		if rnames[i].hasRel {
			a.checkAlias(lnames, &rnames[i], t.Pos())
		}
	}
	j := &fromJoin{kind: t.Type, left: left, right: right}
	if p, ok := left.(*pulledUp); ok {
		// The condition waits for that of this join, or of WHERE.
		if t.Type != ast.JoinInner && t.Type != ast.JoinCross {
			a.fail(-1, pgerr.Unsupported("an outer join of a LATERAL sub-query is not supported"))
		}
		j.left = p.item
		defer func() { j.on = and(j.on, p.cond) }()
	}
	if p, ok := right.(*pulledUp); ok {
		j.right = p.item
		defer func() { a.joinPulledUp(j, p, rnames) }()
	}
	using := t.Using
	if t.Natural {
		using = commonNames(lnames, rnames)
		if len(using) == 0 {
			return a.finishJoin(j, t, append(lnames, rnames...))
		}
	}
	if len(using) > 0 {
		j.using = using
		merged := a.joinUsing(j, using, lnames, rnames, t)
		return a.finishJoin(j, t, merged)
	}
	names := append(lnames[:len(lnames):len(lnames)], rnames...)
	if t.On != nil {
		items, from := s.items, s.from
		s.items, s.from = names, false
		j.on = a.coerceBool(a.exprIn(s, t.On, inJoinOn), "JOIN/ON")
		s.items, s.from = items, from
	}
	return a.finishJoin(j, t, names)
}

// finishJoin gives the join its alias, which hides the names within.
func (a *analyzer) finishJoin(j *fromJoin, t *ast.JoinExpr, names []nsItem) (fromItem, []nsItem) {
	if t.Alias == nil {
		return j, names
	}
	j.aliased = true
	it := nsItem{name: t.Alias.Name, hasCols: true, hasRel: true}
	for i := range names {
		if !names[i].hasCols {
			continue
		}
		for c, n := 0, names[i].count(); c < n; c++ {
			it.cols = append(it.cols, nsCol{names[i].colName(c), names[i].column(c, -1)})
		}
	}
	if len(t.Alias.Columns) > len(it.cols) {
		a.failf(-1, pgerr.InvalidColumnReference, "join expression \"%s\" has %d columns available but %d columns specified",
			t.Alias.Name, len(it.cols), len(t.Alias.Columns))
	}
	for i, n := range t.Alias.Columns {
		it.cols[i].name = n
	}
	return j, []nsItem{it}
}

// commonNames lists the columns that both sides of a NATURAL join have.
func commonNames(left, right []nsItem) []string {
	var out []string
	for i := range left {
		if !left[i].hasCols {
			continue
		}
		for c, n := 0, left[i].count(); c < n; c++ {
			name := left[i].colName(c)
			for r := range right {
				if right[r].hasCols && right[r].find(name) != -1 {
					out = append(out, name)
					break
				}
			}
		}
	}
	return out
}

// joinUsing builds the condition and the merged columns of USING.
func (a *analyzer) joinUsing(j *fromJoin, using []string, left, right []nsItem, t *ast.JoinExpr) []nsItem {
	merged := nsItem{hasCols: true}
	conds := &boolExpr{base: boolBase(t.Pos()), kind: boolAnd}
	for i, name := range using {
		for _, other := range using[:i] {
			if other == name {
				a.failf(-1, pgerr.DuplicateColumn, "column name \"%s\" appears more than once in USING clause", name)
			}
		}
		l := a.usingColumn(left, name, "left")
		r := a.usingColumn(right, name, "right")
		conds.args = append(conds.args, a.makeOp(ast.Operator{Name: "="}, l, r, t.Pos()))
		merged.cols = append(merged.cols, nsCol{name, a.mergedColumn(t.Type, l, r)})
	}
	j.on = conds
	if len(conds.args) == 1 {
		j.on = conds.args[0]
	}
	merged = appendUnmerged(merged, left, using)
	merged = appendUnmerged(merged, right, using)
	out := []nsItem{merged}
	for _, items := range [][]nsItem{left, right} {
		for _, it := range items {
			it.hasCols = false
			if it.hasRel {
				out = append(out, it)
			}
		}
	}
	if t.UsingAlias != nil {
		a.checkAlias(out, &nsItem{name: t.UsingAlias.Name, hasRel: true}, -1)
		out = append(out, nsItem{name: t.UsingAlias.Name, hasRel: true, cols: merged.cols[:len(using):len(using)]})
	}
	return out
}

func (a *analyzer) usingColumn(items []nsItem, name, side string) expr {
	var found expr
	for i := range items {
		if !items[i].hasCols {
			continue
		}
		n := items[i].find(name)
		if n == -2 || n >= 0 && found != nil {
			a.failf(-1, pgerr.AmbiguousColumn, "common column name \"%s\" appears more than once in %s table", name, side)
		}
		if n >= 0 {
			found = items[i].column(n, -1)
		}
	}
	if found == nil {
		a.failf(-1, pgerr.UndefinedColumn, "column \"%s\" specified in USING clause does not exist in %s table", name, side)
	}
	return found
}

// mergedColumn is the value of a USING column by the kind of join.
func (a *analyzer) mergedColumn(kind ast.JoinType, l, r expr) expr {
	oid := a.commonType([]expr{l, r}, "JOIN/USING")
	lc, rc := a.coerceCommon(l, oid, "JOIN/USING"), a.coerceCommon(r, oid, "JOIN/USING")
	switch kind {
	case ast.JoinRight:
		return rc
	case ast.JoinFull:
		return &listExpr{base: base{oid, commonTypmod([]expr{lc, rc}, oid), -1}, kind: listCoalesce, args: []expr{lc, rc}}
	}
	return lc
}

func appendUnmerged(merged nsItem, items []nsItem, using []string) nsItem {
	for i := range items {
		if !items[i].hasCols {
			continue
		}
	columns:
		for c, n := 0, items[i].count(); c < n; c++ {
			name := items[i].colName(c)
			for _, u := range using {
				if u == name {
					continue columns
				}
			}
			merged.cols = append(merged.cols, nsCol{name, items[i].column(c, -1)})
		}
	}
	return merged
}
