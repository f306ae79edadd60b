package sqlite

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

const accountsSQL = `
CREATE TABLE acc(id INTEGER PRIMARY KEY, bal INTEGER, filler TEXT) STRICT;
CREATE INDEX acc_bal ON acc(bal);
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<5000)
INSERT INTO acc SELECT i, 0, hex(i) || 'filler-filler-filler-filler' FROM c;`

// openWorkspace returns a workspace on the file at path.
func openWorkspace(t testing.TB, path string, memLimit int64) (*Overlay, *Conn) {
	t.Helper()
	pin := openFile(t, path)
	o := NewOverlay(pin, memLimit)
	c, err := o.Open(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return o, c
}

func TestOverlaysAndWriterAtOnce(t *testing.T) {
	path := tempPath(t)
	w := openFile(t, path)
	mustExec(t, w, accountsSQL)
	o1, c1 := openWorkspace(t, path, 64<<20)
	o2, c2 := openWorkspace(t, path, 64<<20)

	mustExec(t, c1, "UPDATE acc SET bal=bal+5 WHERE id=7")
	mustExec(t, c2, "UPDATE acc SET bal=bal+9 WHERE id=7")
	mustExec(t, w, "UPDATE acc SET bal=100 WHERE id=7")
	wantRows(t, c1, "5", "SELECT bal FROM acc WHERE id=7")
	wantRows(t, c2, "9", "SELECT bal FROM acc WHERE id=7")
	wantRows(t, w, "100", "SELECT bal FROM acc WHERE id=7")

	must(t, c1.Savepoint("s"))
	mustExec(t, c1, "UPDATE acc SET bal=bal+1 WHERE id<=5000")
	wantRows(t, c1, "5005", "SELECT sum(bal) FROM acc")
	must(t, c1.RollbackTo("s"))
	wantRows(t, c1, "5", "SELECT sum(bal) FROM acc")
	wantRows(t, c1, "7", "SELECT id FROM acc WHERE bal=5")

	if _, _, err := w.Checkpoint(CheckpointPassive); err != nil {
		t.Error(err)
	}
	mustExec(t, w, "UPDATE acc SET bal=bal+1 WHERE id<=100")
	wantRows(t, c1, "ok", "PRAGMA integrity_check")
	wantRows(t, c2, "ok", "PRAGMA integrity_check")

	must(t, o1.Reset())
	wantRows(t, c1, "101", "SELECT bal FROM acc WHERE id=7")
	must(t, o2.End())
	if err := c2.Exec("UPDATE acc SET bal=0"); Classify(err) != LocalFault {
		t.Errorf("write outside a workspace transaction: %v", err)
	}
	must(t, o2.Begin())
	wantRows(t, c2, "200", "SELECT sum(bal) FROM acc")
	wantRows(t, w, "ok", "PRAGMA integrity_check")
}

func TestOverlayNeverCommits(t *testing.T) {
	path := tempPath(t)
	w := openFile(t, path)
	mustExec(t, w, accountsSQL)
	o, c := openWorkspace(t, path, 64<<20)
	before := fileState(t, path)
	mustExec(t, c, "UPDATE acc SET bal=1")
	if err := c.Commit(); !errors.Is(err, errWorkspaceCommit) {
		t.Errorf("commit: %v", err)
	}
	if c.InTransaction() {
		t.Error("transaction is open after the refused commit")
	}
	must(t, o.Begin())
	wantRows(t, c, "0", "SELECT sum(bal) FROM acc")
	if after := fileState(t, path); after != before {
		t.Errorf("files changed: %s, were %s", after, before)
	}
	must(t, w.BeginImmediate())
	must(t, w.Commit())
}

// fileState describes the two files of a database.
func fileState(t testing.TB, path string) string {
	t.Helper()
	var out string
	for _, name := range []string{path, path + "-wal"} {
		data, err := os.ReadFile(name)
		must(t, err)
		var sum uint64
		for _, b := range data {
			sum = sum*1099511628211 + uint64(b)
		}
		out += fmt.Sprintf("%d:%x ", len(data), sum)
	}
	return out
}

func TestOverlayDDL(t *testing.T) {
	path := tempPath(t)
	w := openFile(t, path)
	mustExec(t, w, accountsSQL)
	o, c := openWorkspace(t, path, 64<<20)
	mustExec(t, c, `CREATE TABLE t2(a INTEGER PRIMARY KEY, b TEXT) STRICT;
		CREATE INDEX t2b ON t2(b);
		INSERT INTO t2 SELECT id, filler FROM acc LIMIT 1000;
		ALTER TABLE acc ADD COLUMN extra TEXT DEFAULT 'x';
		ALTER TABLE acc RENAME COLUMN bal TO balance;`)
	must(t, c.Savepoint("a"))
	mustExec(t, c, "DROP INDEX acc_bal; DROP TABLE t2; CREATE TABLE t3(x); INSERT INTO t3 VALUES(1)")
	must(t, c.RollbackTo("a"))
	wantRows(t, c, "1000", "SELECT count(*) FROM t2")
	wantRows(t, c, "x|0", "SELECT extra, balance FROM acc WHERE id=1")
	wantRows(t, c, "ok", "PRAGMA integrity_check")
	mustExec(t, w, "CREATE TABLE real(x); INSERT INTO real VALUES(42)")
	if _, err := c.Prepare("SELECT x FROM real"); err == nil {
		t.Error("the workspace sees a table created after its snapshot")
	}
	must(t, o.Reset())
	wantRows(t, c, "42", "SELECT x FROM real")
	if _, err := rows(c, "SELECT count(*) FROM t2"); err == nil {
		t.Error("the workspace kept a table over Reset")
	}
	wantRows(t, c, "0", "SELECT bal FROM acc WHERE id=1")
	wantRows(t, w, "ok", "PRAGMA integrity_check")
}

func TestOverlaySnapshotOfPin(t *testing.T) {
	path := tempPath(t)
	w := openFile(t, path)
	mustExec(t, w, "CREATE TABLE t(x); INSERT INTO t VALUES(1)")
	pin := openFile(t, path)
	must(t, pin.BeginRead())
	for range 3 {
		mustExec(t, w, "UPDATE t SET x=x+1")
	}
	o := NewOverlay(pin, 1<<20)
	c, err := o.Open(Config{})
	must(t, err)
	defer c.Close()
	c.SetAuthorizer(func(action Action, _, _, _, _ string) bool {
		return action != ActionPragma && action != ActionTransaction && action != ActionSavepoint
	})
	wantRows(t, c, "1", "SELECT x FROM t")
	mustExec(t, c, "UPDATE t SET x=x+10")
	wantRows(t, c, "11", "SELECT x FROM t")
	wantRows(t, w, "4", "SELECT x FROM t")
	must(t, pin.Rollback())
	must(t, o.Reset())
	wantRows(t, c, "4", "SELECT x FROM t")
}

func TestOverlayMemoryLimit(t *testing.T) {
	path := tempPath(t)
	w := openFile(t, path)
	mustExec(t, w, accountsSQL)
	before := fileState(t, path)
	o, c := openWorkspace(t, path, 4<<20)
	err := c.Exec(`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<1000000)
		INSERT INTO acc SELECT 100000+i, i, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' FROM c`)
	if Classify(err) != WorkspaceFull || pgerr.Code(err) != pgerr.OutOfMemory {
		t.Errorf("got %v (%v)", err, Classify(err))
	}
	if got := fileState(t, path); got != before {
		t.Errorf("files changed")
	}
	must(t, o.Reset())
	mustExec(t, c, "UPDATE acc SET bal=1 WHERE id<100")
	wantRows(t, c, "99", "SELECT sum(bal) FROM acc")
	wantRows(t, w, "0", "SELECT sum(bal) FROM acc")
}

// TestOverlayReadsDoNotCount scans much more than the limit of a workspace.
func TestOverlayReadsDoNotCount(t *testing.T) {
	path := tempPath(t)
	w := openConfig(t, Config{Path: path, CacheKiB: 32 << 10})
	mustExec(t, w, accountsSQL+`INSERT INTO acc SELECT 10000+a.id*20+b.id, 0, a.filler FROM acc a, acc b WHERE a.id<2000 AND b.id<20`)
	_, c := openWorkspace(t, path, 200<<10)
	mustExec(t, c, "UPDATE acc SET bal=1 WHERE id<1000")
	wantRows(t, c, "42981|999", "SELECT count(filler), sum(bal) FROM acc NOT INDEXED")
	if got := c.MemoryUsed(); got < 1<<20 {
		t.Errorf("the scan used only %d bytes", got)
	}
}

// TestOverlayUnderLoad runs workspaces against a writer that commits and
// checkpoints all the time: each workspace keeps its snapshot's invariant.
func TestOverlayUnderLoad(t *testing.T) {
	path := tempPath(t)
	w := openFile(t, path)
	mustExec(t, w, accountsSQL)
	stop := make(chan struct{})
	var workspaces, writer sync.WaitGroup
	writer.Go(func() {
		up, err := w.Prepare("UPDATE acc SET bal=bal+?2 WHERE id=?1")
		if err != nil {
			t.Error(err)
			return
		}
		defer up.Release()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := transfer(w, up, i); err != nil {
				t.Error("writer:", err)
				return
			}
		}
	})
	for g := range 3 {
		o, c := openWorkspace(t, path, 64<<20)
		workspaces.Go(func() { workspaceLoop(t, o, c, g) })
	}
	workspaces.Wait()
	close(stop)
	writer.Wait()
	wantRows(t, w, "0", "SELECT sum(bal) FROM acc")
	wantRows(t, w, "ok", "PRAGMA integrity_check")
}

