package raftlog_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"
	"github.com/hashicorp/raft-wal/metadb"

	"polyreme/internal/faultfs"
	"polyreme/raftlog"
)

const smallSegment = 64 << 10

type store struct {
	*raftlog.Store
	files  *faultfs.FS
	fatals atomic.Int32
}

func open(t *testing.T, dir string) *store {
	t.Helper()
	s, err := tryOpen(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func tryOpen(dir string) (*store, error) {
	s := &store{files: faultfs.New(raftlog.OSFiles())}
	var err error
	s.Store, err = raftlog.OpenStore(raftlog.StoreConfig{
		Dir: dir, SegmentBytes: smallSegment, Files: s.files,
		OnFatal: func(error) { s.fatals.Add(1) },
	})
	return s, err
}

func entryAt(index uint64, size int) *raft.Log {
	data := bytes.Repeat([]byte{byte(index)}, size)
	return &raft.Log{Index: index, Term: 1 + index/100, Type: raft.LogCommand, Data: data, AppendedAt: time.Unix(int64(index), 0).UTC()}
}

func fill(t *testing.T, s *store, from, to uint64, size int) {
	t.Helper()
	for i := from; i <= to; i++ {
		if err := s.StoreLog(entryAt(i, size)); err != nil {
			t.Fatal(err)
		}
	}
}

func verify(t *testing.T, s *store, from, to uint64, size int) {
	t.Helper()
	first, err1 := s.FirstIndex()
	last, err2 := s.LastIndex()
	if err1 != nil || err2 != nil || first != from || last != to {
		t.Errorf("the log has %d..%d, want %d..%d (%v, %v)", first, last, from, to, err1, err2)
	}
	for i := from; i <= to; i++ {
		var l raft.Log
		if err := s.GetLog(i, &l); err != nil {
			t.Fatal(err)
		}
		want := entryAt(i, size)
		if l.Index != i || l.Term != want.Term || l.Type != want.Type || !bytes.Equal(l.Data, want.Data) || !l.AppendedAt.Equal(want.AppendedAt) {
			t.Errorf("entry %d is another one", i)
		}
	}
}

func TestStoreReopens(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s, 1, 300, 1000) // several segments
	verify(t, s, 1, 300, 1000)
	if err := s.DeleteRange(251, 300); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteRange(1, 50); err != nil {
		t.Fatal(err)
	}
	verify(t, s, 51, 250, 1000)
	if err := s.SetUint64([]byte("CurrentTerm"), 7); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = open(t, dir)
	verify(t, s, 51, 250, 1000)
	if v, err := s.GetUint64([]byte("CurrentTerm")); v != 7 || err != nil {
		t.Errorf("term = %d, %v", v, err)
	}
	if v, err := s.GetUint64([]byte("Nothing")); v != 0 || err != nil {
		t.Errorf("a number never set = %d, %v", v, err)
	}
	fill(t, s, 251, 400, 1000)
	verify(t, s, 51, 400, 1000)
}

func TestFailedSyncStops(t *testing.T) {
	for _, op := range []faultfs.Op{faultfs.Sync, faultfs.Write} {
		t.Run(string(op), func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			fill(t, s, 1, 10, 100)
			s.files.Add(faultfs.Rule{Op: op, Nth: 1, Err: syscall.EIO, Torn: 20})
			if err := errors.Join(s.StoreLog(entryAt(11, 100)), s.Sync()); !errors.Is(err, syscall.EIO) {
				t.Errorf("append = %v", err)
			}
			if err := s.Sync(); !errors.Is(err, syscall.EIO) {
				t.Errorf("sync after the failure = %v", err)
			}
			// The disk is well again, and still nothing may be appended.
			if err := s.StoreLog(entryAt(11, 100)); !errors.Is(err, syscall.EIO) {
				t.Errorf("append after the failure = %v", err)
			}
			if err := s.SetUint64([]byte("k"), 1); !errors.Is(err, syscall.EIO) {
				t.Errorf("set after the failure = %v", err)
			}
			if n := s.fatals.Load(); n != 1 {
				t.Errorf("OnFatal was called %d times", n)
			}
			s.Close()
			s = open(t, dir)
			last, _ := s.LastIndex()
			if last != 10 && last != 11 {
				t.Errorf("the log ends at %d", last)
			}
			fill(t, s, last+1, last+5, 100)
			verify(t, s, 1, last+5, 100)
		})
	}
}

// TestLateSync counts the syncs: none in an append, one for the append before.
func TestLateSync(t *testing.T) {
	s := open(t, t.TempDir())
	defer s.Close()
	var syncs int
	s.files.Add(faultfs.Rule{Op: faultfs.Sync, After: func() { syncs++ }})
	step := func(what string, wantSyncs int, wantUnsynced raftlog.Index) {
		t.Helper()
		if syncs != wantSyncs || s.Unsynced() != wantUnsynced {
			t.Errorf("%s: %d syncs and unsynced %d, want %d and %d", what, syncs, s.Unsynced(), wantSyncs, wantUnsynced)
		}
	}
	fill(t, s, 1, 1, 100)
	step("after the first append", 0, 1)
	fill(t, s, 2, 2, 100)
	step("after the second append", 1, 2)
	for range 2 {
		if err := s.Sync(); err != nil {
			t.Fatal(err)
		}
		step("after Sync", 2, 0)
	}
	fill(t, s, 3, 3, 100)
	if err := s.DeleteRange(3, 3); err != nil {
		t.Fatal(err)
	}
	if s.Unsynced() != 0 {
		t.Error("a removed entry is to be synced")
	}
	before := syncs
	fill(t, s, 3, 3, 300<<10) // fills the segment
	if syncs == before || s.Unsynced() != 0 {
		t.Errorf("a full segment: %d syncs, unsynced %d", syncs-before, s.Unsynced())
	}
}

