package sqlite

import lib "modernc.org/sqlite/lib"

// CheckpointMode is how far Checkpoint goes.
type CheckpointMode int32

// The modes of sqlite3_wal_checkpoint_v2.
const (
	CheckpointNoop     CheckpointMode = lib.SQLITE_CHECKPOINT_NOOP     // only report
	CheckpointPassive  CheckpointMode = lib.SQLITE_CHECKPOINT_PASSIVE  // as much as possible without waiting
	CheckpointFull     CheckpointMode = lib.SQLITE_CHECKPOINT_FULL     // all, needs the write lock
	CheckpointRestart  CheckpointMode = lib.SQLITE_CHECKPOINT_RESTART  // all, and the WAL starts over
	CheckpointTruncate CheckpointMode = lib.SQLITE_CHECKPOINT_TRUNCATE // all, and the WAL is empty
)

// Checkpoint copies frames of the WAL into the database file. It returns the
// frames in the WAL and those of them that are in the database file now; all
// are when the numbers are equal. A mode above passive fails with class Busy
// while another connection writes or reads an old snapshot.
func (c *Conn) Checkpoint(mode CheckpointMode) (logFrames, checkpointed int, err error) {
	rc := lib.Xsqlite3_wal_checkpoint_v2(c.tls, c.db, 0, int32(mode), c.scratch+16, c.scratch+20)
	if rc != lib.SQLITE_OK {
		return 0, 0, c.fail(rc)
	}
	return int(*at[int32](c.scratch + 16)), int(*at[int32](c.scratch + 20)), nil
}

// WALFrames returns the number of frames in the WAL after the last commit of
// this connection. It costs nothing: ask it after each commit.
func (c *Conn) WALFrames() int { return c.walPages }

// walFrameBytes is the size of a frame: a header of 24 bytes and the page.
const walFrameBytes = PageSize + 24

// WALBytes returns the size that WALFrames frames take.
func (c *Conn) WALBytes() int64 { return int64(c.walPages) * walFrameBytes }
