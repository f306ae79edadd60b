package parse

import (
	"strconv"
	"strings"

	"polyreme/pgsql/parse/ast"
)

// Precedences of PostgreSQL's grammar, from weakest to strongest. ESCAPE stands
// between precLike and precOp, the labels UNBOUNDED, PARTITION and so on below
// precOp; neither is an operator here.
const (
	precNone = iota
	precOr
	precAnd
	precNot
	precIs         // IS, ISNULL, NOTNULL; not associative
	precComparison // < > = <= >= <>; not associative
	precLike       // BETWEEN, IN, LIKE, ILIKE, SIMILAR; not associative
	precOp         // all other operators, OPERATOR()
	precAdd
	precMultiply
	precPower
	precAt
	precCollate
	precUnary
	precTypecast
)

// expr parses an a_expr.
func (p *parser) expr() ast.Expr { return p.exprPrec(precOr, false) }

// bExpr parses a b_expr: the restricted expressions of places where a general
// one would be ambiguous.
func (p *parser) bExpr() ast.Expr { return p.exprPrec(precOr, true) }

// exprList parses expressions with commas between.
func (p *parser) exprList() []ast.Expr {
	list := append(make([]ast.Expr, 0, 2), p.expr())
	for p.accept(',') {
		list = append(list, p.expr())
	}
	return list
}

// exprPrec parses an expression whose operators bind at least as strong as
// lowest. With restricted it is a b_expr.
func (p *parser) exprPrec(lowest int, restricted bool) ast.Expr {
	p.enter()
	outer := p.height
	p.height = 0
	left := p.prefix(restricted)
	p.grow()
	left = p.infix(left, lowest, restricted)
	p.height = max(p.height, outer)
	p.leave()
	return left
}

// prefix parses a prefix operator with its operand, or a primary expression.
func (p *parser) prefix(restricted bool) ast.Expr {
	at := p.here()
	switch p.tok.kind {
	case '+':
		p.advance()
		return &ast.UnaryExpr{At: at, Op: ast.Operator{Name: "+"}, X: p.exprPrec(precUnary+1, restricted)}
	case '-':
		p.advance()
		return negate(at, p.exprPrec(precUnary+1, restricted))
	case tOp, kwOperator:
		if p.at(kwOperator) && p.peek(1) != '(' {
			break
		}
		op := p.qualOp()
		return &ast.UnaryExpr{At: at, Op: op, X: p.exprPrec(precOp+1, restricted)}
	case kwNot, kwNotLA:
		if restricted {
			break
		}
		p.advance()
		return &ast.NotExpr{At: at, X: p.exprPrec(precNot, restricted)}
	case kwUnique:
		if !restricted {
			p.unique()
		}
	case kwDefault:
		if !restricted {
			p.advance()
			return &ast.SetToDefault{At: at}
		}
	}
	return p.primary()
}

// unique refuses the UNIQUE predicate, which PostgreSQL parses only to say so.
func (p *parser) unique() {
	at := p.tok.pos
	p.advance()
	if p.accept(kwNulls) {
		p.accept(kwNot)
		p.expect(kwDistinct)
	}
	p.subquery()
	p.failPosition(at, "0A000", "UNIQUE predicate is not yet implemented")
}

// negate folds unary minus into a number, as the grammar's doNegate.
func negate(at ast.At, x ast.Expr) ast.Expr {
	c, ok := x.(*ast.Const)
	if !ok || c.Kind != ast.ConstInt4 && c.Kind != ast.ConstInt8 && c.Kind != ast.ConstNumeric {
		return &ast.UnaryExpr{At: at, Op: ast.Operator{Name: "-"}, X: x}
	}
	c.At = at
	text := c.Text
	if c.Kind != ast.ConstNumeric {
		text = strconv.FormatInt(c.Int, 10)
	}
	if strings.HasPrefix(text, "-") {
		setNumber(c, text[1:])
	} else {
		setNumber(c, "-"+text)
	}
	return c
}

