package parse

import "polyreme/pgsql/parse/ast"

// preparedStmt parses PREPARE, EXECUTE and DEALLOCATE.
func (p *parser) preparedStmt() ast.Stmt {
	switch {
	case p.at(kwExecute):
		return p.executeStmt()
	case p.accept(kwDeallocate):
		if p.at(kwPrepare) && p.peek(1) != tEOF && p.peek(1) != ';' {
			p.advance()
		}
		if p.accept(kwAll) {
			return &ast.DeallocateStmt{}
		}
		return &ast.DeallocateStmt{Name: p.colID()}
	}
	p.advance()
	if p.at2(kwTransaction, tString) {
		p.advance()
		return &ast.TransactionStmt{Kind: ast.TransPrepare, GID: p.stringConst()}
	}
	s := &ast.PrepareStmt{Name: p.colID()}
	if p.accept('(') {
		s.ArgTypes = p.typeList()
		p.expect(')')
	}
	p.expect(kwAs)
	s.Query = p.preparable()
	return s
}

// typeList parses types with commas between.
func (p *parser) typeList() []*ast.TypeName {
	list := []*ast.TypeName{p.typeName()}
	for p.accept(',') {
		list = append(list, p.typeName())
	}
	return list
}

// executeStmt parses EXECUTE.
func (p *parser) executeStmt() *ast.ExecuteStmt {
	p.advance()
	s := &ast.ExecuteStmt{Name: p.colID()}
	if p.at('(') {
		s.Params = p.parenExprs()
	}
	return s
}

// cursorStmt parses DECLARE, FETCH, MOVE and CLOSE.
func (p *parser) cursorStmt() ast.Stmt {
	switch {
	case p.at(kwDeclare):
		return p.declareStmt()
	case p.accept(kwClose):
		if p.accept(kwAll) {
			return &ast.ClosePortalStmt{}
		}
		return &ast.ClosePortalStmt{Name: p.colID()}
	}
	s := &ast.FetchStmt{Count: 1, Move: p.at(kwMove)}
	p.advance()
	p.fetchDirection(s)
	if !p.accept(kwFrom) {
		p.accept(kwIn)
	}
	s.Cursor = p.colID()
	return s
}

// fetchDirection parses the direction and count of FETCH. A direction's word may
// also be the name of a cursor.
func (p *parser) fetchDirection(s *ast.FetchStmt) {
	if k := p.peek(1); (k == tEOF || k == ';') && p.tok.kind.isColID() {
		return
	}
	k := p.tok.kind
	switch k {
	case kwNext:
	case kwPrior:
		s.Direction = ast.FetchBackward
	case kwFirst:
		s.Direction = ast.FetchAbsolute
	case kwLast:
		s.Direction, s.Count = ast.FetchAbsolute, -1
	case kwAll:
		s.Count = ast.FetchAll
	case kwAbsolute, kwRelative:
		s.Direction = ast.FetchAbsolute
		if k == kwRelative {
			s.Direction = ast.FetchRelative
		}
		p.advance()
		s.Count = int64(p.signedInt())
		return
	case kwForward, kwBackward:
		if k == kwBackward {
			s.Direction = ast.FetchBackward
		}
		p.advance()
		if p.accept(kwAll) {
			s.Count = ast.FetchAll
		} else if p.at(tInteger) || p.at('+') || p.at('-') {
			s.Count = int64(p.signedInt())
		}
		return
	case tInteger, '+', '-':
		s.Count = int64(p.signedInt())
		return
	default:
		return
	}
	p.advance()
}

// declareStmt parses DECLARE.
func (p *parser) declareStmt() ast.Stmt {
	p.advance()
	s := &ast.DeclareCursorStmt{Name: p.colID()}
	for !p.at(kwCursor) {
		switch {
		case p.accept(kwBinary):
			s.Options |= ast.CursorBinary
		case p.accept(kwScroll):
			s.Options |= ast.CursorScroll
		case p.accept(kwInsensitive):
			s.Options |= ast.CursorInsensitive
		case p.accept(kwAsensitive):
			s.Options |= ast.CursorAsensitive
		case p.accept(kwNo):
			p.expect(kwScroll)
			s.Options |= ast.CursorNoScroll
		default:
			p.syntaxError()
		}
	}
	p.advance()
	if p.accept(kwWith) {
		p.expect(kwHold)
		s.Options |= ast.CursorHold
	} else if p.accept(kwWithout) {
		p.expect(kwHold)
	}
	p.expect(kwFor)
	s.Query = p.selectStmt()
	return s
}
