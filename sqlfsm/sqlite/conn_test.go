package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polyreme/pgsql/types"
)

func TestOpenSettings(t *testing.T) {
	c := openTemp(t)
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "1", "foreign_keys": "1", "page_size": "4096",
		"temp_store": "2", "busy_timeout": "0", "wal_autocheckpoint": "0", "trusted_schema": "1",
		"recursive_triggers": "1", "query_only": "0", "auto_vacuum": "0", "encoding": "UTF-8",
	} {
		if got, err := c.QueryText("PRAGMA " + pragma); got != want || err != nil {
			t.Errorf("%s = %q %v, want %q", pragma, got, err, want)
		}
	}
	wantRows(t, c, "0|1", "SELECT 'a' LIKE 'A', 'a' LIKE 'a'")
	if _, err := rows(c, `SELECT "no column"`); err == nil {
		t.Error("a double-quoted string was accepted")
	}
	if got := Version(); got != "3.54.1" {
		t.Errorf("version %s: run the whole package's tests and update this line", got)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk")
	must(t, os.WriteFile(junk, []byte(strings.Repeat("this is no database ", 500)), 0o600))
	for _, test := range []struct {
		cfg  Config
		want Class
	}{
		{Config{Path: junk}, LocalFault},
		{Config{Path: filepath.Join(dir, "no", "such", "dir")}, LocalFault},
		{Config{Path: junk, VFS: "nothing"}, Deterministic},
	} {
		_, err := Open(test.cfg)
		if err == nil || Classify(err) != test.want {
			t.Errorf("%v: %v (%v)", test.cfg, err, Classify(err))
		}
	}
}

func TestReadOnlyConnection(t *testing.T) {
	path := tempPath(t)
	w := openFile(t, path)
	mustExec(t, w, "CREATE TABLE t(x); INSERT INTO t VALUES(1)")
	r := openConfig(t, Config{Path: path, ReadOnly: true})
	if err := r.Exec("INSERT INTO t VALUES(2)"); err == nil {
		t.Error("write on a read-only connection")
	}
	must(t, r.BeginRead())
	mustExec(t, w, "UPDATE t SET x=2")
	wantRows(t, r, "1", "SELECT x FROM t")
	must(t, r.Commit())
	wantRows(t, r, "2", "SELECT x FROM t")
}

func TestTransactions(t *testing.T) {
	path := tempPath(t)
	c := openFile(t, path)
	other := openFile(t, path)
	mustExec(t, c, "CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE)")
	must(t, c.BeginImmediate())
	if err := other.BeginImmediate(); Classify(err) != Busy {
		t.Errorf("second writer: %v", err)
	}
	for _, name := range []string{"a", `odd "name"`} {
		mustExec(t, c, "INSERT INTO t(x) VALUES('"+name+"')")
		must(t, c.Savepoint(name))
		mustExec(t, c, "INSERT INTO t(x) VALUES('inner')")
		if c.Changes() != 1 || c.LastInsertRowID() == 0 {
			t.Errorf("changes %d rowid %d", c.Changes(), c.LastInsertRowID())
		}
		must(t, c.RollbackTo(name))
		must(t, c.Release(name))
	}
	if err := c.Exec("INSERT INTO t(x) VALUES('b'),('a')"); Classify(err) != Deterministic {
		t.Error(err)
	}
	if !c.InTransaction() {
		t.Error("a constraint error ended the transaction")
	}
	must(t, c.Commit())
	wantRows(t, other, `1|a 2|odd "name"`, "SELECT * FROM t")
	must(t, c.BeginImmediate())
	mustExec(t, c, "DELETE FROM t")
	must(t, c.Rollback())
	must(t, c.Rollback())
	wantRows(t, other, "2", "SELECT count(*) FROM t")
	for i := range 3 * savepointNamesMax {
		must(t, c.Savepoint(render(types.IntValue(int64(i)))))
	}
	must(t, c.RollbackTo("0"))
	must(t, c.Rollback())
}

func TestStatementCache(t *testing.T) {
	c := openConfig(t, Config{Path: tempPath(t), StatementCacheSize: 2})
	a, err := c.Prepare("SELECT 1")
	must(t, err)
	b, err := c.Prepare("SELECT 1")
	must(t, err)
	if a == b {
		t.Error("a statement in use was handed out again")
	}
	a.Release()
	b.Release() // there is one already
	again, err := c.Prepare("SELECT 1")
	must(t, err)
	if again != a {
		t.Error("an idle statement was not used again")
	}
	again.Release()
	for _, sql := range []string{"SELECT 2", "SELECT 3"} {
		s, err := c.Prepare(sql)
		must(t, err)
		s.Release()
	}
	if c.cache.idle["SELECT 1"] != nil || len(c.cache.idle) != 2 {
		t.Errorf("cache holds %d statements", len(c.cache.idle))
	}
	s, err := c.Prepare("SELECT 2")
	must(t, err)
	s.Close()
	for _, bad := range []string{"", " ", "-- comment", "SELECT 1; SELECT 2", "SELECT 'a\x00'", "SELEC 1"} {
		if _, err := c.Prepare(bad); err == nil {
			t.Errorf("prepare %q: no error", bad)
		}
	}
	s, err = c.Prepare(" SELECT 1 ; ")
	must(t, err)
	s.Release()
}

