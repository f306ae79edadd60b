package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/raftlog"
)

// Node is one member of the cluster, or one that may become a member.
type Node struct {
	cfg   Config
	log   *slog.Logger
	group *group
	// appliers are the goroutines that wait for raft to answer.
	appliers *group
	calls    *calls
	mux      *mux
	trans    *transport

	raftNow  atomic.Pointer[raft.Raft] // replaced by restartRaft
	leaderCh chan bool                 // raft's word on our leadership

	view      view          // who leads
	ready     atomic.Uint64 // the term that we lead and may serve reads in, or 0
	packer    *packer       // of the leader
	forwarder *forwarder    // to the leader
	sessions  *sessions     // of our proposals
	tickets   sync.Pool     // of *ticket
	leads     rounds        // leadership proofs of this node as the leader
	asks      atomic.Pointer[asker]
	proof     atomic.Pointer[readProof]
	// lastAnswer is the address of the voter that answered a proof last.
	lastAnswer atomic.Pointer[string]
	installs   *installWatch
	taking     atomic.Int32 // snapshots being taken here, as against received
	directory  directory
	stats      Stats

	closed   atomic.Bool // Close has begun
	closing  sync.Once
	closeErr error
}

// Stats counts what a node did. Read the fields with their Load methods.
type Stats struct {
	Proposals      atomic.Uint64 // entries proposed by this node's clients
	Retries        atomic.Uint64 // attempts beyond the first
	Fences         atomic.Uint64 // proposals given up with a fence
	Unknown        atomic.Uint64 // proposals whose outcome stayed unknown (08007)
	Batches        atomic.Uint64 // raft log entries that this node proposed as the leader
	BatchEntries   atomic.Uint64 // entries within them
	BatchBytes     atomic.Uint64
	Forwards       atomic.Uint64 // batches forwarded to the leader
	ForwardEntries atomic.Uint64
	ReadRounds     atomic.Uint64 // leadership proofs, and questions to the leader for its read index
	Reads          atomic.Uint64 // reads that used one
	LeaderChanges  atomic.Uint64
	Installs       atomic.Uint64 // snapshots received
}

// Open starts a node. It returns before the node knows a leader.
func Open(cfg Config) (*Node, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Timing = cfg.Timing.withDefaults()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	n := &Node{cfg: cfg, log: cfg.Logger, group: newGroup(), appliers: newGroup(), leaderCh: make(chan bool, 64)}
	n.view.init(n.group.ctx)
	n.leads.begin = n.proveLeadership
	n.packer = newPacker(n)
	n.forwarder = newForwarder(n)
	n.sessions = newSessions(n)
	n.installs = newInstallWatch(n)
	n.calls = newCalls(n.group, kindCalls, cfg.Dial)
	n.mux = newMux(cfg.Listener, cfg.Advertise, n.group, cfg.Dial, n.log)
	n.trans = newTransport(n, raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: n.mux, MaxPool: raftPool, Timeout: raftTimeout, Logger: raftlog.HCLog(n.log, "raft-net"),
	}))
	n.mux.services[kindCalls], n.mux.services[kindAppends] = n.calls, n.trans.appends
	n.registerCalls()
	if err := n.bootstrap(); err != nil {
		return nil, n.abort(err)
	}
	if err := n.startRaft(); err != nil {
		return nil, n.abort(err)
	}
	n.group.start(n.mux.serve)
	n.appliers.start(n.followLeadership)
	n.group.start(n.snapshotLoop)
	n.group.start(n.sessions.keepAliveLoop)
	n.group.start(n.refreshAddress)
	n.packer.run()
	n.forwarder.run()
	return n, nil
}

// bootstrap makes a cluster of this node alone when it is told to and has no state.
func (n *Node) bootstrap() error {
	if !n.cfg.Bootstrap {
		return nil
	}
	err := raft.BootstrapCluster(n.raftConfig(), n.cfg.Log, n.cfg.Log, n.cfg.Snapshots, n.trans,
		raft.Configuration{Servers: []raft.Server{{
			ID: raft.ServerID(n.cfg.ID), Address: raft.ServerAddress(n.cfg.Advertise),
		}}})
	if err != nil && !errors.Is(err, raft.ErrCantBootstrap) {
		return fmt.Errorf("bootstrap cluster: %w", err)
	}
	return nil
}

func (n *Node) startRaft() error {
	r, err := raft.NewRaft(n.raftConfig(), durableFSM{n.cfg.FSM, n.cfg.Log}, n.cfg.Log, n.cfg.Log, n.installs, n.trans)
	if err != nil {
		return fmt.Errorf("start raft: %w", err)
	}
	events := make(chan raft.Observation, 64)
	r.RegisterObserver(raft.NewObserver(events, false, func(o *raft.Observation) bool {
		_, ok := o.Data.(raft.LeaderObservation)
		return ok
	}))
	n.raftNow.Store(r)
	n.group.start(func(ctx context.Context) { n.observe(ctx, r, events) })
	if others, self := n.otherVoters(); self && len(others) == 0 {
		n.group.start(n.electSelf)
	}
	return nil
}

