package session

import (
	"context"
	"strings"
	"sync"
	"time"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm"
)

const (
	// xactRangeUse is how long ids of a range are given out. Much less than the
	// state machine keeps a range: what is left of it bounds the life of a
	// transaction with an id.
	xactRangeUse = 10 * time.Minute
	// xactAskLimit bounds the question to the node that gave out an id. A node that
	// does not answer has lost its open transactions to whoever asks for them.
	xactAskLimit = 3 * time.Second
	// xactReaderLimit bounds the wait for a connection by a statement that has one.
	xactReaderLimit = 5 * time.Second
)

// XactState is what a node says of a transaction id that it gave out.
type XactState uint8

// The states.
const (
	XactEnded  XactState = iota // it ended, or the node has lost it: the log knows, or decides
	XactOpen                    // it is in progress
	XactUnused                  // no transaction has it yet
)

// xacts gives out the transaction ids of one node and knows those that are
// open.
type xacts struct {
	drawing chan struct{} // held (one token) while a range is drawn

	mu        sync.Mutex // guards what follows
	next, end int64      // what is left of the range
	until     time.Time  // when the range is given up
	open      map[int64]struct{}
}

func newXacts() *xacts {
	return &xacts{drawing: make(chan struct{}, 1), open: map[int64]struct{}{}}
}

// take gives out an id of the range, 0 when none is left. The id is open until
// release.
func (x *xacts) take(now time.Time) int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.next == x.end || now.After(x.until) {
		x.end = x.next
		return 0
	}
	id := x.next
	x.next++
	x.open[id] = struct{}{}
	return id
}

// refill begins a range.
func (x *xacts) refill(first int64, until time.Time) {
	x.mu.Lock()
	x.next, x.end, x.until = first, first+sqlfsm.XactRangeSize, until
	x.mu.Unlock()
}

// release tells that the transaction has ended, 0 that it had no id.
func (x *xacts) release(id int64) {
	if id == 0 {
		return
	}
	x.mu.Lock()
	delete(x.open, id)
	x.mu.Unlock()
}

func (x *xacts) state(id int64) XactState {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, ok := x.open[id]; ok {
		return XactOpen
	}
	if id >= x.next && id < x.end {
		return XactUnused
	}
	return XactEnded
}

// XactState tells what this node knows of a transaction id that it gave out.
func (m *Manager) XactState(id int64) XactState { return m.xacts.state(id) }

// drawXact gives out a transaction id.
func (m *Manager) drawXact(ctx context.Context) (int64, error) {
	for {
		if id := m.xacts.take(m.config.Now()); id != 0 {
			return id, nil
		}
		if err := m.drawRange(ctx); err != nil {
			return 0, err
		}
	}
}

