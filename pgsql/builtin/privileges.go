package builtin

import (
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// registerPrivileges implements the has_*_privilege functions and pg_has_role in
// all the ways they can be called: prosrc says of each argument whether it is a
// name or an OID (has_table_privilege_name_id: role by name, table by OID).
func registerPrivileges(r *registry) {
	two := []string{"name", "id", "name_name", "name_id", "id_name", "id_id"}
	for _, what := range []string{
		"table", "sequence", "schema", "database", "function", "type", "language", "tablespace", "server",
		"foreign_data_wrapper", "any_column",
	} {
		for _, form := range two {
			r.scalar("has_"+what+"_privilege_"+form, privilege(what, strings.Split(form, "_"), false))
		}
	}
	for _, form := range []string{"name", "name_name", "id_name"} {
		r.scalar("has_parameter_privilege_"+form, privilege("parameter", strings.Split(form, "_"), false))
	}
	for _, form := range two {
		for _, column := range []string{"name", "attnum"} {
			r.scalar("has_column_privilege_"+form+"_"+column, privilege("column", strings.Split(form, "_"), true))
		}
		r.scalar("pg_has_role_"+form, privilege("role", strings.Split(form, "_"), false))
	}
}

func privilege(what string, form []string, column bool) Scalar {
	return func(e *Env, a []types.Value) (types.Value, error) {
		role, rest, err := e.privilegeRole(form, a)
		if err != nil {
			return types.Value{}, err
		}
		object, name, err := e.privilegeObject(what, form[len(form)-1], rest[0])
		if err != nil {
			return types.Value{}, err
		}
		rest = rest[1:]
		if column {
			name = string(rest[0].Bytes)
			if rest[0].Kind == types.Int {
				name = "#" + string(types.AppendText(nil, types.Int8OID, -1, rest[0], nil))
			}
			rest = rest[1:]
		}
		if e.Catalog == nil {
			return types.BoolValue(true), nil
		}
		has, ok, err := e.Catalog.HasPrivilege(what, role, object, name, string(rest[0].Bytes))
		if err != nil || !ok {
			return types.Value{}, err
		}
		return types.BoolValue(has), nil
	}
}

// privilegeRole reads the role that the question is about: the first of two, or
// the current user.
func (e *Env) privilegeRole(form []string, a []types.Value) (role uint32, rest []types.Value, err error) {
	if len(form) == 2 && form[0] == "id" {
		return uint32(a[0].Int64()), a[1:], nil
	}
	name := ""
	if len(form) == 2 {
		name, a = string(a[0].Bytes), a[1:]
		if name == "public" {
			return 0, a, nil
		}
	} else if e.Session != nil {
		name = e.Session.CurrentUser()
	}
	if e.Catalog == nil {
		return 0, a, nil
	}
	role, ok := e.Catalog.RoleByName(name)
	if !ok {
		return 0, a, pgerr.New(pgerr.UndefinedObject, "role \"%s\" does not exist", name)
	}
	return role, a, nil
}

// privilegeObject resolves the object by its kind; what has no names in the
// catalog's interface is passed on by name.
func (e *Env) privilegeObject(what, form string, v types.Value) (oid uint32, name string, err error) {
	if form == "id" || v.Kind == types.Int {
		return uint32(v.Int64()), "", nil
	}
	kind := map[string]types.OID{
		"table": types.RegclassOID, "sequence": types.RegclassOID, "column": types.RegclassOID, "any_column": types.RegclassOID,
		"schema": types.RegnamespaceOID, "function": types.RegprocedureOID, "type": types.RegtypeOID, "role": types.RegroleOID,
	}[what]
	name = string(v.Bytes)
	if kind == 0 || e.Catalog == nil {
		return 0, name, nil
	}
	n, err := e.regIn(kind, name)
	return uint32(n), name, err
}
