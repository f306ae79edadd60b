package catalog

import (
	"sync"

	"polyreme/pgsql/types"
)

// system is what every database has from genesis: PostgreSQL's own relations,
// access methods, operator classes, collations and roles. It is never changed.
type system struct {
	schemas    []*Schema
	relations  []*Relation // tables and views, without the derived index relations
	roles      []*Role
	methods    map[string]uint32
	methodName map[uint32]string
	opClasses  []OpClass
	classByOID map[uint32]*OpClass
	collations map[uint32]string
	domains    map[types.OID]domain
}

type domain struct {
	name   string
	base   types.OID
	typmod int32
}

// OpClass is a row of pg_opclass.
type OpClass struct {
	OID     uint32
	Method  uint32
	Name    string
	Input   types.OID
	Default bool
}

// loadSystem reads the embedded dump, once.
var loadSystem = sync.OnceValue(func() *system {
	s := &system{
		methods:    map[string]uint32{},
		methodName: map[uint32]string{},
		classByOID: map[uint32]*OpClass{},
		collations: map[uint32]string{},
		domains:    map[types.OID]domain{},
	}
	sections := map[string]section{}
	for _, section := range openDump(relationsDump) {
		sections[section.table] = section
	}
	s.readSchemas(sections["pg_namespace"])
	s.readDomains(sections["domains"])
	byOID := s.readClasses(sections["pg_class"])
	s.readAttributes(sections["pg_attribute"], byOID)
	s.readConstraints(sections["pg_constraint"], byOID)
	s.readIndexes(sections["pg_index"], byOID)
	s.readViews(sections["views"], byOID)
	s.readMethods(sections["pg_am"], sections["pg_opclass"])
	s.readNames(sections["pg_collation"], sections["pg_authid"])
	for _, r := range byOID {
		if r.Kind == KindTable {
			completeSystemTable(r)
		}
	}
	return s
})

func (s *system) readSchemas(rows section) {
	for f := range rows.rows() {
		oid := fieldOID(f[0])
		s.schemas = append(s.schemas, &Schema{
			OID: oid, Name: string(f[1]), Owner: fieldOID(f[2]), System: oid != PublicOID,
		})
	}
}

func (s *system) readDomains(rows section) {
	for f := range rows.rows() {
		s.domains[types.OID(fieldOID(f[0]))] = domain{string(f[3]), types.OID(fieldOID(f[1])), int32(fieldInt(f[2]))}
	}
}

func (s *system) readClasses(rows section) map[uint32]*Relation {
	schemas := map[uint32]string{}
	for _, schema := range s.schemas {
		schemas[schema.OID] = schema.Name
	}
	byOID := map[uint32]*Relation{}
	for f := range rows.rows() {
		r := &Relation{
			OID: fieldOID(f[0]), Name: string(f[1]), Schema: fieldOID(f[2]), RowType: fieldOID(f[3]),
			Owner: fieldOID(f[5]), Persistence: 'p', Kind: fieldChar(f[16]), System: true, Version: 1,
		}
		r.SchemaName = schemas[r.Schema]
		if r.Kind == KindTable {
			r.Physical = r.Name
			if r.Schema != PgCatalogOID {
				r.Physical = r.SchemaName + "_" + r.Name
			}
		}
		byOID[r.OID] = r
		if r.Kind != KindIndex {
			s.relations = append(s.relations, r)
		}
	}
	return byOID
}

func (s *system) readAttributes(rows section, byOID map[uint32]*Relation) {
	for f := range rows.rows() {
		r := byOID[fieldOID(f[0])]
		column := &Column{
			Num: int16(fieldInt(f[5])), Name: string(f[1]), Type: types.OID(fieldOID(f[2])),
			Typmod: int32(fieldInt(f[8])), NotNull: fieldBool(f[13]), Collation: fieldOID(f[21]),
		}
		if d, ok := s.domains[column.Type]; ok {
			column.Type, column.Typmod = d.base, d.typmod
		}
		if r.Kind == KindTable {
			column.Physical = column.Name
		}
		r.Columns = append(r.Columns, column)
	}
}

func (s *system) readConstraints(rows section, byOID map[uint32]*Relation) {
	for f := range rows.rows() {
		r := byOID[fieldOID(f[7])]
		k := &Constraint{
			OID: fieldOID(f[0]), Name: string(f[1]), Kind: fieldChar(f[3]), Index: fieldOID(f[9]),
			Validated: true, NoInherit: true,
		}
		for _, num := range fieldNumbers(f[18]) {
			k.Columns = append(k.Columns, int16(num))
		}
		r.Constraints = append(r.Constraints, k)
	}
}

