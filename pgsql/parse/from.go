package parse

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// fromList parses the items of FROM.
func (p *parser) fromList() []ast.TableExpr {
	list := append(make([]ast.TableExpr, 0, 2), p.tableRef())
	for p.accept(',') {
		list = append(list, p.tableRef())
	}
	return list
}

// tableRef parses a table_ref with the joins after it.
func (p *parser) tableRef() ast.TableExpr {
	p.enter()
	defer p.leave()
	return p.joins(p.tablePrimary())
}

// atJoin tells whether a join goes on the table expression before.
func (p *parser) atJoin() bool {
	switch p.tok.kind {
	case kwJoin, kwCross, kwNatural, kwInner, kwLeft, kwRight, kwFull:
		return true
	}
	return false
}

// joins parses the joins after left.
func (p *parser) joins(left ast.TableExpr) ast.TableExpr {
	for p.atJoin() {
		p.grow()
		left = p.join(left)
	}
	return left
}

// join parses one join after left.
func (p *parser) join(left ast.TableExpr) ast.TableExpr {
	j := &ast.JoinExpr{At: p.here(), Left: left}
	if p.accept(kwCross) {
		p.expect(kwJoin)
		j.Type = ast.JoinCross
		j.Right = p.tablePrimary()
		return j
	}
	j.Natural = p.accept(kwNatural)
	switch p.tok.kind {
	case kwLeft:
		j.Type = ast.JoinLeft
	case kwRight:
		j.Type = ast.JoinRight
	case kwFull:
		j.Type = ast.JoinFull
	}
	if j.Type != ast.JoinInner {
		p.advance()
		p.accept(kwOuter)
	} else {
		p.accept(kwInner)
	}
	p.expect(kwJoin)
	if j.Natural {
		j.Right = p.tablePrimary()
		return j
	}
	// a JOIN b JOIN c ON … ON …: joins before our ON belong to the right side.
	j.Right = p.tableRef()
	if p.accept(kwOn) {
		j.On = p.expr()
		return j
	}
	p.expect(kwUsing)
	j.Using = p.parenNames()
	if p.at(kwAs) {
		p.advance()
		j.UsingAlias = &ast.Alias{At: p.here(), Name: p.colID()}
	}
	return j
}

// tablePrimary parses an item of FROM without joins.
func (p *parser) tablePrimary() ast.TableExpr {
	at := p.here()
	if p.at('(') {
		query, t := p.tableParenthesis()
		if query != nil {
			return p.subselect(at, query, false)
		}
		return t
	}
	lateral := p.accept(kwLateral)
	switch {
	case lateral && p.at('('):
		return p.subselect(p.here(), p.subquery(), true)
	case p.at(kwXmltable) && p.peek(1) == '(':
		t := p.xmlTable(lateral)
		t.Alias = p.optAlias()
		return t
	case p.at2(kwRows, kwFrom):
		return p.rowsFrom(lateral)
	case p.at(kwOnly):
		if lateral {
			p.syntaxError()
		}
		return p.relation()
	}
	if call := p.functionInFrom(); call != nil {
		f := &ast.RangeFunction{At: at, Lateral: lateral, Funcs: []ast.RangeFuncItem{{Call: call}}}
		p.functionEnd(f)
		return f
	}
	if lateral || !p.tok.kind.isColID() && p.tok.kind.isTypeFuncName() {
		if p.tok.kind.isColID() || p.tok.kind.isTypeFuncName() {
			p.advance() // a function, so a parenthesis is missing
		}
		p.syntaxError()
	}
	return p.relation()
}

// tableParenthesis parses from an opening to its closing parenthesis in FROM: a
// query, or a join with its alias.
func (p *parser) tableParenthesis() (*ast.SelectStmt, ast.TableExpr) {
	p.enter()
	defer p.leave()
	p.expect('(')
	var t ast.TableExpr
	switch {
	case p.atSelect():
		query := p.selectNoParens()
		p.expect(')')
		return query, nil
	case p.at('('):
		at := p.here()
		query, inner := p.tableParenthesis()
		if query != nil {
			if p.accept(')') {
				return query, nil
			}
			if p.atSelectRest() {
				query = p.selectRest(query)
				p.expect(')')
				return query, nil
			}
			inner = p.subselect(at, query, false)
		}
		t = p.joins(inner)
	default:
		t = p.tableRef()
	}
	if _, ok := t.(*ast.JoinExpr); !ok {
		p.syntaxError()
	}
	p.expect(')')
	if a := p.optAlias(); a != nil {
		t.(*ast.JoinExpr).Alias = a
	}
	return nil, t
}

// subselect makes a FROM item of a query and parses its alias.
func (p *parser) subselect(at ast.At, query *ast.SelectStmt, lateral bool) ast.TableExpr {
	s := &ast.RangeSubselect{At: at, Lateral: lateral, Query: query, Alias: p.optAlias()}
	if s.Alias == nil {
		what, hint := "subquery in FROM must have an alias", "For example, FROM (SELECT ...) [AS] foo."
		if query.Values != nil {
			what, hint = "VALUES in FROM must have an alias", "For example, FROM (VALUES ...) [AS] foo."
		}
		err := pgerr.New(pgerr.SyntaxError, "%s", what)
		err.Hint = hint
		panic(bailout{err.At(ast.Character(p.lex.src, at.Pos()))})
	}
	return s
}

