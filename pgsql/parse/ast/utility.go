package ast

// TransactionKind is a transaction command.
type TransactionKind uint8

// Transaction commands.
const (
	TransBegin TransactionKind = iota
	TransStart
	TransCommit
	TransRollback
	TransSavepoint
	TransRelease
	TransRollbackTo
	TransPrepare
	TransCommitPrepared
	TransRollbackPrepared
)

// TransactionStmt is BEGIN, COMMIT, SAVEPOINT and so on.
type TransactionStmt struct {
	Kind    TransactionKind
	Modes   TransactionModes // BEGIN, START
	Name    string           // of a savepoint
	GID     string           // of a prepared transaction
	Chain   bool             // AND CHAIN
	NoChain bool             // AND NO CHAIN was written
}

// Isolation is an isolation level as written.
type Isolation uint8

// Isolation levels.
const (
	IsolationDefault Isolation = iota // none written
	ReadUncommitted
	ReadCommitted
	RepeatableRead
	Serializable
)

// Tristate is an option that may be absent.
type Tristate uint8

// The three.
const (
	Unset Tristate = iota
	On
	Off
)

// TransactionModes are the modes of BEGIN and of SET TRANSACTION. A mode that is
// written twice has the last value.
type TransactionModes struct {
	Isolation  Isolation
	ReadOnly   Tristate
	Deferrable Tristate
}

// VariableSetKind is a form of SET.
type VariableSetKind uint8

// Forms of SET.
const (
	VarSetValue    VariableSetKind = iota // SET name TO args
	VarSetDefault                         // SET name TO DEFAULT
	VarSetCurrent                         // SET name FROM CURRENT
	VarSetMulti                           // SET TRANSACTION, SET SESSION CHARACTERISTICS
	VarSetSnapshot                        // SET TRANSACTION SNAPSHOT: Args[0]
	VarReset                              // RESET name
	VarResetAll                           // RESET ALL
)

// VariableSetStmt is SET or RESET. The spellings of the standard have the name
// of the setting: SET TIME ZONE is timezone, SET NAMES client_encoding, SET
// SCHEMA search_path, SET ROLE role, SET SESSION AUTHORIZATION
// session_authorization, SET XML OPTION xmloption; SET TRANSACTION is
// "TRANSACTION", SET SESSION CHARACTERISTICS "SESSION CHARACTERISTICS".
type VariableSetStmt struct {
	Kind  VariableSetKind
	Name  string
	Args  []Expr // *Const; a *TypeCast to interval for SET TIME ZONE INTERVAL
	Local bool
	Modes TransactionModes // VarSetMulti
}

// VariableShowStmt is SHOW; SHOW ALL has the name "all".
type VariableShowStmt struct{ Name string }

// CopyStmt is COPY. Attributes of the old syntax are in Options under their new
// names: format, delimiter, null, header, quote, escape, force_quote,
// force_not_null, force_null, encoding, freeze.
type CopyStmt struct {
	Rel      *RangeVar // nil for COPY (query)
	Query    Stmt
	Columns  []string
	From     bool // else TO
	Program  bool
	Filename string // "" with Program false is STDIN or STDOUT
	Options  []DefElem
	Where    Expr
}

// ExplainStmt is EXPLAIN.
type ExplainStmt struct {
	Query   Stmt
	Options []DefElem // analyze, verbose, costs, format, …
}

// PrepareStmt is PREPARE.
type PrepareStmt struct {
	Name     string
	ArgTypes []*TypeName
	Query    Stmt
}

// ExecuteStmt is EXECUTE.
type ExecuteStmt struct {
	Name   string
	Params []Expr
}

// DeallocateStmt is DEALLOCATE; Name is "" for ALL.
type DeallocateStmt struct{ Name string }

// CursorOptions is a bit set.
type CursorOptions uint8

// Bits of CursorOptions.
const (
	CursorBinary CursorOptions = 1 << iota
	CursorScroll
	CursorNoScroll
	CursorInsensitive
	CursorAsensitive
	CursorHold
)

