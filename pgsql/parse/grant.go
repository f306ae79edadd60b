package parse

import "polyreme/pgsql/parse/ast"

// privileges parses a list of privileges or of roles; all tells of ALL, and
// then list may hold its columns.
func (p *parser) privileges() (list []ast.AccessPriv, all bool) {
	if p.accept(kwAll) {
		p.accept(kwPrivileges)
		if p.at('(') {
			list = []ast.AccessPriv{{Columns: p.parenNames()}}
		}
		return list, true
	}
	for {
		var a ast.AccessPriv
		switch p.tok.kind {
		case kwSelect, kwReferences, kwCreate:
			a.Name = p.tok.str
			p.advance()
			a.Columns = p.optParenNames()
		case kwAlter:
			if p.peek(1) != kwSystem {
				a.Name = p.colID()
				break
			}
			p.advance()
			p.advance()
			a.Name = "alter system"
		default:
			a.Name = p.colID()
			a.Columns = p.optParenNames()
		}
		list = append(list, a)
		if !p.accept(',') {
			return list, false
		}
	}
}

// grantStmt parses GRANT.
func (p *parser) grantStmt() ast.Stmt {
	p.advance()
	list, all := p.privileges()
	if !all && p.at(kwTo) {
		p.advance()
		s := &ast.GrantRoleStmt{Grant: true, Roles: list, Grantees: p.roleList()}
		if p.accept(kwWith) {
			p.expectAll(kwAdmin, kwOption)
			s.AdminOpt = true
		}
		s.Grantor = p.grantedBy()
		return s
	}
	s := &ast.GrantStmt{Grant: true, Privileges: list}
	p.grantTarget(s)
	p.expect(kwTo)
	s.Grantees = p.grantees()
	if p.accept(kwWith) {
		p.expectAll(kwGrant, kwOption)
		s.GrantOption = true
	}
	s.Grantor = p.grantedBy()
	return s
}

// revokeStmt parses REVOKE.
func (p *parser) revokeStmt() ast.Stmt {
	p.advance()
	if p.at2(kwAdmin, kwOption) {
		p.advance()
		p.advance()
		p.expect(kwFor)
		list, all := p.privileges()
		if all {
			p.syntaxError()
		}
		return p.revokeRoles(list, true)
	}
	option := p.accept(kwGrant)
	if option {
		p.expectAll(kwOption, kwFor)
	}
	list, all := p.privileges()
	if !option && !all && p.at(kwFrom) {
		return p.revokeRoles(list, false)
	}
	s := &ast.GrantStmt{Privileges: list, GrantOption: option}
	p.grantTarget(s)
	p.expect(kwFrom)
	s.Grantees = p.grantees()
	s.Grantor = p.grantedBy()
	s.Behavior = p.dropBehavior()
	return s
}

// revokeRoles parses REVOKE roles FROM roles.
func (p *parser) revokeRoles(list []ast.AccessPriv, admin bool) ast.Stmt {
	p.expect(kwFrom)
	s := &ast.GrantRoleStmt{Roles: list, AdminOpt: admin, Grantees: p.roleList()}
	s.Grantor = p.grantedBy()
	s.Behavior = p.dropBehavior()
	return s
}

// grantedBy parses an optional GRANTED BY.
func (p *parser) grantedBy() *ast.RoleSpec {
	if !p.accept(kwGranted) {
		return nil
	}
	p.expect(kwBy)
	r := p.roleSpec()
	return &r
}

// grantees parses roles, each with an optional GROUP before it.
func (p *parser) grantees() []ast.RoleSpec {
	var list []ast.RoleSpec
	for {
		p.accept(kwGroup)
		list = append(list, p.roleSpec())
		if !p.accept(',') {
			return list
		}
	}
}

// singleNames makes one-part names of names.
func singleNames(names []string) [][]string {
	list := make([][]string, len(names))
	for i, n := range names {
		list[i] = []string{n}
	}
	return list
}

