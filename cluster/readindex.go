package cluster

import (
	"context"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// Linearizable reads, Raft §6.4. A read may use an index once
//
//	(1) this node, the leader of term T, has applied a command of T: everything
//	    committed before T is applied (takeOffice),
//	(2) the index is the applied index, taken after the read arrived: writes are
//	    acknowledged after they are applied here, and
//	(3) after (2), a majority of the voters says that its term is not above T.
//
// A leader of a later term needs the votes of a majority, each of which has
// stored that term before it voted; terms only grow. So if such a leader existed
// when the read arrived, one of the answers of (3) tells. raft.VerifyLeader is
// not enough: it takes any answer that arrives after the question, also one that
// was sent before.
//
// Reads that arrive while a proof is under way share the next one. A follower's
// question states its own term, which counts for (3): of three voters it and the
// leader are the majority, and a read costs one round trip on any node.

const (
	readLimit     = 10 * time.Second
	readRetryWait = 5 * time.Millisecond
)

// readProof says that at began the cluster's state was not newer than index.
type readProof struct {
	began time.Time
	index raftlog.Index
}

// ReadIndex returns an index such that a database that has applied it holds
// every write that was acknowledged on any node before the call. The caller
// waits for the index with Machine.WaitApplied.
func (n *Node) ReadIndex(ctx context.Context) (raftlog.Index, error) {
	n.stats.Reads.Add(1)
	if index, ok := n.readAlone(); ok {
		return index, nil
	}
	until := time.Now().Add(readLimit)
	for {
		v := n.view.get()
		if r := n.readRound(v); r != nil {
			select { // a round ends by itself in a bounded time
			case <-r.done:
				if r.err == nil {
					n.remember(r)
					return r.index, nil
				}
			case <-v.ctx.Done(): // another leader
			case <-ctx.Done():
				return 0, n.readError(ctx.Err())
			}
		}
		timer := time.NewTimer(readRetryWait)
		select {
		case <-v.changed:
		case <-timer.C:
		case <-ctx.Done():
		case <-n.group.ctx.Done():
		}
		timer.Stop()
		if err := (patience{ctx, until}).err(); err != nil || n.closed.Load() {
			return 0, n.readError(err)
		}
	}
}

// readRound joins a proof here or at the leader; nil when no leader is known.
func (n *Node) readRound(v leaderView) *round {
	switch {
	case n.IsLeader():
		return n.leads.join()
	case v.id == "" || v.id == n.cfg.ID:
		return nil
	}
	return n.asker(v).join()
}

// ReadIndexWithin is ReadIndex for a read that may miss the writes of the last
// stale: it uses a proof of that age if there is one.
func (n *Node) ReadIndexWithin(ctx context.Context, stale time.Duration) (raftlog.Index, error) {
	if p := n.proof.Load(); p != nil && time.Since(p.began) <= stale {
		return p.index, nil
	}
	return n.ReadIndex(ctx)
}

// Staleness returns how old this node's database may be: the age of the newest
// proof whose index it has applied; false when there is none.
func (n *Node) Staleness() (time.Duration, bool) {
	p := n.proof.Load()
	if p == nil || n.cfg.Machine.AppliedIndex() < p.index {
		return 0, false
	}
	return time.Since(p.began), true
}

func (n *Node) remember(r *round) {
	for {
		old := n.proof.Load()
		if old != nil && !old.began.Before(r.began) {
			return
		}
		if n.proof.CompareAndSwap(old, &readProof{r.began, r.index}) {
			return
		}
	}
}

func (n *Node) readError(err error) error {
	e := n.reason(err)
	if e.Code != pgerr.CannotConnectNow {
		return e
	}
	return pgerr.New(e.Code, "%s", e.Message).
		WithHint("SET polyreme.read_consistency = local reads what this node has.")
}

// readAlone serves the only voter of a cluster: nobody else can be elected.
func (n *Node) readAlone() (raftlog.Index, bool) {
	r := n.raft()
	term := n.ready.Load()
	if term == 0 || r.State() != raft.Leader {
		return 0, false
	}
	index := n.cfg.Machine.AppliedIndex()
	if others, self := n.otherVoters(); len(others) > 0 || !self {
		return 0, false
	}
	return index, r.State() == raft.Leader && r.CurrentTerm() == term
}

// otherVoters returns the voters but this node, and whether it is one.
func (n *Node) otherVoters() (others []raft.Server, self bool) {
	for _, s := range n.Servers() {
		switch {
		case s.Suffrage != raft.Voter:
		case s.ID == raft.ServerID(n.cfg.ID):
			self = true
		default:
			others = append(others, s)
		}
	}
	return others, self
}