// DeclareCursorStmt is DECLARE.
type DeclareCursorStmt struct {
	Name    string
	Options CursorOptions
	Query   *SelectStmt
}

// FetchDirection is the direction of FETCH and MOVE.
type FetchDirection uint8

// Directions.
const (
	FetchForward FetchDirection = iota
	FetchBackward
	FetchAbsolute
	FetchRelative
)

// FetchAll is the count of FETCH ALL.
const FetchAll = 1<<63 - 1

// FetchStmt is FETCH or MOVE. FIRST is absolute 1, LAST absolute -1, NEXT
// forward 1, PRIOR backward 1.
type FetchStmt struct {
	Direction FetchDirection
	Count     int64
	Cursor    string
	Move      bool
}

// ClosePortalStmt is CLOSE; Name is "" for ALL.
type ClosePortalStmt struct{ Name string }

// LockStmt is LOCK TABLE. Mode is 1 (ACCESS SHARE) to 8 (ACCESS EXCLUSIVE).
type LockStmt struct {
	Rels   []*RangeVar
	Mode   int
	NoWait bool
}

// VacuumStmt is VACUUM or ANALYZE.
type VacuumStmt struct {
	Vacuum  bool // else ANALYZE
	Options []DefElem
	Rels    []VacuumRel
}

// VacuumRel is a table of a VacuumStmt.
type VacuumRel struct {
	Rel     *RangeVar
	Columns []string
}

// DiscardTarget is what DISCARD discards.
type DiscardTarget uint8

// Targets.
const (
	DiscardAll DiscardTarget = iota
	DiscardPlans
	DiscardSequences
	DiscardTemp
)

// DiscardStmt is DISCARD.
type DiscardStmt struct{ Target DiscardTarget }

// ListenStmt is LISTEN.
type ListenStmt struct{ Channel string }

// UnlistenStmt is UNLISTEN; Channel is "" for *.
type UnlistenStmt struct{ Channel string }

// NotifyStmt is NOTIFY.
type NotifyStmt struct {
	Channel string
	Payload string
}

// ReindexStmt is REINDEX. Kind is INDEX, TABLE, SCHEMA, SYSTEM or DATABASE.
type ReindexStmt struct {
	Kind    string
	Rel     *RangeVar // INDEX, TABLE
	Name    string
	Options []DefElem // verbose, concurrently, tablespace
}

// ClusterStmt is CLUSTER.
type ClusterStmt struct {
	Rel     *RangeVar // nil: all
	Index   string
	Options []DefElem
}

// CheckPointStmt is CHECKPOINT.
type CheckPointStmt struct{}

// ConstraintsSetStmt is SET CONSTRAINTS; Names is nil for ALL.
type ConstraintsSetStmt struct {
	Names    []*RangeVar
	Deferred bool
}

// LoadStmt is LOAD.
type LoadStmt struct{ Filename string }

// AlterSystemStmt is ALTER SYSTEM.
type AlterSystemStmt struct{ Set *VariableSetStmt }

func (*TransactionStmt) stmt()    {}
func (*VariableSetStmt) stmt()    {}
func (*VariableShowStmt) stmt()   {}
func (*CopyStmt) stmt()           {}
func (*ExplainStmt) stmt()        {}
func (*PrepareStmt) stmt()        {}
func (*ExecuteStmt) stmt()        {}
func (*DeallocateStmt) stmt()     {}
func (*DeclareCursorStmt) stmt()  {}
func (*FetchStmt) stmt()          {}
func (*ClosePortalStmt) stmt()    {}
func (*LockStmt) stmt()           {}
func (*VacuumStmt) stmt()         {}
func (*DiscardStmt) stmt()        {}
func (*ListenStmt) stmt()         {}
func (*UnlistenStmt) stmt()       {}
func (*NotifyStmt) stmt()         {}
func (*ReindexStmt) stmt()        {}
func (*ClusterStmt) stmt()        {}
func (*CheckPointStmt) stmt()     {}
func (*ConstraintsSetStmt) stmt() {}
func (*LoadStmt) stmt()           {}
func (*AlterSystemStmt) stmt()    {}
