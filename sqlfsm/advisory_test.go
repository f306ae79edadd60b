package sqlfsm

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// client is a holder of advisory locks in tests.
func client(n int64) raftlog.AdvisoryHolder {
	return raftlog.AdvisoryHolder{Node: "n1", Run: 1, Session: n}
}

func exclusive(key int64) raftlog.AdvisoryLock { return raftlog.AdvisoryLock{Key: key} }
func shared(key int64) raftlog.AdvisoryLock    { return raftlog.AdvisoryLock{Key: key, Shared: true} }

// temporary is the lock of the schema pg_temp_<n>.
func temporary(n int64) raftlog.AdvisoryLock { return raftlog.AdvisoryLock{Key: n, Temporary: true} }

func advisoryEntry(action raftlog.AdvisoryAction, h raftlog.AdvisoryHolder, locks ...raftlog.AdvisoryLock) *raftlog.Entry {
	a := raftlog.Advisory{Action: action, Holder: h, PID: 100 + h.Session, Locks: locks}
	return &raftlog.Entry{Operations: []raftlog.Operation{a.Operation()}}
}

// advise applies an operation and returns its answer.
func (m *machine) advise(action raftlog.AdvisoryAction, h raftlog.AdvisoryHolder, locks ...raftlog.AdvisoryLock) int64 {
	m.t.Helper()
	return m.must(advisoryEntry(action, h, locks...)).Statements[0].Changed
}

// locks lists who has what and who waits, in the order of asking.
func (m *machine) locks() string {
	m.t.Helper()
	return m.rows("SELECT session, key, shared, 1 - waiting FROM polyreme_advisory ORDER BY id")
}

func TestAdvisoryModes(t *testing.T) {
	const try, wait, release = raftlog.AdvisoryTry, raftlog.AdvisoryWait, raftlog.AdvisoryRelease
	const refused, granted, queued = raftlog.AdvisoryRefused, raftlog.AdvisoryGranted, raftlog.AdvisoryQueued
	type step struct {
		action raftlog.AdvisoryAction
		client int64
		lock   raftlog.AdvisoryLock
		want   int64
	}
	for name, steps := range map[string][]step{
		"exclusive excludes": {{try, 1, exclusive(1), granted}, {try, 2, exclusive(1), refused}, {try, 2, shared(1), refused}},
		"shared is shared":   {{try, 1, shared(1), granted}, {try, 2, shared(1), granted}, {try, 3, exclusive(1), refused}},
		"again":              {{try, 1, exclusive(1), granted}, {wait, 1, exclusive(1), granted}},
		"both modes":         {{try, 1, exclusive(1), granted}, {try, 1, shared(1), granted}, {release, 1, exclusive(1), 1}, {try, 2, shared(1), granted}},
		"pair is another":    {{try, 1, exclusive(1), granted}, {try, 2, raftlog.AdvisoryLock{Key: 1, Pair: true}, granted}},
		"temporary is another": {
			{try, 1, exclusive(1), granted},
			{try, 2, temporary(1), granted},
			{try, 3, temporary(1), refused},
			{release, 2, temporary(1), 1},
			{try, 3, temporary(1), granted},
			{try, 3, exclusive(1), refused},
		},
		"no overtaking":     {{try, 1, shared(1), granted}, {wait, 2, exclusive(1), queued}, {try, 3, shared(1), refused}, {wait, 3, shared(1), queued}},
		"upgrade overtakes": {{try, 1, shared(1), granted}, {wait, 2, exclusive(1), queued}, {wait, 1, exclusive(1), granted}},
		"not held":          {{release, 1, exclusive(1), 0}, {try, 2, exclusive(1), granted}, {release, 1, exclusive(1), 0}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			for i, s := range steps {
				if got := m.advise(s.action, client(s.client), s.lock); got != s.want {
					t.Errorf("step %d answered %d, want %d", i, got, s.want)
				}
			}
		})
	}
}

