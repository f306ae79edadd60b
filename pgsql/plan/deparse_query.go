package plan

import (
	"math"
	"strconv"
	"strings"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// PrintQuery is the query of a view for a session, as ruleutils.c lays it out:
// columns under the names of their tables, implicit casts written out, a line
// for each clause and column. Relations that the search path finds lose their
// schema. With pretty it leaves out the parentheses that pg_get_viewdef(…, true)
// does. It is the Query of catalog.Functions.
//
// What the printer does not know is shown as the catalog keeps it.
func PrintQuery(c *catalog.Catalog, path []string, view *catalog.Relation, pretty bool) string {
	stmts, err := parse.Parse(view.View.SQL)
	if err != nil || len(stmts) != 1 {
		return view.View.SQL
	}
	sel, ok := stmts[0].Stmt.(*ast.SelectStmt)
	if !ok {
		return view.View.SQL
	}
	text, err := printQuery(c, path, view, sel, pretty)
	if err != nil {
		return shortNames(c, path, view.View.SQL, sel)
	}
	return text
}

func printQuery(c *catalog.Catalog, path []string, view *catalog.Relation, sel *ast.SelectStmt, pretty bool) (text string, err error) {
	a := newAnalyzer(view.View.SQL, Options{Catalog: c, SearchPath: catalogPath})
	var none *Statement
	defer recoverError(&none, &err)
	q := a.query(&scope{}, sel)
	p := newQueryDeparser(a, path, pretty)
	p.selectQuery(q, queryContext{columns: liveNames(view), visible: true})
	return string(p.buf), nil
}

func newQueryDeparser(a *analyzer, path []string, pretty bool) *deparser {
	return &deparser{a: a, pretty: pretty, query: &queryPrinter{
		path: path, names: map[*rte]string{}, taken: map[string]bool{}, calls: map[*rte]*query{},
	}}
}

// shortNames takes the schema from relations that are visible.
func shortNames(c *catalog.Catalog, path []string, text string, sel *ast.SelectStmt) string {
	var splices []splice
	for _, rv := range queryRelations(sel) {
		s := c.Schema(rv.Schema)
		if s == nil {
			continue
		}
		if r := c.Relation(s.OID, rv.Name); r != nil && c.Resolve(path, rv.Name) == r {
			splices = append(splices, splice{rv.Pos(), nameEnd(text, rv.Pos()), catalog.QuoteIdent(rv.Name)})
		}
	}
	return applySplices(text, 0, len(text), splices)
}

// queryPrinter is what a deparser of queries keeps.
type queryPrinter struct {
	path    []string
	names   map[*rte]string // of the tables in the queries being printed
	taken   map[string]bool
	calls   map[*rte]*query // of set-returning functions in select lists
	renamed *columnRenamed
}

// queryContext says how a query is seen from around it.
type queryContext struct {
	columns []string // names of the output where they are given
	visible bool     // the names of the output matter
	operand bool     // of a set operation
}

// Indentation, as in ruleutils.c.
const (
	indentClause = 8
	indentJoin   = 4
	indentItem   = 4
)

// clause starts a line with a word of the query, which is plus columns right of
// the query itself.
func (p *deparser) clause(word string, plus int) {
	level := p.indent
	p.indent = max(level-indentClause, 0) + plus
	p.keyword(word)
	p.indent = level
}

func (p *deparser) unknown() { p.a.fail(-1, pgerr.Unsupported("this query cannot be printed")) }

// selectQuery is get_query_def.
func (p *deparser) selectQuery(q *query, c queryContext) {
	before := p.indent
	added := p.nameTables(q)
	p.with(q)
	if q.op != ast.SetOpNone {
		p.setOperation(q, c, true)
	} else {
		p.basicQuery(q, c)
	}
	if len(q.order) > 0 {
		p.clause(" ORDER BY ", 1)
		p.orderKeys(q.order, q.op != ast.SetOpNone)
	}
	if q.offset != nil {
		p.clause(" OFFSET ", 0)
		p.count(q.offset)
	}
	switch {
	case q.limit == nil:
	case q.withTies:
		p.clause(" FETCH FIRST ", 0)
		p.count(q.limit)
		p.s(" ROWS WITH TIES")
	default:
		p.clause(" LIMIT ", 0)
		if isNullConst(q.limit) {
			p.s("ALL")
		} else {
			p.count(q.limit)
		}
	}
	if q.forUpdate {
		p.unknown()
	}
	p.indent = before
	for _, name := range added {
		delete(p.query.taken, name)
	}
}

// count writes a number of rows: a small constant is an integer that was
// coerced.
func (p *deparser) count(x expr) {
	if n, ok := constInt(x); ok && n >= 0 && n <= math.MaxInt32 {
		p.s(strconv.FormatInt(n, 10))
		return
	}
	p.expr(x, false)
}

// nested prints a query within the one being printed.
func (p *deparser) nested(q *query, visible bool) {
	p.selectQuery(q, queryContext{visible: visible})
}

// nameTables gives the tables of the query names that no table around it has.
func (p *deparser) nameTables(q *query) (added []string) {
	var visit func(item fromItem)
	visit = func(item fromItem) {
		switch f := item.(type) {
		case *fromJoin:
			visit(f.left)
			visit(f.right)
		case *fromRTE:
			name := f.rte.alias
			for n := 1; p.query.taken[name]; n++ {
				name = f.rte.alias + "_" + itoa(n)
			}
			p.query.taken[name], p.query.names[f.rte] = true, name
			added = append(added, name)
		default:
			p.unknown()
		}
	}
	for _, item := range q.from {
		visit(item)
	}
	if q.srf != nil {
		p.query.calls[q.srf] = q
	}
	return added
}

func (p *deparser) with(q *query) {
	if len(q.ctes) == 0 {
		return
	}
	p.indent += indentClause
	p.s(" WITH ")
	if q.recurse {
		p.s("RECURSIVE ")
	}
	for i, c := range q.ctes {
		if i > 0 {
			p.s(", ")
		}
		p.s(catalog.QuoteIdent(c.name))
		p.columnAliases(c.cols, targetNames(c.query))
		p.s(" AS ", [...]string{"", "MATERIALIZED ", "NOT MATERIALIZED "}[c.materialize], "(")
		p.keyword("")
		p.nested(c.query, true)
		p.keyword("")
		p.s(")")
	}
	p.indent -= indentClause
	p.keyword("")
}

// targetNames are the names of the columns that a query gives.
func targetNames(q *query) []string {
	var names []string
	for _, t := range q.visible() {
		names = append(names, t.name)
	}
	return names
}

// columnAliases writes (a, b) where the columns have other names than by
// themselves.
func (p *deparser) columnAliases(cols []rteCol, names []string) {
	differ := false
	var list []string
	for i := range cols {
		if cols[i].hidden {
			continue
		}
		differ = differ || i >= len(names) || names[i] != cols[i].name
		list = append(list, catalog.QuoteIdent(cols[i].name))
	}
	if differ {
		p.s("(", strings.Join(list, ", "), ")")
	}
}

// setOperation is get_setop_query. top tells that q is the query itself, whose
// WITH and ORDER BY are not part of the operation.
func (p *deparser) setOperation(q *query, c queryContext, top bool) {
	if !top && (q.op == ast.SetOpNone || hasTail(q)) {
		paren := hasTail(q)
		if paren {
			p.s("(")
		}
		c.operand = true
		p.selectQuery(q, c)
		if paren {
			p.s(")")
		}
		return
	}
	left := q.left
	paren := left.op != ast.SetOpNone && !hasTail(left) && (left.op != q.op || left.all != q.all)
	if paren {
		p.s("(")
		p.indent += indentClause
		p.keyword("")
	}
	p.setOperation(left, c, false)
	if paren {
		p.indent -= indentClause
		p.keyword(") ")
	} else {
		p.keyword("")
	}
	p.s([...]string{"", "UNION ", "INTERSECT ", "EXCEPT "}[q.op])
	if q.all {
		p.s("ALL ")
	}
	paren = q.right.op != ast.SetOpNone && !hasTail(q.right)
	if paren {
		p.s("(")
		p.indent += indentClause
	}
	p.keyword("")
	c.visible = false
	p.setOperation(q.right, c, false)
	if paren {
		p.indent -= indentClause
		p.keyword(")")
	}
}

// hasTail tells whether an operand of a set operation needs parentheses.
func hasTail(q *query) bool {
	return len(q.ctes) > 0 || len(q.order) > 0 || q.limit != nil || q.offset != nil
}

// basicQuery is get_basic_select_query.
func (p *deparser) basicQuery(q *query, c queryContext) {
	p.indent += indentClause
	p.s(" ")
	if q.values != nil {
		p.values(q.values)
		return
	}
	p.s("SELECT")
	switch {
	case len(q.on) > 0:
		p.s(" DISTINCT ON (")
		p.sortExprs(q.on)
		p.s(")")
	case q.distinct:
		p.s(" DISTINCT")
	}
	p.targets(q, c)
	p.from(q)
	if q.where != nil {
		p.clause(" WHERE ", 1)
		p.expr(q.where, false)
	}
	if len(q.group) > 0 {
		p.clause(" GROUP BY ", 1)
		p.sortExprs(q.group)
	}
	if q.having != nil {
		p.clause(" HAVING ", 0)
		p.expr(q.having, false)
	}
	for i, w := range q.windows {
		if i == 0 {
			p.clause(" WINDOW ", 1)
		} else {
			p.s(", ")
		}
		p.s(catalog.QuoteIdent(w.name), " AS ")
		p.window(w)
	}
}

func (p *deparser) values(rows [][]expr) {
	p.s("VALUES ")
	for i, row := range rows {
		if i > 0 {
			p.s(", ")
		}
		p.s("(")
		for k, x := range row {
			if k > 0 {
				p.s(",")
			}
			p.expr(x, false)
		}
		p.s(")")
	}
}

// targets is get_target_list: every column but the first begins a line.
func (p *deparser) targets(q *query, c queryContext) {
	for i, t := range q.visible() {
		if i > 0 {
			p.s(",")
		}
		p.s(" ")
		item := p.apart(func() { p.target(t, i, c) })
		switch {
		case strings.HasPrefix(item, "\n"):
			p.buf = p.buf[:len(p.buf)-1]
		case i > 0:
			p.clause("", indentItem)
		}
		p.s(item)
	}
}

// apart returns what print writes.
func (p *deparser) apart(print func()) string {
	saved := p.buf
	p.buf = nil
	print()
	item := string(p.buf)
	p.buf = saved
	return item
}

func (p *deparser) target(t *target, i int, c queryContext) {
	x, name := t.x, t.name
	if cast, ok := x.(*castExpr); ok && c.operand && cast.implicit && !cast.explicit {
		x = cast.x // the set operation's, which converts again
	}
	known := ""
	if !c.visible {
		known = "?column?"
	}
	if v, ok := x.(*varExpr); ok && p.query.calls[v.rte] == nil {
		known = p.columnName(v.rte, v.col)
	}
	p.expr(x, true)
	if i < len(c.columns) {
		name = c.columns[i]
	}
	if name != known {
		p.s(" AS ", catalog.QuoteIdent(name))
	}
}

// orderKeys is get_rule_orderby; numbers tells that keys are those of columns.
func (p *deparser) orderKeys(keys []sortKey, numbers bool) {
	for i, k := range keys {
		if i > 0 {
			p.s(", ")
		}
		if numbers {
			p.s(itoa(k.target + 1))
		} else {
			p.sortExpr(k.x)
		}
		switch {
		case k.desc && !k.nullsFirst:
			p.s(" DESC NULLS LAST")
		case k.desc:
			p.s(" DESC")
		case k.nullsFirst:
			p.s(" NULLS FIRST")
		}
	}
}

func (p *deparser) sortExprs(list []expr) {
	for i, x := range list {
		if i > 0 {
			p.s(", ")
		}
		p.sortExpr(x)
	}
}

// sortExpr is get_rule_sortgroupclause: what could be read as a function of the
// clause goes in parentheses.
func (p *deparser) sortExpr(x expr) {
	paren := p.pretty
	switch x := x.(type) {
	case *varExpr, *constExpr:
		paren = false
	case *funcExpr, *aggExpr, *windowExpr:
		paren = true
	case *castExpr:
		paren = p.pretty || x.run
	}
	if paren {
		p.s("(")
	}
	p.expr(x, true)
	if paren {
		p.s(")")
	}
}
