package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// from analyzes the FROM clause: its items become the names of the scope.
func (a *analyzer) from(s *scope, q *query, list []ast.TableExpr) {
	s.from = true
	for _, t := range list {
		item, names := a.tableExpr(s, t)
		for i := range names {
			if names[i].hasRel {
				a.checkAlias(s.items, &names[i], t.Pos())
			}
		}
		s.items = append(s.items, names...)
		if p, ok := item.(*pulledUp); ok {
			item = p.item
			q.pulled = and(q.pulled, p.cond)
		}
		q.from = append(q.from, item)
	}
	s.from = false
}

// tableExpr analyzes one item of FROM and returns the names it brings.
func (a *analyzer) tableExpr(s *scope, t ast.TableExpr) (fromItem, []nsItem) {
	a.enter(t.Pos())
	defer a.leave()
	switch t := t.(type) {
	case *ast.RangeVar:
		r := a.rangeVar(s, t)
		return &fromRTE{r}, []nsItem{itemOf(r)}
	case *ast.RangeSubselect:
		r := a.rangeSubselect(s, t)
		if r.lateral && !r.query.singleRow {
			if p, it, ok := pullUp(s, r); ok {
				return p, []nsItem{it}
			}
		}
		it := itemOf(r)
		it.hasRel = t.Alias != nil
		return &fromRTE{r}, []nsItem{it}
	case *ast.RangeFunction:
		r := a.rangeFunction(s, t)
		return &fromRTE{r}, []nsItem{itemOf(r)}
	case *ast.JoinExpr:
		return a.join(s, t)
	case *ast.RangeTableSample:
		a.fail(t.Pos(), pgerr.Unsupported("TABLESAMPLE is not supported"))
	case *ast.RangeTableFunc:
		a.fail(t.Pos(), pgerr.Unsupported("XMLTABLE is not supported"))
	}
	a.fail(t.Pos(), pgerr.Unsupported("this FROM item is not supported"))
	return nil, nil
}

func itemOf(r *rte) nsItem {
	it := nsItem{name: r.alias, rte: r, hasCols: true, hasRel: true}
	if !r.aliased {
		it.schema = r.schema
	}
	return it
}

// rangeVar resolves a name in FROM: a common table expression, a relation or a
// view.
func (a *analyzer) rangeVar(s *scope, rv *ast.RangeVar) *rte {
	if rv.Schema == "" && rv.Catalog == "" {
		if c := s.findCTE(rv.Name); c != nil {
			return a.cteRTE(s, c, rv)
		}
		for _, c := range a.recursive {
			if c.Name == rv.Name {
				a.failf(c.Pos(), pgerr.InvalidRecursion, "recursive query \"%s\" does not have the form non-recursive-term UNION [ALL] recursive-term", c.Name)
			}
		}
	}
	rel := a.relation(rv)
	var r *rte
	switch rel.Kind {
	case catalog.KindTable, catalog.KindMatview:
		r = a.relationRTE(s, rel)
	case catalog.KindView:
		r = a.viewRTE(s, rel, rv.Pos())
	case catalog.KindSequence:
		r = a.sequenceRTE(s, rel, rv.Pos())
	case catalog.KindIndex:
		a.fail(rv.Pos(), pgerr.New(pgerr.WrongObjectType, "cannot open relation \"%s\"", rel.Name).WithDetail("This operation is not supported for indexes."))
	default:
		a.fail(rv.Pos(), pgerr.New(pgerr.WrongObjectType, "cannot open relation \"%s\"", rel.Name))
	}
	a.applyAlias(r, rv.Alias)
	return r
}

// sequenceRTE is SELECT … FROM sequence: the state of the sequence.
func (a *analyzer) sequenceRTE(s *scope, rel *catalog.Relation, _ int) *rte {
	r := a.newRTE(s, rteRelation)
	r.rel, r.alias, r.schema = rel, rel.Name, rel.SchemaName
	r.cols = []rteCol{
		{name: "last_value", oid: types.Int8OID, typmod: -1, physical: "last_value", rel: rel.OID, num: 1},
		{name: "log_cnt", oid: types.Int8OID, typmod: -1, physical: "log_cnt", rel: rel.OID, num: 2},
		{name: "is_called", oid: types.BoolOID, typmod: -1, physical: "is_called", rel: rel.OID, num: 3},
	}
	a.use(rel)
	return r
}

