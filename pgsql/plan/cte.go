package plan

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// with analyzes the WITH clause of a query; its names are visible in the query
// and, in order, in each other.
func (a *analyzer) with(s *scope, q *query, w *ast.WithClause) {
	q.recurse = w.Recursive
	for i, c := range w.CTEs {
		for _, other := range w.CTEs[:i] {
			if other.Name == c.Name {
				a.failf(c.Pos(), pgerr.DuplicateAlias, "WITH query name \"%s\" specified more than once", c.Name)
			}
		}
		sel, ok := c.Query.(*ast.SelectStmt)
		if !ok {
			a.fail(c.Pos(), pgerr.Unsupported("data-modifying statements in WITH are not supported"))
		}
		if c.Search != nil || c.Cycle != nil {
			a.fail(c.Pos(), pgerr.Unsupported("SEARCH and CYCLE clauses are not supported"))
		}
		a.ctes++
		x := &cte{name: c.Name, id: a.ctes, materialize: c.Materialize}
		if w.Recursive && sel.Op == ast.Union {
			a.recursiveCTE(s, x, c, sel)
		} else {
			if w.Recursive {
				a.recursive = append(a.recursive, c)
			}
			x.query = a.subquery(s, sel, nil)
			if w.Recursive {
				a.recursive = a.recursive[:len(a.recursive)-1]
			}
			a.cteColumns(x, c, x.query)
		}
		s.ctes = append(s.ctes, x)
		q.ctes = append(q.ctes, x)
	}
}

// cteColumns names the columns of a common table expression after its query.
func (a *analyzer) cteColumns(x *cte, c *ast.CommonTableExpr, q *query) {
	for _, t := range q.visible() {
		col := rteCol{name: t.name, oid: t.x.typ(), typmod: t.x.mod()}
		if v, ok := t.x.(*varExpr); ok {
			col.rel, col.num = v.rte.cols[v.col].rel, v.rte.cols[v.col].num
		}
		x.cols = append(x.cols, col)
	}
	if len(c.Columns) > len(x.cols) {
		a.failf(c.Pos(), pgerr.InvalidColumnReference, "WITH query \"%s\" has %d columns available but %d columns specified", c.Name, len(x.cols), len(c.Columns))
	}
	for i, n := range c.Columns {
		x.cols[i].name = n
	}
}

// recursiveCTE analyzes non-recursive-term UNION [ALL] recursive-term: the
// first gives the columns, which the second may read.
func (a *analyzer) recursiveCTE(s *scope, x *cte, c *ast.CommonTableExpr, sel *ast.SelectStmt) {
	sub := &scope{parent: s}
	sub.onLeft = func(left *query) {
		for i := range left.targets {
			left.targets[i].x = a.resolveUnknown(left.targets[i].x)
		}
		a.cteColumns(x, c, left)
		x.working = true
		sub.ctes = append(sub.ctes, x)
	}
	x.query = a.query(sub, sel)
	x.working = false
	if x.recursive = x.refs > 0; !x.recursive {
		x.cols = nil
		a.cteColumns(x, c, x.query)
		return
	}
	a.checkRecursiveRefs(x, c)
	x.refs = 0
	a.checkRecursiveForm(sel)
	a.checkRecursiveTypes(x, c)
}

// checkRecursiveRefs raises 42P19 unless the recursive term reads the query once,
// in its own FROM clause and not within an outer join.
func (a *analyzer) checkRecursiveRefs(x *cte, c *ast.CommonTableExpr) {
	term := x.query.right
	message := ""
	switch {
	case x.refs > 1:
		message = "must not appear more than once"
	case term.op != ast.SetOpNone || len(term.ctes) > 0:
		a.fail(c.Pos(), pgerr.Unsupported("this form of recursive query is not supported"))
	case x.refScope != term.scope:
		message = "must not appear within a subquery"
	case term.hasAgg:
		a.failf(-1, pgerr.InvalidRecursion, "aggregate functions are not allowed in a recursive query's recursive term")
	}
	for _, item := range term.from {
		if outerJoined(item, x, false) {
			message = "must not appear within an outer join"
		}
	}
	if message != "" {
		a.failf(-1, pgerr.InvalidRecursion, "recursive reference to query \"%s\" %s", c.Name, message)
	}
}

// outerJoined tells whether the reference to x is on the nullable side of a join.
func outerJoined(item fromItem, x *cte, nullable bool) bool {
	switch f := item.(type) {
	case *fromRTE:
		return nullable && f.rte.cte == x
	case *fromJoin:
		left := f.kind == ast.JoinRight || f.kind == ast.JoinFull
		right := f.kind == ast.JoinLeft || f.kind == ast.JoinFull
		return outerJoined(f.left, x, nullable || left) || outerJoined(f.right, x, nullable || right)
	}
	return false
}

// checkRecursiveForm raises 0A000 for clauses that a recursive query cannot have.
func (a *analyzer) checkRecursiveForm(sel *ast.SelectStmt) {
	clause, pos := "", -1
	switch {
	case len(sel.OrderBy) > 0:
		clause, pos = "ORDER BY", sel.OrderBy[0].Pos()
	case sel.Offset != nil:
		clause, pos = "OFFSET", sel.Offset.Pos()
	case sel.Limit != nil:
		clause, pos = "LIMIT", sel.Limit.Pos()
	default:
		return
	}
	a.failf(pos, pgerr.FeatureNotSupported, "%s in a recursive query is not implemented", clause)
}

// checkRecursiveTypes raises 42804 where the recursive term widened a column.
func (a *analyzer) checkRecursiveTypes(x *cte, c *ast.CommonTableExpr) {
	for i, t := range x.query.visible() {
		if t.x.typ() != x.cols[i].oid {
			a.fail(x.query.left.visible()[i].x.position(), pgerr.New(pgerr.DatatypeMismatch,
				"recursive query \"%s\" column %d has type %s in non-recursive term but type %s overall",
				c.Name, i+1, types.FormatType(x.cols[i].oid, x.cols[i].typmod), types.FormatType(t.x.typ(), t.x.mod())).
				WithHint("Cast the output of the non-recursive term to the correct type."))
		}
	}
}

// cteRTE makes the entry of a reference to a common table expression.
func (a *analyzer) cteRTE(s *scope, c *cte, rv *ast.RangeVar) *rte {
	r := a.newRTE(s, rteCTE)
	r.cte = c
	c.refs++
	c.refScope = s
	r.alias = c.name
	r.cols = append([]rteCol{}, c.cols...)
	for i := range r.cols {
		r.cols[i].physical = ""
	}
	a.applyAlias(r, rv.Alias)
	return r
}