// grantTarget parses ON and the objects of GRANT or REVOKE.
func (p *parser) grantTarget(s *ast.GrantStmt) {
	p.expect(kwOn)
	k := p.tok.kind
	if k == kwAll {
		p.grantAllInSchema(s)
		return
	}
	next := p.peek(1)
	plain := next == ',' || next == '.' || next == kwTo || next == kwFrom
	if plain {
		k = tIdent
	}
	names := func(o ast.ObjectType) {
		p.advance()
		s.Object, s.Names = o, singleNames(p.nameList())
	}
	functions := func(o ast.ObjectType) {
		p.advance()
		s.Object, s.Functions = o, p.functionsWithArgs(o)
	}
	switch k {
	case kwTable, kwSequence:
		p.advance()
		s.Object = ast.ObjectTable
		if k == kwSequence {
			s.Object = ast.ObjectSequence
		}
		s.Rels = p.qualifiedNameList()
	case kwForeign:
		p.advance()
		if p.at(kwServer) {
			names(ast.ObjectForeignServer)
			return
		}
		p.expect(kwData)
		if !p.at(kwWrapper) {
			p.syntaxError()
		}
		names(ast.ObjectForeignDataWrapper)
	case kwFunction:
		functions(ast.ObjectFunction)
	case kwProcedure:
		functions(ast.ObjectProcedure)
	case kwRoutine:
		functions(ast.ObjectRoutine)
	case kwDatabase:
		names(ast.ObjectDatabase)
	case kwLanguage:
		names(ast.ObjectLanguage)
	case kwSchema:
		names(ast.ObjectSchema)
	case kwTablespace:
		names(ast.ObjectTablespace)
	case kwDomain, kwType:
		p.advance()
		s.Object = ast.ObjectDomain
		if k == kwType {
			s.Object = ast.ObjectType_
		}
		s.Names = p.anyNameList()
	case kwLarge, kwParameter:
		p.grantNumbersOrSettings(s)
	default:
		s.Object, s.Rels = ast.ObjectTable, p.qualifiedNameList()
	}
}

// grantNumbersOrSettings parses LARGE OBJECT n, … and PARAMETER name, ….
func (p *parser) grantNumbersOrSettings(s *ast.GrantStmt) {
	s.Object = ast.ObjectParameter
	if !p.accept(kwParameter) {
		p.expectAll(kwLarge, kwObject)
		s.Object = ast.ObjectLargeObject
	}
	for {
		name := p.tok.str
		if s.Object == ast.ObjectParameter {
			name = p.varName()
		} else {
			p.numericOnly()
		}
		s.Names = append(s.Names, []string{name})
		if !p.accept(',') {
			return
		}
	}
}

// grantAllInSchema parses ALL TABLES IN SCHEMA and its kin.
func (p *parser) grantAllInSchema(s *ast.GrantStmt) {
	p.advance()
	s.Target = ast.GrantAllInSchema
	switch p.tok.kind {
	case kwTables:
		s.Object = ast.ObjectTable
	case kwSequences:
		s.Object = ast.ObjectSequence
	case kwFunctions:
		s.Object = ast.ObjectFunction
	case kwProcedures:
		s.Object = ast.ObjectProcedure
	case kwRoutines:
		s.Object = ast.ObjectRoutine
	default:
		p.syntaxError()
	}
	p.advance()
	p.expectAll(kwIn, kwSchema)
	s.Names = singleNames(p.nameList())
}

// alterDefaultPrivileges parses ALTER DEFAULT PRIVILEGES after its words.
func (p *parser) alterDefaultPrivileges() ast.Stmt {
	s := &ast.AlterDefaultPrivilegesStmt{Action: &ast.GrantStmt{Target: ast.GrantDefaults}}
	for {
		switch {
		case p.accept(kwIn):
			p.expect(kwSchema)
			s.Schemas = p.nameList()
			continue
		case p.accept(kwFor):
			if !p.accept(kwRole) {
				p.expect(kwUser)
			}
			s.Roles = p.roleList()
			continue
		}
		break
	}
	a := s.Action
	a.Grant = p.accept(kwGrant)
	if !a.Grant {
		p.expect(kwRevoke)
		if p.accept(kwGrant) {
			p.expectAll(kwOption, kwFor)
			a.GrantOption = true
		}
	}
	a.Privileges, _ = p.privileges()
	p.expect(kwOn)
	switch p.tok.kind {
	case kwTables:
		a.Object = ast.ObjectTable
	case kwFunctions, kwRoutines:
		a.Object = ast.ObjectFunction
	case kwSequences:
		a.Object = ast.ObjectSequence
	case kwTypes:
		a.Object = ast.ObjectType_
	case kwSchemas:
		a.Object = ast.ObjectSchema
	default:
		p.syntaxError()
	}
	p.advance()
	if a.Grant {
		p.expect(kwTo)
		a.Grantees = p.grantees()
		if p.accept(kwWith) {
			p.expectAll(kwGrant, kwOption)
			a.GrantOption = true
		}
		return s
	}
	p.expect(kwFrom)
	a.Grantees = p.grantees()
	a.Behavior = p.dropBehavior()
	return s
}
