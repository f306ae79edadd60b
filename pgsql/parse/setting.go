package parse

import "polyreme/pgsql/parse/ast"

// settingStmt parses SET, RESET and SHOW.
func (p *parser) settingStmt() ast.Stmt {
	switch {
	case p.accept(kwShow):
		return &ast.VariableShowStmt{Name: p.resetName()}
	case p.at(kwReset):
		return p.resetStmt()
	}
	p.advance()
	if p.at(kwConstraints) && p.peek(1) != '.' && p.peek(1) != '=' && p.peek(1) != kwTo {
		return p.constraintsSet()
	}
	local := false
	switch p.tok.kind {
	case kwLocal:
		if k := p.peek(1); k != '=' && k != kwTo && k != '.' {
			p.advance()
			local = true
		}
	case kwSession:
		switch p.peek(1) {
		case '=', kwTo, '.', kwAuthorization, kwCharacteristics:
		default:
			p.advance()
		}
	}
	s := p.setRest(true)
	s.Local = local
	return s
}

// resetStmt parses RESET.
func (p *parser) resetStmt() *ast.VariableSetStmt {
	p.advance()
	if p.accept(kwAll) {
		return &ast.VariableSetStmt{Kind: ast.VarResetAll}
	}
	return &ast.VariableSetStmt{Kind: ast.VarReset, Name: p.resetName()}
}

// resetName parses the name of a setting for SHOW and RESET.
func (p *parser) resetName() string {
	switch {
	case p.accept2(kwTime, kwZone):
		return "timezone"
	case p.at2(kwTransaction, kwIsolation):
		p.advance()
		p.advance()
		p.expect(kwLevel)
		return "transaction_isolation"
	case p.accept2(kwSession, kwAuthorization):
		return "session_authorization"
	case p.accept(kwAll):
		return "all"
	}
	return p.varName()
}

// varName parses the name of a setting.
func (p *parser) varName() string {
	name := p.colID()
	for p.accept('.') {
		name += "." + p.colID()
	}
	return name
}

// constraintsSet parses SET CONSTRAINTS.
func (p *parser) constraintsSet() ast.Stmt {
	p.advance()
	s := &ast.ConstraintsSetStmt{}
	if !p.accept(kwAll) {
		s.Names = p.qualifiedNameList()
	}
	if s.Deferred = p.accept(kwDeferred); !s.Deferred {
		p.expect(kwImmediate)
	}
	return s
}

// setRest parses what follows SET [LOCAL|SESSION]; without transactions, as in a
// function's options, SET TRANSACTION is only that of a snapshot.
func (p *parser) setRest(transactions bool) *ast.VariableSetStmt {
	s := &ast.VariableSetStmt{}
	switch k := p.peek(1); {
	case k == '=' || k == kwTo || k == '.' || k == kwFrom:
		return p.genericSet()
	}
	switch p.tok.kind {
	case kwTransaction:
		p.advance()
		if p.accept(kwSnapshot) {
			s.Kind, s.Name, s.Args = ast.VarSetSnapshot, "TRANSACTION SNAPSHOT", p.stringArg()
			return s
		}
		if !transactions {
			p.syntaxError()
		}
		s.Kind, s.Name = ast.VarSetMulti, "TRANSACTION"
		p.transactionModes(&s.Modes, true)
	case kwSession:
		p.advance()
		if transactions && p.accept(kwCharacteristics) {
			p.expectAll(kwAs, kwTransaction)
			s.Kind, s.Name = ast.VarSetMulti, "SESSION CHARACTERISTICS"
			p.transactionModes(&s.Modes, true)
			return s
		}
		p.expect(kwAuthorization)
		s.Name = "session_authorization"
		if p.accept(kwDefault) {
			s.Kind = ast.VarSetDefault
			return s
		}
		s.Args = p.wordArg()
	case kwTime:
		p.advance()
		p.expect(kwZone)
		s.Name = "timezone"
		p.zoneValue(s)
	case kwSchema:
		p.advance()
		s.Name, s.Args = "search_path", p.stringArg()
	case kwCatalog:
		at := p.tok.pos
		p.advance()
		p.stringArg()
		p.failPosition(at, "0A000", "current database cannot be changed")
	case kwNames:
		p.advance()
		s.Name, s.Kind = "client_encoding", ast.VarSetDefault
		if p.at(tString) {
			s.Kind, s.Args = ast.VarSetValue, p.stringArg()
		} else {
			p.accept(kwDefault)
		}
	case kwRole:
		p.advance()
		s.Name, s.Args = "role", p.wordArg()
	case kwXml:
		p.xmlOption(s)
	default:
		return p.genericSet()
	}
	return s
}

