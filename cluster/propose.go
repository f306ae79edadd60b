package cluster

import (
	"context"
	"errors"

	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// Propose puts an entry into the log and returns its outcome and index. It fills
// e.Request.
//
// When ctx ends, or after Timing.ProposalLimit, the entry is given up: if it was
// never sent, or a fence is decided before it, the result's status is Fenced,
// the entry will never apply and Result.Err says why. Only when not even that
// can be known is there an error, with SQLSTATE 08007. Other errors (54000, the
// node closing, an expired session with an attempt in doubt) say what they mean
// in the same way: anything but 08007 means that the entry has not been applied
// and never will be.
func (n *Node) Propose(ctx context.Context, e *raftlog.Entry) (raftlog.Result, raftlog.Index, error) {
	n.stats.Proposals.Add(1)
	limit, cancel := context.WithTimeoutCause(ctx, n.cfg.Timing.ProposalLimit, errLimit)
	defer cancel()
	l, err := n.sessions.acquire(limit)
	if err != nil {
		return n.notSent(limit, err)
	}
	for {
		session, err := n.sessions.get(limit)
		if err != nil {
			n.sessions.release(l)
			return n.notSent(limit, err)
		}
		if l.session != session {
			l.session, l.sequence = session, 0
		}
		e.Request = raftlog.RequestID{Session: session, Lane: l.number, Sequence: l.sequence + 1}
		t := attempts{node: n, data: raftlog.EncodeEntry(e)}
		if len(t.data) > raftlog.EntryBytesMax {
			n.sessions.release(l)
			return raftlog.Result{}, 0, errTooLarge(len(t.data))
		}
		o, err := n.runSized(limit, &t)
		if err != nil {
			return n.giveUp(limit, l, e.Request, t.sent, err)
		}
		l.sequence++
		if o.result.Status == raftlog.SessionExpired {
			n.sessions.expired(session)
			if !t.doubt {
				continue
			}
			n.sessions.release(l)
			n.stats.Unknown.Add(1)
			return raftlog.Result{}, 0, errUnknown()
		}
		n.sessions.release(l)
		return o.result, o.index, nil
	}
}

// runSized runs the attempts, a large entry only when it has a place.
func (n *Node) runSized(ctx context.Context, t *attempts) (outcome, error) {
	if len(t.data) <= largeEntryBytes {
		return t.run(ctx)
	}
	select {
	case n.sessions.large <- struct{}{}:
	case <-ctx.Done():
		return outcome{}, ctx.Err()
	case <-n.group.ctx.Done():
		return outcome{}, errClosing
	}
	defer func() { <-n.sessions.large }()
	return t.run(ctx)
}

var errLimit = errors.New("no outcome within the limit")

func errTooLarge(size int) error {
	return pgerr.New(pgerr.ProgramLimitExceeded, "transaction of %d bytes is too large for one log entry", size).
		WithDetail("The limit is %d bytes.", raftlog.EntryBytesMax)
}

func errUnknown() error {
	return pgerr.New(pgerr.TransactionResolutionUnknown,
		"the outcome of the transaction is not known").
		WithDetail("No majority of the cluster's nodes could be reached in time.").
		WithHint("The transaction may still take effect when the nodes are reachable again.")
}

// reason is the error for a proposal that was given up and will never apply.
func (n *Node) reason(ctx context.Context) *pgerr.Error {
	switch {
	case n.closed.Load():
		return pgerr.New(pgerr.AdminShutdown, "terminating connection due to administrator command")
	case context.Cause(ctx) == errLimit:
		return pgerr.New(pgerr.CannotConnectNow, "the cluster has no leader that can be reached").
			WithDetail("Nothing was changed.")
	}
	return pgerr.New(pgerr.QueryCanceled, "canceling statement due to user request")
}

func (n *Node) notSent(ctx context.Context, err error) (raftlog.Result, raftlog.Index, error) {
	if errors.Is(err, errClosing) || ctx.Err() != nil {
		return raftlog.Result{Status: raftlog.Fenced, Err: n.reason(ctx)}, 0, nil
	}
	return raftlog.Result{}, 0, pgerr.From(err)
}

// giveUp ends a proposal without an outcome: whichever of the entry and its
// fence is applied first decides.
func (n *Node) giveUp(ctx context.Context, l *lane, id raftlog.RequestID, sent bool, err error) (raftlog.Result, raftlog.Index, error) {
	if !sent {
		n.sessions.release(l)
		return n.notSent(ctx, err)
	}
	l.sequence++
	n.stats.Fences.Add(1)
	fence := &attempts{node: n, data: fenceEntry(id)}
	grace, cancel := context.WithTimeout(n.group.ctx, n.cfg.Timing.FenceLimit)
	defer cancel()
	o, err := fence.run(grace)
	if err == nil && o.result.Status != raftlog.SessionExpired {
		n.sessions.release(l)
		if o.result.Status == raftlog.Fenced {
			o.result.Err = n.reason(ctx)
		}
		return o.result, o.index, nil
	}
	n.stats.Unknown.Add(1)
	if err == nil {
		n.sessions.release(l)
		return raftlog.Result{}, 0, errUnknown()
	}
	// The lane is used again only when its last proposal is decided.
	n.group.start(func(ctx context.Context) {
		if _, err := fence.run(ctx); err == nil {
			n.sessions.release(l)
		}
	})
	return raftlog.Result{}, 0, errUnknown()
}

func fenceEntry(id raftlog.RequestID) []byte {
	return raftlog.EncodeEntry(&raftlog.Entry{
		Request:    id,
		Moment:     raftlog.Moment{Time: clock()},
		Operations: []raftlog.Operation{{Kind: raftlog.OpFence}},
	})
}