// setNumber gives c the kind and value of a number's digits.
func setNumber(c *ast.Const, text string) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		c.Int, c.Text = n, ""
		c.Kind = ast.ConstInt8
		if n == int64(int32(n)) {
			c.Kind = ast.ConstInt4
		}
		return
	}
	c.Kind, c.Int, c.Text = ast.ConstNumeric, 0, text
}

// infixPrec is the precedence of a token as an infix or postfix operator.
func (p *parser) infixPrec(restricted bool) int {
	switch p.tok.kind {
	case tOp:
		return precOp
	case '=', '<', '>', tLessEquals, tGreaterEquals, tNotEquals:
		return precComparison
	case '+', '-':
		return precAdd
	case '*', '/', '%':
		return precMultiply
	case '^':
		return precPower
	case tTypecast:
		return precTypecast
	case kwOperator:
		return precOp
	}
	if p.tok.kind < firstKeyword {
		return precNone
	}
	if p.tok.kind == kwIs {
		return precIs
	}
	if restricted {
		return precNone
	}
	switch p.tok.kind {
	case kwAnd:
		return precAnd
	case kwOr:
		return precOr
	case kwIsnull, kwNotnull:
		return precIs
	case kwLike, kwIlike, kwBetween, kwIn, kwNotLA:
		return precLike
	case kwSimilar: // without TO it is that of SUBSTRING
		if p.peek(1) == kwTo {
			return precLike
		}
	case kwAt:
		return precAt
	case kwCollate:
		return precCollate
	}
	return precNone
}

// atKeywordLabel tells whether the operator's word here is a column label, as in
// SELECT a IS, b LIKE FROM t: an item of a select list ends after it.
func (p *parser) atKeywordLabel() bool {
	switch p.tok.kind {
	case kwIs, kwAnd, kwOr, kwLike, kwIlike, kwSimilar, kwBetween, kwIn, kwCollate, kwAt, kwOperator:
	default:
		return false
	}
	switch p.peek(1) {
	case tEOF, ';', ',', ')', kwInto, kwFrom, kwWhere, kwGroup, kwHaving, kwWindow, kwUnion, kwIntersect, kwExcept,
		kwOrder, kwLimit, kwOffset, kwFetch, kwFor, kwOn, kwReturning, kwWith:
		return true
	}
	return false
}

// infix parses the operators after left that bind at least as strong as lowest.
func (p *parser) infix(left ast.Expr, lowest int, restricted bool) ast.Expr {
	for {
		prec := p.infixPrec(restricted)
		if prec == precNone || prec < lowest {
			return left
		}
		if lowest == precOr && p.label == p.open+1 && p.atKeywordLabel() {
			return left
		}
		open := true // whether the operator ends in an operand
		switch prec {
		case precOr, precAnd:
			left = p.boolean(left, prec)
		case precIs:
			left, open = p.is(left, restricted)
		case precLike:
			left, open = p.matching(left)
		case precAt:
			at := p.here()
			p.expectAll(kwAt, kwTime, kwZone)
			zone := p.exprPrec(precAt+1, restricted)
			left = &ast.FuncCall{At: at, Name: systemName("timezone"), Args: []ast.Expr{zone, left}, Form: ast.AtTimeZoneForm}
		case precCollate:
			at := p.here()
			p.advance()
			left = &ast.CollateExpr{At: at, X: left, Collation: p.anyName()}
		case precTypecast:
			at := p.here()
			p.advance()
			left = &ast.TypeCast{At: at, X: left, Type: p.typeName()}
		default:
			left, open = p.binary(left, prec, restricted)
		}
		if prec > precAnd { // a chain of AND is one node, however long
			p.grow()
		}
		if open && prec >= precIs && prec <= precLike && p.infixPrec(restricted) == prec {
			p.syntaxError() // these do not associate
		}
	}
}

