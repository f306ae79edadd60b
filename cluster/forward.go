package cluster

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
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
		f.send(batch)
	}
}

// send carries one batch to the leader. Its proposals are finished when the
// answer comes, by who reads it.
func (f *forwarder) send(batch []*proposal) {
	n := f.node
	v := n.view.get()
	c := &forwarding{forwarder: f, batch: batch}
	if v.id == "" {
		c.fail(errNotLeader)
		return
	}
	if v.id == n.cfg.ID {
		<-f.slots
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
	if cc := n.calls.live(v.addr); cc != nil {
		c.bound(cc, v.ctx)
		if _, err := cc.ask(methodPropose, payload, waitingCall{then: c.take}); err != nil {
			c.fail(err)
		}
		return
	}
	if !n.group.start(func(context.Context) {
		ctx, cancel := context.WithTimeout(v.ctx, forwardTimeout)
		defer cancel()
		reply, err := n.calls.call(ctx, v.addr, methodPropose, payload)
		if err != nil {
			c.fail(err)
			return
		}
		c.take(frame{kind: frameReply, payload: reply})
	}) {
		c.fail(errClosing)
	}
}

// forwarding is a batch on its way to the leader.
type forwarding struct {
	forwarder *forwarder
	batch     []*proposal

	mu    sync.Mutex // guards all below
	over  bool
	timer *time.Timer
	stop  func() bool
}

// bound gives the batch up after a while, and when ctx ends.
func (c *forwarding) bound(cc *callConn, ctx context.Context) {
	began := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = time.AfterFunc(forwardTimeout, func() {
		cc.silentSince(began)
		c.fail(context.DeadlineExceeded)
	})
	c.stop = context.AfterFunc(ctx, func() { c.fail(errUnclear) })
}

// end tells whether the caller is the one that ends it.
func (c *forwarding) end() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return false
	}
	c.over = true
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.stop != nil {
		c.stop()
	}
	<-c.forwarder.slots
	return true
}

func (c *forwarding) fail(err error) {
	if c.end() {
		failAll(c.batch, err)
	}
}

func (c *forwarding) take(f frame) {
	switch {
	case f.kind == frameError:
		c.fail(decodeFault(f.payload))
		return
	case f.kind != frameReply:
		c.fail(errConnection)
		return
	}
	n := c.forwarder.node
	outs, err := decodeOutcomes(f.payload, len(c.batch))
	if err != nil {
		n.log.Error("reply of the leader not understood", "err", err)
		c.fail(err)
		return
	}
	if !c.end() {
		return
	}
	n.stats.Forwards.Add(1)
	n.stats.ForwardEntries.Add(uint64(len(c.batch)))
	c.forwarder.answered.Store(int32(len(c.batch)))
	for i, p := range c.batch {
		p.finish(outs[i])
	}
}

// servePropose is the leader's end.
func (n *Node) servePropose(payload []byte, reply func([]byte, error)) {
	if !n.IsLeader() {
		reply(nil, errNotLeader)
		return
	}
	var b raftlog.Batch
	if err := b.Decode(payload); err != nil || len(b.Entries) == 0 {
		reply(nil, err)
		return
	}
	ps := make([]*proposal, len(b.Entries))
	w := &waiter{then: func() { reply(encodeOutcomes(ps), nil) }}
	w.left.Store(int32(len(ps)))
	backing := make([]proposal, len(b.Entries))
	for i, e := range b.Entries {
		backing[i] = proposal{data: e, wait: w}
		ps[i] = &backing[i]
	}
	if !n.packer.queue.push(ps...) {
		reply(nil, errClosing)
	}
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
