package sqlfsm

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"polyreme/pgsql/builtin"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// FileName is the name of the database file in the data directory.
const FileName = "db.sqlite"

// Defaults of Config.
const (
	readersDefault         = 256
	writerCacheKiBDefault  = 64 << 10
	readerCacheKiBDefault  = 4 << 10
	checkpointBytesDefault = 8 << 20
	truncateBytesDefault   = 128 << 20
	logBytesMaxDefault     = 2 << 30
	snapshotAgeMaxDefault  = 6 * time.Hour
	stepsMaxDefault        = 20_000_000_000
)

// Config says where the file is and how it is used.
type Config struct {
	Dir    string // the data directory; the file is FileName in it
	Logger *slog.Logger

	// OnFatal is told, once, why the state machine stopped. The node must end.
	OnFatal func(error)

	// Register puts the functions of the dialect on a new connection; they
	// read env. builtin.Register is the one.
	Register func(conn *sqlite.Conn, env *builtin.Env) error

	// Settings makes env hold the settings of an entry, those not named at
	// their defaults. It is deterministic.
	Settings func(env *builtin.Env, settings []raftlog.Setting) error

	// LoadSchema, if not nil, makes env know the schema as conn sees it. It is
	// called for the writer, at first and after each entry that changed the
	// schema, within its transaction.
	LoadSchema func(conn *sqlite.Conn, env *builtin.Env) error

	// OnNotify gets what the entries of a committed group notify, in their order.
	// It is called on the goroutine that applies, and must not wait.
	OnNotify func([]Notification)

	// OnReplaced is told that a snapshot took the place of the database: what the
	// entries between notified is not known here.
	OnReplaced func()

	Readers        int // most readers leased at the same time
	WriterCacheKiB int
	ReaderCacheKiB int

	CheckpointBytes int64         // size of the write-ahead log that starts a checkpoint
	TruncateBytes   int64         // size of its file that starts one which shortens it
	LogBytesMax     int64         // size at which the oldest readers are ended
	SnapshotAgeMax  time.Duration // age at which a reader is ended

	stepsMax int64 // VM steps of one statement in apply; the same on every node
}

func (c *Config) setDefaults() {
	orInt := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	orInt64 := func(p *int64, v int64) {
		if *p == 0 {
			*p = v
		}
	}
	orInt(&c.Readers, readersDefault)
	orInt(&c.WriterCacheKiB, writerCacheKiBDefault)
	orInt(&c.ReaderCacheKiB, readerCacheKiBDefault)
	orInt64(&c.CheckpointBytes, checkpointBytesDefault)
	orInt64(&c.TruncateBytes, truncateBytesDefault)
	orInt64(&c.LogBytesMax, logBytesMaxDefault)
	orInt64(&c.stepsMax, stepsMaxDefault)
	if c.SnapshotAgeMax == 0 {
		c.SnapshotAgeMax = snapshotAgeMaxDefault
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.OnFatal == nil {
		c.OnFatal = func(error) {}
	}
	if c.OnNotify == nil {
		c.OnNotify = func([]Notification) {}
	}
	if c.OnReplaced == nil {
		c.OnReplaced = func() {}
	}
	if c.Register == nil {
		c.Register = func(*sqlite.Conn, *builtin.Env) error { return nil }
	}
	if c.LoadSchema == nil {
		c.LoadSchema = func(*sqlite.Conn, *builtin.Env) error { return nil }
	}
	if c.Settings == nil {
		c.Settings = func(*builtin.Env, []raftlog.Setting) error { return nil }
	}
}

// Store is an open database file. Its methods may be called from any goroutine
// unless they say otherwise.
type Store struct {
	config Config
	log    *slog.Logger
	path   string

	fsm        FSM
	readers    pool
	checkpoint checkpointer
	progress   progress
	advisory   advisoryView

	schema    atomic.Uint64
	moves     atomic.Uint64 // of sequences
	groups    atomic.Uint64
	proposals atomic.Uint64

	fault  atomic.Pointer[stopped]
	closed atomic.Bool
}

// ErrClosed is returned by the methods of a closed Store.
var ErrClosed = errors.New("database is closed")

// Open opens the database file of a data directory, which it creates with the
// tables of its own if there is none.
func Open(config Config) (*Store, error) {
	config.setDefaults()
	s := &Store{config: config, log: config.Logger, path: filepath.Join(config.Dir, FileName)}
	s.fsm.store = s
	s.advisory.waiting = make(map[advisoryID]chan struct{})
	s.readers.init(s)
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("open database %s: %w", s.path, err)
	}
	if err := s.checkpoint.start(s); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", s.path, err), s.fsm.close())
	}
	return s, nil
}

// load opens the writer and reads the state machine's state from the file.
func (s *Store) load() error {
	a, err := openApplier(s)
	if err != nil {
		return err
	}
	rows, err := a.advisory.query("ORDER BY id")
	if err != nil {
		return errors.Join(err, a.writer.conn.Close())
	}
	s.fsm.applier = a
	s.advisory.replace(rows)
	s.moves.Add(1)
	s.publish(a)
	return nil
}

// publish tells readers and waiters how far the file is.
func (s *Store) publish(a *applier) {
	s.schema.Store(uint64(a.versions.schema()))
	s.moves.Add(a.sequences.moves)
	a.sequences.moves = 0
	s.progress.advance(a.applied.index)
}

// Close ends all readers and closes the file. Raft must not apply any more.
// It is idempotent.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.progress.close()
	err := s.checkpoint.close()
	s.readers.close()
	return errors.Join(err, s.fsm.close())
}

// FSM returns the state machine to give to raft.
func (s *Store) FSM() *FSM { return &s.fsm }

// Path returns the name of the database file.
func (s *Store) Path() string { return s.path }

// SchemaVersion returns the version of the whole schema in the last committed
// state.
func (s *Store) SchemaVersion() raftlog.SchemaVersion {
	return raftlog.SchemaVersion(s.schema.Load())
}

// SequenceMoves counts what changed sequences by other means than nextval: values
// drawn before such a change are not to be given after it.
func (s *Store) SequenceMoves() uint64 { return s.moves.Load() }

// connection is a connection of the file with the state of its functions.
type connection struct {
	conn *sqlite.Conn
	env  *builtin.Env
}

// connect opens a connection with the functions of the dialect.
func (s *Store) connect(config sqlite.Config) (*connection, error) {
	config.Path = s.path
	conn, err := sqlite.Open(config)
	if err != nil {
		return nil, err
	}
	return s.equip(conn)
}

// equip registers the functions on conn, which it closes when it fails.
func (s *Store) equip(conn *sqlite.Conn) (*connection, error) {
	env := builtin.NewEnv()
	if err := s.config.Register(conn, env); err != nil {
		return nil, errors.Join(fmt.Errorf("register functions: %w", err), conn.Close())
	}
	return &connection{conn: conn, env: env}, nil
}
