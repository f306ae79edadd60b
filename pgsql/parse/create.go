package parse

import (
	"strings"

	"polyreme/pgsql/parse/ast"
)

// createStmt parses CREATE.
func (p *parser) createStmt() ast.Stmt {
	p.advance()
	replace := p.accept(kwOr)
	if replace {
		p.expect(kwReplace)
	}
	switch p.tok.kind {
	case kwTemporary, kwTemp, kwLocal, kwGlobal, kwUnlogged:
		return p.createPersistent(replace)
	case kwView, kwRecursive:
		return p.createView(replace, ast.Permanent)
	case kwFunction, kwProcedure:
		procedure := p.at(kwProcedure)
		p.advance()
		return p.createFunction(replace, procedure)
	case kwRule, kwTrigger, kwAggregate, kwTransform:
		word := p.tok.str
		p.advance()
		return p.unsupported("CREATE " + strings.ToUpper(word))
	case kwConstraint:
		p.advance()
		p.expect(kwTrigger)
		return p.unsupported("CREATE CONSTRAINT TRIGGER")
	case kwTrusted, kwProcedural, kwLanguage:
		p.accept(kwTrusted)
		p.accept(kwProcedural)
		p.expect(kwLanguage)
		return p.unsupported("CREATE LANGUAGE")
	}
	if replace {
		p.syntaxError()
	}
	return p.createObject()
}

// createPersistent parses CREATE with TEMPORARY or UNLOGGED.
func (p *parser) createPersistent(replace bool) ast.Stmt {
	persistence := ast.Temporary
	switch {
	case p.accept(kwLocal), p.accept(kwGlobal):
		if !p.accept(kwTemporary) {
			p.expect(kwTemp)
		}
	case p.accept(kwUnlogged):
		persistence = ast.Unlogged
	default:
		p.advance()
	}
	if p.at(kwView) || p.at(kwRecursive) {
		return p.createView(replace, persistence)
	}
	if replace {
		p.syntaxError()
	}
	switch {
	case p.accept(kwTable):
		return p.createTable(persistence)
	case p.accept(kwSequence):
		return p.createSequence(persistence)
	case persistence == ast.Unlogged && p.at(kwMaterialized):
		return p.createMatView(persistence)
	}
	p.syntaxError()
	return nil
}

// createObject parses CREATE of what cannot be replaced.
func (p *parser) createObject() ast.Stmt {
	first := p.tok
	k := first.kind
	word := strings.ToUpper(first.str)
	switch k {
	case kwMaterialized:
		return p.createMatView(ast.Permanent)
	case kwUnique, kwIndex:
		return p.createIndex()
	case kwForeign:
		p.advance()
		if p.accept(kwTable) {
			return p.createForeignTable()
		}
		p.expectAll(kwData, kwWrapper)
		return p.unsupported("CREATE FOREIGN DATA WRAPPER")
	case kwText:
		p.advance()
		p.expect(kwSearch)
		return p.unsupported("CREATE TEXT SEARCH " + p.textSearchObject())
	case kwAccess:
		p.expectAll(kwAccess, kwMethod)
		return p.unsupported("CREATE ACCESS METHOD")
	case kwEvent:
		p.expectAll(kwEvent, kwTrigger)
		return p.unsupported("CREATE EVENT TRIGGER")
	}
	p.advance()
	switch k {
	case kwTable:
		return p.createTable(ast.Permanent)
	case kwSequence:
		return p.createSequence(ast.Permanent)
	case kwSchema:
		return p.createSchema()
	case kwType:
		return p.createType()
	case kwDomain:
		return p.createDomain()
	case kwExtension:
		return p.createExtension()
	case kwUser:
		if p.accept(kwMapping) {
			return p.unsupported("CREATE USER MAPPING")
		}
		return p.createRole(word)
	case kwRole, kwGroup:
		return p.createRole(word)
	case kwDatabase:
		s := &ast.CreatedbStmt{Name: p.colID()}
		s.Options = p.databaseOptions()
		return s
	case kwCast, kwConversion, kwCollation, kwOperator, kwPolicy, kwPublication, kwServer, kwStatistics,
		kwSubscription, kwTablespace, kwAssertion:
		return p.unsupported("CREATE " + word)
	case kwDefault:
		p.expect(kwConversion)
		return p.unsupported("CREATE CONVERSION")
	}
	p.failToken(&first)
	return nil
}

