package catalog

import (
	"maps"
	"slices"

	"polyreme/pgsql/types"
)

// Schema returns the schema of that name, or nil.
func (c *Catalog) Schema(name string) *Schema { return c.schemaNames[name] }

// SchemaByOID returns the schema oid, or nil.
func (c *Catalog) SchemaByOID(oid uint32) *Schema { return c.schemas[oid] }

// Schemas returns all schemas in the order of OIDs.
func (c *Catalog) Schemas() []*Schema { return sortedValues(c.schemas) }

// Relation returns the relation name of the schema, or nil.
func (c *Catalog) Relation(schema uint32, name string) *Relation {
	return c.relationNames.get(objectName{schema, name})
}

// RelationByOID returns the relation oid, or nil.
func (c *Catalog) RelationByOID(oid uint32) *Relation { return c.relations.get(oid) }

// Relations returns all relations, system ones and indexes too, in the order of OIDs.
func (c *Catalog) Relations() []*Relation { return sortedLive(c.relations) }

// Resolve returns the relation that the unqualified name means under the
// search path, or nil. pg_catalog is searched first unless the path names it,
// schemas that do not exist are passed over, and "$user" must be already
// replaced.
func (c *Catalog) Resolve(searchPath []string, name string) *Relation {
	if !slices.Contains(searchPath, "pg_catalog") {
		if r := c.Relation(PgCatalogOID, name); r != nil {
			return r
		}
	}
	for _, schema := range searchPath {
		if s := c.schemaNames[schema]; s != nil {
			if r := c.Relation(s.OID, name); r != nil {
				return r
			}
		}
	}
	return nil
}

// Visible tells whether the relation is what its bare name means under the
// search path (pg_table_is_visible).
func (c *Catalog) Visible(searchPath []string, oid uint32) bool {
	r := c.relations.get(oid)
	return r != nil && c.Resolve(searchPath, r.Name) == r
}

// CreationSchema returns the schema in which an unqualified new object goes:
// the first of the search path that exists, or nil.
func (c *Catalog) CreationSchema(searchPath []string) *Schema {
	for _, name := range searchPath {
		if s := c.schemaNames[name]; s != nil {
			return s
		}
	}
	return nil
}

// Type returns the user-defined type name of the schema, or nil. Built-in
// types are in package types.
func (c *Catalog) Type(schema uint32, name string) *Type {
	return c.typeNames.get(objectName{schema, name})
}

// TypeByOID returns the user-defined type oid, or nil.
func (c *Catalog) TypeByOID(oid types.OID) *Type { return c.types.get(oid) }

// ResolveType returns the user-defined type that the unqualified name means
// under the search path, or nil. The caller looks for built-in types first,
// as pg_catalog is searched first.
func (c *Catalog) ResolveType(searchPath []string, name string) *Type {
	for _, schema := range searchPath {
		if s := c.schemaNames[schema]; s != nil {
			if t := c.Type(s.OID, name); t != nil {
				return t
			}
		}
	}
	return nil
}

// Role returns the role of that name, or nil.
func (c *Catalog) Role(name string) *Role { return c.roleNames[name] }

// RoleByOID returns the role oid, or nil.
func (c *Catalog) RoleByOID(oid uint32) *Role { return c.roles[oid] }

// Index returns the index oid, or nil.
func (c *Catalog) Index(oid uint32) *Index {
	if r := c.relations.get(oid); r != nil {
		return r.Index
	}
	return nil
}

// IndexesOf returns the indexes of the table oid.
func (c *Catalog) IndexesOf(oid uint32) []*Index {
	if r := c.relations.get(oid); r != nil {
		return r.Indexes
	}
	return nil
}

// Sequence returns the definition of the sequence oid, or nil.
func (c *Catalog) Sequence(oid uint32) *Sequence {
	if r := c.relations.get(oid); r != nil {
		return r.Sequence
	}
	return nil
}

// ConstraintByOID returns the constraint oid and its relation, or nil.
func (c *Catalog) ConstraintByOID(oid uint32) (*Relation, *Constraint) {
	r := c.relations.get(c.constraintHome.get(oid))
	if r == nil {
		return nil, nil
	}
	return r, r.ConstraintByOID(oid)
}

// ForeignKeyRef is a foreign key together with the table that has it.
type ForeignKeyRef struct {
	Relation   *Relation
	Constraint *Constraint
}

// ReferencingForeignKeys returns the foreign keys that point to the table oid,
// its own included.
func (c *Catalog) ReferencingForeignKeys(oid uint32) []ForeignKeyRef {
	var refs []ForeignKeyRef
	for _, from := range c.referencing.get(oid) {
		r := c.relations.get(from)
		for _, k := range r.Constraints {
			if k.Kind == ForeignKey && k.RefRelation == oid {
				refs = append(refs, ForeignKeyRef{r, k})
			}
		}
	}
	return refs
}

// ViewsOver returns the views that read the relation oid directly.
func (c *Catalog) ViewsOver(oid uint32) []*Relation {
	var views []*Relation
	for _, v := range c.viewsOver.get(oid) {
		views = append(views, c.relations.get(v))
	}
	return views
}

// OwnedSequences returns the sequences that columns of the table oid own.
func (c *Catalog) OwnedSequences(oid uint32) []*Relation {
	var sequences []*Relation
	for _, s := range c.ownedSequences.get(oid) {
		sequences = append(sequences, c.relations.get(s))
	}
	return sequences
}

// Comment returns the comment on an object, or "".
func (c *Catalog) Comment(class, oid uint32, sub int32) string {
	return c.comments.get(ObjectID{class, oid, sub})
}

// Column returns the live column of that name, or nil.
func (r *Relation) Column(name string) *Column {
	for _, column := range r.Columns {
		if column.Name == name && !column.Dropped {
			return column
		}
	}
	return nil
}

// ColumnByNum returns the column num, dropped or not, or nil.
func (r *Relation) ColumnByNum(num int16) *Column {
	if num < 1 || int(num) > len(r.Columns) {
		return nil
	}
	return r.Columns[num-1]
}

// Constraint returns the constraint of that name, or nil.
func (r *Relation) Constraint(name string) *Constraint {
	for _, k := range r.Constraints {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// ConstraintByOID returns the relation's constraint oid, or nil.
func (r *Relation) ConstraintByOID(oid uint32) *Constraint {
	for _, k := range r.Constraints {
		if k.OID == oid {
			return k
		}
	}
	return nil
}

// PrimaryKey returns the primary key, or nil.
func (r *Relation) PrimaryKey() *Constraint {
	for _, k := range r.Constraints {
		if k.Kind == PrimaryKey {
			return k
		}
	}
	return nil
}

// IndexByOID returns the relation's index oid, or nil.
func (r *Relation) IndexByOID(oid uint32) *Index {
	for _, i := range r.Indexes {
		if i.OID == oid {
			return i
		}
	}
	return nil
}

// RowIDPrimaryKey returns the column that is SQLite's rowid, or nil.
func (r *Relation) RowIDPrimaryKey() *Column {
	for _, column := range r.Columns {
		if column.Physical != "" && column.Physical == r.RowID {
			return column
		}
	}
	return nil
}

// sortedLive returns the values of l in the order of its keys.
func sortedLive[K ~uint32, V any](l *layered[K, V]) []V { return sortedValues(maps.Collect(l.all())) }

// sortedValues returns the values of m in the order of its keys.
func sortedValues[K ~uint32, V any](m map[K]V) []V {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	values := make([]V, len(keys))
	for i, k := range keys {
		values[i] = m[k]
	}
	return values
}