// TestRepairSealedTail ends the log between the append that fills a segment and
// the metadata that names the next one.
func TestRepairSealedTail(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	meta := filepath.Join(dir, metadb.FileName)
	// The metadata as it was while the first segment was the tail.
	fill(t, s, 1, 1, 1000)
	before, err := os.ReadFile(meta)
	if err != nil {
		t.Fatal(err)
	}
	last := uint64(1)
	for segments(t, dir) < 2 {
		last++
		fill(t, s, last, last, 1000)
	}
	s.Close()
	for _, f := range segmentFiles(t, dir)[1:] {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(meta, before, 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s = open(t, dir)
		end, _ := s.LastIndex()
		fill(t, s, end+1, end+3, 1000)
		verify(t, s, 1, end+3, 1000)
		s.Close()
	}
}

func segmentFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.wal"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

func segments(t *testing.T, dir string) int { return len(segmentFiles(t, dir)) }

// TestFlippedBits damages each byte of one entry in turn: reading it must give an
// error or the log must be found too short, but never other data.
func TestFlippedBits(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	fill(t, s, 1, 20, 64)
	s.Close()
	path := segmentFiles(t, dir)[0]
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(whole, bytes.Repeat([]byte{5}, 64))
	if at < 0 {
		t.Fatal("entry 5 is not in the segment")
	}
	for off := at - 24; off < at+64+24; off += 3 {
		damaged := bytes.Clone(whole)
		damaged[off] ^= 0x10
		if err := os.WriteFile(path, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		s, err := tryOpen(dir)
		if err != nil {
			continue
		}
		reaches := s.CheckReaches(20, 0)
		for i := uint64(1); i <= 20; i++ {
			var l raft.Log
			if err := s.GetLog(i, &l); err != nil {
				continue
			}
			if want := entryAt(i, 64); l.Term != want.Term || !bytes.Equal(l.Data, want.Data) {
				t.Errorf("byte %d of the segment is damaged, and entry %d reads as another one", off, i)
			}
		}
		if last, _ := s.LastIndex(); last < 20 && reaches == nil {
			t.Errorf("byte %d is damaged, the log ends at %d, and nobody tells", off, last)
		}
		s.Close()
		// What an open of a damaged log may have cut is put back.
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCheckReaches(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.CheckReaches(0, 0); err != nil {
		t.Errorf("new node: %v", err)
	}
	if err := s.CheckReaches(40, 40); err != nil {
		t.Errorf("empty log behind a snapshot: %v", err)
	}
	fill(t, s, 41, 50, 10)
	for _, c := range []struct {
		applied, snapshot raftlog.Index
		ok                bool
	}{{50, 40, true}, {45, 40, true}, {51, 40, false}, {51, 51, true}, {40, 0, true}, {39, 0, false}, {30, 35, false}} {
		if err := s.CheckReaches(c.applied, c.snapshot); (err == nil) != c.ok {
			t.Errorf("CheckReaches(%d, %d) = %v", c.applied, c.snapshot, err)
		}
	}
	if err := s.DropBelow(45); err != nil {
		t.Fatal(err)
	}
	verify(t, s, 41, 50, 10)
	if err := s.DropBelow(60); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 61, 70, 10)
	verify(t, s, 61, 70, 10)
}

func TestHangingDiskIsFatal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir())
		fill(t, s, 1, 3, 10)
		release := make(chan struct{})
		s.files.Add(faultfs.Rule{Op: faultfs.Sync, Nth: 1, After: func() { <-release }})
		done := make(chan error)
		go func() { done <- errors.Join(s.StoreLog(entryAt(4, 10)), s.Sync()) }()
		time.Sleep(raftlog.StallLimitDefault / 2)
		if err := s.Err(); err != nil {
			t.Errorf("after half the limit: %v", err)
		}
		time.Sleep(raftlog.StallLimitDefault)
		if err := s.Err(); err == nil || s.fatals.Load() != 1 {
			t.Errorf("after the limit: %v, %d calls", err, s.fatals.Load())
		}
		close(release)
		<-done
		if err := s.StoreLog(entryAt(5, 10)); err == nil {
			t.Error("the log goes on")
		}
		s.Close()
	})
}

func TestLockDir(t *testing.T) {
	dir := t.TempDir()
	l, err := raftlog.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raftlog.LockDir(dir); !errors.Is(err, raftlog.ErrLocked) || !strings.Contains(fmt.Sprint(err), dir) {
		t.Errorf("second lock: %v", err)
	}
	l.Close()
	if l, err = raftlog.LockDir(dir); err != nil {
		t.Errorf("lock after close: %v", err)
	}
	l.Close()
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{200, 4096, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s, err := raftlog.OpenStore(raftlog.StoreConfig{Dir: b.TempDir()})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			b.ReportAllocs()
			b.SetBytes(int64(size))
			data := make([]byte, size)
			for i := uint64(1); b.Loop(); i++ {
				if err := s.StoreLog(&raft.Log{Index: i, Term: 1, Data: data}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