// textSearchObject parses the kind of a text search object.
func (p *parser) textSearchObject() string {
	switch p.tok.kind {
	case kwParser, kwDictionary, kwTemplate, kwConfiguration:
	default:
		p.syntaxError()
	}
	word := strings.ToUpper(p.tok.str)
	p.advance()
	return word
}

// createSchema parses CREATE SCHEMA after its word.
func (p *parser) createSchema() ast.Stmt {
	s := &ast.CreateSchemaStmt{IfNotExists: p.ifNotExists()}
	if !p.at(kwAuthorization) {
		s.Name = p.colID()
	}
	if p.accept(kwAuthorization) {
		r := p.roleSpec()
		s.Role = &r
	}
	at := p.tok.pos
	for p.at(kwCreate) || p.at(kwGrant) {
		if p.accept2(kwCreate, kwSchema) {
			p.syntaxError()
		}
		first := p.tok
		e := p.statement()
		if !schemaElement(e) {
			p.failToken(&first)
		}
		s.Elems = append(s.Elems, e)
	}
	if s.IfNotExists && s.Elems != nil {
		p.failPosition(at, "0A000", "CREATE SCHEMA IF NOT EXISTS cannot include schema elements")
	}
	return s
}

// schemaElement tells whether s may stand within CREATE SCHEMA.
func schemaElement(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.CreateStmt:
		return s.Server == ""
	case *ast.IndexStmt, *ast.CreateSeqStmt, *ast.ViewStmt, *ast.GrantStmt:
		return true
	case *ast.Unsupported:
		return s.Kind == "CREATE TRIGGER" || s.Kind == "CREATE CONSTRAINT TRIGGER"
	}
	return false
}

// createType parses CREATE TYPE after its word.
func (p *parser) createType() ast.Stmt {
	at := p.here()
	name := p.anyName()
	if !p.accept(kwAs) {
		if p.at('(') {
			return p.unsupported("CREATE TYPE")
		}
		return &ast.Unsupported{Kind: "CREATE TYPE"}
	}
	switch {
	case p.accept(kwEnum):
		s := &ast.CreateEnumStmt{Name: name}
		p.expect('(')
		if !p.at(')') {
			s.Labels = append(s.Labels, p.stringConst())
			for p.accept(',') {
				s.Labels = append(s.Labels, p.stringConst())
			}
		}
		p.expect(')')
		return s
	case p.accept(kwRange):
		return p.unsupported("CREATE TYPE")
	}
	s := &ast.CompositeTypeStmt{Name: p.rangeVarOf(at, name)}
	if p.at2('(', ')') {
		p.advance()
		p.advance()
		return s
	}
	for _, c := range p.tableFuncElements() {
		s.Columns = append(s.Columns, &c)
	}
	return s
}

// rangeVarOf makes the name of a relation of a dotted name.
func (p *parser) rangeVarOf(at ast.At, names []string) *ast.RangeVar {
	rel := &ast.RangeVar{At: at, Name: names[len(names)-1]}
	switch len(names) {
	case 1:
	case 2:
		rel.Schema = names[0]
	case 3:
		rel.Catalog, rel.Schema = names[0], names[1]
	default:
		p.fail(at.Pos(), "improper qualified name (too many dotted names): %s", dotted(names))
	}
	return rel
}

// createDomain parses CREATE DOMAIN after its word.
func (p *parser) createDomain() ast.Stmt {
	s := &ast.CreateDomainStmt{Name: p.anyName()}
	p.accept(kwAs)
	s.Type = p.typeName()
	var c ast.ColumnDef
	p.columnConstraints(&c)
	s.Collation, s.Constraints = c.Collation, c.Constraints
	return s
}

