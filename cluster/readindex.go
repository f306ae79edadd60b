package cluster

import (
	"context"
	"encoding/binary"
	"sync"
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
// Reads that arrive while a proof is under way share the next one.

const (
	roundTimeout  = time.Second
	readLimit     = 10 * time.Second
	readRetryWait = 5 * time.Millisecond
	// hedgeWait is how long a proof waits for the voters it asked before it asks
	// the others too.
	hedgeWait = 3 * time.Millisecond
)

// rounds lets callers share the runs of a slow function: every caller gets the
// result of a run that began after the call.
type rounds struct {
	mu      sync.Mutex // guards all below
	next    *round     // those who wait for the next run
	running bool
}

type round struct {
	done  chan struct{} // closed when the fields below are set
	began time.Time
	index raftlog.Index
	err   error
}

func (r *rounds) join(g *group, f func(ctx context.Context) (raftlog.Index, error)) *round {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == nil {
		r.next = &round{done: make(chan struct{})}
	}
	joined := r.next
	if !r.running {
		r.running = g.start(func(ctx context.Context) { r.run(ctx, f) })
		if !r.running {
			r.next = nil
			joined.err = errClosing
			close(joined.done)
		}
	}
	return joined
}

func (r *rounds) run(ctx context.Context, f func(ctx context.Context) (raftlog.Index, error)) {
	for {
		r.mu.Lock()
		now := r.next
		r.next = nil
		r.running = now != nil
		r.mu.Unlock()
		if now == nil {
			return
		}
		now.began = time.Now()
		now.index, now.err = f(ctx)
		close(now.done)
	}
}

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
		var r *round
		if n.IsLeader() {
			r = n.leads.join(n.group, n.proveLeadership)
		} else {
			r = n.asks.join(n.group, n.askLeader)
		}
		select { // a round ends by itself in a bounded time
		case <-r.done:
		case <-ctx.Done():
			return 0, n.readError(ctx.Err())
		}
		if r.err == nil {
			n.remember(r)
			return r.index, nil
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

// proveLeadership is one round of (1) to (3).
func (n *Node) proveLeadership(ctx context.Context) (raftlog.Index, error) {
	n.stats.ReadRounds.Add(1)
	r := n.raft()
	term := n.ready.Load()
	if term == 0 || r.State() != raft.Leader || r.CurrentTerm() != term {
		return 0, errNotLeader
	}
	index := n.cfg.Machine.AppliedIndex()
	if err := n.confirmTerm(ctx, term); err != nil {
		return 0, err
	}
	if r.State() != raft.Leader || r.CurrentTerm() != term {
		return 0, errNotLeader
	}
	return index, nil
}

// confirmTerm asks other voters for their terms, and returns nil once a majority,
// this node included, has none above term. It asks as many as it needs, first
// the one that answered last time, and the others when that takes long.
func (n *Node) confirmTerm(ctx context.Context, term uint64) error {
	others, self := n.otherVoters()
	voters := len(others)
	p := termPoll{node: n, others: others, term: term, answers: make(chan frame, len(others))}
	if self {
		voters++
		p.agreed++
	}
	p.need = voters/2 + 1
	defer p.forget()
	p.preferLast()
	p.askMore(p.need - p.agreed)
	timer := time.NewTimer(hedgeWait)
	defer timer.Stop()
	for p.agreed < p.need {
		if p.open == 0 && p.asked == len(others) {
			return errNotLeader
		}
		select {
		case f := <-p.answers:
			if err := p.take(f); err != nil {
				return err
			}
		case <-timer.C:
			if p.asked == len(others) {
				return errNotLeader
			}
			p.askMore(len(others))
			timer.Reset(roundTimeout)
		case <-ctx.Done():
			return errClosing
		}
	}
	return nil
}

// termPoll is one confirmTerm.
type termPoll struct {
	node    *Node
	others  []raft.Server
	term    uint64
	answers chan frame // room for one of each
	calls   [maxPolled]polledCall
	asked   int
	open    int // asked and not answered
	agreed  int
	need    int
}

const maxPolled = 16

type polledCall struct {
	conn *callConn
	id   uint64
	addr string
}

// preferLast moves the voter that answered last time to the front.
func (p *termPoll) preferLast() {
	last := p.node.lastAnswer.Load()
	for i := range p.others {
		if last != nil && string(p.others[i].Address) == *last {
			p.others[0], p.others[i] = p.others[i], p.others[0]
			return
		}
	}
}

// askMore asks up to n more voters.
func (p *termPoll) askMore(n int) {
	for ; n > 0 && p.asked < len(p.others); n-- {
		addr := string(p.others[p.asked].Address)
		i := p.asked
		p.asked++
		p.open++
		if cc := p.node.calls.live(addr); cc != nil && i < maxPolled {
			if id, err := cc.ask(methodTerm, nil, waitingCall{ch: p.answers, shared: true}); err == nil {
				p.calls[i] = polledCall{cc, id, addr}
				continue
			}
		}
		answers := p.answers
		if !p.node.group.start(func(ctx context.Context) { answers <- p.node.dialForTerm(ctx, addr) }) {
			answers <- frame{kind: frameLost}
		}
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

// take counts an answer. A voter that did not answer is replaced by the next.
func (p *termPoll) take(f frame) error {
	p.open--
	if f.kind != frameReply || len(f.payload) != 8 {
		p.askMore(1)
		return nil
	}
	if binary.LittleEndian.Uint64(f.payload) > p.term {
		return errNotLeader
	}
	p.agreed++
	for i := range p.calls {
		if c := &p.calls[i]; c.conn != nil && c.id == f.id {
			if last := p.node.lastAnswer.Load(); last == nil || *last != c.addr {
				addr := c.addr
				p.node.lastAnswer.Store(&addr)
			}
			c.conn = nil
			break
		}
	}
	return nil
}

// forget gives up the answers that are not needed any more.
func (p *termPoll) forget() {
	for _, c := range p.calls[:min(p.asked, maxPolled)] {
		if c.conn != nil {
			c.conn.forget(c.id)
		}
	}
}

func (n *Node) serveTerm(context.Context, []byte) ([]byte, error) {
	return binary.LittleEndian.AppendUint64(nil, n.raft().CurrentTerm()), nil
}

// askLeader is the follower's round: the leader's read index. The question says
// who asks and how far its machine is:
//
//	applied  uint64, little endian
//	id       the rest
func (n *Node) askLeader(context.Context) (raftlog.Index, error) {
	v := n.view.get()
	if v.id == "" || v.id == n.cfg.ID {
		return 0, errNotLeader
	}
	ctx, cancel := context.WithTimeout(v.ctx, 2*roundTimeout)
	defer cancel()
	question := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(n.cfg.ID)), uint64(n.cfg.Machine.AppliedIndex()))
	reply, err := n.calls.call(ctx, v.addr, methodReadIndex, append(question, n.cfg.ID...))
	if err != nil {
		return 0, err
	}
	if len(reply) != 8 {
		return 0, raftlog.ErrCorrupt
	}
	return raftlog.Index(binary.LittleEndian.Uint64(reply)), nil
}

func (n *Node) serveReadIndex(ctx context.Context, question []byte) ([]byte, error) {
	if len(question) < 8 {
		return nil, raftlog.ErrCorrupt
	}
	index, ok := n.readAlone()
	if !ok {
		if !n.IsLeader() {
			return nil, errNotLeader
		}
		r := n.leads.join(n.group, n.proveLeadership)
		select {
		case <-r.done:
		case <-ctx.Done():
			return nil, errClosing
		}
		if r.err != nil {
			return nil, r.err
		}
		index = r.index
	}
	if applied := raftlog.Index(binary.LittleEndian.Uint64(question)); applied < index && n.packer.idle() {
		n.pushCommit(raft.ServerID(question[8:]))
	}
	return binary.LittleEndian.AppendUint64(nil, uint64(index)), nil
}

// pushCommit tells a follower at once what is committed. raft itself tells it
// with the next entries, or after a while where none follow, and a read would
// wait for that. The message is an AppendEntries without entries, whose previous
// entry is the last one committed: a follower that does not have that entry
// refuses it, and one that has it has all before it (Raft §5.3).
func (n *Node) pushCommit(id raft.ServerID) {
	r, term := n.raft(), n.ready.Load()
	commit := r.CommitIndex()
	var last raft.Log
	if term == 0 || n.cfg.Log.GetLog(commit, &last) != nil || r.State() != raft.Leader || r.CurrentTerm() != term {
		return
	}
	for _, s := range n.Servers() {
		if s.ID != id || s.ID == raft.ServerID(n.cfg.ID) {
			continue
		}
		self := n.trans.EncodePeer(raft.ServerID(n.cfg.ID), raft.ServerAddress(n.cfg.Advertise))
		request := raft.AppendEntriesRequest{
			RPCHeader:    raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(n.cfg.ID), Addr: self},
			Term:         term,
			PrevLogEntry: commit, PrevLogTerm: last.Term, LeaderCommitIndex: commit,
		}
		n.group.start(func(context.Context) {
			var response raft.AppendEntriesResponse
			if err := n.trans.AppendEntries(s.ID, s.Address, &request, &response); err != nil {
				n.log.Debug("commit not pushed", "node", string(s.ID), "err", err)
			}
		})
		return
	}
}
