package session

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"polyreme/pgsql/catalog"
)

// drawing is a drawer over a sequence in memory, and what it drew.
type drawing struct {
	drawer
	clock   time.Time
	moved   uint64
	def     catalog.Sequence
	value   int64
	batches []int
}

func newDrawing() *drawing {
	d := &drawing{clock: time.Unix(1000, 0), def: catalog.Sequence{Increment: 1, Min: 1, Max: 1 << 40}}
	d.drawer = drawer{
		propose: func(_ context.Context, _ uint32, n int) (values []int64, err error) {
			d.batches = append(d.batches, n)
			for range n {
				if d.value+d.def.Increment > d.def.Max {
					return nil, errors.New("reached maximum value")
				}
				d.value += d.def.Increment
				values = append(values, d.value)
			}
			return values, nil
		},
		moves:      func() uint64 { return d.moved },
		now:        func() time.Time { return d.clock },
		definition: func(uint32) *catalog.Sequence { return &d.def },
		sequences:  map[uint32]*drawnSequence{},
	}
	return d
}

// ask draws n values, one each pause.
func (d *drawing) ask(t *testing.T, n int, pause time.Duration) (values []int64) {
	t.Helper()
	for range n {
		d.clock = d.clock.Add(pause)
		v, err := d.next(context.Background(), 1)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	return values
}

func TestDrawerFollowsDemand(t *testing.T) {
	d := newDrawing()
	if got := d.ask(t, 9, time.Minute); got[8] != 9 || slices.Max(d.batches) > 1 {
		t.Errorf("now and then: %v in batches of %v", got, d.batches)
	}
	d.batches = nil
	if d.ask(t, drawSingles-1, time.Millisecond); slices.Max(d.batches) > 1 {
		t.Errorf("a few: batches of %v", d.batches)
	}
	d.batches = nil
	d.ask(t, 2000, time.Millisecond)
	last := d.batches[len(d.batches)-1]
	if slices.Max(d.batches) > 200 || last < 50 || len(d.batches) > 40 {
		t.Errorf("1000 a second: batches of %v", d.batches)
	}
	d.batches = nil
	if got := d.ask(t, 2, time.Minute); got[1] != got[0]+1 || slices.Max(d.batches) > 1 {
		t.Errorf("after a pause: %v in batches of %v", got, d.batches)
	}
}

func TestDrawerDropsWhatIsOld(t *testing.T) {
	d := newDrawing()
	d.ask(t, 20, time.Millisecond)
	if d.value == 20 {
		t.Fatal("no value is left")
	}
	d.moved++ // setval
	d.value = 100
	if got := d.ask(t, 1, time.Millisecond); got[0] != 101 {
		t.Errorf("after setval: %v", got)
	}
	before := d.ask(t, 20, time.Millisecond)
	if d.value == before[len(before)-1] {
		t.Fatal("no value is left")
	}
	drawn := d.value + 1 // by a statement outside of blocks
	d.value = drawn
	d.forget(1)
	if got := d.ask(t, 1, time.Millisecond); got[0] != drawn+1 {
		t.Errorf("after %d: %v", drawn, got)
	}
}

// TestDrawerAtTheEnd: the last values of a sequence are given too.
func TestDrawerAtTheEnd(t *testing.T) {
	d := newDrawing()
	d.def.Max = 25
	if got := d.ask(t, 25, time.Millisecond); got[24] != 25 {
		t.Errorf("got %v", got)
	}
	if _, err := d.next(context.Background(), 1); err == nil {
		t.Error("a value beyond the last")
	}
	if left := d.room(1, 25); left != 1 {
		t.Errorf("room for %d after the last", left)
	}
	d.def = catalog.Sequence{Increment: -2, Min: -1 << 63, Max: 1<<63 - 1}
	if left := d.room(1, -1<<63+7); left != 3 {
		t.Errorf("room for %d, want 3", left)
	}
}

// TestDrawerShares: blocks that ask at once get different values of few draws.
func TestDrawerShares(t *testing.T) {
	d := newDrawing()
	started, let := make(chan struct{}, 100), make(chan struct{})
	inner := d.propose
	d.propose = func(ctx context.Context, oid uint32, n int) ([]int64, error) {
		started <- struct{}{}
		<-let
		return inner(ctx, oid, n)
	}
	const asking = 20
	values := make([]int64, asking)
	var done sync.WaitGroup
	for i := range asking {
		done.Go(func() {
			v, err := d.next(context.Background(), 1)
			if err != nil {
				t.Error(err)
			}
			values[i] = v
		})
	}
	<-started // one draws, and the others wait for it
	close(let)
	done.Wait()
	slices.Sort(values)
	if len(slices.Compact(values)) != asking {
		t.Errorf("a value was given twice: %v", values)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(context.Canceled)
	d.sequences[1] = &drawnSequence{drawing: make(chan struct{})}
	if _, err := d.next(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled wait ends with %v", err)
	}
}

// TestDrawerForgets: sequences that come and go, as those of temporary tables do,
// take no memory.
func TestDrawerForgets(t *testing.T) {
	d := newDrawing()
	for oid := range uint32(10 * sequencesMax) {
		d.clock = d.clock.Add(2 * spareAgeMax)
		if _, err := d.next(context.Background(), oid); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(d.sequences); n > sequencesMax {
		t.Errorf("%d sequences are remembered", n)
	}
}
