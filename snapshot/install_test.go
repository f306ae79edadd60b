package snapshot

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/raft"

	"polyreme/pgsql/types"
	"polyreme/raftlog"
	"polyreme/sqlfsm"
)

// node is a data directory with its database and snapshots.
type node struct {
	t         testing.TB
	dir       string
	database  *sqlfsm.Store
	snapshots *Store
	index     uint64
	replaced  int // how often the database said so
}

func newNode(t testing.TB) *node {
	t.Helper()
	n := &node{t: t, dir: t.TempDir()}
	n.open()
	t.Cleanup(n.close)
	return n
}

func (n *node) config() Config {
	return Config{Dir: n.dir, Database: filepath.Join(n.dir, sqlfsm.FileName), Inspect: sqlfsm.Inspect, Stamp: sqlfsm.Stamp}
}

func (n *node) open() {
	n.t.Helper()
	if err := n.tryOpen(); err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) tryOpen() error {
	snapshots, err := Open(n.config())
	if err != nil {
		return err
	}
	database, err := sqlfsm.Open(sqlfsm.Config{
		Dir: n.dir, WriterCacheKiB: 1024, ReaderCacheKiB: 256, OnReplaced: func() { n.replaced++ },
	})
	if err != nil {
		return err
	}
	snapshots.Serve(database.OpenImage)
	n.snapshots, n.database = snapshots, database
	n.index = uint64(database.AppliedIndex())
	return nil
}

func (n *node) close() {
	if n.database == nil {
		return
	}
	if err := n.database.Close(); err != nil {
		n.t.Error(err)
	}
	n.database = nil
}

func (n *node) reopen() {
	n.t.Helper()
	n.close()
	n.open()
}

// write applies entries that hold the statement.
func (n *node) write(times int, sql string, params ...types.Value) {
	n.t.Helper()
	e := &raftlog.Entry{Operations: []raftlog.Operation{{Kind: raftlog.OpExec, SQL: sql, Params: params}}}
	for range times {
		n.index++
		data := raftlog.AppendBatch(nil, int64(n.index), raftlog.EncodeEntry(e))
		got, ok := n.database.FSM().Apply(&raft.Log{Index: n.index, Term: 3, Type: raft.LogCommand, Data: data}).([]raftlog.Result)
		if !ok || got[0].Status != raftlog.Applied {
			n.t.Fatalf("%s: %+v", sql, got)
		}
	}
}

// fill makes a table of about 2 MiB.
func (n *node) fill() {
	n.t.Helper()
	n.write(1, "CREATE TABLE IF NOT EXISTS t1(c1 INTEGER PRIMARY KEY, c2 TEXT) STRICT")
	n.write(500, "INSERT INTO t1(c2) VALUES(hex(zeroblob(2000)))")
}

var configuration = raft.Configuration{Servers: []raft.Server{{ID: "n1", Address: "a:1"}, {ID: "n2", Address: "b:2"}}}

// snapshot takes a live snapshot as raft does.
func (n *node) snapshot() error {
	n.t.Helper()
	state, err := n.database.FSM().Snapshot()
	if err != nil {
		return err
	}
	sink, err := n.snapshots.Create(1, n.index, 3, configuration, 1, nil)
	if err != nil {
		return err
	}
	if err := state.Persist(sink); err != nil {
		return errors.Join(err, sink.Cancel())
	}
	return sink.Close()
}

// send carries the live snapshot of n to other's sink, which it leaves open.
func (n *node) send(to *node) (raft.SnapshotSink, *raft.SnapshotMeta, error) {
	list, err := n.snapshots.List()
	if err != nil || len(list) != 1 {
		return nil, nil, fmt.Errorf("list: %v %w", list, err)
	}
	meta, stream, err := n.snapshots.Open(list[0].ID)
	if err != nil {
		return nil, nil, err
	}
	defer stream.Close()
	sink, err := to.snapshots.Create(meta.Version, meta.Index, meta.Term, meta.Configuration, meta.ConfigurationIndex, nil)
	if err != nil {
		return nil, nil, err
	}
	size, err := io.Copy(sink, stream)
	if err == nil && size != meta.Size {
		err = fmt.Errorf("meta says %d bytes, the stream has %d", meta.Size, size)
	}
	return sink, meta, err
}

// restore installs the staged snapshot as raft does.
func (n *node) restore() error {
	list, err := n.snapshots.List()
	if err != nil || len(list) != 1 {
		return fmt.Errorf("list: %v %w", list, err)
	}
	_, source, err := n.snapshots.Open(list[0].ID)
	if err != nil {
		return err
	}
	return n.database.FSM().Restore(source)
}

