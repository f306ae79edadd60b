package parse

import "polyreme/pgsql/parse/ast"

// seqOptions parses the options of a sequence, as many as follow.
func (p *parser) seqOptions() []ast.DefElem {
	var list []ast.DefElem
	for {
		d, ok := p.seqOption()
		if !ok {
			return list
		}
		list = append(list, d)
	}
}

// parenSeqOptions parses the options of an identity column.
func (p *parser) parenSeqOptions() []ast.DefElem {
	if !p.accept('(') {
		return nil
	}
	list := p.seqOptions()
	if list == nil {
		p.syntaxError()
	}
	p.expect(')')
	return list
}

// seqOption parses one option of a sequence.
func (p *parser) seqOption() (ast.DefElem, bool) {
	d := ast.DefElem{At: p.here()}
	k := p.tok.kind
	switch k {
	case kwAs:
		p.advance()
		d.Name, d.Arg = "as", p.simpleTypeName()
	case kwCache, kwMaxvalue, kwMinvalue:
		d.Name = p.tok.str
		p.advance()
		d.Arg = p.defNumber()
	case kwCycle:
		p.advance()
		d.Name, d.Arg = "cycle", ast.DefBool(true)
	case kwNo:
		p.advance()
		switch {
		case p.accept(kwCycle):
			d.Name, d.Arg = "cycle", ast.DefBool(false)
		case p.accept(kwMaxvalue):
			d.Name = "maxvalue"
		default:
			p.expect(kwMinvalue)
			d.Name = "minvalue"
		}
	case kwIncrement:
		p.advance()
		p.accept(kwBy)
		d.Name, d.Arg = "increment", p.defNumber()
	case kwOwned:
		p.advance()
		p.expect(kwBy)
		d.Name, d.Arg = "owned_by", ast.DefNames(p.anyName())
	case kwSequence:
		p.advance()
		p.expect(kwName)
		d.Name, d.Arg = "sequence_name", ast.DefNames(p.anyName())
	case kwStart:
		p.advance()
		p.acceptWith()
		d.Name, d.Arg = "start", p.defNumber()
	case kwRestart:
		p.advance()
		d.Name = "restart"
		if p.at(kwWith) || p.at(kwWithLA) || p.at(tInteger) || p.at(tNumber) || p.at('+') || p.at('-') {
			p.acceptWith()
			d.Arg = p.defNumber()
		}
	case kwLogged, kwUnlogged:
		d.Name = p.tok.str
		p.advance()
	default:
		return d, false
	}
	return d, true
}

// createSequence parses CREATE SEQUENCE after its words.
func (p *parser) createSequence(persistence ast.Persistence) ast.Stmt {
	s := &ast.CreateSeqStmt{IfNotExists: p.ifNotExists()}
	s.Rel = p.qualifiedName()
	s.Rel.Persistence = persistence
	s.Options = p.seqOptions()
	return s
}
