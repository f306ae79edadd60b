package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/raft"
)

const (
	snapshotPoll    = time.Second
	trailingLogsMin = 64
	trailingLogsMax = 1 << 20
	snapshotRetry   = 30 * time.Second
	installsPerLoop = 3 // of the same snapshot within installLoopTime
	installLoopTime = time.Minute
)

// snapshotLoop takes a snapshot, which cuts the log, when enough bytes of log
// have gathered. raft's own triggers count entries, and ours hold from a hundred
// bytes to megabytes.
func (n *Node) snapshotLoop(ctx context.Context) {
	taken, index := uint64(0), n.raft().LastIndex()
	var notBefore time.Time
	for sleep(ctx, snapshotPoll) {
		bytes := n.cfg.Log.BytesAppended()
		due := bytes-taken >= n.cfg.Timing.SnapshotBytes || n.cfg.SnapshotDue != nil && n.cfg.SnapshotDue()
		if !due || time.Now().Before(notBefore) {
			continue
		}
		last := n.raft().LastIndex()
		n.setTrailing(bytes-taken, last-min(index, last))
		if err := n.Snapshot(); err != nil {
			n.log.Warn("snapshot not taken", "err", err)
			notBefore = time.Now().Add(snapshotRetry)
			continue
		}
		taken, index = bytes, last
	}
}

// Snapshot takes a snapshot now and cuts the log behind it.
func (n *Node) Snapshot() error {
	n.taking.Add(1)
	defer n.taking.Add(-1)
	err := n.raft().Snapshot().Error()
	if errors.Is(err, raft.ErrNothingNewToSnapshot) {
		return nil
	}
	return err
}

// setTrailing keeps about Timing.TrailingBytes of log behind the snapshot, by
// the mean size of the entries since the last one.
func (n *Node) setTrailing(bytes, entries uint64) {
	keep := uint64(trailingLogsMax)
	if entries > 0 && bytes > 0 {
		mean := max(bytes/entries, 1)
		keep = min(max(n.cfg.Timing.TrailingBytes/mean, trailingLogsMin), trailingLogsMax)
	}
	c := n.raft().ReloadableConfig()
	if c.TrailingLogs == keep {
		return
	}
	c.TrailingLogs = keep
	if err := n.raft().ReloadConfig(c); err != nil {
		n.log.Warn("log length not set", "err", err)
	}
}
