package cluster

import (
	"context"
	"sync"
	"time"
)

// group owns goroutines: it starts them with a context that ends at close, and
// close waits for all of them.
type group struct {
	ctx    context.Context
	cancel context.CancelFunc

	mu     sync.Mutex // guards closed against the counting of wg
	closed bool
	wg     sync.WaitGroup
}

func newGroup() *group {
	ctx, cancel := context.WithCancel(context.Background())
	return &group{ctx: ctx, cancel: cancel}
}

// start runs f on a goroutine of its own, unless the group is closed.
func (g *group) start(f func(ctx context.Context)) bool {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return false
	}
	g.wg.Add(1)
	g.mu.Unlock()
	go func() {
		defer g.wg.Done()
		f(g.ctx)
	}()
	return true
}

func (g *group) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.cancel()
	g.wg.Wait()
}

// closeWithin is close, but stops waiting after d.
func (g *group) closeWithin(d time.Duration) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.close()
	}()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	}
}
