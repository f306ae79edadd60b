package raftlog

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
	"github.com/hashicorp/raft-wal/segment"
	waltypes "github.com/hashicorp/raft-wal/types"
)

// VFS is the file system under the log's segments; tests put faults into it.
type VFS = waltypes.VFS

// File is a segment file open for writing.
type File = waltypes.WritableFile

// ReadFile is a segment file open for reading.
type ReadFile = waltypes.ReadableFile

// OSFiles returns the operating system's files.
func OSFiles() VFS { return newSegmentFiles() }

// Defaults of StoreConfig.
const (
	SegmentBytesDefault = 16 << 20
	cacheEntries        = 1024
	cacheBytesMax       = 64 << 20
	StallLimitDefault   = 10 * time.Second
)

// StoreConfig says where a log is and whom to tell about it.
type StoreConfig struct {
	Dir    string // created when missing
	Logger *slog.Logger
	// OnFatal is called once, from any goroutine, when the log cannot be trusted
	// any more: a failed or hanging append, sync or truncation. The node must stop.
	OnFatal func(error)
	// OnAppend, if set, is told about every append once it is durable: the entries,
	// their bytes and how long the write and the sync took.
	OnAppend     func(entries, bytes int, took time.Duration)
	SegmentBytes int           // 0 means SegmentBytesDefault
	StallLimit   time.Duration // an append that takes longer is fatal; 0 means StallLimitDefault
	Files        VFS           // nil means OSFiles()
}

// Store is a raft LogStore and StableStore over raft-wal.
//
// It stops at the first failure. After a failed fsync the kernel may drop the
// pages and call the next fsync a success, so nothing can be said about what is
// on disk until the log is opened anew: every later write answers the error.
type Store struct {
	wal   *wal.WAL
	cache *cache
	log   *slog.Logger
	cfg   StoreConfig

	// writing is held by who writes or syncs; a channel, so that a wait for a
	// slow disk is one that a test's clock sees.
	writing  chan struct{}
	files    *lateFiles    // under writing
	last     appendStat    // the append that files has pending; under writing
	unsynced atomic.Uint64 // the first entry that is not durable, 0 for none

	failed atomic.Pointer[error]
	once   sync.Once // calls OnFatal

	appended atomic.Uint64 // bytes of entries stored since Open
	busy     atomic.Int64  // when the append under way began (UnixNano), or 0
	stop     chan struct{} // closed by Close
	watched  chan struct{} // closed when the watchdog ended
	closing  sync.Once
	closeErr error
}

// appendStat is what OnAppend is told.
type appendStat struct {
	entries, bytes int
	took           time.Duration
}

var (
	_ raft.LogStore          = (*Store)(nil)
	_ raft.StableStore       = (*Store)(nil)
	_ raft.MonotonicLogStore = (*Store)(nil)
)

// OpenStore opens the log in cfg.Dir, or makes a new one. The caller holds the
// lock of the data directory.
func OpenStore(cfg StoreConfig) (*Store, error) {
	if cfg.SegmentBytes == 0 {
		cfg.SegmentBytes = SegmentBytesDefault
	}
	if cfg.StallLimit == 0 {
		cfg.StallLimit = StallLimitDefault
	}
	if cfg.Files == nil {
		cfg.Files = OSFiles()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	repaired, err := repairSealedTail(cfg.Dir, cfg.Files, cfg.SegmentBytes)
	if err != nil {
		return nil, fmt.Errorf("open log %s: %w", cfg.Dir, err)
	}
	if repaired {
		cfg.Logger.Info("log segment rotation completed after a crash", "dir", cfg.Dir)
	}
	files := &lateFiles{VFS: cfg.Files}
	w, err := wal.Open(cfg.Dir,
		wal.WithLogger(HCLog(cfg.Logger, "raft-wal")),
		wal.WithSegmentSize(cfg.SegmentBytes),
		wal.WithSegmentFiler(checkedFiler{segment.NewFiler(cfg.Dir, files), files}))
	if err != nil {
		return nil, fmt.Errorf("open log %s: %w", cfg.Dir, err)
	}
	s := &Store{
		wal: w, cache: newCache(cacheEntries, cacheBytesMax), log: cfg.Logger, cfg: cfg,
		writing: make(chan struct{}, 1), files: files,
		stop: make(chan struct{}), watched: make(chan struct{}),
	}
	go s.watch()
	return s, nil
}

// Close closes the log. It may be called again.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.stop)
		<-s.watched
		s.writing <- struct{}{}
		defer func() { <-s.writing }()
		if err := s.settle(); err != nil {
			s.closeErr = err
		}
		if err := s.wal.Close(); err != nil && s.closeErr == nil {
			s.closeErr = fmt.Errorf("close log: %w", err)
		}
		if files, ok := s.cfg.Files.(io.Closer); ok {
			files.Close()
		}
	})
	return s.closeErr
}

