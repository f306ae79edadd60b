package snapshot

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/raft"
)

// ErrSuperseded tells that a snapshot became pointless while it was taken: the
// database was replaced, or a newer snapshot was recorded. Raft tries again
// later by itself.
var ErrSuperseded = errors.New("snapshot was superseded while it was taken")

// sink takes one snapshot. Raft calls its methods from one goroutine.
type sink struct {
	store      *Store
	meta       raft.SnapshotMeta
	generation uint64

	live    bool
	applied uint64

	file    *os.File
	buffer  *bufio.Writer
	decoder *decoder
	done    bool
}

var _ raft.SnapshotSink = (*sink)(nil)

// ID returns the snapshot's name.
func (k *sink) ID() string { return k.meta.ID }

// Live says that the snapshot is the node's own database, whose applied index
// was applied when its checkpoint completed.
func (k *sink) Live(applied uint64) { k.live, k.applied = true, applied }

// Write takes the next bytes of a received snapshot.
func (k *sink) Write(p []byte) (int, error) {
	if k.file == nil {
		f, err := os.OpenFile(k.store.path(incomingName), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return 0, fmt.Errorf("receive snapshot: %w", err)
		}
		k.file = f
		k.buffer = bufio.NewWriterSize(f, 1<<20)
		k.decoder = newDecoder(k.buffer)
	}
	n, err := k.decoder.Write(p)
	if err != nil {
		return n, fmt.Errorf("receive snapshot: %w", err)
	}
	return n, k.store.at("receive")
}

// Cancel drops what was received.
func (k *sink) Cancel() error {
	if k.done || k.file == nil {
		k.done = true
		return nil
	}
	k.done = true
	return errors.Join(k.file.Close(), os.Remove(k.store.path(incomingName)))
}

// Close records the snapshot: afterwards it survives a crash.
func (k *sink) Close() error {
	if k.done {
		return nil
	}
	if k.live {
		k.done = true
		return k.store.recordLive(k)
	}
	if err := k.seal(); err != nil {
		return errors.Join(err, k.Cancel())
	}
	k.done = true
	return k.store.recordStaged(k)
}

// seal verifies the received database and leaves it complete and durable under
// its staged name.
func (k *sink) seal() error {
	if k.decoder == nil {
		return errors.New("close snapshot: nothing was received")
	}
	if err := k.decoder.complete(); err != nil {
		return fmt.Errorf("close snapshot: %w", err)
	}
	if err := k.buffer.Flush(); err != nil {
		return fmt.Errorf("close snapshot: %w", err)
	}
	if err := k.file.Sync(); err != nil {
		return fmt.Errorf("close snapshot: %w", err)
	}
	s, incoming := k.store, k.store.path(incomingName)
	if err := s.config.Stamp(incoming, k.meta); err != nil {
		return fmt.Errorf("close snapshot: %w", err)
	}
	if err := s.at("stamped"); err != nil {
		return err
	}
	if err := renameDurably(incoming, s.path(stagedName)); err != nil {
		return fmt.Errorf("close snapshot: %w", err)
	}
	return errors.Join(k.file.Close(), s.at("sealed"))
}

// recordLive records a snapshot of the own database, unless it was superseded.
func (s *Store) recordLive(k *sink) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.generation != s.generation || s.recorded != nil && s.recorded.Meta.Index > k.meta.Index {
		return ErrSuperseded
	}
	r := &record{Kind: kindLive, Meta: k.meta, Applied: k.applied}
	if err := writeRecord(s.path(metadataName), r); err != nil {
		return err
	}
	s.recorded = r
	return s.at("recorded")
}

// recordStaged commits to the install of a received snapshot.
func (s *Store) recordStaged(k *sink) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k.meta.Size = k.decoder.size
	r := &record{Kind: kindStaged, Meta: k.meta, Applied: k.meta.Index}
	if err := writeRecord(s.path(metadataName), r); err != nil {
		return err
	}
	s.recorded = r
	s.generation++
	s.log.Info("snapshot received", "index", r.Meta.Index, "bytes", r.Meta.Size)
	return s.at("committed")
}
