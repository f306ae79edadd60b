package cluster

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"polyreme/raftlog"
)

const (
	forwardsInFlight = 64
	forwardTimeout   = 5 * time.Second // of one call to the leader
	// forwardPauses bounds how long a call waits for the clients that the one
	// before it answered.
	forwardPauses = 1
)

// forwarder carries this node's entries to the leader, many in one call.
//
// The call's payload is a raftlog batch. The reply is, for each entry: a byte
// (0 outcome, 1 failed but may be applied, 2 failed and never will), and for an
// outcome uvarint index, uvarint length, Result.
type forwarder struct {
	node  *Node
	queue *queue
	slots chan struct{} // one for each call under way
	// answered is how many entries the newest answer was for.
	answered atomic.Int32
}

const (
	forwardOutcome = iota
	forwardMaybe
	forwardNever
)

var errUnclear = errors.New("the leader lost its leadership")

func newForwarder(n *Node) *forwarder {
	return &forwarder{node: n, queue: newQueue(), slots: make(chan struct{}, forwardsInFlight)}
}

func (f *forwarder) run() { f.node.group.start(f.work) }

func (f *forwarder) close() { failAll(f.queue.close(), errClosing) }

// work sends what waits, without waiting for the answers.
func (f *forwarder) work(ctx context.Context) {
	for f.queue.gather(ctx, int(f.answered.Load()), forwardPauses) {
		select {
		case f.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		batch := f.queue.take(nil)
		if len(batch) == 0 {
			<-f.slots
			continue
		}
		sent := f.node.group.start(func(context.Context) {
			f.send(batch)
			<-f.slots
		})
		if !sent {
			failAll(batch, errClosing)
			<-f.slots
		}
	}
}

// send carries one batch to the leader and finishes its proposals.
func (f *forwarder) send(batch []*proposal) {
	n := f.node
	v := n.view.get()
	if v.id == "" {
		failAll(batch, errNotLeader)
		return
	}
	if v.id == n.cfg.ID {
		if !n.packer.queue.push(batch...) {
			failAll(batch, errClosing)
		}
		return
	}
	size := raftlog.BatchHeaderBytesMax
	entries := make([][]byte, len(batch))
	for i, p := range batch {
		entries[i] = p.data
		size += len(p.data) + 5
	}
	payload := raftlog.AppendBatch(make([]byte, 0, size), 0, entries...)
	ctx, cancel := context.WithTimeout(v.ctx, forwardTimeout)
	defer cancel()
	reply, err := n.calls.call(ctx, v.addr, methodPropose, payload)
	if err != nil {
		failAll(batch, err)
		return
	}
	n.stats.Forwards.Add(1)
	n.stats.ForwardEntries.Add(uint64(len(batch)))
	outs, err := decodeOutcomes(reply, len(batch))
	if err != nil {
		n.log.Error("reply of the leader not understood", "err", err)
		failAll(batch, err)
		return
	}
	f.answered.Store(int32(len(batch)))
	for i, p := range batch {
		p.finish(outs[i])
	}
}

// servePropose is the leader's end.
func (n *Node) servePropose(ctx context.Context, payload []byte) ([]byte, error) {
	if !n.IsLeader() {
		return nil, errNotLeader
	}
	var b raftlog.Batch
	if err := b.Decode(payload); err != nil {
		return nil, err
	}
	if len(b.Entries) == 0 {
		return nil, nil
	}
	w := newWaiter(len(b.Entries))
	ps := make([]*proposal, len(b.Entries))
	backing := make([]proposal, len(b.Entries))
	for i, e := range b.Entries {
		backing[i] = proposal{data: e, wait: w}
		ps[i] = &backing[i]
	}
	if !n.packer.queue.push(ps...) {
		return nil, errClosing
	}
	select {
	case <-w.done:
	case <-ctx.Done():
		return nil, errClosing
	}
	return encodeOutcomes(ps), nil
}

func encodeOutcomes(ps []*proposal) []byte {
	dst := make([]byte, 0, 64*len(ps))
	var result []byte
	for _, p := range ps {
		switch {
		case p.out.err == nil:
			dst = append(dst, forwardOutcome)
			dst = binary.AppendUvarint(dst, uint64(p.out.index))
			result = raftlog.AppendResult(result[:0], &p.out.result)
			dst = binary.AppendUvarint(dst, uint64(len(result)))
			dst = append(dst, result...)
		case neverApplied(p.out.err):
			dst = append(dst, forwardNever)
		default:
			dst = append(dst, forwardMaybe)
		}
	}
	return dst
}

func decodeOutcomes(b []byte, count int) ([]outcome, error) {
	outs := make([]outcome, count)
	bad := fmt.Errorf("%w: outcomes", raftlog.ErrCorrupt)
	for i := range outs {
		if len(b) == 0 {
			return nil, bad
		}
		kind := b[0]
		b = b[1:]
		switch kind {
		case forwardMaybe:
			outs[i].err = errUnclear
			continue
		case forwardNever:
			outs[i].err = errNotLeader
			continue
		case forwardOutcome:
		default:
			return nil, bad
		}
		index, n1 := binary.Uvarint(b)
		size, n2 := binary.Uvarint(b[max(n1, 0):])
		if n1 <= 0 || n2 <= 0 || size > uint64(len(b)-n1-n2) {
			return nil, bad
		}
		b = b[n1+n2:]
		r, err := raftlog.DecodeResult(b[:size])
		if err != nil {
			return nil, err
		}
		outs[i] = outcome{result: r, index: raftlog.Index(index)}
		b = b[size:]
	}
	if len(b) != 0 {
		return nil, bad
	}
	return outs, nil
}
