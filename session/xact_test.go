package session

import (
	"testing"
	"time"

	"polyreme/sqlfsm"
)

func TestXactRange(t *testing.T) {
	x, now := newXacts(), time.Unix(0, 0)
	if id := x.take(now); id != 0 {
		t.Fatalf("id %d of no range", id)
	}
	x.refill(3, now.Add(xactRangeUse))
	a, b := x.take(now), x.take(now.Add(xactRangeUse))
	if a != 3 || b != 4 {
		t.Fatalf("ids %d and %d of a range from 3", a, b)
	}
	x.release(a)
	x.release(a)
	x.release(0)
	for id, want := range map[int64]XactState{
		2: XactEnded, a: XactEnded, b: XactOpen, 5: XactUnused,
		2 + sqlfsm.XactRangeSize: XactUnused, 3 + sqlfsm.XactRangeSize: XactEnded,
	} {
		if got := x.state(id); got != want {
			t.Errorf("id %d: got %v, want %v", id, got, want)
		}
	}
	if id := x.take(now.Add(xactRangeUse + 1)); id != 0 {
		t.Errorf("id %d of a range that was given up", id)
	}
	if got := x.state(5); got != XactEnded {
		t.Errorf("what is left of it: got %v", got)
	}
	x.refill(5000, now.Add(xactRangeUse))
	for i := range int64(sqlfsm.XactRangeSize) {
		if id := x.take(now); id != 5000+i {
			t.Fatalf("id %d, want %d", id, 5000+i)
		}
	}
	if id := x.take(now); id != 0 {
		t.Errorf("id %d behind the end of the range", id)
	}
	if got := x.state(b); got != XactOpen {
		t.Errorf("an older transaction: got %v", got)
	}
}