// drawRange draws the next range through the log. Of those who want one at the
// same time the first does.
func (m *Manager) drawRange(ctx context.Context) error {
	select {
	case m.xacts.drawing <- struct{}{}:
		defer func() { <-m.xacts.drawing }()
	default:
		select {
		case m.xacts.drawing <- struct{}{}:
			<-m.xacts.drawing
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	now := m.config.Now()
	result, err := m.control(ctx, raftlog.OpDrawXacts, types.TextValue(m.config.Node))
	if err != nil {
		return err
	}
	m.xacts.refill(int64(result.Session), now.Add(xactRangeUse))
	return nil
}

// control puts a control command into the log.
func (m *Manager) control(ctx context.Context, kind raftlog.OpKind, params ...types.Value) (raftlog.Result, error) {
	result, _, err := m.config.Log.Propose(ctx, &raftlog.Entry{
		Moment:     raftlog.Moment{Time: microseconds(m.config.Now())},
		Operations: []raftlog.Operation{{Kind: kind, Params: params}},
	})
	switch {
	case err != nil:
		return result, err
	case result.Status == raftlog.Fenced && context.Cause(ctx) != nil:
		return result, context.Cause(ctx)
	case result.Status != raftlog.Applied:
		return result, unexpectedStatus(&result)
	}
	return result, nil
}

// xactStatus is pg_xact_status. What nobody recorded is in progress where its
// node says so, and is decided in the log otherwise.
func (m *Manager) xactStatus(ctx context.Context, id int64) (string, error) {
	if m.xacts.state(id) == XactOpen {
		return "in progress", nil
	}
	fate, node, err := m.xactFate(ctx, id)
	if err == nil && fate == sqlfsm.XactUndecided {
		switch m.askXact(ctx, node, id) {
		case XactOpen:
			return "in progress", nil
		case XactUnused:
			return "", builtin.ErrFutureXact(id)
		}
		if _, err = m.control(ctx, raftlog.OpSettleXact, types.IntValue(id)); err == nil {
			fate, _, err = m.xactFate(ctx, id)
		}
	}
	if err != nil {
		return "", err
	}
	switch fate {
	case sqlfsm.XactCommitted:
		return "committed", nil
	case sqlfsm.XactAborted:
		return "aborted", nil
	case sqlfsm.XactFuture:
		return "", builtin.ErrFutureXact(id)
	}
	return "", nil
}

// xactFate reads what is recorded of an id, in a state that has all that was
// acknowledged.
func (m *Manager) xactFate(ctx context.Context, id int64) (sqlfsm.XactFate, string, error) {
	index, err := m.config.Log.ReadIndex(ctx)
	if err != nil {
		return 0, "", err
	}
	if err := m.config.Store.WaitApplied(ctx, index); err != nil {
		return 0, "", err
	}
	ctx, done := context.WithTimeoutCause(ctx, xactReaderLimit,
		pgerr.New(pgerr.TooManyConnections, "no connection to the database is free to look up a transaction"))
	defer done()
	reader, err := m.config.Store.Reader(ctx)
	if err != nil {
		return 0, "", err
	}
	defer reader.Release()
	return reader.Xact(id)
}

// askXact asks the node that gave out an id.
func (m *Manager) askXact(ctx context.Context, node string, id int64) XactState {
	if node == m.config.Node {
		return m.xacts.state(id)
	}
	if m.config.AskXact == nil {
		return XactEnded
	}
	ctx, done := context.WithTimeout(ctx, xactAskLimit)
	defer done()
	state, err := m.config.AskXact(ctx, node, id)
	if err != nil {
		m.config.Logger.Info("node of a transaction does not answer: its outcome is decided without it", "node", node, "err", err)
		return XactEnded
	}
	return state
}

// asksXact tells whether SQL may ask for the id of its transaction.
func asksXact(sql string) bool { return strings.Contains(sql, "pg_current_xact_id") }

// assignXact gives the transaction in progress an id, if it has none.
func (s *Session) assignXact(ctx context.Context) (int64, error) {
	b := s.block
	if b == nil {
		return 0, pgerr.Unsupported("pg_current_xact_id() in this place is not supported")
	}
	if b.xact == 0 {
		id, err := s.manager.drawXact(ctx)
		if err != nil {
			return 0, err
		}
		b.xact = id
	}
	return b.xact, nil
}

// assignAsked gives the transaction an id that its writes ask for when they are
// applied.
func (s *Session) assignAsked(ctx context.Context, b *block) error {
	if b.xact != 0 || !b.writes() {
		return nil
	}
	for _, p := range b.plans {
		if p != nil && p.asksXact {
			_, err := s.assignXact(ctx)
			return err
		}
	}
	return nil
}

// drawAsked returns the id of a transaction that is one write, 0 when that does
// not ask for it. The caller releases it when the outcome is known.
func (s *Session) drawAsked(ctx context.Context, p *planned) (int64, error) {
	if !p.asksXact {
		return 0, nil
	}
	return s.manager.drawXact(ctx)
}

// hintXact tells the client of an unknown outcome how it can learn it.
func hintXact(e *raftlog.Entry, err error) error {
	_, id, _ := raftlog.CutXact(e.Settings)
	if id == 0 || pgerr.Code(err) != pgerr.TransactionResolutionUnknown {
		return err
	}
	return pgerr.From(err).WithHint("SELECT pg_xact_status('%d') tells it when a majority of the nodes can be reached.", id)
}

// sessionXact serves queries.
type sessionXact Session

var _ builtin.Transactions = (*sessionXact)(nil)

func (x *sessionXact) CurrentID() (int64, error) {
	return (*Session)(x).assignXact(x.watcher.running())
}

// AssignedID gives a transaction that writes its id only now: nobody could tell.
func (x *sessionXact) AssignedID() (int64, error) {
	switch b := x.block; {
	case b == nil:
		return 0, nil
	case b.writes():
		return x.CurrentID()
	default:
		return b.xact, nil
	}
}

func (x *sessionXact) Status(id int64) (string, error) {
	return x.manager.xactStatus(x.watcher.running(), id)
}

// writeXact serves what runs again when the transaction is applied, and then
// sees the entry's id.
type writeXact struct{ *sessionXact }

func (x writeXact) AssignedID() (int64, error) { return x.CurrentID() }

func (x writeXact) Status(int64) (string, error) {
	return "", pgerr.Unsupported("pg_xact_status() in a statement that writes, or whose rows COMMIT validates, is not supported")
}
