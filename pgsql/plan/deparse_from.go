package plan

import (
	"slices"
	"strings"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
)

// from is get_from_clause.
func (p *deparser) from(q *query) {
	for i, item := range q.from {
		if i == 0 {
			p.clause(" FROM ", 2)
			p.fromItem(item)
			continue
		}
		p.s(",")
		text := p.apart(func() { p.fromItem(item) })
		if !strings.HasPrefix(text, "\n") {
			p.clause("", indentItem)
		}
		p.s(text)
	}
}

// fromItem is get_from_clause_item.
func (p *deparser) fromItem(item fromItem) {
	switch f := item.(type) {
	case *fromRTE:
		p.table(f.rte)
	case *fromJoin:
		p.join(f)
	default:
		p.unknown()
	}
}

func (p *deparser) table(r *rte) {
	name := p.query.names[r]
	if r.lateral {
		p.s("LATERAL ")
	}
	alias := r.aliased
	var own []string
	switch {
	case r.view != nil:
		p.s(p.a.cat.RelationName(r.view, p.query.path))
		alias = alias || name != r.view.Name
		own = liveNames(r.view)
	case r.kind == rteRelation:
		p.s(p.a.cat.RelationName(r.rel, p.query.path))
		alias = alias || name != r.rel.Name
		own = liveNames(r.rel)
	case r.kind == rteCTE:
		p.s(catalog.QuoteIdent(r.cte.name))
		alias = alias || name != r.cte.name
		for i := range r.cte.cols {
			own = append(own, r.cte.cols[i].name)
		}
	case r.kind == rteSubquery:
		p.s("(")
		p.nested(r.query, true)
		p.s(")")
		own = targetNames(r.query)
	case r.kind == rteFunction:
		p.tableFunction(r)
		alias = true
	default:
		p.unknown()
	}
	if alias {
		p.s(" ", catalog.QuoteIdent(name))
	}
	if p.query.renamed.in(r) {
		cols := slices.Clone(r.cols)
		for i := range cols {
			old := cols[i].name
			cols[i].name = p.columnName(r, i)
			if i < len(own) && own[i] == old {
				own[i] = cols[i].name
			}
		}
		p.columnAliases(cols, own)
		return
	}
	p.columnAliases(r.cols, own)
}

// liveNames are the names of a relation's columns.
func liveNames(r *catalog.Relation) []string {
	var names []string
	for _, c := range r.Columns {
		if !c.Dropped {
			names = append(names, c.Name)
		}
	}
	return names
}

// tableFunction writes a function in FROM. Several are those of unnest.
func (p *deparser) tableFunction(r *rte) {
	for i, call := range r.fn.calls {
		f, ok := call.(*funcExpr)
		switch {
		case len(r.fn.calls) == 1:
			p.expr(call, true)
		case !ok || f.fn.Name != "unnest" || len(f.args) != 1:
			p.unknown()
		default:
			p.s([...]string{"unnest(", ", "}[min(i, 1)])
			p.expr(f.args[0], true)
		}
	}
	if len(r.fn.calls) > 1 {
		p.s(")")
	}
	if r.fn.ordinality {
		p.s(" WITH ORDINALITY")
	}
}

func (p *deparser) join(j *fromJoin) {
	if j.aliased {
		p.unknown()
	}
	p.open()
	p.fromItem(j.left)
	word := " JOIN "
	switch j.kind {
	case ast.JoinLeft:
		word = " LEFT JOIN "
	case ast.JoinRight:
		word = " RIGHT JOIN "
	case ast.JoinFull:
		word = " FULL JOIN "
	default:
		if j.on == nil {
			word = " CROSS JOIN "
		}
	}
	p.clause(word, indentJoin)
	_, nested := j.right.(*fromJoin)
	if nested = nested && p.pretty; nested {
		p.s("(")
	}
	p.fromItem(j.right)
	if nested {
		p.s(")")
	}
	switch {
	case j.using != nil:
		var names []string
		for _, n := range j.using {
			if p.query.renamed != nil && n == p.query.renamed.from {
				p.unknown()
			}
			names = append(names, catalog.QuoteIdent(n))
		}
		p.s(" USING (", strings.Join(names, ", "), ")")
	case j.on != nil:
		p.s(" ON ")
		p.open()
		p.expr(j.on, false)
		p.close()
	case j.kind != ast.JoinInner && j.kind != ast.JoinCross:
		p.s(" ON TRUE")
	}
	p.close()
}
