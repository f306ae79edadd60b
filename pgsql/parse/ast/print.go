package ast

import "strconv"

// String returns the canonical text of an expression: operators are in
// parentheses, as PostgreSQL's pg_get_expr writes them, types and functions have
// the names that format_type and ruleutils give them. Parsed again it gives an
// equal tree.
func String(e Expr) string {
	var p printer
	p.expr(e)
	return string(p.buf)
}

// Deparse returns the canonical text of a query, INSERT, UPDATE, DELETE or
// MERGE; ok is false for other statements.
func Deparse(s Stmt) (text string, ok bool) {
	var p printer
	ok = p.stmt(s)
	return string(p.buf), ok
}

// String returns the type's canonical text.
func (t *TypeName) String() string {
	var p printer
	p.typeName(t)
	return string(p.buf)
}

// String returns the relation's name as it is written in a query, with its
// alias.
func (r *RangeVar) String() string {
	var p printer
	p.relation(r)
	return string(p.buf)
}

// printer appends canonical text.
type printer struct{ buf []byte }

func (p *printer) text(parts ...string) {
	for _, s := range parts {
		p.buf = append(p.buf, s...)
	}
}

func (p *printer) ident(name string) { p.text(QuoteIdent(name)) }
func (p *printer) literal(s string)  { p.text(QuoteLiteral(s)) }
func (p *printer) number(n int)      { p.buf = strconv.AppendInt(p.buf, int64(n), 10) }
func (p *printer) when(b bool, s string) {
	if b {
		p.text(s)
	}
}

// names prints a dotted name.
func (p *printer) names(names []string) {
	for i, n := range names {
		p.when(i > 0, ".")
		p.ident(n)
	}
}

// columns prints a list of names in parentheses, nothing for none.
func (p *printer) columns(names []string) {
	if names == nil {
		return
	}
	p.text("(")
	for i, n := range names {
		p.when(i > 0, ", ")
		p.ident(n)
	}
	p.text(")")
}

// exprs prints expressions with commas between.
func (p *printer) exprs(list []Expr) {
	for i, e := range list {
		p.when(i > 0, ", ")
		p.expr(e)
	}
}

// operator prints an operator, with OPERATOR() where it has a schema.
func (p *printer) operator(o Operator) {
	if len(o.Schema) == 0 {
		p.text(o.Name)
		return
	}
	p.text("OPERATOR(")
	p.names(o.Schema)
	p.text(".", o.Name, ")")
}

// infix prints (left word right).
func (p *printer) infix(left Expr, word string, right Expr) {
	p.text("(")
	p.expr(left)
	p.text(" ", word, " ")
	p.expr(right)
	p.text(")")
}

// suffix prints (x words).
func (p *printer) suffix(x Expr, words string) {
	p.text("(")
	p.expr(x)
	p.text(" ", words, ")")
}

func not(b bool) string {
	if b {
		return "NOT "
	}
	return ""
}

// expr prints an expression so that it can stand as any operand.
func (p *printer) expr(e Expr) {
	switch e := e.(type) {
	case *Const:
		p.constant(e)
	case *ColumnRef:
		p.names(e.Names)
		p.when(e.Star && len(e.Names) > 0, ".")
		p.when(e.Star, "*")
	case *ParamRef:
		p.text("$")
		p.number(e.Number)
	case *UnaryExpr:
		p.text("(")
		p.operator(e.Op)
		p.text(" ")
		p.expr(e.X)
		p.text(")")
	case *BinaryExpr:
		p.text("(")
		p.expr(e.Left)
		p.text(" ")
		p.operator(e.Op)
		p.text(" ")
		p.expr(e.Right)
		p.text(")")
	case *BoolExpr:
		p.text("(")
		for i, a := range e.Args {
			p.when(i > 0, [...]string{And: " AND ", Or: " OR "}[e.Op])
			p.expr(a)
		}
		p.text(")")
	case *NotExpr:
		p.text("(NOT ")
		p.expr(e.X)
		p.text(")")
	case *NullTest:
		p.suffix(e.X, "IS "+not(e.Not)+"NULL")
	case *BooleanTest:
		p.suffix(e.X, "IS "+not(e.Not)+[...]string{TestTrue: "TRUE", TestFalse: "FALSE", TestUnknown: "UNKNOWN"}[e.Kind])
	case *DistinctExpr:
		p.infix(e.Left, "IS "+not(e.Not)+"DISTINCT FROM", e.Right)
	case *TypeCast:
		p.cast(e)
	case *CollateExpr:
		p.text("(")
		p.expr(e.X)
		p.text(" COLLATE ")
		p.names(e.Collation)
		p.text(")")
	case *FuncCall:
		p.call(e)
	default:
		p.compound(e)
	}
}

