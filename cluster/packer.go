package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/raftlog"
)

const (
	// pauseTime is the unit in which a batch waits for more. Timers are too
	// coarse for it: an idle process sleeps in whole milliseconds.
	pauseTime = 50 * time.Microsecond
	// pausesMax bounds how long a batch waits for the clients that the one
	// before it answered: their next entries mostly come within this time.
	pausesMax = 6
)

// outcome is the answer to one attempt to propose an entry. err means that the
// attempt failed; unless neverApplied(err), the entry may still be applied.
type outcome struct {
	result raftlog.Result
	index  raftlog.Index
	err    error
}

// proposal is an encoded entry on its way to the log, and back.
type proposal struct {
	data []byte
	out  outcome // valid once wait.done has a value
	wait *waiter
}

// waiter is told when the last of its proposals has its outcome: by a value in
// done, or by a call of then, which must not block.
type waiter struct {
	left atomic.Int32
	done chan struct{} // capacity 1
	then func()
}

func newProposal(data []byte) *proposal {
	w := &waiter{done: make(chan struct{}, 1)}
	w.left.Store(1)
	return &proposal{data: data, wait: w}
}

func (p *proposal) finish(o outcome) {
	p.out = o
	if p.wait.left.Add(-1) > 0 {
		return
	}
	if p.wait.then != nil {
		p.wait.then()
	} else {
		p.wait.done <- struct{}{}
	}
}

func failAll(ps []*proposal, err error) {
	for _, p := range ps {
		p.finish(outcome{err: err})
	}
}

// neverApplied tells that an attempt with this error left nothing behind that
// could be applied later.
func neverApplied(err error) bool {
	return errors.Is(err, errNotLeader) || errors.Is(err, errMethod) ||
		errors.Is(err, raft.ErrNotLeader) || errors.Is(err, raft.ErrEnqueueTimeout) ||
		errors.Is(err, raft.ErrLeadershipTransferInProgress)
}

// queue holds proposals until a worker takes a batch of them.
type queue struct {
	mu     sync.Mutex // guards what follows
	items  []*proposal
	closed bool

	kick chan struct{} // capacity 1: items may be not empty
}

func newQueue() *queue { return &queue{kick: make(chan struct{}, 1)} }

// push adds proposals; it returns false when the queue is closed.
func (q *queue) push(ps ...*proposal) bool {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return false
	}
	first := len(q.items) == 0
	q.items = append(q.items, ps...)
	q.mu.Unlock()
	if first { // otherwise the worker knows
		select {
		case q.kick <- struct{}{}:
		default:
		}
	}
	return true
}

// waiting returns how many proposals wait.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

// gather waits until there is a proposal, and then until there are as many as
// expected, that at most for a few pauses. It returns false when ctx ends.
//
// Clients that got their answers from one batch send their next entries at
// nearly the same time. Without this wait the first of them would go alone and
// the others would wait for a whole batch.
func (q *queue) gather(ctx context.Context, expected, pauses int) bool {
	n := q.waiting()
	for n == 0 {
		select {
		case <-q.kick:
			n = q.waiting()
		case <-ctx.Done():
			return false
		}
	}
	for ; n < min(expected, raftlog.BatchEntriesMax) && pauses > 0; pauses-- {
		pause()
		n = q.waiting()
	}
	return true
}

// take moves the next batch into dst: as many as one raft log entry may carry.
func (q *queue) take(dst []*proposal) []*proposal {
	q.mu.Lock()
	n, bytes := 0, 0
	for n < len(q.items) && n < raftlog.BatchEntriesMax {
		bytes += len(q.items[n].data)
		if n > 0 && bytes > raftlog.BatchBytesMax {
			break
		}
		n++
	}
	dst = append(dst, q.items[:n]...)
	left := copy(q.items, q.items[n:])
	clear(q.items[left:])
	q.items = q.items[:left]
	q.mu.Unlock()
	return dst
}

func (q *queue) close() []*proposal {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	items := q.items
	q.items = nil
	return items
}

// packer is the leader's way into the log: it packs the entries that wait into
// raft log entries.
type packer struct {
	node  *Node
	queue *queue
	busy  atomic.Bool // a batch is under way
}

// idle tells that nothing is about to go to the followers.
func (k *packer) idle() bool { return !k.busy.Load() && k.queue.waiting() == 0 }

func newPacker(n *Node) *packer { return &packer{node: n, queue: newQueue()} }

func (k *packer) run() { k.node.appliers.start(k.work) }

func (k *packer) close() { failAll(k.queue.close(), errClosing) }

// work puts one batch after the other into the log. One is under way at a time:
// raft replicates them one by one, and what waits meanwhile shares the next.
func (k *packer) work(ctx context.Context) {
	var batch []*proposal
	expected, pauses := 0, 0
	for k.queue.gather(ctx, expected, pauses) {
		if batch = k.queue.take(batch[:0]); len(batch) == 0 {
			continue
		}
		began := time.Now()
		k.busy.Store(true)
		outs := k.apply(batch)
		k.busy.Store(false)
		pauses = min(int(time.Since(began)/4/pauseTime), pausesMax)
		expected = len(batch) + k.queue.waiting()
		for i, o := range outs {
			batch[i].finish(o)
		}
		clear(batch)
	}
}

// apply puts a batch into the log as one raft log entry and waits for the
// results. It does not finish the proposals.
func (k *packer) apply(batch []*proposal) []outcome {
	n := k.node
	outs := make([]outcome, len(batch))
	fail := func(err error) []outcome {
		for i := range outs {
			outs[i].err = err
		}
		return outs
	}
	size := raftlog.BatchHeaderBytesMax
	entries := make([][]byte, len(batch))
	for i, p := range batch {
		entries[i] = p.data
		size += len(p.data) + 5
	}
	data := raftlog.AppendBatch(make([]byte, 0, size), clock(), entries...)
	f := n.raft().Apply(data, 0)
	if err := f.Error(); err != nil {
		return fail(err)
	}
	n.stats.Batches.Add(1)
	n.stats.BatchEntries.Add(uint64(len(batch)))
	n.stats.BatchBytes.Add(uint64(len(data)))
	results, ok := f.Response().([]raftlog.Result)
	if !ok || len(results) != len(batch) {
		// Without results the entry may have been applied: the Ledger will say.
		return fail(fmt.Errorf("the state machine answered %d entries with %T", len(batch), f.Response()))
	}
	for i := range outs {
		outs[i] = outcome{result: results[i], index: raftlog.Index(f.Index())}
	}
	return outs
}
