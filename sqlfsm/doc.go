// Package sqlfsm is the replicated state machine: one SQLite file that changes
// only by the entries of the raft log, in their order, in the same way on every
// node.
//
// A Store owns the file's connections: one writer, used only by the goroutine
// on which raft applies (FSM); a pool of readers, each lease with a pinned
// snapshot (Reader) and optionally a private writable view over it (Workspace);
// one connection that checkpoints. An FSM turns committed raft entries into
// SQLite transactions and Results.
//
// # Applying
//
// One group of committed raft entries is one SQLite transaction. Within it each
// packed Entry is decided by
//
//  1. the Ledger: a request that was decided before gets the same answer again;
//  2. its dependencies: planned against another definition → SchemaChanged;
//  3. its operations, under its Moment and settings, in a savepoint where more
//     than one statement could have to be undone;
//  4. its digests: an operation whose result differs from what the client was
//     shown → Conflict, nothing changed;
//  5. the Ledger again, which records the outcome.
//
// The applied index, term, raft configuration and the log's clock are part of
// the same transaction. After its COMMIT, what its entries notify is handed to
// Config.OnNotify, in their order and once: not when an entry is answered by the
// Ledger, and not when raft replays one that the file has.
//
// # Invariants
//
//  1. What applying does is a function of the file and the entry alone: no
//     clock, no randomness, no iteration over a map, no cancellation.
//  2. The file's applied index and its content change together.
//  3. A local fault (I/O, full disk, corruption, memory, a log this version
//     cannot read) stops the FSM for ever: Config.OnFatal is told once, and no
//     later entry is applied. The file keeps its last good state.
//  4. The ledger, the relation versions and the sequences in memory are what a
//     fresh start would load from the file, whenever a group has committed.
//
// # Tables of its own
//
//	polyreme_applied           one row: index, term, configuration, clock, schema version
//	polyreme_session           front-end nodes' sessions, by the log's clock
//	polyreme_outcome           outcomes by raft index, for answers given again
//	polyreme_stage             rows of transactions larger than one entry
//	polyreme_sequence          the state of sequences
//	polyreme_advisory          advisory locks: who has them, who waits; and who owns which
//	                           schema of temporary relations
//	polyreme_relation_version  versions that dependencies name; 0 is the schema
//	polyreme_xact_range        the transaction ids that nodes have drawn
//	polyreme_xact              outcomes by transaction id, for some hours
//
// # Errors of constraints
//
// SQLite knows physical names only, so a violated constraint is reported raw,
// for pgsql/plan to translate: see Violation.
package sqlfsm