func TestAdvisoryQueueIsInOrder(t *testing.T) {
	m := newMachine(t)
	m.advise(raftlog.AdvisoryWait, client(1), exclusive(7))
	m.advise(raftlog.AdvisoryWait, client(2), exclusive(7))
	m.advise(raftlog.AdvisoryWait, client(3), shared(7))
	m.advise(raftlog.AdvisoryWait, client(4), shared(7))
	m.advise(raftlog.AdvisoryWait, client(5), exclusive(7))
	m.advise(raftlog.AdvisoryRelease, client(1), exclusive(7))
	if got := m.locks(); got != "2,7,0,1;3,7,1,0;4,7,1,0;5,7,0,0" {
		t.Errorf("after the first release: %s", got)
	}
	m.advise(raftlog.AdvisoryRelease, client(3), shared(7)) // gives up
	m.advise(raftlog.AdvisoryEnd, client(2))
	if got := m.locks(); got != "4,7,1,1;5,7,0,0" {
		t.Errorf("after the second: %s", got)
	}
	m.advise(raftlog.AdvisoryEnd, raftlog.AdvisoryHolder{Node: "n2"})
	m.advise(raftlog.AdvisoryEnd, raftlog.AdvisoryHolder{Node: "n1", Run: 2})
	if got := m.locks(); got != "4,7,1,1;5,7,0,0" {
		t.Errorf("after the end of others: %s", got)
	}
	m.advise(raftlog.AdvisoryEnd, raftlog.AdvisoryHolder{Node: "n1"})
	if got := m.locks(); got != "" {
		t.Errorf("after the end of the node: %s", got)
	}
}

func TestAdvisoryDeadlock(t *testing.T) {
	m := newMachine(t)
	for i := range int64(3) {
		m.advise(raftlog.AdvisoryWait, client(i+1), exclusive(i+1))
	}
	m.advise(raftlog.AdvisoryWait, client(1), exclusive(2))
	m.advise(raftlog.AdvisoryWait, client(2), exclusive(3))
	r := m.apply(advisoryEntry(raftlog.AdvisoryWait, client(3), exclusive(1)))[0]
	if r.Status != raftlog.Failed || r.Err.Code != pgerr.DeadlockDetected {
		t.Fatalf("the circle is closed with %v %+v", r.Status, r.Err)
	}
	want := "Process 103 waits for ExclusiveLock on advisory lock [5,0,1,1]; blocked by process 101.\n" +
		"Process 101 waits for ExclusiveLock on advisory lock [5,0,2,1]; blocked by process 102.\n" +
		"Process 102 waits for ExclusiveLock on advisory lock [5,0,3,1]; blocked by process 103."
	if r.Err.Detail != want {
		t.Errorf("detail\n%s\nwant\n%s", r.Err.Detail, want)
	}
	m.advise(raftlog.AdvisoryRelease, client(3), exclusive(3))
	if got := m.locks(); got != "1,1,0,1;2,2,0,1;1,2,0,0;2,3,0,1" {
		t.Errorf("locks %s", got)
	}
}

func TestAdvisoryGuard(t *testing.T) {
	m := newMachine(t)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY) STRICT")
	guard := advisoryEntry(raftlog.AdvisoryGuard, client(1)).Operations[0]
	write := func(value string) raftlog.Result {
		e := entry("INSERT INTO t1 VALUES("+value+")", "SELECT 1")
		e.Operations = append(e.Operations, guard)
		return m.apply(e)[0]
	}
	refused := func(r raftlog.Result) {
		t.Helper()
		if r.Status != raftlog.Failed || r.Err.Code != pgerr.AdminShutdown || r.Err.Severity != "FATAL" {
			t.Errorf("status %v, %+v", r.Status, r.Err)
		}
	}
	refused(write("1"))
	m.advise(raftlog.AdvisoryWait, client(2), exclusive(1))
	m.advise(raftlog.AdvisoryWait, client(1), exclusive(1))
	refused(write("2")) // to wait is not to have
	m.advise(raftlog.AdvisoryRelease, client(2), exclusive(1))
	if r := write("3"); r.Status != raftlog.Applied || len(r.Statements) != 2 || r.Statements[0].Changed != 1 {
		t.Errorf("result %+v", r)
	}
	m.advise(raftlog.AdvisoryEnd, client(1))
	refused(write("4"))
	more := advisoryEntry(raftlog.AdvisoryTry, client(1), exclusive(2))
	more.Operations[0].Params[5] = types.IntValue(1) // it believes to have the first
	refused(m.apply(more)[0])
	m.want("3", "SELECT c1 FROM t1")
	if got := m.locks(); got != "" {
		t.Errorf("locks %s", got)
	}
}

