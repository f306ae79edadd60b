package cluster

import (
	"sync"
	"time"

	"polyreme/raftlog"
)

// rounds lets callers share the runs of an operation that takes a while: every
// caller gets the result of a run that began after it called. No goroutine runs
// it: begin starts a run, and whoever learns its result calls finish.
type rounds struct {
	begin func(*round) // calls finish, now or later, in a bounded time

	mu   sync.Mutex // guards all below
	now  *round     // under way
	next *round     // those who came since
}

type round struct {
	done  chan struct{} // closed when the fields below are set
	began time.Time
	index raftlog.Index
	err   error
}

// join returns a run that begins now, or when the one under way ends.
func (r *rounds) join() *round {
	r.mu.Lock()
	if r.next == nil {
		r.next = &round{done: make(chan struct{})}
	}
	joined := r.next
	if r.now != nil {
		r.mu.Unlock()
		return joined
	}
	r.startNext()
	return joined
}

// startNext begins the next run and releases mu.
func (r *rounds) startNext() {
	now := r.next
	r.now, r.next = now, nil
	r.mu.Unlock()
	if now != nil {
		now.began = time.Now()
		r.begin(now)
	}
}

// finish ends a run; a second call for the same does nothing. An error is given
// to those who wait for the next run too: they would meet it again.
func (r *rounds) finish(now *round, index raftlog.Index, err error) {
	r.mu.Lock()
	if r.now != now {
		r.mu.Unlock()
		return
	}
	now.index, now.err = index, err
	close(now.done)
	if err != nil && r.next != nil {
		r.next.err = err
		close(r.next.done)
		r.next = nil
	}
	r.startNext()
}
