package parse

import (
	"polyreme/pgsql/parse/ast"
)

// callOrLiteral parses what follows the name of a function or type: arguments,
// or the string of a typed literal.
func (p *parser) callOrLiteral(at ast.At, names []string) ast.Expr {
	if p.at(tString) {
		return p.castString(at, &ast.TypeName{At: at, Names: names})
	}
	all := p.peek(1) == kwAll
	f := p.application(at, names)
	if p.at(tString) && !all {
		for _, a := range f.Args {
			if n, ok := a.(*ast.NamedArg); ok {
				p.fail(n.Pos(), "type modifier cannot have parameter name")
			}
		}
		if f.OrderBy != nil {
			p.fail(at.Pos(), "type modifier cannot have ORDER BY")
		}
		if f.Star || f.Distinct || f.Variadic || len(f.Args) == 0 {
			p.syntaxError()
		}
		return p.castString(at, &ast.TypeName{At: at, Names: names, Typmods: f.Args})
	}
	p.aggregateClauses(f)
	return f
}

// castString makes a typed literal of the current string.
func (p *parser) castString(at ast.At, t *ast.TypeName) ast.Expr {
	c := &ast.Const{At: p.here(), Kind: ast.ConstString, Text: p.stringConst()}
	return &ast.TypeCast{At: at, X: c, Type: t}
}

// application parses the arguments of a call: func_application.
func (p *parser) application(at ast.At, names []string) *ast.FuncCall {
	f := &ast.FuncCall{At: at, Name: names}
	p.expect('(')
	switch {
	case p.accept(')'):
		return f
	case p.accept('*'):
		f.Star = true
		p.expect(')')
		return f
	case p.accept(kwDistinct):
		f.Distinct = true
		p.arguments(f, false)
	case p.accept(kwAll):
		p.arguments(f, false)
	default:
		p.arguments(f, true)
	}
	if p.at(kwOrder) {
		f.OrderBy = p.sortClause()
	}
	p.expect(')')
	return f
}

// arguments parses a list of arguments, the last one VARIADIC where allowed.
func (p *parser) arguments(f *ast.FuncCall, variadic bool) {
	f.Args = make([]ast.Expr, 0, 2)
	for {
		if variadic && p.accept(kwVariadic) {
			f.Variadic = true
			f.Args = append(f.Args, p.argument())
			return
		}
		f.Args = append(f.Args, p.argument())
		if !p.accept(',') {
			return
		}
	}
}

// argument parses an argument, named or not.
func (p *parser) argument() ast.Expr {
	if p.tok.kind.isTypeFuncName() {
		if k := p.peek(1); k == tColonEquals || k == tEqualsGreater {
			a := &ast.NamedArg{At: p.here(), Name: p.tok.str}
			p.advance()
			p.advance()
			a.X = p.expr()
			return a
		}
	}
	return p.expr()
}

// aggregateClauses parses WITHIN GROUP, FILTER and OVER.
func (p *parser) aggregateClauses(f *ast.FuncCall) {
	if p.at(kwWithin) {
		at := p.tok.pos
		p.advance()
		p.expect(kwGroup)
		p.expect('(')
		order := p.sortClause()
		p.expect(')')
		switch {
		case f.OrderBy != nil:
			p.fail(at, "cannot use multiple ORDER BY clauses with WITHIN GROUP")
		case f.Distinct:
			p.fail(at, "cannot use DISTINCT with WITHIN GROUP")
		case f.Variadic:
			p.fail(at, "cannot use VARIADIC with WITHIN GROUP")
		}
		f.OrderBy, f.WithinGroup = order, true
	}
	if p.at(kwFilter) {
		p.advance()
		p.expect('(')
		p.expect(kwWhere)
		f.Filter = p.expr()
		p.expect(')')
	}
	if p.at(kwOver) {
		p.advance()
		if p.at('(') {
			f.Over = p.windowSpec()
			return
		}
		f.Over = &ast.WindowDef{At: p.here(), NameOnly: true, Ref: p.colID()}
	}
}

