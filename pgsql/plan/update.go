package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// update plans UPDATE.
func (a *analyzer) update(s *ast.UpdateStmt) *Statement {
	rel := a.targetRelation(s.Rel, "update")
	sc, r, q := a.writeScope(s.With, s.Rel, rel)
	st := &Statement{Kind: Write, Tag: "UPDATE", TagCount: true, Target: rel.OID, target: rel}
	sc.query = nil
	names := a.writeFrom(sc, r, q, s.From)
	sc.items = names
	set := a.assignments(sc, r, rel, s.Set)
	var where expr
	if s.Where != nil {
		where = a.coerceBool(a.exprIn(sc, s.Where, inWhere), "WHERE")
	}
	where = and(where, q.pulled)
	ret := a.returning(sc, st, s.Returning)
	a.paramTypes()
	if returnsOthers(r, ret) {
		st.Ops = []Op{a.returningFirst(r, q, set, where, ret)}
		ret = nil
	}
	e := newEmitter(a)
	e.with(q)
	if assignsByQuery(set) {
		e.updateFromSelf(r, q, set, where)
	} else {
		e.update(r, q, set, where)
	}
	e.writeReturning(r, ret)
	st.Ops = append(st.Ops, Op{SQL: e.text(), Counts: true, Returns: len(ret) > 0})
	st.Bounded = len(q.from) == 0 && uniqueMatch(r, where) && !assignsByQuery(set)
	return st
}

// writeFrom analyzes FROM of UPDATE or USING of DELETE beside the target.
func (a *analyzer) writeFrom(s *scope, r *rte, q *query, list []ast.TableExpr) []nsItem {
	target := itemOf(r)
	a.from(s, q, list)
	for i := range s.items {
		if s.items[i].hasRel {
			a.checkAlias([]nsItem{target}, &s.items[i], -1)
		}
	}
	return append([]nsItem{target}, s.items...)
}

// assignments analyzes SET.
func (a *analyzer) assignments(s *scope, r *rte, rel *catalog.Relation, list []ast.ResTarget) []newValue {
	var out []newValue
	saved := s.clause
	s.clause = inUpdateSet
	multi := map[ast.Expr]*multiSource{}
	for i := range list {
		t := &list[i]
		c := a.targetColumn(rel, t)
		if len(t.Indirection) > 0 {
			out = a.assignPart(s, r, t, c, a.assignedValue(s, t, multi), out)
			continue
		}
		for _, other := range out {
			if other.column == c {
				a.failf(-1, pgerr.SyntaxError, "multiple assignments to same column \"%s\"", c.Name)
			}
		}
		x := a.assignedValue(s, t, multi)
		if _, ok := x.(*defaultExpr); ok {
			if c.Generated != 0 {
				continue
			}
			out = append(out, newValue{c, a.defaultOf(c)})
			continue
		}
		a.checkUpdatable(c)
		out = append(out, newValue{c, a.assign(x, c, x.position())})
	}
	s.clause = saved
	return a.regenerate(r, rel, out)
}

// assignPart analyzes SET column[i] = value: the column's array with that element
// changed. Several of them for one column follow each other.
func (a *analyzer) assignPart(s *scope, r *rte, t *ast.ResTarget, c *catalog.Column, x expr, out []newValue) []newValue {
	a.checkUpdatable(c)
	old, at := varOf(r, c.Num), -1
	for i := range out {
		if out[i].column == c {
			old, at = out[i].x, i
		}
	}
	y := a.elementSet(s, old, t, c, x)
	if at >= 0 {
		out[at].x = y
		return out
	}
	return append(out, newValue{c, y})
}

