package sqlfsm

import (
	"math/rand/v2"
	"slices"
	"testing"

	"polyreme/raftlog"
)

// validated makes an entry of reads, as a workspace finds them now, and of writes that
// stand before or after them.
func (m *machine) validated(before []string, reads []string, after ...string) *raftlog.Entry {
	m.t.Helper()
	w, err := m.Workspace(m.t.Context(), WorkspaceConfig{})
	if err != nil {
		m.t.Fatal(err)
	}
	defer w.Close()
	e := entry(slices.Concat(before, reads, after)...)
	for i := range e.Operations {
		op := &e.Operations[i]
		read := i >= len(before) && i < len(before)+len(reads)
		result, err := w.Run(op)
		if err != nil {
			m.t.Fatalf("%s: %v", op.SQL, err)
		}
		if read {
			op.Counts, op.Read, op.Expect = false, true, result.Digest
		}
	}
	e.Settings = []raftlog.Setting{{Name: raftlog.SnapshotSetting, Value: raftlog.FormatSnapshot(w.Index)}}
	return e
}

var changesSchema = []string{
	"CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 INTEGER) STRICT",
	"CREATE TABLE t2(c1 INTEGER PRIMARY KEY, c2 INTEGER REFERENCES t1(c1) ON DELETE CASCADE ON UPDATE SET NULL) STRICT",
	"CREATE TABLE t3(c1 INTEGER PRIMARY KEY, c2 INTEGER UNIQUE) STRICT",
	"CREATE TABLE t4(c1 INTEGER PRIMARY KEY) STRICT",
	"CREATE TRIGGER r1 AFTER INSERT ON t3 BEGIN DELETE FROM t4; END",
	"INSERT INTO t1 VALUES(1, 10), (2, 20)",
	"INSERT INTO t2 VALUES(1, 1), (2, 2)",
	"INSERT INTO t3 VALUES(1, 1), (2, 2)",
	"INSERT INTO t4 VALUES(1)",
}

