package locks

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"polyreme/raftlog"
)

// world is a cluster of clients; the first leads.
type world struct {
	leader string

	mu      sync.Mutex // guards all below
	clients map[string]*Client
	gone    map[string]bool
	late    time.Duration // of releases
}

func (w *world) client(id string) *Client {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone[id] {
		return nil
	}
	return w.clients[id]
}

type member struct {
	world *world
	id    string
}

func (m member) ID() string                { return m.id }
func (m member) Leader() (id, addr string) { return m.world.leader, "" }
func (m member) IsLeader() bool            { return m.world.leader == m.id }

func (m member) Members() []string {
	m.world.mu.Lock()
	defer m.world.mu.Unlock()
	var ids []string
	for id := range m.world.clients {
		ids = append(ids, id)
	}
	return ids
}

func (m member) CallLocks(ctx context.Context, id string, payload []byte) ([]byte, error) {
	to := m.world.client(id)
	if to == nil || m.world.client(m.id) == nil {
		return nil, errors.New("not reached")
	}
	if payload[0] == opRelease {
		time.Sleep(m.world.late)
	}
	return to.Serve(ctx, payload)
}

// TestClients: locks hold between nodes; those of a node that is gone, or was
// started anew, are free after a while, and those of one that lives are not.
func TestClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{leader: "a", clients: map[string]*Client{}, gone: map[string]bool{}}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		for _, id := range []string{"a", "b"} {
			w.clients[id] = NewClient(member{w, id})
		}
		running, crash := context.WithCancel(ctx)
		w.clients["c"] = NewClient(member{w, "c"})
		go w.clients["a"].Run(ctx)
		go w.clients["b"].Run(ctx)
		go w.clients["c"].Run(running)
		a, b, c := w.clients["a"], w.clients["b"], w.clients["c"]
		claim := func(n int64, wait Wait) Claim { return Claim{Items: []Item{{row(n), ForUpdate}}, Wait: wait} }
		ofB, ofC := b.NewOwner(2), c.NewOwner(3)
		b.Acquire(ctx, ofB, claim(1, Block))
		c.Acquire(ctx, ofC, claim(2, Block))
		synctest.Wait()
		if !a.Active() || !b.Active() || !c.Active() {
			t.Error("somebody does not know that there are locks")
		}
		for _, client := range []*Client{a, b} {
			list, err := client.List(ctx)
			if err != nil || len(list) != 2 || uint32(list[0].Owner.ID)+uint32(list[1].Owner.ID) != 2+3 || !list[0].Granted {
				t.Errorf("the list: %+v, %v", list, err)
			}
		}
		if g := c.Acquire(ctx, ofC, claim(1, Fail)); g.Outcome != Busy {
			t.Errorf("the lock of b: %+v", g)
		}
		waiting := make(chan Grant)
		limited, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		go func() { waiting <- c.Acquire(limited, ofC, claim(1, Block)) }()
		if g := <-waiting; g.Outcome != Abandoned {
			t.Errorf("a wait that was given up: %+v", g)
		}
		crash() // and c starts anew
		again := NewClient(member{w, "c"})
		w.mu.Lock()
		w.gone["b"] = true
		w.clients["c"] = again
		w.mu.Unlock()
		go again.Run(ctx)
		time.Sleep(aliveLimit / 2)
		if g := a.Acquire(ctx, a.NewOwner(1), claim(1, Fail)); g.Outcome != Busy {
			t.Errorf("the lock of b soon after it has gone: %+v", g)
		}
		time.Sleep(aliveLimit)
		last := a.NewOwner(1)
		for n := range int64(2) {
			if g := a.Acquire(ctx, last, claim(n+1, Fail)); g.Outcome != Granted {
				t.Errorf("lock %d of a node that is gone: %+v", n+1, g)
			}
		}
		a.Release(last, 0)
		time.Sleep(2 * activeLimit)
		if b.Active() {
			t.Error("b believes that there are locks for ever")
		}
	})
}

// TestLostRelease: what a node has released is free soon, although its words to
// the leader got lost, and what it holds is not.
func TestLostRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{leader: "a", clients: map[string]*Client{}, gone: map[string]bool{}}
		a, b := NewClient(member{w, "a"}), NewClient(member{w, "b"})
		w.clients["a"], w.clients["b"] = a, b
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go a.Run(ctx)
		go b.Run(ctx)
		claim := func(n int64) Claim { return Claim{Items: []Item{{row(n), ForUpdate}}, Wait: Fail} }
		lost, kept := b.NewOwner(2), b.NewOwner(2)
		b.Acquire(ctx, lost, claim(1))
		b.Acquire(ctx, kept, claim(2))
		cut := func(is bool) {
			synctest.Wait()
			w.mu.Lock()
			w.gone["b"] = is
			w.mu.Unlock()
		}
		cut(true)
		b.Release(lost, 0)
		cut(false)
		time.Sleep(2 * aliveInterval)
		other := a.NewOwner(1)
		if g := a.Acquire(ctx, other, claim(1)); g.Outcome != Granted {
			t.Errorf("a lock whose release got lost: %+v", g)
		}
		if g := a.Acquire(ctx, other, claim(2)); g.Outcome != Busy {
			t.Errorf("a lock of a node that said that it lives: %+v", g)
		}
		cut(true)
		b.Release(kept, 0)
		cut(false)
		time.Sleep(2 * aliveInterval)
		if g := a.Acquire(ctx, other, claim(2)); g.Outcome != Granted {
			t.Errorf("the last lock of a node: %+v", g)
		}
	})
}

// TestReleaseBeforeClaim: what a session has released it can claim again at once,
// although its words take a while.
func TestReleaseBeforeClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{leader: "a", clients: map[string]*Client{}, gone: map[string]bool{}, late: time.Second}
		a, b := NewClient(member{w, "a"}), NewClient(member{w, "b"})
		w.clients["a"], w.clients["b"] = a, b
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go a.Run(ctx)
		go b.Run(ctx)
		claim := Claim{Items: []Item{{row(1), ForUpdate}}, Wait: Fail}
		for i := range 4 {
			o := b.NewOwner(2)
			if g := b.Acquire(ctx, o, claim); g.Outcome != Granted || g.AsNewAs < raftlog.Index(i) {
				t.Errorf("claim %d: %+v", i, g)
			}
			b.Release(o, raftlog.Index(i+1))
			if i%2 == 0 {
				synctest.Wait() // on the way, or waiting
			}
		}
		time.Sleep(10 * w.late)
	})
}
