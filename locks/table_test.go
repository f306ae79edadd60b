package locks

import (
	"context"
	"testing"
	"testing/synctest"
)

func row(n int64) Key { return Key{Relation: 16384, Row: n} }

func owner(n uint64) Owner { return Owner{"n1", n} }

// TestConflicts checks every pair of modes: what one holds another may have or
// not, whichever comes first.
func TestConflicts(t *testing.T) {
	for a := range modes {
		for b := range modes {
			if (a < AccessShare) != (b < AccessShare) {
				continue
			}
			key := Key{Relation: 1, Whole: a >= AccessShare}
			table := NewTable()
			table.Acquire(t.Context(), owner(1), Claim{Items: []Item{{key, a}}, Wait: Fail})
			got := table.Acquire(t.Context(), owner(2), Claim{Items: []Item{{key, b}}, Wait: Fail}).Outcome
			want := Granted
			if conflicts[a]&b.bit() != 0 {
				want = Busy
			}
			if got != want || (conflicts[a]&b.bit() != 0) != (conflicts[b]&a.bit() != 0) {
				t.Errorf("%v then %v: %v, want %v", a, b, got, want)
			}
			if again := table.Acquire(t.Context(), owner(1), Claim{Items: []Item{{key, b}}, Wait: Fail}); got == Busy && again.Outcome != Granted {
				t.Errorf("the owner of %v does not get %v", a, b)
			}
		}
	}
}

func TestFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := NewTable()
		table.Acquire(t.Context(), owner(1), Claim{Items: []Item{{row(1), ForUpdate}}, Wait: Block})
		got := make(chan uint64, 8)
		for i := uint64(2); i <= 5; i++ {
			go func() {
				g := table.Acquire(t.Context(), owner(i), Claim{Items: []Item{{row(1), ForUpdate}}, Wait: Block})
				if g.Outcome != Granted || !g.Waited || g.AsNewAs < 40 {
					t.Errorf("%d: %+v", i, g)
				}
				got <- i
				table.Release(owner(i), 40)
			}()
			synctest.Wait()
		}
		// A reader does not overtake those who wait.
		if g := table.Acquire(t.Context(), owner(9), Claim{Items: []Item{{row(1), ForShare}}, Wait: Fail}); g.Outcome != Busy {
			t.Errorf("a share lock overtakes: %+v", g)
		}
		table.Release(owner(1), 49)
		for want := uint64(2); want <= 5; want++ {
			if i := <-got; i != want {
				t.Errorf("%d was served, want %d", i, want)
			}
		}
		synctest.Wait()
		if n := len(table.locks); n != 0 {
			t.Errorf("%d locks are left", n)
		}
	})
}

func TestDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := NewTable()
		for i := range uint64(3) {
			table.Acquire(t.Context(), owner(i), Claim{Items: []Item{{row(int64(i)), ForUpdate}}, Wait: Block})
		}
		done := make(chan Grant, 3)
		for i := range uint64(2) {
			go func() {
				done <- table.Acquire(t.Context(), owner(i), Claim{Items: []Item{{row(int64(i) + 1), ForUpdate}}, Wait: Block})
			}()
			synctest.Wait()
		}
		if g := table.Acquire(t.Context(), owner(2), Claim{Items: []Item{{row(0), ForUpdate}}, Wait: Block}); g.Outcome != Deadlock {
			t.Errorf("%+v", g)
		}
		table.Release(owner(2), 0)
		if g := <-done; g.Outcome != Granted {
			t.Errorf("%+v", g)
		}
		table.Release(owner(1), 0)
		if g := <-done; g.Outcome != Granted {
			t.Errorf("%+v", g)
		}
	})
}

// TestUpgradesDeadlock has two owners of a share lock that both want more.
func TestUpgradesDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := NewTable()
		for i := range uint64(2) {
			table.Acquire(t.Context(), owner(i), Claim{Items: []Item{{row(0), ForShare}}, Wait: Block})
		}
		done := make(chan Grant, 1)
		go func() {
			done <- table.Acquire(t.Context(), owner(0), Claim{Items: []Item{{row(0), ForUpdate}}, Wait: Block})
		}()
		synctest.Wait()
		if g := table.Acquire(t.Context(), owner(1), Claim{Items: []Item{{row(0), ForUpdate}}, Wait: Block}); g.Outcome != Deadlock {
			t.Errorf("%+v", g)
		}
		table.Release(owner(1), 0)
		if g := <-done; g.Outcome != Granted {
			t.Errorf("%+v", g)
		}
	})
}