// transfer moves 1 between two accounts in one transaction.
func transfer(w *Conn, up *Stmt, i int) error {
	if err := w.BeginImmediate(); err != nil {
		return err
	}
	for k, amount := range []int64{1, -1} {
		_ = up.BindInt64(1, int64((i*37+k*101)%5000+1))
		_ = up.BindInt64(2, amount)
		if err := up.Run(); err != nil {
			return err
		}
	}
	if err := w.Commit(); err != nil {
		return err
	}
	mode := CheckpointPassive
	if i%50 == 0 {
		mode = CheckpointTruncate
	}
	if i%10 == 0 {
		if _, _, err := w.Checkpoint(mode); err != nil && Classify(err) != Busy {
			return err
		}
	}
	return nil
}

func workspaceLoop(t *testing.T, o *Overlay, c *Conn, g int) {
	for i := range 40 {
		if err := o.Reset(); err != nil {
			t.Error("reset:", err)
			return
		}
		lo := int64((i*331+g*17)%4000 + 1)
		for _, sql := range []string{
			"UPDATE acc SET bal=bal+3 WHERE id BETWEEN ?1 AND ?1+99",
			"DELETE FROM acc WHERE id BETWEEN ?1+200 AND ?1+210 AND bal=0 AND ?1>0",
			"INSERT INTO acc VALUES(1000000+?1, 0, 'new')",
		} {
			if _, err := rows(c, sql, types.IntValue(lo)); err != nil {
				t.Error(sql, err)
				return
			}
		}
		got, err := rows(c, "SELECT sum(bal) FROM acc")
		if err != nil || got != "300" {
			t.Errorf("sum in workspace: %s %v", got, err)
			return
		}
		if i%50 == 0 {
			if got, err := rows(c, "PRAGMA integrity_check"); got != "ok" {
				t.Error(got, err)
				return
			}
		}
	}
}