// TestReadsThatNeedNotRunAgain: a read is skipped only where nothing that it reads has
// changed since.
func TestReadsThatNeedNotRunAgain(t *testing.T) {
	const (
		skipped = iota
		repeated
		refused
	)
	for _, c := range []struct {
		name    string
		before  string
		read    string
		between string
		want    int
	}{
		{"nothing happened", "", "SELECT * FROM t1", "", skipped},
		{"another table", "", "SELECT * FROM t1", "INSERT INTO t4 VALUES(5)", skipped},
		{"no table", "", "SELECT 1 + 1", "UPDATE t1 SET c2 = 0", skipped},
		{"changed", "", "SELECT * FROM t1", "UPDATE t1 SET c2 = 0", refused},
		{"another row", "", "SELECT * FROM t1 WHERE c1 = 1", "UPDATE t1 SET c2 = 0 WHERE c1 = 2", repeated},
		{"no column", "", "SELECT count(*) FROM t1", "INSERT INTO t1 VALUES(3, 3)", refused},
		{"in a subquery", "", "SELECT 1 WHERE EXISTS (SELECT 1 FROM t1)", "DELETE FROM t2; DELETE FROM t1", refused},
		{"in a common table", "", "WITH a AS MATERIALIZED (SELECT c2 AS x FROM t1) SELECT sum(x) FROM a", "UPDATE t1 SET c2 = 0", refused},
		{"by a foreign key, delete", "", "SELECT * FROM t2", "DELETE FROM t1 WHERE c1 = 1", refused},
		{"by a foreign key, update", "", "SELECT * FROM t2", "UPDATE t1 SET c1 = 7 WHERE c1 = 1", refused},
		{"all rows", "", "SELECT * FROM t4", "DELETE FROM t4", refused},
		{"replaced", "", "SELECT * FROM t3", "REPLACE INTO t3 VALUES(9, 1)", refused},
		{"by a trigger", "", "SELECT * FROM t4", "INSERT INTO t3 VALUES(3, 3)", refused},
		{"its own write", "UPDATE t1 SET c2 = c2 + 1", "SELECT * FROM t1", "", repeated},
		{"its own write from elsewhere", "UPDATE t1 SET c2 = (SELECT max(c1) FROM t4)", "SELECT * FROM t1", "INSERT INTO t4 VALUES(8)", refused},
		{"the state machine's tables", "", "SELECT count(*) FROM polyreme_sequence", "", repeated},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			m.script(changesSchema...)
			var before []string
			if c.before != "" {
				before = []string{c.before}
			}
			e := m.validated(before, []string{c.read})
			for _, sql := range split(c.between) {
				m.must(entry(sql))
			}
			at := m.FSM().applier.skipped
			status := m.apply(e)[0].Status
			got := repeated
			switch {
			case status == raftlog.Conflict:
				got = refused
			case status != raftlog.Applied:
				t.Fatalf("status %v", status)
			case m.FSM().applier.skipped > at:
				got = skipped
			}
			if got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

// TestNothingIsKnown: after a change of the schema and a new start all reads run again.
func TestNothingIsKnown(t *testing.T) {
	m := newMachine(t)
	m.script(changesSchema...)
	skips := func(e *raftlog.Entry) bool {
		at := m.FSM().applier.skipped
		m.must(e)
		return m.FSM().applier.skipped > at
	}
	e := m.validated(nil, []string{"SELECT * FROM t1"})
	m.script("CREATE INDEX i1 ON t1(c2)")
	if skips(e) {
		t.Error("skipped although the schema has changed")
	}
	e = m.validated(nil, []string{"SELECT * FROM t1"})
	if !skips(e) {
		t.Error("not skipped although nothing has changed")
	}
	m.must(entry("UPDATE t1 SET c2 = 0"))
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	m.open(m.config())
	at := m.FSM().applier.skipped
	if status := m.apply(e)[0].Status; status != raftlog.Conflict || m.FSM().applier.skipped > at {
		t.Errorf("status %v after a new start, want a conflict", status)
	}
}

// TestSkippingDecidesNothing: a node that skips reads and one that never does come to
// the same results and the same tables.
func TestSkippingDecidesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	skips, repeats := newMachine(t), newMachine(t)
	both := []*machine{skips, repeats}
	for _, m := range both {
		m.script(changesSchema...)
	}
	reads := []string{
		"SELECT * FROM t1", "SELECT count(*) FROM t2", "SELECT * FROM t3 WHERE c1 = 1", "SELECT sum(c2) FROM t1 WHERE c1 < 5",
		"SELECT * FROM t2 JOIN t1 ON t2.c2 = t1.c1", "SELECT count(*) FROM t4",
	}
	writes := []string{
		"UPDATE t1 SET c2 = c2 + 1 WHERE c1 = 1", "INSERT OR IGNORE INTO t1 VALUES(3, 3)", "DELETE FROM t1 WHERE c1 = 3",
		"INSERT OR IGNORE INTO t2 SELECT 3, max(c1) FROM t1", "REPLACE INTO t3 VALUES(1, 2)", "INSERT OR IGNORE INTO t3 VALUES(4, 4)",
		"DELETE FROM t3 WHERE c1 = 4", "INSERT OR IGNORE INTO t4 VALUES(1)", "UPDATE t2 SET c2 = NULL WHERE c1 = 2", "UPDATE t1 SET c2 = (SELECT count(*) FROM t4) WHERE c1 = 2",
	}
	pick := func(from []string) []string {
		var out []string
		for range random.IntN(3) {
			out = append(out, from[random.IntN(len(from))])
		}
		return out
	}
	statuses := map[raftlog.Status]int{}
	var waiting []*raftlog.Entry
	for range 3000 {
		if len(waiting) < 3 {
			waiting = append(waiting, skips.validated(pick(writes), append(pick(reads), reads[random.IntN(len(reads))]), pick(writes)...))
			continue
		}
		i := random.IntN(len(waiting))
		e := waiting[i]
		waiting = slices.Delete(waiting, i, i+1)
		repeats.FSM().applier.changes.forget(1 << 40)
		a, b := skips.apply(e)[0], repeats.apply(e)[0]
		if a.Status != b.Status {
			t.Fatalf("%v where reads are skipped, %v where not: %+v", a.Status, b.Status, e.Operations)
		}
		statuses[a.Status]++
	}
	a, b := skips.FSM().applier.skipped, repeats.FSM().applier.skipped
	if a < 100 || b != 0 || statuses[raftlog.Conflict] < 100 || statuses[raftlog.Applied] < 100 {
		t.Errorf("skipped %d and %d reads, results %v", a, b, statuses)
	}
	for _, table := range []string{"t1", "t2", "t3", "t4"} {
		repeats.want(skips.rows("SELECT * FROM "+table), "SELECT * FROM "+table)
	}
}

// TestWorkspaceHasTheLimitsOfApply: what is too much there is too much here, so that no
// read can be skipped that would fail.
func TestWorkspaceHasTheLimitsOfApply(t *testing.T) {
	m := newMachine(t)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	config := m.config()
	config.stepsMax = 100_000
	m.open(config)
	w, err := m.Workspace(t.Context(), WorkspaceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	long := "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 100000) SELECT count(*) FROM n"
	if _, err := w.Run(&entry(long).Operations[0]); err == nil {
		t.Error("an operation has no limit of steps")
	}
	if got := rowsOf(t, w.Conn, long); got != "100000" {
		t.Errorf("a query gave %s", got)
	}
}
