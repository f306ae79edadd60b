package sqlfsm

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"polyreme/sqlfsm/sqlite"
)

// checkpointer moves the write-ahead log into the database file in the
// background, and ends readers that keep it from being reused. On its timer it also
// closes connections that nobody needed lately.
//
// A passive checkpoint runs beside the writer and all readers; when it has
// copied everything and no reader needs the log, the next write starts the log
// over, so in the usual case that is all there is. Readers that overlap without
// a gap keep the log growing; then, beyond Config.TruncateBytes, leases are
// held up for a moment and the log's file is cut under the write token.
//
// One goroutine owns the connection; others ask it through requests.
type checkpointer struct {
	store *Store
	conn  *sqlite.Conn

	// token is held by a group while it is applied and by a checkpoint that
	// needs the write lock: neither ever sees the other's lock.
	token chan struct{}

	truncateAt int64 // size at which a truncation is tried again
	heldAt     int64 // size at which the writer waited; the applying goroutine's

	size atomic.Int64 // bytes of the log after the last commit
	done atomic.Int64 // bytes of it that are in the database file

	passives, truncations atomic.Uint64

	wake     chan struct{}
	requests chan request
	quit     chan struct{}
	stop     sync.Once
	ended    sync.WaitGroup
}

// request is work for the checkpoint goroutine.
type request struct {
	run  func() error
	done chan error
}

const (
	agePeriod        = 5 * time.Second        // how often the readers' age is looked at
	drainTimeMax     = 100 * time.Millisecond // how long leases are held up for a truncation
	overlapAgeMax    = time.Second            // an older lease makes a truncation pointless
	readersEndedStep = 2                      // divides the age from which leases end when the log is too large
	backlogFactor    = 8                      // times CheckpointBytes that the writer may be ahead
	streamLogFactor  = 4                      // a snapshot stream may hold that many times LogBytesMax
)

// start opens the connection and the goroutine.
func (c *checkpointer) start(s *Store) error {
	c.store = s
	c.token = make(chan struct{}, 1)
	c.wake = make(chan struct{}, 1)
	c.requests = make(chan request)
	c.quit = make(chan struct{})
	if err := c.open(); err != nil {
		return err
	}
	c.ended.Go(c.loop)
	return nil
}

func (c *checkpointer) open() error {
	conn, err := sqlite.Open(sqlite.Config{Path: c.store.path, CacheKiB: 64})
	if err != nil {
		return fmt.Errorf("open checkpoint connection: %w", err)
	}
	c.conn = conn
	return nil
}

func (c *checkpointer) lock()   { c.token <- struct{}{} }
func (c *checkpointer) unlock() { <-c.token }

