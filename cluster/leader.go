package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/pgsql/types"
	"polyreme/raftlog"
)

const (
	promoteInterval = 200 * time.Millisecond
	expireFraction  = 12 // of the expiry between two looks for sessions to end
	leadRetry       = 20 * time.Millisecond
)

// followLeadership runs one lead for each time that this node becomes the leader.
func (n *Node) followLeadership(ctx context.Context) {
	stop := func() {}
	defer func() { stop() }()
	for {
		select {
		case leads := <-n.leaderCh:
			stop()
			stop = func() {}
			if leads {
				stop = n.startLead(ctx)
			}
			n.view.wake()
		case <-ctx.Done():
			return
		}
	}
}

// startLead starts the leader's work; the function it returns ends it.
func (n *Node) startLead(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.lead(ctx)
	}()
	return func() {
		n.ready.Store(0)
		cancel()
		<-done
		n.ready.Store(0)
	}
}

// lead is the leader's work until its leadership or the node ends.
func (n *Node) lead(ctx context.Context) {
	for !n.takeOffice(ctx) {
		if !sleep(ctx, leadRetry) {
			return
		}
	}
	var watch sync.WaitGroup
	watch.Go(func() { n.watchHolders(ctx) })
	defer watch.Wait()
	promote := time.NewTicker(promoteInterval)
	defer promote.Stop()
	expire := time.NewTicker(n.cfg.Timing.SessionExpiry / expireFraction)
	defer expire.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-promote.C:
			n.promoteCaughtUp(ctx)
		case <-expire.C:
			n.expireSessions(ctx)
		}
	}
}

// takeOffice makes the leader ready for reads (Raft §6.4): a command of its own
// term is applied, so everything that earlier leaders committed is applied too.
// raft's own no-op would not do: the state machine never sees it.
func (n *Node) takeOffice(ctx context.Context) bool {
	r := n.raft()
	term := r.CurrentTerm()
	if r.State() != raft.Leader {
		return false
	}
	if _, err := n.applyControl(raftlog.OpNoop); err != nil {
		return false
	}
	if n.cfg.Genesis != nil {
		if e := n.cfg.Genesis(); e != nil {
			p := newProposal(raftlog.EncodeEntry(e))
			if o := n.packer.apply([]*proposal{p})[0]; o.err != nil {
				return false
			} else if o.result.Status != raftlog.Applied && o.result.Status != raftlog.SchemaChanged {
				n.fatal(fmt.Errorf("create the catalog: %w", statusError(&o.result)))
				return false
			}
		}
	}
	// The term before and after is the same and terms only grow: the commands
	// above were appended in it.
	if ctx.Err() != nil || r.State() != raft.Leader || r.CurrentTerm() != term {
		return false
	}
	n.ready.Store(term)
	n.view.wake()
	n.log.Info("leading", "term", term)
	return true
}

func statusError(r *raftlog.Result) error {
	if r.Err != nil {
		return r.Err
	}
	return fmt.Errorf("entry %v", r.Status)
}

// applyControl proposes a control command outside the Ledger, as the leader.
func (n *Node) applyControl(kind raftlog.OpKind, params ...types.Value) (raftlog.Result, error) {
	e := raftlog.Entry{
		Moment:     raftlog.Moment{Time: clock()},
		Operations: []raftlog.Operation{{Kind: kind, Params: params}},
	}
	o := n.packer.apply([]*proposal{newProposal(raftlog.EncodeEntry(&e))})[0]
	return o.result, o.err
}

// expireSessions ends the sessions of nodes that have not been heard of for long.
// The decision is the log's: the leader's clock is in the entry.
func (n *Node) expireSessions(ctx context.Context) {
	before := clock() - n.cfg.Timing.SessionExpiry.Microseconds()
	if _, err := n.applyControl(raftlog.OpExpireSessions, types.IntValue(before)); err != nil && ctx.Err() == nil {
		n.log.Debug("sessions not expired", "err", err)
	}
}

// sleep waits for d and tells whether ctx goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