func (n *node) digest() map[string][raftlog.DigestBytes]byte {
	n.t.Helper()
	d, err := n.database.Digest(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	return d
}

func equal(t *testing.T, a, b *node) {
	t.Helper()
	if a.database.AppliedIndex() != b.database.AppliedIndex() || !maps.Equal(a.digest(), b.digest()) {
		t.Errorf("nodes differ at %d and %d", a.database.AppliedIndex(), b.database.AppliedIndex())
	}
}

func TestFollowerCatchesUpWhileWritesGoOn(t *testing.T) {
	leader, follower := newNode(t), newNode(t)
	leader.fill()
	if err := leader.snapshot(); err != nil {
		t.Fatal(err)
	}
	leader.write(10, "INSERT INTO t1(c2) VALUES('after the snapshot')")
	list, _ := leader.snapshots.List()
	meta, stream, err := leader.snapshots.Open(list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if meta.Index != leader.index || meta.Term != 3 || len(meta.Configuration.Servers) != 2 {
		t.Errorf("meta %+v, database at %d", meta, leader.index)
	}
	at := leader.digest()
	leader.write(50, "UPDATE t1 SET c2 = c2 || 'x' WHERE c1 % 7 = 0")
	sink, err := follower.snapshots.Create(1, meta.Index, meta.Term, meta.Configuration, meta.ConfigurationIndex, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(sink, stream); err != nil || n != meta.Size {
		t.Fatalf("sent %d of %d: %v", n, meta.Size, err)
	}
	if err := errors.Join(stream.Close(), sink.Close(), follower.restore()); err != nil {
		t.Fatal(err)
	}
	if got := uint64(follower.database.AppliedIndex()); got != meta.Index {
		t.Errorf("follower at %d", got)
	}
	if !maps.Equal(follower.digest(), at) {
		t.Error("follower differs from the state that was pinned")
	}
	follower.index = meta.Index
	follower.write(50, "UPDATE t1 SET c2 = c2 || 'x' WHERE c1 % 7 = 0")
	equal(t, leader, follower)
	follower.reopen()
	equal(t, leader, follower)
	if leader.snapshots.Streams() != 0 {
		t.Error("the stream was not ended")
	}
}

// A crash at any step leaves the old state or the new one, after the next start.
func TestCrashWindows(t *testing.T) {
	steps := []struct {
		step      string
		installed bool
	}{
		{"receive", false},
		{"stamped", false},
		{"sealed", false},
		{"committed", true},
		{"swap", true},
		{"log removed", true},
		{"swapped", true},
		{"settled", true},
	}
	crash := errors.New("crash")
	for _, step := range steps {
		t.Run(step.step, func(t *testing.T) {
			leader, follower := newNode(t), newNode(t)
			leader.fill()
			if err := leader.snapshot(); err != nil {
				t.Fatal(err)
			}
			follower.write(20, "CREATE TABLE IF NOT EXISTS t1(c1 INTEGER PRIMARY KEY, c2 TEXT) STRICT")
			before := follower.digest()
			follower.snapshots.crash = func(at string) error {
				if at == step.step {
					return crash
				}
				return nil
			}
			sink, _, err := leader.send(follower)
			if err == nil {
				err = sink.Close()
			}
			if err == nil {
				err = follower.restore()
			}
			if !errors.Is(err, crash) {
				t.Fatalf("no crash: %v", err)
			}
			follower.reopen()
			if step.installed {
				equal(t, leader, follower)
			} else if !maps.Equal(follower.digest(), before) {
				t.Error("the old state was changed")
			}
			for _, name := range []string{incomingName, stagedName} {
				if left, _ := exists(follower.snapshots.path(name)); left {
					t.Errorf("%s is left", name)
				}
			}
			// And it can be installed again.
			leader.write(1, "INSERT INTO t1(c2) VALUES('more')")
			sink, _, err = leader.send(follower)
			if err = errors.Join(err, sink.Close(), follower.restore()); err != nil {
				t.Fatal(err)
			}
			equal(t, leader, follower)
			follower.reopen()
			equal(t, leader, follower)
		})
	}
}

func TestReadersDuringInstall(t *testing.T) {
	leader, follower := newNode(t), newNode(t)
	leader.fill()
	if err := leader.snapshot(); err != nil {
		t.Fatal(err)
	}
	r, err := follower.database.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sink, _, err := leader.send(follower)
	if err = errors.Join(err, sink.Close(), follower.restore()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.Ended():
	default:
		t.Error("a reader of the old file was not ended")
	}
	if leader.replaced != 0 || follower.replaced != 1 {
		t.Errorf("replaced %d times at the leader, %d times at the follower", leader.replaced, follower.replaced)
	}
	if _, err := r.Conn.QueryInt64("SELECT count(*) FROM polyreme_session"); err == nil {
		t.Error("a reader of the old file goes on")
	}
	r.Release()
	fresh, err := follower.database.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Release()
	if n, err := fresh.Conn.QueryInt64("SELECT count(*) FROM t1"); err != nil || n != 500 {
		t.Errorf("new reader sees %d rows: %v", n, err)
	}
}

// raft.Restore gives a state a new index; the file must say so.
func TestUserRestoreIsStamped(t *testing.T) {
	n := newNode(t)
	n.fill()
	if err := n.snapshot(); err != nil {
		t.Fatal(err)
	}
	other := newNode(t)
	list, _ := n.snapshots.List()
	meta, stream, err := n.snapshots.Open(list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	sink, err := other.snapshots.Create(1, meta.Index+1000, 9, configuration, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(sink, stream); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(stream.Close(), sink.Close(), other.restore()); err != nil {
		t.Fatal(err)
	}
	if got := uint64(other.database.AppliedIndex()); got != meta.Index+1000 {
		t.Errorf("applied index %d", got)
	}
	other.close()
	got, err := sqlfsm.Inspect(filepath.Join(other.dir, sqlfsm.FileName))
	if err != nil || got.Term != 9 || len(got.Configuration.Servers) != 2 || got.ConfigurationIndex != 2 {
		t.Errorf("inspect: %+v %v", got, err)
	}
	other.open()
}

func TestLiveSnapshotIsNotRecordedOverANewerState(t *testing.T) {
	leader, follower := newNode(t), newNode(t)
	leader.fill()
	follower.write(1, "CREATE TABLE t9(c1 INTEGER PRIMARY KEY) STRICT")
	if err := leader.snapshot(); err != nil {
		t.Fatal(err)
	}
	state, err := follower.database.FSM().Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	own, err := follower.snapshots.Create(1, follower.index, 3, configuration, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	sink, _, err := leader.send(follower)
	if err = errors.Join(err, sink.Close()); err != nil {
		t.Fatal(err)
	}
	if err := state.Persist(own); err != nil {
		t.Fatal(err)
	}
	if err := own.Close(); !errors.Is(err, ErrSuperseded) {
		t.Errorf("recorded over a staged snapshot: %v", err)
	}
	if err := follower.restore(); err != nil {
		t.Fatal(err)
	}
	if err := state.Persist(own); err == nil {
		t.Error("persisted a state of the replaced file")
	}
	equal(t, leader, follower)
}

func TestDatabaseBehindItsSnapshotIsRefused(t *testing.T) {
	n := newNode(t)
	n.fill()
	n.close()
	path := filepath.Join(n.dir, sqlfsm.FileName)
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n.open()
	n.write(10, "DELETE FROM t1")
	if err := n.snapshot(); err != nil {
		t.Fatal(err)
	}
	n.close()
	for _, side := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + side); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := n.tryOpen(); err == nil {
		t.Error("an older database file was accepted")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := n.tryOpen(); err == nil {
		t.Error("a missing database file was accepted")
	}
}

func TestNewerMetadataIsRefused(t *testing.T) {
	n := newNode(t)
	n.fill()
	if err := n.snapshot(); err != nil {
		t.Fatal(err)
	}
	n.close()
	path := n.snapshots.path(metadataName)
	newer := []byte(`{"format": 2, "kind": {"something": "else"}}`)
	if err := os.WriteFile(path, newer, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := n.tryOpen(); !errors.Is(err, ErrNewerFormat) {
		t.Errorf("open: %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != string(newer) {
		t.Error("the metadata was changed")
	}
}

// Persisting does not wait for readers: the log is made durable instead.
func TestSnapshotBesideALongReader(t *testing.T) {
	n := newNode(t)
	n.fill()
	r, err := n.database.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	n.write(100, "UPDATE t1 SET c2 = c2 || 'y' WHERE c1 < 50")
	if err := n.snapshot(); err != nil {
		t.Fatal(err)
	}
	if n.snapshots.LastIndex() != n.index {
		t.Errorf("recorded %d, want %d", n.snapshots.LastIndex(), n.index)
	}
}