// electSelf makes the only voter of a cluster stand for election at once: there
// is no leader whose heartbeat it could wait for.
func (n *Node) electSelf(context.Context) {
	id, addr := raft.ServerID(n.cfg.ID), raft.ServerAddress(n.cfg.Advertise)
	request := raft.TimeoutNowRequest{RPCHeader: raft.RPCHeader{
		ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(id), Addr: n.trans.EncodePeer(id, addr),
	}}
	var response raft.TimeoutNowResponse
	if err := n.trans.TimeoutNow(id, addr, &request, &response); err != nil {
		n.log.Debug("no early election", "err", err) // the election timeout will do
	}
}

// restartRaft replaces the raft instance: a new one reads its state from disk.
func (n *Node) restartRaft(why string) {
	n.log.Warn("raft restarted", "why", why)
	if err := n.raft().Shutdown().Error(); err != nil {
		n.fatal(fmt.Errorf("stop raft: %w", err))
		return
	}
	if n.group.ctx.Err() != nil {
		return
	}
	if err := n.startRaft(); err != nil {
		n.fatal(err)
	}
}

func (n *Node) abort(err error) error {
	n.mux.Close()
	n.trans.NetworkTransport.Close()
	n.appliers.close()
	n.group.close()
	return err
}

// Close ends the node: proposals and reads under way fail. To hand over the
// leadership first, call TransferLeadership. It may be called again.
func (n *Node) Close() error {
	n.closing.Do(func() {
		n.closed.Store(true)
		// raft never answers what reaches it after its end: those who wait for
		// its answers end first.
		n.packer.close()
		n.forwarder.close()
		n.appliers.cancel()
		n.appliers.closeWithin(closeWait)
		n.group.cancel()
		if err := n.raft().Shutdown().Error(); err != nil {
			n.closeErr = fmt.Errorf("stop raft: %w", err)
		}
		n.mux.Close()
		n.trans.NetworkTransport.Close()
		n.group.close()
	})
	return n.closeErr
}

func (n *Node) raft() *raft.Raft { return n.raftNow.Load() }

func (n *Node) fatal(err error) {
	n.log.Error("node cannot go on", "err", err)
	if n.cfg.OnFatal != nil {
		n.cfg.OnFatal(err)
	}
}

// closeWait bounds how long Close waits for raft to answer what is under way:
// longer than a leader without a majority needs to step down.
const closeWait = 3 * time.Second

// ID returns the node's id.
func (n *Node) ID() string { return n.cfg.ID }

// Stats returns the node's counters.
func (n *Node) Stats() *Stats { return &n.stats }

// IsLeader tells whether this node leads. It may have been deposed without
// knowing it yet: only a proof (ReadIndex) or a commit tells for sure.
func (n *Node) IsLeader() bool { return n.raft().State() == raft.Leader }

// Leader returns the id and peer address of the leader, "" when none is known.
func (n *Node) Leader() (id, addr string) {
	v := n.view.get()
	return v.id, v.addr
}

// WaitLeader returns when a leader is known and, if that is this node, it is
// ready to serve reads.
func (n *Node) WaitLeader(ctx context.Context) error {
	for {
		v := n.view.get()
		if v.id == n.cfg.ID && n.ready.Load() != 0 || v.id != "" && v.id != n.cfg.ID {
			return nil
		}
		select {
		case <-v.changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-n.group.ctx.Done():
			return errClosing
		}
	}
}

// Servers returns the members of the latest configuration known here.
func (n *Node) Servers() []raft.Server {
	f := n.raft().GetConfiguration()
	if f.Error() != nil {
		return nil
	}
	return f.Configuration().Servers
}

// epoch is PostgreSQL's: 2000-01-01 UTC, in µs since 1970.
const epoch = 946684800 * 1_000_000

// clock returns this node's time as the log tells it.
func clock() int64 { return time.Now().UnixMicro() - epoch }

// view is what a node knows of who leads.
type view struct {
	mu      sync.Mutex // guards now
	now     leaderView
	cancel  context.CancelFunc
	rootCtx context.Context
}

type leaderView struct {
	id, addr string
	changed  <-chan struct{} // closed when the view is replaced
	ctx      context.Context // ends when the leader is another one
	closeCh  chan struct{}
}

func (v *view) init(root context.Context) {
	v.rootCtx = root
	v.now.closeCh = make(chan struct{})
	v.now.changed = v.now.closeCh
	v.now.ctx, v.cancel = context.WithCancel(root)
}

func (v *view) get() leaderView {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now
}

// set records the leader and wakes those who wait; it tells whether it changed.
func (v *view) set(id, addr string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	other := v.now.id != id || v.now.addr != addr
	if other {
		v.cancel()
		v.now.ctx, v.cancel = context.WithCancel(v.rootCtx)
	}
	v.now.id, v.now.addr = id, addr
	v.wakeLocked()
	return other
}

// wake wakes those who wait for a change.
func (v *view) wake() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wakeLocked()
}

func (v *view) wakeLocked() {
	close(v.now.closeCh)
	v.now.closeCh = make(chan struct{})
	v.now.changed = v.now.closeCh
}

// observe keeps the view in step with raft until r is shut down.
func (n *Node) observe(ctx context.Context, r *raft.Raft, events <-chan raft.Observation) {
	for {
		addr, id := r.LeaderWithID()
		if n.raft() != r {
			return
		}
		if n.view.set(string(id), string(addr)) {
			n.stats.LeaderChanges.Add(1)
			n.log.Info("leader changed", "leader", string(id), "addr", string(addr))
		}
		select {
		case <-events:
		case <-ctx.Done():
			return
		}
	}
}