// systemName is a name of pg_catalog.
func systemName(name string) []string { return []string{"pg_catalog", name} }

// boolean parses the right side of AND or OR and flattens chains.
func (p *parser) boolean(left ast.Expr, prec int) ast.Expr {
	op := ast.And
	if prec == precOr {
		op = ast.Or
	}
	at := p.here()
	p.advance()
	right := p.exprPrec(prec+1, false)
	if b, ok := left.(*ast.BoolExpr); ok && b.Op == op {
		b.Args = append(b.Args, right)
		return b
	}
	return &ast.BoolExpr{At: at, Op: op, Args: []ast.Expr{left, right}}
}

// binary parses an operator with its right operand, or with ANY, SOME or ALL.
func (p *parser) binary(left ast.Expr, prec int, restricted bool) (_ ast.Expr, open bool) {
	at := p.here()
	op := p.anyOp()
	if !restricted && (p.at(kwAny) || p.at(kwSome) || p.at(kwAll)) {
		return p.quantified(at, left, op), false
	}
	right := p.exprPrec(prec+1, restricted)
	return &ast.BinaryExpr{At: at, Op: op, Left: left, Right: right}, true
}

// quantified parses ANY|SOME|ALL (sub-query or array).
func (p *parser) quantified(at ast.At, left ast.Expr, op ast.Operator) ast.Expr {
	all := p.at(kwAll)
	p.advance()
	query, x := p.subqueryOrExpr()
	if query == nil {
		return &ast.ScalarArrayExpr{At: at, Left: left, Op: op, Right: x, All: all}
	}
	k := ast.AnySubLink
	if all {
		k = ast.AllSubLink
	}
	return &ast.SubLink{At: at, Kind: k, Test: left, Op: op, Query: query}
}

// is parses what follows IS, and ISNULL and NOTNULL.
func (p *parser) is(left ast.Expr, restricted bool) (_ ast.Expr, open bool) {
	at := p.here()
	switch {
	case p.accept(kwIsnull):
		return &ast.NullTest{At: at, X: left}, false
	case p.accept(kwNotnull):
		return &ast.NullTest{At: at, X: left, Not: true}, false
	}
	p.expect(kwIs)
	not := p.accept(kwNot)
	k := p.tok.kind
	switch k {
	case kwDistinct:
		p.advance()
		p.expect(kwFrom)
		right := p.exprPrec(precIs+1, restricted)
		return &ast.DistinctExpr{At: at, Left: left, Right: right, Not: not}, true
	case kwDocument:
		p.advance()
		var x ast.Expr = &ast.XMLExpr{At: at, Op: ast.XMLIsDocument, Args: []ast.Expr{left}}
		if not {
			x = &ast.NotExpr{At: at, X: x}
		}
		return x, false
	}
	if restricted {
		p.syntaxError()
	}
	switch k {
	case kwNull:
		p.advance()
		return &ast.NullTest{At: at, X: left, Not: not}, false
	case kwTrue, kwFalse, kwUnknown:
		p.advance()
		kind := [...]ast.BoolTestKind{ast.TestTrue, ast.TestFalse, ast.TestUnknown}
		i := 0
		if k == kwFalse {
			i = 1
		} else if k == kwUnknown {
			i = 2
		}
		return &ast.BooleanTest{At: at, X: left, Kind: kind[i], Not: not}, false
	case kwNormalized, kwNfc, kwNfd, kwNfkc, kwNfkd:
		return p.isNormalized(at, left, not), false
	}
	p.syntaxError()
	return nil, false
}

// isNormalized parses [NFC…] NORMALIZED.
func (p *parser) isNormalized(at ast.At, left ast.Expr, not bool) ast.Expr {
	args := []ast.Expr{left}
	if !p.at(kwNormalized) {
		args = append(args, p.normalForm())
	}
	p.expect(kwNormalized)
	var x ast.Expr = &ast.FuncCall{At: at, Name: systemName("is_normalized"), Args: args, Form: ast.IsNormalizedForm}
	if not {
		x = &ast.NotExpr{At: at, X: x}
	}
	return x
}

