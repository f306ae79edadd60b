package sqlfsm

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/raft"

	"polyreme/pgsql/types"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// liveSink is what Persist needs of a snapshot store: to be told that the
// snapshot is the database file itself.
type liveSink interface{ Live(applied uint64) }

// installation is what Restore needs of a received snapshot: a complete
// database file that it puts in the place of ours, which nobody has open.
type installation interface{ Install() error }

// current marks the snapshot that is the database as it is.
type current interface{ Current() }

// fsmSnapshot is the state at an index, which the file will hold for ever.
type fsmSnapshot struct {
	store      *Store
	applied    raftlog.Index
	generation uint64
}

// Snapshot returns the state as it is. Its Persist copies nothing.
func (f *FSM) Snapshot() (raft.FSMSnapshot, error) {
	if err := f.store.Fault(); err != nil {
		return nil, err
	}
	if f.applier == nil {
		return nil, ErrClosed
	}
	return &fsmSnapshot{f.store, f.applier.applied.index, f.store.readers.fileGeneration()}, nil
}

// fileGeneration counts the files that the store has had.
func (p *pool) fileGeneration() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.generation
}

// errFileReplaced tells raft that a snapshot was overtaken by an install.
var errFileReplaced = errors.New("the database was replaced while its snapshot was taken")

// Persist makes the state durable in the database file. Raft drops log entries
// afterwards.
func (n *fsmSnapshot) Persist(sink raft.SnapshotSink) error {
	live, ok := sink.(liveSink)
	if !ok {
		return fmt.Errorf("persist snapshot: sink %T cannot record a live snapshot", sink)
	}
	if n.store.readers.fileGeneration() != n.generation {
		return errFileReplaced
	}
	if err := n.store.checkpoint.harden(); err != nil {
		return fmt.Errorf("persist snapshot: %w", err)
	}
	if n.store.readers.fileGeneration() != n.generation {
		return errFileReplaced
	}
	live.Live(uint64(n.applied))
	return nil
}

// Release does nothing.
func (*fsmSnapshot) Release() {}

// Restore puts a received snapshot in the place of the database. Readers are
// ended. A failure leaves the state machine stopped, and the next start of the
// process finishes the install.
func (f *FSM) Restore(source io.ReadCloser) error {
	defer source.Close()
	if w, ok := source.(raft.ReadCloserWrapper); ok {
		source = w.WrappedReadCloser()
	}
	switch from := source.(type) {
	case current:
		return nil
	case installation:
		if err := f.install(from); err != nil {
			f.store.readers.close() // the file may be neither the old nor the new state
			return f.store.fatal(fmt.Errorf("install snapshot: %w", err))
		}
		return nil
	}
	return fmt.Errorf("restore snapshot: cannot restore from %T", source)
}

// install closes everything, swaps the file and opens it again.
func (f *FSM) install(from installation) error {
	s := f.store
	if err := s.Fault(); err != nil {
		return err
	}
	s.readers.pause()
	defer s.readers.resume()
	s.readers.retire(errReplaced)
	c := &s.checkpoint
	if err := c.do(func() error { err := c.conn.Close(); c.conn = nil; return err }); err != nil {
		return err
	}
	if err := f.reopen(from.Install); err != nil {
		return err
	}
	s.config.OnReplaced()
	c.size.Store(0)
	c.done.Store(0)
	return c.do(c.open)
}

// Inspect reads how far a database file is, which nobody may have open.
func Inspect(path string) (raft.SnapshotMeta, error) {
	var meta raft.SnapshotMeta
	if _, err := os.Stat(path); err != nil {
		return meta, err
	}
	conn, err := sqlite.Open(sqlite.Config{Path: path, ReadOnly: true, CacheKiB: 64})
	if err != nil {
		return meta, err
	}
	meta, err = describe(conn)
	return meta, errors.Join(err, conn.Close())
}

// describe returns the place in the log of the state that conn sees.
func describe(conn *sqlite.Conn) (raft.SnapshotMeta, error) {
	var meta raft.SnapshotMeta
	if err := checkFormat(conn); err != nil {
		return meta, err
	}
	at, err := loadApplied(conn)
	if err != nil {
		return meta, err
	}
	meta.Index, meta.Term = uint64(at.index), uint64(at.term)
	meta.ConfigurationIndex = uint64(at.configurationIndex)
	if len(at.configuration) > 0 {
		meta.Configuration = raft.DecodeConfiguration(at.configuration)
	}
	return meta, nil
}

// Stamp makes a database file that nobody has open say that it is the state at
// meta, and leaves it whole in one durable file. It refuses a file that is not
// a database of this version.
func Stamp(path string, meta raft.SnapshotMeta) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	conn, err := sqlite.Open(sqlite.Config{Path: path, CacheKiB: 64})
	if err != nil {
		return err
	}
	err = stamp(conn, meta)
	if err := errors.Join(err, conn.Close()); err != nil {
		return fmt.Errorf("stamp %s: %w", path, err)
	}
	for _, side := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + side); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return syncFile(path)
}

func stamp(conn *sqlite.Conn, meta raft.SnapshotMeta) error {
	own, err := describe(conn)
	if err != nil {
		return err
	}
	if own.Index != meta.Index {
		// A user's restore: raft gives the state an index of its own.
		err := runWith(conn, "UPDATE polyreme_applied SET idx = ?1, term = ?2, configuration_index = ?3, configuration = ?4 WHERE id = 1",
			types.IntValue(int64(meta.Index)), types.IntValue(int64(meta.Term)),
			types.IntValue(int64(meta.ConfigurationIndex)), types.BlobValue(raft.EncodeConfiguration(meta.Configuration)))
		if err != nil {
			return err
		}
	}
	_, _, err = conn.Checkpoint(sqlite.CheckpointTruncate)
	return err
}
