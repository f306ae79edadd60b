package catalog

import (
	"strconv"

	"polyreme/pgsql/types"
)

// FirstUserOID is the first OID that user objects get, as in PostgreSQL.
const FirstUserOID uint32 = 16384

// OIDs of PostgreSQL's own objects that code names.
const (
	PgCatalogOID         uint32 = 11
	PgToastOID           uint32 = 99
	PublicOID            uint32 = 2200
	BootstrapUserOID     uint32 = 10   // the superuser "postgres"
	DatabaseOID          uint32 = 5    // the one database
	HeapAccessMethodOID  uint32 = 2    // pg_am "heap"
	BtreeAccessMethodOID uint32 = 403  // pg_am "btree"
	HashAccessMethodOID  uint32 = 405  // pg_am "hash"
	PgTypeOID            uint32 = 1247 // class OIDs, as pg_depend and pg_description use them
	PgAttributeOID       uint32 = 1249
	PgProcOID            uint32 = 1255
	PgClassOID           uint32 = 1259
	PgDatabaseOID        uint32 = 1262
	PgAuthIDOID          uint32 = 1260
	PgAttrdefOID         uint32 = 2604
	PgConstraintOID      uint32 = 2606
	PgNamespaceOID       uint32 = 2615
	PgRewriteOID         uint32 = 2618
)

// Relation kinds (pg_class.relkind).
const (
	KindTable     byte = 'r'
	KindIndex     byte = 'i'
	KindSequence  byte = 'S'
	KindView      byte = 'v'
	KindMatview   byte = 'm'
	KindToast     byte = 't'
	KindComposite byte = 'c'
)

// Constraint kinds (pg_constraint.contype).
const (
	PrimaryKey byte = 'p'
	Unique     byte = 'u'
	Check      byte = 'c'
	ForeignKey byte = 'f'
	Exclusion  byte = 'x'
)

// Catalog is the schema of the database at one version.
type Catalog struct {
	Version uint64 // schema version; every DDL entry makes the next one
	NextOID uint32 // the OID that the next new object gets

	schemas   map[uint32]*Schema
	relations *layered[uint32, *Relation] // tables, views, sequences and the derived index relations
	types     *layered[types.OID, *Type]
	roles     map[uint32]*Role
	comments  *layered[ObjectID, string]

	// Derived from the above.
	schemaNames    map[string]*Schema
	roleNames      map[string]*Role
	relationNames  *layered[objectName, *Relation]
	typeNames      *layered[objectName, *Type]
	constraintHome *layered[uint32, uint32]   // constraint to its relation
	referencing    *layered[uint32, []uint32] // table to the relations with foreign keys to it, sorted
	viewsOver      *layered[uint32, []uint32] // relation to the views that read it, sorted
	ownedSequences *layered[uint32, []uint32] // table to the sequences that its columns own, sorted
}

type objectName struct {
	schema uint32
	name   string
}

// ObjectID is an object's address in pg_depend and pg_description.
type ObjectID struct {
	Class uint32 // OID of the catalog that holds the object
	OID   uint32
	Sub   int32 // column number, or 0
}

// Schema is a namespace.
type Schema struct {
	OID    uint32
	Name   string
	Owner  uint32
	System bool // made at genesis, except public
}

// Role is a row of pg_authid.
type Role struct {
	OID       uint32
	Name      string
	Superuser bool
	Inherit   bool
	CanLogin  bool
}

// Relation is what pg_class lists: a table, view, sequence or index. An index
// is a Relation too, derived from its table's Indexes, so that names resolve.
type Relation struct {
	OID         uint32
	Schema      uint32
	SchemaName  string
	Name        string
	Kind        byte   // KindTable, ...
	Persistence byte   // 'p', 'u', 't'
	Physical    string // name in SQLite; "" for views, which the planner expands
	RowID       string // physical name of the rowid alias column: "rid" or the integer primary key's
	Owner       uint32
	RowType     uint32 // composite type of its rows, 0 for sequences and indexes
	ArrayType   uint32 // array over RowType
	Columns     []*Column
	Constraints []*Constraint // in the order of creation
	Indexes     []*Index      // in the order of creation
	View        *View         // KindView
	Sequence    *Sequence     // KindSequence
	Index       *Index        // KindIndex
	Options     []string      // reloptions, "fillfactor=70"
	Version     uint64        // schema version of its last change
	System      bool
	Triggers    bool // relhastriggers: a foreign key is or was at either end
}

// Column is a row of pg_attribute. Columns[i].Num is i+1: dropped ones stay.
type Column struct {
	Num           int16
	Name          string
	Type          types.OID
	Typmod        int32
	NotNull       bool
	Default       string // PostgreSQL expression text; "" none; of a generated column its expression
	DefaultOID    uint32 // OID of the pg_attrdef row
	Identity      byte   // 'a' always, 'd' by default, 0
	Generated     byte   // 's' stored, 0
	Dropped       bool
	Physical      string // "" when dropped
	Collation     uint32
	OwnedSequence uint32 // the serial or identity sequence, 0 none
}