// viewRTE expands a view: its stored query stands in its place.
func (a *analyzer) viewRTE(s *scope, rel *catalog.Relation, pos int) *rte {
	r := a.textRTE(s, rel, rel.View.SQL, pos)
	i := 0
	for _, c := range rel.Columns {
		if c.Dropped {
			continue
		}
		if i < len(r.cols) {
			r.cols[i].name = c.Name
			r.cols[i].rel, r.cols[i].num = rel.OID, c.Num
			if c.Type < 10000 {
				r.cols[i].oid, r.cols[i].typmod = c.Type, c.Typmod
			}
		}
		i++
	}
	return r
}

// textRTE analyzes the query text of a view as a sub-query.
func (a *analyzer) textRTE(s *scope, rel *catalog.Relation, sql string, pos int) *rte {
	stmts, err := parse.Parse(sql)
	if err != nil || len(stmts) != 1 {
		a.fail(-1, pgerr.New(pgerr.InternalError, "stored query of \"%s\" does not parse: %v", rel.Name, err))
	}
	sel, ok := stmts[0].Stmt.(*ast.SelectStmt)
	if !ok {
		a.fail(-1, pgerr.New(pgerr.InternalError, "stored query of \"%s\" is not a query", rel.Name))
	}
	if a.views++; a.views > viewDepthMax {
		a.failf(-1, pgerr.InvalidObjectDefinition, "infinite recursion detected in rules for relation \"%s\"", rel.Name)
	}
	path := a.opt.SearchPath
	a.opt.SearchPath = catalogPath
	q := a.query(&scope{}, sel)
	a.opt.SearchPath = path
	a.views--
	a.use(rel)
	r := a.queryRTE(s, q)
	r.alias, r.schema, r.view = rel.Name, rel.SchemaName, rel
	return r
}

// viewDepthMax bounds views over views.
const viewDepthMax = 100

// queryRTE makes the entry of a sub-query.
func (a *analyzer) queryRTE(s *scope, q *query) *rte {
	r := a.newRTE(s, rteSubquery)
	r.query = q
	for _, t := range q.visible() {
		c := rteCol{name: t.name, oid: t.x.typ(), typmod: t.x.mod()}
		if v, ok := t.x.(*varExpr); ok {
			c.rel, c.num = v.rte.cols[v.col].rel, v.rte.cols[v.col].num
		}
		r.cols = append(r.cols, c)
	}
	if q.op == ast.SetOpNone && q.values == nil && !q.distinct && len(q.on) == 0 && !q.withTies {
		exposeFields(r, q)
	}
	return r
}

// exposeFields gives the fields of rows among the columns of a sub-query hidden
// columns of their own, so that (sub.row).field can be had.
func exposeFields(r *rte, q *query) {
	for i, t := range q.visible() {
		row, ok := t.x.(*rowExpr)
		if !ok || len(row.args) == 0 {
			continue
		}
		for k, f := range row.args {
			if _, nested := f.(*rowExpr); nested {
				continue
			}
			r.cols[i].fields = append(r.cols[i].fields, len(r.cols))
			r.cols[i].names = append(r.cols[i].names, fieldName(row, k))
			r.cols = append(r.cols, rteCol{oid: f.typ(), typmod: f.mod(), hidden: true})
			q.targets = append(q.targets, target{x: f, hidden: true})
		}
	}
}

