package parse

import (
	"strings"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// roleSpec parses a RoleSpec.
func (p *parser) roleSpec() ast.RoleSpec {
	r := ast.RoleSpec{At: p.here()}
	switch p.tok.kind {
	case kwCurrentRole:
		r.Kind = ast.RoleCurrentRole
	case kwCurrentUser:
		r.Kind = ast.RoleCurrentUser
	case kwSessionUser:
		r.Kind = ast.RoleSessionUser
	default:
		r.Name = p.nonReserved()
		switch r.Name {
		case "public":
			r.Kind = ast.RolePublic
		case "none":
			p.failPosition(r.Pos(), pgerr.ReservedName, "role name \"%s\" is reserved", r.Name)
		}
		return r
	}
	p.advance()
	return r
}

// roleList parses roles with commas between.
func (p *parser) roleList() []ast.RoleSpec {
	list := []ast.RoleSpec{p.roleSpec()}
	for p.accept(',') {
		list = append(list, p.roleSpec())
	}
	return list
}

// roleID parses the name of a role that is created or renamed.
func (p *parser) roleID() string {
	r := p.roleSpec()
	switch r.Kind {
	case ast.RolePublic:
		p.failPosition(r.Pos(), pgerr.ReservedName, "role name \"public\" is reserved")
	case ast.RoleCurrentRole:
		p.failPosition(r.Pos(), pgerr.ReservedName, "CURRENT_ROLE cannot be used as a role name here")
	case ast.RoleCurrentUser:
		p.failPosition(r.Pos(), pgerr.ReservedName, "CURRENT_USER cannot be used as a role name here")
	case ast.RoleSessionUser:
		p.failPosition(r.Pos(), pgerr.ReservedName, "SESSION_USER cannot be used as a role name here")
	}
	return r.Name
}

// createRole parses CREATE ROLE, USER or GROUP after its word.
func (p *parser) createRole(kindWord string) ast.Stmt {
	s := &ast.CreateRoleStmt{Kind: kindWord, Name: p.roleID()}
	p.acceptWith()
	for {
		d, ok := p.roleOption(true)
		if !ok {
			return s
		}
		s.Options = append(s.Options, d)
	}
}

// defRoles makes roles the value of an option.
func defRoles(roles []ast.RoleSpec) ast.DefList {
	list := make(ast.DefList, len(roles))
	for i, r := range roles {
		list[i] = ast.DefRole{Role: r}
	}
	return list
}

// roleOption parses one option of CREATE or ALTER ROLE.
func (p *parser) roleOption(create bool) (ast.DefElem, bool) {
	d := ast.DefElem{At: p.here()}
	switch k := p.tok.kind; k {
	case kwPassword, kwEncrypted:
		p.advance()
		if k == kwEncrypted {
			p.expect(kwPassword)
		}
		d.Name = "password"
		if k == kwEncrypted || !p.accept(kwNull) {
			d.Arg = ast.DefString(p.stringConst())
		}
	case kwUnencrypted:
		p.advance()
		p.expect(kwPassword)
		p.stringConst()
		err := pgerr.New(pgerr.FeatureNotSupported, "UNENCRYPTED PASSWORD is no longer supported").
			WithHint("Remove UNENCRYPTED to store the password in encrypted form instead.")
		panic(bailout{err.At(ast.Character(p.lex.src, d.Pos()))})
	case kwInherit:
		p.advance()
		d.Name, d.Arg = "inherit", ast.DefBool(true)
	case kwConnection:
		p.advance()
		p.expect(kwLimit)
		d.Name, d.Arg = "connectionlimit", ast.DefInt(p.signedInt())
	case kwValid:
		p.advance()
		p.expect(kwUntil)
		d.Name, d.Arg = "validUntil", ast.DefString(p.stringConst())
	case kwUser:
		p.advance()
		d.Name, d.Arg = "rolemembers", defRoles(p.roleList())
	case tIdent:
		p.roleFlag(&d)
	default:
		if !create {
			return d, false
		}
		return p.createRoleOption(d)
	}
	return d, true
}

// createRoleOption parses the options that only CREATE ROLE has.
func (p *parser) createRoleOption(d ast.DefElem) (ast.DefElem, bool) {
	switch {
	case p.accept(kwSysid):
		d.Name, d.Arg = "sysid", ast.DefInt(p.intConst())
	case p.accept(kwAdmin):
		d.Name, d.Arg = "adminmembers", defRoles(p.roleList())
	case p.accept(kwRole):
		d.Name, d.Arg = "rolemembers", defRoles(p.roleList())
	case p.accept(kwIn):
		if !p.accept(kwRole) {
			p.expect(kwGroup)
		}
		d.Name, d.Arg = "addroleto", defRoles(p.roleList())
	default:
		return d, false
	}
	return d, true
}

// roleFlags are the names of the options that are one word, which "no" before it
// negates. INHERIT alone is a keyword.
var roleFlags = map[string]string{
	"superuser":   "superuser",
	"createrole":  "createrole",
	"replication": "isreplication",
	"createdb":    "createdb",
	"login":       "canlogin",
	"bypassrls":   "bypassrls",
	"inherit":     "inherit",
}

// roleFlag parses an option that is one word which the grammar does not know.
func (p *parser) roleFlag(d *ast.DefElem) {
	word, negated := strings.CutPrefix(p.tok.str, "no")
	name, known := roleFlags[word]
	if !known || word == "inherit" && !negated {
		p.fail(p.tok.pos, "unrecognized role option \"%s\"", p.tok.str)
	}
	d.Name, d.Arg = name, ast.DefBool(!negated)
	p.advance()
}

// alterRole parses ALTER ROLE or USER after its word.
func (p *parser) alterRole() ast.Stmt {
	var role *ast.RoleSpec
	if !p.accept(kwAll) {
		r := p.roleSpec()
		role = &r
		if p.at2(kwRename, kwTo) {
			p.advance()
			p.advance()
			return &ast.RenameStmt{Object: ast.ObjectRole, Names: []string{r.Name}, NewName: p.roleID()}
		}
	}
	if role == nil || p.at(kwIn) || p.at(kwSet) || p.at(kwReset) {
		s := &ast.AlterRoleSetStmt{Role: role}
		if p.accept(kwIn) {
			p.expect(kwDatabase)
			s.Database = p.colID()
		}
		s.Set = p.setOrReset()
		return s
	}
	s := &ast.AlterRoleStmt{Role: *role}
	p.acceptWith()
	for {
		d, ok := p.roleOption(false)
		if !ok {
			return s
		}
		s.Options = append(s.Options, d)
	}
}

// setOrReset parses a SetResetClause.
func (p *parser) setOrReset() *ast.VariableSetStmt {
	if p.at(kwReset) {
		return p.resetStmt()
	}
	p.expect(kwSet)
	return p.setRest(true)
}

// alterGroup parses ALTER GROUP after its word.
func (p *parser) alterGroup() ast.Stmt {
	r := p.roleSpec()
	if p.accept2(kwRename, kwTo) {
		return &ast.RenameStmt{Object: ast.ObjectRole, Names: []string{r.Name}, NewName: p.roleID()}
	}
	s := &ast.AlterRoleStmt{Role: r}
	if s.Drop = p.accept(kwDrop); !s.Drop {
		p.expect(kwAdd)
	}
	at := p.here()
	p.expect(kwUser)
	s.Options = []ast.DefElem{{At: at, Name: "rolemembers", Arg: defRoles(p.roleList())}}
	return s
}

// dropRole parses DROP ROLE, USER or GROUP after its word.
func (p *parser) dropRole() ast.Stmt {
	s := &ast.DropRoleStmt{MissingOk: p.ifExists()}
	s.Roles = p.roleList()
	return s
}