// compound prints the expressions that expr does not.
func (p *printer) compound(e Expr) {
	switch e := e.(type) {
	case *InExpr, *BetweenExpr, *LikeExpr, *ScalarArrayExpr:
		p.text("(")
		p.matching(e)
		p.text(")")
	case *SubLink:
		p.subLink(e)
	case *CaseExpr:
		p.caseExpr(e)
	case *CoalesceExpr:
		p.keywordCall("COALESCE", e.Args)
	case *NullIfExpr:
		p.keywordCall("NULLIF", []Expr{e.Left, e.Right})
	case *MinMaxExpr:
		name := "GREATEST"
		if e.Least {
			name = "LEAST"
		}
		p.keywordCall(name, e.Args)
	case *RowExpr:
		p.when(e.Explicit, "ROW")
		p.keywordCall("", e.Args)
	case *ArrayExpr:
		p.when(!e.Nested, "ARRAY")
		p.text("[")
		p.exprs(e.Elems)
		p.text("]")
	case *IndirectionExpr:
		p.indirection(e)
	case *NamedArg:
		p.ident(e.Name)
		p.text(" => ")
		p.expr(e.X)
	case *SQLValueFunction:
		p.sqlValue(e)
	case *GroupingFunc:
		p.keywordCall("GROUPING", e.Args)
	case *GroupingSet:
		p.groupingSet(e)
	case *SetToDefault:
		p.text("DEFAULT")
	case *CurrentOfExpr:
		p.text("CURRENT OF ")
		p.ident(e.Cursor)
	case *MultiAssign:
		p.expr(e.Source)
	case *XMLExpr:
		p.xml(e)
	case *XMLSerialize:
		p.text("XMLSERIALIZE(", documentWord(e.Document))
		p.expr(e.X)
		p.text(" AS ")
		p.typeName(e.Type)
		p.text(")")
	}
}

// matching prints IN, BETWEEN, LIKE and its kin, ANY and ALL.
func (p *printer) matching(e Expr) {
	switch e := e.(type) {
	case *InExpr:
		p.expr(e.X)
		p.text(" ", not(e.Not), "IN (")
		p.exprs(e.List)
		p.text(")")
	case *BetweenExpr:
		p.expr(e.X)
		p.text(" ", not(e.Not), "BETWEEN ")
		p.when(e.Symmetric, "SYMMETRIC ")
		p.expr(e.Low)
		p.text(" AND ")
		p.expr(e.High)
	case *LikeExpr:
		p.expr(e.X)
		p.text(" ", not(e.Not), [...]string{Like: "LIKE ", ILike: "ILIKE ", SimilarTo: "SIMILAR TO "}[e.Kind])
		p.expr(e.Pattern)
		p.clause(" ESCAPE ", e.Escape)
	case *ScalarArrayExpr:
		p.expr(e.Left)
		p.text(" ")
		p.operator(e.Op)
		p.text(anyAll(e.All))
		p.expr(e.Right)
		p.text(")")
	}
}

func anyAll(all bool) string {
	if all {
		return " ALL ("
	}
	return " ANY ("
}

// keywordCall prints NAME(arguments).
func (p *printer) keywordCall(name string, args []Expr) {
	p.text(name, "(")
	p.exprs(args)
	p.text(")")
}

// constant prints a literal.
func (p *printer) constant(c *Const) {
	switch c.Kind {
	case ConstNull:
		p.text("NULL")
	case ConstBool:
		if c.Bool() {
			p.text("true")
		} else {
			p.text("false")
		}
	case ConstInt4, ConstInt8:
		p.buf = strconv.AppendInt(p.buf, c.Int, 10)
	case ConstNumeric:
		p.text(c.Text)
	case ConstString:
		p.literal(c.Text)
	case ConstBitString:
		p.text(c.Text[:1], "'", c.Text[1:], "'")
	}
}

