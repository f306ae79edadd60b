package sqlfsm

import (
	"testing"

	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// TestDeferConstraints: an entry that defers its foreign keys has them checked at its
// end, and the entries after it are not concerned.
func TestDeferConstraints(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY) STRICT",
		"CREATE TABLE t2(c1 INTEGER PRIMARY KEY, c2 INTEGER, CONSTRAINT f7 FOREIGN KEY(c2) REFERENCES t1(c1)) STRICT")
	results := m.apply(
		entry(DeferConstraints, "INSERT INTO t2 VALUES(1, 1)", "INSERT INTO t1 VALUES(1)"),
		entry("INSERT INTO t2 VALUES(2, 2)", "INSERT INTO t1 VALUES(2)"),
		entry(DeferConstraints, "INSERT INTO t2 VALUES(3, 3)", "INSERT INTO t2 VALUES(4, 1)"),
		entry("INSERT INTO t2 VALUES(5, 1)", "INSERT INTO t2 VALUES(6, 6)"),
	)
	for i, want := range []raftlog.Status{raftlog.Applied, raftlog.Failed, raftlog.Failed, raftlog.Failed} {
		if got := results[i]; got.Status != want {
			t.Errorf("entry %d: %v %v, want %v", i, got.Status, got.Err, want)
		}
	}
	for _, i := range []int{1, 2, 3} {
		if e := results[i].Err; e == nil || e.Code != pgerr.ForeignKeyViolation || e.Constraint != "f7" {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
	m.want("1,1", "SELECT * FROM t2")
}