func (s *system) readIndexes(rows section, byOID map[uint32]*Relation) {
	for f := range rows.rows() {
		relation, r := byOID[fieldOID(f[0])], byOID[fieldOID(f[1])]
		i := &Index{
			OID: relation.OID, Table: r.OID, Name: relation.Name, Method: "btree",
			Unique: fieldBool(f[4]), Primary: fieldBool(f[6]),
		}
		collations, classes, options := fieldNumbers(f[16]), fieldNumbers(f[17]), fieldNumbers(f[18])
		for n, num := range fieldNumbers(f[15]) {
			column := r.Columns[num-1]
			i.Columns = append(i.Columns, IndexColumn{
				Num: column.Num, Name: column.Name, Type: column.Type, Typmod: column.Typmod,
				Desc: options[n]&1 != 0, NullsFirst: options[n]&2 != 0,
				OpClass: uint32(classes[n]), Collation: uint32(collations[n]),
			})
		}
		for _, k := range r.Constraints {
			if k.Index == i.OID {
				i.Constraint = k.OID
			}
		}
		r.Indexes = append(r.Indexes, i)
	}
}

func (s *system) readViews(rows section, byOID map[uint32]*Relation) {
	for f := range rows.rows() {
		byOID[fieldOID(f[0])].View = &View{SQL: string(f[1])}
	}
}

func (s *system) readMethods(methods, classes section) {
	for f := range methods.rows() {
		s.methods[string(f[1])] = fieldOID(f[0])
		s.methodName[fieldOID(f[0])] = string(f[1])
	}
	for f := range classes.rows() {
		s.opClasses = append(s.opClasses, OpClass{
			OID: fieldOID(f[0]), Method: fieldOID(f[1]), Name: string(f[2]),
			Input: types.OID(fieldOID(f[6])), Default: fieldBool(f[7]),
		})
	}
	for i := range s.opClasses {
		s.classByOID[s.opClasses[i].OID] = &s.opClasses[i]
	}
}

func (s *system) readNames(collations, roles section) {
	for f := range collations.rows() {
		s.collations[fieldOID(f[0])] = string(f[1])
	}
	for f := range roles.rows() {
		s.roles = append(s.roles, &Role{
			OID: fieldOID(f[0]), Name: string(f[1]), Superuser: fieldBool(f[2]),
			Inherit: fieldBool(f[3]), CanLogin: fieldBool(f[6]),
		})
	}
}

// completeSystemTable gives a system table its rowid and its indexes' names.
func completeSystemTable(r *Relation) {
	r.RowID = RowIDColumn
	if len(r.Columns) > 0 && r.Columns[0].Name == "oid" {
		r.RowID = "oid"
	}
	for _, i := range r.Indexes {
		if servedIndex(r, i) {
			i.Physical = i.Name
		}
	}
}

// servedIndex tells whether the system index i exists in SQLite: not where it
// is the rowid, and not on tables that have no rows here.
func servedIndex(r *Relation, i *Index) bool {
	if len(i.Columns) == 1 && i.Columns[0].Name == "oid" {
		return false
	}
	switch r.Name {
	case "pg_aggregate", "pg_amop", "pg_amproc", "pg_attrdef", "pg_attribute", "pg_auth_members", "pg_authid",
		"pg_cast", "pg_class", "pg_collation", "pg_constraint", "pg_database", "pg_depend", "pg_description",
		"pg_enum", "pg_index", "pg_inherits", "pg_namespace", "pg_opclass", "pg_operator", "pg_opfamily",
		"pg_proc", "pg_range", "pg_rewrite", "pg_sequence", "pg_shdescription", "pg_trigger", "pg_type":
		return true
	}
	return false
}

// Empty returns the schema of a database after Genesis.
func Empty() *Catalog {
	c := newCatalog(1, FirstUserOID)
	c.comments.set(ObjectID{PgNamespaceOID, PublicOID, 0}, "standard public schema")
	c.settle()
	return c
}

// newCatalog returns a catalog with the system's objects; it lacks settle.
func newCatalog(version uint64, nextOID uint32) *Catalog {
	s := loadSystem()
	c := &Catalog{
		Version: version, NextOID: nextOID,
		schemas: make(map[uint32]*Schema, len(s.schemas)), roles: map[uint32]*Role{}, roleNames: map[string]*Role{},
		relations: newLayered[uint32, *Relation](), types: newLayered[types.OID, *Type](),
		comments: newLayered[ObjectID, string](), relationNames: newLayered[objectName, *Relation](),
		typeNames: newLayered[objectName, *Type](), constraintHome: newLayered[uint32, uint32](),
		referencing: newLayered[uint32, []uint32](), viewsOver: newLayered[uint32, []uint32](),
		ownedSequences: newLayered[uint32, []uint32](),
	}
	for _, schema := range s.schemas {
		c.schemas[schema.OID] = schema
	}
	for _, r := range s.relations {
		c.addRelation(r)
	}
	for _, role := range s.roles {
		c.roles[role.OID] = role
		c.roleNames[role.Name] = role
	}
	return c
}
