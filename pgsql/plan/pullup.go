package plan

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// A LATERAL sub-query that only joins, filters and computes is merged into the
// query around it (PostgreSQL's pull_up_subqueries): its tables become tables of
// the outer FROM, its condition part of the join's, its columns expressions.

// pulledUp is a LATERAL sub-query on its way into the query around it: the
// condition has yet to find its place.
type pulledUp struct {
	item fromItem
	cond expr
}

func (*pulledUp) fromItem() {}

// pullUp merges the sub-query of r into the scope s, or answers ok = false.
func pullUp(s *scope, r *rte) (p *pulledUp, it nsItem, ok bool) {
	q := r.query
	if !simpleQuery(q) || fromReads(q, s) {
		return nil, nsItem{}, false
	}
	item := q.from[0]
	for _, next := range q.from[1:] {
		item = &fromJoin{kind: ast.JoinInner, left: item, right: next}
	}
	adopt(item, s)
	it = nsItem{name: r.alias, hasCols: true, hasRel: true}
	targets := q.visible()
	for i := range targets {
		it.cols = append(it.cols, nsCol{r.cols[i].name, targets[i].x})
	}
	return &pulledUp{item, q.where}, it, true
}

// fromReads tells whether the FROM clause itself of q reads columns of the scope.
func fromReads(q *query, s *scope) bool {
	found := false
	for _, item := range q.from {
		walkFrom(item, func(x expr) bool {
			if v, ok := x.(*varExpr); ok && v.rte.owner == s {
				found = true
			}
			return !found
		})
	}
	return found
}

// simpleQuery tells whether a query is FROM, WHERE and a select list only.
func simpleQuery(q *query) bool {
	if q.op != ast.SetOpNone || q.values != nil || len(q.from) == 0 || q.srf != nil || len(q.ctes) > 0 {
		return false
	}
	if q.grouping || q.hasWindow || q.distinct || len(q.on) > 0 || len(q.order) > 0 || q.limit != nil || q.offset != nil {
		return false
	}
	for _, t := range q.targets {
		if isVolatile(t.x) {
			return false
		}
	}
	return q.where == nil || !isVolatile(q.where)
}

// adopt gives the tables of a join tree to another scope.
func adopt(item fromItem, s *scope) {
	switch f := item.(type) {
	case *fromRTE:
		f.rte.owner = s
	case *fromJoin:
		adopt(f.left, s)
		adopt(f.right, s)
	}
}

// onlyColumns tells whether all columns of the item are those of one table: on
// the nullable side of an outer join they must become NULL with it.
func onlyColumns(it *nsItem, leaf *fromRTE) bool {
	for _, c := range it.cols {
		if v, ok := c.x.(*varExpr); !ok || v.rte != leaf.rte {
			return false
		}
	}
	return true
}

// joinPulledUp puts the condition of a merged sub-query, the right side of a
// join, into that of the join.
func (a *analyzer) joinPulledUp(j *fromJoin, p *pulledUp, names []nsItem) {
	leaf, single := p.item.(*fromRTE)
	switch j.kind {
	case ast.JoinInner, ast.JoinCross:
		j.kind = ast.JoinInner
	case ast.JoinLeft:
		if !single || !onlyColumns(&names[len(names)-1], leaf) {
			a.fail(-1, pgerr.Unsupported("LEFT JOIN of this LATERAL sub-query is not supported"))
		}
	default:
		a.failf(-1, pgerr.InvalidColumnReference, "invalid reference to FROM-clause entry")
	}
	j.right = p.item
	j.on = and(j.on, p.cond)
}

// and joins two conditions, either of which may be nil.
func and(x, y expr) expr {
	switch {
	case x == nil:
		return y
	case y == nil:
		return x
	}
	return &boolExpr{base: boolBase(x.position()), kind: boolAnd, args: []expr{x, y}}
}
