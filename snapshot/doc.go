// Package snapshot keeps what raft calls snapshots without keeping a copy of
// the database: it is a raft.SnapshotStore whose snapshot is the live database
// file itself.
//
// # Two kinds
//
// A live snapshot says "the database file holds everything up to index N, also
// after a power cut". Taking one costs a checkpoint and a small metadata file;
// where readers keep the checkpoint from copying all, SQLite's write-ahead log
// is made durable instead, so that taking one never waits for them. Raft may
// then drop its log up to N. Nothing is copied. When a follower needs the
// state, Open pins a read snapshot of the database as it is now, with a new
// meta that says so, and streams its pages while writes go on.
//
// A staged snapshot is a database that came over the network, complete and
// verified, but not yet the database of this node.
//
// # Installing
//
// The metadata file is the written plan. Its steps, each durable before the
// next, and each safe to repeat:
//
//	receive   pages go to snapshot.incoming
//	seal      its applied index is set to the snapshot's, fsync,
//	          rename to snapshot.staged
//	commit    metadata says "staged": from here the install will be finished,
//	          by Install or by the next Open
//	swap      the old write-ahead log is removed, then snapshot.staged is
//	          renamed over the database file
//	settle    metadata says "live"
//
// A crash before commit leaves the old database and the old metadata; a crash
// after it is finished by the next Open, before anybody reads the database.
//
// # Invariants
//
//  1. The database file's applied index is never below the index recorded when
//     the last live snapshot was persisted (Meta.Applied): Open refuses to go
//     on otherwise, because raft's log may lack the entries between.
//  2. A live snapshot is never recorded over a state that was replaced while
//     it was taken, nor over a newer one.
//  3. Metadata of a newer format is refused with ErrNewerFormat, and nothing
//     on disk changes.
package snapshot
