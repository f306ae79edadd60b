package parse

import "polyreme/pgsql/parse/ast"

// createFunction parses CREATE FUNCTION or PROCEDURE after its word.
func (p *parser) createFunction(replace, procedure bool) ast.Stmt {
	s := &ast.CreateFunctionStmt{Procedure: procedure, Replace: replace, Name: p.funcName()}
	s.Params = p.functionParams(true)
	if !procedure && p.at(kwReturns) && p.peek(1) != kwNull {
		p.advance()
		if p.at(kwTable) {
			p.advance()
			s.Params = append(s.Params, p.tableParams()...)
		} else {
			s.Returns = p.funcType()
		}
	}
	for {
		d, ok := p.createFuncOption()
		if !ok {
			break
		}
		s.Options = append(s.Options, d)
	}
	switch {
	case p.accept(kwReturn):
		s.Return = p.expr()
	case p.at2(kwBegin, kwAtomic):
		p.advance()
		p.advance()
		s.HasBody, s.Body = true, p.routineBody()
	}
	return s
}

// routineBody parses the statements of BEGIN ATOMIC … END.
func (p *parser) routineBody() []ast.Stmt {
	p.enter()
	defer p.leave()
	var list []ast.Stmt
	for {
		for p.accept(';') {
		}
		if p.at(kwEnd) && p.peek(1) != kwTransaction && p.peek(1) != kwWork {
			p.advance()
			return list
		}
		if p.accept(kwReturn) {
			x := p.expr()
			list = append(list, &ast.SelectStmt{At: ast.At(x.Pos()), Targets: []ast.ResTarget{{At: ast.At(x.Pos()), Value: x}}})
		} else {
			list = append(list, p.statement())
		}
		if !p.at(';') {
			p.syntaxError()
		}
	}
}

