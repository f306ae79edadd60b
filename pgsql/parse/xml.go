package parse

import "polyreme/pgsql/parse/ast"

// xmlFunc parses the functions of SQL/XML that have a grammar of their own.
func (p *parser) xmlFunc(at ast.At, k kind) ast.Expr {
	x := &ast.XMLExpr{At: at}
	switch k {
	case kwXmlconcat:
		p.advance()
		x.Op, x.Args = ast.XMLConcat, p.parenExprs()
	case kwXmlelement:
		x.Op = ast.XMLElement
		p.xmlElement(x)
	case kwXmlforest:
		p.advance()
		x.Op, x.NamedArgs = ast.XMLForest, p.xmlAttributes()
	case kwXmlparse:
		p.advance()
		p.expect('(')
		x.Op, x.Document = ast.XMLParse, p.documentOrContent()
		x.Args = []ast.Expr{p.expr()}
		if p.accept(kwPreserve) {
			p.expect(kwWhitespace)
			x.Option = "preserve"
		} else if p.accept(kwStrip) {
			p.expect(kwWhitespace)
		}
		p.expect(')')
	case kwXmlpi:
		p.advance()
		p.expectAll('(', kwName)
		x.Op, x.Name = ast.XMLPI, p.colLabel()
		if p.accept(',') {
			x.Args = []ast.Expr{p.expr()}
		}
		p.expect(')')
	case kwXmlroot:
		x.Op = ast.XMLRoot
		p.xmlRoot(x)
	case kwXmlserialize:
		p.advance()
		p.expect('(')
		s := &ast.XMLSerialize{At: at, Document: p.documentOrContent(), X: p.expr()}
		p.expect(kwAs)
		s.Type = p.simpleTypeName()
		p.expect(')')
		return s
	case kwXmlexists:
		p.advance()
		p.expect('(')
		path := p.primary()
		f := special(at, "xmlexists", ast.XMLExistsForm, path, p.xmlPassing())
		p.expect(')')
		return f
	default:
		return nil
	}
	return x
}

// documentOrContent parses DOCUMENT or CONTENT and tells which.
func (p *parser) documentOrContent() bool {
	if p.accept(kwDocument) {
		return true
	}
	p.expect(kwContent)
	return false
}

// xmlElement parses XMLELEMENT.
func (p *parser) xmlElement(x *ast.XMLExpr) {
	p.advance()
	p.expectAll('(', kwName)
	x.Name = p.colLabel()
	if p.accept(',') {
		switch {
		case p.at2(kwXmlattributes, '('):
			p.advance()
			x.NamedArgs = p.xmlAttributes()
			if p.accept(',') {
				x.Args = p.exprList()
			}
		default:
			x.Args = p.exprList()
		}
	}
	p.expect(')')
}

// xmlAttributes parses (expression AS name, …).
func (p *parser) xmlAttributes() []ast.ResTarget {
	p.expect('(')
	var list []ast.ResTarget
	for {
		a := ast.ResTarget{At: p.here(), Value: p.expr()}
		if p.accept(kwAs) {
			a.Name = p.colLabel()
		}
		list = append(list, a)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

// xmlRoot parses XMLROOT.
func (p *parser) xmlRoot(x *ast.XMLExpr) {
	p.advance()
	p.expect('(')
	x.Args = []ast.Expr{p.expr()}
	p.expectAll(',', kwVersion)
	if p.at2(kwNo, kwValue) {
		p.advance()
		p.advance()
		x.Args = append(x.Args, &ast.Const{At: ast.NoPos})
	} else {
		x.Args = append(x.Args, p.expr())
	}
	if p.accept(',') {
		p.expect(kwStandalone)
		switch {
		case p.accept(kwYes):
			x.Option = "yes"
		case p.at2(kwNo, kwValue):
			p.advance()
			p.advance()
			x.Option = "no value"
		default:
			p.expect(kwNo)
			x.Option = "no"
		}
	}
	p.expect(')')
}

// xmlPassing parses PASSING [mechanism] expression [mechanism].
func (p *parser) xmlPassing() ast.Expr {
	p.expect(kwPassing)
	p.xmlMechanism()
	x := p.primary()
	p.xmlMechanism()
	return x
}

func (p *parser) xmlMechanism() {
	if !p.accept(kwBy) {
		return
	}
	if !p.accept(kwRef) {
		p.expect(kwValue)
	}
}

// xmlTable parses XMLTABLE.
func (p *parser) xmlTable(lateral bool) *ast.RangeTableFunc {
	t := &ast.RangeTableFunc{At: p.here(), Lateral: lateral}
	p.expect(kwXmltable)
	p.expect('(')
	if p.at2(kwXmlnamespaces, '(') {
		p.advance()
		p.advance()
		for {
			n := ast.ResTarget{At: p.here()}
			if p.accept(kwDefault) {
				n.Value = p.bExpr()
			} else {
				n.Value = p.bExpr()
				p.expect(kwAs)
				n.Name = p.colLabel()
			}
			t.Namespaces = append(t.Namespaces, n)
			if !p.accept(',') {
				break
			}
		}
		p.expectAll(')', ',')
	}
	t.RowExpr = p.primary()
	t.DocExpr = p.xmlPassing()
	p.expect(kwColumns)
	for {
		t.Columns = append(t.Columns, p.xmlColumn())
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return t
}

// xmlColumn parses a column of XMLTABLE.
func (p *parser) xmlColumn() ast.RangeTableFuncCol {
	c := ast.RangeTableFuncCol{At: p.here(), Name: p.colID()}
	if p.accept(kwFor) {
		p.expect(kwOrdinality)
		c.ForOrdinality = true
		return c
	}
	c.Type = p.typeName()
	nullSeen := false
	for {
		at := p.tok.pos
		switch {
		case p.accept(kwDefault):
			if c.Default != nil {
				p.fail(at, "only one DEFAULT value is allowed")
			}
			c.Default = p.bExpr()
		case p.at(tIdent):
			word := p.tok.str
			p.advance()
			x := p.bExpr()
			if word == "__pg__is_not_null" {
				p.fail(at, "option name \"%s\" cannot be used in XMLTABLE", word)
			}
			if word != "path" {
				p.fail(at, "unrecognized column option \"%s\"", word)
			}
			if c.Path != nil {
				p.fail(at, "only one PATH value per column is allowed")
			}
			c.Path = x
		case p.at(kwNot) || p.at(kwNull):
			not := p.accept(kwNot)
			p.expect(kwNull)
			if nullSeen {
				p.fail(at, "conflicting or redundant NULL / NOT NULL declarations for column \"%s\"", c.Name)
			}
			nullSeen, c.NotNull = true, not
		default:
			return c
		}
	}
}
