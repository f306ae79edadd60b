package parse

import (
	"strings"

	"polyreme/pgsql/parse/ast"
)

// alterStmt parses ALTER.
func (p *parser) alterStmt() ast.Stmt {
	p.advance()
	first := p.tok
	k := first.kind
	word := strings.ToUpper(first.str)
	switch k {
	case kwMaterialized, kwForeign, kwText, kwEvent, kwLarge, kwProcedural, kwDefault, kwUser:
		return p.alterTwoWords()
	}
	p.advance()
	switch k {
	case kwTable:
		return p.alterRelation(ast.ObjectTable)
	case kwIndex:
		return p.alterRelation(ast.ObjectIndex)
	case kwSequence:
		return p.alterRelation(ast.ObjectSequence)
	case kwView:
		return p.alterRelation(ast.ObjectView)
	case kwType:
		return p.alterType()
	case kwDomain:
		return p.alterDomain()
	case kwSchema:
		return p.alterSchema()
	case kwDatabase:
		return p.alterDatabase()
	case kwRole:
		return p.alterRole()
	case kwGroup:
		return p.alterGroup()
	case kwFunction:
		return p.alterFunction(ast.ObjectFunction)
	case kwProcedure:
		return p.alterFunction(ast.ObjectProcedure)
	case kwRoutine:
		return p.alterFunction(ast.ObjectRoutine)
	case kwSystem:
		return p.alterSystem()
	case kwAggregate, kwCollation, kwConversion, kwExtension, kwLanguage, kwOperator, kwPolicy, kwPublication,
		kwRule, kwServer, kwStatistics, kwSubscription, kwTablespace, kwTrigger:
		return p.unsupported("ALTER " + word)
	}
	p.failToken(&first)
	return nil
}

// alterTwoWords parses ALTER of objects whose first word is not their kind.
func (p *parser) alterTwoWords() ast.Stmt {
	switch p.tok.kind {
	case kwMaterialized:
		p.expectAll(kwMaterialized, kwView)
		return p.alterRelation(ast.ObjectMatView)
	case kwForeign:
		p.advance()
		if p.accept(kwTable) {
			return p.alterRelation(ast.ObjectForeignTable)
		}
		p.expectAll(kwData, kwWrapper)
		return p.unsupported("ALTER FOREIGN DATA WRAPPER")
	case kwText:
		p.expectAll(kwText, kwSearch)
		return p.unsupported("ALTER TEXT SEARCH " + p.textSearchObject())
	case kwEvent:
		p.expectAll(kwEvent, kwTrigger)
		return p.unsupported("ALTER EVENT TRIGGER")
	case kwLarge:
		p.expectAll(kwLarge, kwObject)
		return p.unsupported("ALTER LARGE OBJECT")
	case kwProcedural:
		p.expectAll(kwProcedural, kwLanguage)
		return p.unsupported("ALTER LANGUAGE")
	case kwDefault:
		p.expectAll(kwDefault, kwPrivileges)
		return p.alterDefaultPrivileges()
	}
	p.expect(kwUser)
	if p.accept(kwMapping) {
		return p.unsupported("ALTER USER MAPPING")
	}
	return p.alterRole()
}

// alterSystem parses ALTER SYSTEM after its words.
func (p *parser) alterSystem() ast.Stmt {
	if p.at(kwReset) {
		return &ast.AlterSystemStmt{Set: p.resetStmt()}
	}
	p.expect(kwSet)
	return &ast.AlterSystemStmt{Set: p.genericSet()}
}

// alterSchema parses ALTER SCHEMA after its word.
func (p *parser) alterSchema() ast.Stmt {
	names := []string{p.colID()}
	if p.accept(kwRename) {
		p.expect(kwTo)
		return &ast.RenameStmt{Object: ast.ObjectSchema, Names: names, NewName: p.colID()}
	}
	return p.ownerTo(ast.ObjectSchema, names, nil)
}