// grown notes the size of the log after a commit. The applying goroutine calls
// it, without the token.
func (c *checkpointer) grown(bytes int64) {
	c.size.Store(bytes)
	done := c.done.Load()
	if bytes < done {
		c.done.CompareAndSwap(done, 0) // the log started over
		done = 0
	}
	due := c.store.config.CheckpointBytes
	if bytes-done < due {
		return
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
	c.hold(bytes, due)
}

// hold lets the writer wait for a checkpoint when it runs away from the
// background: once for each backlog, for readers may keep it from shrinking.
func (c *checkpointer) hold(bytes, due int64) {
	if bytes < c.heldAt {
		c.heldAt = 0
	}
	if bytes-max(c.done.Load(), c.heldAt) < backlogFactor*due {
		return
	}
	c.heldAt = bytes
	err := c.do(func() error {
		if c.conn == nil {
			return nil
		}
		_, err := c.passive()
		return err
	})
	if err != nil && !errors.Is(err, ErrClosed) {
		_ = c.store.fatal(err)
	}
}

func (c *checkpointer) loop() {
	ticker := time.NewTicker(agePeriod)
	defer ticker.Stop()
	for {
		select {
		case <-c.quit:
			return
		case r := <-c.requests:
			r.done <- r.run()
		case <-c.wake:
			c.background()
		case <-ticker.C:
			c.limitReaders()
			c.store.readers.trim()
		}
	}
}

// do runs a function on the goroutine, between checkpoints.
func (c *checkpointer) do(run func() error) error {
	r := request{run, make(chan error, 1)}
	select {
	case c.requests <- r:
		return <-r.done
	case <-c.quit:
		return ErrClosed
	}
}

// close ends the goroutine and closes the connection.
func (c *checkpointer) close() error {
	c.stop.Do(func() { close(c.quit) })
	c.ended.Wait()
	if c.conn == nil {
		return nil
	}
	err := c.conn.Close()
	c.conn = nil
	return err
}

// background does what the log's size asks for.
func (c *checkpointer) background() {
	if c.conn == nil || c.store.Fault() != nil {
		return
	}
	if _, err := c.passive(); err != nil {
		_ = c.store.fatal(err)
		return
	}
	if err := c.shorten(); err != nil {
		_ = c.store.fatal(err)
		return
	}
	c.limitReaders()
}

// shorten truncates a log that is too large. A truncation that readers
// prevented is tried again only when the log has grown by as much again: each
// try holds up new readers.
func (c *checkpointer) shorten() error {
	size, limit := c.size.Load(), c.store.config.TruncateBytes
	if size < limit {
		c.truncateAt = 0
	}
	if size < max(limit, c.truncateAt) {
		return nil
	}
	c.truncateAt = size + limit
	return c.truncate()
}

// passive copies what can be copied now and tells whether that was all.
func (c *checkpointer) passive() (bool, error) {
	log, copied, err := c.conn.Checkpoint(sqlite.CheckpointPassive)
	if err != nil {
		if sqlite.Classify(err) == sqlite.Busy {
			return false, nil
		}
		return false, fmt.Errorf("checkpoint: %w", err)
	}
	c.passives.Add(1)
	if log > 0 {
		c.done.Store(int64(copied) * (sqlite.PageSize + frameHeaderBytes))
	}
	return log == copied, nil
}

// frameHeaderBytes is what each page costs more in the log.
const frameHeaderBytes = 24

// truncate empties the log if the readers let it.
func (c *checkpointer) truncate() error {
	readers := &c.store.readers
	if oldest := readers.oldest(); !oldest.IsZero() && time.Since(oldest) > overlapAgeMax {
		return nil
	}
	drained := readers.pause()
	defer readers.resume()
	select {
	case <-drained:
	case <-time.After(drainTimeMax):
		return nil
	case <-c.quit:
		return nil
	}
	c.lock()
	defer c.unlock()
	_, _, err := c.conn.Checkpoint(sqlite.CheckpointTruncate)
	switch {
	case err == nil:
		c.size.Store(0)
		c.done.Store(0)
		c.truncateAt = 0
		c.truncations.Add(1)
		return nil
	case sqlite.Classify(err) == sqlite.Busy:
		return nil
	}
	return fmt.Errorf("checkpoint: %w", err)
}

// limitReaders ends readers that are too old, or, when the log is too large,
// the older ones first.
func (c *checkpointer) limitReaders() {
	config := &c.store.config
	now := time.Now()
	limit := config.SnapshotAgeMax
	if c.size.Load() > config.LogBytesMax {
		if oldest := c.store.readers.oldest(); !oldest.IsZero() {
			limit = min(limit, now.Sub(oldest)/readersEndedStep)
		}
	}
	streams := c.size.Load() > streamLogFactor*config.LogBytesMax
	n := c.store.readers.endWhere(errSnapshotTooOld, func(l *lease) bool {
		if l.stream {
			return streams
		}
		return now.Sub(l.began) > limit
	})
	if n > 0 {
		c.store.log.Warn("ended readers with old snapshots", "readers", n, "log bytes", c.size.Load())
	}
}

// harden makes the state that is committed now survive a power cut: all that is
// in the log goes to the database file, or, where readers hold some of it back,
// the log itself is made durable. Either way the file can never be found behind
// this state again: SQLite reuses the log only after it has copied and synced
// all of it.
func (c *checkpointer) harden() error {
	return c.do(func() error {
		if c.conn == nil {
			return ErrClosed
		}
		complete, err := c.passive()
		if err != nil || complete {
			return err
		}
		return syncFile(c.store.path + "-wal")
	})
}

// syncFile makes a file and its name durable. SQLite keeps no locks on the
// log's file, which a second descriptor would drop when it closes.
func syncFile(path string) error {
	for _, name := range []string{path, filepath.Dir(path)} {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("sync %s: %w", name, err)
		}
	}
	return nil
}
