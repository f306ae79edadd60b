package sqlfsm

import (
	"testing"

	"github.com/hashicorp/raft"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

func TestApplyAnswersAndPersists(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 TEXT) STRICT")
	e := entry("INSERT INTO t1 VALUES(?1, ?2) RETURNING c1, c2")
	e.Operations[0].Params = []types.Value{types.IntValue(7), types.TextValue("seven"), types.IntValue(8), types.TextValue("eight")}
	e.Operations[0].Sets, e.Operations[0].Returns = 2, true
	r := m.must(e)
	if got := r.Statements[0]; got.Changed != 2 || got.Rows.Count != 2 || got.Rows.Columns != 2 {
		t.Errorf("result %+v", got)
	}
	row := make([]types.Value, 2)
	if ok, err := r.Statements[0].Rows.Next(row); !ok || err != nil || row[0].Int64() != 7 || string(row[1].Bytes) != "seven" {
		t.Errorf("row %v %v %v", row, ok, err)
	}
	m.want("7,seven;8,eight", "SELECT * FROM t1")
	if got := m.AppliedIndex(); got != 2 {
		t.Errorf("applied index %d", got)
	}
	m.reopen()
	m.want("7,seven;8,eight", "SELECT * FROM t1")
	if got := m.AppliedIndex(); got != 2 {
		t.Errorf("applied index after reopen %d", got)
	}
}

func TestEntriesInTheFileAreNotAppliedAgain(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY) STRICT", "INSERT INTO t1 VALUES(0)")
	first := m.log(entry("UPDATE t1 SET c1 = c1 + 1"))
	second := m.log(entry("UPDATE t1 SET c1 = c1 + 10"))
	m.FSM().ApplyBatch([]*raft.Log{first})
	got := m.FSM().ApplyBatch([]*raft.Log{first, second})
	if got[0] != nil {
		t.Errorf("replayed entry answered %v", got[0])
	}
	m.want("11", "SELECT c1 FROM t1")
}

func TestFailedEntryChangesNothingAndOthersGoOn(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 INTEGER NOT NULL) STRICT")
	results := m.apply(
		entry("INSERT INTO t1 VALUES(1, 1)"),
		entry("INSERT INTO t1 VALUES(2, 2)", "INSERT INTO t1 VALUES(1, 1)"),
		entry("INSERT INTO t1 VALUES(3, NULL)"),
		entry("INSERT INTO t1 VALUES(4, 4)"),
	)
	for i, want := range []raftlog.Status{raftlog.Applied, raftlog.Failed, raftlog.Failed, raftlog.Applied} {
		if results[i].Status != want {
			t.Errorf("entry %d: %v, want %v", i, results[i].Status, want)
		}
	}
	if r := results[1]; r.Statement != 1 || r.Err.Code != pgerr.UniqueViolation {
		t.Errorf("failure %d %+v", r.Statement, r.Err)
	}
	m.want("1,1;4,4", "SELECT * FROM t1")
}

func TestExpectedDigest(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 INTEGER) STRICT", "INSERT INTO t1 VALUES(1, 10)")
	w, err := m.Workspace(t.Context(), WorkspaceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	read := raftlog.Operation{Kind: raftlog.OpExec, SQL: "SELECT c2 FROM t1 WHERE c1 = 1", Read: true}
	blind := raftlog.Operation{Kind: raftlog.OpExec, SQL: "UPDATE t1 SET c2 = c2 + 1 WHERE c1 = 1", Counts: true, Statement: 1}
	for _, op := range []*raftlog.Operation{&read, &blind} {
		r, err := w.Run(op)
		if err != nil {
			t.Fatal(err)
		}
		op.Expect = r.Digest
	}
	m.must(&raftlog.Entry{Operations: []raftlog.Operation{blind, blind}}) // blind increments never conflict
	r := m.apply(&raftlog.Entry{Operations: []raftlog.Operation{read, blind}})[0]
	if r.Status != raftlog.Conflict || r.Err.Code != pgerr.SerializationFailure || r.Statement != 0 {
		t.Errorf("stale read: %v %+v", r.Status, r.Err)
	}
	m.want("12", "SELECT c2 FROM t1")
}

func TestDependencies(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY) STRICT",
		"INSERT INTO polyreme_relation_version VALUES(0, 1), (16384, 1)")
	if v := m.SchemaVersion(); v != 1 {
		t.Errorf("schema version %d", v)
	}
	planned := func(version raftlog.SchemaVersion) raftlog.Status {
		e := entry("INSERT INTO t1 VALUES(NULL)")
		e.Dependencies = []raftlog.Dependency{{Relation: 16384, Version: version}}
		return m.apply(e)[0].Status
	}
	if got := planned(1); got != raftlog.Applied {
		t.Errorf("current plan: %v", got)
	}
	m.script("UPDATE polyreme_relation_version SET version = 2")
	if got := planned(1); got != raftlog.SchemaChanged {
		t.Errorf("old plan: %v", got)
	}
	if got := planned(2); got != raftlog.Applied {
		t.Errorf("new plan: %v", got)
	}
	m.want("2", "SELECT count(*) FROM t1")
}