// negative tells whether e is a number with a sign, which binds weaker than ::.
func negative(e Expr) bool {
	c, ok := e.(*Const)
	return ok && (c.Int < 0 || c.Kind == ConstNumeric && c.Text[0] == '-')
}

// cast prints x::type.
func (p *printer) cast(e *TypeCast) {
	if negative(e.X) {
		p.text("(")
		p.expr(e.X)
		p.text(")")
	} else {
		p.expr(e.X)
	}
	p.text("::")
	p.typeName(e.Type)
}

// subLink prints a sub-query.
func (p *printer) subLink(e *SubLink) {
	switch e.Kind {
	case ExistsSubLink:
		p.text("(EXISTS (")
		p.query(e.Query)
		p.text("))")
	case ArraySubLink:
		p.text("ARRAY(")
		p.query(e.Query)
		p.text(")")
	case ExprSubLink:
		p.text("(")
		p.query(e.Query)
		p.text(")")
	default:
		p.text("(")
		p.expr(e.Test)
		if e.In {
			p.text(" ", not(e.Not), "IN (")
		} else {
			p.text(" ")
			p.operator(e.Op)
			p.text(anyAll(e.Kind == AllSubLink))
		}
		p.query(e.Query)
		p.text("))")
	}
}

// caseExpr prints CASE.
func (p *printer) caseExpr(e *CaseExpr) {
	p.text("CASE")
	if e.Arg != nil {
		p.text(" ")
		p.expr(e.Arg)
	}
	for _, w := range e.Whens {
		p.text(" WHEN ")
		p.expr(w.When)
		p.text(" THEN ")
		p.expr(w.Then)
	}
	if e.Else != nil {
		p.text(" ELSE ")
		p.expr(e.Else)
	}
	p.text(" END")
}

// indirection prints x with its steps, x in parentheses unless it is a name
// with a subscript or a parameter.
func (p *printer) indirection(e *IndirectionExpr) {
	_, bare := e.X.(*ParamRef)
	if c, ok := e.X.(*ColumnRef); ok && !c.Star {
		k := e.Steps[0].Kind
		bare = k == IndexStep || k == SliceStep
	}
	p.when(!bare, "(")
	p.expr(e.X)
	p.when(!bare, ")")
	p.steps(e.Steps)
}

// steps prints field selections and subscripts.
func (p *printer) steps(steps []Indirection) {
	for _, s := range steps {
		switch s.Kind {
		case FieldStep:
			p.text(".")
			p.ident(s.Name)
		case StarStep:
			p.text(".*")
		case IndexStep:
			p.text("[")
			p.expr(s.Upper)
			p.text("]")
		case SliceStep:
			p.text("[")
			if s.Lower != nil {
				p.expr(s.Lower)
			}
			p.text(":")
			if s.Upper != nil {
				p.expr(s.Upper)
			}
			p.text("]")
		}
	}
}

// sqlValue prints a function without parentheses.
func (p *printer) sqlValue(e *SQLValueFunction) {
	p.text([...]string{
		CurrentDate: "CURRENT_DATE", CurrentTime: "CURRENT_TIME", CurrentTimestamp: "CURRENT_TIMESTAMP",
		LocalTime: "LOCALTIME", LocalTimestamp: "LOCALTIMESTAMP", CurrentRole: "CURRENT_ROLE",
		CurrentUser: "CURRENT_USER", User: "USER", SessionUser: "SESSION_USER",
		CurrentCatalog: "CURRENT_CATALOG", CurrentSchema: "CURRENT_SCHEMA",
	}[e.Kind])
	if e.Precision >= 0 {
		p.text("(")
		p.number(e.Precision)
		p.text(")")
	}
}

// groupingSet prints an item of GROUP BY.
func (p *printer) groupingSet(e *GroupingSet) {
	p.keywordCall([...]string{EmptySet: "", Rollup: "ROLLUP", Cube: "CUBE", GroupingSets: "GROUPING SETS"}[e.Kind], e.Content)
}
