package sqlfsm

import (
	"context"
	"sync"
	"sync/atomic"

	"polyreme/raftlog"
)

// progress is how far the file has come, and who waits for it.
type progress struct {
	index   atomic.Uint64
	waiting atomic.Int64

	mu     sync.Mutex    // guards moved and closed
	moved  chan struct{} // closed by advance, when somebody waits
	closed bool
}

// advance says that index is applied and committed.
func (p *progress) advance(index raftlog.Index) {
	p.index.Store(uint64(index))
	if p.waiting.Load() == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wake()
}

func (p *progress) wake() {
	if p.moved != nil {
		close(p.moved)
		p.moved = nil
	}
}

// close ends all waiting.
func (p *progress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.wake()
}

// wait returns when index is applied.
func (p *progress) wait(ctx context.Context, index raftlog.Index) error {
	if p.index.Load() >= uint64(index) {
		return nil
	}
	p.waiting.Add(1)
	defer p.waiting.Add(-1)
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return ErrClosed
		}
		if p.moved == nil {
			p.moved = make(chan struct{})
		}
		moved := p.moved
		p.mu.Unlock()
		if p.index.Load() >= uint64(index) {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if p.index.Load() >= uint64(index) {
			return nil
		}
	}
}

// AppliedIndex returns the index of the last entry in the committed state.
func (s *Store) AppliedIndex() raftlog.Index {
	return raftlog.Index(s.progress.index.Load())
}

// WaitApplied returns when the committed state contains the entry at index, or
// with an error when ctx ends, the store closes or the state machine stopped.
func (s *Store) WaitApplied(ctx context.Context, index raftlog.Index) error {
	if err := s.Fault(); err != nil {
		return err
	}
	err := s.progress.wait(ctx, index)
	if fault := s.Fault(); err != nil && fault != nil {
		return fault
	}
	return err
}
