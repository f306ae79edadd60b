package cluster

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/raftlog"
)

const (
	roundTimeout = time.Second
	// hedgeWait is how long a proof waits for the voters it asked before it asks
	// the others too.
	hedgeWait = 3 * time.Millisecond
	maxPolled = 16 // voters that one proof asks
)

// proveLeadership begins one round of (1) to (3) of ReadIndex's proof.
func (n *Node) proveLeadership(now *round) {
	n.stats.ReadRounds.Add(1)
	term := n.ready.Load()
	if term == 0 || !n.leadsIn(term) {
		n.leads.finish(now, 0, errNotLeader)
		return
	}
	others, self := n.otherVoters()
	p := &termPoll{
		node: n, round: now, term: term, index: n.cfg.Machine.AppliedIndex(),
		others: others[:min(len(others), maxPolled)], need: len(others)/2 + 1,
	}
	if self {
		p.need = (len(others)+1)/2 + 1
		p.agreed++
	}
	p.begin()
}

// leadsIn tells whether this node leads in a term, as far as it knows.
func (n *Node) leadsIn(term uint64) bool {
	r := n.raft()
	return r.State() == raft.Leader && r.CurrentTerm() == term
}

// termPoll asks other voters for their terms, until a majority, this node
// included, has none above the leader's. It asks as many as it needs, first the
// one that answered last time, and the others when that takes long.
type termPoll struct {
	node   *Node
	round  *round
	term   uint64
	index  raftlog.Index
	others []raft.Server
	need   int

	mu     sync.Mutex // guards all below; not held while asking
	agreed int
	asked  int
	open   int // asked and not answered
	hedged bool
	over   bool
	timer  *time.Timer
}

func (p *termPoll) begin() {
	last := p.node.lastAnswer.Load()
	for i := range p.others {
		if last != nil && string(p.others[i].Address) == *last {
			p.others[0], p.others[i] = p.others[i], p.others[0]
			break
		}
	}
	p.mu.Lock()
	p.timer = time.AfterFunc(hedgeWait, p.late)
	p.settle(p.need - p.agreed)
}

// late asks the voters not asked so far, and gives up when it comes again.
func (p *termPoll) late() {
	p.mu.Lock()
	if p.hedged {
		p.open, p.asked = 0, len(p.others)
	} else if !p.over {
		p.hedged = true
		p.timer.Reset(roundTimeout)
	}
	p.settle(len(p.others))
}

// settle ends the poll if its outcome is known, and else asks up to more voters.
// It releases mu.
func (p *termPoll) settle(more int) {
	if p.over {
		p.mu.Unlock()
		return
	}
	first := p.asked
	p.asked = min(p.asked+max(more, 0), len(p.others))
	p.open += p.asked - first
	ask := p.others[first:p.asked]
	agreed := p.agreed >= p.need
	p.over = agreed || p.open == 0
	over := p.over
	if over {
		p.timer.Stop()
	}
	p.mu.Unlock()
	switch {
	case agreed && p.node.leadsIn(p.term):
		p.node.leads.finish(p.round, p.index, nil)
	case over:
		p.node.leads.finish(p.round, 0, errNotLeader)
	default:
		for _, s := range ask {
			p.ask(string(s.Address))
		}
	}
}

func (p *termPoll) ask(addr string) {
	n := p.node
	if cc := n.calls.live(addr); cc != nil {
		if _, err := cc.ask(methodTerm, nil, waitingCall{then: func(f frame) { p.take(addr, f) }}); err == nil {
			return
		}
	}
	if !n.group.start(func(ctx context.Context) { p.take(addr, n.dialForTerm(ctx, addr)) }) {
		p.take(addr, frame{kind: frameLost})
	}
}

// dialForTerm asks a voter that there was no connection to.
func (n *Node) dialForTerm(ctx context.Context, addr string) frame {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	reply, err := n.calls.call(ctx, addr, methodTerm, nil)
	if err != nil {
		return frame{kind: frameLost}
	}
	return frame{kind: frameReply, payload: reply}
}

// take counts an answer. A voter that did not answer is replaced by the next; a
// higher term ends the poll.
func (p *termPoll) take(addr string, f frame) {
	answered := f.kind == frameReply && len(f.payload) == 8
	p.mu.Lock()
	p.open--
	switch {
	case !answered:
		p.settle(1)
	case binary.LittleEndian.Uint64(f.payload) > p.term:
		p.agreed, p.open, p.asked = 0, 0, len(p.others)
		p.settle(0)
	default:
		p.agreed++
		p.settle(0)
		if last := p.node.lastAnswer.Load(); last == nil || *last != addr {
			p.node.lastAnswer.Store(&addr)
		}
	}
}

// serveTerm answers a termPoll.
func (n *Node) serveTerm([]byte) ([]byte, error) {
	return binary.LittleEndian.AppendUint64(nil, n.raft().CurrentTerm()), nil
}