func TestSkipAndAbandon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := NewTable()
		table.Acquire(t.Context(), owner(1), Claim{Items: []Item{{row(2), ForUpdate}}, Wait: Block})
		g := table.Acquire(t.Context(), owner(2), Claim{Items: []Item{{row(1), ForUpdate}, {row(2), ForUpdate}, {row(3), ForUpdate}}, Wait: Skip})
		if g.Outcome != Granted || !g.Held[0] || g.Held[1] || !g.Held[2] {
			t.Errorf("%+v", g)
		}
		g = table.Acquire(t.Context(), owner(2), Claim{Wait: Skip, Want: 1, Width: 1, Items: []Item{
			{row(2), ForUpdate}, {row(5), ForUpdate}, {row(6), ForUpdate},
		}})
		if g.Held[0] || !g.Held[1] || g.Held[2] {
			t.Errorf("one row wanted: %+v", g)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan Grant, 1)
		go func() { done <- table.Acquire(ctx, owner(3), Claim{Items: []Item{{row(2), ForUpdate}}, Wait: Block}) }()
		synctest.Wait()
		cancel()
		if g := <-done; g.Outcome != Abandoned {
			t.Errorf("%+v", g)
		}
		table.Release(owner(1), 7)
		if g := table.Acquire(t.Context(), owner(4), Claim{Items: []Item{{row(2), ForUpdate}}, Wait: Fail}); g.Outcome != Granted || g.AsNewAs != 7 {
			t.Errorf("%+v", g)
		}
		table.ReleaseNode("n1")
		if len(table.locks) != 0 || table.Len() != 0 {
			t.Errorf("%d locks are left", len(table.locks))
		}
	})
}

// TestLateRequest has a request come after the release of its owner.
func TestLateRequest(t *testing.T) {
	table := NewTable()
	table.Release(owner(1), 0)
	if g := table.Acquire(t.Context(), owner(1), Claim{Items: []Item{{row(1), ForUpdate}}}); g.Outcome != Granted {
		t.Errorf("%+v", g)
	}
	if g := table.Acquire(t.Context(), owner(2), Claim{Items: []Item{{row(1), ForUpdate}}, Wait: Fail}); g.Outcome != Granted {
		t.Errorf("the lock of an owner that is gone: %+v", g)
	}
}

// TestReleaseEndsWaits: an owner that has released its locks gets none, also where
// it still waits.
func TestReleaseEndsWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := NewTable()
		claim := Claim{Items: []Item{{row(1), ForUpdate}}}
		table.Acquire(t.Context(), owner(1), claim)
		go table.Acquire(t.Context(), owner(2), claim)
		synctest.Wait()
		table.Release(owner(2), 0)
		table.Release(owner(1), 0)
		synctest.Wait()
		if list := table.List(); len(list) != 0 {
			t.Errorf("locks without owners: %+v", list)
		}
	})
}

// TestUndo: an owner keeps what it had before, and others get the rest.
func TestUndo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := NewTable()
		claim := func(o Owner, wait Wait, items ...Item) Outcome {
			return table.Acquire(t.Context(), o, Claim{Items: items, Wait: wait}).Outcome
		}
		claim(owner(1), Fail, Item{row(1), ForShare}, Item{row(1), ForUpdate}, Item{row(2), ForUpdate})
		got := make(chan Outcome, 1)
		go func() { got <- claim(owner(2), Block, Item{row(2), ForUpdate}) }()
		synctest.Wait()
		table.Undo(owner(1), []Item{{row(1), ForUpdate}, {row(2), ForUpdate}, {row(3), ForUpdate}})
		synctest.Wait()
		if len(got) == 0 {
			t.Error("who waits for what is given up waits on")
		}
		if o := claim(owner(3), Fail, Item{row(1), ForShare}); o != Granted {
			t.Errorf("a lock that was given up: %v", o)
		}
		if o := claim(owner(3), Fail, Item{row(1), ForUpdate}); o != Busy {
			t.Errorf("a lock from before: %v", o)
		}
		table.Undo(owner(1), []Item{{row(1), ForShare}})
		table.Undo(owner(3), []Item{{row(1), ForShare}})
		table.Undo(owner(2), []Item{{row(2), ForUpdate}})
		if n := table.Len(); n != 0 || len(table.locks) != 0 {
			t.Errorf("%d owners, locks %+v", n, table.List())
		}
	})
}
