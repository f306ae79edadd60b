package catalog

import (
	"polyreme/pgsql/types"
)

// RelationKind is relkind.
func (f *Functions) RelationKind(oid uint32) (kind byte, ok bool) {
	r := f.Current().RelationByOID(oid)
	if r == nil {
		return 0, false
	}
	return r.Kind, true
}

// kindName is the word for a kind of relation in descriptions.
func kindName(kind byte) string {
	switch kind {
	case 'i':
		return "index"
	case 'S':
		return "sequence"
	case 'v':
		return "view"
	case 'm':
		return "materialized view"
	case 'c':
		return "composite type"
	}
	return "table"
}

// Describe is pg_describe_object: an object of the catalog class in words.
// Names are qualified where the search path does not find them.
func (f *Functions) Describe(class, oid uint32, sub int) (text string, ok bool) {
	c := f.Current()
	catalog := c.RelationByOID(class)
	if catalog == nil || catalog.Schema != PgCatalogOID {
		return "", false
	}
	switch catalog.Name {
	case "pg_class":
		return f.describeRelation(c.RelationByOID(oid), sub)
	case "pg_constraint":
		r, k := c.ConstraintByOID(oid)
		if k == nil {
			return "", false
		}
		on, _ := f.describeRelation(r, 0)
		return "constraint " + QuoteIdent(k.Name) + " on " + on, true
	case "pg_database":
		return "database postgres", oid == DatabaseOID
	}
	for _, d := range []struct {
		catalog, word string
		kind          types.OID
	}{
		{"pg_type", "type ", types.RegtypeOID},
		{"pg_proc", "function ", types.RegprocedureOID},
		{"pg_operator", "operator ", types.RegoperatorOID},
		{"pg_namespace", "schema ", types.RegnamespaceOID},
		{"pg_authid", "role ", types.RegroleOID},
		{"pg_collation", "collation ", types.RegcollationOID},
	} {
		if d.catalog == catalog.Name {
			text, ok = f.Name(d.kind, oid, f.path())
			return d.word + text, ok
		}
	}
	return "", false
}

func (f *Functions) describeRelation(r *Relation, sub int) (text string, ok bool) {
	if r == nil {
		return "", false
	}
	text = kindName(r.Kind) + " " + f.Current().RelationName(r, f.path())
	if sub == 0 {
		return text, true
	}
	column := r.ColumnByNum(int16(sub))
	if column == nil {
		return "", false
	}
	return "column " + QuoteIdent(column.Name) + " of " + text, true
}
