package ast

// Override is INSERT's OVERRIDING clause.
type Override uint8

// Overrides.
const (
	OverrideNone Override = iota
	OverrideUser
	OverrideSystem
)

// InsertStmt is INSERT. Query is nil for DEFAULT VALUES; plain VALUES is a
// SelectStmt with Values, where *SetToDefault may stand.
type InsertStmt struct {
	At
	With       *WithClause
	Rel        *RangeVar // with its alias
	Columns    []ResTarget
	Override   Override
	Query      *SelectStmt
	OnConflict *OnConflict
	Returning  []ResTarget
}

// OnConflict is ON CONFLICT.
type OnConflict struct {
	At
	Infer    *InferClause // nil: any conflict
	DoUpdate bool         // else DO NOTHING
	Set      []ResTarget
	Where    Expr
}

// InferClause is ON CONFLICT (columns) WHERE … or ON CONSTRAINT name.
type InferClause struct {
	At
	Elems      []IndexElem
	Where      Expr
	Constraint string
}

// UpdateStmt is UPDATE. Each target of SET (a, b) = source is a ResTarget whose
// Value is a *MultiAssign; the row of literals (a, b) = (1, 2) too.
type UpdateStmt struct {
	At
	With      *WithClause
	Rel       *RangeVar
	Set       []ResTarget
	From      []TableExpr
	Where     Expr // *CurrentOfExpr for WHERE CURRENT OF
	Returning []ResTarget
}

// DeleteStmt is DELETE.
type DeleteStmt struct {
	At
	With      *WithClause
	Rel       *RangeVar
	Using     []TableExpr
	Where     Expr
	Returning []ResTarget
}

// MergeAction is what a WHEN clause of MERGE does.
type MergeAction uint8

// Actions.
const (
	MergeDoNothing MergeAction = iota
	MergeInsert
	MergeUpdate
	MergeDelete
)

// MergeWhen is a WHEN clause of MERGE.
type MergeWhen struct {
	At
	Matched  bool
	Cond     Expr
	Action   MergeAction
	Override Override
	Columns  []ResTarget // INSERT
	Values   []Expr      // INSERT; nil: DEFAULT VALUES
	Set      []ResTarget // UPDATE
}

// MergeStmt is MERGE.
type MergeStmt struct {
	At
	With   *WithClause
	Rel    *RangeVar
	Source TableExpr
	On     Expr
	Whens  []MergeWhen
}

func (*InsertStmt) stmt() {}
func (*UpdateStmt) stmt() {}
func (*DeleteStmt) stmt() {}
func (*MergeStmt) stmt()  {}
