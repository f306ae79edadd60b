package ast

// OnCommitAction is what happens to a temporary table's rows at commit.
type OnCommitAction uint8

// Actions at commit.
const (
	OnCommitNone OnCommitAction = iota
	OnCommitPreserveRows
	OnCommitDeleteRows
	OnCommitDrop
)

// CreateStmt is CREATE TABLE, and CREATE FOREIGN TABLE where Server is set.
// Constraints written at a column stay at the column.
type CreateStmt struct {
	Rel          *RangeVar
	IfNotExists  bool
	Columns      []*ColumnDef
	Constraints  []*Constraint
	Likes        []*TableLike
	Order        []TableElem // columns, constraints and likes in source order
	Inherits     []*RangeVar
	OfType       *TypeName
	PartitionOf  *RangeVar
	Bound        *PartitionBound
	PartitionBy  *PartitionSpec
	AccessMethod string
	Options      []DefElem
	WithoutOids  bool
	OnCommit     OnCommitAction
	Tablespace   string
	Server       string
	FDWOptions   []DefElem
}

// TableElem is an element of CREATE TABLE: *ColumnDef, *Constraint, *TableLike.
type TableElem interface {
	Node
	tableElem()
}

// ColumnDef is a column of CREATE TABLE, of ALTER TABLE ADD COLUMN or of a
// column definition list. Type is nil in CREATE TABLE … OF and PARTITION OF.
type ColumnDef struct {
	At
	Name        string
	Type        *TypeName
	Compression string
	Collation   []string
	Constraints []*Constraint // including DEFAULT, NOT NULL, GENERATED
	FDWOptions  []DefElem
}

// ConstraintKind is the kind of a Constraint.
type ConstraintKind uint8

// Kinds of constraints. The first five stand only at a column or domain.
const (
	ConstraintNull ConstraintKind = iota
	ConstraintNotNull
	ConstraintDefault
	ConstraintIdentity  // GENERATED … AS IDENTITY
	ConstraintGenerated // GENERATED ALWAYS AS (…) STORED
	ConstraintCheck
	ConstraintPrimary
	ConstraintUnique
	ConstraintExclusion
	ConstraintForeign
)

// FKAction is what a foreign key does when the referenced row changes.
type FKAction uint8

// Actions of a foreign key.
const (
	FKNoAction FKAction = iota
	FKRestrict
	FKCascade
	FKSetNull
	FKSetDefault
)

// FKMatch is the match type of a foreign key.
type FKMatch uint8

// Match types.
const (
	MatchSimple FKMatch = iota
	MatchFull
	MatchPartial
)

// Constraint is a column's, a table's or a domain's constraint.
type Constraint struct {
	At
	Kind              ConstraintKind
	Name              string
	Deferrable        bool
	NotDeferrable     bool // NOT DEFERRABLE was written
	InitiallyDeferred bool
	NotValid          bool
	NoInherit         bool
	Expr              Expr // CHECK, DEFAULT, GENERATED
	Always            bool // GENERATED ALWAYS (else BY DEFAULT)
	Options           []DefElem
	NullsNotDistinct  bool
	Columns           []string // PRIMARY KEY, UNIQUE: keys; FOREIGN KEY: referencing columns
	Including         []string
	IndexName         string // USING INDEX
	Tablespace        string
	Exclusions        []Exclusion
	AccessMethod      string // EXCLUDE USING
	Where             Expr   // EXCLUDE … WHERE
	RefTable          *RangeVar
	RefColumns        []string
	Match             FKMatch
	OnUpdate          FKAction
	OnDelete          FKAction
	OnDeleteColumns   []string // SET NULL (…), SET DEFAULT (…)
}

// Exclusion is one element of EXCLUDE and its operator.
type Exclusion struct {
	Elem IndexElem
	Op   Operator
}

// LikeOptions is a bit set of what LIKE copies.
type LikeOptions uint16

