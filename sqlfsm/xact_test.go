package sqlfsm

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/hashicorp/raft"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// drawXacts draws a range for a node and returns its first id.
func (m *machine) drawXacts(node string) int64 {
	m.t.Helper()
	return int64(m.must(control(raftlog.OpDrawXacts, types.TextValue(node))).Session)
}

func settle(id int64) *raftlog.Entry { return control(raftlog.OpSettleXact, types.IntValue(id)) }

// identified gives an entry a transaction id.
func identified(id int64, e *raftlog.Entry) *raftlog.Entry {
	e.Settings = raftlog.WithXact(e.Settings, id)
	return e
}

// fate returns what the newest state says of an id.
func (m *machine) fate(id int64) string {
	m.t.Helper()
	r, err := m.Reader(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	defer r.Release()
	fate, node, err := r.Xact(id)
	if err != nil {
		m.t.Fatal(err)
	}
	return map[XactFate]string{
		XactUndecided: "undecided", XactCommitted: "committed", XactAborted: "aborted", XactForgotten: "forgotten", XactFuture: "future",
	}[fate] + node
}

func (m *machine) wantFate(id int64, want string) {
	m.t.Helper()
	if got := m.fate(id); got != want {
		m.t.Errorf("transaction %d: got %s, want %s", id, got, want)
	}
}

func xactMachine(t *testing.T) *machine {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 INTEGER) STRICT")
	return m
}

// Ranges follow each other and lead back to their nodes.
func TestXactRanges(t *testing.T) {
	m := xactMachine(t)
	m.wantFate(3, "future")
	a, b := m.drawXacts("a"), m.drawXacts("b")
	if a != xactFirst || b != a+XactRangeSize {
		t.Fatalf("ranges begin at %d and %d", a, b)
	}
	m.reopen()
	c := m.drawXacts("a")
	for id, want := range map[int64]string{
		-1: "future", 0: "forgotten", 1: "committed", 2: "committed", a: "undecideda", b - 1: "undecideda", b: "undecidedb",
		c: "undecideda", c + XactRangeSize - 1: "undecideda", c + XactRangeSize: "future", math.MaxInt64: "future",
	} {
		m.wantFate(id, want)
	}
}

// Of an entry and the decision that its transaction was aborted the first in the
// log counts.
func TestFirstDecidesXact(t *testing.T) {
	m := xactMachine(t)
	id := m.drawXacts("a")
	insert := func(n int64) *raftlog.Entry { return entry(fmt.Sprintf("INSERT INTO t1 VALUES(%d, 0)", n)) }

	results := m.apply(settle(id), identified(id, insert(1)), identified(id+1, insert(2)), settle(id+1), settle(id+1))
	for i, want := range []raftlog.Status{raftlog.Applied, raftlog.Conflict, raftlog.Applied, raftlog.Applied, raftlog.Applied} {
		if results[i].Status != want {
			t.Errorf("entry %d: %v, want %v", i, results[i].Status, want)
		}
	}
	if got := results[1].Err; got == nil || got.Code != pgerr.SerializationFailure {
		t.Errorf("the late entry got %v", got)
	}
	m.want("2,0", "SELECT * FROM t1")
	m.wantFate(id, "aborted")
	m.wantFate(id+1, "committed")

	if r := m.apply(identified(id+1, insert(3)))[0]; r.Status != raftlog.ResultLost {
		t.Errorf("a committed transaction applies again: %v", r.Status)
	}
	if r := m.apply(identified(id+5*XactRangeSize, insert(3)))[0]; r.Status != raftlog.Conflict {
		t.Errorf("an id that was never drawn: %v", r.Status)
	}
	m.want("2,0", "SELECT * FROM t1")
	m.apply(settle(id + 5*XactRangeSize))
	m.wantFate(id+5*XactRangeSize, "future")
}

// The outcome is recorded with the effects, whatever they are. An entry that is
// to be planned again is not decided.
func TestXactOutcomes(t *testing.T) {
	m := xactMachine(t)
	s, id := m.session(), m.drawXacts("a")
	m.must(identified(id, &raftlog.Entry{}))
	m.wantFate(id, "committed")

	duplicate := identified(id+1, entry("INSERT INTO t1 VALUES(1, 0)", "INSERT INTO t1 VALUES(1, 0)"))
	if r := m.apply(duplicate)[0]; r.Status != raftlog.Failed {
		t.Errorf("duplicate key: %v", r.Status)
	}
	m.wantFate(id+1, "aborted")

	shown := identified(id+2, entry("INSERT INTO t1 VALUES(2, 0)"))
	shown.Operations[0].Expect = make([]byte, raftlog.DigestBytes)
	if r := m.apply(shown)[0]; r.Status != raftlog.Conflict {
		t.Errorf("another result than shown: %v", r.Status)
	}
	m.wantFate(id+2, "aborted")

	planned := identified(id+3, entry("INSERT INTO t1 VALUES(3, 0)"))
	planned.Dependencies = []raftlog.Dependency{{Relation: 0, Version: 99}}
	if r := m.apply(planned)[0]; r.Status != raftlog.SchemaChanged {
		t.Errorf("another schema: %v", r.Status)
	}
	m.wantFate(id+3, "undecideda")
	planned.Dependencies = nil
	m.must(planned)
	m.wantFate(id+3, "committed")

	// A resent request has its outcome from the Ledger, as ever.
	again := numbered(identified(id+4, entry("INSERT INTO t1 VALUES(4, 0)")), s, 1, 1)
	m.must(again)
	m.must(again)
	m.want("3,0;4,0", "SELECT * FROM t1")
	if r := m.apply(&raftlog.Entry{Settings: []raftlog.Setting{{Name: raftlog.XactSetting, Value: "x"}}})[0]; r.Status != raftlog.Failed {
		t.Errorf("an id that is no number: %v", r.Status)
	}
}