// xmlOption parses XML OPTION.
func (p *parser) xmlOption(s *ast.VariableSetStmt) {
	p.advance()
	p.expect(kwOption)
	at := p.here()
	word := "CONTENT"
	if p.documentOrContent() {
		word = "DOCUMENT"
	}
	s.Name, s.Args = "xmloption", []ast.Expr{stringNode(at, word)}
}

// stringNode makes a string constant.
func stringNode(at ast.At, s string) *ast.Const {
	return &ast.Const{At: at, Kind: ast.ConstString, Text: s}
}

// stringArg parses one string.
func (p *parser) stringArg() []ast.Expr {
	at := p.here()
	return []ast.Expr{stringNode(at, p.stringConst())}
}

// wordArg parses one word or string.
func (p *parser) wordArg() []ast.Expr {
	at := p.here()
	return []ast.Expr{stringNode(at, p.wordOrString())}
}

// wordOrString parses a NonReservedWord_or_Sconst.
func (p *parser) wordOrString() string {
	if p.at(tString) {
		return p.stringConst()
	}
	return p.nonReserved()
}

// genericSet parses name = values.
func (p *parser) genericSet() *ast.VariableSetStmt {
	s := &ast.VariableSetStmt{Name: p.varName()}
	if p.accept(kwFrom) {
		p.expect(kwCurrent)
		s.Kind = ast.VarSetCurrent
		return s
	}
	if !p.accept('=') {
		p.expect(kwTo)
	}
	if p.accept(kwDefault) {
		s.Kind = ast.VarSetDefault
		return s
	}
	for {
		s.Args = append(s.Args, p.varValue())
		if !p.accept(',') {
			return s
		}
	}
}

// varValue parses a value of a setting: a word, a string or a number.
func (p *parser) varValue() ast.Expr {
	at := p.here()
	switch p.tok.kind {
	case '+', '-', tInteger, tNumber:
		return p.numericOnly()
	case kwTrue, kwFalse, kwOn:
		word := p.tok.str
		p.advance()
		return stringNode(at, word)
	}
	return stringNode(at, p.wordOrString())
}

// numericOnly parses a number with an optional sign.
func (p *parser) numericOnly() *ast.Const {
	at := p.here()
	minus := p.at('-')
	if minus || p.at('+') {
		p.advance()
	}
	if !p.at(tInteger) && !p.at(tNumber) {
		p.syntaxError()
	}
	c := &ast.Const{At: at}
	text := p.tok.str
	if minus {
		text = "-" + text
	}
	setNumber(c, text)
	p.advance()
	return c
}

// zoneValue parses the value of SET TIME ZONE.
func (p *parser) zoneValue(s *ast.VariableSetStmt) {
	at := p.here()
	switch p.tok.kind {
	case kwDefault, kwLocal:
		p.advance()
		s.Kind = ast.VarSetDefault
	case tString, tIdent:
		s.Args = []ast.Expr{stringNode(at, p.tok.str)}
		p.advance()
	case kwInterval:
		x := p.typedLiteral(at)
		t := x.(*ast.TypeCast).Type
		if len(t.Typmods) > 0 {
			mask := t.Typmods[0].(*ast.Const).Int
			const allowed = ast.IntervalHour | ast.IntervalMinute
			if mask != ast.IntervalFullRange && mask&^allowed != 0 {
				p.fail(at.Pos(), "time zone interval must be HOUR or HOUR TO MINUTE")
			}
		}
		s.Args = []ast.Expr{x}
	default:
		s.Args = []ast.Expr{p.numericOnly()}
	}
}