// sqlValue returns the kind of a function without parentheses, and whether it
// takes a precision.
func sqlValue(k kind) (v ast.SQLValueKind, precision, ok bool) {
	switch k {
	case kwCurrentDate:
		return ast.CurrentDate, false, true
	case kwCurrentTime:
		return ast.CurrentTime, true, true
	case kwCurrentTimestamp:
		return ast.CurrentTimestamp, true, true
	case kwLocaltime:
		return ast.LocalTime, true, true
	case kwLocaltimestamp:
		return ast.LocalTimestamp, true, true
	case kwCurrentRole:
		return ast.CurrentRole, false, true
	case kwCurrentUser:
		return ast.CurrentUser, false, true
	case kwSessionUser:
		return ast.SessionUser, false, true
	case kwUser:
		return ast.User, false, true
	case kwCurrentCatalog:
		return ast.CurrentCatalog, false, true
	case kwCurrentSchema:
		return ast.CurrentSchema, false, true
	}
	return 0, false, false
}

// specialFunc parses a func_expr_common_subexpr: a function with a grammar of
// its own. It returns nil where none begins.
func (p *parser) specialFunc(at ast.At) ast.Expr {
	k := p.tok.kind
	if v, precision, ok := sqlValue(k); ok {
		// CURRENT_SCHEMA is also a function that is called with parentheses.
		if k == kwCurrentSchema && p.peek(1) == '(' {
			return nil
		}
		p.advance()
		f := &ast.SQLValueFunction{At: at, Kind: v, Precision: -1}
		if precision && p.accept('(') {
			f.Precision = p.intConst()
			p.expect(')')
		}
		return f
	}
	if k == kwCollation && p.peek(1) == kwFor {
		p.advance()
		p.advance()
		return special(at, "pg_collation_for", ast.CollationForForm, p.parenExpr())
	}
	if k < firstKeyword || p.tok.kind.class()&(classColName|classReserved) == 0 || p.peek(1) != '(' {
		return nil
	}
	if x := p.conditional(at, k); x != nil {
		return x
	}
	if x := p.stringFunc(at, k); x != nil {
		return x
	}
	return p.xmlFunc(at, k)
}

// special makes a call of a function that has a spelling of its own.
func special(at ast.At, name string, form ast.FuncForm, args ...ast.Expr) *ast.FuncCall {
	return &ast.FuncCall{At: at, Name: systemName(name), Args: args, Form: form}
}

// conditional parses CAST, TREAT, NULLIF, COALESCE, GREATEST and LEAST.
func (p *parser) conditional(at ast.At, k kind) ast.Expr {
	switch k {
	case kwCoalesce:
		p.advance()
		return &ast.CoalesceExpr{At: at, Args: p.parenExprs()}
	case kwGreatest, kwLeast:
		p.advance()
		return &ast.MinMaxExpr{At: at, Least: k == kwLeast, Args: p.parenExprs()}
	case kwNullif:
		p.advance()
		p.expect('(')
		n := &ast.NullIfExpr{At: at, Left: p.expr()}
		p.expect(',')
		n.Right = p.expr()
		p.expect(')')
		return n
	case kwCast, kwTreat:
		p.advance()
		p.expect('(')
		x := p.expr()
		p.expect(kwAs)
		t := p.typeName()
		p.expect(')')
		if k == kwTreat {
			return special(at, t.Names[len(t.Names)-1], ast.TreatForm, x)
		}
		return &ast.TypeCast{At: at, X: x, Type: t}
	}
	return nil
}

