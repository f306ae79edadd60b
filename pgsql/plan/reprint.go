package plan

import (
	"slices"
	"strings"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse"
	"polyreme/pgsql/parse/ast"
)

// PrintExpr reprints an expression of the catalog for a session: with pretty
// it leaves out the parentheses that pg_get_expr(…, true) does. It is the Expr
// of catalog.Functions.
func PrintExpr(_ *catalog.Catalog, _ []string, text string, pretty bool) string {
	if !pretty {
		return text
	}
	e, err := parse.ParseExpr(text)
	if err != nil {
		return text
	}
	p := &prettyPrinter{}
	p.expr(e)
	return string(p.buf)
}

// prettyPrinter prints expressions with ruleutils' PRETTYFLAG_PAREN. What it
// does not know it leaves to ast.String.
type prettyPrinter struct {
	buf    []byte
	indent int
}

func (p *prettyPrinter) s(parts ...string) {
	for _, part := range parts {
		p.buf = append(p.buf, part...)
	}
}

// keyword starts a line with a word.
func (p *prettyPrinter) keyword(word string) {
	p.buf = slices.Clip(p.buf)
	for len(p.buf) > 0 && p.buf[len(p.buf)-1] == ' ' {
		p.buf = p.buf[:len(p.buf)-1]
	}
	p.s("\n", strings.Repeat(" ", p.indent), word)
}

// operand prints x below parent, in parentheses unless it is simple there.
func (p *prettyPrinter) operand(x, parent ast.Expr) {
	if simpleNode(x, parent) {
		p.expr(x)
		return
	}
	p.s("(")
	p.expr(x)
	p.s(")")
}

func (p *prettyPrinter) expr(e ast.Expr) {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		p.operand(e.Left, e)
		p.s(" ", operatorName(e.Op), " ")
		p.operand(e.Right, e)
	case *ast.UnaryExpr:
		p.s(operatorName(e.Op), " ")
		p.operand(e.X, e)
	case *ast.BoolExpr:
		word := " AND "
		if e.Op == ast.Or {
			word = " OR "
		}
		for i, arg := range e.Args {
			if i > 0 {
				p.s(word)
			}
			p.operand(arg, e)
		}
	case *ast.NotExpr:
		p.s("NOT ")
		p.operand(e.X, e)
	case *ast.NullTest:
		p.operand(e.X, e)
		p.s(" IS ", notWord(e.Not), "NULL")
	case *ast.BooleanTest:
		p.operand(e.X, e)
		p.s(" IS ", notWord(e.Not), boolTestWord(e.Kind))
	case *ast.DistinctExpr:
		p.operand(e.Left, e)
		p.s(" IS ", notWord(e.Not), "DISTINCT FROM ")
		p.operand(e.Right, e)
	case *ast.ScalarArrayExpr:
		p.operand(e.Left, e)
		p.s(" ", operatorName(e.Op), map[bool]string{false: " ANY (", true: " ALL ("}[e.All])
		p.operand(e.Right, e)
		p.s(")")
	case *ast.TypeCast:
		p.operand(e.X, e)
		p.s("::", e.Type.String())
	default:
		p.compound(e)
	}
}

func (p *prettyPrinter) compound(e ast.Expr) {
	switch e := e.(type) {
	case *ast.FuncCall:
		if field, ok := extractField(e); ok {
			p.s("EXTRACT(", field, " FROM ")
			p.expr(e.Args[1])
			p.s(")")
			return
		}
		if e.Form != ast.CallForm || e.Star || e.Distinct || e.Variadic || e.OrderBy != nil || e.Filter != nil || e.Over != nil {
			p.s(ast.String(e))
			return
		}
		bare := *e
		bare.Args = nil
		p.s(strings.TrimSuffix(ast.String(&bare), ")"))
		p.list(e.Args)
		p.s(")")
	case *ast.CoalesceExpr:
		p.s("COALESCE(")
		p.list(e.Args)
		p.s(")")
	case *ast.MinMaxExpr:
		p.s(map[bool]string{false: "GREATEST(", true: "LEAST("}[e.Least])
		p.list(e.Args)
		p.s(")")
	case *ast.NullIfExpr:
		p.s("NULLIF(")
		p.list([]ast.Expr{e.Left, e.Right})
		p.s(")")
	case *ast.ArrayExpr:
		p.s("ARRAY[")
		p.list(e.Elems)
		p.s("]")
	case *ast.CaseExpr:
		p.caseExpr(e)
	default:
		p.s(ast.String(e))
	}
}

