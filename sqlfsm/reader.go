package sqlfsm

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"polyreme/pgsql/builtin"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// Reader is a leased connection that sees one committed state. It belongs to
// one goroutine at a time; give it back with Release.
type Reader struct {
	Conn   *sqlite.Conn
	Env    *builtin.Env
	Index  raftlog.Index         // the last entry in the state
	Schema raftlog.SchemaVersion // the schema's version in it

	lease lease
	own   *connection
}

// Reader leases a connection and pins the state as it is now. It waits, until
// ctx ends, while all connections are leased.
func (s *Store) Reader(ctx context.Context) (*Reader, error) {
	r, err := s.Lease(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.Renew(); err != nil {
		r.Release()
		return nil, fmt.Errorf("pin snapshot: %w", err)
	}
	return r, nil
}

// Lease leases a connection without pinning a state: each statement on it sees
// the newest state as it begins. Index and Schema are not set. A caller that
// depends on the schema compares Store.SchemaVersion before the first step of
// its statement and after it.
func (s *Store) Lease(ctx context.Context) (*Reader, error) {
	r := &Reader{}
	own, err := s.readers.take(ctx, &r.lease)
	if err != nil {
		return nil, err
	}
	r.own, r.Conn, r.Env = own, own.conn, own.env
	s.readers.started(&r.lease, own.conn.Interrupt)
	return r, nil
}

// Renew lets the pinned state go and pins the newest. No statement may be
// running on the connection.
func (r *Reader) Renew() error {
	if err := r.Conn.Rollback(); err != nil {
		return err
	}
	if err := r.Conn.Begin(); err != nil {
		return err
	}
	stmt, err := r.Conn.Prepare("SELECT idx, schema FROM polyreme_applied WHERE id = 1")
	if err != nil {
		return err
	}
	defer stmt.Release()
	if row, err := stmt.Step(); err != nil || !row {
		return errors.Join(err, errNoState(row))
	}
	r.Index = raftlog.Index(stmt.ColumnInt64(0))
	r.Schema = raftlog.SchemaVersion(stmt.ColumnInt64(1))
	return nil
}

func errNoState(row bool) error {
	if row {
		return nil
	}
	return errors.New("table polyreme_applied is empty")
}

// Err returns err, or what the client is to be told instead when the lease was
// ended from outside.
func (r *Reader) Err(err error) error { return r.lease.err(err) }

// Ended is closed when the lease is ended from outside: the connection answers
// no more statements, and should be released at once.
func (r *Reader) Ended() <-chan struct{} { return r.lease.ended }

// Release gives the connection back. Statements must have been released. It is
// idempotent.
func (r *Reader) Release() {
	if r.own == nil {
		return
	}
	own := r.own
	r.own, r.Conn = nil, nil
	r.lease.store.readers.giveBack(own, &r.lease)
}

// lease is the right to use a connection, and to pin a state with it.
type lease struct {
	store      *Store
	began      time.Time
	generation uint64
	stream     bool          // sends a snapshot: not bound by age
	end        func()        // interrupts the connection; does not wait
	ended      chan struct{} // closed when the lease was ended from outside
	cause      error         // why; set before ended is closed
}

func (l *lease) err(err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-l.ended:
		return l.cause
	default:
		return err
	}
}

// The causes of an ended lease.
var (
	errSnapshotTooOld = pgerr.New(pgerr.SnapshotTooOld, "snapshot too old").
				WithHint("The statement or transaction kept old data alive for too long.")
	errReplaced = pgerr.New(pgerr.CannotConnectNow, "the database of this node was replaced by a newer state").
			WithHint("Try again.")
)

// pool hands out read connections. Leases without a connection of the pool
// (workspaces) are registered in it too, so that they can be ended.
type pool struct {
	store *Store
	slots chan struct{} // one for each lease of a read connection

	mu         sync.Mutex // guards what follows
	idle       idleStack[*connection]
	views      idleStack[*view]
	leases     map[*lease]struct{}
	generation uint64        // of the file: connections of an older one are closed
	gate       chan struct{} // not nil while no new lease may begin; closed then
	drained    chan struct{} // closed when the last lease ends, if somebody waits
	closed     bool
}

func (p *pool) init(s *Store) {
	p.store = s
	p.slots = make(chan struct{}, s.config.Readers)
	p.leases = make(map[*lease]struct{})
}

