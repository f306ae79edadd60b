package simtest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestNotifyIsPrompt: a notification reaches other nodes when it commits, and not with
// the next write or raft's next sign of life (CommitTimeout, 50 ms).
func TestNotifyIsPrompt(t *testing.T) {
	const soon = 5 * time.Millisecond
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, dir, nodes)
		defer c.close()
		for _, m := range c.members {
			c.start(m)
		}
		time.Sleep(30 * time.Second) // all become voters
		ctx, done := context.WithTimeout(context.Background(), readyLimit)
		defer done()
		sender, err := c.connect(ctx, c.members[0])
		if err != nil {
			t.Fatal(err)
		}
		defer sender.Close(ctx)
		for _, m := range c.members[1:] {
			listener, err := c.connect(ctx, m)
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close(ctx)
			if _, err := listener.Exec(ctx, "LISTEN news").ReadAll(); err != nil {
				t.Fatal(err)
			}
			for range 5 {
				time.Sleep(time.Second) // the cluster has nothing to do
				if _, err := sender.Exec(ctx, "NOTIFY news").ReadAll(); err != nil {
					t.Fatal(err)
				}
				acknowledged := time.Now()
				if err := listener.WaitForNotification(ctx); err != nil {
					t.Fatal(err)
				}
				if late := time.Since(acknowledged); late > soon {
					t.Errorf("%s hears %v after the acknowledgement", m.name, late)
				}
			}
		}
	})
}
