package parse

import (
	"math"
	"strconv"

	"polyreme/pgsql/parse/ast"
)

// primary parses a c_expr.
func (p *parser) primary() ast.Expr {
	at := p.here()
	switch k := p.tok.kind; k {
	case tInteger, tNumber, tString, tBitString, tHexString, kwTrue, kwFalse, kwNull:
		return p.literal(at)
	case tParam:
		n, err := strconv.ParseInt(p.tok.str, 10, 32)
		if err != nil {
			n = math.MaxInt32
		}
		p.advance()
		return p.indirection(&ast.ParamRef{At: at, Number: int(n)})
	case '(':
		query, x, rest := p.parenthesis()
		return p.parenthesised(at, query, x, rest)
	case tIdent:
		return p.nameExpr(at)
	case kwCase:
		return p.caseExpr(at)
	case kwArray:
		p.advance()
		if p.at('(') {
			return &ast.SubLink{At: at, Kind: ast.ArraySubLink, Query: p.subquery()}
		}
		return p.arrayExpr(at, false)
	case kwExists, kwRow, kwGrouping:
		if p.peek(1) == '(' {
			return p.parenKeyword(at, k)
		}
	}
	if p.tok.kind.class()&classColName != 0 && p.atConstType() {
		return p.typedLiteral(at)
	}
	if p.at2(kwDouble, kwPrecision) {
		return p.typedLiteral(at)
	}
	if x := p.specialFunc(at); x != nil {
		return x
	}
	return p.nameExpr(at)
}

// literal parses a constant without a type name.
func (p *parser) literal(at ast.At) ast.Expr {
	c := &ast.Const{At: at}
	switch p.tok.kind {
	case tInteger, tNumber:
		setNumber(c, p.tok.str)
	case tString:
		c.Kind, c.Text = ast.ConstString, p.tok.str
	case tBitString, tHexString:
		c.Kind, c.Text = ast.ConstBitString, p.tok.str
	case kwTrue:
		c.Kind, c.Int = ast.ConstBool, 1
	case kwFalse:
		c.Kind = ast.ConstBool
	}
	p.advance()
	return c
}

// parenKeyword parses EXISTS (…), ROW (…) and GROUPING (…).
func (p *parser) parenKeyword(at ast.At, k kind) ast.Expr {
	p.advance()
	switch k {
	case kwExists:
		return &ast.SubLink{At: at, Kind: ast.ExistsSubLink, Query: p.subquery()}
	case kwGrouping:
		return &ast.GroupingFunc{At: at, Args: p.parenExprs()}
	}
	row := &ast.RowExpr{At: at, Explicit: true}
	p.expect('(')
	if !p.at(')') {
		row.Args = p.exprList()
	}
	p.expect(')')
	return p.overlaps(row)
}

// overlaps parses OVERLAPS and the row after it, if they follow.
func (p *parser) overlaps(left *ast.RowExpr) ast.Expr {
	if !p.at(kwOverlaps) {
		return left
	}
	at := p.here()
	p.advance()
	rightAt := p.here()
	var right *ast.RowExpr
	switch {
	case p.at('('):
		query, x, rest := p.parenthesis()
		if query != nil || rest == nil {
			p.syntaxError()
		}
		right = &ast.RowExpr{At: rightAt, Args: append([]ast.Expr{x}, rest...)}
	case p.at2(kwRow, '('):
		p.advance()
		p.expect('(')
		right = &ast.RowExpr{At: rightAt, Explicit: true}
		if !p.at(')') {
			right.Args = p.exprList()
		}
		p.expect(')')
	default:
		p.syntaxError()
	}
	if len(left.Args) != 2 {
		p.fail(left.Pos(), "wrong number of parameters on left side of OVERLAPS expression")
	}
	if len(right.Args) != 2 {
		p.fail(right.Pos(), "wrong number of parameters on right side of OVERLAPS expression")
	}
	args := append(append([]ast.Expr{}, left.Args...), right.Args...)
	return &ast.FuncCall{At: at, Name: systemName("overlaps"), Args: args, Form: ast.OverlapsForm}
}

