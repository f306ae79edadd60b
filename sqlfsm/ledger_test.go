package sqlfsm

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hashicorp/raft"

	"polyreme/pgsql/types"
	"polyreme/raftlog"
)

func control(kind raftlog.OpKind, params ...types.Value) *raftlog.Entry {
	return &raftlog.Entry{Operations: []raftlog.Operation{{Kind: kind, Params: params}}}
}

func counter(m *machine) {
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, n INTEGER) STRICT", "INSERT INTO t1 VALUES(1, 0)")
}

func increment() *raftlog.Entry {
	e := entry("UPDATE t1 SET n = n + 1 RETURNING n")
	e.Operations[0].Returns = true
	return e
}

// Thesis §6.3: the state machine answers a repeated request without executing
// it again.
func TestRequestTakesEffectOnce(t *testing.T) {
	m := newMachine(t)
	counter(m)
	s := m.session()
	first := m.must(numbered(increment(), s, 1, 1))
	for range 2 {
		again := m.must(numbered(increment(), s, 1, 1))
		if got, want := string(again.Statements[0].Rows.Data), string(first.Statements[0].Rows.Data); got != want {
			t.Errorf("answered %x, first %x", got, want)
		}
	}
	// Twice in one raft entry, and after a restart.
	if r := m.apply(numbered(increment(), s, 2, 1), numbered(increment(), s, 2, 1)); r[1].Status != raftlog.Applied {
		t.Errorf("second of a pair: %v", r[1].Status)
	}
	m.want("2", "SELECT n FROM t1")
	m.reopen()
	if r := m.must(numbered(increment(), s, 2, 1)); r.Statements[0].Changed != 1 {
		t.Errorf("answer after restart %+v", r)
	}
	m.must(numbered(increment(), s, 1, 2))
	if r := m.apply(numbered(increment(), s, 1, 1))[0]; r.Status != raftlog.Stale {
		t.Errorf("old request: %v", r.Status)
	}
	if r := m.apply(numbered(increment(), s+1, 1, 1))[0]; r.Status != raftlog.SessionExpired {
		t.Errorf("unknown session: %v", r.Status)
	}
	m.want("3", "SELECT n FROM t1")
}

func TestFailureIsRemembered(t *testing.T) {
	m := newMachine(t)
	counter(m)
	s := m.session()
	insert := func() *raftlog.Entry { return numbered(entry("INSERT INTO t1 VALUES(1, 5)"), s, 1, 1) }
	if r := m.apply(insert())[0]; r.Status != raftlog.Failed {
		t.Fatalf("duplicate: %v", r.Status)
	}
	m.must(entry("DELETE FROM t1"))
	if r := m.apply(insert())[0]; r.Status != raftlog.Failed || r.Err == nil {
		t.Errorf("asked again: %v", r.Status)
	}
	m.want("0", "SELECT count(*) FROM t1")
}

func TestFence(t *testing.T) {
	m := newMachine(t)
	counter(m)
	s := m.session()
	m.must(numbered(increment(), s, 1, 1))
	if r := m.apply(numbered(control(raftlog.OpFence), s, 1, 1))[0]; r.Status != raftlog.Applied || len(r.Statements) != 1 {
		t.Errorf("fence after the request: %+v", r)
	}
	if r := m.apply(numbered(control(raftlog.OpFence), s, 1, 2))[0]; r.Status != raftlog.Fenced {
		t.Errorf("fence before the request: %v", r.Status)
	}
	if r := m.apply(numbered(increment(), s, 1, 2))[0]; r.Status != raftlog.Fenced {
		t.Errorf("request after its fence: %v", r.Status)
	}
	m.must(numbered(increment(), s, 1, 3))
	m.want("2", "SELECT n FROM t1")
}

func TestLargeOutcomeIsLostButNotRepeated(t *testing.T) {
	m := newMachine(t)
	counter(m)
	s := m.session()
	big := func() *raftlog.Entry {
		e := entry("UPDATE t1 SET n = n + 1 RETURNING zeroblob(100000)")
		e.Operations[0].Returns = true
		return numbered(e, s, 1, 1)
	}
	if r := m.must(big()); len(r.Statements[0].Rows.Data) < 100000 {
		t.Errorf("first answer has %d bytes", len(r.Statements[0].Rows.Data))
	}
	if r := m.apply(big())[0]; r.Status != raftlog.ResultLost {
		t.Errorf("asked again: %v", r.Status)
	}
	m.want("1", "SELECT n FROM t1")
}

