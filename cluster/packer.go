package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"

	"polyreme/raftlog"
)

// batchesInFlight is how many raft log entries the leader has under way: while
// one is synced and replicated the next fills. More gives nothing.
const batchesInFlight = 2

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

// waiter is told when the last of its proposals has its outcome.
type waiter struct {
	left atomic.Int32
	done chan struct{} // capacity 1
}

func newWaiter(proposals int) *waiter {
	w := &waiter{done: make(chan struct{}, 1)}
	w.left.Store(int32(proposals))
	return w
}

func newProposal(data []byte) *proposal { return &proposal{data: data, wait: newWaiter(1)} }

func (p *proposal) finish(o outcome) {
	p.out = o
	if p.wait.left.Add(-1) == 0 {
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
	mu     sync.Mutex // guards items and closed
	items  []*proposal
	closed bool
	kick   chan struct{} // capacity 1: items is not empty
}

func newQueue() *queue { return &queue{kick: make(chan struct{}, 1)} }

// push adds proposals; it returns false when the queue is closed.
func (q *queue) push(ps ...*proposal) bool {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return false
	}
	q.items = append(q.items, ps...)
	q.mu.Unlock()
	q.signal()
	return true
}

func (q *queue) signal() {
	select {
	case q.kick <- struct{}{}:
	default:
	}
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
	if left > 0 {
		q.signal()
	}
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
}

func newPacker(n *Node) *packer { return &packer{node: n, queue: newQueue()} }

func (k *packer) run() {
	for range batchesInFlight {
		k.node.appliers.start(k.work)
	}
}

func (k *packer) close() { failAll(k.queue.close(), errClosing) }

func (k *packer) work(ctx context.Context) {
	var batch []*proposal
	for {
		select {
		case <-k.queue.kick:
		case <-ctx.Done():
			return
		}
		if batch = k.queue.take(batch[:0]); len(batch) == 0 {
			continue
		}
		for i, o := range k.apply(batch) {
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
