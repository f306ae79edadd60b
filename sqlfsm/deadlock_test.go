package sqlfsm

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// TestDeadlocksAreThose compares the refusal of waiters with a plain search for
// circles, over random histories of a few clients and keys.
func TestDeadlocksAreThose(t *testing.T) {
	m := newMachine(t)
	r := rand.New(rand.NewPCG(1, 2))
	refused, queued := 0, 0
	for range 3000 {
		c := client(int64(r.IntN(7) + 1))
		lock := raftlog.AdvisoryLock{Key: int64(r.IntN(3)), Shared: r.IntN(2) == 0}
		if w := waitsFor(m.AdvisoryLocks(), c); w != nil { // a client that waits can only give up
			if r.IntN(4) == 0 {
				m.advise(raftlog.AdvisoryRelease, c, w.Lock)
			}
			continue
		}
		if r.IntN(3) == 0 {
			m.advise(raftlog.AdvisoryRelease, c, lock)
			continue
		}
		before := m.AdvisoryLocks()
		result := m.apply(advisoryEntry(raftlog.AdvisoryWait, c, lock))[0]
		switch {
		case result.Status == raftlog.Failed && result.Err.Code == pgerr.DeadlockDetected:
			refused++
			row := AdvisoryRow{ID: 1 << 40, Holder: c, Lock: lock, place: 1}
			for _, o := range before {
				if o.Holder == c && o.Lock.Key == lock.Key {
					row.place = 0
				}
			}
			if !inCircle(append(before, row), c) {
				t.Fatalf("refused without a circle: %v asks for %v among %v", c, lock, before)
			}
		case result.Status != raftlog.Applied:
			t.Fatalf("%v %v", result.Status, result.Err)
		case result.Statements[0].Changed == raftlog.AdvisoryQueued:
			queued++
			if inCircle(m.AdvisoryLocks(), c) {
				t.Fatalf("waits for ever: %v asks for %v among %v", c, lock, before)
			}
		}
	}
	if refused < 50 || queued < 50 {
		t.Errorf("%d refused, %d queued: the test shows little", refused, queued)
	}
}

func waitsFor(rows []AdvisoryRow, c raftlog.AdvisoryHolder) *AdvisoryRow {
	for i := range rows {
		if rows[i].Holder == c && !rows[i].Granted {
			return &rows[i]
		}
	}
	return nil
}

// inCircle tells whether c waits, directly or not, for itself.
func inCircle(rows []AdvisoryRow, c raftlog.AdvisoryHolder) bool {
	slices.SortFunc(rows, func(a, b AdvisoryRow) int {
		if a.Granted != b.Granted {
			return map[bool]int{true: -1, false: 1}[a.Granted]
		}
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.ID, b.ID))
	})
	seen := map[raftlog.AdvisoryHolder]bool{}
	var visit func(h raftlog.AdvisoryHolder) bool
	visit = func(h raftlog.AdvisoryHolder) bool {
		for i, w := range rows {
			if w.Holder != h || w.Granted {
				continue
			}
			for j, o := range rows {
				if o.Lock.Key != w.Lock.Key || j >= i || !blocks(&o, &w) {
					continue
				}
				if o.Holder == c {
					return true
				}
				if !seen[o.Holder] {
					seen[o.Holder] = true
					if visit(o.Holder) {
						return true
					}
				}
			}
		}
		return false
	}
	return visit(c)
}

// TestLongQueue: as many waiters as a node has clients, each of whom is checked.
func TestLongQueue(t *testing.T) {
	m := newMachine(t)
	const clients = 1000
	for i := range int64(clients) {
		m.advise(raftlog.AdvisoryWait, client(i+1), exclusive(1))
	}
	for i := range int64(clients) {
		if n := m.advise(raftlog.AdvisoryRelease, client(i+1), exclusive(1)); n != 1 {
			t.Fatalf("client %d released %d locks", i+1, n)
		}
	}
	if got := m.locks(); got != "" {
		t.Errorf("locks %s", got)
	}
}

// TestAdvisoryViewReplaced: a snapshot that is installed tells who has lost what
// it had, and wakes who waited.
func TestAdvisoryViewReplaced(t *testing.T) {
	var told []raftlog.AdvisoryHolder
	v := advisoryView{waiting: map[advisoryID]chan struct{}{}, ended: func(h raftlog.AdvisoryHolder) { told = append(told, h) }}
	kept := AdvisoryRow{ID: 1, Holder: client(1), Lock: exclusive(1), Granted: true}
	lost := AdvisoryRow{ID: 2, Holder: client(2), Lock: exclusive(2)}
	v.replace([]AdvisoryRow{kept, lost})
	woken := make(chan struct{})
	v.waiting[advisoryID{lost.Holder, lost.Lock}] = woken
	v.replace([]AdvisoryRow{kept})
	if len(told) != 1 || told[0] != lost.Holder {
		t.Errorf("told %v", told)
	}
	select {
	case <-woken:
	default:
		t.Error("the waiter was not woken")
	}
}
