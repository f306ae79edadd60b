package parse

import "polyreme/pgsql/parse/ast"

// copyStmt parses COPY.
func (p *parser) copyStmt() ast.Stmt {
	p.advance()
	s := &ast.CopyStmt{}
	if p.accept('(') {
		s.Query = p.preparable()
		p.expect(')')
		p.expect(kwTo)
		p.copyFile(s)
		p.acceptWith()
		s.Options = p.copyOptions(s.Options)
		return s
	}
	if p.at(kwBinary) {
		s.Options = append(s.Options, ast.DefElem{At: p.here(), Name: "format", Arg: ast.DefString("binary")})
		p.advance()
	}
	s.Rel = p.qualifiedName()
	s.Columns = p.optParenNames()
	if s.From = p.accept(kwFrom); !s.From {
		p.expect(kwTo)
	}
	at := p.tok.pos
	p.copyFile(s)
	if p.at(kwUsing) || p.at(kwDelimiters) {
		d := ast.DefElem{At: p.here(), Name: "delimiter"}
		p.accept(kwUsing)
		p.expect(kwDelimiters)
		d.Arg = ast.DefString(p.stringConst())
		s.Options = append(s.Options, d)
	}
	p.acceptWith()
	s.Options = p.copyOptions(s.Options)
	whereAt := p.tok.pos
	if s.Where = p.where(); s.Where != nil && !s.From {
		p.fail(whereAt, "WHERE clause not allowed with COPY TO")
	}
	if s.Program && s.Filename == "" {
		p.fail(at, "STDIN/STDOUT not allowed with PROGRAM")
	}
	return s
}

// acceptWith moves over an optional WITH.
func (p *parser) acceptWith() {
	if !p.accept(kwWith) {
		p.accept(kwWithLA)
	}
}

// copyFile parses the file, program or STDIN or STDOUT.
func (p *parser) copyFile(s *ast.CopyStmt) {
	at := p.tok.pos
	s.Program = p.accept(kwProgram)
	switch {
	case p.at(tString):
		s.Filename = p.stringConst()
	case p.at(kwStdin) || p.at(kwStdout):
		p.advance()
		if s.Program {
			p.fail(at, "STDIN/STDOUT not allowed with PROGRAM")
		}
	default:
		p.syntaxError()
	}
}

// copyOptions parses the options in parentheses, or those of the old syntax.
func (p *parser) copyOptions(list []ast.DefElem) []ast.DefElem {
	if !p.accept('(') {
		for {
			d, ok := p.oldCopyOption()
			if !ok {
				return list
			}
			list = append(list, d)
		}
	}
	for {
		d := ast.DefElem{At: p.here(), Name: p.colLabel()}
		d.Arg = p.copyOptionValue()
		list = append(list, d)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

// copyOptionValue parses the value of an option, nil where none follows.
func (p *parser) copyOptionValue() ast.DefArg {
	switch p.tok.kind {
	case ',', ')':
		return nil
	case '*':
		p.advance()
		return ast.DefStar{}
	case '(':
		p.advance()
		var list ast.DefList
		for {
			list = append(list, p.booleanOrString())
			if !p.accept(',') {
				break
			}
		}
		p.expect(')')
		return list
	case '+', '-', tInteger, tNumber:
		return p.defNumber()
	}
	return p.booleanOrString()
}

// booleanOrString parses an opt_boolean_or_string.
func (p *parser) booleanOrString() ast.DefArg {
	switch p.tok.kind {
	case kwTrue, kwFalse, kwOn:
		s := p.tok.str
		p.advance()
		return ast.DefString(s)
	}
	return ast.DefString(p.wordOrString())
}

// defNumber parses a number as the value of an option.
func (p *parser) defNumber() ast.DefArg {
	c := p.numericOnly()
	switch c.Kind {
	case ast.ConstInt4, ast.ConstInt8:
		return ast.DefInt(c.Int)
	}
	return ast.DefFloat(c.Text)
}

// oldCopyOption parses one option of the syntax before PostgreSQL 9.0.
func (p *parser) oldCopyOption() (ast.DefElem, bool) {
	d := ast.DefElem{At: p.here()}
	text := func(name string) {
		p.advance()
		p.accept(kwAs)
		d.Name, d.Arg = name, ast.DefString(p.stringConst())
	}
	switch p.tok.kind {
	case kwBinary, kwCsv:
		d.Name, d.Arg = "format", ast.DefString(p.tok.str)
		p.advance()
	case kwFreeze, kwHeader:
		d.Name, d.Arg = p.tok.str, ast.DefBool(true)
		p.advance()
	case kwDelimiter:
		text("delimiter")
	case kwNull:
		text("null")
	case kwQuote:
		text("quote")
	case kwEscape:
		text("escape")
	case kwEncoding:
		p.advance()
		d.Name, d.Arg = "encoding", ast.DefString(p.stringConst())
	case kwForce:
		p.advance()
		switch {
		case p.accept(kwQuote):
			d.Name = "force_quote"
			if p.accept('*') {
				d.Arg = ast.DefStar{}
				return d, true
			}
		case p.accept(kwNot):
			p.expect(kwNull)
			d.Name = "force_not_null"
		default:
			p.expect(kwNull)
			d.Name = "force_null"
		}
		var list ast.DefList
		for _, n := range p.nameList() {
			list = append(list, ast.DefString(n))
		}
		d.Arg = list
	default:
		return d, false
	}
	return d, true
}