// functionParams parses (parameter, …), with defaults where allowed.
func (p *parser) functionParams(defaults bool) []ast.FunctionParameter {
	p.expect('(')
	var list []ast.FunctionParameter
	if p.accept(')') {
		return list
	}
	for {
		f := p.functionParam()
		if defaults && (p.accept(kwDefault) || p.accept('=')) {
			f.Default = p.expr()
		}
		list = append(list, f)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

// argClass parses an optional mode of a parameter.
func (p *parser) argClass() ast.ParamMode {
	switch p.tok.kind {
	case kwIn:
		p.advance()
		if p.accept(kwOut) {
			return ast.ParamInOut
		}
		return ast.ParamIn
	case kwOut:
		p.advance()
		return ast.ParamOut
	case kwInout:
		p.advance()
		return ast.ParamInOut
	case kwVariadic:
		p.advance()
		return ast.ParamVariadic
	}
	return ast.ParamDefault
}

// functionParam parses a func_arg: mode and name in either order, and a type.
func (p *parser) functionParam() ast.FunctionParameter {
	f := ast.FunctionParameter{At: p.here(), Mode: p.argClass()}
	if p.tok.kind.isTypeFuncName() && p.namesParam() {
		f.Name = p.tok.str
		p.advance()
		if f.Mode == ast.ParamDefault {
			f.Mode = p.argClass()
		}
	}
	f.Type = p.funcType()
	return f
}

// namesParam tells whether the word here is a parameter's name, that is, whether
// a type follows it.
func (p *parser) namesParam() bool {
	k := p.peek(1)
	if p.at(kwDouble) && k == kwPrecision {
		return false
	}
	switch k {
	case kwIn, kwOut, kwInout, kwVariadic, kwSetof:
		return true
	case kwArray, kwDefault, kwOrder, kwPrecision, kwWithLA, kwWithout, kwVarying:
		return false
	}
	return k == tIdent || k.class()&(classUnreserved|classTypeFuncName) != 0 || isTypeKeyword(k)
}

// isTypeKeyword tells whether k begins a type that the grammar knows by key
// words and that is not a name of a function or type.
func isTypeKeyword(k kind) bool {
	switch k {
	case kwInt, kwInteger, kwSmallint, kwBigint, kwReal, kwBoolean, kwFloat, kwDecimal, kwDec, kwNumeric,
		kwBit, kwCharacter, kwChar, kwVarchar, kwNational, kwNchar, kwTimestamp, kwTime, kwInterval:
		return true
	}
	return false
}

// funcType parses a func_type: a type, or name%TYPE.
func (p *parser) funcType() *ast.TypeName {
	t := p.typeName()
	if p.at('%') && len(t.Names) > 1 && t.Typmods == nil && t.ArrayBounds == nil {
		p.advance()
		p.expect(kwType)
		t.PctType = true
	}
	return t
}

// tableParams parses the columns of RETURNS TABLE.
func (p *parser) tableParams() []ast.FunctionParameter {
	p.expect('(')
	var list []ast.FunctionParameter
	for {
		f := ast.FunctionParameter{At: p.here(), Mode: ast.ParamTable, Name: p.name(kind.isTypeFuncName)}
		f.Type = p.funcType()
		list = append(list, f)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

// createFuncOption parses one option of CREATE FUNCTION.
func (p *parser) createFuncOption() (ast.DefElem, bool) {
	d := ast.DefElem{At: p.here()}
	switch p.tok.kind {
	case kwAs:
		p.advance()
		list := ast.DefList{ast.DefString(p.stringConst())}
		if p.accept(',') {
			list = append(list, ast.DefString(p.stringConst()))
		}
		d.Name, d.Arg = "as", list
	case kwLanguage:
		p.advance()
		d.Name, d.Arg = "language", ast.DefString(p.wordOrString())
	case kwTransform:
		p.advance()
		var list ast.DefList
		for {
			p.expectAll(kwFor, kwType)
			list = append(list, p.typeName())
			if !p.accept(',') {
				break
			}
		}
		d.Name, d.Arg = "transform", list
	case kwWindow:
		p.advance()
		d.Name, d.Arg = "window", ast.DefBool(true)
	default:
		return p.commonFuncOption(d)
	}
	return d, true
}

// commonFuncOption parses an option that CREATE and ALTER FUNCTION share.
func (p *parser) commonFuncOption(d ast.DefElem) (ast.DefElem, bool) {
	k := p.tok.kind
	set := func(name string, arg ast.DefArg) { d.Name, d.Arg = name, arg }
	switch k {
	case kwCalled:
		p.expectAll(kwCalled, kwOn, kwNull, kwInput)
		set("strict", ast.DefBool(false))
	case kwReturns:
		p.expectAll(kwReturns, kwNull, kwOn, kwNull, kwInput)
		set("strict", ast.DefBool(true))
	case kwStrict:
		p.advance()
		set("strict", ast.DefBool(true))
	case kwImmutable, kwStable, kwVolatile:
		set("volatility", ast.DefString(p.tok.str))
		p.advance()
	case kwExternal, kwSecurity:
		p.accept(kwExternal)
		p.expect(kwSecurity)
		definer := p.accept(kwDefiner)
		if !definer {
			p.expect(kwInvoker)
		}
		set("security", ast.DefBool(definer))
	case kwLeakproof:
		p.advance()
		set("leakproof", ast.DefBool(true))
	case kwNot:
		p.expectAll(kwNot, kwLeakproof)
		set("leakproof", ast.DefBool(false))
	case kwCost, kwRows:
		name := p.tok.str
		p.advance()
		set(name, p.defNumber())
	case kwSupport:
		p.advance()
		set("support", ast.DefNames(p.anyName()))
	case kwParallel:
		p.advance()
		set("parallel", ast.DefString(p.colID()))
	case kwSet:
		p.advance()
		set("set", ast.DefSet{Set: p.setRest(false)})
	case kwReset:
		set("set", ast.DefSet{Set: p.resetStmt()})
	default:
		return d, false
	}
	return d, true
}

// functionWithArgs parses the name of a function with the types of its input.
func (p *parser) functionWithArgs(object ast.ObjectType) ast.ObjectWithArgs {
	var o ast.ObjectWithArgs
	if object == ast.ObjectAggregate {
		o.Name = p.funcName()
		p.aggregateParams(&o)
		return o
	}
	if p.tok.kind.class()&classTypeFuncName != 0 {
		o.Name = []string{p.tok.str}
		p.advance()
	} else {
		col := !p.tok.kind.isTypeFuncName()
		o.Name = p.attrs([]string{p.colID()})
		if col && len(o.Name) == 1 && p.at('(') {
			p.syntaxError()
		}
	}
	if !p.at('(') {
		o.Unspecified = true
		return o
	}
	o.Params = p.functionParams(false)
	o.Args = inputTypes(o.Params)
	return o
}

// inputTypes are the types of the parameters that a call gives.
func inputTypes(params []ast.FunctionParameter) []*ast.TypeName {
	var list []*ast.TypeName
	for _, f := range params {
		if f.Mode != ast.ParamOut && f.Mode != ast.ParamTable {
			list = append(list, f.Type)
		}
	}
	return list
}

// aggregateParams parses aggr_args: (*), (types) or (types ORDER BY types).
func (p *parser) aggregateParams(o *ast.ObjectWithArgs) {
	p.expect('(')
	if p.accept('*') {
		p.expect(')')
		return
	}
	if !p.at(kwOrder) {
		p.aggregateParamList(o)
	}
	if p.accept(kwOrder) {
		p.expect(kwBy)
		p.aggregateParamList(o)
	}
	p.expect(')')
	o.Args = inputTypes(o.Params)
}

func (p *parser) aggregateParamList(o *ast.ObjectWithArgs) {
	for {
		o.Params = append(o.Params, p.functionParam())
		if !p.accept(',') {
			return
		}
	}
}

// functionsWithArgs parses functions with commas between.
func (p *parser) functionsWithArgs(object ast.ObjectType) []ast.ObjectWithArgs {
	list := []ast.ObjectWithArgs{p.functionWithArgs(object)}
	for p.accept(',') {
		list = append(list, p.functionWithArgs(object))
	}
	return list
}
