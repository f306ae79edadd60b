package plan

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// setOperation analyzes UNION, INTERSECT and EXCEPT.
func (a *analyzer) setOperation(s *scope, q *query, sel *ast.SelectStmt) {
	q.op, q.all = sel.Op, sel.All
	q.left = a.setOperand(s, sel.Left)
	if s.onLeft != nil {
		s.onLeft(q.left)
	}
	q.right = a.setOperand(s, sel.Right)
	name := [...]string{"", "UNION", "INTERSECT", "EXCEPT"}[sel.Op]
	a.matchColumns(q, name, sel.Right.Pos())
	r := a.newRTE(s, rteSubquery)
	for i := range q.targets {
		t := &q.targets[i]
		r.cols = append(r.cols, rteCol{name: t.name, oid: t.x.typ(), typmod: t.x.mod()})
		t.x = newVar(r, i, -1)
	}
	q.out = r
	s.items = []nsItem{{rte: r, hasCols: true}}
	n := len(q.targets)
	a.orderBy(s, q, sel.OrderBy)
	if len(q.targets) > n {
		a.fail(q.targets[n].x.position(), pgerr.New(pgerr.FeatureNotSupported, "invalid %s ORDER BY clause", "UNION/INTERSECT/EXCEPT").
			WithDetail("Only result column names can be used, not expressions or functions.").
			WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause."))
	}
	a.limits(s, q, sel)
	if q.withTies {
		a.fail(-1, pgerr.Unsupported("WITH TIES over a set operation is not supported"))
	}
	s.items = nil
}

// setOperand analyzes one side; its own WITH is its own. Unknown literals wait
// for the common type.
func (a *analyzer) setOperand(s *scope, sel *ast.SelectStmt) *query {
	return a.query(&scope{parent: s, keepUnknown: true}, sel)
}

// matchColumns gives both sides the common types of their columns.
func (a *analyzer) matchColumns(q *query, name string, pos int) {
	left, right := q.left.visible(), q.right.visible()
	if len(left) != len(right) {
		if len(right) > 0 {
			pos = right[0].x.position()
		}
		a.failf(pos, pgerr.SyntaxError, "each %s query must have the same number of columns", name)
	}
	for i := range left {
		pair := []expr{left[i].x, right[i].x}
		oid := a.commonType(pair, name)
		mod := commonTypmod(pair, oid)
		a.recast(q.left, i, oid, name)
		a.recast(q.right, i, oid, name)
		if q.op != ast.Union || !q.all {
			a.comparable(&constExpr{base: base{oid, -1, pair[0].position()}})
		}
		q.targets = append(q.targets, target{x: &constExpr{base: base{oid, mod, -1}}, name: left[i].name})
	}
}

// recast makes column i of a query of type oid.
func (a *analyzer) recast(q *query, i int, oid types.OID, name string) {
	t := q.visible()[i]
	if t.x.typ() == oid {
		return
	}
	switch {
	case q.op != ast.SetOpNone:
		q.recast = true
		t.x = a.coerceCommon(t.x, oid, name)
	case q.values != nil:
		for _, row := range q.values {
			row[i] = a.coerceCommon(row[i], oid, name)
		}
		v := t.x.(*varExpr)
		v.rte.cols[v.col].oid = oid
		v.oid = oid
	default:
		t.x = a.coerceCommon(t.x, oid, name)
		for k := range q.order {
			if q.order[k].target == i {
				q.order[k].x = t.x
			}
		}
	}
}