// Functions see the entry's id, in a workspace the same.
func TestXactInStatements(t *testing.T) {
	m := xactMachine(t)
	id := m.drawXacts("a")
	insert := "INSERT INTO t1 VALUES(1, pg_current_xact_id()), (2, pg_current_xact_id_if_assigned())"
	m.must(identified(id+7, entry(insert)))
	m.want(fmt.Sprintf("1,%d;2,%d", id+7, id+7), "SELECT * FROM t1")
	for _, sql := range []string{"UPDATE t1 SET c2 = pg_current_xact_id()", "DELETE FROM t1 WHERE pg_xact_status(4) = 'committed'"} {
		r := m.apply(entry(sql))[0]
		if r.Status != raftlog.Failed || r.Err.Code != pgerr.FeatureNotSupported {
			t.Errorf("%s without an id: %v %v", sql, r.Status, r.Err)
		}
	}
}

// What was answered stays true after it is forgotten.
func TestXactsAreForgotten(t *testing.T) {
	const hour = 3600 * 1_000_000
	m := xactMachine(t)
	id := m.drawXacts("a")
	m.must(identified(id, entry("INSERT INTO t1 VALUES(1, 0)")))
	m.must(settle(id + 1))
	expire := func() { m.must(control(raftlog.OpExpireSessions, types.IntValue(0))) }

	m.clock += 5 * hour
	expire()
	m.wantFate(id, "committed") // of the newest range, which stays
	m.must(identified(id+2, entry("INSERT INTO t1 VALUES(2, 0)")))
	m.must(settle(id + 3))
	m.drawXacts("b")
	for i, want := range []string{"forgotten", "forgotten", "committed", "aborted", "forgotten"} {
		m.wantFate(id+int64(i), want)
	}
	for i := range int64(5) {
		if i == 2 { // decided, and known
			continue
		}
		if r := m.apply(identified(id+i, entry("INSERT INTO t1 VALUES(9, 0)")))[0]; r.Status != raftlog.Conflict {
			t.Errorf("late entry %d: %v", i, r.Status)
		}
		m.must(settle(id + i))
	}
	m.want("1,0;2,0", "SELECT * FROM t1")
	m.wantFate(id+4, "forgotten")

	m.clock += 1 * hour
	expire()
	m.wantFate(id+2, "committed")
	m.clock += 2 * hour
	expire()
	m.wantFate(id+2, "forgotten")
	m.want("0,1", "SELECT (SELECT count(*) FROM polyreme_xact), (SELECT count(*) FROM polyreme_xact_range)")
}

// Drawing forgets more than it adds.
func TestXactTablesAreBounded(t *testing.T) {
	m := xactMachine(t)
	for range 4 {
		for range 3 {
			id := m.drawXacts("a")
			var entries []*raftlog.Entry
			for i := range int64(XactRangeSize) {
				entries = append(entries, identified(id+i, &raftlog.Entry{}))
			}
			m.apply(entries...)
		}
		m.clock += xactRangeLife + 1
	}
	m.drawXacts("a")
	m.drawXacts("a")
	m.want("0,2", "SELECT (SELECT count(*) FROM polyreme_xact), (SELECT count(*) FROM polyreme_xact_range)")
}

// How raft groups the log makes no difference.
func TestXactsInGroups(t *testing.T) {
	digests := map[string]int{}
	for _, size := range []int{1, 2, 50, 1000} {
		m := xactMachine(t)
		id := m.drawXacts("a")
		var logs []*raft.Log
		for i := range int64(300) {
			m.clock += xactRangeLife / 100
			e := identified(id+i%200, entry(fmt.Sprintf("INSERT INTO t1 VALUES(%d, pg_current_xact_id())", i/2)))
			logs = append(logs, m.log(e, settle(id+i*7%200)))
			if i%50 == 0 {
				logs = append(logs, m.log(control(raftlog.OpDrawXacts, types.TextValue("b"))))
			}
		}
		for len(logs) > 0 {
			n := min(size, len(logs))
			m.FSM().ApplyBatch(logs[:n])
			logs = logs[n:]
		}
		all, err := m.Digest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		digests[fmt.Sprint(all)] = size
	}
	if len(digests) != 1 {
		t.Errorf("digests differ: %v", digests)
	}
}

// A file from before these tables gets them when it is opened.
func TestXactTablesAreAdded(t *testing.T) {
	m := xactMachine(t)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.Open(sqlite.Config{Path: filepath.Join(m.dir, FileName)})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(conn.Exec("DROP TABLE polyreme_xact; DROP TABLE polyreme_xact_range"), conn.Close()); err != nil {
		t.Fatal(err)
	}
	m.open(m.config())
	id := m.drawXacts("a")
	m.must(identified(id, entry("INSERT INTO t1 VALUES(1, 0)")))
	m.wantFate(id, "committed")
}
