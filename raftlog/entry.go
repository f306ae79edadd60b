package raftlog

import "polyreme/pgsql/types"

// Index is a position in the raft log.
type Index uint64

// Term is a raft term.
type Term uint64

// SchemaVersion counts the schema changes of one relation or of the catalog.
type SchemaVersion uint64

// Limits of what enters the log.
const (
	EntryBytesMax   = 16 << 20 // one Entry; a larger transaction is staged in chunks
	BatchBytesMax   = 1 << 20  // a Batch is closed at this size (one Entry may exceed it)
	BatchEntriesMax = 1024     // entries in one Batch
)

// RequestID names one proposal for ever: the Ledger of the state machine applies
// it at most once. Within a session each lane has one outstanding request, and
// its sequence grows by one. The zero RequestID is not remembered.
type RequestID struct {
	Session  uint64
	Lane     uint32
	Sequence uint64
}

// IsZero tells whether the proposal is outside the Ledger.
func (r RequestID) IsZero() bool { return r.Session == 0 }

// SessionID returns the id of the session opened by the entry at place position
// of the batch at index. Positions are below BatchEntriesMax, so ids are unique.
func SessionID(index Index, position int) uint64 {
	return uint64(index)*BatchEntriesMax + uint64(position)
}

// Moment is when and with which randomness a transaction runs, on every node.
type Moment struct {
	Time int64 // transaction time, µs since 2000-01-01 UTC
	Seed [16]byte
}

// Setting is a session setting that results depend on.
type Setting struct{ Name, Value string }

// Dependency is a relation whose definition an entry was planned against.
type Dependency struct {
	Relation uint32 // OID; 0 is the whole schema
	Version  SchemaVersion
}

// OpKind is what an Operation does.
type OpKind uint8

// The kinds of operations. From OpOpenSession on they are control commands: each
// is the only operation of its entry.
const (
	OpExec         OpKind = iota + 1 // run SQL once per set of parameters
	OpStageAppend                    // keep Params (rows) under Stage
	OpStageExec                      // run SQL over each staged row of Stage, then discard it
	OpStageDiscard                   // drop what is kept under Stage

	OpOpenSession    // open a session; Params[0] is the TEXT id of its node; Result.Session
	OpExpireSessions // end the sessions not heard of since Params[0] (INTEGER, log clock)
	OpFence          // the entry's Request is decided: its outcome if applied, else never
	OpNoop           // nothing; with a Request it keeps the request's session alive
	OpAdvisory       // take or release advisory locks: see Advisory; a guard may end a transaction
	OpDrawXacts      // the next transaction ids for the node Params[0] (TEXT); Result.Session is the first
	OpSettleXact     // the transaction with the id Params[0] (INTEGER) was aborted, unless it is decided

	opKindEnd
)

// IsControl tells whether the kind is a control command.
func (k OpKind) IsControl() bool { return k >= OpOpenSession }

// Operation is one step of an Entry.
type Operation struct {
	Kind      OpKind
	Statement int           // index of the client statement it belongs to
	SQL       string        // SQLite SQL, parameters ?1..?n
	Params    []types.Value // n × sets
	Sets      int           // how often SQL runs, each with its own n parameters; 0 means 1
	Counts    bool          // its changed rows count into the statement's tag
	Returns   bool          // its rows are the statement's RETURNING rows
	Read      bool          // a validated read
	Stage     uint64        // for the stage kinds
	Expect    []byte        // nil, or the digest of the result that the client was shown
}

// Entry is one transaction or control command, as the log carries it.
type Entry struct {
	Request       RequestID
	Moment        Moment
	Settings      []Setting // sorted by name, non-default, only those results depend on; those of this package (DrawsSetting and others) are last
	Dependencies  []Dependency
	ChangesSchema bool
	Operations    []Operation
}

// Control returns the kind of a control entry, or 0.
func (e *Entry) Control() OpKind {
	if len(e.Operations) == 1 && e.Operations[0].Kind.IsControl() {
		return e.Operations[0].Kind
	}
	return 0
}
