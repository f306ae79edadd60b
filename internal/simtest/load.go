package simtest

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// load is what some clients do on a cluster while it has faults, and how to judge
// it afterwards.
type load interface {
	// tables is the SQL that makes its tables.
	tables() string
	// clients is how many clients it has.
	clients() int
	// step runs a transaction of client w.number, on a connection that may break.
	step(w *worker)
	// judge tells what is wrong when all faults have ended and the clients have
	// gone, and sums up what happened.
	judge(w *worker) (summary string, wrong []string)
	// committed is how many transactions took effect.
	committed() int
}

// committedMin is how many transactions of each load a run judges at least.
const committedMin = 10

// stepPause is the longest time between two transactions of a client.
const stepPause = 400 * time.Millisecond

// simulateLoads runs the clients of some loads on one cluster with disasters.
func simulateLoads(t *testing.T, dir string, seed int64, loads ...load) {
	c := newCluster(t, dir, nodes)
	defer c.close()
	for _, m := range c.members {
		c.start(m)
	}
	for _, l := range loads {
		if err := c.exec(c.members[0], l.tables()); err != nil {
			t.Fatal(err)
		}
	}
	random := rand.New(rand.NewPCG(uint64(seed), 7))
	c.slowDown(random)
	c.runLoads(seed, random, loads)
	c.judgeLoads(random, loads)
	c.compare()
	c.checkNoLocks()
}

// runLoads has all clients work while the disasters happen.
func (c *cluster) runLoads(seed int64, random *rand.Rand, loads []load) {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var workers []*worker
	for i, l := range loads {
		for k := range l.clients() {
			w := c.worker(k, rand.New(rand.NewPCG(uint64(seed), uint64(100*(i+1)+k))))
			workers = append(workers, w)
			running.Go(func() { w.run(ctx, l) })
		}
	}
	running.Go(func() { c.disconnect(ctx, rand.New(rand.NewPCG(uint64(seed), 8))) })
	c.suffer(random)
	stop()
	running.Wait()
	codes := map[string]int{}
	for _, w := range workers {
		for code, n := range w.codes {
			codes[code] += n
		}
	}
	c.t.Logf("errors: %v", codes)
}

func (c *cluster) judgeLoads(random *rand.Rand, loads []load) {
	w := c.worker(0, random)
	defer w.close()
	for _, l := range loads {
		summary, wrong := l.judge(w)
		c.t.Logf("%T: %s", l, summary)
		if l.committed() < committedMin {
			c.t.Errorf("%T: too little happened: %s", l, summary)
		}
		for _, complaint := range wrong {
			c.t.Errorf("%T: %s", l, complaint)
		}
	}
}

func (c *cluster) worker(number int, random *rand.Rand) *worker {
	return &worker{cluster: c, number: number, random: random, codes: map[string]int{}}
}

// run works until ctx ends.
func (w *worker) run(ctx context.Context, l load) {
	for ctx.Err() == nil {
		if !w.connect() {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		l.step(w)
		w.pause(stepPause)
	}
	w.close()
}

// tally counts outcomes.
type tally struct {
	mu sync.Mutex // guards counts
	// counts are by kind of transaction and outcome.
	counts map[string][unknown + 1]int
}

func (t *tally) count(kind string, o outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[string][unknown + 1]int{}
	}
	n := t.counts[kind]
	n[o]++
	t.counts[kind] = n
}

// String sums up: kind committed/failed/unknown.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out string
	for _, kind := range slices.Sorted(maps.Keys(t.counts)) {
		n := t.counts[kind]
		out += fmt.Sprintf("%s %d/%d/%d, ", kind, n[committed], n[failed], n[unknown])
	}
	return out + "committed/failed/unknown"
}

// committed is how many transactions were committed.
func (t *tally) committed() (sum int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.counts {
		sum += n[committed]
	}
	return sum
}

// number reads an integer that the server sent.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}
