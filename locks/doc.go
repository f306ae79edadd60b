// Package locks keeps the locks of transaction blocks: rows that FOR UPDATE and
// its kin and the writes of a block claim, and tables that LOCK TABLE claims.
//
// Locks are hints for progress. A transaction is decided by validation at the
// log (package sqlfsm), so a lock that is lost, with the leader's memory for
// one, costs at most a 40001; what it buys is that transactions which want the
// same rows wait for each other instead of failing.
//
// The leader holds the Table. A Client carries the requests of its node's
// sessions there. Because a waiter's snapshot may be older than the commit it
// waited for, the Table remembers at which log index a lock was released, and
// tells the next owner: what it reads must be as new as that.
//
// Words of a node to the leader may get lost or overtake each other. So an owner that
// was released never gets another lock, a claim brings the releases that may still
// be on the way, and a node says every few seconds which of its owners live: the
// others' locks are free.
//
// The modes and what they exclude are PostgreSQL's (13.3 Explicit Locking).
package locks
