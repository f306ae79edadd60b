package parse

import "polyreme/pgsql/parse/ast"

// transactionStmt parses BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin.
func (p *parser) transactionStmt() ast.Stmt {
	s := &ast.TransactionStmt{}
	k := p.tok.kind
	p.advance()
	switch k {
	case kwStart:
		p.expect(kwTransaction)
		s.Kind = ast.TransStart
		p.transactionModes(&s.Modes, false)
	case kwBegin:
		p.workOrTransaction()
		p.transactionModes(&s.Modes, false)
	case kwSavepoint:
		s.Kind, s.Name = ast.TransSavepoint, p.colID()
	case kwRelease:
		s.Kind = ast.TransRelease
		s.Name = p.savepointName()
	case kwCommit, kwEnd:
		s.Kind = ast.TransCommit
		if k == kwCommit && p.accept(kwPrepared) {
			s.Kind, s.GID = ast.TransCommitPrepared, p.stringConst()
			return s
		}
		p.workOrTransaction()
		p.chain(s)
	default: // ROLLBACK, ABORT
		s.Kind = ast.TransRollback
		if k == kwRollback && p.accept(kwPrepared) {
			s.Kind, s.GID = ast.TransRollbackPrepared, p.stringConst()
			return s
		}
		p.workOrTransaction()
		if k == kwRollback && p.accept(kwTo) {
			s.Kind, s.Name = ast.TransRollbackTo, p.savepointName()
			return s
		}
		p.chain(s)
	}
	return s
}

// savepointName parses [SAVEPOINT] name.
func (p *parser) savepointName() string {
	if p.at(kwSavepoint) && p.peek(1).isColID() {
		p.advance()
	}
	return p.colID()
}

// workOrTransaction parses an optional WORK or TRANSACTION.
func (p *parser) workOrTransaction() {
	if !p.accept(kwWork) {
		p.accept(kwTransaction)
	}
}

// chain parses an optional AND [NO] CHAIN.
func (p *parser) chain(s *ast.TransactionStmt) {
	if !p.accept(kwAnd) {
		return
	}
	s.NoChain = p.accept(kwNo)
	s.Chain = !s.NoChain
	p.expect(kwChain)
}

// transactionModes parses transaction modes, with or without commas between; at
// least one where required.
func (p *parser) transactionModes(m *ast.TransactionModes, required bool) {
	for {
		switch {
		case p.accept(kwIsolation):
			p.expect(kwLevel)
			m.Isolation = p.isolation()
		case p.accept(kwRead):
			m.ReadOnly = ast.On
			if !p.accept(kwOnly) {
				p.expect(kwWrite)
				m.ReadOnly = ast.Off
			}
		case p.accept(kwDeferrable):
			m.Deferrable = ast.On
		case p.at2(kwNot, kwDeferrable):
			p.advance()
			p.advance()
			m.Deferrable = ast.Off
		default:
			if required {
				p.syntaxError()
			}
			return
		}
		required = p.accept(',')
	}
}

// isolation parses an isolation level.
func (p *parser) isolation() ast.Isolation {
	switch {
	case p.accept(kwSerializable):
		return ast.Serializable
	case p.accept(kwRepeatable):
		p.expect(kwRead)
		return ast.RepeatableRead
	}
	p.expect(kwRead)
	if p.accept(kwUncommitted) {
		return ast.ReadUncommitted
	}
	p.expect(kwCommitted)
	return ast.ReadCommitted
}