// Bits of LikeOptions.
const (
	LikeComments LikeOptions = 1 << iota
	LikeCompression
	LikeConstraints
	LikeDefaults
	LikeGenerated
	LikeIdentity
	LikeIndexes
	LikeStatistics
	LikeStorage
	LikeAll LikeOptions = 1<<9 - 1
)

// TableLike is LIKE table INCLUDING ….
type TableLike struct {
	At
	Rel     *RangeVar
	Options LikeOptions
}

// PartitionSpec is PARTITION BY.
type PartitionSpec struct {
	At
	Strategy string
	Elems    []IndexElem
}

// PartitionBound is FOR VALUES … or DEFAULT.
type PartitionBound struct {
	At
	Default   bool
	Modulus   int // hash
	Remainder int
	Hash      bool
	In        []Expr
	From, To  []Expr // MINVALUE and MAXVALUE are *ColumnRef, as in PostgreSQL
}

// IndexElem is a column of an index: Name or Expr.
type IndexElem struct {
	At
	Name         string
	Expr         Expr
	Collation    []string
	OpClass      []string
	OpClassOpts  []DefElem
	Dir          SortDir
	Nulls        SortNulls
	Parenthesise bool // Expr was written in parentheses
}

// IndexStmt is CREATE INDEX.
type IndexStmt struct {
	Name             string // "" where PostgreSQL picks one
	Rel              *RangeVar
	Unique           bool
	Concurrently     bool
	IfNotExists      bool
	AccessMethod     string // "" is btree
	Elems            []IndexElem
	Including        []IndexElem
	NullsNotDistinct bool
	Options          []DefElem
	Tablespace       string
	Where            Expr
}

// AlterTableKind is one action of ALTER TABLE.
type AlterTableKind uint8

// Actions. The comment names the fields that hold the operands.
const (
	ATAddColumn            AlterTableKind = iota // Column, IfNotExists
	ATColumnDefault                              // Name, Expr; nil drops
	ATDropNotNull                                // Name
	ATSetNotNull                                 // Name
	ATDropExpression                             // Name, MissingOk
	ATSetStatistics                              // Name or Number (column), Value
	ATSetColumnOptions                           // Name, Options
	ATResetColumnOptions                         // Name, Options
	ATSetStorage                                 // Name, Word
	ATSetCompression                             // Name, Word
	ATDropColumn                                 // Name, Behavior, MissingOk
	ATAddConstraint                              // Constraint
	ATAlterConstraint                            // Constraint (name and deferrability)
	ATValidateConstraint                         // Name
	ATDropConstraint                             // Name, Behavior, MissingOk
	ATAlterColumnType                            // Name, Type, Collation, Expr (USING)
	ATColumnFDWOptions                           // Name, Options
	ATChangeOwner                                // Role
	ATClusterOn                                  // Name
	ATDropCluster                                //
	ATSetLogged                                  //
	ATSetUnlogged                                //
	ATDropOids                                   //
	ATSetAccessMethod                            // Name
	ATSetTablespace                              // Name
	ATSetOptions                                 // Options
	ATResetOptions                               // Options
	ATEnableTrigger                              // Name
	ATEnableAlwaysTrigger                        // Name
	ATEnableReplicaTrigger                       // Name
	ATDisableTrigger                             // Name
	ATEnableTriggerAll                           //
	ATDisableTriggerAll                          //
	ATEnableTriggerUser                          //
	ATDisableTriggerUser                         //
	ATEnableRule                                 // Name
	ATEnableAlwaysRule                           // Name
	ATEnableReplicaRule                          // Name
	ATDisableRule                                // Name
	ATAddInherit                                 // Rel
	ATDropInherit                                // Rel
	ATAddOf                                      // Type
	ATDropOf                                     //
	ATReplicaIdentity                            // Word: default, full, nothing, index; Name
	ATEnableRowSecurity                          //
	ATDisableRowSecurity                         //
	ATForceRowSecurity                           //
	ATNoForceRowSecurity                         //
	ATGenericOptions                             // Options
	ATAttachPartition                            // Rel, Bound (Bound nil for an index)
	ATDetachPartition                            // Rel, Concurrently
	ATDetachFinalize                             // Rel
	ATAddIdentity                                // Name, Constraint
	ATSetIdentity                                // Name, Options
	ATDropIdentity                               // Name, MissingOk
)