func TestOverlayOpensWhileTheWriterWrites(t *testing.T) {
	path := tempPath(t)
	w := openFile(t, path)
	mustExec(t, w, "CREATE TABLE t(x); INSERT INTO t VALUES(1)")
	must(t, w.BeginImmediate())
	mustExec(t, w, "UPDATE t SET x=2")
	_, c := openWorkspace(t, path, 1<<20)
	mustExec(t, c, "UPDATE t SET x=x+10")
	wantRows(t, c, "11", "SELECT x FROM t")
	must(t, w.Commit())
	wantRows(t, c, "11", "SELECT x FROM t")
	wantRows(t, w, "2", "SELECT x FROM t")
}

// TestOverlayTransactionEndsByItself checks the ways in which SQLite rolls back
// without being asked.
func TestOverlayTransactionEndsByItself(t *testing.T) {
	path := tempPath(t)
	w := openFile(t, path)
	mustExec(t, w, accountsSQL)
	o, c := openWorkspace(t, path, 64<<20)
	for _, end := range []func() error{
		func() error { return c.Exec("INSERT OR ROLLBACK INTO acc VALUES(1,1,'')") },
		func() error {
			c.SetVMStepLimit(1000)
			defer c.SetVMStepLimit(0)
			return c.Exec("UPDATE acc SET bal=bal+1")
		},
		func() error { return c.Commit() },
	} {
		mustExec(t, c, "UPDATE acc SET bal=7 WHERE id<500")
		mustExec(t, w, "UPDATE acc SET bal=bal+1 WHERE id=1")
		if err := end(); err == nil {
			t.Error("no error")
		}
		if c.InTransaction() {
			t.Error("the transaction is open")
		}
		mustExec(t, w, "UPDATE acc SET bal=bal-1 WHERE id=1")
		wantRows(t, w, "ok|0", "SELECT *, (SELECT sum(bal) FROM acc) FROM pragma_integrity_check")
		must(t, o.Begin())
		wantRows(t, c, "0", "SELECT sum(bal) FROM acc")
	}
}
