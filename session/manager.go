package session

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"polyreme/locks"
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/settings"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm"
)

// Log is where writes are ordered and reads learn how new their data must be.
type Log interface {
	// Propose carries an entry to the log and returns what the state machine
	// made of it, exactly once. An error says that nothing definite is known
	// (08007) or that the entry was not accepted.
	Propose(ctx context.Context, e *raftlog.Entry) (raftlog.Result, raftlog.Index, error)
	// ReadIndex returns an index such that data applied up to it holds every
	// write acknowledged before the call.
	ReadIndex(ctx context.Context) (raftlog.Index, error)
	// ReadIndexWithin returns an index such that data applied up to it is at most
	// stale old.
	ReadIndexWithin(ctx context.Context, stale time.Duration) (raftlog.Index, error)
}

// Config configures a Manager.
type Config struct {
	Log    Log
	Store  *sqlfsm.Store
	Locks  Locks // nil: those of this node alone
	Logger *slog.Logger
	// Listeners gets the notifications of the store; nil is one that gets none.
	Listeners *Listeners
	// AskXact asks another node for its XactState of a transaction id; nil where
	// there is none.
	AskXact func(ctx context.Context, node string, id int64) (XactState, error)
	// Now is the clock from which transactions take their time; nil is
	// time.Now.
	Now func() time.Time
	// Leads tells whether this node leads the cluster; nil is one that is alone.
	Leads func() bool
	// Node is the id of this node, for ever. It holds its clients' advisory locks,
	// and transaction ids lead back to it.
	Node string
}

// Manager makes the sessions of one node and holds what they share: the
// catalog and the plans.
type Manager struct {
	config  Config
	plans   *planCache
	xacts   *xacts
	started time.Time

	catalog   atomic.Pointer[catalog.Catalog]
	loadMutex chan struct{} // held (one token) while the catalog is loaded

	lockers *lockers
	drawer  *drawer
	sweeper sweeper

	mu       sync.Mutex // guards sessions
	sessions map[*Session]struct{}
}

// NewManager returns a Manager.
func NewManager(config Config) *Manager {
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Locks == nil {
		config.Locks = locks.Alone()
	}
	if config.Listeners == nil {
		config.Listeners = NewListeners()
	}
	m := &Manager{
		config: config, plans: newPlanCache(), xacts: newXacts(), started: config.Now(),
		loadMutex: make(chan struct{}, 1), sessions: map[*Session]struct{}{},
	}
	m.lockers = newLockers(&m.config)
	m.drawer = newDrawer(m)
	m.sweeper.manager = m
	return m
}

// Start begins what the manager does by itself. Close ends it.
func (m *Manager) Start() {
	m.lockers.start()
	m.sweeper.start()
}

// Close ends what Start began. Until ctx ends it releases the advisory locks of
// the sessions that have ended.
func (m *Manager) Close(ctx context.Context) {
	m.sweeper.close()
	m.lockers.close(ctx)
}

// NewSession implements pgwire.Sessions.
func (m *Manager) NewSession(ctx context.Context, start pgwire.Startup, r *pgwire.Reply) (pgwire.Session, error) {
	s := &Session{
		manager: m, start: start, began: m.config.Now(),
		statements: map[string]*prepared{}, portals: map[string]*portal{}, cursors: map[string]*cursor{},
		currval: map[uint32]int64{},
	}
	s.random = newRandom()
	state, err := startSettings(start)
	if err != nil {
		return nil, err
	}
	s.defaults, s.settings, s.base = state, state, state
	if err := s.checkStart(ctx); err != nil {
		return nil, err
	}
	state.Reported(nil, r.ParameterStatus)
	s.reported = state
	m.mu.Lock()
	m.sessions[s] = struct{}{}
	m.mu.Unlock()
	return s, nil
}

// Sessions returns how many sessions are open.
func (m *Manager) Sessions() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.sessions)
}

func (m *Manager) forget(s *Session) {
	m.mu.Lock()
	delete(m.sessions, s)
	m.mu.Unlock()
}

// startSettings applies the startup parameters of a client.
func startSettings(start pgwire.Startup) (*settings.State, error) {
	state := settings.New().Override("session_authorization", start.User)
	set := func(name, value string) error {
		next, err := state.With(name, value)
		if err != nil {
			e := *pgerr.From(err)
			e.Severity = "FATAL"
			return &e
		}
		state = next
		return nil
	}
	for name, value := range start.Parameters {
		switch name {
		case "options":
			pairs, err := splitOptions(value)
			if err != nil {
				return nil, err
			}
			for _, p := range pairs {
				if err := set(p[0], p[1]); err != nil {
					return nil, err
				}
			}
		case "replication":
			if value != "false" && value != "off" && value != "0" && value != "no" {
				e := pgerr.Unsupported("replication connections are not supported")
				e.Severity = "FATAL"
				return nil, e
			}
		default:
			if err := set(name, value); err != nil {
				return nil, err
			}
		}
	}
	return state, nil
}

// splitOptions reads the command-line options of the startup parameter
// "options": -c name=value and --name=value; a backslash quotes a character.
func splitOptions(options string) ([][2]string, error) {
	var words []string
	var word []byte
	in := false
	for i := 0; i < len(options); i++ {
		switch c := options[i]; {
		case c == '\\' && i+1 < len(options):
			i++
			word = append(word, options[i])
			in = true
		case c == ' ' || c == '\t' || c == '\n':
			if in {
				words = append(words, string(word))
			}
			word, in = word[:0], false
		default:
			word = append(word, c)
			in = true
		}
	}
	if in {
		words = append(words, string(word))
	}
	var pairs [][2]string
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "-c" && i+1 < len(words):
			i++
			w = words[i]
		case len(w) > 2 && w[:2] == "-c" || len(w) > 2 && w[:2] == "--":
			w = w[2:]
		default:
			return nil, &pgerr.Error{Severity: "FATAL", Code: pgerr.SyntaxError, Message: "invalid command-line argument for server process: " + w}
		}
		name, value, ok := cut(w, '=')
		if !ok {
			return nil, &pgerr.Error{Severity: "FATAL", Code: pgerr.SyntaxError, Message: "-c " + w + " requires a value"}
		}
		for j := range name {
			if name[j] == '-' {
				name = name[:j] + "_" + name[j+1:]
			}
		}
		pairs = append(pairs, [2]string{name, value})
	}
	return pairs, nil
}

func cut(s string, sep byte) (before, after string, found bool) {
	for i := range len(s) {
		if s[i] == sep {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}
