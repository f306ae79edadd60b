package sqlfsm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

func TestReaderSeesOneState(t *testing.T) {
	m := newMachine(t)
	counter(m)
	r, err := m.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if r.Index != m.AppliedIndex() {
		t.Errorf("reader at %d, store at %d", r.Index, m.AppliedIndex())
	}
	m.must(increment())
	if got := rowsOf(t, r.Conn, "SELECT n FROM t1"); got != "0" {
		t.Errorf("pinned reader sees %s", got)
	}
	if err := r.Renew(); err != nil {
		t.Fatal(err)
	}
	if got := rowsOf(t, r.Conn, "SELECT n FROM t1"); got != "1" || r.Index != m.AppliedIndex() {
		t.Errorf("renewed reader sees %s at %d", got, r.Index)
	}
	if err := r.Conn.Exec("DELETE FROM t1"); err == nil {
		t.Error("a reader wrote")
	}
}

func TestReaderWaitsForASlot(t *testing.T) {
	m := newMachine(t)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	config := m.config()
	config.Readers = 1
	m.open(config)
	first, err := m.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := m.Reader(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second reader: %v", err)
	}
	got := make(chan error, 1)
	go func() {
		r, err := m.Reader(t.Context())
		if err == nil {
			r.Release()
		}
		got <- err
	}()
	first.Release()
	first.Release()
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestWaitApplied(t *testing.T) {
	m := newMachine(t)
	counter(m)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	next := m.AppliedIndex() + 1
	if err := m.WaitApplied(ctx, next); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for the future: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- m.WaitApplied(t.Context(), next) }()
	m.must(increment())
	if err := <-done; err != nil {
		t.Error(err)
	}
	go func() { done <- m.WaitApplied(context.Background(), next+1) }()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := m.Reader(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("reader after Close: %v", err)
	}
}

func TestOldReadersAreEndedWhenTheLogIsTooLarge(t *testing.T) {
	m := newMachine(t)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	config := m.config()
	config.CheckpointBytes, config.LogBytesMax = 100<<10, 1<<20
	m.open(config)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 BLOB) STRICT")
	r, err := m.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	for ended := false; !ended; {
		m.must(entry("INSERT INTO t1(c2) VALUES(zeroblob(50000))"))
		select {
		case <-r.Ended():
			ended = true
		default:
		}
		if m.AppliedIndex() > 5000 {
			t.Fatal("the reader was not ended")
		}
	}
	_, err = r.Conn.QueryInt64("SELECT count(*) FROM t1")
	if got := pgerr.Code(r.Err(err)); got != pgerr.SnapshotTooOld {
		t.Errorf("SQLSTATE %s: %v", got, err)
	}
	r.Release()
	for range 100 { // while the log is too large a new reader may be ended too
		if r, err = m.Reader(t.Context()); err != nil {
			t.Fatal(err)
		}
		n, err := r.Conn.QueryInt64("SELECT count(*) FROM t1")
		err = r.Err(err)
		r.Release()
		if err == nil && n > 10 {
			return
		}
		if pgerr.Code(err) != pgerr.SnapshotTooOld {
			t.Fatalf("%d rows, %v", n, err)
		}
	}
	t.Error("no reader comes to its end")
}

// The log is used again and again while readers come and go.
func TestLogStaysSmall(t *testing.T) {
	m := newMachine(t)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	config := m.config()
	config.CheckpointBytes, config.TruncateBytes = 128<<10, 4<<20
	m.open(config)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 BLOB) STRICT", "INSERT INTO t1 VALUES(1, zeroblob(20000))")
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r, err := m.Reader(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := r.Conn.QueryInt64("SELECT length(c2) FROM t1"); err != nil {
					t.Error(err)
				}
				r.Release()
			}
		})
	}
	largest := int64(0)
	for i := range 2000 {
		m.must(entry(fmt.Sprintf("UPDATE t1 SET c2 = zeroblob(%d)", 20000+i%100)))
		largest = max(largest, m.checkpoint.size.Load())
	}
	close(stop)
	readers.Wait()
	if largest > 32<<20 {
		t.Errorf("the log grew to %d bytes", largest)
	}
	if got := m.Stats(); got.Checkpoints == 0 || got.Groups < 2000 || got.Leases != 0 {
		t.Errorf("stats %+v", got)
	}
}

