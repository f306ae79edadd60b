package parse

import "polyreme/pgsql/parse/ast"

// optWith parses an optional WITH clause.
func (p *parser) optWith() *ast.WithClause {
	if !p.at(kwWith) && !p.at(kwWithLA) {
		return nil
	}
	w := &ast.WithClause{At: p.here()}
	plain := p.at(kwWith)
	p.advance()
	if plain {
		// RECURSIVE is not reserved: WITH recursive AS (…) names a query.
		if p.at(kwRecursive) && p.peek(1) != kwAs && p.peek(1) != '(' {
			p.advance()
			w.Recursive = true
		}
	}
	for {
		w.CTEs = append(w.CTEs, p.commonTableExpr())
		if !p.accept(',') {
			return w
		}
	}
}

// commonTableExpr parses one query of WITH.
func (p *parser) commonTableExpr() *ast.CommonTableExpr {
	p.enter()
	defer p.leave()
	c := &ast.CommonTableExpr{At: p.here(), Name: p.colID(), Columns: p.optParenNames()}
	p.expect(kwAs)
	switch {
	case p.accept(kwMaterialized):
		c.Materialize = ast.MaterializeAlways
	case p.accept(kwNot):
		p.expect(kwMaterialized)
		c.Materialize = ast.MaterializeNever
	}
	p.expect('(')
	c.Query = p.preparable()
	p.expect(')')
	if p.at(kwSearch) {
		c.Search = p.searchClause()
	}
	if p.at(kwCycle) {
		c.Cycle = p.cycleClause()
	}
	return c
}

// preparable parses a statement that can be planned: a query, INSERT, UPDATE,
// DELETE or MERGE.
func (p *parser) preparable() ast.Stmt {
	with := p.optWith()
	if s := p.dml(with); s != nil {
		return s
	}
	if with == nil && p.at('(') {
		return p.selectStmt()
	}
	return p.selectAfterWith(with)
}

// dml parses INSERT, UPDATE, DELETE or MERGE, nil where none begins.
func (p *parser) dml(with *ast.WithClause) ast.Stmt {
	switch p.tok.kind {
	case kwInsert:
		return p.insertStmt(with)
	case kwUpdate:
		return p.updateStmt(with)
	case kwDelete:
		return p.deleteStmt(with)
	case kwMerge:
		return p.mergeStmt(with)
	}
	return nil
}

// searchClause parses SEARCH.
func (p *parser) searchClause() *ast.CTESearch {
	s := &ast.CTESearch{At: p.here()}
	p.advance()
	if s.BreadthFirst = p.accept(kwBreadth); !s.BreadthFirst {
		p.expect(kwDepth)
	}
	p.expectAll(kwFirst, kwBy)
	s.Columns = p.nameList()
	p.expect(kwSet)
	s.SeqColumn = p.colID()
	return s
}

// cycleClause parses CYCLE.
func (p *parser) cycleClause() *ast.CTECycle {
	c := &ast.CTECycle{At: p.here()}
	p.advance()
	c.Columns = p.nameList()
	p.expect(kwSet)
	c.MarkColumn = p.colID()
	if p.accept(kwTo) {
		c.MarkValue = p.constant()
		p.expect(kwDefault)
		c.MarkDefault = p.constant()
	}
	p.expect(kwUsing)
	c.PathColumn = p.colID()
	return c
}

// constant parses an AexprConst: a literal, typed or not.
func (p *parser) constant() ast.Expr {
	at := p.tok.pos
	x := p.primary()
	switch c := x.(type) {
	case *ast.Const:
		return c
	case *ast.TypeCast:
		if s, ok := c.X.(*ast.Const); ok && s.Kind == ast.ConstString {
			return c
		}
	}
	p.failAt(at)
	return nil
}
