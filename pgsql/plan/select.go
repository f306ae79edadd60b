package plan

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// selectStatement plans a SELECT, VALUES or set operation.
func (a *analyzer) selectStatement(s *ast.SelectStmt) *Statement {
	q := a.query(&scope{}, s)
	st := &Statement{Kind: Read, Tag: "SELECT", TagCount: true}
	a.resultColumns(st, q)
	a.paramTypes()
	a.lockTargets(st, q)
	e := newEmitter(a)
	e.query(q, topLevel)
	st.SQL = e.text()
	st.Bounded = boundedQuery(q)
	a.lockTexts(st, q)
	if a.usesSequence || a.notifies {
		// nextval() changes the database, and what pg_notify() sends goes through
		// the log to all nodes: such a query is a write with rows.
		st.Kind = Write
		st.Ops = []Op{{SQL: st.SQL, Returns: true}}
		st.SQL = ""
	}
	return st
}

// resultColumns describes the visible targets.
func (a *analyzer) resultColumns(st *Statement, q *query) {
	for _, t := range q.visible() {
		st.Columns = append(st.Columns, resultColumn(t))
	}
}

func resultColumn(t *target) Column {
	c := Column{Name: t.name, Type: t.x.typ(), Typmod: t.x.mod()}
	if v, ok := t.x.(*varExpr); ok {
		c.Relation, c.Attnum = v.rte.cols[v.col].rel, v.rte.cols[v.col].num
	}
	return c
}

// query analyzes a SELECT at any level.
func (a *analyzer) query(s *scope, sel *ast.SelectStmt) *query {
	a.enter(sel.Pos())
	defer a.leave()
	q := &query{scope: s}
	s.query = q
	if sel.Into != nil {
		a.failf(sel.Into.Pos(), pgerr.SyntaxError, "SELECT ... INTO is not allowed here")
	}
	if sel.With != nil {
		a.with(s, q, sel.With)
	}
	switch {
	case sel.Op != ast.SetOpNone:
		a.setOperation(s, q, sel)
	case sel.Values != nil:
		a.valuesQuery(s, q, sel)
	default:
		a.plainSelect(s, q, sel)
	}
	a.locking(q, sel)
	return q
}

// plainSelect analyzes SELECT … FROM ….
func (a *analyzer) plainSelect(s *scope, q *query, sel *ast.SelectStmt) {
	a.from(s, q, sel.From)
	s.clause = inSelect
	a.windowClause(s, q, sel)
	q.targets = a.targetList(s, sel.Targets)
	if sel.Where != nil {
		q.where = a.coerceBool(a.exprIn(s, sel.Where, inWhere), "WHERE")
	}
	q.where = and(q.where, q.pulled)
	if sel.Having != nil {
		q.having = a.coerceBool(a.exprIn(s, sel.Having, inHaving), "HAVING")
	}
	a.orderBy(s, q, sel.OrderBy)
	a.groupBy(s, q, sel)
	a.distinctClause(s, q, sel)
	a.limits(s, q, sel)
	for i := range q.targets {
		if !s.keepUnknown {
			q.targets[i].x = a.resolveUnknown(q.targets[i].x)
		}
	}
	for i := range q.order {
		if k := &q.order[i]; k.target >= 0 {
			k.x = q.targets[k.target].x
		}
	}
	q.grouping = len(q.group) > 0 || q.having != nil || q.hasAgg
	if q.grouping {
		a.checkGrouping(s, q)
	}
	s.clause = inOther
	q.singleRow = singleRow(q)
}

// windowClause analyzes WINDOW name AS (…), each of which may refer to those
// before it.
func (a *analyzer) windowClause(s *scope, q *query, sel *ast.SelectStmt) {
	for _, def := range sel.Windows {
		for _, w := range s.windows {
			if w.name == def.Name {
				a.failf(def.Pos(), pgerr.WindowingError, "window \"%s\" is already defined", def.Name)
			}
		}
		w := a.windowDef(s, def)
		w.name = def.Name
		s.windows = append(s.windows, w)
		q.windows = append(q.windows, w)
	}
}

// targetList analyzes a select list and expands stars.
func (a *analyzer) targetList(s *scope, list []ast.ResTarget) []target {
	out := make([]target, 0, len(list))
	for i := range list {
		rt := &list[i]
		if ref, ok := rt.Value.(*ast.ColumnRef); ok && ref.Star {
			out = append(out, a.expandStar(s, ref)...)
			continue
		}
		if ind, ok := rt.Value.(*ast.IndirectionExpr); ok && ind.Steps[len(ind.Steps)-1].Kind == ast.StarStep {
			out = append(out, a.expandRow(s, ind)...)
			continue
		}
		x := a.expr(s, rt.Value)
		name := rt.Name
		if name == "" {
			name = columnName(rt.Value)
		}
		out = append(out, target{x: x, name: name})
	}
	return out
}

