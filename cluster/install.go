package cluster

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// installWatch passes snapshots through to the snapshot store and watches for
// hashicorp/raft#697: a follower whose uncommitted tail is longer than the
// snapshot keeps its old last index in memory, rejects every append after the
// install, and gets the snapshot again, for ever. A new raft instance reads the
// last index from disk, which heals it.
type installWatch struct {
	raft.SnapshotStore
	node *Node

	mu    sync.Mutex  // guards times
	times []time.Time // of the installs within installLoopTime, while the node stays behind
}

func newInstallWatch(n *Node) *installWatch {
	return &installWatch{SnapshotStore: n.cfg.Snapshots, node: n}
}

// Create is called for the snapshots that this node takes, which are those under
// way in Node.Snapshot, and for those it receives.
func (w *installWatch) Create(version raft.SnapshotVersion, index, term uint64, configuration raft.Configuration,
	configurationIndex uint64, trans raft.Transport,
) (raft.SnapshotSink, error) {
	n := w.node
	if n.taking.Load() == 0 {
		n.stats.Installs.Add(1)
		n.log.Info("snapshot arriving", "index", index, "term", term, "applied", n.cfg.Machine.AppliedIndex())
		if w.again(index) && w.looping(time.Now()) {
			n.group.start(func(context.Context) {
				n.restartRaft("the same snapshot was installed again and again")
			})
		}
	}
	return w.SnapshotStore.Create(version, index, term, configuration, configurationIndex, trans)
}

// again tells whether a received snapshot brings nothing new although raft takes
// its log to end beyond it.
func (w *installWatch) again(index uint64) bool {
	return w.node.raft().LastIndex() > index && uint64(w.node.cfg.Machine.AppliedIndex()) >= index
}

func (w *installWatch) looping(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := w.times[:0]
	for _, t := range w.times {
		if now.Sub(t) < installLoopTime {
			kept = append(kept, t)
		}
	}
	w.times = append(kept, now)
	if len(w.times) < installsPerLoop {
		return false
	}
	w.times = nil
	return true
}