func TestSchemaChangeReachesCachedStatements(t *testing.T) {
	path := tempPath(t)
	c, other := openFile(t, path), openFile(t, path)
	mustExec(t, c, "CREATE TABLE t(a); INSERT INTO t VALUES(1)")
	wantRows(t, other, "1", "SELECT * FROM t")
	mustExec(t, c, "ALTER TABLE t ADD COLUMN b DEFAULT 2")
	wantRows(t, other, "1|2", "SELECT * FROM t")
	mustExec(t, c, "DROP TABLE t")
	if _, err := rows(other, "SELECT * FROM t"); Classify(err) != Deterministic {
		t.Error(err)
	}
}

func TestBindingsAreClearedAndCopied(t *testing.T) {
	c := openTemp(t)
	s, err := c.Prepare("SELECT ?1, ?2, ?3")
	must(t, err)
	defer s.Release()
	if s.ParameterCount() != 3 || s.ColumnCount() != 3 || !s.ReadOnly() {
		t.Error("statement properties")
	}
	buf := []byte("first")
	must(t, s.BindText(1, buf))
	copy(buf, "xxxxx")
	must(t, s.BindString(2, strings.Repeat("y", 1000)))
	must(t, s.BindBlob(3, nil))
	_, err = s.Step()
	must(t, err)
	if string(s.ColumnBytes(0)) != "first" || len(s.ColumnBytes(1)) != 1000 || s.ColumnKind(2) != types.Blob {
		t.Error("bound values")
	}
	s.Reset()
	_, err = s.Step()
	must(t, err)
	for i := range 3 {
		if s.ColumnKind(i) != types.Null {
			t.Errorf("parameter %d is still bound", i+1)
		}
	}
	if v := s.Column(3); !v.IsNull() {
		t.Error("a column that does not exist")
	}
	s.Reset()
	if err := s.BindInt64(9, 1); Classify(err) != Deterministic {
		t.Errorf("bind out of range: %v", err)
	}
}

func TestClose(t *testing.T) {
	c, err := Open(Config{Path: tempPath(t)})
	must(t, err)
	mustExec(t, c, "CREATE TABLE t(x); INSERT INTO t VALUES(1),(2)")
	must(t, c.BeginImmediate())
	s, err := c.Prepare("SELECT x FROM t")
	must(t, err)
	_, err = s.Step()
	must(t, err)
	must(t, c.Close())
	must(t, c.Close())
	c.Interrupt()
	s.Reset()
	s.Release()
	if c.InTransaction() || c.Rollback() != nil {
		t.Error("a closed connection is in a transaction")
	}
	if _, err := c.Prepare("SELECT 1"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestCheckpoint(t *testing.T) {
	path := tempPath(t)
	c, r := openFile(t, path), openFile(t, path)
	mustExec(t, c, "CREATE TABLE t(x); INSERT INTO t VALUES(1)")
	frames := c.WALFrames()
	if frames == 0 || c.WALBytes() != int64(frames)*4120 {
		t.Errorf("%d frames, %d bytes", frames, c.WALBytes())
	}
	logFrames, done, err := c.Checkpoint(CheckpointNoop)
	if logFrames != frames || done != 0 || err != nil {
		t.Errorf("noop: %d %d %v", logFrames, done, err)
	}
	must(t, r.BeginRead())
	mustExec(t, c, "INSERT INTO t VALUES(2)")
	logFrames, done, err = c.Checkpoint(CheckpointPassive)
	if err != nil || done >= logFrames || done != frames {
		t.Errorf("passive under a reader: %d %d %v", logFrames, done, err)
	}
	if _, _, err := c.Checkpoint(CheckpointTruncate); Classify(err) != Busy {
		t.Errorf("truncate under a reader: %v", err)
	}
	must(t, r.Commit())
	if _, _, err := c.Checkpoint(CheckpointTruncate); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(path + "-wal")
	must(t, err)
	if info.Size() != 0 {
		t.Errorf("WAL has %d bytes after truncate", info.Size())
	}
	mustExec(t, c, "INSERT INTO t VALUES(3)")
	must(t, c.Close())
	again := openFile(t, path)
	wantRows(t, again, "1 2 3", "SELECT x FROM t")
}

func TestForeignKeys(t *testing.T) {
	c := openTemp(t)
	mustExec(t, c, `CREATE TABLE p(id INTEGER PRIMARY KEY);
		CREATE TABLE k(p INTEGER REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED)`)
	must(t, c.BeginImmediate())
	if c.DeferredForeignKeys() {
		t.Error("violations in an empty transaction")
	}
	mustExec(t, c, "INSERT INTO k VALUES(1)")
	if !c.DeferredForeignKeys() {
		t.Error("the violation is not seen")
	}
	if k, _ := ConstraintOf(c.Commit()); k.Kind != ForeignKeyConstraint || !c.InTransaction() {
		t.Errorf("commit: %+v", k)
	}
	mustExec(t, c, "INSERT INTO p VALUES(1)")
	if c.DeferredForeignKeys() {
		t.Error("the violation stays")
	}
	must(t, c.SetForeignKeys(false))
	mustExec(t, c, "DELETE FROM p")
	must(t, c.SetForeignKeys(true))
	mustExec(t, c, "INSERT INTO p VALUES(1)")
	must(t, c.Commit())
	wantRows(t, c, "1", "SELECT p FROM k")
}

func TestHooksCanBeSetManyTimes(t *testing.T) {
	c := openTemp(t)
	kept := len(c.keep)
	for range 10 {
		c.SetChangeHook(func(*Change) {})
		c.SetChangeHook(nil)
		c.SetAuthorizer(func(Action, string, string, string, string) bool { return true })
		c.SetAuthorizer(nil)
		c.SetVMStepLimit(1)
		c.SetVMStepLimit(0)
	}
	if len(c.keep) != kept {
		t.Errorf("%d callbacks are kept, were %d", len(c.keep), kept)
	}
}