// take returns an idle connection or opens one.
func (p *pool) take(ctx context.Context, l *lease) (*connection, error) {
	select {
	case p.slots <- struct{}{}:
	default:
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	own, err := p.admit(ctx, l, true)
	if err == nil && own == nil {
		s := p.store
		own, err = s.connect(sqlite.Config{ReadOnly: true, CacheKiB: s.config.ReaderCacheKiB})
	}
	if err != nil {
		<-p.slots
		p.finished(l)
		return nil, err
	}
	return own, nil
}

// admit begins a lease, with an idle connection if one is wanted and there.
func (p *pool) admit(ctx context.Context, l *lease, want bool) (*connection, error) {
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, ErrClosed
		}
		if gate := p.gate; gate != nil {
			p.mu.Unlock()
			select {
			case <-gate:
				continue
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		l.store, l.began, l.generation = p.store, time.Now(), p.generation
		l.ended = make(chan struct{})
		p.leases[l] = struct{}{}
		var own *connection
		if want {
			own, _ = p.idle.take(func(*connection) bool { return true })
		}
		p.mu.Unlock()
		return own, nil
	}
}

// started makes a lease endable. One that was ended already is interrupted now.
func (p *pool) started(l *lease, end func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.end = end
	if l.cause != nil {
		end()
	}
}

// finished ends a lease from inside.
func (p *pool) finished(l *lease) (current bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.leases, l)
	if len(p.leases) == 0 && p.drained != nil {
		close(p.drained)
		p.drained = nil
	}
	return !p.closed && l.generation == p.generation
}

// giveBack takes a read connection back.
func (p *pool) giveBack(own *connection, l *lease) {
	err := own.conn.Rollback()
	own.env.Catalog, own.env.Session, own.env.Sequences, own.env.Clock = nil, nil, nil, nil
	own.env.Transactions = nil
	keep := p.finished(l) && err == nil
	own.conn.ClearInterrupt() // nobody can interrupt it any more
	if keep {
		p.mu.Lock()
		if keep = !p.closed && l.generation == p.generation; keep {
			p.idle.put(own)
		}
		p.mu.Unlock()
	}
	if !keep {
		p.store.closeQuietly(own.conn)
	}
	<-p.slots
}

// closeQuietly closes a connection that read only.
func (s *Store) closeQuietly(conn *sqlite.Conn) {
	if err := conn.Close(); err != nil {
		s.log.Warn("read connection did not close cleanly", "error", err)
	}
}

// endWhere ends the leases that pick chooses, with cause.
func (p *pool) endWhere(cause error, pick func(l *lease) bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for l := range p.leases {
		if l.cause != nil || !pick(l) {
			continue
		}
		l.cause = cause
		close(l.ended)
		if l.end != nil {
			l.end() // sets a flag; under the mutex, so that the lease is still held
		}
		n++
	}
	return n
}

// oldest returns when the oldest lease that was not ended began; zero without
// one.
func (p *pool) oldest() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	var began time.Time
	for l := range p.leases {
		if l.cause == nil && (began.IsZero() || l.began.Before(began)) {
			began = l.began
		}
	}
	return began
}

// pause lets no new lease begin, until resume, and returns a channel that is
// closed when none is left.
func (p *pool) pause() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gate == nil {
		p.gate = make(chan struct{})
	}
	if p.drained == nil {
		p.drained = make(chan struct{})
	}
	drained := p.drained
	if len(p.leases) == 0 {
		close(drained)
		p.drained = nil
	}
	return drained
}

func (p *pool) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gate != nil {
		close(p.gate)
		p.gate = nil
	}
}

// retire ends all leases and closes all idle connections: the file is going to
// be another one. Leases still held go on reading the old file, which lives
// until they are released.
func (p *pool) retire(cause error) {
	p.mu.Lock()
	p.generation++
	idle, views := p.idle.drain(), p.views.drain()
	p.mu.Unlock()
	p.endWhere(cause, func(*lease) bool { return true })
	p.discard(idle, views)
}

// trim closes the connections that were idle since the last time.
func (p *pool) trim() {
	p.mu.Lock()
	idle, views := p.idle.trim(), p.views.trim()
	p.mu.Unlock()
	p.discard(idle, views)
}

func (p *pool) discard(idle []*connection, views []*view) {
	for _, own := range idle {
		p.store.closeQuietly(own.conn)
	}
	for _, v := range views {
		p.store.closeView(v)
	}
}

// close ends all leases and lets no new one begin.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.retire(pgerr.New(pgerr.AdminShutdown, "terminating connection due to administrator command"))
	p.resume()
}
