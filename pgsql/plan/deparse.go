package plan

import (
	"strings"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// deparse returns the text that the catalog keeps of a typed expression over
// one relation, in the form that PostgreSQL's pg_get_expr shows (ruleutils.c):
// every operator in parentheses, every constant with its type, implicit casts
// written out within operators and calls but not at the top.
func (a *analyzer) deparse(x expr) string {
	p := &deparser{a: a}
	p.expr(x, false)
	return string(p.buf)
}

type deparser struct {
	a      *analyzer
	buf    []byte
	indent int
	pretty bool          // only the parentheses that pg_get_expr(…, true) keeps
	query  *queryPrinter // nil within the definition of a table
}

// open and close write the parentheses that pretty leaves out.
func (p *deparser) open() {
	if !p.pretty {
		p.s("(")
	}
}

func (p *deparser) close() {
	if !p.pretty {
		p.s(")")
	}
}

// operand writes x below parent: get_rule_expr_paren.
func (p *deparser) operand(x, parent expr, show bool) {
	if !p.pretty || p.simple(x, parent, show) {
		p.expr(x, show)
		return
	}
	p.s("(")
	p.expr(x, show)
	p.s(")")
}

// keyword starts a line with a word, as appendContextKeyword does.
func (p *deparser) keyword(word string) {
	for len(p.buf) > 0 && p.buf[len(p.buf)-1] == ' ' {
		p.buf = p.buf[:len(p.buf)-1]
	}
	p.s("\n", strings.Repeat(" ", p.indent), word)
}

func (p *deparser) s(parts ...string) {
	for _, part := range parts {
		p.buf = append(p.buf, part...)
	}
}

// expr writes x. Implicit casts are shown where show is set.
func (p *deparser) expr(x expr, show bool) {
	switch x := x.(type) {
	case *varExpr:
		p.variable(x)
	case *constExpr:
		p.constant(x)
	case *castExpr:
		p.cast(x, show)
	case *opExpr:
		p.operator(x)
	case *funcExpr:
		p.function(x)
	case *boolExpr:
		p.boolean(x)
	case *nullTest:
		p.open()
		p.operand(x.x, x, true)
		p.s(" IS ", notWord(x.not), "NULL")
		p.close()
	case *boolTest:
		p.open()
		p.operand(x.x, x, false)
		p.s(" IS ", notWord(x.not), boolTestWord(x.kind))
		p.close()
	case *distinctExpr:
		p.distinct(x)
	case *nullIfExpr:
		p.s("NULLIF(")
		p.expr(x.left, true)
		p.s(", ")
		p.expr(x.right, true)
		p.s(")")
	case *arrayOpExpr:
		p.arrayOp(x)
	case *caseExpr:
		p.caseExpr(x)
	case *listExpr:
		p.s(listWord(x.kind), "(")
		p.list(x.args, true)
		p.s(")")
	default:
		p.rare(x)
	}
}

func (p *deparser) rare(x expr) {
	switch x := x.(type) {
	case *arrayExpr:
		p.s("ARRAY[")
		p.list(x.elems, true)
		p.s("]")
		if len(x.elems) == 0 {
			p.s("::", types.FormatType(x.oid, -1))
		}
	case *rowExpr:
		p.s("ROW(")
		p.list(x.args, true)
		p.s(")")
	case *subscriptExpr:
		p.subscript(x)
	case *aggExpr, *windowExpr, *subLink:
		p.inQuery(x)
	default:
		p.a.fail(x.position(), pgerr.Unsupported("this expression is not supported in the definition of a table, view or index"))
	}
}

func notWord(not bool) string {
	if not {
		return "NOT "
	}
	return ""
}

func boolTestWord(kind ast.BoolTestKind) string {
	switch kind {
	case ast.TestTrue:
		return "TRUE"
	case ast.TestFalse:
		return "FALSE"
	}
	return "UNKNOWN"
}

func listWord(kind listKind) string {
	switch kind {
	case listGreatest:
		return "GREATEST"
	case listLeast:
		return "LEAST"
	}
	return "COALESCE"
}

func (p *deparser) list(xs []expr, show bool) {
	for i, x := range xs {
		if i > 0 {
			p.s(", ")
		}
		p.expr(x, show)
	}
}

// constant is get_const_expr.
func (p *deparser) constant(x *constExpr) {
	if x.val.IsNull() {
		p.s("NULL")
		if x.oid != types.UnknownOID {
			p.s("::", types.FormatType(x.oid, x.typmod))
		}
		return
	}
	text := p.valueText(x)
	label := true
	switch x.oid {
	case types.BoolOID:
		p.s(map[bool]string{true: "true", false: "false"}[x.val.Bool()])
		return
	case types.Int4OID:
		label = text[0] == '-'
		if !label {
			p.s(text)
			return
		}
	case types.NumericOID:
		if isPlainNumber(text) {
			switch {
			case x.typmod >= 0:
				p.s(text, "::", types.FormatType(x.oid, x.typmod))
			case !strings.Contains(text, "."):
				p.open()
				p.s(text)
				p.close()
				p.s("::numeric") // an integer that was coerced
			default:
				p.s(text)
			}
			return
		}
	case types.UnknownOID:
		label = false
	}
	// Never the E form: the text is read with standard_conforming_strings on.
	p.s("'", strings.ReplaceAll(text, "'", "''"), "'")
	if label {
		p.s("::", types.FormatType(x.oid, x.typmod))
	}
}

// valueText is the constant in the form that its type's input reads back
// whatever the session's settings. regclass is kept as a number.
func (p *deparser) valueText(x *constExpr) string {
	oid := x.oid
	switch oid {
	case types.UnknownOID:
		oid = types.TextOID
	case types.RegclassOID, types.RegtypeOID, types.RegprocOID, types.RegnamespaceOID, types.RegroleOID:
		oid = types.OidOID
	}
	return string(types.AppendText(nil, oid, x.typmod, x.val, types.DefaultEnv()))
}

func isPlainNumber(text string) bool {
	for i := range len(text) {
		if c := text[i]; c != '.' && (c < '0' || c > '9') {
			return false
		}
	}
	return text != ""
}

func (p *deparser) cast(x *castExpr, show bool) {
	if x.implicit && !x.explicit && !show {
		p.operand(x.x, x, show)
		return
	}
	if word := p.timeKeyword(x); word != "" {
		p.s(word)
		return
	}
	typmod := x.typmod
	if !x.length {
		typmod = -1
	} else if inner, ok := x.x.(*castExpr); ok && inner.oid == x.oid {
		x = &castExpr{base: x.base, x: inner.x} // type and length in one
	}
	p.castOperand(x, show)
	p.s("::", types.FormatType(x.oid, typmod))
}

// castOperand writes what a cast is of.
func (p *deparser) castOperand(x *castExpr, show bool) {
	if p.pretty {
		p.operand(x.x, x, show)
		return
	}
	switch inner := x.x.(type) {
	case *constExpr:
		p.expr(inner, show)
	case *opExpr, *boolExpr, *nullTest, *boolTest, *distinctExpr, *arrayOpExpr:
		p.expr(inner, show) // has parentheses
	default:
		p.s("(")
		p.expr(inner, show)
		p.s(")")
	}
}

func (p *deparser) operator(x *opExpr) {
	p.open()
	if len(x.args) == 2 {
		p.operand(x.args[0], x, true)
		p.s(" ")
	}
	p.s(x.op.Name, " ")
	p.operand(x.args[len(x.args)-1], x, true)
	p.close()
}

func (p *deparser) function(x *funcExpr) {
	if word := p.sourceKeyword(x); word != "" {
		p.s(word)
		return
	}
	if x.fn.Name == "extract" && len(x.args) == 2 {
		if field, ok := x.args[0].(*constExpr); ok {
			p.s("EXTRACT(", string(field.val.Bytes), " FROM ")
			p.expr(x.args[1], true)
			p.s(")")
			return
		}
	}
	if x.fn.Name == "timezone" && len(x.args) == 2 {
		p.s("(")
		p.operand(x.args[1], x, true)
		p.s(" AT TIME ZONE ")
		p.operand(x.args[0], x, true)
		p.s(")")
		return
	}
	if x.fn.Schema != "" && x.fn.Schema != "pg_catalog" {
		p.s(catalog.QuoteIdent(x.fn.Schema), ".")
	}
	p.s(catalog.QuoteIdent(x.fn.Name), "(")
	for i, arg := range x.args {
		if i > 0 {
			p.s(", ")
		}
		if x.variadic && i == len(x.args)-1 {
			p.s("VARIADIC ")
		}
		p.expr(arg, true)
	}
	p.s(")")
}

// sourceKeyword returns the word of SQL that stands in the source where the
// call is: CURRENT_TIMESTAMP is analyzed as now() but shown as written.
func (p *deparser) sourceKeyword(x *funcExpr) string {
	if p.a.views > 0 || x.pos < 0 || x.pos >= len(p.a.sql) || len(x.args) > 0 {
		return ""
	}
	rest := p.a.sql[x.pos:]
	for _, word := range [...]string{
		"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIMESTAMP", "LOCALTIME",
		"CURRENT_USER", "CURRENT_ROLE", "CURRENT_CATALOG", "CURRENT_SCHEMA", "SESSION_USER",
	} {
		if len(rest) >= len(word) && strings.EqualFold(rest[:len(word)], word) {
			return word
		}
	}
	return ""
}

// timeKeyword is sourceKeyword for those that are analyzed as a cast of now().
func (p *deparser) timeKeyword(x *castExpr) string {
	inner, typmod := x.x, int32(-1)
	if x.length {
		typmod = x.typmod
	}
	if c, ok := inner.(*castExpr); ok && x.length {
		inner = c.x
	}
	f, ok := inner.(*funcExpr)
	if !ok || f.fn.Name != "now" {
		return ""
	}
	word := p.sourceKeyword(f)
	if word != "" && typmod >= 0 {
		word += "(" + itoa(int(typmod)) + ")"
	}
	return word
}

func (p *deparser) boolean(x *boolExpr) {
	p.open()
	switch x.kind {
	case boolNot:
		p.s("NOT ")
		p.operand(x.args[0], x, false)
	default:
		word := " AND "
		if x.kind == boolOr {
			word = " OR "
		}
		for i, arg := range x.args {
			if i > 0 {
				p.s(word)
			}
			p.operand(arg, x, false)
		}
	}
	p.close()
}

func (p *deparser) distinct(x *distinctExpr) {
	if x.not {
		p.open()
		p.s("NOT ")
	}
	p.open()
	p.operand(x.left, x, true)
	p.s(" IS DISTINCT FROM ")
	p.operand(x.right, x, true)
	p.close()
	if x.not {
		p.close()
	}
}

func (p *deparser) arrayOp(x *arrayOpExpr) {
	word := " ANY ("
	if x.all {
		word = " ALL ("
	}
	p.open()
	p.operand(x.left, x, true)
	p.s(" ", x.op.Name, word)
	if x.array != nil {
		p.operand(x.array, x, true)
	} else {
		p.arrayList(x)
	}
	p.s(")")
	p.close()
}

// arrayList writes the list of IN. PostgreSQL makes an array of the elements'
// common type, and converts that for the operator.
func (p *deparser) arrayList(x *arrayOpExpr) {
	elem := x.elem
	for _, item := range x.list {
		if _, ok := item.(*constExpr); !ok {
			elem = 0
		}
	}
	if elem == 0 {
		p.s("ARRAY[")
		p.list(x.list, true)
		p.s("]")
		return
	}
	p.open()
	p.s("ARRAY[")
	for i, item := range x.list {
		c := *item.(*constExpr)
		c.oid = elem
		if i > 0 {
			p.s(", ")
		}
		p.constant(&c)
	}
	p.s("]")
	p.close()
	p.s("::", types.FormatType(types.ArrayOf(x.list[0].typ()), -1))
}

func (p *deparser) caseExpr(x *caseExpr) {
	p.keyword("CASE")
	p.indent += 4
	if x.arg != nil {
		p.s(" ")
		p.expr(x.arg, true)
	}
	for _, w := range x.whens {
		p.keyword("WHEN ")
		when := w.when
		if op, ok := when.(*opExpr); ok && x.arg != nil && len(op.args) == 2 {
			when = op.args[1]
		}
		p.expr(when, false)
		p.s(" THEN ")
		p.expr(w.then, true)
	}
	p.keyword("ELSE ")
	if x.els != nil {
		p.expr(x.els, true)
	} else {
		p.s("NULL::", types.FormatType(x.oid, x.typmod))
	}
	p.indent -= 4
	p.keyword("END")
}

func (p *deparser) subscript(x *subscriptExpr) {
	if _, ok := x.x.(*varExpr); ok {
		p.expr(x.x, true)
	} else {
		p.s("(")
		p.expr(x.x, true)
		p.s(")")
	}
	for i := range x.upper {
		p.s("[")
		if x.slice {
			if x.lower[i] != nil {
				p.expr(x.lower[i], false)
			}
			p.s(":")
		}
		if x.upper[i] != nil {
			p.expr(x.upper[i], false)
		}
		p.s("]")
	}
}
