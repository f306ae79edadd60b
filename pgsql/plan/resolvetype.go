package plan

import (
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// ResolveType returns the OID and typmod of a type as written, such as the
// parameter types of PREPARE.
func ResolveType(cat *catalog.Catalog, path []string, name *ast.TypeName) (oid types.OID, typmod int32, err error) {
	a := newAnalyzer("", Options{Catalog: cat, SearchPath: path})
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *pgerr.Error:
			err = r
		default:
			panic(r)
		}
	}()
	oid, typmod = a.typeName(name)
	return oid, typmod, nil
}