func TestStepLimitFailsOneEntryOfAGroup(t *testing.T) {
	m := newMachine(t)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	config := m.config()
	config.stepsMax = 100_000
	m.open(config)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY) STRICT")
	session := m.session()
	endless := "INSERT INTO t1 WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i+1 FROM n) SELECT i FROM n"
	logs := []*raft.Log{
		m.log(entry("INSERT INTO t1 VALUES(1)"), entry(endless), entry("INSERT INTO t1 VALUES(2)")),
		m.log(numbered(entry(endless), session, 1, 1), numbered(entry("INSERT INTO t1 VALUES(3)"), session, 2, 1)),
	}
	answers := m.FSM().ApplyBatch(logs)
	for i, want := range [][]raftlog.Status{{raftlog.Applied, raftlog.Failed, raftlog.Applied}, {raftlog.Failed, raftlog.Applied}} {
		for j, r := range answers[i].([]raftlog.Result) {
			if r.Status != want[j] {
				t.Errorf("log %d entry %d: %v %v", i, j, r.Status, r.Err)
			}
			if r.Status == raftlog.Failed && r.Err.Code != pgerr.ProgramLimitExceeded {
				t.Errorf("step limit gave %+v", r.Err)
			}
		}
	}
	m.want("1;2;3", "SELECT * FROM t1")
	if r := m.apply(numbered(entry(endless), session, 1, 1))[0]; r.Status != raftlog.Failed {
		t.Errorf("asked again: %v", r.Status)
	}
}

func TestLocalFaultStopsForEver(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY) STRICT")
	before := m.AppliedIndex()
	damaged := m.log(entry("INSERT INTO t1 VALUES(1)"))
	damaged.Data[0] = 99
	if _, ok := m.FSM().Apply(damaged).(error); !ok {
		t.Fatal("an entry of an unknown version was applied")
	}
	if _, ok := m.FSM().Apply(m.log(entry("INSERT INTO t1 VALUES(2)"))).(error); !ok {
		t.Error("an entry was applied after a fault")
	}
	if len(m.fatals) != 1 {
		t.Errorf("told %d times: %v", len(m.fatals), m.fatals)
	}
	if _, err := m.FSM().Snapshot(); err == nil {
		t.Error("a snapshot was taken after a fault")
	}
	if err := m.WaitApplied(t.Context(), before+5); err == nil {
		t.Error("waiting did not fail after a fault")
	}
	m.want("0", "SELECT count(*) FROM t1")
	if m.AppliedIndex() != before {
		t.Errorf("applied index moved to %d", m.AppliedIndex())
	}
}

func TestOperationsCannotEndTheTransaction(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY) STRICT")
	w, err := m.Workspace(t.Context(), WorkspaceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, sql := range []string{
		"COMMIT", "ROLLBACK", "BEGIN", "SAVEPOINT x", "RELEASE entry", "ROLLBACK TO entry", "ATTACH ':memory:' AS m",
		"PRAGMA synchronous=OFF", "PRAGMA journal_mode=DELETE", "PRAGMA wal_checkpoint", "VACUUM", "PRAGMA writable_schema=ON",
		"SELECT 1; SELECT 2", "", "SELECT load_extension('x')",
	} {
		results := m.apply(entry("INSERT INTO t1 VALUES(1)", sql), entry(sql))
		if results[0].Status != raftlog.Failed || results[1].Status != raftlog.Failed {
			t.Errorf("%q: %v, %v", sql, results[0].Status, results[1].Status)
		}
		if _, err := w.Run(&raftlog.Operation{Kind: raftlog.OpExec, SQL: sql}); err == nil {
			t.Errorf("%q ran in a workspace", sql)
		}
	}
	m.want("0", "SELECT count(*) FROM t1")
}

// A transaction that asked for random values in its workspace, in statements
// that are not proposed, draws the same for those that are.
func TestRandomValuesInWorkspaceAndApply(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 REAL) STRICT")
	moment := raftlog.Moment{Time: 5, Seed: [16]byte{1, 2, 3}}
	w, err := m.Workspace(t.Context(), WorkspaceConfig{Moment: moment})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	run := func(op raftlog.Operation) raftlog.Operation {
		t.Helper()
		r, err := w.Run(&op)
		if err != nil {
			t.Fatal(err)
		}
		op.Expect = r.Digest
		return op
	}
	insert := raftlog.Operation{Kind: raftlog.OpExec, SQL: "INSERT INTO t1(c2) VALUES(drandom()), (drandom()) RETURNING c2", Counts: true, Returns: true}
	at := func(statement int) raftlog.Operation {
		op := insert
		op.Statement = statement
		return op
	}
	e := &raftlog.Entry{Moment: moment}
	e.Operations = append(e.Operations, run(at(0)), run(at(0)))
	rowsOf(t, w.Conn, "SELECT drandom(), drandom()")
	if err := w.Savepoint("s"); err != nil {
		t.Fatal(err)
	}
	run(at(1))
	if err := w.RollbackTo("s"); err != nil {
		t.Fatal(err)
	}
	e.Operations = append(e.Operations, run(at(1)), run(at(2)))
	shown := rowsOf(t, w.Conn, "SELECT * FROM t1")
	m.must(e)
	m.want(shown, "SELECT * FROM t1")
	m.want("8", "SELECT count(DISTINCT c2) FROM t1")
}