// elementSet is old with the element that t names changed to x.
func (a *analyzer) elementSet(s *scope, old expr, t *ast.ResTarget, c *catalog.Column, x expr) expr {
	elem := types.ElemOf(c.Type)
	if c.Type == types.JSONBOID {
		a.fail(t.Pos(), pgerr.Unsupported("assignment to a part of a jsonb column is not supported: use jsonb_set"))
	}
	if elem == 0 || category(c.Type) != 'A' {
		a.failf(t.Pos(), pgerr.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", types.FormatType(c.Type, -1))
	}
	var indexes []expr
	for _, step := range t.Indirection {
		if step.Kind != ast.IndexStep {
			a.fail(t.Pos(), pgerr.Unsupported("assignment to a slice or field of a column is not supported"))
		}
		indexes = append(indexes, a.subscriptIndex(s, step.Upper))
	}
	y, ok := a.coerceTo(x, elem, c.Typmod, assignment, x.position())
	if !ok {
		a.fail(x.position(), pgerr.New(pgerr.DatatypeMismatch, "subscripted assignment to \"%s\" requires type %s but expression is of type %s",
			c.Name, types.FormatType(elem, -1), types.FormatType(x.typ(), -1)).
			WithHint("You will need to rewrite or cast the expression."))
	}
	args := append([]expr{old, y}, indexes...)
	return &rawExpr{base: base{c.Type, c.Typmod, t.Pos()}, args: args, write: func(e *emitter, args []expr) {
		e.s("array_set(")
		e.list(args)
		e.s(")")
	}}
}

func (a *analyzer) checkUpdatable(c *catalog.Column) {
	switch {
	case c.Generated != 0:
		a.fail(-1, pgerr.New(pgerr.GeneratedAlways, "column \"%s\" can only be updated to DEFAULT", c.Name).
			WithDetail("Column \"%s\" is a generated column.", c.Name))
	case c.Identity == 'a':
		a.fail(-1, pgerr.New(pgerr.GeneratedAlways, "column \"%s\" can only be updated to DEFAULT", c.Name).
			WithDetail("Column \"%s\" is an identity column defined as GENERATED ALWAYS.", c.Name))
	}
}

// multiSource is the source of SET (a, b) = source.
type multiSource struct {
	row   []expr
	query *query
}

// assignedValue analyzes the source of one target of SET.
func (a *analyzer) assignedValue(s *scope, t *ast.ResTarget, multi map[ast.Expr]*multiSource) expr {
	m, ok := t.Value.(*ast.MultiAssign)
	if !ok {
		return a.expr(s, t.Value)
	}
	src := multi[m.Source]
	if src == nil {
		src = a.multiSource(s, m)
		multi[m.Source] = src
	}
	if src.query == nil {
		return src.row[m.Column-1]
	}
	col := src.query.visible()[m.Column-1]
	return &subLink{base: base{col.x.typ(), col.x.mod(), m.Pos()}, kind: ast.ExprSubLink, query: pick(src.query, m.Column-1)}
}

func (a *analyzer) multiSource(s *scope, m *ast.MultiAssign) *multiSource {
	src := &multiSource{}
	n := 0
	switch x := m.Source.(type) {
	case *ast.RowExpr:
		src.row = a.exprList(s, x.Args)
		n = len(src.row)
	case *ast.SubLink:
		if x.Kind != ast.ExprSubLink {
			a.failf(x.Pos(), pgerr.FeatureNotSupported, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
		}
		src.query = a.subquery(s, x.Query, nil)
		n = len(src.query.visible())
	default:
		a.failf(m.Source.Pos(), pgerr.FeatureNotSupported, "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
	}
	if n != m.Columns {
		a.failf(m.Source.Pos(), pgerr.SyntaxError, "number of columns does not match number of values")
	}
	return src
}

// pick is the query that gives only one column of another.
func pick(q *query, col int) *query {
	r := &rte{kind: rteSubquery, query: q, owner: &scope{}}
	for _, t := range q.visible() {
		r.cols = append(r.cols, rteCol{name: t.name, oid: t.x.typ(), typmod: t.x.mod()})
	}
	return &query{
		scope: r.owner, from: []fromItem{&fromRTE{r}}, singleRow: q.singleRow,
		targets: []target{{x: newVar(r, col, -1), name: r.cols[col].name}},
	}
}

// regenerate adds the stored generated columns, computed from the new values.
func (a *analyzer) regenerate(r *rte, rel *catalog.Relation, set []newValue) []newValue {
	generated := generatedColumns(rel)
	if len(generated) == 0 {
		return set
	}
	s := &scope{}
	own := a.relationRTE(s, rel)
	s.items = []nsItem{itemOf(own)}
	given := set
	for _, c := range generated {
		x := a.generatedValue(s, own, c, func(num int16) expr {
			for _, v := range given {
				if v.column.Num == num {
					return v.x
				}
			}
			return varOf(r, num)
		})
		set = append(set, newValue{c, x})
	}
	return set
}

// assignsByQuery tells whether a new value comes from a sub-query: SQLite would
// run it while rows change, PostgreSQL's sees none of the changes.
func assignsByQuery(set []newValue) bool {
	found := false
	for _, v := range set {
		walk(v.x, func(x expr) bool {
			if _, ok := x.(*subLink); ok {
				found = true
			}
			return !found
		})
	}
	return found
}

func (e *emitter) update(r *rte, q *query, set []newValue, where expr) {
	e.s("UPDATE ")
	e.name(r.rel.Physical)
	e.s(" AS r")
	e.int(r.id)
	e.s(" SET ")
	for i, v := range set {
		if i > 0 {
			e.s(", ")
		}
		e.name(v.column.Physical)
		e.s(" = ")
		e.expr(v.x)
	}
	e.fromClause(q)
	if where != nil {
		e.s(" WHERE ")
		e.conjunction(where)
	}
}

// updateFromSelf computes all new values in a query first, and then writes them
// row by row.
func (e *emitter) updateFromSelf(r *rte, q *query, set []newValue, where expr) {
	e.s("UPDATE ")
	e.name(r.rel.Physical)
	e.s(" AS u SET ")
	for i, v := range set {
		if i > 0 {
			e.s(", ")
		}
		e.name(v.column.Physical)
		e.s(" = s.v")
		e.int(i + 1)
	}
	e.s(" FROM (SELECT r")
	e.int(r.id)
	e.s(".")
	e.name(r.rel.RowID)
	e.s(" AS k")
	for i, v := range set {
		e.s(", ")
		e.expr(v.x)
		e.s(" AS v")
		e.int(i + 1)
	}
	e.selfFrom(r, q, where)
	e.s(") AS s WHERE u.")
	e.name(r.rel.RowID)
	e.s(" = s.k")
}

// selfFrom writes FROM target, others WHERE condition.
func (e *emitter) selfFrom(r *rte, q *query, where expr) {
	e.s(" FROM ")
	e.leaf(r)
	for _, item := range q.from {
		e.s(", ")
		e.fromItem(item, true)
	}
	if where != nil {
		e.s(" WHERE ")
		e.conjunction(where)
	}
}