// applyAlias gives the entry its alias and column names.
func (a *analyzer) applyAlias(r *rte, alias *ast.Alias) {
	if alias == nil {
		return
	}
	r.alias, r.aliased = alias.Name, true
	it := nsItem{rte: r}
	if n := it.count(); len(alias.Columns) > n {
		a.failf(-1, pgerr.InvalidColumnReference, "table \"%s\" has %d columns available but %d columns specified", alias.Name, n, len(alias.Columns))
	}
	for i, name := range alias.Columns {
		r.cols[i].name = name
	}
}

func (a *analyzer) rangeSubselect(s *scope, t *ast.RangeSubselect) *rte {
	saved := s.lateral
	s.lateral = t.Lateral
	q := a.subquery(s, t.Query, nil)
	s.lateral = saved
	r := a.queryRTE(s, q)
	r.lateral = t.Lateral && readsScope(q, s)
	a.applyAlias(r, t.Alias)
	return r
}

// readsScope tells whether the query reads columns of the scope s.
func readsScope(q *query, s *scope) bool {
	found := false
	walkQuery(q, func(x expr) bool {
		if v, ok := x.(*varExpr); ok && v.rte.owner == s {
			found = true
		}
		return !found
	})
	return found
}

// rangeFunction analyzes a function in FROM; its arguments may refer to the
// items before it.
func (a *analyzer) rangeFunction(s *scope, t *ast.RangeFunction) *rte {
	saved, clause := s.lateral, s.clause
	s.lateral, s.clause = true, inFromFunction
	r := a.newRTE(s, rteFunction)
	r.fn = &tableFunc{ordinality: t.Ordinality}
	name := ""
	for _, f := range t.Funcs {
		calls := a.tableCalls(s, f.Call)
		if len(f.Columns) > 0 {
			a.fail(t.Pos(), pgerr.Unsupported("a column definition list is not supported"))
		}
		for _, call := range calls {
			r.fn.calls = append(r.fn.calls, call)
			if name == "" {
				name = columnName(f.Call)
			}
			r.cols = append(r.cols, callColumns(call, columnName(f.Call))...)
		}
	}
	s.lateral, s.clause = saved, clause
	if len(t.Columns) > 0 {
		a.fail(t.Pos(), pgerr.Unsupported("a column definition list is not supported"))
	}
	r.alias = name
	nameSetColumns(r)
	a.lateralFunction(s, r)
	if t.Ordinality {
		r.cols = append(r.cols, rteCol{name: "ordinality", oid: types.Int8OID, typmod: -1})
		nameSetColumns(r)
		if severalCorrelated(r) {
			numberParts(r)
		}
	}
	if t.Alias != nil {
		if len(r.cols) == 1+b2i(t.Ordinality) && !namedResult(r) {
			r.cols[0].name = t.Alias.Name
		}
		a.applyAlias(r, t.Alias)
	}
	return r
}

// namedResult tells whether the only column has the name of an OUT parameter,
// which an alias of the table does not replace.
func namedResult(r *rte) bool {
	if r.fn == nil {
		return false
	}
	f, ok := r.fn.calls[0].(*funcExpr)
	return ok && outName(f.fn) != ""
}

// nameSetColumns gives the columns of a single set-returning function the names
// that its table has in SQLite.
func nameSetColumns(r *rte) {
	f, ok := soleSetCall(r)
	for i := range r.cols {
		r.cols[i].physical = ""
		switch {
		case ok && i < len(f.fn.Columns):
			r.cols[i].physical = f.fn.Columns[i]
		case ok:
			r.cols[i].physical = "rowid"
		}
	}
}

