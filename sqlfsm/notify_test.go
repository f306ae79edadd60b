package sqlfsm

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/raft"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// hearing makes the machine tell what it notifies, as channel:payload.
func hearing(t *testing.T) (*machine, *[]string) {
	t.Helper()
	m := &machine{t: t, dir: t.TempDir(), clock: 1_000_000}
	heard := &[]string{}
	m.open(m.hear(heard))
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY) STRICT")
	return m, heard
}

func (m *machine) hear(heard *[]string) Config {
	config := m.config()
	config.OnNotify = func(sent []Notification) {
		for _, n := range sent {
			*heard = append(*heard, fmt.Sprintf("%s:%s", n.Channel, n.Payload))
		}
	}
	return config
}

// notify is a statement that sends payloads on channel c.
func notify(payloads ...string) string {
	calls := make([]string, len(payloads))
	for i, p := range payloads {
		calls[i] = "pg_notify('c', '" + p + "')"
	}
	return "SELECT " + strings.Join(calls, ", ")
}

func wantHeard(t *testing.T, heard *[]string, want ...string) {
	t.Helper()
	for i := range want {
		want[i] = "c:" + want[i]
	}
	if !slices.Equal(*heard, want) {
		t.Errorf("heard %q, want %q", *heard, want)
	}
	*heard = nil
}

func TestNotifyInOrder(t *testing.T) {
	m, heard := hearing(t)
	m.apply(
		entry(notify("1", "2", "1"), "INSERT INTO t1 VALUES(1)", notify("3", "2")),
		entry("INSERT INTO t1 VALUES(2)"),
		entry(notify("1")), // another transaction says it again
	)
	wantHeard(t, heard, "1", "2", "3", "1")
	m.FSM().ApplyBatch([]*raft.Log{m.log(entry(notify("4"))), m.log(entry(notify("5")))})
	wantHeard(t, heard, "4", "5")
}

// TestNotifyIsForgotten: what does not commit notifies nobody.
func TestNotifyIsForgotten(t *testing.T) {
	m, heard := hearing(t)
	m.must(entry("INSERT INTO t1 VALUES(1)"))
	conflicting := entry(notify("conflict"), "SELECT c1 FROM t1")
	conflicting.Operations[1].Expect = make([]byte, raftlog.DigestBytes)
	outdated := entry(notify("outdated"))
	outdated.Dependencies = []raftlog.Dependency{{Relation: 16384, Version: 9}}
	results := m.apply(
		entry(notify("before")),
		entry(notify("failed"), "INSERT INTO t1 VALUES(1)"),
		conflicting,
		outdated,
		entry(notify("after")),
	)
	for i, want := range []raftlog.Status{raftlog.Applied, raftlog.Failed, raftlog.Conflict, raftlog.SchemaChanged, raftlog.Applied} {
		if results[i].Status != want {
			t.Errorf("entry %d: %v, want %v", i, results[i].Status, want)
		}
	}
	wantHeard(t, heard, "before", "after")
}

// TestNotifyOnce: an entry that is sent again, replayed or run again because
// SQLite undid its group does not notify again.
func TestNotifyOnce(t *testing.T) {
	m, heard := hearing(t)
	session := m.session()
	m.must(numbered(entry(notify("once")), session, 0, 1))
	m.must(numbered(entry(notify("once")), session, 0, 1))
	wantHeard(t, heard, "once")
	log := m.log(entry(notify("replayed")))
	m.FSM().Apply(log)
	m.FSM().Apply(log)
	wantHeard(t, heard, "replayed")

	config := m.hear(heard)
	config.stepsMax = 20_000
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	m.open(config)
	wantHeard(t, heard)
	endless := entry("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) INSERT INTO t1 SELECT x FROM c")
	results := m.apply(entry(notify("one")), endless, entry(notify("two")))
	if results[1].Status != raftlog.Failed {
		t.Errorf("the endless entry: %v", results[1].Status)
	}
	wantHeard(t, heard, "one", "two")
}

func TestNotifyNamesItsSender(t *testing.T) {
	m := &machine{t: t, dir: t.TempDir(), clock: 1_000_000}
	config := m.config()
	var heard []Notification
	config.OnNotify = func(sent []Notification) { heard = append(heard, sent...) }
	m.open(config)
	for _, settings := range [][]raftlog.Setting{
		{{Name: raftlog.SenderSetting, Value: "4711"}},
		{{Name: raftlog.DrawsSetting, Value: "0"}, {Name: raftlog.SenderSetting, Value: "4712"}},
		nil,
	} {
		e := entry(notify("x"))
		e.Settings = settings
		m.must(e)
	}
	for i, want := range []uint32{4711, 4712, 0} {
		if heard[i].PID != want {
			t.Errorf("notification %d is from %d, want %d", i, heard[i].PID, want)
		}
	}
	e := entry(notify("x"))
	e.Settings = []raftlog.Setting{{Name: raftlog.SenderSetting, Value: "nobody"}}
	if r := m.apply(e)[0]; r.Status != raftlog.Failed || r.Err.Code != pgerr.ProtocolViolation {
		t.Errorf("an unreadable sender: %v %v", r.Status, r.Err)
	}
}

// TestNotifyInAWorkspace: nothing is sent before the log has decided, and a
// query beside the transaction cannot send at all.
func TestNotifyInAWorkspace(t *testing.T) {
	m, heard := hearing(t)
	w, err := m.Workspace(t.Context(), WorkspaceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	op := raftlog.Operation{Kind: raftlog.OpExec, SQL: notify("x"), Returns: true}
	result, err := w.Run(&op)
	if err != nil {
		t.Fatal(err)
	}
	wantHeard(t, heard)
	if _, err := w.Conn.QueryText(notify("x")); pgerr.Code(err) != pgerr.FeatureNotSupported {
		t.Errorf("beside the transaction: %v", err)
	}
	op.Expect = result.Digest
	m.must(&raftlog.Entry{Operations: []raftlog.Operation{op}})
	wantHeard(t, heard, "x")
}

func TestNotifyLimits(t *testing.T) {
	m, heard := hearing(t)
	many := func(n int) *raftlog.Entry {
		e := entry("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?1) SELECT pg_notify('c', x || ?2) FROM c")
		e.Operations[0].Params = []types.Value{types.IntValue(int64(n)), types.TextValue(strings.Repeat("x", 7900))}
		return e
	}
	m.must(many(1000))
	if len(*heard) != 1000 {
		t.Errorf("%d notifications", len(*heard))
	}
	*heard = nil
	if r := m.apply(many(1100))[0]; r.Status != raftlog.Failed || r.Err.Code != pgerr.ProgramLimitExceeded {
		t.Errorf("too many: %v %v", r.Status, r.Err)
	}
	m.must(entry(notify("again")))
	wantHeard(t, heard, "again")
}
