package plan

import (
	"slices"
	"strings"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// createView plans CREATE VIEW. The catalog keeps the query's text with every
// relation qualified and every * of its select lists spelled out, so that it
// means the same whatever the search path and whatever columns come later.
func (a *analyzer) createView(s *ast.ViewStmt) *Statement {
	if s.Check != ast.CheckNone {
		a.fail(-1, pgerr.Unsupported("WITH CHECK OPTION is not supported"))
	}
	if s.Recursive {
		a.fail(-1, pgerr.Unsupported("CREATE RECURSIVE VIEW is not supported; use WITH RECURSIVE in the view's query"))
	}
	d := a.newDDL()
	q := a.query(&scope{}, s.Query)
	if len(a.params) > 0 {
		a.failf(-1, pgerr.UndefinedParameter, "there is no parameter $1")
	}
	schema := d.creationSchema(d.viewName(s))
	view := &catalog.View{}
	view.SQL, view.Depends = d.viewText(s.Query, q)
	slices.Sort(a.keys)
	view.Keys = slices.Clip(slices.Compact(a.keys))
	columns := d.viewColumns(s, q)
	if old := a.cat.Relation(schema.OID, s.Rel.Name); old != nil {
		d.replaceView(s, old, view, columns)
	} else {
		r := d.edit.NewView(schema, s.Rel.Name, a.owner(), view)
		r.Options = d.viewOptions(s)
		for _, c := range columns {
			d.addViewColumn(r, c)
		}
	}
	a.checkOthers()
	a.relations = nil // the plan itself reads nothing
	return d.statement("CREATE VIEW")
}

func (d *ddl) viewOptions(s *ast.ViewStmt) []string {
	var list []string
	for i := range s.Options {
		e := &s.Options[i]
		switch e.Name {
		case "security_barrier", "security_invoker":
		default:
			d.failf(-1, pgerr.InvalidParameterValue, "unrecognized parameter \"%s\"", e.Name)
		}
		text, _ := optionText(e)
		list = append(list, e.Name+"="+text)
	}
	return list
}

func (d *ddl) addViewColumn(r *catalog.Relation, c viewColumn) {
	column := d.edit.NewColumn(r, c.name, c.oid, c.typmod)
	column.Physical = ""
}

type viewColumn struct {
	name   string
	oid    types.OID
	typmod int32
}

// viewColumns returns the columns of the view.
func (d *ddl) viewColumns(s *ast.ViewStmt, q *query) []viewColumn {
	var columns []viewColumn
	for _, t := range queryTargets(q) {
		oid, typmod := t.x.typ(), t.x.mod()
		if oid == types.UnknownOID {
			oid = types.TextOID
		}
		name := t.name
		if len(columns) < len(s.Columns) {
			name = s.Columns[len(columns)]
		}
		if slices.ContainsFunc(columns, func(c viewColumn) bool { return c.name == name }) {
			d.failf(-1, pgerr.DuplicateColumn, "column \"%s\" specified more than once", name)
		}
		if bt := types.ByOID(oid); bt != nil && bt.Kind == 'p' {
			d.failf(-1, pgerr.InvalidTableDefinition, "column \"%s\" has pseudo-type %s", name, typeText(oid))
		}
		columns = append(columns, viewColumn{name, oid, typmod})
	}
	if len(s.Columns) > len(columns) {
		d.failf(-1, pgerr.SyntaxError, "CREATE VIEW specifies more column names than columns")
	}
	return columns
}

// queryTargets returns the output columns of a query.
func queryTargets(q *query) []target {
	for q.op != ast.SetOpNone && len(q.targets) == 0 {
		q = q.left
	}
	var targets []target
	for _, t := range q.targets {
		if !t.junk {
			targets = append(targets, t)
		}
	}
	return targets
}

// replaceView is CREATE OR REPLACE VIEW on an existing one.
func (d *ddl) replaceView(s *ast.ViewStmt, old *catalog.Relation, view *catalog.View, columns []viewColumn) {
	if !s.Replace {
		d.failf(-1, pgerr.DuplicateTable, "relation \"%s\" already exists", s.Rel.Name)
	}
	if old.Kind != catalog.KindView {
		d.failf(-1, pgerr.WrongObjectType, "\"%s\" is not a view", s.Rel.Name)
	}
	d.checkChangeable(old)
	r := d.edit.Relation(old.OID)
	if len(columns) < len(r.Columns) {
		d.failf(-1, pgerr.InvalidTableDefinition, "cannot drop columns from view")
	}
	for i, c := range r.Columns {
		n := columns[i]
		if c.Name != n.name {
			d.fail(-1, pgerr.New(pgerr.InvalidTableDefinition, "cannot change name of view column \"%s\" to \"%s\"", c.Name, n.name).
				WithHint("Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead."))
		}
		if c.Type != n.oid || c.Typmod != n.typmod {
			d.failf(-1, pgerr.InvalidTableDefinition, "cannot change data type of view column \"%s\" from %s to %s",
				c.Name, types.FormatType(c.Type, c.Typmod), types.FormatType(n.oid, n.typmod))
		}
	}
	for _, n := range columns[len(r.Columns):] {
		d.addViewColumn(r, n)
	}
	view.RuleOID = r.View.RuleOID
	r.View, r.Options = view, d.viewOptions(s)
}

// splice is a replacement within a text.
type splice struct {
	at, end int
	text    string
}

// applySplices returns text[from:to] with the replacements made.
func applySplices(text string, from, to int, splices []splice) string {
	slices.SortFunc(splices, func(a, b splice) int { return a.at - b.at })
	var b strings.Builder
	for _, s := range splices {
		if s.at < from || s.end > to {
			continue
		}
		b.WriteString(text[from:s.at])
		b.WriteString(s.text)
		from = s.end
	}
	b.WriteString(text[from:to])
	return b.String()
}

// viewText returns the text to keep of the query, and what it depends on.
func (d *ddl) viewText(sel *ast.SelectStmt, q *query) (string, []catalog.ViewDependency) {
	from, to := d.viewBounds(sel)
	var splices []splice
	direct := map[uint32]bool{}
	for _, rv := range queryRelations(sel) {
		r := d.findRelation(rv)
		if r == nil {
			continue
		}
		direct[r.OID] = true
		if rv.Schema == "" && r.Schema != catalog.PgCatalogOID {
			splices = append(splices, splice{rv.Pos(), rv.Pos(), catalog.QuoteIdent(r.SchemaName) + "."})
		}
	}
	d.expandStars(sel, q, &splices)
	return d.canonicalQuery(applySplices(d.sql, from, to, splices)), viewDependencies(q, direct)
}

// canonicalQuery prints a query anew: without comments, in one form of blanks
// and parentheses.
func (d *ddl) canonicalQuery(text string) string {
	stmts, err := parse.Parse(text)
	d.check(-1, err)
	canonical, ok := ast.Deparse(stmts[0].Stmt)
	if !ok {
		d.fail(-1, pgerr.New(pgerr.InternalError, "query of the view cannot be printed"))
	}
	return " " + canonical
}

// viewBounds finds the query in the source: what follows AS.
func (d *ddl) viewBounds(sel *ast.SelectStmt) (from, to int) {
	stmts, err := parse.Parse(d.sql)
	d.check(-1, err)
	for _, stmt := range stmts {
		if sel.Pos() >= stmt.Start && sel.Pos() <= stmt.End {
			return bodyStart(d.sql, stmt.Start), stmt.End
		}
	}
	d.fail(-1, pgerr.New(pgerr.InternalError, "query of the view is not in the source"))
	return 0, 0
}

// bodyStart returns the offset after the first AS that stands outside of
// parentheses, quotes and comments.
func bodyStart(text string, at int) int {
	depth := 0
	for i := at; i < len(text); {
		switch c := text[i]; {
		case c == '"' || c == '\'':
			end := strings.IndexByte(text[i+1:], c)
			i += end + 2
			continue
		case strings.HasPrefix(text[i:], "--"):
			if end := strings.IndexByte(text[i:], '\n'); end >= 0 {
				i += end
			}
		case strings.HasPrefix(text[i:], "/*"):
			if end := strings.Index(text[i:], "*/"); end >= 0 {
				i += end + 1
			}
		case c == '(':
			depth++
		case c == ')':
			depth--
		case isWordByte(c):
			start := i
			for i < len(text) && isWordByte(text[i]) {
				i++
			}
			if depth == 0 && strings.EqualFold(text[start:i], "as") {
				return i
			}
			continue
		}
		i++
	}
	return at
}

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// queryRelations returns the relations named in a query, without those that
// are common table expressions.
func queryRelations(sel ast.Stmt) []*ast.RangeVar {
	ctes := map[string]bool{}
	var all []*ast.RangeVar
	visitNodes(sel, func(n any) bool {
		switch n := n.(type) {
		case *ast.CommonTableExpr:
			ctes[n.Name] = true
		case *ast.RangeVar:
			all = append(all, n)
		}
		return true
	})
	return slices.DeleteFunc(all, func(rv *ast.RangeVar) bool { return rv.Schema == "" && ctes[rv.Name] })
}

// expandStars replaces each * of the outermost select lists.
func (d *ddl) expandStars(sel *ast.SelectStmt, q *query, splices *[]splice) {
	if sel.Op != ast.SetOpNone {
		if q.left != nil && q.right != nil {
			d.expandStars(sel.Left, q.left, splices)
			d.expandStars(sel.Right, q.right, splices)
		}
		return
	}
	targets := queryTargets(q)
	at := 0
	for i, rt := range sel.Targets {
		ref, ok := rt.Value.(*ast.ColumnRef)
		if !ok || !ref.Star {
			at++
			continue
		}
		end := len(targets) - starsAfter(sel.Targets[i+1:], targets)
		if end < at {
			return
		}
		var parts []string
		for _, t := range targets[at:end] {
			parts = append(parts, starColumn(t))
		}
		stop := ref.Pos() + strings.IndexByte(d.sql[ref.Pos():], '*') + 1
		*splices = append(*splices, splice{ref.Pos(), stop, strings.Join(parts, ", ")})
		at = end
	}
}

// starsAfter counts the columns that the remaining items of a select list give.
func starsAfter(rest []ast.ResTarget, targets []target) int {
	n := 0
	for _, rt := range rest {
		ref, ok := rt.Value.(*ast.ColumnRef)
		if !ok || !ref.Star {
			n++
			continue
		}
		for _, t := range targets {
			if t.x.position() == ref.Pos() {
				n++
			}
		}
	}
	return n
}

// starColumn is how a column that * stands for is written.
func starColumn(t target) string {
	if v, ok := t.x.(*varExpr); ok {
		return catalog.QuoteIdent(v.rte.alias) + "." + catalog.QuoteIdent(v.rte.cols[v.col].name)
	}
	return catalog.QuoteIdent(t.name)
}

// viewDependencies returns the columns of the direct relations that q uses.
func viewDependencies(q *query, direct map[uint32]bool) []catalog.ViewDependency {
	seen := map[catalog.ViewDependency]bool{}
	used := map[uint32]bool{}
	walkQuery(q, func(x expr) bool {
		if v, ok := x.(*varExpr); ok {
			if c := &v.rte.cols[v.col]; direct[c.rel] {
				seen[catalog.ViewDependency{Relation: c.rel, Column: c.num}] = true
				used[c.rel] = true
			}
		}
		return true
	})
	var list []catalog.ViewDependency
	for dep := range seen {
		list = append(list, dep)
	}
	for oid := range direct {
		if !used[oid] {
			list = append(list, catalog.ViewDependency{Relation: oid})
		}
	}
	slices.SortFunc(list, func(a, b catalog.ViewDependency) int {
		if a.Relation != b.Relation {
			return int(a.Relation) - int(b.Relation)
		}
		return int(a.Column) - int(b.Column)
	})
	return list
}
