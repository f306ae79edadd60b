package plan

import (
	"strings"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

func (a *analyzer) createSchema(s *ast.CreateSchemaStmt) *Statement {
	if len(s.Elems) > 0 {
		a.fail(-1, pgerr.Unsupported("CREATE SCHEMA with elements is not supported"))
	}
	d := a.newDDL()
	owner := a.owner()
	name := s.Name
	if s.Role != nil {
		r := a.role(s.Role)
		owner = r.OID
		if name == "" {
			name = r.Name
		}
	}
	if strings.HasPrefix(name, "pg_") {
		a.fail(-1, pgerr.New(pgerr.ReservedName, "unacceptable schema name \"%s\"", name).
			WithDetail("The prefix \"pg_\" is reserved for system schemas."))
	}
	if d.edit.Schema(name) != nil {
		if s.IfNotExists {
			a.notice(pgerr.DuplicateSchema, "schema \"%s\" already exists, skipping", name)
			return a.nothing("CREATE SCHEMA")
		}
		a.failf(-1, pgerr.DuplicateSchema, "schema \"%s\" already exists", name)
	}
	d.edit.NewSchema(name, owner)
	return d.statement("CREATE SCHEMA")
}

// role resolves a role.
func (a *analyzer) role(spec *ast.RoleSpec) *catalog.Role {
	name := spec.Name
	switch spec.Kind {
	case ast.RolePublic:
		name = "public"
	case ast.RoleCurrentRole, ast.RoleCurrentUser, ast.RoleSessionUser:
		if r := a.cat.RoleByOID(a.owner()); r != nil {
			return r
		}
	}
	r := a.cat.Role(name)
	if r == nil {
		a.failf(-1, pgerr.UndefinedObject, "role \"%s\" does not exist", name)
	}
	return r
}