// extractField returns the field of EXTRACT.
func extractField(e *ast.FuncCall) (string, bool) {
	if e.Form != ast.ExtractForm || len(e.Args) != 2 {
		return "", false
	}
	c, ok := e.Args[0].(*ast.Const)
	if !ok {
		return "", false
	}
	return c.Text, true
}

func (p *prettyPrinter) list(list []ast.Expr) {
	for i, e := range list {
		if i > 0 {
			p.s(", ")
		}
		p.expr(e)
	}
}

func (p *prettyPrinter) caseExpr(e *ast.CaseExpr) {
	p.keyword("CASE")
	p.indent += 4
	if e.Arg != nil {
		p.s(" ")
		p.expr(e.Arg)
	}
	for i := range e.Whens {
		p.keyword("WHEN ")
		p.expr(e.Whens[i].When)
		p.s(" THEN ")
		p.expr(e.Whens[i].Then)
	}
	if e.Else != nil {
		p.keyword("ELSE ")
		p.expr(e.Else)
	}
	p.indent -= 4
	p.keyword("END")
}

func operatorName(o ast.Operator) string {
	if len(o.Schema) == 0 {
		return o.Name
	}
	return "OPERATOR(" + dotted(o.Schema) + "." + o.Name + ")"
}

// simpleNode is ruleutils' isSimpleNode: whether x needs no parentheses as an
// operand of parent.
func simpleNode(x, parent ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Const, *ast.ColumnRef, *ast.ParamRef, *ast.FuncCall, *ast.CoalesceExpr, *ast.MinMaxExpr,
		*ast.NullIfExpr, *ast.ArrayExpr, *ast.RowExpr, *ast.SQLValueFunction, *ast.IndirectionExpr, *ast.CaseExpr:
		return true
	case *ast.TypeCast:
		return simpleNode(x.X, x)
	case *ast.BinaryExpr:
		return simpleArithmetic(x, parent)
	case *ast.BoolExpr:
		b, ok := parent.(*ast.BoolExpr)
		return ok && (x.Op == ast.And || b.Op == ast.Or)
	case *ast.NotExpr:
		_, ok := parent.(*ast.BoolExpr)
		return ok
	case *ast.NullTest, *ast.BooleanTest, *ast.DistinctExpr, *ast.ScalarArrayExpr:
		_, ok := parent.(*ast.BoolExpr)
		return ok
	}
	return false
}

// simpleArithmetic decides about an operator below another.
func simpleArithmetic(x *ast.BinaryExpr, parent ast.Expr) bool {
	switch parent := parent.(type) {
	case *ast.BoolExpr:
		return true
	case *ast.BinaryExpr:
		op, above := arithmetic(x.Op), arithmetic(parent.Op)
		switch {
		case op == 0 || above == 0:
			return false
		case op > above:
			return true
		case op == above:
			return parent.Left == ast.Expr(x)
		}
	}
	return false
}

// arithmetic ranks + and - as 1, *, / and % as 2, all else as 0.
func arithmetic(o ast.Operator) int {
	if len(o.Schema) > 0 || len(o.Name) != 1 {
		return 0
	}
	switch o.Name[0] {
	case '+', '-':
		return 1
	case '*', '/', '%':
		return 2
	}
	return 0
}
