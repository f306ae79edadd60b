package cluster

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// holderLooks is how often, within Timing.HolderSilence, the leader asks the nodes
// whose clients hold advisory locks for a sign of life.
const holderLooks = 10

// watchHolders releases the advisory locks of nodes that are dead or cut off. It
// is the leader's. A node that only seemed dead learns of it from the log, and
// ends the sessions that had the locks.
func (n *Node) watchHolders(ctx context.Context) {
	if n.cfg.Holders == nil {
		return
	}
	heard := map[string]time.Time{}
	looked, pause := time.Now(), n.cfg.Timing.HolderSilence/holderLooks
	for sleep(ctx, pause) {
		if time.Since(looked) > pause+2*infoTimeout {
			clear(heard) // this node itself stood still: the silence may be its own
		}
		looked = time.Now()
		n.hearHolders(ctx, heard)
		for id, last := range heard {
			if silent := time.Since(last); silent >= n.cfg.Timing.HolderSilence && ctx.Err() == nil {
				n.endHolder(id, silent)
			}
		}
	}
}

// hearHolders brings heard up to date: which nodes hold locks, and when each
// answered last. One that is new in it has answered now.
func (n *Node) hearHolders(ctx context.Context, heard map[string]time.Time) {
	holders := map[string]bool{}
	for _, id := range n.cfg.Holders() {
		if id == n.cfg.ID {
			continue
		}
		holders[id] = true
		if heard[id].IsZero() {
			heard[id] = time.Now()
		}
	}
	for id := range heard {
		if !holders[id] {
			delete(heard, id)
		}
	}
	var mu sync.Mutex // guards heard
	var asked sync.WaitGroup
	for _, s := range n.Servers() {
		id := string(s.ID)
		if !holders[id] {
			continue
		}
		asked.Go(func() {
			if n.answers(ctx, s) {
				mu.Lock()
				heard[id] = time.Now()
				mu.Unlock()
			}
		})
	}
	asked.Wait()
}

// answers tells whether a member says anything, be it that it has no time.
func (n *Node) answers(ctx context.Context, s raft.Server) bool {
	i, err := n.infoOf(ctx, s)
	var refused *pgerr.Error
	return err == nil && i.ID == string(s.ID) || errors.As(err, &refused)
}

// endHolder releases the advisory locks of a node.
func (n *Node) endHolder(id string, silent time.Duration) {
	a := raftlog.Advisory{Action: raftlog.AdvisoryEnd, Holder: raftlog.AdvisoryHolder{Node: id}}
	op := a.Operation()
	if _, err := n.applyControl(op.Kind, op.Params...); err != nil {
		n.log.Debug("advisory locks of a silent node not released", "node", id, "err", err)
		return
	}
	n.log.Warn("advisory locks of a silent node released", "node", id, "silent", silent)
}
