package parse

import "polyreme/pgsql/parse/ast"

// A parenthesis may open a sub-query, an expression, a row, or (in FROM) a join,
// and any number of parentheses may come before the word that tells. Each is
// parsed once, from the outside in; what it was is known when it closes.

// atSelect tells whether a query begins at the current token, parentheses aside.
func (p *parser) atSelect() bool {
	switch p.tok.kind {
	case kwSelect, kwWith, kwWithLA, kwTable:
		return true
	case kwValues:
		return p.peek(1) == '('
	}
	return false
}

// atSelectRest tells whether the current token goes on a query after an operand
// in parentheses.
func (p *parser) atSelectRest() bool {
	switch p.tok.kind {
	case kwUnion, kwIntersect, kwExcept, kwOrder, kwLimit, kwOffset, kwFetch, kwFor:
		return true
	}
	return false
}

// parenthesis parses from an opening to its closing parenthesis: a query, or an
// expression with those after it in rest.
func (p *parser) parenthesis() (query *ast.SelectStmt, x ast.Expr, rest []ast.Expr) {
	p.enter()
	defer p.leave()
	p.expect('(')
	switch {
	case p.atSelect():
		query = p.selectNoParens()
		p.expect(')')
		return query, nil, nil
	case p.at('('):
		at := p.here()
		inner, y, more := p.parenthesis()
		if inner != nil {
			if p.accept(')') {
				return inner, nil, nil
			}
			if p.atSelectRest() {
				query = p.selectRest(inner)
				p.expect(')')
				return query, nil, nil
			}
		}
		x = p.infix(p.parenthesised(at, inner, y, more), precOr, false)
	default:
		x = p.expr()
	}
	if comma := p.tok; p.at(',') {
		for p.accept(',') {
			rest = append(rest, p.expr())
		}
		p.comma = comma
	}
	p.expect(')')
	return nil, x, rest
}

// parenthesised makes an expression of what parenthesis found and of the
// indirection or OVERLAPS that follows.
func (p *parser) parenthesised(at ast.At, query *ast.SelectStmt, x ast.Expr, rest []ast.Expr) ast.Expr {
	switch {
	case query != nil:
		return p.indirection(&ast.SubLink{At: at, Kind: ast.ExprSubLink, Query: query})
	case rest != nil:
		row := &ast.RowExpr{At: at, Args: append([]ast.Expr{x}, rest...)}
		return p.overlaps(row)
	}
	return p.indirection(x)
}

// subquery parses a query in parentheses.
func (p *parser) subquery() *ast.SelectStmt {
	p.enter()
	defer p.leave()
	p.expect('(')
	var query *ast.SelectStmt
	if p.at('(') {
		query = p.selectRest(p.subquery())
	} else {
		query = p.selectNoParens()
	}
	p.expect(')')
	return query
}

// subqueryOrExpr parses a query or one expression in parentheses.
func (p *parser) subqueryOrExpr() (*ast.SelectStmt, ast.Expr) {
	query, x, rest := p.parenthesis()
	if rest != nil {
		p.failToken(&p.comma)
	}
	return query, x
}

// subqueryOrList parses a query or expressions in parentheses.
func (p *parser) subqueryOrList() (*ast.SelectStmt, []ast.Expr) {
	query, x, rest := p.parenthesis()
	if query != nil {
		return query, nil
	}
	return nil, append([]ast.Expr{x}, rest...)
}

// parenExprs parses (expression, …).
func (p *parser) parenExprs() []ast.Expr {
	p.expect('(')
	list := p.exprList()
	p.expect(')')
	return list
}

// parenExpr parses (expression).
func (p *parser) parenExpr() ast.Expr {
	p.expect('(')
	x := p.expr()
	p.expect(')')
	return x
}
