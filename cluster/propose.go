package cluster

import (
	"context"
	"errors"
	"time"

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
	w := patience{ctx, time.Now().Add(n.cfg.Timing.ProposalLimit)}
	l, err := n.sessions.acquire(w)
	if err != nil {
		return n.notSent(err)
	}
	for {
		session, err := n.sessions.get(w)
		if err != nil {
			n.sessions.release(l)
			return n.notSent(err)
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
		o, err := n.runSized(w, &t)
		if err != nil {
			return n.giveUp(l, e.Request, t.sent, err)
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
func (n *Node) runSized(w patience, t *attempts) (outcome, error) {
	if len(t.data) <= largeEntryBytes {
		return t.run(w)
	}
	if err := n.sessions.queueFor(w, n.sessions.large); err != nil {
		return outcome{}, err
	}
	defer func() { <-n.sessions.large }()
	return t.run(w)
}

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

// reason is the error for a proposal or read that was given up for err, and
// did nothing.
func (n *Node) reason(err error) *pgerr.Error {
	switch {
	case n.closed.Load():
		return pgerr.New(pgerr.AdminShutdown, "terminating connection due to administrator command")
	case errors.Is(err, errLimit):
		return pgerr.New(pgerr.CannotConnectNow, "the cluster has no leader that can be reached").
			WithDetail("Nothing was changed.")
	}
	return pgerr.New(pgerr.QueryCanceled, "canceling statement due to user request")
}

func (n *Node) notSent(err error) (raftlog.Result, raftlog.Index, error) {
	if errors.Is(err, errClosing) || errors.Is(err, errLimit) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return raftlog.Result{Status: raftlog.Fenced, Err: n.reason(err)}, 0, nil
	}
	return raftlog.Result{}, 0, pgerr.From(err)
}

// giveUp ends a proposal without an outcome: whichever of the entry and its
// fence is applied first decides.
func (n *Node) giveUp(l *lane, id raftlog.RequestID, sent bool, why error) (raftlog.Result, raftlog.Index, error) {
	if !sent {
		n.sessions.release(l)
		return n.notSent(why)
	}
	l.sequence++
	n.stats.Fences.Add(1)
	fence := &attempts{node: n, data: fenceEntry(id)}
	o, err := fence.run(patience{n.group.ctx, time.Now().Add(n.cfg.Timing.FenceLimit)})
	if err == nil && o.result.Status != raftlog.SessionExpired {
		n.sessions.release(l)
		if o.result.Status == raftlog.Fenced {
			o.result.Err = n.reason(why)
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
		if _, err := fence.run(patience{ctx, time.Now().Add(laneLifetime)}); err == nil {
			n.sessions.release(l)
		}
	})
	return raftlog.Result{}, 0, errUnknown()
}

// laneLifetime bounds the fencing of a lost lane by what is for ever.
const laneLifetime = 365 * 24 * time.Hour

func fenceEntry(id raftlog.RequestID) []byte {
	return raftlog.EncodeEntry(&raftlog.Entry{
		Request:    id,
		Moment:     raftlog.Moment{Time: clock()},
		Operations: []raftlog.Operation{{Kind: raftlog.OpFence}},
	})
}
