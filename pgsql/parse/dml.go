package parse

import "polyreme/pgsql/parse/ast"

// insertStmt parses INSERT.
func (p *parser) insertStmt(with *ast.WithClause) *ast.InsertStmt {
	s := &ast.InsertStmt{At: p.here(), With: with}
	p.advance()
	p.expect(kwInto)
	s.Rel = p.qualifiedName()
	if p.accept(kwAs) {
		s.Rel.Alias = &ast.Alias{At: p.here(), Name: p.colID()}
	}
	if p.accept(kwDefault) {
		p.expect(kwValues)
	} else {
		if p.at('(') && !p.queryAfterParen() {
			s.Columns = p.insertColumns()
		}
		s.Override = p.overriding()
		s.Query = p.selectStmt()
	}
	if p.at(kwOn) {
		s.OnConflict = p.onConflict()
	}
	s.Returning = p.returning()
	return s
}

// queryAfterParen tells whether the parenthesis here opens a query.
func (p *parser) queryAfterParen() bool {
	switch p.peek(1) {
	case '(', kwSelect, kwWith, kwWithLA, kwTable:
		return true
	case kwValues:
		return p.peek(2) == '('
	}
	return false
}

// overriding parses an optional OVERRIDING clause.
func (p *parser) overriding() ast.Override {
	if !p.accept(kwOverriding) {
		return ast.OverrideNone
	}
	o := ast.OverrideSystem
	if p.accept(kwUser) {
		o = ast.OverrideUser
	} else {
		p.expect(kwSystem)
	}
	p.expect(kwValue)
	return o
}

// insertColumns parses (column, …) of INSERT.
func (p *parser) insertColumns() []ast.ResTarget {
	p.expect('(')
	list := make([]ast.ResTarget, 0, 4)
	for {
		list = append(list, p.setTarget())
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

// setTarget parses a column that is assigned, with its indirection.
func (p *parser) setTarget() ast.ResTarget {
	t := ast.ResTarget{At: p.here(), Name: p.colID()}
	if p.at('.') || p.at('[') {
		t.Indirection = p.steps()
	}
	return t
}

// onConflict parses ON CONFLICT.
func (p *parser) onConflict() *ast.OnConflict {
	c := &ast.OnConflict{At: p.here()}
	p.expectAll(kwOn, kwConflict)
	at := p.here()
	switch {
	case p.accept('('):
		c.Infer = &ast.InferClause{At: at, Elems: p.indexElems()}
		p.expect(')')
		c.Infer.Where = p.where()
	case p.accept(kwOn):
		p.expect(kwConstraint)
		c.Infer = &ast.InferClause{At: at, Constraint: p.colID()}
	}
	p.expect(kwDo)
	if p.accept(kwNothing) {
		return c
	}
	p.expect(kwUpdate)
	p.expect(kwSet)
	c.DoUpdate = true
	c.Set = p.setClauses()
	c.Where = p.where()
	return c
}

// returning parses an optional RETURNING.
func (p *parser) returning() []ast.ResTarget {
	if !p.accept(kwReturning) {
		return nil
	}
	return p.targetList()
}

// targetRelation parses the relation of UPDATE, DELETE or MERGE with its alias;
// SET is not taken for one unless AS comes before.
func (p *parser) targetRelation() *ast.RangeVar {
	rel := p.relationExpr()
	if p.accept(kwAs) || p.tok.kind.isColID() && !p.at(kwSet) {
		rel.Alias = &ast.Alias{At: p.here(), Name: p.colID()}
	}
	return rel
}

// setClauses parses the assignments of SET.
func (p *parser) setClauses() []ast.ResTarget {
	list := make([]ast.ResTarget, 0, 4)
	for {
		list = p.setClause(list)
		if !p.accept(',') {
			return list
		}
	}
}

// setClause parses column = value, or (column, …) = source.
func (p *parser) setClause(list []ast.ResTarget) []ast.ResTarget {
	if !p.at('(') {
		t := p.setTarget()
		p.expect('=')
		t.Value = p.expr()
		return append(list, t)
	}
	targets := p.insertColumns()
	p.expect('=')
	at := p.here()
	source := p.expr()
	for i := range targets {
		targets[i].Value = &ast.MultiAssign{At: at, Source: source, Column: i + 1, Columns: len(targets)}
	}
	return append(list, targets...)
}

// whereOrCurrent parses an optional WHERE, which may be WHERE CURRENT OF.
func (p *parser) whereOrCurrent() ast.Expr {
	if !p.accept(kwWhere) {
		return nil
	}
	if p.at2(kwCurrent, kwOf) {
		c := &ast.CurrentOfExpr{At: p.here()}
		p.advance()
		p.advance()
		c.Cursor = p.colID()
		return c
	}
	return p.expr()
}

// updateStmt parses UPDATE.
func (p *parser) updateStmt(with *ast.WithClause) *ast.UpdateStmt {
	s := &ast.UpdateStmt{At: p.here(), With: with}
	p.advance()
	s.Rel = p.targetRelation()
	p.expect(kwSet)
	s.Set = p.setClauses()
	if p.accept(kwFrom) {
		s.From = p.fromList()
	}
	s.Where = p.whereOrCurrent()
	s.Returning = p.returning()
	return s
}

// deleteStmt parses DELETE.
func (p *parser) deleteStmt(with *ast.WithClause) *ast.DeleteStmt {
	s := &ast.DeleteStmt{At: p.here(), With: with}
	p.advance()
	p.expect(kwFrom)
	s.Rel = p.targetRelation()
	if p.accept(kwUsing) {
		s.Using = p.fromList()
	}
	s.Where = p.whereOrCurrent()
	s.Returning = p.returning()
	return s
}

// mergeStmt parses MERGE.
func (p *parser) mergeStmt(with *ast.WithClause) *ast.MergeStmt {
	s := &ast.MergeStmt{At: p.here(), With: with}
	p.advance()
	p.expect(kwInto)
	s.Rel = p.targetRelation()
	p.expect(kwUsing)
	s.Source = p.tableRef()
	p.expect(kwOn)
	s.On = p.expr()
	for {
		s.Whens = append(s.Whens, p.mergeWhen())
		if !p.at(kwWhen) {
			return s
		}
	}
}

// mergeWhen parses a WHEN clause of MERGE.
func (p *parser) mergeWhen() ast.MergeWhen {
	w := ast.MergeWhen{At: p.here()}
	p.expect(kwWhen)
	w.Matched = !p.accept(kwNot)
	p.expect(kwMatched)
	if p.accept(kwAnd) {
		w.Cond = p.expr()
	}
	p.expect(kwThen)
	switch {
	case p.accept(kwDo):
		p.expect(kwNothing)
	case w.Matched && p.accept(kwUpdate):
		p.expect(kwSet)
		w.Action, w.Set = ast.MergeUpdate, p.setClauses()
	case w.Matched:
		p.expect(kwDelete)
		w.Action = ast.MergeDelete
	default:
		p.expect(kwInsert)
		w.Action = ast.MergeInsert
		if p.accept(kwDefault) {
			p.expect(kwValues)
			return w
		}
		if p.at('(') {
			w.Columns = p.insertColumns()
		}
		w.Override = p.overriding()
		p.expect(kwValues)
		w.Values = p.parenExprs()
	}
	return w
}
