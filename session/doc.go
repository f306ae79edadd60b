// Package session holds one client's state: its transaction block, settings,
// prepared statements, portals and cursors. It implements pgwire.Session and
// decides for each statement which way it takes:
//
//	read       a snapshot of this node, as new as the session's consistency
//	           level asks; rows stream from SQLite into the reply
//	write      one entry for the log; the answer is what the state machine
//	           made of it
//	in a block a private workspace over a snapshot; COMMIT sends its operations
//	           as one entry with digests of the results the client was shown
//	utility    settings, cursors, transaction control, LISTEN: here
//
// A statement outside of a block is a transaction of its own. Several
// statements in one query string, or before one Sync, form one implicit
// transaction and so one log entry: writes of it wait (Reply.Hold) until the
// end decides them, unless a statement needs their effects before. Then the
// transaction moves into a workspace, where everything has its result at once.
//
// Temporary relations are relations like others, in a schema that belongs to the
// session for as long as it has the lock of that schema (temporary.go). What ON
// COMMIT asks for is added to the entry of each transaction. What sessions leave
// behind the leader drops (sweeper.go).
//
// Invariants:
//
//  1. What a client was told about a committed write is what the log decided.
//  2. A statement is planned against the catalog that the data it touches has:
//     reads check the schema version of their snapshot, writes carry it as
//     dependencies. A plan that is out of date is made again.
//  3. Everything a session holds (readers, workspace) is released at the end of
//     the transaction that took it, at the latest by Close.
package session
