package session

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/settings"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// Session is the state of one client. It belongs to the goroutine that serves
// the client's connection.
type Session struct {
	manager *Manager
	start   pgwire.Startup
	began   time.Time
	random  *rand.ChaCha8

	// defaults are the settings the session began with, base those outside of
	// SET LOCAL, settings those in force, reported what the client was told.
	defaults, base, settings, reported *settings.State

	statements map[string]*prepared
	portals    map[string]*portal
	cursors    map[string]*cursor

	block *block // the transaction in progress, or nil

	// lastIndex is the log index of the session's newest write: its own reads
	// are never older, at any consistency level.
	lastIndex raftlog.Index

	listener *listener // nil before the first LISTEN
	channels []string  // that the session listens to, in the order of LISTEN

	functions catalogFunctions
	advisory  advisory
	temporary temporary
	watcher   watcher

	currval map[uint32]int64 // last value of each sequence used
	lastSeq uint32           // the sequence of lastval, 0 none
}

func newRandom() *rand.ChaCha8 {
	var seed [32]byte
	crand.Read(seed[:])
	return rand.NewChaCha8(seed)
}

// checkStart refuses users and databases that do not exist.
func (s *Session) checkStart(ctx context.Context) error {
	cat, err := s.manager.current(ctx)
	if err != nil {
		return &pgerr.Error{
			Severity: "FATAL", Code: pgerr.CannotConnectNow, Message: "the database is not ready",
			Detail: err.Error(), Hint: "This node has no data yet. Join it to a cluster or wait until it has caught up.",
		}
	}
	_ = cat
	return nil
}

// moment returns the time and randomness of a transaction that begins now.
func (s *Session) moment() raftlog.Moment {
	m := raftlog.Moment{Time: microseconds(s.manager.config.Now())}
	binary.LittleEndian.PutUint64(m.Seed[:], s.random.Uint64())
	binary.LittleEndian.PutUint64(m.Seed[8:], s.random.Uint64())
	return m
}

// epoch is 2000-01-01 UTC, from which PostgreSQL counts time.
const epoch = 946684800

// microseconds gives t in microseconds since 2000-01-01 UTC.
func microseconds(t time.Time) int64 { return t.UnixMicro() - epoch*1_000_000 }

// TxStatus implements pgwire.Session.
func (s *Session) TxStatus() byte {
	switch {
	case s.block == nil || !s.block.explicit:
		return 'I'
	case s.block.failed:
		return 'E'
	}
	return 'T'
}

// Fail implements pgwire.Session.
func (s *Session) Fail() {
	b := s.block
	if b == nil || b.over { // what is committed cannot fail any more
		return
	}
	b.failed = true
	s.releaseTransaction(b.lastSavepointLocks())
	if len(b.savepoints) == 0 { // it cannot be committed any more
		s.manager.xacts.release(b.xact)
		s.releaseRows(b)
	}
}

// Close implements pgwire.Session.
func (s *Session) Close() {
	if s.block != nil {
		s.block.locks = nil // all locks of the session end below
	}
	s.endBlock()
	for _, p := range s.portals {
		p.close()
	}
	s.stopListening()
	s.watcher.forget()
	s.leaveTemporary()
	s.manager.lockers.leave(s)
	s.manager.forget(s)
}

// catalog returns the catalog that the next statement is planned against.
func (s *Session) catalog(ctx context.Context) (*catalog.Catalog, error) {
	if s.block != nil && s.block.catalog != nil {
		return s.block.catalog, nil
	}
	return s.manager.current(ctx)
}

// user is the name of the current user.
func (s *Session) user() string {
	if role, _ := s.settings.Get("role"); role != "none" && role != "" {
		return role
	}
	user, _ := s.settings.Get("session_authorization")
	return user
}

// searchPath is where names are looked up.
func (s *Session) searchPath() []string {
	return catalog.EffectivePath(s.userPath(), s.temporary.schema())
}

// namedPath is where new relations go.
func (s *Session) namedPath() []string { return catalog.NamedPath(s.userPath(), s.temporary.schema()) }

func (s *Session) userPath() []string { return userPath(s.settings, s.user()) }

// userPath is search_path with "$user" replaced.
func userPath(state *settings.State, user string) []string {
	path := state.SearchPath
	for i, name := range path {
		if name == "$user" {
			replaced := append([]string(nil), path...)
			replaced[i] = user
			return replaced
		}
	}
	return path
}

// setSettings puts new settings into force.
func (s *Session) setSettings(next *settings.State) {
	s.settings = next
	s.limitBlock()
}

// report tells the client about the changed settings that it follows, as
// PostgreSQL does before it says that it is ready.
func (s *Session) report(r *pgwire.Reply) {
	if s.reported != s.settings {
		s.settings.Reported(s.reported, r.ParameterStatus)
		s.reported = s.settings
	}
}

// planKey gives the key under which a plan of sql is shared.
func (s *Session) planKey(sql string, params []uint32) planKey {
	key := planKey{sql: sql, settings: s.settings.PlanKey, temporary: s.temporary.number}
	if len(params) > 0 {
		b := make([]byte, 0, 4*len(params))
		for _, p := range params {
			b = binary.LittleEndian.AppendUint32(b, p)
		}
		key.params = string(b)
	}
	return key
}
