package session

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"sync"
	"time"

	"polyreme/raftlog"
	"polyreme/sqlfsm"
)

// lockers are the sessions of this node that hold advisory locks, or did. It sees
// to it that no lock outlives its session: whatever the state machine has in the
// name of this node for a session that is not there is released, whether the
// session has just ended, a release of it failed, or it was one of an earlier run
// of the node.
type lockers struct {
	config *Config
	run    int64 // names this run of the node among its runs

	kick   chan struct{} // tells tend that a session has left
	stop   context.CancelFunc
	tended chan struct{} // closed when tend has ended; nil: never started

	mu       sync.Mutex // guards what follows
	last     int64
	sessions map[int64]*Session
	left     []int64 // sessions that have ended, and whose locks have not
}

const (
	// strayInterval is how often locks without a session are looked for.
	strayInterval = 200 * time.Millisecond
	// strayLimit bounds one attempt to release them.
	strayLimit = 10 * time.Second
)

func newLockers(config *Config) *lockers {
	k := &lockers{config: config, kick: make(chan struct{}, 1), sessions: map[int64]*Session{}}
	var b [8]byte
	crand.Read(b[:])
	k.run = int64(binary.LittleEndian.Uint64(b[:])>>1 | 1)
	return k
}

func (k *lockers) start() {
	ctx, stop := context.WithCancel(context.Background())
	k.stop, k.tended = stop, make(chan struct{})
	k.config.Store.WatchAdvisory(k.lost)
	go func() {
		defer close(k.tended)
		k.tend(ctx)
	}()
}

// close ends tend, and releases what the sessions that have left still hold.
func (k *lockers) close(ctx context.Context) {
	if k.tended == nil {
		return
	}
	k.stop()
	<-k.tended
	k.endLeft(ctx)
}

// enter makes a session a holder and returns its number.
func (k *lockers) enter(s *Session) int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last++
	k.sessions[k.last] = s
	return k.last
}

// leave ends a session as a holder. Its locks are released soon.
func (k *lockers) leave(s *Session) {
	number := s.advisory.number
	if number == 0 {
		return
	}
	k.mu.Lock()
	delete(k.sessions, number)
	if len(s.advisory.held) > 0 {
		k.left = append(k.left, number)
	}
	k.mu.Unlock()
	select {
	case k.kick <- struct{}{}:
	default:
	}
}

func (k *lockers) session(number int64) *Session {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.sessions[number]
}

// lost ends the session whose locks were released without its doing.
func (k *lockers) lost(h raftlog.AdvisoryHolder) {
	if h.Node != k.config.Node || h.Run != k.run {
		return
	}
	if s := k.session(h.Session); s != nil {
		s.terminate(sqlfsm.ErrAdvisoryLost)
	}
}

// tend releases the locks of sessions that are no more.
func (k *lockers) tend(ctx context.Context) {
	look := time.NewTicker(strayInterval)
	defer look.Stop()
	for {
		select {
		case <-k.kick:
			k.endLeft(ctx)
		case <-look.C:
			k.endStrays(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// endLeft ends the sessions that have left. One for which that fails is a stray.
func (k *lockers) endLeft(ctx context.Context) {
	k.mu.Lock()
	left := k.left
	k.left = nil
	k.mu.Unlock()
	for _, number := range left {
		k.end(ctx, raftlog.AdvisoryHolder{Node: k.config.Node, Run: k.run, Session: number})
	}
}

// endStrays ends the holders of this node that are not among its sessions.
func (k *lockers) endStrays(ctx context.Context) {
	ended := map[raftlog.AdvisoryHolder]bool{}
	for _, h := range k.config.Store.AdvisoryHolders(k.config.Node) {
		if h.Run == k.run && k.session(h.Session) != nil {
			continue
		}
		if h.Run != k.run {
			h.Session = 0 // all of the earlier run
		}
		if !ended[h] {
			ended[h] = true
			k.end(ctx, h)
		}
	}
}

// end has the locks of a holder released.
func (k *lockers) end(ctx context.Context, h raftlog.AdvisoryHolder) {
	ctx, done := context.WithTimeout(ctx, strayLimit)
	defer done()
	a := raftlog.Advisory{Action: raftlog.AdvisoryEnd, Holder: h}
	result, _, err := k.config.Log.Propose(ctx, &raftlog.Entry{
		Moment: raftlog.Moment{Time: microseconds(k.config.Now())}, Operations: []raftlog.Operation{a.Operation()},
	})
	if err == nil && result.Err != nil {
		err = result.Err
	}
	if err != nil {
		k.config.Logger.Debug("advisory locks not released yet", "session", h.Session, "err", err)
	}
}
