package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// columnRenamed is a column that gets another name while queries are printed.
type columnRenamed struct {
	relation uint32
	num      int16
	from, to string
}

// in tells whether the table is the one whose column is renamed.
func (n *columnRenamed) in(r *rte) bool {
	switch {
	case n == nil:
		return false
	case r.view != nil:
		return r.view.OID == n.relation
	}
	return r.kind == rteRelation && r.rel.OID == n.relation
}

// renameInViews rewrites the queries of the views that use the column. A text
// is kept only if it is planned, against the schema after the change, to the
// very statement of the one before.
func (d *ddl) renameInViews(r *catalog.Relation, c *catalog.Column, to string) {
	n := &columnRenamed{relation: r.OID, num: c.Num, from: c.Name, to: to}
	type rewritten struct {
		view        *catalog.Relation
		before, now string
	}
	var done []rewritten
	for _, view := range d.cat.ViewsOver(r.OID) {
		if !usesColumn(view, n) {
			continue
		}
		before, text, err := renamedQuery(d.cat, view, n)
		if err != nil {
			d.refuseRename(view)
		}
		done = append(done, rewritten{view, before, text})
	}
	c.Name = to
	if len(done) == 0 {
		return
	}
	for _, w := range done {
		d.edit.Relation(w.view.OID).View.SQL = w.now
	}
	after := d.edit.Catalog()
	for _, w := range done {
		if sql, err := emittedQuery(after, w.now); err != nil || sql != w.before {
			d.refuseRename(w.view)
		}
	}
}

func (d *ddl) refuseRename(view *catalog.Relation) {
	d.fail(-1, pgerr.Unsupported("renaming a column that view \"%s\" uses in this way is not supported", view.Name))
}

func usesColumn(view *catalog.Relation, n *columnRenamed) bool {
	for _, dep := range view.View.Depends {
		if dep.Relation == n.relation && dep.Column == n.num {
			return true
		}
	}
	return false
}

// renamedQuery returns the statement that a view's query is planned to, and the
// query's text with the other name.
func renamedQuery(c *catalog.Catalog, view *catalog.Relation, n *columnRenamed) (sql, text string, err error) {
	if sql, err = emittedQuery(c, view.View.SQL); err != nil {
		return "", "", err
	}
	var none *Statement
	defer recoverError(&none, &err)
	a := newAnalyzer(view.View.SQL, Options{Catalog: c, SearchPath: catalogPath})
	q := a.storedQuery(view.View.SQL)
	p := newQueryDeparser(a, nil, false)
	p.query.renamed = n
	p.selectQuery(q, queryContext{visible: true})
	return sql, string(p.buf), nil
}

// emittedQuery plans the text of a stored query.
func emittedQuery(c *catalog.Catalog, text string) (sql string, err error) {
	var none *Statement
	defer recoverError(&none, &err)
	a := newAnalyzer(text, Options{Catalog: c, SearchPath: catalogPath})
	e := newEmitter(a)
	e.query(a.storedQuery(text), topLevel)
	return e.text(), nil
}

// storedQuery analyzes the text of a stored query.
func (a *analyzer) storedQuery(text string) *query {
	stmts, err := parse.Parse(text)
	a.check(-1, err)
	sel, ok := stmts[0].Stmt.(*ast.SelectStmt)
	if !ok {
		a.fail(-1, pgerr.New(pgerr.InternalError, "stored query is not a query"))
	}
	return a.query(&scope{}, sel)
}