// createExtension parses CREATE EXTENSION after its word.
func (p *parser) createExtension() ast.Stmt {
	s := &ast.CreateExtensionStmt{IfNotExists: p.ifNotExists()}
	s.Name = p.colID()
	p.acceptWith()
	for {
		d := ast.DefElem{At: p.here()}
		switch {
		case p.accept(kwSchema):
			d.Name, d.Arg = "schema", ast.DefString(p.colID())
		case p.accept(kwVersion):
			d.Name, d.Arg = "new_version", ast.DefString(p.wordOrString())
		case p.accept(kwCascade):
			d.Name, d.Arg = "cascade", ast.DefBool(true)
		case p.accept(kwFrom):
			p.wordOrString()
			p.failPosition(d.Pos(), "0A000", "CREATE EXTENSION ... FROM is no longer supported")
		default:
			return s
		}
		s.Options = append(s.Options, d)
	}
}

// databaseOptions parses the options of CREATE and ALTER DATABASE.
func (p *parser) databaseOptions() []ast.DefElem {
	p.acceptWith()
	var list []ast.DefElem
	for {
		d := ast.DefElem{At: p.here()}
		switch p.tok.kind {
		case tIdent, kwEncoding, kwLocation, kwOwner, kwTablespace, kwTemplate:
			d.Name = p.tok.str
			p.advance()
		case kwConnection:
			p.advance()
			p.expect(kwLimit)
			d.Name = "connection_limit"
		default:
			return list
		}
		p.accept('=')
		switch p.tok.kind {
		case kwDefault:
			p.advance()
		case '+', '-', tInteger, tNumber:
			d.Arg = p.defNumber()
		default:
			d.Arg = p.booleanOrString()
		}
		list = append(list, d)
	}
}

// createView parses CREATE VIEW from RECURSIVE or VIEW on.
func (p *parser) createView(replace bool, persistence ast.Persistence) ast.Stmt {
	s := &ast.ViewStmt{Replace: replace, Recursive: p.accept(kwRecursive)}
	p.expect(kwView)
	s.Rel = p.qualifiedName()
	s.Rel.Persistence = persistence
	if s.Recursive {
		s.Columns = p.parenNames()
	} else {
		s.Columns = p.optParenNames()
	}
	if p.accept(kwWith) {
		s.Options = p.relOptions()
	}
	p.expect(kwAs)
	s.Query = p.selectStmt()
	if s.Recursive {
		s.Query = recursiveView(s.Rel.Name, s.Columns, s.Query)
	}
	at := p.tok.pos
	if p.accept(kwWith) {
		s.Check = ast.CheckCascaded
		if p.accept(kwLocal) {
			s.Check = ast.CheckLocal
		} else {
			p.accept(kwCascaded)
		}
		p.expectAll(kwCheck, kwOption)
		if s.Recursive {
			p.failPosition(at, "0A000", "WITH CHECK OPTION not supported on recursive views")
		}
	}
	return s
}

// recursiveView makes WITH RECURSIVE name (columns) AS (query) SELECT columns
// FROM name, as PostgreSQL's makeRecursiveViewSelect.
func recursiveView(name string, columns []string, query *ast.SelectStmt) *ast.SelectStmt {
	s := &ast.SelectStmt{At: ast.NoPos, From: []ast.TableExpr{&ast.RangeVar{At: ast.NoPos, Name: name}}}
	for _, c := range columns {
		s.Targets = append(s.Targets, ast.ResTarget{
			At: ast.NoPos, Value: &ast.ColumnRef{At: ast.NoPos, Names: []string{c}},
		})
	}
	s.With = &ast.WithClause{At: ast.NoPos, Recursive: true, CTEs: []*ast.CommonTableExpr{
		{At: ast.NoPos, Name: name, Columns: columns, Query: query},
	}}
	return s
}

// createMatView parses CREATE MATERIALIZED VIEW from MATERIALIZED on.
func (p *parser) createMatView(persistence ast.Persistence) ast.Stmt {
	p.expectAll(kwMaterialized, kwView)
	s := &ast.CreateTableAsStmt{MatView: true, IfNotExists: p.ifNotExists()}
	into := &ast.IntoClause{At: p.here(), Rel: p.qualifiedName(), Columns: p.optParenNames()}
	into.Rel.Persistence = persistence
	if p.accept(kwUsing) {
		into.AccessMethod = p.colID()
	}
	if p.accept(kwWith) {
		into.Options = p.relOptions()
	}
	if p.accept(kwTablespace) {
		into.Tablespace = p.colID()
	}
	p.expect(kwAs)
	s.Query = p.selectStmt()
	into.WithNoData = p.withNoData()
	s.Into = into
	return s
}