// expandStar expands * and t.*.
func (a *analyzer) expandStar(s *scope, ref *ast.ColumnRef) []target {
	var out []target
	if len(ref.Names) == 0 {
		if !hasVisible(s) {
			a.failf(ref.Pos(), pgerr.SyntaxError, "SELECT * with no tables specified is not valid")
		}
		for i := range s.items {
			if it := &s.items[i]; it.hasCols {
				out = appendItem(out, it, ref.Pos())
			}
		}
		return out
	}
	schema := ""
	if len(ref.Names) > 1 {
		schema = ref.Names[len(ref.Names)-2]
	}
	name := ref.Names[len(ref.Names)-1]
	it := a.findItem(s, schema, name, ref.Pos())
	if it == nil {
		a.missingFrom(s, name, ref.Pos())
	}
	return appendItem(out, it, ref.Pos())
}

func hasVisible(s *scope) bool {
	for i := range s.items {
		if s.items[i].hasCols {
			return true
		}
	}
	return false
}

func appendItem(out []target, it *nsItem, pos int) []target {
	for i, n := 0, it.count(); i < n; i++ {
		out = append(out, target{x: it.column(i, pos), name: it.colName(i)})
	}
	return out
}

// expandRow expands (row).*.
func (a *analyzer) expandRow(s *scope, e *ast.IndirectionExpr) []target {
	inner := *e
	inner.Steps = e.Steps[:len(e.Steps)-1]
	var x expr
	if len(inner.Steps) == 0 {
		x = a.expr(s, e.X)
	} else {
		x = a.expr(s, &inner)
	}
	row, ok := x.(*rowExpr)
	if !ok {
		a.failf(e.Pos(), pgerr.WrongObjectType, "type %s is not composite", types.FormatType(x.typ(), -1))
	}
	var out []target
	for i, f := range row.args {
		out = append(out, target{x: f, name: fieldName(row, i)})
	}
	return out
}

// limits analyzes LIMIT and OFFSET.
func (a *analyzer) limits(s *scope, q *query, sel *ast.SelectStmt) {
	q.withTies = sel.WithTies
	if sel.Offset != nil {
		q.offset = a.limitExpr(s, sel.Offset, inOffset, "OFFSET")
		if n, ok := constInt(q.offset); ok && n < 0 {
			a.failf(-1, pgerr.InvalidRowCountInOffset, "OFFSET must not be negative")
		}
	}
	if sel.Limit != nil {
		q.limit = a.limitExpr(s, sel.Limit, inLimit, "LIMIT")
		if n, ok := constInt(q.limit); ok && n < 0 {
			a.failf(-1, pgerr.InvalidRowCountInLimit, "LIMIT must not be negative")
		}
	}
	if q.withTies {
		if len(q.order) == 0 {
			a.failf(-1, pgerr.SyntaxError, "WITH TIES cannot be specified without ORDER BY clause")
		}
	}
}

func (a *analyzer) limitExpr(s *scope, e ast.Expr, c clause, name string) expr {
	x := a.coerceSpecific(a.exprIn(s, e, c), types.Int8OID, name)
	walk(x, func(v expr) bool {
		if v, ok := v.(*varExpr); ok && v.rte.owner == s {
			a.failf(v.pos, pgerr.InvalidColumnReference, "argument of %s must not contain variables", name)
		}
		return true
	})
	return x
}

// constInt returns the number of a constant integer.
func constInt(x expr) (int64, bool) {
	c, ok := x.(*constExpr)
	if !ok || c.val.Kind != types.Int {
		return 0, false
	}
	return c.val.Int64(), true
}

// valuesQuery analyzes VALUES (…), (…).
func (a *analyzer) valuesQuery(s *scope, q *query, sel *ast.SelectStmt) {
	s.clause = inValues
	q.values = a.valuesRows(s, sel.Values)
	cols := make([]rteCol, len(q.values[0]))
	for i := range cols {
		column := make([]expr, len(q.values))
		for r := range q.values {
			column[r] = q.values[r][i]
		}
		oid := a.commonType(column, "VALUES")
		for r := range column {
			column[r] = a.coerceCommon(column[r], oid, "VALUES")
			q.values[r][i] = column[r]
		}
		cols[i] = rteCol{name: "column" + itoa(i+1), oid: oid, typmod: commonTypmod(column, oid)}
	}
	r := a.newRTE(s, rteSubquery)
	r.cols = cols
	r.alias = "*VALUES*"
	for i := range cols {
		q.targets = append(q.targets, target{x: newVar(r, i, -1), name: cols[i].name})
	}
	s.items = []nsItem{{rte: r, hasCols: true}}
	s.clause = inOther
	a.orderBy(s, q, sel.OrderBy)
	a.limits(s, q, sel)
	s.items = nil
	q.singleRow = len(q.values) == 1
}

// valuesRows analyzes the rows of a VALUES and checks that they are alike.
func (a *analyzer) valuesRows(s *scope, rows [][]ast.Expr) [][]expr {
	out := make([][]expr, len(rows))
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			a.failf(row[0].Pos(), pgerr.SyntaxError, "VALUES lists must all be the same length")
		}
		out[i] = a.exprList(s, row)
	}
	return out
}
