// Package faultfs puts faults into the files of the raft log, for tests: the
// n-th operation of a kind on a matching file fails, tears or waits.
package faultfs

import (
	"io"
	"path/filepath"
	"sync"

	"polyreme/raftlog"
)

// Op is an operation on a file.
type Op string

// The operations that rules match.
const (
	Create Op = "create"
	Open   Op = "open"
	Delete Op = "delete"
	Read   Op = "read"
	Write  Op = "write"
	Sync   Op = "sync"
)

// Rule says which operation is not to go well.
type Rule struct {
	Op    Op
	Path  string // a pattern of path.Match for the file's name; "" is every file
	Nth   int    // counted from 1 among the matching operations; 0 is every one
	Err   error  // what the operation returns
	Torn  int    // Write: so many bytes are written before Err
	After func() // called before the operation returns; may wait
}

// FS is a raftlog.VFS over another with rules. Rules may change at any time.
type FS struct {
	under raftlog.VFS

	mu    sync.Mutex // guards rules
	rules []*active
}

type active struct {
	Rule
	seen int
}

// New returns an FS over under, without rules.
func New(under raftlog.VFS) *FS { return &FS{under: under} }

// Add adds a rule. The first rule that matches an operation decides.
func (f *FS) Add(r Rule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, &active{Rule: r})
}

// Clear removes all rules.
func (f *FS) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

// Close closes what is under.
func (f *FS) Close() error {
	if c, ok := f.under.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// hit returns the rule that decides the operation, if any.
func (f *FS) hit(op Op, name string) (Rule, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		if r.Op != op {
			continue
		}
		if ok, err := filepath.Match(r.Path, filepath.Base(name)); r.Path != "" && (!ok || err != nil) {
			continue
		}
		r.seen++
		if r.Nth == 0 || r.seen == r.Nth {
			return r.Rule, true
		}
	}
	return Rule{}, false
}

// check applies the rule for an operation that does nothing when it fails.
func (f *FS) check(op Op, name string) error {
	r, ok := f.hit(op, name)
	if !ok {
		return nil
	}
	if r.After != nil {
		r.After()
	}
	return r.Err
}

// ListDir lists a directory; no rule matches it.
func (f *FS) ListDir(dir string) ([]string, error) { return f.under.ListDir(dir) }

// Create creates a file.
func (f *FS) Create(dir, name string, size uint64) (raftlog.File, error) {
	if err := f.check(Create, name); err != nil {
		return nil, err
	}
	w, err := f.under.Create(dir, name, size)
	if err != nil {
		return nil, err
	}
	return &file{w, f, name}, nil
}

// Delete deletes a file.
func (f *FS) Delete(dir, name string) error {
	if err := f.check(Delete, name); err != nil {
		return err
	}
	return f.under.Delete(dir, name)
}

// OpenReader opens a file to read it; no rule matches its reads.
func (f *FS) OpenReader(dir, name string) (raftlog.ReadFile, error) {
	if err := f.check(Open, name); err != nil {
		return nil, err
	}
	return f.under.OpenReader(dir, name)
}

// OpenWriter opens a file to read and write it.
func (f *FS) OpenWriter(dir, name string) (raftlog.File, error) {
	if err := f.check(Open, name); err != nil {
		return nil, err
	}
	w, err := f.under.OpenWriter(dir, name)
	if err != nil {
		return nil, err
	}
	return &file{w, f, name}, nil
}

type file struct {
	raftlog.File
	fs   *FS
	name string
}

func (f *file) Sync() error {
	if err := f.fs.check(Sync, f.name); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *file) ReadAt(b []byte, off int64) (int, error) {
	if err := f.fs.check(Read, f.name); err != nil {
		return 0, err
	}
	return f.File.ReadAt(b, off)
}

func (f *file) WriteAt(b []byte, off int64) (int, error) {
	r, ok := f.fs.hit(Write, f.name)
	if !ok {
		return f.File.WriteAt(b, off)
	}
	if r.After != nil {
		r.After()
	}
	if r.Err == nil {
		return f.File.WriteAt(b, off)
	}
	n := min(r.Torn, len(b))
	if n > 0 {
		if n, err := f.File.WriteAt(b[:n], off); err != nil {
			return n, err
		}
	}
	return n, r.Err
}