// Constraint is a row of pg_constraint.
type Constraint struct {
	OID         uint32
	Name        string
	Kind        byte // PrimaryKey, Unique, Check, ForeignKey
	Columns     []int16
	Index       uint32 // its own index; of a foreign key, the referenced one's
	Expr        string // Check: PostgreSQL expression text
	RefRelation uint32
	RefColumns  []int16
	OnDelete    byte // 'a' no action, 'r' restrict, 'c' cascade, 'n' set null, 'd' set default
	OnUpdate    byte
	Match       byte // 's' simple, 'f' full
	Deferrable  bool
	Deferred    bool
	Validated   bool
	NoInherit   bool
}

// Physical returns the name of a check or foreign key constraint in SQLite.
func (c *Constraint) Physical() string {
	if c.Kind == Check {
		return "k" + strconv.FormatUint(uint64(c.OID), 10)
	}
	return "f" + strconv.FormatUint(uint64(c.OID), 10)
}

// IndexColumn is one key column of an index.
type IndexColumn struct {
	Num        int16  // 0 for an expression
	Expr       string // PostgreSQL expression text
	Name       string // its name as an attribute of the index
	Type       types.OID
	Typmod     int32
	Desc       bool
	NullsFirst bool
	OpClass    uint32
	Collation  uint32
}

// Index is a row of pg_index.
type Index struct {
	OID              uint32
	Table            uint32
	Name             string
	Physical         string // "" where it is only in the catalog (the primary key that is the rowid)
	Columns          []IndexColumn
	Include          []int16
	Unique           bool
	Primary          bool
	NullsNotDistinct bool
	Deferrable       bool   // backs a deferrable constraint: indimmediate is false
	Where            string // PostgreSQL expression text of a partial index
	Method           string // "btree", "hash", ...
	Constraint       uint32 // the constraint that it backs, 0 none
	Options          []string
}

// Sequence is a row of pg_sequence; its state lives in polyreme_sequence.
type Sequence struct {
	Type        types.OID
	Start       int64
	Increment   int64
	Min         int64
	Max         int64
	Cache       int64
	Cycle       bool
	OwnedBy     uint32 // table, 0 none
	OwnedColumn int16
	Identity    bool // owned by an identity column (internal dependency)
}

// View is the definition of a view; its columns are the relation's.
type View struct {
	SQL     string // canonical PostgreSQL text of the query, without the final semicolon
	RuleOID uint32 // OID of the pg_rewrite row
	Depends []ViewDependency
	Keys    []uint32 // primary keys that its grouping relies on, ordered
	Check   byte     // 'l' local, 'c' cascaded, 0
}

// ViewDependency is a column that a view reads; column 0 is the whole relation.
type ViewDependency struct {
	Relation uint32
	Column   int16
}

// Type is a user-defined type: the row type of a relation ('c') or an array
// over one ('b'); enums ('e') and domains ('d') have their room here.
type Type struct {
	OID      types.OID
	Schema   uint32
	Name     string
	Kind     byte // typtype
	Elem     types.OID
	Array    types.OID
	Relation uint32    // 'c'
	Base     types.OID // 'd'
	Typmod   int32     // 'd'
	NotNull  bool      // 'd'
	Labels   []string  // 'e'
	Owner    uint32
	Version  uint64
}

// TablePhysical returns the SQLite name of the user table oid.
func TablePhysical(oid uint32) string { return "t" + strconv.FormatUint(uint64(oid), 10) }

// ColumnPhysical returns the SQLite name of the column num of a user table.
func ColumnPhysical(num int16) string { return "c" + strconv.Itoa(int(num)) }

// IndexPhysical returns the SQLite name of the user index oid.
func IndexPhysical(oid uint32) string { return "i" + strconv.FormatUint(uint64(oid), 10) }

// RowIDColumn is the hidden rowid column of tables without an integer primary key.
const RowIDColumn = "rid"

// SettleRowID sets RowID: the column of a primary key over a single integer
// column is SQLite's rowid itself, and its index exists in the catalog only;
// any other table has a hidden column. Indexes of other methods than
// btree and hash exist in the catalog only. ADD and DROP PRIMARY KEY rebuild the
// table where that changes.
func (r *Relation) SettleRowID() {
	if r.Kind != KindTable || r.System {
		return
	}
	r.RowID = RowIDColumn
	for _, i := range r.Indexes {
		i.Physical = ""
		if i.Method == "btree" || i.Method == "hash" {
			i.Physical = IndexPhysical(i.OID)
		}
	}
	k := r.PrimaryKey()
	if k == nil || len(k.Columns) != 1 || k.Deferrable {
		return
	}
	column := r.Columns[k.Columns[0]-1]
	switch column.Type {
	case types.Int2OID, types.Int4OID, types.Int8OID:
		r.RowID = column.Physical
		if i := r.IndexByOID(k.Index); i != nil {
			i.Physical = ""
		}
	}
}
