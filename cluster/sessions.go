package cluster

import (
	"context"
	"errors"
	"sync"
	"time"

	"polyreme/pgsql/types"
	"polyreme/raftlog"
)

// lanesMax is how many proposals of one node may be under way at once. The
// Ledger keeps one outcome per lane.
const lanesMax = 1024

// Large entries wait for one of few places, which bounds the memory of proposals.
const (
	largeEntryBytes = raftlog.BatchBytesMax
	largeEntriesMax = 8
)

// sessions holds this node's session in the Ledger and its lanes.
//
// A session is one run of a node: it is opened by a log entry when the node first
// proposes, and its id is where that entry stands in the log. Of each lane the
// Ledger remembers the last sequence and its outcome, so a lane has one proposal
// under way at a time, and a resent one is answered and not applied again.
type sessions struct {
	node  *Node
	slots chan struct{} // one per lane in use
	large chan struct{} // one per large entry under way

	mu      sync.Mutex // guards all below
	free    []*lane    // last in, first out: few lanes stay few
	current uint64     // the session's id; 0: none
	opening chan struct{}
	openErr error
}

type lane struct {
	number   uint32
	session  uint64
	sequence uint64 // of the last proposal that may have been sent
}

func newSessions(n *Node) *sessions {
	s := &sessions{
		node:  n,
		slots: make(chan struct{}, lanesMax),
		large: make(chan struct{}, largeEntriesMax),
		free:  make([]*lane, lanesMax),
	}
	for i := range s.free {
		s.free[i] = &lane{number: uint32(lanesMax - 1 - i)}
	}
	return s
}

func (s *sessions) acquire(ctx context.Context) (*lane, error) {
	select {
	case s.slots <- struct{}{}:
	default:
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.node.group.ctx.Done():
			return nil, errClosing
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return l, nil
}

func (s *sessions) release(l *lane) {
	s.mu.Lock()
	s.free = append(s.free, l)
	s.mu.Unlock()
	<-s.slots
}

// get returns the current session, opening one if there is none.
func (s *sessions) get(ctx context.Context) (uint64, error) {
	for {
		s.mu.Lock()
		if s.current != 0 {
			defer s.mu.Unlock()
			return s.current, nil
		}
		first := s.opening == nil
		if first {
			s.opening = make(chan struct{})
		}
		opening := s.opening
		s.mu.Unlock()
		if first {
			id, err := s.open(ctx)
			s.mu.Lock()
			s.current, s.openErr = id, err
			s.opening = nil
			close(opening)
			s.mu.Unlock()
			return id, err
		}
		select {
		case <-opening:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// open puts an OpOpenSession into the log. It may be sent again: a session that
// nobody uses expires.
func (s *sessions) open(ctx context.Context) (uint64, error) {
	e := raftlog.Entry{
		Moment: raftlog.Moment{Time: clock()},
		Operations: []raftlog.Operation{{
			Kind: raftlog.OpOpenSession, Params: []types.Value{types.TextValue(s.node.cfg.ID)},
		}},
	}
	t := attempts{node: s.node, data: raftlog.EncodeEntry(&e)}
	o, err := t.run(ctx)
	if err != nil {
		return 0, err
	}
	if o.result.Status != raftlog.Applied || o.result.Session == 0 {
		return 0, statusError(&o.result)
	}
	s.node.log.Debug("session opened", "session", o.result.Session)
	return o.result.Session, nil
}

// expired forgets the session id, unless it was replaced already.
func (s *sessions) expired(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == id {
		s.current = 0
	}
}

// keepAliveLoop proposes something now and then while there is a session.
func (s *sessions) keepAliveLoop(ctx context.Context) {
	for sleep(ctx, s.node.cfg.Timing.KeepAlive) {
		s.mu.Lock()
		id := s.current
		s.mu.Unlock()
		if id == 0 {
			continue
		}
		_, _, err := s.node.Propose(ctx, &raftlog.Entry{
			Moment:     raftlog.Moment{Time: clock()},
			Operations: []raftlog.Operation{{Kind: raftlog.OpNoop}},
		})
		if err != nil && ctx.Err() == nil {
			s.node.log.Debug("session not kept alive", "err", err)
		}
	}
}

// attempts proposes the same bytes until their outcome is known.
type attempts struct {
	node *Node
	data []byte
	sent bool // an attempt may have left the entry in a log
	// doubt is sent, as it was before the last attempt.
	doubt bool
}

const (
	retryMin = 2 * time.Millisecond
	retryMax = 100 * time.Millisecond
)

// run returns an error only when ctx or the node ends first.
func (t *attempts) run(ctx context.Context) (outcome, error) {
	n := t.node
	for wait := retryMin; ; wait = min(2*wait, retryMax) {
		v := n.view.get()
		if v.id != "" {
			o, err := t.once(ctx)
			if err != nil {
				return outcome{}, err
			}
			if o.err == nil {
				return o, nil
			}
			if errors.Is(o.err, errClosing) && n.group.ctx.Err() != nil {
				return outcome{}, errClosing
			}
		}
		n.stats.Retries.Add(1)
		timer := time.NewTimer(wait)
		select {
		case <-v.changed:
		case <-timer.C:
		case <-ctx.Done():
		case <-n.group.ctx.Done():
		}
		timer.Stop()
		if n.group.ctx.Err() != nil {
			return outcome{}, errClosing
		}
		if err := ctx.Err(); err != nil {
			return outcome{}, err
		}
	}
}

// once makes one attempt, here or at the leader.
func (t *attempts) once(ctx context.Context) (outcome, error) {
	n := t.node
	t.doubt = t.sent
	p := newProposal(t.data)
	q := n.forwarder.queue
	if n.IsLeader() {
		q = n.packer.queue
	}
	if !q.push(p) {
		return outcome{}, errClosing
	}
	select {
	case <-p.wait.done:
		if p.out.err == nil || !neverApplied(p.out.err) {
			t.sent = true
		}
		return p.out, nil
	case <-ctx.Done():
		t.sent = true
		return outcome{}, ctx.Err()
	}
}