// CheckReaches tells whether the log fits the state machine's file: a node only
// applies what its own log or an installed snapshot held, so when both end below
// the applied index, entries that were acknowledged are lost. It also reads what
// is still to be applied, so that a damaged entry is found now and not later.
// snapshot is the index of the newest snapshot, 0 for none.
func (s *Store) CheckReaches(applied, snapshot Index) error {
	first, last, err := s.bounds()
	if err != nil {
		return err
	}
	if max(last, snapshot) < applied {
		return fmt.Errorf("%w: the log ends at index %d, but the database holds what index %d did: entries of the log are lost. "+
			"Remove this node from the cluster, clear its data directory and let it join again as a new node", ErrCorrupt, last, applied)
	}
	if last != 0 && first > max(applied, snapshot)+1 {
		return fmt.Errorf("%w: the log begins at index %d, but the database ends at index %d", ErrCorrupt, first, applied)
	}
	var l raft.Log
	for i := max(first, applied+1); last != 0 && i <= last; i++ {
		if err := s.wal.GetLog(uint64(i), &l); err != nil {
			return fmt.Errorf("check log: %w", err)
		}
	}
	return nil
}

// DropBelow empties a log that ends below the snapshot: it was replaced, and
// raft-wal would refuse the gap at the next append.
func (s *Store) DropBelow(snapshot Index) error {
	first, last, err := s.bounds()
	if err != nil || last == 0 || last >= snapshot {
		return err
	}
	s.log.Info("log older than the snapshot dropped", "first", first, "last", last, "snapshot", snapshot)
	return s.DeleteRange(uint64(first), uint64(last))
}

func (s *Store) bounds() (first, last Index, err error) {
	f, err1 := s.wal.FirstIndex()
	l, err2 := s.wal.LastIndex()
	return Index(f), Index(l), errors.Join(err1, err2)
}

// BytesAppended returns the bytes of the entries stored since Open.
func (s *Store) BytesAppended() uint64 { return s.appended.Load() }

// Err returns the failure that stopped the log, or nil.
func (s *Store) Err() error {
	if p := s.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// IsMonotonic tells raft that the log refuses gaps.
func (s *Store) IsMonotonic() bool { return true }

// FirstIndex returns the first index of the log, 0 for an empty one.
func (s *Store) FirstIndex() (uint64, error) { return s.wal.FirstIndex() }

// LastIndex returns the last index of the log, 0 for an empty one.
func (s *Store) LastIndex() (uint64, error) { return s.wal.LastIndex() }

// GetLog reads the entry at index.
func (s *Store) GetLog(index uint64, log *raft.Log) error {
	if s.cache.get(index, log) {
		return nil
	}
	return s.wal.GetLog(index, log)
}

// StoreLog appends one entry.
func (s *Store) StoreLog(log *raft.Log) error { return s.StoreLogs([]*raft.Log{log}) }

// StoreLogs appends entries. They are durable when Sync has returned.
func (s *Store) StoreLogs(logs []*raft.Log) error {
	s.writing <- struct{}{}
	defer func() { <-s.writing }()
	if err := s.settle(); err != nil || len(logs) == 0 {
		return err
	}
	bytes := 0
	for _, l := range logs {
		bytes += len(l.Data)
	}
	s.unsynced.Store(logs[0].Index)
	began := time.Now()
	s.busy.Store(began.UnixNano())
	err := s.wal.StoreLogs(logs)
	s.busy.Store(0)
	if err != nil {
		return s.fail("append to the log", err)
	}
	s.last = appendStat{len(logs), bytes, time.Since(began)}
	if s.files.pending == nil { // a full segment was synced
		s.synced()
	}
	s.appended.Add(uint64(bytes))
	s.cache.put(logs)
	return nil
}

// Sync makes all entries durable that were stored before the call. Calls that
// come together share an fsync.
func (s *Store) Sync() error {
	if s.unsynced.Load() == 0 {
		return s.Err()
	}
	s.writing <- struct{}{}
	defer func() { <-s.writing }()
	return s.settle()
}

// TrySync is Sync unless another goroutine writes or syncs now, which it leaves
// to that one.
func (s *Store) TrySync() error {
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
		return s.settle()
	default:
		return s.Err()
	}
}

