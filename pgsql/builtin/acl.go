package builtin

import (
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// registerACL implements what catalogs show of privileges.
func registerACL(r *registry) {
	r.scalar("acldefault_sql", func(e *Env, a []types.Value) (types.Value, error) {
		kind := byte(0)
		if len(a[0].Bytes) > 0 {
			kind = a[0].Bytes[0]
		}
		public, owner, ok := defaultPrivileges(kind)
		if !ok {
			return types.Value{}, pgerr.New(pgerr.InternalError, "unrecognized objtype abbreviation: %c", kind)
		}
		role := e.roleName(uint32(a[1].Int64()))
		var items []string
		if public != "" {
			items = append(items, "="+public+"/"+role)
		}
		if owner != "" {
			items = append(items, role+"="+owner+"/"+role)
		}
		return e.textArray(items), nil
	})
	r.set("aclexplode", "$1", []string{"grantor", "grantee", "privilege_type", "is_grantable"}, explodeACL)
}

// privilegeName is the privilege that a letter of an ACL stands for.
func privilegeName(letter byte) string {
	names := [...]string{
		"INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "EXECUTE", "USAGE", "CREATE",
		"TEMPORARY", "CONNECT", "SET", "ALTER SYSTEM",
	}
	if i := strings.IndexByte("arwdDxtXUCTcsA", letter); i >= 0 {
		return names[i]
	}
	return ""
}

// explodeACL gives a row for each privilege in items of the form
// grantee=letters/grantor, where * after a letter is the grant option.
func explodeACL(e *Env, a []types.Value) (Rows, error) {
	rows := &tableRows{}
	items := types.ReadArray(a[0].Bytes)
	for items.Next() {
		grantee, rest, _ := strings.Cut(string(items.Elem.Bytes), "=")
		letters, grantor, _ := strings.Cut(rest, "/")
		for i := range len(letters) {
			name := privilegeName(letters[i])
			if name == "" {
				continue
			}
			rows.rows = append(rows.rows, []types.Value{
				e.roleNumber(grantor), e.roleNumber(grantee), types.TextValue(name),
				types.BoolValue(i+1 < len(letters) && letters[i+1] == '*'),
			})
		}
	}
	return rows, items.Err()
}

// roleNumber is the OID of a role as ACLs print it; 0 is everybody.
func (e *Env) roleNumber(name string) types.Value {
	oid := uint32(0)
	if parts, err := splitIdentifier(name, true); err == nil && e.Catalog != nil {
		oid, _ = e.Catalog.RoleByName(parts[0])
	}
	return types.IntValue(int64(oid))
}

// defaultPrivileges are those of a new object: for everybody and for its owner.
func defaultPrivileges(kind byte) (public, owner string, ok bool) {
	switch kind {
	case 'c':
		return "", "", true
	case 'r':
		return "", "arwdDxt", true
	case 's':
		return "", "rwU", true
	case 'd':
		return "Tc", "CTc", true
	case 'f':
		return "X", "X", true
	case 'l', 'T':
		return "U", "U", true
	case 'L':
		return "", "rw", true
	case 'n':
		return "", "UC", true
	case 'p':
		return "", "sA", true
	case 't':
		return "", "C", true
	case 'F', 'S':
		return "", "U", true
	}
	return "", "", false
}

// roleName is the name of a role as ACLs print it, its number where it is gone.
func (e *Env) roleName(oid uint32) string {
	if e.Catalog != nil {
		if name, ok := e.Catalog.RoleName(oid); ok {
			return QuoteIdentifier(name)
		}
	}
	return string(types.AppendText(nil, types.OidOID, -1, types.IntValue(int64(oid)), nil))
}
