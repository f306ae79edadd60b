package simtest

import (
	"context"
	"maps"
	"time"
)

// compare makes sure that all replicas have the same content.
func (c *cluster) compare() {
	c.t.Helper()
	for _, m := range c.members {
		if err := c.exec(m, "SELECT 1 FROM register"); err != nil {
			c.t.Fatalf("node %s does not answer after all faults have ended: %v", m.name, err)
		}
	}
	ctx, done := context.WithTimeout(context.Background(), readyLimit)
	defer done()
	for {
		equal, err := c.equal(ctx)
		if err != nil {
			c.t.Fatal(err)
		}
		if equal {
			return
		}
		if ctx.Err() != nil {
			c.t.Fatal("the replicas differ")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (c *cluster) equal(ctx context.Context) (bool, error) {
	first, err := c.members[0].run.Store().Digest(ctx)
	if err != nil {
		return false, err
	}
	for _, m := range c.members[1:] {
		own, err := m.run.Store().Digest(ctx)
		if err != nil {
			return false, err
		}
		if !maps.Equal(first, own) {
			return false, nil
		}
	}
	return true, nil
}

// checkNoLocks makes sure that no lock is left, of rows, tables or advisory ones,
// when the clients have gone.
func (c *cluster) checkNoLocks() {
	c.t.Helper()
	for _, m := range c.members {
		left := -1
		for range 100 {
			if left = c.numberOn(m, "SELECT count(*) FROM pg_locks"); left == 0 {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if left != 0 {
			c.t.Errorf("pg_locks of %s has %d locks that nobody can hold", m.name, left)
		}
	}
}
