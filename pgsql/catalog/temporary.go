package catalog

import (
	"slices"
	"strconv"
	"strings"
)

// Temporary relations are relations of a schema pg_temp_<n>, as in PostgreSQL.
// Such a schema belongs to at most one session at a time. The session finds it by
// its search path: the path that names are looked up with holds the session's own
// schema of temporary relations and nobody else's.

// TemporaryAlias is how every session calls its own schema of temporary relations.
const TemporaryAlias = "pg_temp"

// TemporarySchema returns the name of the n-th schema of temporary relations.
func TemporarySchema(n int64) string { return TemporaryAlias + "_" + strconv.FormatInt(n, 10) }

// TemporaryNumber is the inverse of TemporarySchema; ok is false for other names.
func TemporaryNumber(schema string) (n int64, ok bool) {
	digits, ok := strings.CutPrefix(schema, TemporaryAlias+"_")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n > 0 && TemporarySchema(n) == schema
}

// IsTemporary tells whether the relation is one of a session.
func (r *Relation) IsTemporary() bool { return r.Persistence == 't' }

// NamedPath returns the schemas that the search path names, for a session whose
// schema of temporary relations is own, "" for none. New relations go into the
// first of them that exists.
func NamedPath(path []string, own string) []string {
	named := make([]string, 0, len(path)+2)
	for _, name := range path {
		if name == TemporaryAlias && own != "" {
			name = own
		}
		if _, temporary := TemporaryNumber(name); !temporary || name == own {
			named = append(named, name)
		}
	}
	return named
}

// EffectivePath returns the schemas in which names are looked up: where the search
// path does not name the session's own schema of temporary relations, that is the
// first, before pg_catalog.
// https://www.postgresql.org/docs/15/runtime-config-client.html#GUC-SEARCH-PATH
func EffectivePath(path []string, own string) []string {
	named := NamedPath(path, own)
	if own == "" || slices.Contains(named, own) {
		return named
	}
	if slices.Contains(named, "pg_catalog") {
		return append([]string{own}, named...)
	}
	return append([]string{own, "pg_catalog"}, named...)
}

// OwnTemporary returns the schema of temporary relations of the session whose
// effective path it is, or "".
func OwnTemporary(path []string) string {
	for _, name := range path {
		if _, ok := TemporaryNumber(name); ok {
			return name
		}
	}
	return ""
}

// SchemaNamed returns the schema that a statement calls by the name, or nil.
func (c *Catalog) SchemaNamed(path []string, name string) *Schema {
	if name == TemporaryAlias {
		if own := c.schemaNames[OwnTemporary(path)]; own != nil {
			return own
		}
	}
	return c.schemaNames[name]
}

// TemporarySchemas returns the schemas of temporary relations that are not empty,
// in the order of OIDs.
func (c *Catalog) TemporarySchemas() []*Schema {
	all := map[uint32]*Schema{}
	for oid, s := range c.schemas {
		if _, ok := TemporaryNumber(s.Name); ok {
			all[oid] = s
		}
	}
	filled := map[uint32]*Schema{}
	if len(all) == 0 {
		return nil
	}
	for _, r := range c.relations.all() {
		if s := all[r.Schema]; s != nil {
			filled[s.OID] = s
		}
	}
	return sortedValues(filled)
}

// OnlyTemporary tells whether nothing but temporary relations, and the schemas that
// they are in, has changed.
func (e *Edit) OnlyTemporary() bool {
	for oid, s := range e.schemas {
		if s == nil {
			s = e.base.schemas[oid]
		}
		if _, temporary := TemporaryNumber(s.Name); !temporary {
			return false
		}
	}
	for oid, r := range e.relations {
		if old := e.base.relations.get(oid); old != nil && !old.IsTemporary() || r != nil && !r.IsTemporary() {
			return false
		}
	}
	return true
}

// temporaryName is the schema's name in definitions: a temporary relation is
// printed as its own session calls it.
func temporaryName(r *Relation, path []string) string {
	if r.IsTemporary() && r.SchemaName == OwnTemporary(path) {
		return TemporaryAlias
	}
	return r.SchemaName
}
