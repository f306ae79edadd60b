package cluster

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"polyreme/raftlog"
)

// hold makes node i one whose clients hold an advisory lock.
func (c *trial) hold(i int) {
	c.t.Helper()
	a := raftlog.Advisory{
		Action: raftlog.AdvisoryTry, Holder: raftlog.AdvisoryHolder{Node: c.nodes[i].ID(), Run: 1, Session: 1},
		Locks: []raftlog.AdvisoryLock{{Key: 1}},
	}
	e := &raftlog.Entry{Operations: []raftlog.Operation{a.Operation()}}
	if r, _, err := c.nodes[i].Propose(c.t.Context(), e); err != nil || r.Status != raftlog.Applied {
		c.t.Fatalf("hold: %v %v", r.Status, err)
	}
}

func TestLocksOfSilentNodesAreReleased(t *testing.T) {
	silence := Timing{}.withDefaults().HolderSilence
	for name, silenced := range map[string]func(c *trial){
		"crash":   func(c *trial) { c.crash(2) },
		"cut off": func(c *trial) { c.isolate(2) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newTrial(t, 3)
				defer c.close()
				for i := range 3 {
					c.hold(i)
				}
				c.settle()
				<-time.After(3 * silence) // nobody is silent
				if got := c.nodes[0].machine.ended(); got != nil {
					t.Fatalf("locks released: %v", got)
				}
				silenced(c)
				<-time.After(silence / 2)
				if got := c.nodes[0].machine.ended(); got != nil {
					t.Errorf("locks released too early: %v", got)
				}
				<-time.After(silence)
				if got := c.nodes[0].machine.ended(); !slices.Equal(got, []string{"id-n2"}) {
					t.Errorf("locks released: %v", got)
				}
			})
		})
	}
}

// TestLocksOfDeadLeaderAreReleased: the next leader begins to listen when it
// takes office.
func TestLocksOfDeadLeaderAreReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		dead := c.leader(-1)
		for i := range 3 {
			c.hold(i)
		}
		c.settle()
		c.crash(dead)
		next := c.leader(dead)
		silence := c.nodes[next].cfg.Timing.HolderSilence
		<-time.After(silence / 2)
		if got := c.nodes[next].machine.ended(); got != nil {
			t.Errorf("locks released too early: %v", got)
		}
		<-time.After(silence)
		if got := c.nodes[next].machine.ended(); !slices.Equal(got, []string{"id-" + c.nodes[dead].name}) {
			t.Errorf("locks released: %v", got)
		}
	})
}
