package sqlfsm

import (
	"fmt"
	"testing"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

func staged(stage uint64, from, to int) *raftlog.Entry {
	op := raftlog.Operation{Kind: raftlog.OpStageAppend, Stage: stage, Sets: to - from}
	for i := from; i < to; i++ {
		op.Params = append(op.Params, types.IntValue(int64(i)), types.TextValue(fmt.Sprint("row ", i)))
	}
	return &raftlog.Entry{Operations: []raftlog.Operation{op}}
}

func stageExec(stage uint64) *raftlog.Entry {
	return &raftlog.Entry{Operations: []raftlog.Operation{{
		Kind: raftlog.OpStageExec, Stage: stage, SQL: "INSERT INTO t1 VALUES(?1, ?2)", Counts: true,
	}}}
}

func TestStagedRowsArriveTogether(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 TEXT) STRICT")
	s := m.session()
	sequence := uint64(0)
	do := func(e *raftlog.Entry) raftlog.Result {
		sequence++
		return m.apply(numbered(e, s, 1, sequence))[0]
	}
	do(staged(1, 0, 100))
	do(staged(2, 0, 5))
	do(staged(1, 100, 150))
	m.want("0", "SELECT count(*) FROM t1")
	m.reopen()
	if r := do(stageExec(1)); r.Status != raftlog.Applied || r.Statements[0].Changed != 150 {
		t.Fatalf("%+v", r)
	}
	m.want("150,149,row 149", "SELECT count(*), max(c1), c2 FROM t1")
	r := do(stageExec(2)) // its rows are there already
	if got, want := describeRaw(t, r.Err), "23505 table=t1 column=c1 constraint= side= key= 0"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	do(&raftlog.Entry{Operations: []raftlog.Operation{{Kind: raftlog.OpStageDiscard, Stage: 2}}})
	m.want("0", "SELECT count(*) FROM polyreme_stage")
	if r := do(stageExec(2)); r.Status != raftlog.Failed || r.Err.Code != pgerr.ObjectNotInPrerequisiteState {
		t.Errorf("rows that are gone: %+v", r)
	}
}

func TestStagedRowsExpireByTheLogsClock(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 TEXT) STRICT")
	s := m.session()
	m.must(numbered(staged(1, 0, 3), s, 1, 1))
	m.clock += 3600 * 1_000_000
	m.must(numbered(staged(2, 0, 3), s, 1, 2)) // the session lives
	m.must(control(raftlog.OpExpireSessions, types.IntValue(m.clock-60*1_000_000)))
	m.want("2", "SELECT stage FROM polyreme_stage")
	m.clock += 3600 * 1_000_000
	m.must(control(raftlog.OpExpireSessions, types.IntValue(m.clock)))
	m.want("0", "SELECT count(*) FROM polyreme_stage")
	m.want("0", "SELECT count(*) FROM polyreme_session")
}

// TestExplanationEndsEarly: the rows after the refused one are not looked at again.
func TestExplanationEndsEarly(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 TEXT) STRICT", "CREATE INDEX i1 ON t1(c2)", "INSERT INTO t1 VALUES(3, 'three')")
	s := m.session()
	m.must(numbered(staged(1, 0, 1000), s, 1, 1))
	before := m.FSM().applier.writer.conn.TotalChanges()
	r := m.apply(numbered(stageExec(1), s, 1, 2))[0]
	if got, want := describeRaw(t, r.Err), "23505 table=t1 column=c1 constraint= side= key= 3"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if changes := m.FSM().applier.writer.conn.TotalChanges() - before; changes > 50 {
		t.Errorf("%d rows were changed to find the fourth", changes)
	}
}

// TestWorkspaceRunsStagedRows: a workspace whose state has the rows runs their
// statement, and the rows stay where they are.
func TestWorkspaceRunsStagedRows(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 TEXT) STRICT")
	s := m.session()
	m.must(numbered(staged(1, 0, 100), s, 1, 1))
	w, err := m.Workspace(t.Context(), WorkspaceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	result, err := w.Run(&stageExec(1).Operations[0])
	if err != nil || result.Changed != 100 {
		t.Errorf("%d rows, %v", result.Changed, err)
	}
	if got := rowsOf(t, w.Conn, "SELECT count(*), sum(c1) FROM t1"); got != "100,4950" {
		t.Errorf("the workspace has %s", got)
	}
	if r := m.apply(numbered(stageExec(1), s, 1, 2))[0]; r.Status != raftlog.Applied || r.Statements[0].Changed != 100 {
		t.Errorf("%+v", r)
	}
}
