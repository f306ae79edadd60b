package cluster

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/raftlog"
)

// asker is a follower's way to the leader's read index, for as long as one node
// is taken for the leader. Reads that wait share a question.
type asker struct {
	rounds
	node *Node
	addr string
	ctx  context.Context // ends when the leader is another one
}

const questionBytesMin = 16

// asker returns the asker for the leader of v.
func (n *Node) asker(v leaderView) *asker {
	old := n.asks.Load()
	if old != nil && old.ctx == v.ctx {
		return old
	}
	a := &asker{node: n, addr: v.addr, ctx: v.ctx}
	a.begin = a.ask
	n.asks.CompareAndSwap(old, a) // another view may have come meanwhile
	return a
}

// ask sends the question. It says who asks, how far its machine is and which
// term it is in, which is its word for the leader's proof:
//
//	applied  uint64, little endian
//	term     uint64
//	id       the rest
func (a *asker) ask(now *round) {
	n := a.node
	n.stats.ReadRounds.Add(1)
	question := make([]byte, 0, questionBytesMin+len(n.cfg.ID))
	question = binary.LittleEndian.AppendUint64(question, uint64(n.cfg.Machine.AppliedIndex()))
	question = binary.LittleEndian.AppendUint64(question, n.raft().CurrentTerm())
	question = append(question, n.cfg.ID...)
	if cc := n.calls.live(a.addr); cc != nil {
		timer := time.AfterFunc(2*roundTimeout, func() {
			cc.silentSince(now.began)
			a.finish(now, 0, errConnection)
		})
		_, err := cc.ask(methodReadIndex, question, waitingCall{then: func(f frame) {
			timer.Stop()
			a.take(now, f)
		}})
		if err == nil {
			return
		}
		timer.Stop()
	}
	if !n.group.start(func(context.Context) { a.dial(now, question) }) {
		a.finish(now, 0, errClosing)
	}
}

// dial asks a leader that there was no connection to.
func (a *asker) dial(now *round, question []byte) {
	ctx, cancel := context.WithTimeout(a.ctx, 2*roundTimeout)
	defer cancel()
	reply, err := a.node.calls.call(ctx, a.addr, methodReadIndex, question)
	if err != nil {
		a.finish(now, 0, err)
		return
	}
	a.take(now, frame{kind: frameReply, payload: reply})
}

func (a *asker) take(now *round, f frame) {
	switch {
	case f.kind == frameError:
		a.finish(now, 0, decodeFault(f.payload))
	case f.kind != frameReply || len(f.payload) != 8:
		a.finish(now, 0, errConnection)
	default:
		a.finish(now, raftlog.Index(binary.LittleEndian.Uint64(f.payload)), nil)
	}
}

// answerReadIndex answers a question at once if this node and the one that asks
// are a majority of the voters. The other's word is as good as one that we would
// ask it for: it stated its term after the read arrived there.
func (n *Node) answerReadIndex(question []byte) ([]byte, error) {
	if len(question) < questionBytesMin {
		return nil, errLater
	}
	term := n.ready.Load()
	if term == 0 || !n.leadsIn(term) || binary.LittleEndian.Uint64(question[8:]) > term {
		return nil, errLater
	}
	index := n.cfg.Machine.AppliedIndex()
	others, self := n.otherVoters()
	agreed := 0
	if self {
		agreed++
	}
	for _, s := range others {
		if s.ID == raft.ServerID(question[questionBytesMin:]) {
			agreed++
		}
	}
	voters := len(others)
	if self {
		voters++
	}
	if agreed < voters/2+1 || !n.leadsIn(term) {
		return nil, errLater
	}
	return n.readIndexReply(question, index), nil
}

// serveReadIndex answers a question that needs a proof.
func (n *Node) serveReadIndex(ctx context.Context, question []byte) ([]byte, error) {
	if len(question) < questionBytesMin {
		return nil, raftlog.ErrCorrupt
	}
	if !n.IsLeader() {
		return nil, errNotLeader
	}
	r := n.leads.join()
	select {
	case <-r.done:
	case <-ctx.Done():
		return nil, errClosing
	}
	if r.err != nil {
		return nil, r.err
	}
	return n.readIndexReply(question, r.index), nil
}

func (n *Node) readIndexReply(question []byte, index raftlog.Index) []byte {
	if applied := raftlog.Index(binary.LittleEndian.Uint64(question)); applied < index && n.packer.idle() {
		asker := raft.ServerID(question[questionBytesMin:])
		n.pushCommit(func(id raft.ServerID) bool { return id == asker })
	}
	return binary.LittleEndian.AppendUint64(nil, uint64(index))
}
