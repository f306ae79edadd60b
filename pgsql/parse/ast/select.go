package ast

// SetOp is a set operation.
type SetOp uint8

// Set operations.
const (
	SetOpNone SetOp = iota
	Union
	Intersect
	Except
)

// SelectStmt is SELECT, VALUES, TABLE name (as SELECT * FROM name) or a set
// operation over two of them. With Op set only Left, Right, All and the clauses
// after the body (With, OrderBy, Limit, Offset, Locking) are used; with Values
// set only those and Values.
type SelectStmt struct {
	At
	With          *WithClause
	Distinct      bool   // DISTINCT, with or without ON
	DistinctOn    []Expr // DISTINCT ON (…)
	Targets       []ResTarget
	Into          *IntoClause // SELECT … INTO
	From          []TableExpr
	Where         Expr
	GroupBy       []Expr // expressions and *GroupingSet
	GroupDistinct bool
	Having        Expr
	Windows       []*WindowDef
	Values        [][]Expr

	Op    SetOp
	All   bool
	Left  *SelectStmt
	Right *SelectStmt

	OrderBy  []SortBy
	Limit    Expr // nil: none, as for LIMIT ALL
	LimitAll bool // LIMIT ALL was written
	WithTies bool // FETCH FIRST … WITH TIES
	Offset   Expr
	Locking  []LockingClause
}

// ResTarget is an item of a select list (Name is its AS label or ""), of
// RETURNING, or of UPDATE's SET and INSERT's column list, where Name is the
// column and Indirection what follows it.
type ResTarget struct {
	At
	Name        string
	Indirection []Indirection
	Value       Expr // nil in INSERT's column list
}

// SortDir is the direction of a sort key.
type SortDir uint8

// Directions.
const (
	SortDefault SortDir = iota
	SortAsc
	SortDesc
	SortUsing
)

// SortNulls is the place of nulls in a sort.
type SortNulls uint8

// Places of nulls.
const (
	NullsDefault SortNulls = iota
	NullsFirst
	NullsLast
)

// SortBy is an item of ORDER BY.
type SortBy struct {
	At
	X     Expr
	Dir   SortDir
	Nulls SortNulls
	Using Operator // with SortUsing
}

// WithClause is WITH and its common table expressions.
type WithClause struct {
	At
	Recursive bool
	CTEs      []*CommonTableExpr
}

// CTEMaterialize is the MATERIALIZED option of a common table expression.
type CTEMaterialize uint8

// Options.
const (
	MaterializeDefault CTEMaterialize = iota
	MaterializeAlways
	MaterializeNever
)

// CommonTableExpr is one query of WITH. Query is a *SelectStmt, *InsertStmt,
// *UpdateStmt or *DeleteStmt (*MergeStmt parses, and is refused by analysis).
type CommonTableExpr struct {
	At
	Name        string
	Columns     []string
	Materialize CTEMaterialize
	Query       Stmt
	Search      *CTESearch
	Cycle       *CTECycle
}

// CTESearch is SEARCH BREADTH|DEPTH FIRST BY … SET ….
type CTESearch struct {
	At
	Columns      []string
	BreadthFirst bool
	SeqColumn    string
}

// CTECycle is CYCLE … SET … [TO … DEFAULT …] USING ….
type CTECycle struct {
	At
	Columns     []string
	MarkColumn  string
	MarkValue   Expr // nil: true
	MarkDefault Expr // nil: false
	PathColumn  string
}

// IntoClause is the target of SELECT INTO, CREATE TABLE AS and CREATE
// MATERIALIZED VIEW.
type IntoClause struct {
	At
	Rel          *RangeVar
	Columns      []string
	AccessMethod string
	Options      []DefElem
	OnCommit     OnCommitAction
	Tablespace   string
	WithNoData   bool
}

// LockStrength is that of a locking clause.
type LockStrength uint8

// Strengths.
const (
	ForKeyShare LockStrength = iota
	ForShare
	ForNoKeyUpdate
	ForUpdate
)

// LockWait is what a locking clause does about a row that is locked.
type LockWait uint8

// Wait policies.
const (
	LockWaitBlock LockWait = iota
	LockWaitSkip
	LockWaitError
)

// LockingClause is FOR UPDATE and its kin.
type LockingClause struct {
	Rels     []*RangeVar // nil: all
	Strength LockStrength
	Wait     LockWait
}

