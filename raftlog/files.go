package raftlog

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
)

const (
	// spareName is the file being prepared for the next segment.
	spareName   = "spare"
	zeroesBytes = 1 << 20
)

// segmentFiles is the VFS of the log's segments. A segment is written full of
// zeroes and synced before it is used, so that an append overwrites blocks that
// the file has already: syncing it writes the data and nothing of the file
// system's own books (a preallocated file would have its extents converted, in
// a commit of the journal that all files share). The next segment is prepared
// while the present one fills.
type segmentFiles struct {
	mu     sync.Mutex // guards what follows; not held during I/O
	closed bool
	making chan struct{} // closed when the preparation under way has ended
	spare  string        // directory of a spare that is ready, or ""
	size   uint64        // its size
}

func newSegmentFiles() *segmentFiles { return &segmentFiles{} }

// Close waits for the preparation under way.
func (s *segmentFiles) Close() error {
	s.mu.Lock()
	s.closed = true
	making := s.making
	s.mu.Unlock()
	if making != nil {
		<-making
	}
	return nil
}

// ListDir lists the files of dir but the spare.
func (s *segmentFiles) ListDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && e.Name() != spareName {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Create makes a segment file of size zeroes.
func (s *segmentFiles) Create(dir, name string, size uint64) (File, error) {
	path := filepath.Join(dir, name)
	if _, err := os.Lstat(path); err == nil {
		return nil, &os.PathError{Op: "create", Path: path, Err: os.ErrExist}
	}
	if !s.takeSpare(dir, size) {
		if err := writeZeroes(filepath.Join(dir, spareName), size); err != nil {
			return nil, err
		}
	}
	if err := os.Rename(filepath.Join(dir, spareName), path); err != nil {
		return nil, err
	}
	if err := syncDirectory(dir); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	s.makeSpare(dir, size)
	return segmentFile{f}, nil
}

// takeSpare tells whether a spare of that size is ready in dir.
func (s *segmentFiles) takeSpare(dir string, size uint64) bool {
	s.mu.Lock()
	making := s.making
	s.mu.Unlock()
	if making != nil {
		<-making
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ready := s.spare == dir && s.size == size
	s.spare = ""
	return ready
}

// makeSpare prepares the next segment. Where that fails the next Create tries
// again and reports the error.
func (s *segmentFiles) makeSpare(dir string, size uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	making := make(chan struct{})
	s.making = making
	go func() { // Close and takeSpare wait for it
		defer close(making)
		if writeZeroes(filepath.Join(dir, spareName), size) == nil {
			s.mu.Lock()
			s.spare, s.size = dir, size
			s.mu.Unlock()
		}
	}()
}

// writeZeroes makes a file of size zeroes durable, in place of one that a crash
// may have left.
func writeZeroes(path string, size uint64) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	zeroes := make([]byte, min(size, zeroesBytes))
	for left := size; left > 0; {
		n := min(left, uint64(len(zeroes)))
		if _, err := f.Write(zeroes[:n]); err != nil {
			return errors.Join(err, f.Close())
		}
		left -= n
	}
	return errors.Join(f.Sync(), f.Close())
}

// Delete removes a file durably.
func (s *segmentFiles) Delete(dir, name string) error {
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncDirectory(dir)
}

// OpenReader opens a file for reading.
func (s *segmentFiles) OpenReader(dir, name string) (ReadFile, error) {
	return os.Open(filepath.Join(dir, name))
}

// OpenWriter opens a file for reading and writing.
func (s *segmentFiles) OpenWriter(dir, name string) (File, error) {
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return segmentFile{f}, nil
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// segmentFile is a segment open for writing.
type segmentFile struct{ *os.File }

// Sync makes the content durable. The file's size does not change, so nothing
// else has to be.
func (f segmentFile) Sync() error { return datasync(f.File) }

var (
	_ VFS         = (*segmentFiles)(nil)
	_ File        = segmentFile{}
	_ io.ReaderAt = ReadFile(nil)
)
