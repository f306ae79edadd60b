package cluster

import (
	"log/slog"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"polyreme/internal/faultfs"
	"polyreme/raftlog"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestCrashesOnDisk keeps the logs in files, fails a sync of the leader's, and
// starts the node again from its files.
func TestCrashesOnDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		files := make([]*faultfs.FS, 3)
		failed := make(chan int, 16) // nodes whose log has failed
		c := newTrialWith(t, 3, func(c *trial, i int) {
			files[i] = faultfs.New(raftlog.OSFiles())
			s, err := raftlog.OpenStore(raftlog.StoreConfig{
				Dir: filepath.Join(dir, c.nodes[i].name), SegmentBytes: 256 << 10, Files: files[i],
				OnFatal: func(error) { failed <- i },
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.CheckReaches(c.nodes[i].machine.AppliedIndex(), 0); err != nil {
				t.Error(err)
			}
			c.nodes[i].disk = s
		})
		defer c.close()
		stop := make(chan struct{})
		var k clients
		k.run(c, 6, stop, time.Hour)
		for range 4 {
			time.Sleep(400 * time.Millisecond)
			l := c.leader(-1)
			files[l].Add(faultfs.Rule{Op: faultfs.Sync, Nth: 1, Err: syscall.EIO})
			// A node whose log has failed must stop before raft needs the log again.
			if i := <-failed; i != l {
				t.Errorf("the log of node %d has failed, not that of %d", i, l)
			}
			c.crash(l)
			c.leader(l)
			c.start(l)
			time.Sleep(200 * time.Millisecond)
		}
		close(stop)
		k.wg.Wait()
		k.check(t, c.settle())
		t.Logf("%d acknowledged, %d open, %d refused", len(k.acked), len(k.open), len(k.refused))
	})
}
