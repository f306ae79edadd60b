package parse

import "polyreme/pgsql/parse/ast"

// createIndex parses CREATE INDEX from UNIQUE or INDEX on.
func (p *parser) createIndex() ast.Stmt {
	s := &ast.IndexStmt{Unique: p.accept(kwUnique)}
	p.expect(kwIndex)
	s.Concurrently = p.accept(kwConcurrently)
	s.IfNotExists = p.ifNotExists()
	if s.IfNotExists || !p.at(kwOn) {
		s.Name = p.colID()
	}
	p.expect(kwOn)
	s.Rel = p.relationExpr()
	if p.accept(kwUsing) {
		s.AccessMethod = p.colID()
	}
	p.expect('(')
	s.Elems = p.indexElems()
	p.expect(')')
	if p.accept(kwInclude) {
		p.expect('(')
		s.Including = p.indexElems()
		p.expect(')')
	}
	s.NullsNotDistinct = p.nullsNotDistinct()
	if p.accept(kwWith) {
		s.Options = p.relOptions()
	}
	if p.accept(kwTablespace) {
		s.Tablespace = p.colID()
	}
	s.Where = p.where()
	return s
}

// indexElems parses the columns of an index.
func (p *parser) indexElems() []ast.IndexElem {
	list := []ast.IndexElem{p.indexElem()}
	for p.accept(',') {
		list = append(list, p.indexElem())
	}
	return list
}

// indexKey parses what is indexed: a column, a call or (expression).
func (p *parser) indexKey() ast.IndexElem {
	e := ast.IndexElem{At: p.here()}
	if p.at('(') {
		e.Expr, e.Parenthesise = p.parenExpr(), true
		return e
	}
	if e.Expr = p.functionInFrom(); e.Expr == nil {
		e.Name = p.colID()
	}
	return e
}

// indexElem parses a column of an index with its options.
func (p *parser) indexElem() ast.IndexElem {
	e := p.indexKey()
	if p.accept(kwCollate) {
		e.Collation = p.anyName()
	}
	if p.tok.kind.isColID() {
		e.OpClass = p.anyName()
		if p.at('(') {
			e.OpClassOpts = p.relOptions()
		}
	}
	e.Dir = p.sortDir()
	e.Nulls = p.sortNulls()
	return e
}
