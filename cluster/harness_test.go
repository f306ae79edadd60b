package cluster

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/internal/memnet"
	"polyreme/pgsql/types"
	"polyreme/raftlog"
)

// trial is a cluster of nodes on one memory network. It is made and ended inside
// a synctest bubble, so time is the bubble's.
type trial struct {
	t     testing.TB
	net   *memnet.Network
	nodes []*trialNode
	log   *slog.Logger

	timing   Timing
	openDisk func(c *trial, i int)
}

// trialNode is what outlives a node's runs, and the run now, if any.
type trialNode struct {
	name    string
	machine *machine
	log     *memLog
	learner bool
	disk    *raftlog.Store // instead of log, if the trial is on disk
	snaps   *raft.InmemSnapshotStore

	mu    sync.Mutex // guards Node against running
	*Node            // changed by the test's own goroutine only
}

func newTrial(t testing.TB, nodes int) *trial { return newTrialTimed(t, nodes, Timing{}) }

func newTrialTimed(t testing.TB, nodes int, timing Timing) *trial {
	return makeTrial(&trial{t: t, timing: timing}, nodes)
}

// newTrialWith makes a trial whose nodes have their logs on disk: openDisk sets
// the node's disk before each start.
func newTrialWith(t testing.TB, nodes int, openDisk func(c *trial, i int)) *trial {
	return makeTrial(&trial{t: t, openDisk: openDisk}, nodes)
}

func makeTrial(c *trial, nodes int) *trial {
	c.net, c.log = memnet.New(), discard()
	if os.Getenv("CLUSTER_LOG") != "" {
		c.log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	for i := range nodes {
		c.add()
		c.start(i)
		if i > 0 {
			c.join(i)
		}
	}
	return c
}

// add makes a node that is not started.
func (c *trial) add() int {
	i := len(c.nodes)
	c.nodes = append(c.nodes, &trialNode{
		name: fmt.Sprintf("n%d", i), machine: newMachine(), log: newMemLog(), snaps: raft.NewInmemSnapshotStore(),
	})
	return i
}

func (c *trial) addr(i int) string { return fmt.Sprintf("n%d:7432", i) }

func (c *trial) start(i int) {
	c.t.Helper()
	d := c.nodes[i]
	host := c.net.Host(d.name)
	l, err := host.Listen(7432)
	if err != nil {
		c.t.Fatal(err)
	}
	var log Log = d.log
	if c.openDisk != nil {
		c.openDisk(c, i)
		log = d.disk
	}
	node, err := Open(Config{
		ID: "id-" + d.name, Name: d.name, Version: "test", Logger: c.log.With("node", d.name),
		Listener: l, Dial: host.Dial, Advertise: c.addr(i),
		FSM: d.machine, Machine: d.machine, Log: log, Snapshots: d.snaps,
		Holders:   d.machine.holders,
		Bootstrap: i == 0, NonVoter: d.learner,
		Genesis: func() *raftlog.Entry {
			d.machine.mu.Lock()
			defer d.machine.mu.Unlock()
			if d.machine.state.Genesis > 0 {
				return nil
			}
			return &raftlog.Entry{ChangesSchema: true, Operations: []raftlog.Operation{{Kind: raftlog.OpExec, SQL: "genesis"}}}
		},
		OnFatal: func(err error) { c.t.Errorf("%s: %v", d.name, err) },
		Timing:  c.timing,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	d.set(node)
}

func (d *trialNode) set(n *Node) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Node = n
}

// running returns the run now, nil while there is none, for other goroutines.
func (d *trialNode) running() *Node {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Node
}

func (c *trial) join(i int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.nodes[i].Join(ctx, []string{c.addr(0)}); err != nil {
		c.t.Fatalf("join %d: %v", i, err)
	}
}

// crash takes a node off the network at once; what it holds stays.
func (c *trial) crash(i int) {
	c.net.Crash(c.nodes[i].name)
	c.nodes[i].log.crashed.Store(true)
	c.stop(i)
	c.nodes[i].log.recover()
}

func (c *trial) stop(i int) {
	if n := c.nodes[i].Node; n != nil {
		if err := n.Close(); err != nil {
			c.t.Errorf("close %d: %v", i, err)
		}
		if d := c.nodes[i].disk; d != nil {
			d.Close()
		}
		c.nodes[i].set(nil)
	}
}

func (c *trial) close() {
	for i := range c.nodes {
		c.stop(i)
	}
}

func (c *trial) names() []string {
	var names []string
	for _, d := range c.nodes {
		names = append(names, d.name)
	}
	return names
}

func (c *trial) isolate(i int) { c.net.Isolate(c.nodes[i].name, c.names()...) }

// leader waits for a leader that is ready, other than the node not.
func (c *trial) leader(not int) int {
	c.t.Helper()
	for range 6000 {
		for i, d := range c.nodes {
			if i != not && d.Node != nil && d.IsLeader() && d.ready.Load() != 0 {
				return i
			}
		}
		<-time.After(10 * time.Millisecond)
	}
	c.t.Fatal("no leader")
	return -1
}

func entry(value string) *raftlog.Entry {
	return &raftlog.Entry{
		Moment: raftlog.Moment{Time: clock()},
		Operations: []raftlog.Operation{{
			Kind: raftlog.OpExec, SQL: "INSERT INTO t16384 VALUES (?1)", Counts: true,
			Params: []types.Value{types.TextValue(value)},
		}},
	}
}

// write proposes a value through node i and requires that it applies.
func (c *trial) write(i int, value string) raftlog.Index {
	c.t.Helper()
	r, index, err := c.nodes[i].Propose(context.Background(), entry(value))
	if err != nil || r.Status != raftlog.Applied {
		c.t.Fatalf("write %q through %d: %v %v %v", value, i, r.Status, r.Err, err)
	}
	return index
}

// settle waits until all running nodes have applied the same, and checks that
// they hold the same values.
func (c *trial) settle() []string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	l := c.leader(-1)
	index, err := c.nodes[l].ReadIndex(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	want := c.nodes[l].machine.values()
	for i, d := range c.nodes {
		if d.Node == nil {
			continue
		}
		if err := d.machine.WaitApplied(ctx, index); err != nil {
			c.t.Fatalf("node %d does not reach index %d: %v", i, index, err)
		}
		if got := d.machine.values(); !slices.Equal(got, want) {
			c.t.Fatalf("node %d holds %d values, the leader %d, not the same", i, len(got), len(want))
		}
	}
	return want
}