// soleSetCall returns the call where the entry is one set-returning function.
func soleSetCall(r *rte) (*funcExpr, bool) {
	if len(r.fn.calls) != 1 {
		return nil, false
	}
	return setCall(r.fn.calls[0])
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// tableCalls analyzes the call; unnest of several arrays is one call for each.
func (a *analyzer) tableCalls(s *scope, e ast.Expr) []expr {
	call, ok := e.(*ast.FuncCall)
	if !ok {
		return []expr{a.expr(s, e)}
	}
	if call.Name[len(call.Name)-1] == "unnest" && len(call.Args) > 1 {
		var out []expr
		for _, arg := range call.Args {
			one := *call
			one.Args = []ast.Expr{arg}
			out = append(out, a.tableCall(s, &one))
		}
		return out
	}
	return []expr{a.tableCall(s, call)}
}

// tableCall analyzes one call in FROM without the rewriting of the select list.
func (a *analyzer) tableCall(s *scope, e *ast.FuncCall) expr {
	args, names := a.callArgs(s, e)
	c, args, cast := a.resolveCall(e, args, names)
	if cast != nil {
		return cast
	}
	if c.fn.Kind == 'a' {
		a.failf(e.Pos(), pgerr.GroupingError, "aggregate functions are not allowed in functions in FROM")
	}
	return a.buildCallForm(c, e.Name[len(e.Name)-1], args, e.Variadic, e.Pos())
}

// callColumns returns the columns that a call in FROM has.
func callColumns(call expr, name string) []rteCol {
	f, ok := call.(*funcExpr)
	if !ok {
		return []rteCol{{name: name, oid: call.typ(), typmod: call.mod()}}
	}
	return functionColumns(f, name)
}

// functionColumns returns the columns of a call of a function, actual types in
// the place of polymorphic ones.
func functionColumns(f *funcExpr, name string) []rteCol {
	cols := outColumns(f.fn, f.oid, name)
	elem := types.OID(0)
	for i, d := range f.fn.Args {
		if d == types.AnyarrayOID && i < len(f.args) {
			elem = types.ElemOf(f.args[i].typ())
		}
	}
	for i := range cols {
		switch cols[i].oid {
		case types.AnyelementOID:
			cols[i].oid = elem
		case types.AnyarrayOID:
			cols[i].oid = types.ArrayOf(elem)
		}
	}
	return cols
}

// setCall is a set-returning function outside of FROM. In a select list it
// becomes a FROM item of its own, joined to each row.
func (a *analyzer) setCall(s *scope, e *ast.FuncCall, x expr) expr {
	f, ok := x.(*funcExpr)
	if !ok {
		return x
	}
	if s.query == nil || s.clause != inSelect && s.clause != inOrderBy && s.clause != inGroupBy {
		name := aggregateForbidden(s.clause)
		if name == "" {
			name = "this context"
		}
		a.failf(e.Pos(), pgerr.FeatureNotSupported, "set-returning functions are not allowed in %s", name)
	}
	q := s.query
	if q.srf != nil && containsRTE(f, q.srf) {
		a.fail(e.Pos(), pgerr.Unsupported("nested set-returning functions are not supported"))
	}
	if q.srf == nil {
		q.srf = a.newRTE(s, rteFunction)
		q.srf.fn = &tableFunc{}
		q.hasSRF = true
	}
	first := len(q.srf.cols)
	for i, call := range q.srf.fn.calls {
		if equalExpr(call, f) {
			return srfRef(q.srf, q.srfStart[i], len(functionColumns(f, "")), e.Pos())
		}
	}
	cols := functionColumns(f, f.fn.Name)
	q.srf.fn.calls = append(q.srf.fn.calls, f)
	q.srfStart = append(q.srfStart, first)
	q.srf.cols = append(q.srf.cols, cols...)
	nameSetColumns(q.srf)
	if severalCorrelated(q.srf) {
		numberParts(q.srf)
	}
	return srfRef(q.srf, first, len(cols), e.Pos())
}

// containsRTE tells whether x reads a column of the entry.
func containsRTE(x expr, r *rte) bool {
	found := false
	walk(x, func(y expr) bool {
		if v, ok := y.(*varExpr); ok && v.rte == r {
			found = true
		}
		return !found
	})
	return found
}

func srfRef(r *rte, first, n, pos int) expr {
	if n == 1 {
		return newVar(r, first, pos)
	}
	row := &rowExpr{base: base{types.RecordOID, -1, pos}}
	for i := range n {
		row.args = append(row.args, newVar(r, first+i, pos))
		row.names = append(row.names, r.cols[first+i].name)
	}
	return row
}
