package parse

import "polyreme/pgsql/parse/ast"

// relOptions parses reloptions: (name [= value], …), names with an optional
// namespace.
func (p *parser) relOptions() []ast.DefElem {
	p.expect('(')
	var list []ast.DefElem
	for {
		d := ast.DefElem{At: p.here(), Name: p.colLabel()}
		if p.accept('.') {
			d.Namespace, d.Name = d.Name, p.colLabel()
		}
		if p.accept('=') {
			d.Arg = p.defArg()
		}
		list = append(list, d)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

// defArg parses a def_arg: a type, a word, an operator, a number or a string.
func (p *parser) defArg() ast.DefArg {
	k := p.tok.kind
	switch {
	case k == tString:
		return ast.DefString(p.stringConst())
	case k == tInteger, k == tNumber:
		return p.defNumber()
	case k == '+' || k == '-':
		if n := p.peek(1); n == tInteger || n == tNumber {
			return p.defNumber()
		}
		return ast.DefOperator(p.anyOp())
	case k == tOp, k == kwOperator && p.peek(1) == '(', p.isMathOp():
		return ast.DefOperator(p.anyOp())
	case k == kwNone, k.class()&classReserved != 0:
		s := p.tok.str
		p.advance()
		return ast.DefString(s)
	}
	t := p.funcType()
	if len(t.Names) == 1 && t.Typmods == nil && t.ArrayBounds == nil && !t.SetOf {
		return ast.DefString(t.Names[0])
	}
	return t
}

// genericOptions parses OPTIONS (name 'value', …) if it follows.
func (p *parser) genericOptions() []ast.DefElem {
	if !p.accept(kwOptions) {
		return nil
	}
	p.expect('(')
	var list []ast.DefElem
	for {
		d := ast.DefElem{At: p.here(), Name: p.colLabel()}
		d.Arg = ast.DefString(p.stringConst())
		list = append(list, d)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

// alterGenericOptions parses OPTIONS (ADD|SET|DROP name 'value', …).
func (p *parser) alterGenericOptions() []ast.DefElem {
	p.expect(kwOptions)
	p.expect('(')
	var list []ast.DefElem
	for {
		d := ast.DefElem{At: p.here()}
		if p.peek(1) != tString { // not an option that is named by one of these words
			switch {
			case p.accept(kwAdd):
				d.Action = ast.DefElemAdd
			case p.accept(kwSet):
				d.Action = ast.DefElemSet
			case p.accept(kwDrop):
				d.Action = ast.DefElemDrop
			}
		}
		d.Name = p.colLabel()
		if d.Action != ast.DefElemDrop {
			d.Arg = ast.DefString(p.stringConst())
		}
		list = append(list, d)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}
