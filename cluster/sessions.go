package cluster

import (
	"context"
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

func (s *sessions) acquire(w patience) (*lane, error) {
	select {
	case s.slots <- struct{}{}:
	default:
		if err := s.queueFor(w, s.slots); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return l, nil
}

// queueFor waits for a place in slots.
func (s *sessions) queueFor(w patience, slots chan<- struct{}) error {
	timer := time.NewTimer(time.Until(w.until))
	defer timer.Stop()
	select {
	case slots <- struct{}{}:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	case <-timer.C:
		return errLimit
	case <-s.node.group.ctx.Done():
		return errClosing
	}
}

func (s *sessions) release(l *lane) {
	s.mu.Lock()
	s.free = append(s.free, l)
	s.mu.Unlock()
	<-s.slots
}

// get returns the current session, opening one if there is none.
func (s *sessions) get(w patience) (uint64, error) {
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
			id, err := s.open(w)
			s.mu.Lock()
			s.current = id
			s.opening = nil
			close(opening)
			s.mu.Unlock()
			return id, err
		}
		timer := time.NewTimer(time.Until(w.until))
		select {
		case <-opening:
		case <-w.ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		if err := w.err(); err != nil {
			return 0, err
		}
	}
}

// open puts an OpOpenSession into the log. It may be sent again: a session that
// nobody uses expires.
func (s *sessions) open(w patience) (uint64, error) {
	e := raftlog.Entry{
		Moment: raftlog.Moment{Time: clock()},
		Operations: []raftlog.Operation{{
			Kind: raftlog.OpOpenSession, Params: []types.Value{types.TextValue(s.node.cfg.ID)},
		}},
	}
	t := attempts{node: s.node, data: raftlog.EncodeEntry(&e)}
	o, err := t.run(w)
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
