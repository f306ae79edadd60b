package cluster

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestGatesOfTheLog holds the log's syncs of some nodes and looks for what must
// wait for them: the answer to the client, and the state of every node.
func TestGatesOfTheLog(t *testing.T) {
	for _, trial := range []struct {
		name     string
		nodes    int
		learners int   // of them, the last, without a vote
		stalled  []int // nodes whose disks hang, counted from the leader
		away     int   // the node that cannot be reached, or 0
	}{
		{"the only node", 1, 0, []int{0}, 0},
		{"the only voter, with a learner", 2, 1, []int{0}, 0},
		{"the leader, with one follower", 3, 0, []int{0}, 2},
		{"both followers", 3, 0, []int{1, 2}, 0},
		{"the only follower in reach", 3, 0, []int{1}, 2},
	} {
		t.Run(trial.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newTrial(t, trial.nodes-trial.learners)
				defer c.close()
				for range trial.learners {
					i := c.add()
					c.nodes[i].learner = true
					c.start(i)
					c.join(i)
				}
				c.write(0, "before")
				l := c.leader(-1)
				at := func(i int) *trialNode { return c.nodes[(l+i)%trial.nodes] }
				time.Sleep(100 * time.Millisecond)
				if trial.away > 0 {
					c.isolate((l + trial.away) % trial.nodes)
				}
				var resume []func()
				for _, i := range trial.stalled {
					resume = append(resume, at(i).log.setSyncStall())
				}
				applied := at(0).machine.AppliedIndex()
				done := make(chan error, 1)
				go func() {
					_, _, err := at(0).Propose(context.Background(), entry("held"))
					done <- err
				}()
				time.Sleep(200 * time.Millisecond)
				if len(done) > 0 {
					t.Error("answered before it was durable")
				}
				for i := range c.nodes {
					if got := at(i).machine.AppliedIndex(); got > applied {
						t.Errorf("node %d from the leader has applied %d, beyond %d", i, got, applied)
					}
				}
				for _, f := range resume {
					f()
				}
				if err := <-done; err != nil {
					t.Error(err)
				}
				c.net.Heal()
				c.settle()
			})
		})
	}
}
