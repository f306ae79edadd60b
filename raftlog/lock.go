package raftlog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrLocked is within the error of LockDir when another process holds the lock.
var ErrLocked = errors.New("in use by another process")

// DirLock is the lock of a data directory.
type DirLock struct{ file *os.File }

// LockDir takes the lock of the data directory dir, which exists. The kernel
// gives it up when the process ends, however it ends.
func LockDir(dir string) (*DirLock, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("data directory %s: %w", dir, ErrLocked)
		}
		return nil, fmt.Errorf("lock data directory %s: %w", dir, err)
	}
	return &DirLock{f}, nil
}

// Close gives the lock up.
func (l *DirLock) Close() error { return l.file.Close() }
