package ast

// call prints a function call in the spelling of its form.
func (p *printer) call(f *FuncCall) {
	if f.Form != CallForm && p.specialCall(f) {
		return
	}
	p.callName(f.Name)
	p.text("(")
	p.when(f.Star, "*")
	p.when(f.Distinct, "DISTINCT ")
	for i, a := range f.Args {
		p.when(i > 0, ", ")
		p.when(f.Variadic && i == len(f.Args)-1, "VARIADIC ")
		p.expr(a)
	}
	if f.OrderBy != nil && !f.WithinGroup {
		p.text(" ")
		p.orderBy(f.OrderBy)
	}
	p.text(")")
	if f.WithinGroup {
		p.text(" WITHIN GROUP (")
		p.orderBy(f.OrderBy)
		p.text(")")
	}
	if f.Filter != nil {
		p.text(" FILTER (WHERE ")
		p.expr(f.Filter)
		p.text(")")
	}
	if f.Over != nil {
		p.text(" OVER ")
		if f.Over.NameOnly {
			p.ident(f.Over.Ref)
		} else {
			p.window(f.Over)
		}
	}
}

// callName prints the name of a function. A single word that is any key word is
// quoted: some mean something else before a parenthesis.
func (p *printer) callName(names []string) {
	if len(names) == 1 && callKeyword(names[0]) {
		p.text(`"`, names[0], `"`)
		return
	}
	p.names(names)
}

// callKeyword tells whether an unreserved word begins something other than a
// call in some place where a call may stand.
func callKeyword(word string) bool {
	switch word {
	case "cube", "rollup", "xmltable", "rows", "set", "insert", "update", "delete", "sets":
		return true
	}
	return false
}

// specialCall prints the forms that have a spelling of their own; false where
// the arguments do not fit it.
func (p *printer) specialCall(f *FuncCall) bool {
	a := f.Args
	switch f.Form {
	case AtTimeZoneForm:
		p.infix(a[1], "AT TIME ZONE", a[0])
	case ExtractForm:
		p.text("EXTRACT(")
		p.literal(a[0].(*Const).Text)
		p.text(" FROM ")
		p.expr(a[1])
		p.text(")")
	case OverlapsForm:
		p.text("((")
		p.exprs(a[:2])
		p.text(") OVERLAPS (")
		p.exprs(a[2:])
		p.text("))")
	case OverlayForm:
		p.parts("OVERLAY(", a, " PLACING ", " FROM ", " FOR ")
	case PositionForm:
		p.text("POSITION(")
		p.expr(a[1])
		p.text(" IN ")
		p.expr(a[0])
		p.text(")")
	case SubstringForm:
		p.parts("SUBSTRING(", a, " FROM ", " FOR ")
	case TrimForm:
		p.trim(f)
	case NormalizeForm:
		p.text("NORMALIZE(")
		p.expr(a[0])
		if len(a) > 1 {
			p.text(", ", a[1].(*Const).Text)
		}
		p.text(")")
	case IsNormalizedForm:
		form := ""
		if len(a) > 1 {
			form = a[1].(*Const).Text + " "
		}
		p.suffix(a[0], "IS "+form+"NORMALIZED")
	case CollationForForm:
		p.keywordCall("COLLATION FOR ", a)
	case TreatForm:
		p.text("TREAT(")
		p.expr(a[0])
		p.text(" AS ")
		p.ident(f.Name[len(f.Name)-1])
		p.text(")")
	case XMLExistsForm:
		p.text("XMLEXISTS((")
		p.expr(a[0])
		p.text(") PASSING (")
		p.expr(a[1])
		p.text("))")
	default:
		return false
	}
	return true
}

// parts prints arguments with words between.
func (p *printer) parts(open string, args []Expr, words ...string) {
	p.text(open)
	for i, a := range args {
		if i > 0 {
			p.text(words[i-1])
		}
		p.expr(a)
	}
	p.text(")")
}

// trim prints TRIM.
func (p *printer) trim(f *FuncCall) {
	p.text("TRIM(")
	switch f.Name[len(f.Name)-1] {
	case "ltrim":
		p.text("LEADING ")
	case "rtrim":
		p.text("TRAILING ")
	default:
		p.text("BOTH ")
	}
	if len(f.Args) == 2 {
		p.expr(f.Args[1])
		p.text(" FROM ")
		p.expr(f.Args[0])
	} else {
		p.exprs(f.Args)
	}
	p.text(")")
}

func documentWord(document bool) string {
	if document {
		return "DOCUMENT "
	}
	return "CONTENT "
}

// xml prints a function of SQL/XML.
func (p *printer) xml(e *XMLExpr) {
	switch e.Op {
	case XMLConcat:
		p.keywordCall("XMLCONCAT", e.Args)
	case XMLElement:
		p.text("XMLELEMENT(NAME ")
		p.ident(e.Name)
		if e.NamedArgs != nil {
			p.text(", XMLATTRIBUTES")
			p.xmlArgs(e.NamedArgs)
		}
		if e.Args != nil {
			p.text(", ")
			p.exprs(e.Args)
		}
		p.text(")")
	case XMLForest:
		p.text("XMLFOREST")
		p.xmlArgs(e.NamedArgs)
	case XMLParse:
		p.text("XMLPARSE(", documentWord(e.Document))
		p.expr(e.Args[0])
		p.when(e.Option != "", " PRESERVE WHITESPACE")
		p.text(")")
	case XMLPI:
		p.text("XMLPI(NAME ")
		p.ident(e.Name)
		if e.Args != nil {
			p.text(", ")
			p.expr(e.Args[0])
		}
		p.text(")")
	case XMLRoot:
		p.xmlRoot(e)
	case XMLIsDocument:
		p.suffix(e.Args[0], "IS DOCUMENT")
	}
}

// xmlRoot prints XMLROOT.
func (p *printer) xmlRoot(e *XMLExpr) {
	p.text("XMLROOT(")
	p.expr(e.Args[0])
	p.text(", VERSION ")
	if c, ok := e.Args[1].(*Const); ok && c.Kind == ConstNull && c.At == NoPos {
		p.text("NO VALUE")
	} else {
		p.expr(e.Args[1])
	}
	switch e.Option {
	case "yes":
		p.text(", STANDALONE YES")
	case "no":
		p.text(", STANDALONE NO")
	case "no value":
		p.text(", STANDALONE NO VALUE")
	}
	p.text(")")
}

// xmlArgs prints (expression AS name, …).
func (p *printer) xmlArgs(list []ResTarget) {
	p.text("(")
	for i, a := range list {
		p.when(i > 0, ", ")
		p.expr(a.Value)
		if a.Name != "" {
			p.text(" AS ")
			p.ident(a.Name)
		}
	}
	p.text(")")
}