// ownerTo parses OWNER TO.
func (p *parser) ownerTo(object ast.ObjectType, names []string, f *ast.ObjectWithArgs) ast.Stmt {
	p.expectAll(kwOwner, kwTo)
	return &ast.AlterOwnerStmt{Object: object, Names: names, Function: f, NewOwner: p.roleSpec()}
}

// alterDatabase parses ALTER DATABASE after its word.
func (p *parser) alterDatabase() ast.Stmt {
	name := p.colID()
	switch {
	case p.accept(kwRename):
		p.expect(kwTo)
		return &ast.RenameStmt{Object: ast.ObjectDatabase, Names: []string{name}, NewName: p.colID()}
	case p.at2(kwOwner, kwTo):
		return p.ownerTo(ast.ObjectDatabase, []string{name}, nil)
	case p.accept(kwRefresh):
		p.expectAll(kwCollation, kwVersion)
		return &ast.AlterDatabaseStmt{Name: name, Refresh: true}
	case p.at2(kwSet, kwTablespace) && p.peek(2) != kwTo && p.peek(2) != '=':
		at := p.here()
		p.advance()
		p.advance()
		d := ast.DefElem{At: at, Name: "tablespace", Arg: ast.DefString(p.colID())}
		return &ast.AlterDatabaseStmt{Name: name, Options: []ast.DefElem{d}}
	case p.at(kwSet) || p.at(kwReset):
		return &ast.AlterDatabaseSetStmt{Name: name, Set: p.setOrReset()}
	}
	return &ast.AlterDatabaseStmt{Name: name, Options: p.databaseOptions()}
}

// alterType parses ALTER TYPE after its word.
func (p *parser) alterType() ast.Stmt {
	at := p.here()
	name := p.anyName()
	switch {
	case p.at2(kwAdd, kwValue):
		p.advance()
		p.advance()
		return p.alterEnumAdd(name)
	case p.at(kwRename):
		return p.renameType(at, name)
	case p.at2(kwOwner, kwTo):
		return p.ownerTo(ast.ObjectType_, name, nil)
	case p.at2(kwSet, kwSchema):
		p.advance()
		p.advance()
		return &ast.AlterObjectSchemaStmt{Object: ast.ObjectType_, Names: name, NewSchema: p.colID()}
	case p.at2(kwSet, '('):
		return p.unsupported("ALTER TYPE")
	}
	s := &ast.AlterTableStmt{Rel: p.rangeVarOf(at, name), Object: ast.ObjectType_}
	for {
		s.Cmds = append(s.Cmds, p.alterTypeCmd())
		if !p.accept(',') {
			return s
		}
	}
}

// alterEnumAdd parses what follows ADD VALUE.
func (p *parser) alterEnumAdd(name []string) ast.Stmt {
	s := &ast.AlterEnumStmt{Name: name, IfNotExists: p.accept(kwIf)}
	if s.IfNotExists {
		p.expectAll(kwNot, kwExists)
	}
	s.NewLabel = p.stringConst()
	if p.at(kwBefore) || p.at(kwAfter) {
		s.HasNeighbor, s.After = true, p.at(kwAfter)
		p.advance()
		s.Neighbor = p.stringConst()
	}
	return s
}

// renameType parses RENAME of a type, a value or an attribute.
func (p *parser) renameType(at ast.At, name []string) ast.Stmt {
	p.advance()
	switch {
	case p.accept(kwValue):
		s := &ast.AlterEnumStmt{Name: name, Rename: true, OldLabel: p.stringConst()}
		p.expect(kwTo)
		s.NewLabel = p.stringConst()
		return s
	case p.accept(kwAttribute):
		s := &ast.RenameStmt{Object: ast.ObjectAttribute, Relation: ast.ObjectType_, Rel: p.rangeVarOf(at, name), Sub: p.colID()}
		p.expect(kwTo)
		s.NewName = p.colID()
		s.Behavior = p.dropBehavior()
		return s
	}
	p.expect(kwTo)
	return &ast.RenameStmt{Object: ast.ObjectType_, Names: name, NewName: p.colID()}
}

