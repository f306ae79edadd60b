package parse

import "polyreme/pgsql/parse/ast"

// statement parses one statement.
func (p *parser) statement() ast.Stmt {
	switch p.tok.kind {
	case kwSelect, kwValues, kwTable, kwWith, kwWithLA, kwInsert, kwUpdate, kwDelete, kwMerge, '(':
		return p.preparable()
	case kwBegin, kwStart, kwCommit, kwEnd, kwAbort, kwRollback, kwSavepoint, kwRelease:
		return p.transactionStmt()
	case kwCreate:
		return p.createStmt()
	case kwAlter:
		return p.alterStmt()
	case kwDrop:
		return p.dropStmt()
	case kwGrant:
		return p.grantStmt()
	case kwRevoke:
		return p.revokeStmt()
	case kwSet, kwReset, kwShow:
		return p.settingStmt()
	case kwPrepare, kwExecute, kwDeallocate:
		return p.preparedStmt()
	case kwDeclare, kwFetch, kwMove, kwClose:
		return p.cursorStmt()
	case kwCopy:
		return p.copyStmt()
	case kwExplain:
		return p.explainStmt()
	case kwVacuum, kwAnalyze, kwAnalyse, kwReindex, kwCluster:
		return p.maintenanceStmt()
	case kwListen, kwUnlisten, kwNotify:
		return p.notifyStmt()
	}
	return p.otherStmt()
}

// otherStmt parses the statements that have a word of their own.
func (p *parser) otherStmt() ast.Stmt {
	switch p.tok.kind {
	case kwTruncate:
		return p.truncateStmt()
	case kwComment:
		return p.commentStmt()
	case kwLock:
		return p.lockStmt()
	case kwDiscard:
		return p.discardStmt()
	case kwDo:
		return p.doStmt()
	case kwCall:
		p.advance()
		at := p.here()
		return &ast.CallStmt{Call: p.application(at, p.funcName())}
	case kwCheckpoint:
		p.advance()
		return &ast.CheckPointStmt{}
	case kwLoad:
		p.advance()
		return &ast.LoadStmt{Filename: p.stringConst()}
	case kwRefresh:
		return p.refreshStmt()
	case kwReassign:
		p.advance()
		p.expectAll(kwOwned, kwBy)
		s := &ast.ReassignOwnedStmt{Roles: p.roleList()}
		p.expect(kwTo)
		s.NewRole = p.roleSpec()
		return s
	case kwSecurity:
		p.advance()
		p.expect(kwLabel)
		return p.unsupported("SECURITY LABEL")
	case kwImport:
		p.advance()
		p.expectAll(kwForeign, kwSchema)
		return p.unsupported("IMPORT FOREIGN SCHEMA")
	}
	p.syntaxError()
	return nil
}

// unsupported skips the rest of a statement of a kind that Polyreme does not
// have: up to a semicolon outside parentheses. At least one token must follow
// the words of the kind.
func (p *parser) unsupported(kindWords string) ast.Stmt {
	if p.at(tEOF) || p.at(';') {
		p.syntaxError()
	}
	for depth := 0; ; p.advance() {
		switch p.tok.kind {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
			if depth < 0 {
				p.syntaxError()
			}
		case ';':
			if depth == 0 {
				return &ast.Unsupported{Kind: kindWords}
			}
		case tEOF:
			if depth > 0 {
				p.syntaxError()
			}
			return &ast.Unsupported{Kind: kindWords}
		}
	}
}