// Alias is the AS name (columns) of a FROM item.
type Alias struct {
	At
	Name    string
	Columns []string
}

// RangeVar is the name of a relation.
type RangeVar struct {
	At
	Catalog     string
	Schema      string
	Name        string
	Only        bool // ONLY: without descendants
	Persistence Persistence
	Alias       *Alias
}

// RangeSubselect is a sub-query in FROM. Alias may be nil only where
// PostgreSQL's grammar allows it.
type RangeSubselect struct {
	At
	Lateral bool
	Query   *SelectStmt
	Alias   *Alias
}

// RangeFuncItem is one function of a RangeFunction. Call is a *FuncCall or
// another function-like expression.
type RangeFuncItem struct {
	Call    Expr
	Columns []ColumnDef // AS (name type, …)
}

// RangeFunction is a function in FROM, or ROWS FROM (…) with any number.
type RangeFunction struct {
	At
	Lateral    bool
	Ordinality bool
	RowsFrom   bool
	Funcs      []RangeFuncItem
	Alias      *Alias
	Columns    []ColumnDef // AS alias (name type, …)
}

// RangeTableSample is TABLESAMPLE.
type RangeTableSample struct {
	At
	Rel        *RangeVar // with its alias
	Method     []string
	Args       []Expr
	Repeatable Expr
}

// RangeTableFunc is XMLTABLE.
type RangeTableFunc struct {
	At
	Lateral    bool
	RowExpr    Expr
	DocExpr    Expr
	Namespaces []ResTarget
	Columns    []RangeTableFuncCol
	Alias      *Alias
}

// RangeTableFuncCol is a column of XMLTABLE.
type RangeTableFuncCol struct {
	At
	Name          string
	Type          *TypeName
	ForOrdinality bool
	NotNull       bool
	Path          Expr
	Default       Expr
}

// JoinType is the kind of a join.
type JoinType uint8

// Joins.
const (
	JoinInner JoinType = iota
	JoinLeft
	JoinFull
	JoinRight
	JoinCross
)

// JoinExpr is a join. On is nil and Using empty for CROSS and NATURAL.
type JoinExpr struct {
	At
	Type       JoinType
	Natural    bool
	Left       TableExpr
	Right      TableExpr
	On         Expr
	Using      []string
	UsingAlias *Alias // JOIN … USING (…) AS alias
	Alias      *Alias // of the join in parentheses
}

// WindowDef is an item of WINDOW or what follows OVER: OVER name has only Ref
// and NameOnly; OVER (name …) has Ref.
type WindowDef struct {
	At
	Name        string // WINDOW name AS (…)
	Ref         string // an existing window's name
	NameOnly    bool   // OVER name, without parentheses
	PartitionBy []Expr
	OrderBy     []SortBy
	Frame       *WindowFrame // nil: the default frame
}

// FrameMode is the unit of a frame.
type FrameMode uint8

// Units.
const (
	FrameRange FrameMode = iota
	FrameRows
	FrameGroups
)

// BoundKind is the kind of a frame's bound.
type BoundKind uint8

// Bounds.
const (
	UnboundedPreceding BoundKind = iota
	OffsetPreceding
	CurrentRow
	OffsetFollowing
	UnboundedFollowing
)

// FrameBound is one end of a frame.
type FrameBound struct {
	Kind   BoundKind
	Offset Expr // OffsetPreceding and OffsetFollowing
}

// FrameExclusion is EXCLUDE ….
type FrameExclusion uint8

// Exclusions.
const (
	ExcludeNoOthers FrameExclusion = iota
	ExcludeCurrentRow
	ExcludeGroup
	ExcludeTies
)

// WindowFrame is ROWS|RANGE|GROUPS …; End is CurrentRow where not written.
type WindowFrame struct {
	At
	Mode    FrameMode
	Between bool // BETWEEN … AND … was written
	Start   FrameBound
	End     FrameBound
	Exclude FrameExclusion
}

func (*SelectStmt) stmt() {}

func (*RangeVar) tableExpr()         {}
func (*RangeSubselect) tableExpr()   {}
func (*RangeFunction) tableExpr()    {}
func (*RangeTableSample) tableExpr() {}
func (*RangeTableFunc) tableExpr()   {}
func (*JoinExpr) tableExpr()         {}
