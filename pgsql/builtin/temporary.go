package builtin

import (
	"strings"

	"polyreme/pgsql/types"
)

// temporaryPrefix begins the names of schemas of temporary relations.
const temporaryPrefix = "pg_temp_"

// registerTemporary implements what asks for the schema of temporary relations.
// https://www.postgresql.org/docs/15/functions-info.html#FUNCTIONS-INFO-SESSION-TABLE
func registerTemporary(r *registry) {
	r.scalar("pg_my_temp_schema", func(e *Env, _ []types.Value) (types.Value, error) {
		oid, err := e.myTemporary()
		return types.IntValue(oid), err
	})
	r.scalar("pg_is_other_temp_schema", func(e *Env, a []types.Value) (types.Value, error) {
		oid := a[0].Int64()
		if e.Catalog == nil {
			return types.BoolValue(false), nil
		}
		name, ok := e.Catalog.Name(types.RegnamespaceOID, uint32(oid), nil)
		if !ok || !strings.HasPrefix(name, temporaryPrefix) {
			return types.BoolValue(false), nil
		}
		own, err := e.myTemporary()
		return types.BoolValue(own != oid), err
	})
}

// myTemporary is the OID of the session's own schema of temporary relations, 0
// where there is none.
func (e *Env) myTemporary() (int64, error) {
	for _, name := range e.searchPath() {
		if strings.HasPrefix(name, temporaryPrefix) && e.Catalog != nil {
			oid, _, err := e.Catalog.Resolve(types.RegnamespaceOID, name, nil)
			return int64(oid), err
		}
	}
	return 0, nil
}