// AlterTableCmd is one action of ALTER TABLE, INDEX, SEQUENCE, VIEW,
// MATERIALIZED VIEW, FOREIGN TABLE or of a composite type.
type AlterTableCmd struct {
	Kind         AlterTableKind
	Name         string
	Number       int
	Value        int
	Word         string
	Column       *ColumnDef
	Constraint   *Constraint
	Expr         Expr
	Type         *TypeName
	Collation    []string
	Options      []DefElem
	Role         RoleSpec
	Rel          *RangeVar
	Bound        *PartitionBound
	Behavior     DropBehavior
	IfNotExists  bool
	MissingOk    bool
	Concurrently bool
}

// AlterTableStmt is ALTER TABLE and its kin: Object is ObjectTable, ObjectIndex,
// ObjectSequence, ObjectView, ObjectMatView, ObjectForeignTable or ObjectType_.
type AlterTableStmt struct {
	Rel       *RangeVar
	Cmds      []AlterTableCmd
	Object    ObjectType
	MissingOk bool
}

// AlterTableMoveAllStmt is ALTER TABLE ALL IN TABLESPACE.
type AlterTableMoveAllStmt struct {
	Object        ObjectType
	Tablespace    string
	Roles         []RoleSpec
	NewTablespace string
	NoWait        bool
}

// ViewCheck is a view's WITH CHECK OPTION.
type ViewCheck uint8

// Check options.
const (
	CheckNone ViewCheck = iota
	CheckLocal
	CheckCascaded
)

// ViewStmt is CREATE VIEW. RECURSIVE is already the WITH RECURSIVE query that
// PostgreSQL makes of it.
type ViewStmt struct {
	Rel       *RangeVar
	Columns   []string
	Query     *SelectStmt
	Replace   bool
	Recursive bool
	Options   []DefElem
	Check     ViewCheck
}

// CreateTableAsStmt is CREATE TABLE AS and CREATE MATERIALIZED VIEW. Query is a
// *SelectStmt or *ExecuteStmt.
type CreateTableAsStmt struct {
	Into        *IntoClause
	Query       Stmt
	MatView     bool
	IfNotExists bool
}

// RefreshMatViewStmt is REFRESH MATERIALIZED VIEW.
type RefreshMatViewStmt struct {
	Rel          *RangeVar
	Concurrently bool
	WithNoData   bool
}

// CreateSeqStmt is CREATE SEQUENCE. Options are DefElem named as PostgreSQL's:
// as (*TypeName), start, increment, minvalue, maxvalue, cache (DefInt or
// DefFloat; minvalue and maxvalue without an argument for NO), cycle (DefBool),
// owned_by (DefNames), restart (nil or a number), sequence_name (DefNames).
type CreateSeqStmt struct {
	Rel         *RangeVar
	IfNotExists bool
	Options     []DefElem
}

// AlterSeqStmt is ALTER SEQUENCE with options.
type AlterSeqStmt struct {
	Rel       *RangeVar
	MissingOk bool
	Options   []DefElem
}

func (*CreateStmt) stmt()            {}
func (*IndexStmt) stmt()             {}
func (*AlterTableStmt) stmt()        {}
func (*AlterTableMoveAllStmt) stmt() {}
func (*ViewStmt) stmt()              {}
func (*CreateTableAsStmt) stmt()     {}
func (*RefreshMatViewStmt) stmt()    {}
func (*CreateSeqStmt) stmt()         {}
func (*AlterSeqStmt) stmt()          {}

func (*ColumnDef) tableElem()  {}
func (*Constraint) tableElem() {}
func (*TableLike) tableElem()  {}
