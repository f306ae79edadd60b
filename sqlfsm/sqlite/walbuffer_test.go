package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"polyreme/pgsql/types"
)

// TestFailedWriteFailsTheCommit makes writes to the WAL fail.
func TestFailedWriteFailsTheCommit(t *testing.T) {
	path := tempPath(t)
	c := openFile(t, path)
	mustExec(t, c, "CREATE TABLE t(x); INSERT INTO t VALUES(1)")
	write := c.walBuffer.write
	c.walBuffer.write = func(*libc.TLS, uintptr, uintptr, int32, int64) int32 { return lib.SQLITE_IOERR_WRITE }
	must(t, c.BeginImmediate())
	mustExec(t, c, "UPDATE t SET x=2")
	if err := c.Commit(); Classify(err) != LocalFault {
		t.Errorf("commit: %v (%v)", err, Classify(err))
	}
	c.walBuffer.write = write
	must(t, c.Rollback())
	wantRows(t, openFile(t, path), "1", "SELECT x FROM t")
	mustExec(t, c, "UPDATE t SET x=x+5")
	wantRows(t, openFile(t, path), "6", "SELECT x FROM t")
}

// TestEveryCommitIsInTheFiles copies the files after each commit, as a crash of
// the process would leave them, and checks that the copy has the commit.
func TestEveryCommitIsInTheFiles(t *testing.T) {
	path := tempPath(t)
	c := openConfig(t, Config{Path: path, CacheKiB: 40}) // ten pages: transactions spill
	reader := openFile(t, path)
	mustExec(t, c, "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, pad TEXT) STRICT; CREATE INDEX tn ON t(n)")
	dir := t.TempDir()
	pad := types.TextValue(string(make([]byte, 300)))
	id := int64(0)
	for i := range 40 {
		must(t, c.BeginImmediate())
		for range []int{1, 3, 40, 400}[i%4] {
			id++
			_, err := rows(c, "INSERT INTO t VALUES(?1,?2,?3)", types.IntValue(id), types.IntValue(id*7919%1000), pad)
			must(t, err)
		}
		if i%3 == 0 { // change spilled pages again
			mustExec(t, c, "UPDATE t SET n=n+1 WHERE id%5=0")
			mustExec(t, c, "UPDATE t SET n=n+1 WHERE id<100")
		}
		if i%5 == 4 {
			must(t, c.Savepoint("s"))
			mustExec(t, c, "DELETE FROM t WHERE id%2")
			must(t, c.RollbackTo("s"))
		}
		must(t, c.Commit())
		if i%7 == 6 {
			_, _, err := c.Checkpoint(CheckpointTruncate)
			must(t, err)
		}
		const sql = "SELECT count(*), max(id), sum(n), (SELECT sum(n) FROM t INDEXED BY tn) FROM t"
		want, err := rows(c, sql)
		must(t, err)
		wantRows(t, reader, want, sql)
		copied := filepath.Join(dir, fmt.Sprintf("copy%d.db", i))
		for _, suffix := range []string{"", "-wal"} {
			data, err := os.ReadFile(path + suffix)
			must(t, err)
			must(t, os.WriteFile(copied+suffix, data, 0o600))
		}
		crashed, err := Open(Config{Path: copied})
		must(t, err)
		wantRows(t, crashed, want, sql)
		wantRows(t, crashed, "ok", "PRAGMA integrity_check")
		must(t, crashed.Close())
	}
}
