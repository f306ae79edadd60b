package parse

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// typeName parses a Typename: SETOF, a type, array bounds.
func (p *parser) typeName() *ast.TypeName {
	setOf := p.accept(kwSetof)
	t := p.simpleTypeName()
	t.SetOf = setOf
	p.arrayBounds(t)
	return t
}

// arrayBounds parses [n] … or ARRAY [n].
func (p *parser) arrayBounds(t *ast.TypeName) {
	if p.accept(kwArray) {
		bound := -1
		if p.accept('[') {
			bound = p.intConst()
			p.expect(']')
		}
		t.ArrayBounds = []int{bound}
		return
	}
	for p.accept('[') {
		bound := -1
		if !p.at(']') {
			bound = p.intConst()
		}
		p.expect(']')
		t.ArrayBounds = append(t.ArrayBounds, bound)
	}
}

// systemType makes the type name pg_catalog.name.
func systemType(at ast.At, name string) *ast.TypeName {
	return &ast.TypeName{At: at, Names: systemName(name)}
}

// simpleTypeName parses a SimpleTypename.
func (p *parser) simpleTypeName() *ast.TypeName {
	at := p.here()
	k := p.tok.kind
	if k == kwInterval {
		p.advance()
		t := systemType(at, "interval")
		if p.at('(') {
			t.Typmods = []ast.Expr{intNode(ast.IntervalFullRange), p.precision()}
		} else {
			t.Typmods = p.intervalFields()
		}
		return t
	}
	if t := p.keywordType(at); t != nil {
		return t
	}
	if !k.isTypeFuncName() {
		p.syntaxError()
	}
	t := &ast.TypeName{At: at, Names: []string{p.tok.str}}
	p.advance()
	if p.at('.') {
		t.Names = p.attrs(append(make([]string, 0, 2), t.Names...))
	}
	if p.at('(') {
		t.Typmods = p.parenExprs()
	}
	return t
}

// intNode is a constant that the grammar makes up.
func intNode(n int) *ast.Const {
	return &ast.Const{At: ast.NoPos, Kind: ast.ConstInt4, Int: int64(n)}
}

// precision parses (n) as a constant.
func (p *parser) precision() *ast.Const {
	p.expect('(')
	c := &ast.Const{At: p.here(), Kind: ast.ConstInt4}
	c.Int = int64(p.intConst())
	p.expect(')')
	return c
}

// keywordType parses a type that the grammar knows by key words, all but
// interval; nil where none begins.
func (p *parser) keywordType(at ast.At) *ast.TypeName {
	switch k := p.tok.kind; k {
	case kwInt, kwInteger:
		p.advance()
		return systemType(at, "int4")
	case kwSmallint:
		p.advance()
		return systemType(at, "int2")
	case kwBigint:
		p.advance()
		return systemType(at, "int8")
	case kwReal:
		p.advance()
		return systemType(at, "float4")
	case kwBoolean:
		p.advance()
		return systemType(at, "bool")
	case kwFloat:
		return p.floatType(at)
	case kwDouble:
		if p.peek(1) != kwPrecision {
			return nil
		}
		p.advance()
		p.advance()
		return systemType(at, "float8")
	case kwDecimal, kwDec, kwNumeric:
		p.advance()
		t := systemType(at, "numeric")
		if p.at('(') {
			t.Typmods = p.parenExprs()
		}
		return t
	case kwBit:
		return p.bitType(at)
	case kwCharacter, kwChar, kwVarchar, kwNational, kwNchar:
		return p.charType(at)
	case kwTimestamp, kwTime:
		return p.datetimeType(at)
	}
	return nil
}

// floatType parses FLOAT and its precision in bits.
func (p *parser) floatType(at ast.At) *ast.TypeName {
	p.advance()
	name := "float8"
	if p.accept('(') {
		pos := p.tok.pos
		n := p.intConst()
		p.expect(')')
		switch {
		case n < 1:
			p.failPosition(pos, pgerr.InvalidParameterValue, "precision for type float must be at least 1 bit")
		case n > 53:
			p.failPosition(pos, pgerr.InvalidParameterValue, "precision for type float must be less than 54 bits")
		case n <= 24:
			name = "float4"
		}
	}
	return systemType(at, name)
}

// bitType parses BIT [VARYING] [(n)]. BIT alone is BIT(1).
func (p *parser) bitType(at ast.At) *ast.TypeName {
	p.advance()
	t := systemType(at, "bit")
	varying := p.accept(kwVarying)
	if varying {
		t.Names[1] = "varbit"
	}
	switch {
	case p.at('('):
		t.Typmods = p.parenExprs()
	case !varying:
		t.Typmods = []ast.Expr{intNode(1)}
	}
	return t
}