// stringFunc parses EXTRACT, NORMALIZE, OVERLAY, POSITION, SUBSTRING and TRIM.
func (p *parser) stringFunc(at ast.At, k kind) ast.Expr {
	switch k {
	case kwExtract:
		p.advance()
		p.expect('(')
		field := &ast.Const{At: p.here(), Kind: ast.ConstString, Text: p.extractField()}
		p.expect(kwFrom)
		f := special(at, "extract", ast.ExtractForm, field, p.expr())
		p.expect(')')
		return f
	case kwNormalize:
		p.advance()
		p.expect('(')
		f := special(at, "normalize", ast.NormalizeForm, p.expr())
		if p.accept(',') {
			f.Args = append(f.Args, p.normalForm())
		}
		p.expect(')')
		return f
	case kwPosition:
		p.advance()
		p.expect('(')
		needle := p.bExpr()
		p.expect(kwIn)
		f := special(at, "position", ast.PositionForm, p.bExpr(), needle)
		p.expect(')')
		return f
	case kwOverlay:
		return p.overlay(at)
	case kwSubstring:
		return p.substring(at)
	case kwTrim:
		return p.trim(at)
	}
	return nil
}

// extractField parses the field of EXTRACT.
func (p *parser) extractField() string {
	switch p.tok.kind {
	case tIdent, tString, kwYear, kwMonth, kwDay, kwHour, kwMinute, kwSecond:
	default:
		p.syntaxError()
	}
	s := p.tok.str
	p.advance()
	return s
}

// openCall parses "( argument" of a function that may also be called with plain
// arguments; done tells that it was.
func (p *parser) openCall(at ast.At, name string, form ast.FuncForm) (f *ast.FuncCall, done bool) {
	p.advance()
	p.expect('(')
	f = &ast.FuncCall{At: at, Name: []string{name}}
	if p.accept(')') {
		return f, true
	}
	f.Args = append(make([]ast.Expr, 0, 3), p.argument())
	_, named := f.Args[0].(*ast.NamedArg)
	if named || p.at(',') || p.at(')') {
		for p.accept(',') {
			f.Args = append(f.Args, p.argument())
		}
		p.expect(')')
		return f, true
	}
	f.Name, f.Form = systemName(name), form
	return f, false
}

// overlay parses OVERLAY.
func (p *parser) overlay(at ast.At) ast.Expr {
	f, done := p.openCall(at, "overlay", ast.OverlayForm)
	if done {
		return f
	}
	p.expect(kwPlacing)
	f.Args = append(f.Args, p.expr())
	p.expect(kwFrom)
	f.Args = append(f.Args, p.expr())
	if p.accept(kwFor) {
		f.Args = append(f.Args, p.expr())
	}
	p.expect(')')
	return f
}

// substring parses SUBSTRING. FOR alone starts at 1 and casts its argument to
// int4, as PostgreSQL does.
func (p *parser) substring(at ast.At) ast.Expr {
	f, done := p.openCall(at, "substring", ast.SubstringForm)
	if done {
		return f
	}
	switch {
	case p.accept(kwSimilar):
		pattern := p.expr()
		p.expect(kwEscape)
		f.Args = append(f.Args, pattern, p.expr())
	case p.accept(kwFrom):
		f.Args = append(f.Args, p.expr())
		if p.accept(kwFor) {
			f.Args = append(f.Args, p.expr())
		}
	default:
		p.expect(kwFor)
		count := p.expr()
		if p.accept(kwFrom) {
			f.Args = append(f.Args, p.expr(), count)
			break
		}
		one := &ast.Const{At: ast.NoPos, Kind: ast.ConstInt4, Int: 1}
		int4 := &ast.TypeName{At: ast.NoPos, Names: systemName("int4")}
		f.Args = append(f.Args, one, &ast.TypeCast{At: ast.NoPos, X: count, Type: int4})
	}
	p.expect(')')
	return f
}

// trim parses TRIM.
func (p *parser) trim(at ast.At) ast.Expr {
	p.advance()
	p.expect('(')
	name := "btrim"
	switch {
	case p.accept(kwLeading):
		name = "ltrim"
	case p.accept(kwTrailing):
		name = "rtrim"
	default:
		p.accept(kwBoth)
	}
	f := special(at, name, ast.TrimForm)
	if p.accept(kwFrom) {
		f.Args = p.exprList()
		p.expect(')')
		return f
	}
	f.Args = p.exprList()
	if len(f.Args) == 1 && p.accept(kwFrom) {
		f.Args = append(p.exprList(), f.Args[0])
	}
	p.expect(')')
	return f
}
