package plan

import (
	"polyreme/pgsql/parse/ast"
)

// delete plans DELETE.
func (a *analyzer) delete(s *ast.DeleteStmt) *Statement {
	rel := a.targetRelation(s.Rel, "delete from")
	sc, r, q := a.writeScope(s.With, s.Rel, rel)
	st := &Statement{Kind: Write, Tag: "DELETE", TagCount: true, Target: rel.OID, target: rel}
	sc.items = a.writeFrom(sc, r, q, s.Using)
	var where expr
	if s.Where != nil {
		where = a.coerceBool(a.exprIn(sc, s.Where, inWhere), "WHERE")
	}
	where = and(where, q.pulled)
	ret := a.returning(sc, st, s.Returning)
	a.paramTypes()
	if returnsOthers(r, ret) {
		st.Ops = []Op{a.returningFirst(r, q, nil, where, ret)}
		ret = nil
	}
	e := newEmitter(a)
	e.with(q)
	e.delete(r, q, where)
	e.writeReturning(r, ret)
	st.Ops = append(st.Ops, Op{SQL: e.text(), Counts: true, Returns: len(ret) > 0})
	st.Bounded = len(q.from) == 0 && uniqueMatch(r, where)
	return st
}

// delete writes DELETE; USING becomes a query of the row ids.
func (e *emitter) delete(r *rte, q *query, where expr) {
	e.s("DELETE FROM ")
	e.name(r.rel.Physical)
	if len(q.from) == 0 {
		e.s(" AS r")
		e.int(r.id)
		if where != nil {
			e.s(" WHERE ")
			e.conjunction(where)
		}
		return
	}
	e.s(" AS u WHERE u.")
	e.name(r.rel.RowID)
	e.s(" IN (SELECT r")
	e.int(r.id)
	e.s(".")
	e.name(r.rel.RowID)
	e.selfFrom(r, q, where)
	e.s(")")
}
