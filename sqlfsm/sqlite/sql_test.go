package sqlite

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestLikeUsesAnIndex(t *testing.T) {
	c := openTemp(t)
	mustExec(t, c, `CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT) STRICT; CREATE INDEX ta ON t(a);
		INSERT INTO t(a) VALUES('abc'),('abd'),('ABC'),('b')`)
	wantRows(t, c, "abc abd", "SELECT a FROM t WHERE a LIKE 'ab%' ORDER BY a")
	plan, err := rows(c, "EXPLAIN QUERY PLAN SELECT a FROM t WHERE a LIKE 'ab%'")
	must(t, err)
	if !strings.Contains(plan, "a>? AND a<?") {
		t.Errorf("plan %s", plan)
	}
}

func TestPagesAndBackupBySQL(t *testing.T) {
	path := tempPath(t)
	c := openFile(t, path)
	mustExec(t, c, "CREATE TABLE t(x); INSERT INTO t VALUES(1)")
	s, err := c.Prepare("SELECT pgno, data FROM sqlite_dbpage")
	must(t, err)
	defer s.Release()
	pages := 0
	for {
		row, err := s.Step()
		must(t, err)
		if !row {
			break
		}
		pages++
		if data := s.ColumnBytes(1); len(data) != PageSize || pages == 1 && !strings.HasPrefix(string(data), "SQLite format 3\x00") {
			t.Errorf("page %d has %d bytes", pages, len(data))
		}
	}
	if pages != 2 {
		t.Errorf("%d pages", pages)
	}
	backup := tempPath(t)
	mustExec(t, c, "VACUUM INTO '"+backup+"'")
	wantRows(t, openFile(t, backup), "1", "SELECT x FROM t")
	mustExec(t, c, "VACUUM")
}

// TestAnotherProcessIsKeptOut opens a file in a child process while this one
// has it open.
func TestAnotherProcessIsKeptOut(t *testing.T) {
	const variable = "POLYREME_TEST_OPEN"
	if path := os.Getenv(variable); path != "" {
		_, err := Open(Config{Path: path})
		os.Stdout.WriteString("class: " + Classify(err).String() + "\n")
		os.Exit(0)
	}
	path := tempPath(t)
	c := openFile(t, path)
	mustExec(t, c, "CREATE TABLE t(x)")
	child := exec.Command(os.Args[0], "-test.run", "^TestAnotherProcessIsKeptOut$")
	child.Env = append(os.Environ(), variable+"="+path)
	out, err := child.CombinedOutput()
	must(t, err)
	if got := string(out); !strings.HasPrefix(got, "class: busy") {
		t.Errorf("child: %s", got)
	}
}

// FuzzExec runs any text as SQL: nothing panics, and an endless statement ends.
func FuzzExec(f *testing.F) {
	for _, sql := range []string{
		"SELECT 1", endlessSQL, "CREATE TABLE t(a); INSERT INTO t VALUES(1); SELECT * FROM generate_series(1,2,0)",
		"SELECT go_text(zeroblob(9)), split.* FROM split('a,b',',')", "SELECT '", "BEGIN; COMMIT; ROLLBACK", "\x00",
		"SELECT product(value) OVER (ORDER BY value ROWS 2 PRECEDING) FROM generate_series(1,9)", "PRAGMA incremental_vacuum",
	} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if strings.Contains(strings.ToLower(sql), "vacuum") || strings.Contains(strings.ToLower(sql), "attach") {
			return // would write files
		}
		c, err := Open(Config{Path: ":memory:", ValueBytesMax: 1 << 20})
		must(t, err)
		registerSeries(t, c)
		registerSplit(t, c)
		must(t, c.CreateAggregate("product", 1, pure, func() Aggregate { return new(product) }))
		must(t, c.CreateFunction("go_text", 1, pure, func(ctx *Context, a *Args) { ctx.ResultText(a.Bytes(0)) }))
		c.SetVMStepLimit(100_000)
		err = c.Exec(sql)
		_ = Classify(err)
		_, _ = ConstraintOf(err)
		must(t, c.Rollback())
		must(t, c.Close())
	})
}