func TestSessionsExpireByTheLogsClock(t *testing.T) {
	m := newMachine(t)
	counter(m)
	old := m.session()
	m.must(numbered(increment(), old, 1, 1))
	m.clock += 3600 * 1_000_000
	kept := m.session()
	m.must(numbered(increment(), kept, 1, 1))
	m.must(control(raftlog.OpExpireSessions, types.IntValue(m.clock-60*1_000_000)))
	if r := m.apply(numbered(increment(), old, 1, 2))[0]; r.Status != raftlog.SessionExpired {
		t.Errorf("expired session: %v", r.Status)
	}
	m.must(numbered(increment(), kept, 1, 2))
	m.want("3", "SELECT n FROM t1")
	m.want(fmt.Sprint(kept), "SELECT id FROM polyreme_session")
	m.want("1", "SELECT count(*) FROM polyreme_outcome")
	m.clock += 3600 * 1_000_000
	m.must(numbered(control(raftlog.OpNoop), kept, 1, 3)) // keeps it alive
	m.must(control(raftlog.OpExpireSessions, types.IntValue(m.clock-60*1_000_000)))
	m.must(numbered(increment(), kept, 1, 4))
}

// What the Ledger holds after a restart is what it held before, and rows of
// outcomes are there exactly as long as a lane needs them.
func TestLedgerInMemoryEqualsLedgerInFile(t *testing.T) {
	m := newMachine(t)
	counter(m)
	rng := rand.New(rand.NewPCG(1, 2))
	sessions := []uint64{m.session(), m.session()}
	sequences := map[string]uint64{}
	for range 200 {
		var batch []*raftlog.Entry
		for range 1 + rng.IntN(8) {
			s, lane := sessions[rng.IntN(2)], uint32(rng.IntN(6))
			key := fmt.Sprint(s, lane)
			sequences[key] += uint64(rng.IntN(2))
			batch = append(batch, numbered(increment(), s, lane, sequences[key]))
		}
		m.apply(batch...)
	}
	describe := func() string {
		l := m.fsm.applier.ledger
		var b strings.Builder
		for _, s := range sessions {
			for lane := range uint32(6) {
				fmt.Fprintln(&b, s, lane, l.sessions[s].lanes[lane])
			}
		}
		fmt.Fprintln(&b, len(l.uses), m.rows("SELECT count(*) FROM polyreme_outcome"))
		return b.String()
	}
	before := describe()
	m.reopen()
	if after := describe(); after != before {
		t.Errorf("before restart\n%s\nafter\n%s", before, after)
	}
}

// Raft may hand the same log over in groups of any size.
func TestGroupingDoesNotMatter(t *testing.T) {
	digests := map[string]string{}
	for _, size := range []int{1, 7, 100} {
		m := newMachine(t)
		counter(m)
		m.session()
		s := raftlog.SessionID(2, 0)
		rng := rand.New(rand.NewPCG(3, 4))
		var logs []*raft.Log
		for i := range 100 {
			e := numbered(increment(), s, uint32(rng.IntN(5)), uint64(i+1))
			if i%9 == 0 {
				e = numbered(entry("INSERT INTO t1 VALUES(1, 1)"), s, 1, uint64(i+1))
			}
			logs = append(logs, m.log(e, increment()))
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
		digests[fmt.Sprint(all)] = fmt.Sprint(size)
	}
	if len(digests) != 1 {
		t.Errorf("digests differ: %v", digests)
	}
}

func FuzzDecodeOutcome(f *testing.F) {
	l := &ledger{sessions: map[uint64]*session{5: {lanes: map[uint32]lane{}}}, uses: map[raftlog.Index]int{}}
	l.begin(9)
	l.record(raftlog.RequestID{Session: 5, Lane: 3, Sequence: 70}, &raftlog.Result{Status: raftlog.Applied})
	f.Add(l.pending, 0)
	f.Add([]byte{}, 0)
	f.Fuzz(func(t *testing.T, blob []byte, offset int) {
		if offset < 0 || offset > len(blob) {
			return
		}
		_, outcome, next, err := decodeOutcome(blob, offset)
		if err == nil && (next <= offset || next > len(blob) || len(outcome) > len(blob)) {
			t.Errorf("outcome of %d bytes ends at %d of %d", len(outcome), next, len(blob))
		}
	})
}
