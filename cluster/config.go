package cluster

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/raftlog"
)

// Machine is what the cluster needs to know of the state machine.
type Machine interface {
	// AppliedIndex returns the index up to which the machine has applied the log.
	AppliedIndex() raftlog.Index
	// WaitApplied returns when the machine has applied index.
	WaitApplied(ctx context.Context, index raftlog.Index) error
}

// Log is raft's log and its few durable numbers; *raftlog.Store is one. Entries
// are durable when Sync has returned after StoreLogs, which keeps those before.
type Log interface {
	raft.LogStore
	raft.StableStore
	// Sync makes what is stored durable.
	Sync() error
	// TrySync is Sync, but leaves it to the one who is at it.
	TrySync() error
	// Unsynced returns the index of the first entry that is not durable, 0 for none.
	Unsynced() raftlog.Index
	// BytesAppended returns the bytes of entries stored since the log was opened.
	BytesAppended() uint64
}

// Config says who a node is and what it is made of.
type Config struct {
	ID      string // random, for ever; a wiped node is a new one
	Name    string
	Version string // of the release, for Status
	Logger  *slog.Logger

	Listener  net.Listener // the peer port; Close closes it
	Dial      func(ctx context.Context, addr string) (net.Conn, error)
	Advertise string // the peer port's address, as other nodes dial it
	SQLAddr   string // for Status
	HTTPAddr  string // for Status

	FSM       raft.BatchingFSM // answers each log entry with a []raftlog.Result, one per packed entry
	Machine   Machine
	Log       Log
	Snapshots raft.SnapshotStore

	// Bootstrap makes a new cluster of this node, if it has no state yet.
	Bootstrap bool
	// NonVoter keeps the node from being promoted after it joined.
	NonVoter bool
	// Genesis returns the entry that a new cluster's log begins with, or nil when
	// the machine has it already. The leader asks at the start of its term. The
	// entry must be harmless when applied twice (a schema dependency does that).
	Genesis func() *raftlog.Entry
	// OnFatal is called when the node cannot go on and must stop.
	OnFatal func(error)
	// SnapshotDue, if set, asks for a snapshot beyond what the log's size asks.
	SnapshotDue func() bool

	// Holders, if set, returns the ids of the nodes whose clients hold advisory locks.
	Holders func() []string

	Timing Timing
}

// Timing holds the durations of a node; zero fields mean the defaults.
type Timing struct {
	Heartbeat     time.Duration // a follower without contact for so long looks for a new leader
	Election      time.Duration
	Lease         time.Duration // a leader without a quorum for so long steps down
	Commit        time.Duration // followers learn of commits at least this often
	ProposalLimit time.Duration // after so long without an outcome a write is given up
	FenceLimit    time.Duration // how long a given-up write is tried to be fenced
	KeepAlive     time.Duration // between signs of life of a session
	SessionExpiry time.Duration // a session without a sign of life for so long ends
	HolderSilence time.Duration // a node that does not answer for so long loses its clients' advisory locks
	SnapshotBytes uint64        // a snapshot is taken after so many bytes of log
	TrailingBytes uint64        // so much of the log is kept behind a snapshot
}

// Defaults of Timing: facts measured in docs/decisions, failover takes about two
// heartbeats.
func (t Timing) withDefaults() Timing {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&t.Heartbeat, time.Second)
	set(&t.Election, time.Second)
	set(&t.Lease, 500*time.Millisecond)
	set(&t.Commit, 10*time.Millisecond)
	set(&t.ProposalLimit, 30*time.Second)
	set(&t.FenceLimit, 5*time.Second)
	set(&t.KeepAlive, 10*time.Minute)
	set(&t.SessionExpiry, 2*time.Hour)
	set(&t.HolderSilence, 10*time.Second)
	if t.SnapshotBytes == 0 {
		t.SnapshotBytes = 256 << 20
	}
	if t.TrailingBytes == 0 {
		t.TrailingBytes = 64 << 20
	}
	return t
}

func (c *Config) check() error {
	switch {
	case c.ID == "":
		return errors.New("open cluster: no node id")
	case c.Listener == nil || c.Dial == nil || c.Advertise == "":
		return errors.New("open cluster: no peer port")
	case c.FSM == nil || c.Machine == nil || c.Log == nil || c.Snapshots == nil:
		return errors.New("open cluster: no state machine, log or snapshots")
	}
	return nil
}

const (
	appendEntriesMax = 256              // raft log entries in one request
	raftTimeout      = 10 * time.Second // of one raft request
	raftPool         = 3                // idle raft connections kept per peer
)

func (n *Node) raftConfig() *raft.Config {
	c := raft.DefaultConfig()
	c.LocalID = raft.ServerID(n.cfg.ID)
	c.Logger = raftlog.HCLog(n.log, "raft")
	t := n.cfg.Timing
	c.HeartbeatTimeout, c.ElectionTimeout, c.LeaderLeaseTimeout = t.Heartbeat, t.Election, t.Lease
	c.CommitTimeout = t.Commit
	c.MaxAppendEntries = appendEntriesMax
	c.BatchApplyCh = true
	c.ShutdownOnRemove = false
	c.NoSnapshotRestoreOnStart = true // the database file is the state, whatever the snapshot
	c.NoLegacyTelemetry = true
	c.SnapshotThreshold = 1 << 62 // snapshots.go decides
	c.NotifyCh = n.leaderCh
	return c
}