// TestAdvisorySameLogSameLocks: machines that apply the same log in groups of
// another size, with restarts between them, have the same locks.
func TestAdvisorySameLogSameLocks(t *testing.T) {
	a, b := newMachine(t), newMachine(t)
	session := a.session()
	b.session()
	for i := range int64(300) {
		n := i * 7919 % 101
		lock := raftlog.AdvisoryLock{Key: n % 5, Shared: n%3 == 0}
		action := raftlog.AdvisoryAction(1 + n%4)
		e := numbered(advisoryEntry(action, client(n%11+1), lock), session, 0, uint64(i+1))
		x := a.apply(e)[0]
		again := a.apply(e)[0] // a request that is sent again is answered and not applied
		y := b.apply(e)[0]
		b.apply(&raftlog.Entry{Operations: []raftlog.Operation{{Kind: raftlog.OpNoop}}})
		if d := cmp.Diff(x, y, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("entry %d: %s", i, d)
		}
		if d := cmp.Diff(x, again, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("entry %d when sent again: %s", i, d)
		}
		if i%50 == 0 {
			b.reopen()
		}
		if x, y := a.locks(), b.locks(); x != y {
			t.Fatalf("after entry %d: %s and %s", i, x, y)
		}
	}
	if d := cmp.Diff(a.AdvisoryLocks(), b.AdvisoryLocks(), cmp.AllowUnexported(AdvisoryRow{})); d != "" {
		t.Errorf("views differ: %s", d)
	}
	if a.locks() == "" {
		t.Error("no lock is left: the test shows nothing")
	}
}

func TestAdvisoryMalformed(t *testing.T) {
	m := newMachine(t)
	r := m.apply(&raftlog.Entry{Operations: []raftlog.Operation{{Kind: raftlog.OpAdvisory}}})[0]
	if r.Status != raftlog.Failed || !strings.Contains(r.Err.Message, "not understood") {
		t.Errorf("%v %+v", r.Status, r.Err)
	}
}

func TestWaitAdvisory(t *testing.T) {
	m := newMachine(t)
	var ended []raftlog.AdvisoryHolder
	m.WatchAdvisory(func(h raftlog.AdvisoryHolder) {
		ended = append(ended, h)
		// Who waits for an index finds the locks as they are there.
		if got := m.AppliedIndex(); uint64(got) >= m.index {
			t.Errorf("the index %d is published before the locks", got)
		}
	})
	m.advise(raftlog.AdvisoryWait, client(1), exclusive(1))
	m.advise(raftlog.AdvisoryWait, client(2), exclusive(1))
	m.advise(raftlog.AdvisoryWait, client(3), exclusive(1))
	wait := func(ctx context.Context, n int64) chan error {
		done := make(chan error, 1)
		index := m.AppliedIndex()
		go func() { done <- m.WaitAdvisory(ctx, nil, index, client(n), exclusive(1)) }()
		return done
	}
	ctx, cancel := context.WithCancel(t.Context())
	second, third := wait(t.Context(), 2), wait(ctx, 3)
	if err := <-wait(t.Context(), 1); err != nil {
		t.Errorf("a lock that is held: %v", err)
	}
	m.advise(raftlog.AdvisoryRelease, client(1), exclusive(1))
	if err := <-second; err != nil {
		t.Errorf("the next: %v", err)
	}
	cancel()
	if err := <-third; !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	third = wait(t.Context(), 3)
	m.advise(raftlog.AdvisoryEnd, raftlog.AdvisoryHolder{Node: "n1"})
	if err := <-third; !errors.Is(err, ErrAdvisoryLost) {
		t.Errorf("lost: %v", err)
	}
	if len(ended) != 2 || ended[0] != client(2) || ended[1] != client(3) {
		t.Errorf("told of %v", ended)
	}
	if got := m.AdvisoryNodes(); len(got) != 0 {
		t.Errorf("nodes %v", got)
	}
}