// charType parses the character types. CHARACTER alone is CHARACTER(1).
func (p *parser) charType(at ast.At) *ast.TypeName {
	t := systemType(at, "bpchar")
	switch p.tok.kind {
	case kwVarchar:
		p.advance()
		t.Names[1] = "varchar"
	case kwNational:
		p.advance()
		if !p.accept(kwCharacter) {
			p.expect(kwChar)
		}
	default:
		p.advance()
	}
	if t.Names[1] == "bpchar" && p.accept(kwVarying) {
		t.Names[1] = "varchar"
	}
	switch {
	case p.at('('):
		t.Typmods = []ast.Expr{p.precision()}
	case t.Names[1] == "bpchar":
		t.Typmods = []ast.Expr{intNode(1)}
	}
	return t
}

// datetimeType parses TIME and TIMESTAMP.
func (p *parser) datetimeType(at ast.At) *ast.TypeName {
	name := "time"
	if p.at(kwTimestamp) {
		name = "timestamp"
	}
	p.advance()
	var typmods []ast.Expr
	if p.at('(') {
		typmods = []ast.Expr{p.precision()}
	}
	switch {
	case p.accept2(kwWithLA, kwTime):
		p.expect(kwZone)
		name += "tz"
	case p.accept(kwWithout):
		p.expectAll(kwTime, kwZone)
	}
	t := systemType(at, name)
	t.Typmods = typmods
	return t
}

// intervalFields parses opt_interval and returns the type modifiers, nil where
// no fields are written.
func (p *parser) intervalFields() []ast.Expr {
	const dayTo = ast.IntervalDay | ast.IntervalHour
	switch p.tok.kind {
	case kwYear:
		p.advance()
		if p.accept(kwTo) {
			p.expect(kwMonth)
			return intervalMask(ast.IntervalYear | ast.IntervalMonth)
		}
		return intervalMask(ast.IntervalYear)
	case kwMonth:
		p.advance()
		return intervalMask(ast.IntervalMonth)
	case kwDay:
		p.advance()
		if !p.accept(kwTo) {
			return intervalMask(ast.IntervalDay)
		}
		switch {
		case p.accept(kwHour):
			return intervalMask(dayTo)
		case p.accept(kwMinute):
			return intervalMask(dayTo | ast.IntervalMinute)
		}
		return p.intervalSecond(dayTo | ast.IntervalMinute | ast.IntervalSecond)
	case kwHour:
		p.advance()
		if !p.accept(kwTo) {
			return intervalMask(ast.IntervalHour)
		}
		if p.accept(kwMinute) {
			return intervalMask(ast.IntervalHour | ast.IntervalMinute)
		}
		return p.intervalSecond(ast.IntervalHour | ast.IntervalMinute | ast.IntervalSecond)
	case kwMinute:
		p.advance()
		if !p.accept(kwTo) {
			return intervalMask(ast.IntervalMinute)
		}
		return p.intervalSecond(ast.IntervalMinute | ast.IntervalSecond)
	case kwSecond:
		return p.intervalSecond(ast.IntervalSecond)
	}
	return nil
}

func intervalMask(mask int) []ast.Expr { return []ast.Expr{intNode(mask)} }

// intervalSecond parses SECOND [(n)].
func (p *parser) intervalSecond(mask int) []ast.Expr {
	p.expect(kwSecond)
	if p.at('(') {
		return []ast.Expr{intNode(mask), p.precision()}
	}
	return intervalMask(mask)
}

// atConstType tells whether a literal with a key word type begins here, and not
// a column of that name.
func (p *parser) atConstType() bool {
	switch p.tok.kind {
	case kwInt, kwInteger, kwSmallint, kwBigint, kwReal, kwBoolean:
		return p.peek(1) == tString
	case kwNational:
		k := p.peek(1)
		return k == kwCharacter || k == kwChar
	case kwFloat, kwDecimal, kwDec, kwNumeric, kwVarchar, kwInterval:
		k := p.peek(1)
		return k == tString || k == '('
	case kwBit, kwCharacter, kwChar, kwNchar:
		k := p.peek(1)
		return k == tString || k == '(' || k == kwVarying
	case kwTime, kwTimestamp:
		k := p.peek(1)
		return k == tString || k == '(' || k == kwWithLA || k == kwWithout
	}
	return false
}

// typedLiteral parses a literal with a key word type.
func (p *parser) typedLiteral(at ast.At) ast.Expr {
	if !p.at(kwInterval) {
		t := p.keywordType(at)
		// A character type without a length does not cut a literal.
		if n := t.Names[1]; (n == "bpchar" || n == "bit") && len(t.Typmods) == 1 && t.Typmods[0].Pos() < 0 {
			t.Typmods = nil
		}
		return p.castString(at, t)
	}
	p.advance()
	t := systemType(at, "interval")
	if p.at('(') {
		t.Typmods = []ast.Expr{intNode(ast.IntervalFullRange), p.precision()}
		return p.castString(at, t)
	}
	x := p.castString(at, t)
	t.Typmods = p.intervalFields()
	return x
}