// Unsynced returns the index of the first entry that is not durable yet, 0 for
// none.
func (s *Store) Unsynced() Index { return Index(s.unsynced.Load()) }

// settle syncs the last append if that was not done. The caller holds writing.
func (s *Store) settle() error {
	if err := s.Err(); err != nil || s.files.pending == nil {
		return err
	}
	began := time.Now()
	s.busy.Store(began.UnixNano())
	err := s.files.settle()
	s.busy.Store(0)
	if err != nil {
		return s.fail("sync the log", err)
	}
	s.last.took += time.Since(began)
	s.synced()
	return nil
}

func (s *Store) synced() {
	s.unsynced.Store(0)
	if s.cfg.OnAppend != nil {
		s.cfg.OnAppend(s.last.entries, s.last.bytes, s.last.took)
	}
}

// DeleteRange removes the entries low..high, a prefix or a suffix of the log.
func (s *Store) DeleteRange(low, high uint64) error {
	s.writing <- struct{}{}
	defer func() { <-s.writing }()
	if err := s.settle(); err != nil {
		return err
	}
	s.cache.clear()
	if err := s.wal.DeleteRange(low, high); err != nil {
		return s.fail("truncate the log", err)
	}
	return nil
}

// Set keeps a value of raft's (term, vote), durably.
func (s *Store) Set(key, value []byte) error {
	if err := s.Err(); err != nil {
		return err
	}
	if err := s.wal.Set(key, value); err != nil {
		return s.fail("write the term or vote", err)
	}
	return nil
}

// Get returns a value that Set kept.
func (s *Store) Get(key []byte) ([]byte, error) { return s.wal.Get(key) }

// SetUint64 keeps a number of raft's, durably.
func (s *Store) SetUint64(key []byte, value uint64) error {
	if err := s.Err(); err != nil {
		return err
	}
	if err := s.wal.SetUint64(key, value); err != nil {
		return s.fail("write the term or vote", err)
	}
	return nil
}

// GetUint64 returns a number that SetUint64 kept, 0 for none.
func (s *Store) GetUint64(key []byte) (uint64, error) { return s.wal.GetUint64(key) }

// fail records the first failure and tells the owner, unless the log is closed.
func (s *Store) fail(what string, err error) error {
	err = fmt.Errorf("%s: %w", what, err)
	if errors.Is(err, wal.ErrClosed) {
		return err
	}
	s.failed.CompareAndSwap(nil, &err)
	s.once.Do(func() {
		if s.cfg.OnFatal != nil {
			s.cfg.OnFatal(err)
		}
	})
	return err
}

// watch ends the node when an append hangs: raft's main loop is inside it, so
// this node can neither lead nor step down, and would be kept as the leader by
// its heartbeats.
func (s *Store) watch() {
	defer close(s.watched)
	tick := time.NewTicker(s.cfg.StallLimit / 4)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case now := <-tick.C:
			if began := s.busy.Load(); began != 0 && now.UnixNano()-began > int64(s.cfg.StallLimit) {
				s.fail("append to the log", fmt.Errorf("the disk has not answered for %v", s.cfg.StallLimit))
			}
		}
	}
}