// normalForm parses NFC, NFD, NFKC or NFKD.
func (p *parser) normalForm() ast.Expr {
	switch p.tok.kind {
	case kwNfc, kwNfd, kwNfkc, kwNfkd:
	default:
		p.syntaxError()
	}
	c := &ast.Const{At: p.here(), Kind: ast.ConstString, Text: strings.ToUpper(p.tok.str)}
	p.advance()
	return c
}

// matching parses [NOT] LIKE, ILIKE, SIMILAR TO, BETWEEN and IN.
func (p *parser) matching(left ast.Expr) (_ ast.Expr, open bool) {
	at := p.here()
	not := p.accept(kwNotLA)
	switch k := p.tok.kind; k {
	case kwLike, kwIlike, kwSimilar:
		return p.like(at, left, not)
	case kwBetween:
		p.advance()
		b := &ast.BetweenExpr{At: at, X: left, Not: not}
		if !p.accept(kwAsymmetric) {
			b.Symmetric = p.accept(kwSymmetric)
		}
		b.Low = p.bExpr()
		p.expect(kwAnd)
		b.High = p.exprPrec(precLike+1, false)
		return b, true
	}
	p.expect(kwIn)
	query, list := p.subqueryOrList()
	if query != nil {
		return &ast.SubLink{
			At: at, Kind: ast.AnySubLink, Test: left, Op: ast.Operator{Name: "="},
			In: true, Not: not, Query: query,
		}, false
	}
	return &ast.InExpr{At: at, X: left, List: list, Not: not}, false
}

// like parses LIKE, ILIKE and SIMILAR TO.
func (p *parser) like(at ast.At, left ast.Expr, not bool) (_ ast.Expr, open bool) {
	l := &ast.LikeExpr{At: at, X: left, Not: not}
	switch p.tok.kind {
	case kwIlike:
		l.Kind = ast.ILike
	case kwSimilar:
		l.Kind = ast.SimilarTo
	}
	p.advance()
	if l.Kind == ast.SimilarTo {
		p.expect(kwTo)
	} else if p.at(kwAny) || p.at(kwSome) || p.at(kwAll) {
		return p.quantified(at, left, ast.Operator{Name: l.Operator()}), false
	}
	l.Pattern = p.exprPrec(precLike+1, false)
	if p.accept(kwEscape) {
		l.Escape = p.exprPrec(precLike+1, false)
	}
	return l, true
}

// qualOp parses an operator that is not one of the grammar's own characters, or
// OPERATOR(name).
func (p *parser) qualOp() ast.Operator {
	if p.at(tOp) {
		op := ast.Operator{Name: p.tok.str}
		p.advance()
		return op
	}
	p.expect(kwOperator)
	p.expect('(')
	op := p.anyOperator()
	p.expect(')')
	return op
}

// anyOp parses any operator or OPERATOR(name).
func (p *parser) anyOp() ast.Operator {
	if p.isMathOp() {
		op := ast.Operator{Name: p.tok.str}
		p.advance()
		return op
	}
	return p.qualOp()
}

// isMathOp tells whether the current token is one of the grammar's own
// operators.
func (p *parser) isMathOp() bool {
	switch p.tok.kind {
	case '+', '-', '*', '/', '%', '^', '<', '>', '=', tLessEquals, tGreaterEquals, tNotEquals:
		return true
	}
	return false
}

// anyOperator parses an operator's name with an optional schema.
func (p *parser) anyOperator() ast.Operator {
	var op ast.Operator
	for !p.at(tOp) && !p.isMathOp() {
		op.Schema = append(op.Schema, p.colID())
		p.expect('.')
	}
	op.Name = p.tok.str
	p.advance()
	return op
}
