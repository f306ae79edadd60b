package cluster

import (
	"context"
	"errors"
	"time"
)

// patience is how long a proposal is tried: until its client gives it up, or
// until its time is over. It costs nothing, unlike a context with a deadline.
type patience struct {
	ctx   context.Context
	until time.Time
}

var errLimit = errors.New("no outcome within the limit")

// err returns why the patience has ended, or nil.
func (w patience) err() error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if !time.Now().Before(w.until) {
		return errLimit
	}
	return nil
}

// attempts proposes the same bytes until their outcome is known.
type attempts struct {
	node  *Node
	data  []byte
	sent  bool // an attempt may have left the entry in a log
	doubt bool // sent, as it was before the last attempt
}

const (
	retryMin = 2 * time.Millisecond
	retryMax = 100 * time.Millisecond
)

// run returns an error only when the patience or the node ends first.
func (t *attempts) run(w patience) (outcome, error) {
	n := t.node
	for wait := retryMin; ; wait = min(2*wait, retryMax) {
		v := n.view.get()
		if v.id != "" {
			o, err := t.once(w)
			if err != nil || o.err == nil {
				return o, err
			}
		}
		n.stats.Retries.Add(1)
		timer := time.NewTimer(min(wait, time.Until(w.until)))
		select {
		case <-v.changed:
		case <-timer.C:
		case <-w.ctx.Done():
		case <-n.group.ctx.Done():
		}
		timer.Stop()
		if n.closed.Load() {
			return outcome{}, errClosing
		}
		if err := w.err(); err != nil {
			return outcome{}, err
		}
	}
}

// ticket is a proposal with what its client waits on. It is used again, unless
// its client left before it was finished.
type ticket struct {
	proposal
	waiter waiter
	timer  *time.Timer
}

func newTicket() *ticket {
	k := &ticket{timer: time.NewTimer(time.Hour)}
	k.timer.Stop()
	k.waiter.done = make(chan struct{}, 1)
	k.wait = &k.waiter
	return k
}

// once makes one attempt, here or at the leader.
func (t *attempts) once(w patience) (outcome, error) {
	n := t.node
	t.doubt = t.sent
	k, ok := n.tickets.Get().(*ticket)
	if !ok {
		k = newTicket()
	}
	k.data = t.data
	k.waiter.left.Store(1)
	q := n.forwarder.queue
	if n.IsLeader() {
		q = n.packer.queue
	}
	if !q.push(&k.proposal) {
		return outcome{}, errClosing
	}
	k.timer.Reset(time.Until(w.until))
	var err error
	select {
	case <-k.waiter.done:
		k.timer.Stop()
		o := k.out
		k.out, k.data = outcome{}, nil
		n.tickets.Put(k)
		if o.err == nil || !neverApplied(o.err) {
			t.sent = true
		}
		return o, nil
	case <-w.ctx.Done():
		err = w.ctx.Err()
	case <-k.timer.C:
		err = errLimit
	}
	k.timer.Stop()
	t.sent = true
	return outcome{}, err
}