// alterTypeCmd parses an action on an attribute of a composite type.
func (p *parser) alterTypeCmd() ast.AlterTableCmd {
	c := ast.AlterTableCmd{}
	switch {
	case p.accept(kwAdd):
		p.expect(kwAttribute)
		c.Kind = ast.ATAddColumn
		c.Column = &ast.ColumnDef{At: p.here(), Name: p.colID(), Type: p.typeName()}
		if p.accept(kwCollate) {
			c.Column.Collation = p.anyName()
		}
	case p.accept(kwDrop):
		p.expect(kwAttribute)
		c.Kind, c.MissingOk = ast.ATDropColumn, p.ifExists()
		c.Name = p.colID()
	default:
		p.expect(kwAlter)
		p.expect(kwAttribute)
		c.Name = p.colID()
		if p.accept(kwSet) {
			p.expect(kwData)
		}
		p.expect(kwType)
		c.Kind, c.Type = ast.ATAlterColumnType, p.typeName()
		if p.accept(kwCollate) {
			c.Collation = p.anyName()
		}
	}
	c.Behavior = p.dropBehavior()
	return c
}

// alterDomain parses ALTER DOMAIN after its word.
func (p *parser) alterDomain() ast.Stmt {
	names := p.anyName()
	s := &ast.AlterDomainStmt{Names: names}
	switch {
	case p.at2(kwOwner, kwTo):
		return p.ownerTo(ast.ObjectDomain, names, nil)
	case p.accept(kwRename):
		r := &ast.RenameStmt{Object: ast.ObjectDomain, Names: names}
		if p.accept(kwConstraint) {
			r.Object, r.Sub = ast.ObjectDomainConstraint, p.colID()
		}
		p.expect(kwTo)
		r.NewName = p.colID()
		return r
	case p.accept2(kwSet, kwSchema):
		return &ast.AlterObjectSchemaStmt{Object: ast.ObjectDomain, Names: names, NewSchema: p.colID()}
	case p.accept(kwSet):
		if p.accept(kwNot) {
			p.expect(kwNull)
			s.Kind = ast.DomainSetNotNull
			break
		}
		p.expect(kwDefault)
		s.Expr = p.expr()
	case p.accept(kwAdd):
		s.Kind, s.Constraint = ast.DomainAddConstraint, p.tableConstraint()
	case p.accept(kwValidate):
		p.expect(kwConstraint)
		s.Kind, s.Name = ast.DomainValidateConstraint, p.colID()
	default:
		p.expect(kwDrop)
		switch {
		case p.accept(kwDefault):
		case p.accept(kwNot):
			p.expect(kwNull)
			s.Kind = ast.DomainDropNotNull
		default:
			p.expect(kwConstraint)
			s.Kind, s.MissingOk = ast.DomainDropConstraint, p.ifExists()
			s.Name = p.colID()
			s.Behavior = p.dropBehavior()
		}
	}
	return s
}

// alterFunction parses ALTER FUNCTION, PROCEDURE or ROUTINE after its word.
func (p *parser) alterFunction(object ast.ObjectType) ast.Stmt {
	f := p.functionWithArgs(object)
	switch {
	case p.accept(kwRename):
		p.expect(kwTo)
		return &ast.RenameStmt{Object: object, Function: &f, NewName: p.colID()}
	case p.at2(kwOwner, kwTo):
		return p.ownerTo(object, nil, &f)
	case p.at2(kwSet, kwSchema) && p.peek(2).isColID():
		p.advance()
		p.advance()
		return &ast.AlterObjectSchemaStmt{Object: object, Function: &f, NewSchema: p.colID()}
	case p.at(kwDepends) || p.at2(kwNo, kwDepends):
		return p.dependsOnExtension(object)
	}
	s := &ast.AlterFunctionStmt{Object: object, Function: f}
	for {
		d, ok := p.commonFuncOption(ast.DefElem{At: p.here()})
		if !ok {
			break
		}
		s.Options = append(s.Options, d)
	}
	if s.Options == nil {
		p.syntaxError()
	}
	p.accept(kwRestrict)
	return s
}
