package sqlfsm

import (
	"slices"
	"testing"
)

// TestIdleStack: trim takes what nobody needed since the last one, oldest first.
func TestIdleStack(t *testing.T) {
	var s idleStack[int]
	for i := range idleMin + 4 {
		s.put(i)
	}
	if gone := s.trim(); gone != nil {
		t.Errorf("what has just come is trimmed: %v", gone)
	}
	even := func(i int) bool { return i%2 == 0 }
	for range idleMin/2 + 1 { // the last one is number 2
		if _, ok := s.take(even); !ok {
			t.Fatal("nothing to take")
		}
	}
	for range idleMin {
		s.put(0)
	}
	if gone := s.trim(); !slices.Equal(gone, []int{0, 1}) {
		t.Errorf("trimmed %v, want the two below the lowest that was taken", gone)
	}
	kept := len(s.items)
	if gone := s.trim(); len(gone) != kept-idleMin || len(s.items) != idleMin {
		t.Errorf("trimmed %d of %d, %d are left", len(gone), kept, len(s.items))
	}
	if _, ok := s.take(func(i int) bool { return i < 0 }); ok {
		t.Error("took what does not fit")
	}
	if all := s.drain(); len(all) != idleMin || len(s.items) != 0 {
		t.Errorf("drained %d, %d are left", len(all), len(s.items))
	}
}