// relation parses a relation_expr with its alias and TABLESAMPLE.
func (p *parser) relation() ast.TableExpr {
	rel := p.relationExpr()
	rel.Alias = p.optAlias()
	if !p.at(kwTablesample) {
		return rel
	}
	s := &ast.RangeTableSample{At: p.here(), Rel: rel}
	p.advance()
	s.Method = p.funcName()
	s.Args = p.parenExprs()
	if p.accept(kwRepeatable) {
		s.Repeatable = p.parenExpr()
	}
	return s
}

// relationExpr parses name, name *, ONLY name or ONLY (name).
func (p *parser) relationExpr() *ast.RangeVar {
	if p.accept(kwOnly) {
		parens := p.accept('(')
		rel := p.qualifiedName()
		rel.Only = true
		if parens {
			p.expect(')')
		}
		return rel
	}
	rel := p.qualifiedName()
	p.accept('*')
	return rel
}

// relationExprList parses relation_expr, ….
func (p *parser) relationExprList() []*ast.RangeVar {
	list := []*ast.RangeVar{p.relationExpr()}
	for p.accept(',') {
		list = append(list, p.relationExpr())
	}
	return list
}

// optAlias parses an optional alias: [AS] name [(columns)].
func (p *parser) optAlias() *ast.Alias {
	if !p.accept(kwAs) {
		if !p.tok.kind.isColID() {
			return nil
		}
	}
	a := &ast.Alias{At: p.here(), Name: p.colID()}
	a.Columns = p.optParenNames()
	return a
}

// funcName parses the name of a function.
func (p *parser) funcName() []string {
	if p.tok.kind.isTypeFuncName() && p.peek(1) != '.' {
		names := []string{p.tok.str}
		p.advance()
		return names
	}
	names := p.attrs([]string{p.colID()})
	if len(names) == 1 {
		p.syntaxError()
	}
	return names
}

// functionInFrom parses a func_expr_windowless; nil where a relation begins. A
// dotted name is read ahead only as far as tokens can be looked at.
func (p *parser) functionInFrom() ast.Expr {
	at := p.here()
	k := p.tok.kind
	if k.isTypeFuncName() && p.peek(1) == '(' {
		names := []string{p.tok.str}
		p.advance()
		return p.application(at, names)
	}
	if k.isColID() && p.peek(1) == '.' {
		// name.name ( or name.name.name (
		if p.peek(2).isColLabel() && (p.peek(3) == '(' || p.peek(3) == '.' && p.dottedCall()) {
			names := p.attrs([]string{p.colID()})
			return p.application(at, names)
		}
		return nil
	}
	return p.specialFunc(at)
}

// dottedCall tells whether a name of three or more parts is that of a call, by
// reading on in the source without taking the tokens.
func (p *parser) dottedCall() bool {
	l := p.lex
	t := p.ahead[2]
	l.pos = t.end
	for t.kind == '.' {
		l.next(&t)
		if !t.kind.isColLabel() {
			return false
		}
		l.next(&t)
	}
	return t.kind == '('
}

// rowsFrom parses ROWS FROM (…).
func (p *parser) rowsFrom(lateral bool) ast.TableExpr {
	f := &ast.RangeFunction{At: p.here(), Lateral: lateral, RowsFrom: true}
	p.expectAll(kwRows, kwFrom, '(')
	for {
		call := p.functionInFrom()
		if call == nil {
			p.colID()
			p.syntaxError()
		}
		item := ast.RangeFuncItem{Call: call}
		if p.accept(kwAs) {
			item.Columns = p.tableFuncElements()
		}
		f.Funcs = append(f.Funcs, item)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	p.functionEnd(f)
	return f
}

// functionEnd parses WITH ORDINALITY and the alias of a function in FROM.
func (p *parser) functionEnd(f *ast.RangeFunction) {
	if p.accept2(kwWithLA, kwOrdinality) {
		f.Ordinality = true
	}
	if p.accept(kwAs) {
		if p.at('(') {
			f.Columns = p.tableFuncElements()
			return
		}
	} else if !p.tok.kind.isColID() {
		return
	}
	f.Alias = &ast.Alias{At: p.here(), Name: p.colID()}
	if !p.at('(') {
		return
	}
	// (name, …) or (name type, …)?
	if k := p.peek(2); k == ',' || k == ')' {
		f.Alias.Columns = p.parenNames()
		return
	}
	f.Columns = p.tableFuncElements()
}

// tableFuncElements parses (name type [COLLATE c], …).
func (p *parser) tableFuncElements() []ast.ColumnDef {
	p.expect('(')
	var list []ast.ColumnDef
	for {
		c := ast.ColumnDef{At: p.here(), Name: p.colID(), Type: p.typeName()}
		if p.accept(kwCollate) {
			c.Collation = p.anyName()
		}
		list = append(list, c)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}