// caseExpr parses CASE.
func (p *parser) caseExpr(at ast.At) ast.Expr {
	p.advance()
	c := &ast.CaseExpr{At: at}
	if !p.at(kwWhen) {
		c.Arg = p.expr()
	}
	for {
		w := ast.CaseWhen{At: p.here()}
		p.expect(kwWhen)
		w.When = p.expr()
		p.expect(kwThen)
		w.Then = p.expr()
		c.Whens = append(c.Whens, w)
		if !p.at(kwWhen) {
			break
		}
	}
	if p.accept(kwElse) {
		c.Else = p.expr()
	}
	p.expect(kwEnd)
	return c
}

// arrayExpr parses […] after ARRAY, or within another one.
func (p *parser) arrayExpr(at ast.At, nested bool) *ast.ArrayExpr {
	p.enter()
	defer p.leave()
	a := &ast.ArrayExpr{At: at, Nested: nested}
	p.expect('[')
	switch {
	case p.at('['):
		for {
			a.Elems = append(a.Elems, p.arrayExpr(p.here(), true))
			if !p.accept(',') {
				break
			}
		}
	case !p.at(']'):
		a.Elems = p.exprList()
	}
	p.expect(']')
	return a
}

// indirection parses the field selections and subscripts after x.
func (p *parser) indirection(x ast.Expr) ast.Expr {
	if !p.at('.') && !p.at('[') {
		return x
	}
	return &ast.IndirectionExpr{At: ast.At(x.Pos()), X: x, Steps: p.steps()}
}

// steps parses field selections and subscripts, at least one.
func (p *parser) steps() []ast.Indirection {
	var list []ast.Indirection
	star := false
	for p.at('.') || p.at('[') {
		if star {
			p.failNear(`improper use of "*"`)
		}
		if p.at('[') {
			list = append(list, p.subscript())
			continue
		}
		p.advance()
		if p.accept('*') {
			list = append(list, ast.Indirection{Kind: ast.StarStep})
			star = true
			continue
		}
		list = append(list, ast.Indirection{Kind: ast.FieldStep, Name: p.colLabel()})
	}
	return list
}

// subscript parses [i] or [i:j].
func (p *parser) subscript() ast.Indirection {
	p.expect('[')
	s := ast.Indirection{Kind: ast.IndexStep}
	if !p.at(':') {
		s.Upper = p.expr()
	}
	if p.accept(':') {
		s.Kind, s.Lower, s.Upper = ast.SliceStep, s.Upper, nil
		if !p.at(']') {
			s.Upper = p.expr()
		}
	}
	p.expect(']')
	return s
}

// nameExpr parses what begins with a name: a column, a call or a typed literal.
func (p *parser) nameExpr(at ast.At) ast.Expr {
	k := p.tok.kind
	if !k.isColID() {
		if !k.isTypeFuncName() {
			p.syntaxError()
		}
		name := p.tok.str
		p.advance()
		if !p.at('(') && !p.at(tString) && !p.at('.') {
			p.syntaxError()
		}
		if p.at('.') {
			p.syntaxError()
		}
		return p.callOrLiteral(at, []string{name})
	}
	names := []string{p.tok.str}
	p.advance()
	if p.at('.') {
		names, star := p.columnNames(names)
		if star {
			if p.at('.') || p.at('[') {
				p.failNear(`improper use of "*"`)
			}
			return &ast.ColumnRef{At: at, Names: names, Star: true}
		}
		if p.at('(') || p.at(tString) {
			return p.callOrLiteral(at, names)
		}
		return p.indirection(&ast.ColumnRef{At: at, Names: names})
	}
	if p.at('(') || p.at(tString) {
		if !k.isTypeFuncName() {
			p.syntaxError()
		}
		return p.callOrLiteral(at, names)
	}
	col := &ast.ColumnRef{At: at, Names: names}
	if p.at('[') {
		return p.indirection(col)
	}
	return col
}

// columnNames reads the dotted rest of a name, and .* at its end.
func (p *parser) columnNames(names []string) (_ []string, star bool) {
	names = append(make([]string, 0, 2), names...)
	for p.accept('.') {
		if p.accept('*') {
			return names, true
		}
		names = append(names, p.colLabel())
	}
	return names, false
}