func TestWorkspaces(t *testing.T) {
	m := newMachine(t)
	counter(m)
	open := func() *Workspace {
		w, err := m.Workspace(t.Context(), WorkspaceConfig{Moment: raftlog.Moment{Time: 42}})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	run := func(w *Workspace, sql string) raftlog.StatementResult {
		t.Helper()
		r, err := w.Run(&raftlog.Operation{Kind: raftlog.OpExec, SQL: sql, Counts: true, Returns: true})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	a, b := open(), open()
	run(a, "UPDATE t1 SET n = 5")
	if err := a.Savepoint("s"); err != nil {
		t.Fatal(err)
	}
	run(a, "CREATE TABLE t9(c1 INTEGER PRIMARY KEY) STRICT")
	run(a, "DELETE FROM t1")
	if err := a.RollbackTo("s"); err != nil {
		t.Fatal(err)
	}
	run(b, "UPDATE t1 SET n = n + 7")
	m.must(increment())
	for w, want := range map[*Workspace]string{a: "5", b: "7"} {
		if got := rowsOf(t, w.Conn, "SELECT n FROM t1"); got != want {
			t.Errorf("workspace sees %s, want %s", got, want)
		}
	}
	m.want("1", "SELECT n FROM t1")
	if err := b.Rebase(); err != nil {
		t.Fatal(err)
	}
	if got := rowsOf(t, b.Conn, "SELECT n FROM t1"); got != "1" || b.Index != m.AppliedIndex() {
		t.Errorf("rebased workspace sees %s at %d", got, b.Index)
	}
	if r := run(b, "UPDATE t1 SET n = n + 1 RETURNING n"); r.Changed != 1 || r.Rows.Count != 1 || len(r.Digest) != raftlog.DigestBytes {
		t.Errorf("result %+v", r)
	}
	if err := errors.Join(a.Close(), a.Close(), b.Close()); err != nil {
		t.Error(err)
	}
	c := open() // on a used connection
	defer c.Close()
	if got := rowsOf(t, c.Conn, "SELECT n FROM t1"); got != "1" {
		t.Errorf("next workspace sees %s", got)
	}
	if _, err := c.Run(&raftlog.Operation{Kind: raftlog.OpExec, SQL: "UPDATE t1 SET n = ?1 / 0"}); err != nil {
		t.Error(err)
	}
}

// TestWriterIsNotTurnedAway: a connection that reads the log's header while the
// writer changes it takes the write lock for a moment, to read it in peace. The
// writer must wait for that and not take it for a fault.
func TestWriterIsNotTurnedAway(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, n INTEGER) STRICT", "INSERT INTO t1 VALUES(1, 0)")
	stop := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := m.checkpoint.do(func() error { _, err := m.checkpoint.passive(); return err }); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 20_000 {
		m.must(increment())
	}
	close(stop)
	others.Wait()
}

// TestDigestOfSchemaChange: how many rows the statement before changed is no
// part of the digest of one that changes none by itself.
func TestDigestOfSchemaChange(t *testing.T) {
	m := newMachine(t)
	counter(m)
	digest := func(before string) []byte {
		w, err := m.Workspace(t.Context(), WorkspaceConfig{})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if _, err := w.Run(&raftlog.Operation{Kind: raftlog.OpExec, SQL: before}); err != nil {
			t.Fatal(err)
		}
		r, err := w.Run(&raftlog.Operation{Kind: raftlog.OpExec, SQL: "CREATE TABLE t9(c1 INTEGER PRIMARY KEY) STRICT", Counts: true})
		if err != nil {
			t.Fatal(err)
		}
		if r.Changed != 0 {
			t.Errorf("CREATE TABLE after %q changed %d rows", before, r.Changed)
		}
		return r.Digest
	}
	if a, b := digest("UPDATE t1 SET n = 5"), digest("UPDATE t1 SET n = 5 WHERE false"); !bytes.Equal(a, b) {
		t.Errorf("digests differ: %x, %x", a, b)
	}
}

func TestWorkspaceMemoryLimit(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 BLOB) STRICT")
	w, err := m.Workspace(t.Context(), WorkspaceConfig{MemoryLimit: 2 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	op := &raftlog.Operation{
		Kind: raftlog.OpExec,
		SQL:  "INSERT INTO t1(c2) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 10000) SELECT zeroblob(4000) FROM n",
	}
	if _, err = w.Run(op); pgerr.Code(err) != pgerr.OutOfMemory || !w.Lost() {
		t.Errorf("lost %v: %v", w.Lost(), err)
	}
	if err := w.Rebase(); err != nil {
		t.Fatal(err)
	}
	if got := rowsOf(t, w.Conn, "SELECT count(*) FROM t1"); got != "0" {
		t.Errorf("after the failure: %s rows", got)
	}
}
