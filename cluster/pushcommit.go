package cluster

import (
	"context"
	"time"

	"github.com/hashicorp/raft"
)

// A follower that does not have the entry yet is told again, after pushWaitMin at
// first and pushWaitMax at last: raft tells it by itself soon after.
const pushWaitMin, pushWaitMax = time.Millisecond, 4 * time.Millisecond

// pushCommit tells a follower at once what is committed. raft itself tells it
// with the next entries, or after a while where none follow, and a read would
// wait for that. The message is an AppendEntries without entries, whose previous
// entry is the last one committed: a follower that does not have that entry
// refuses it, and one that has it has all before it (Raft §5.3).
func (n *Node) pushCommit(to func(raft.ServerID) bool) {
	r, term := n.raft(), n.ready.Load()
	commit := r.CommitIndex()
	var last raft.Log
	if term == 0 || n.cfg.Log.GetLog(commit, &last) != nil || r.State() != raft.Leader || r.CurrentTerm() != term {
		return
	}
	for _, s := range n.Servers() {
		if s.ID == raft.ServerID(n.cfg.ID) || !to(s.ID) {
			continue
		}
		self := n.trans.EncodePeer(raft.ServerID(n.cfg.ID), raft.ServerAddress(n.cfg.Advertise))
		request := raft.AppendEntriesRequest{
			RPCHeader:    raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(n.cfg.ID), Addr: self},
			Term:         term,
			PrevLogEntry: commit, PrevLogTerm: last.Term, LeaderCommitIndex: commit,
		}
		n.group.start(func(ctx context.Context) { n.push(ctx, s, &request) })
	}
}

// push tells one follower. It may store the last entry only now: others were the
// majority.
func (n *Node) push(ctx context.Context, to raft.Server, request *raft.AppendEntriesRequest) {
	for wait := pushWaitMin; ; wait *= 2 {
		var response raft.AppendEntriesResponse
		if err := n.trans.AppendEntries(to.ID, to.Address, request, &response); err != nil {
			n.log.Debug("commit not pushed", "node", string(to.ID), "err", err)
			return
		}
		if response.Success || response.Term != request.Term || wait > pushWaitMax {
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// PushCommit has all other nodes apply at once what this node, if it is the leader,
// has applied, unless entries that follow are about to tell them. It does not wait.
func (n *Node) PushCommit() {
	if n.packer.queue.waiting() == 0 {
		n.pushCommit(func(raft.ServerID) bool { return true })
	}
}
