package snapshot

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

// Config says where the files are and how the database is read.
type Config struct {
	// Dir is the data directory. It holds the metadata and what is being
	// received, and must be on the file system of Database.
	Dir string
	// Database is the path of the database file.
	Database string
	// Inspect reads the applied index, term and configuration within a
	// database file that nobody has open.
	Inspect func(path string) (raft.SnapshotMeta, error)
	// Stamp makes a database file that nobody has open say that it is the
	// state at meta, and leaves it whole in one file and durable.
	Stamp  func(path string, meta raft.SnapshotMeta) error
	Logger *slog.Logger
}

// OpenImage pins the state of the open database and returns its place in the
// log, its size and its bytes.
type OpenImage func() (raft.SnapshotMeta, int64, io.ReadCloser, error)

// Store is the raft.SnapshotStore. Its methods may be called from any
// goroutine.
type Store struct {
	config Config
	log    *slog.Logger
	open   atomic.Pointer[OpenImage]

	streams atomic.Int64

	mu         sync.Mutex // guards what follows; held during no I/O but that of small metadata
	recorded   *record
	generation uint64 // counts staged snapshots: the database is going to be another one

	// crash, in tests, ends an operation at a named step as a crash would.
	crash func(step string) error
}

var _ raft.SnapshotStore = (*Store)(nil)

// Open reads the metadata, finishes an install that a crash interrupted and
// checks that the database file is not behind its snapshot. The database must
// not be open yet.
func Open(config Config) (*Store, error) {
	s, err := newStore(config)
	if err != nil {
		return nil, err
	}
	if err := s.recover(); err != nil {
		return nil, err
	}
	return s, nil
}

func newStore(config Config) (*Store, error) {
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{config: config, log: config.Logger}
	recorded, err := readRecord(s.path(metadataName))
	if err != nil {
		return nil, err
	}
	s.recorded = recorded
	return s, nil
}

// The files in the data directory.
const (
	metadataName = "snapshot.json"
	incomingName = "snapshot.incoming"
	stagedName   = "snapshot.staged"
)

func (s *Store) path(name string) string { return filepath.Join(s.config.Dir, name) }

// Serve sets how a live snapshot is read; before it, live snapshots cannot be
// opened.
func (s *Store) Serve(open OpenImage) { s.open.Store(&open) }

// Streams tells how many live snapshots are being read now.
func (s *Store) Streams() int64 { return s.streams.Load() }

// LastIndex returns the index of the recorded snapshot, 0 where there is none.
func (s *Store) LastIndex() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recorded == nil {
		return 0
	}
	return s.recorded.Meta.Index
}

// List returns the one recorded snapshot.
func (s *Store) List() ([]*raft.SnapshotMeta, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recorded == nil {
		return nil, nil
	}
	meta := s.recorded.Meta
	return []*raft.SnapshotMeta{&meta}, nil
}

// Create begins a snapshot: of the own state (the sink's Live is called) or of
// one that raft received (its bytes are written to the sink).
func (s *Store) Create(version raft.SnapshotVersion, index, term uint64, configuration raft.Configuration, configurationIndex uint64, _ raft.Transport) (raft.SnapshotSink, error) {
	if version != 1 {
		return nil, fmt.Errorf("create snapshot: unknown snapshot version %d", version)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &sink{
		store:      s,
		generation: s.generation,
		meta: raft.SnapshotMeta{
			Version: version, ID: snapshotID(term, index), Index: index, Term: term,
			Configuration: configuration, ConfigurationIndex: configurationIndex,
		},
	}, nil
}

func snapshotID(term, index uint64) string {
	return strconv.FormatUint(term, 10) + "-" + strconv.FormatUint(index, 10)
}

// Open gives the recorded snapshot to raft, to send it to a follower or to
// restore it. The meta of a live one is that of the state as it is now, which
// may be newer than what List says.
func (s *Store) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	s.mu.Lock()
	if s.recorded == nil {
		s.mu.Unlock()
		return nil, nil, fmt.Errorf("open snapshot %s: there is none", id)
	}
	recorded := *s.recorded
	s.mu.Unlock()
	if recorded.Kind == kindStaged {
		meta := recorded.Meta
		return &meta, &installation{store: s}, nil
	}
	return s.openLive(recorded)
}

// openLive pins the database as it is and returns its stream.
func (s *Store) openLive(recorded record) (*raft.SnapshotMeta, io.ReadCloser, error) {
	open := s.open.Load()
	if open == nil {
		return nil, nil, errors.New("open snapshot: the database is not open")
	}
	meta, size, pages, err := (*open)()
	if err != nil {
		return nil, nil, fmt.Errorf("open snapshot: %w", err)
	}
	if meta.Index < recorded.Meta.Index {
		// The entries between are raft's own and change no state.
		meta.Index, meta.Term = recorded.Meta.Index, recorded.Meta.Term
	}
	if meta.ConfigurationIndex < recorded.Meta.ConfigurationIndex {
		meta.Configuration, meta.ConfigurationIndex = recorded.Meta.Configuration, recorded.Meta.ConfigurationIndex
	}
	meta.Version = recorded.Meta.Version
	meta.ID = "live-" + snapshotID(meta.Term, meta.Index)
	meta.Size = streamSize(size)
	s.streams.Add(1)
	s.log.Info("snapshot stream opened", "index", meta.Index, "bytes", meta.Size)
	ended := func() { s.streams.Add(-1) }
	return &meta, &live{encoder: newEncoder(pages, size, ended)}, nil
}

// live is the stream of the node's own database.
type live struct{ *encoder }

// Current tells the state machine that it need not restore: the database is
// this snapshot already.
func (*live) Current() {}

// at ends an operation at a step in tests.
func (s *Store) at(step string) error {
	if s.crash == nil {
		return nil
	}
	return s.crash(step)
}
