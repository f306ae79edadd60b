package locks

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"polyreme/raftlog"
)

// Peers is how a Client reaches the leader.
type Peers interface {
	ID() string
	// Leader returns the leader's id, "" when none is known.
	Leader() (id, addr string)
	IsLeader() bool
	// Members returns the ids of all nodes.
	Members() []string
	// CallLocks sends a request to the Serve of another node's Client.
	CallLocks(ctx context.Context, id string, payload []byte) ([]byte, error)
}

const (
	// aliveInterval is how often a node tells the leader which of its blocks live,
	// while there are locks: a release may have got lost. After aliveLimit without
	// a word all its locks are free.
	aliveInterval = 2 * time.Second
	aliveLimit    = 10 * time.Second
	// activeLimit is for how long a node believes that there are locks.
	activeLimit = 3 * aliveInterval
	callLimit   = 5 * time.Second
)

// Client is one node's part: it serves the Table while this node leads, and
// takes the requests of its sessions to the leader.
type Client struct {
	peers Peers
	run   string // the node's id and its start: what a node held before is not its own
	table *Table
	// activeUntil is until when (UnixNano) somebody may hold locks.
	activeUntil atomic.Int64
	active      chan struct{} // capacity 1: the table is not empty any more

	mu      sync.Mutex                   // guards all below
	next    uint64                       // number of the last owner
	owners  map[uint64]struct{}          // of this node, that live
	waiting map[Owner]context.CancelFunc // requests of other nodes being served
	seen    map[string]time.Time         // when other nodes were heard of
	queue   []request                    // to be sent
	sending []request                    // on the way
	kick    chan struct{}                // capacity 1: queue is not empty
}

// NewClient returns a Client; Run does its work in the background.
func NewClient(peers Peers) *Client {
	return &Client{
		peers: peers, run: peers.ID() + "/" + strconv.FormatInt(time.Now().UnixNano(), 36), table: NewTable(), active: make(chan struct{}, 1),
		owners: map[uint64]struct{}{}, waiting: map[Owner]context.CancelFunc{}, seen: map[string]time.Time{},
		kick: make(chan struct{}, 1),
	}
}

// Alone returns the Client of a node without others.
func Alone() *Client { return NewClient(alone{}) }

type alone struct{}

func (alone) ID() string                { return "alone" }
func (alone) Leader() (id, addr string) { return "alone", "" }
func (alone) IsLeader() bool            { return true }
func (alone) Members() []string         { return nil }
func (alone) CallLocks(context.Context, string, []byte) ([]byte, error) {
	return nil, nil
}

// NewOwner returns a number for a transaction block of a session, to be released
// when that is over.
func (c *Client) NewOwner(pid uint32) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	owner := c.next<<32 | uint64(pid)
	c.owners[owner] = struct{}{}
	return owner
}

// Active tells whether somebody may hold locks now. It is a hint.
func (c *Client) Active() bool {
	return c.peers.IsLeader() && c.table.Len() > 0 || time.Now().UnixNano() < c.activeUntil.Load()
}

// Acquire claims items for an owner. Where the leader cannot be asked everything
// is granted: validation decides.
func (c *Client) Acquire(ctx context.Context, owner uint64, claim Claim) Grant {
	o := Owner{c.run, owner}
	leader, _ := c.peers.Leader()
	if c.peers.IsLeader() {
		g := c.table.Acquire(ctx, o, claim)
		c.wakeActive()
		return g
	}
	if leader == "" {
		return everything(&claim)
	}
	c.activeUntil.Store(time.Now().Add(activeLimit).UnixNano())
	r := request{op: opAcquire, owner: o, claim: claim, over: c.releases()}
	reply, err := c.peers.CallLocks(ctx, leader, r.encode())
	if ctx.Err() != nil {
		c.send(request{op: opAbandon, owner: o})
		return Grant{Outcome: Abandoned}
	}
	if err != nil {
		return everything(&claim)
	}
	g, err := decodeGrant(reply, len(claim.Items))
	if err != nil {
		return everything(&claim)
	}
	return g
}

// everything grants all items, where nobody keeps them.
func everything(c *Claim) Grant {
	g := Grant{}
	if c.Wait == Skip {
		g.Held = slices.Repeat([]bool{true}, len(c.Items))
	}
	return g
}

// Release gives up the locks of an owner, whose transaction was committed at
// index, 0 for one that was not. It does not wait.
func (c *Client) Release(owner uint64, index raftlog.Index) {
	c.mu.Lock()
	_, has := c.owners[owner]
	delete(c.owners, owner)
	c.mu.Unlock()
	if !has {
		return
	}
	o := Owner{c.run, owner}
	c.table.Release(o, index)
	if !c.peers.IsLeader() {
		c.send(request{op: opRelease, owner: o, index: index})
	}
}

// Undo gives up some locks of an owner, which goes on.
func (c *Client) Undo(ctx context.Context, owner uint64, items []Item) {
	o := Owner{c.run, owner}
	c.table.Undo(o, items)
	if c.peers.IsLeader() {
		return
	}
	for part := range slices.Chunk(items, ItemsMax) {
		c.call(ctx, "", &request{op: opUndo, owner: o, claim: Claim{Items: part}})
	}
}

// send queues a request that needs no answer.
func (c *Client) send(r request) {
	c.mu.Lock()
	c.queue = append(c.queue, r)
	c.mu.Unlock()
	wake(c.kick)
}

func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// wakeActive has Run tell the others when the table is not empty.
func (c *Client) wakeActive() {
	if time.Now().UnixNano() >= c.activeUntil.Load() {
		wake(c.active)
	}
}

// Run sends releases and signs of life, and as the leader forgets the locks of
// nodes that are gone, until ctx ends.
func (c *Client) Run(ctx context.Context) {
	tick := time.NewTicker(aliveInterval)
	defer tick.Stop()
	for {
		select {
		case <-c.kick:
			c.sendQueued(ctx)
		case <-c.active:
			c.tellActive(ctx)
		case <-tick.C:
			c.sweep(ctx)
		case <-ctx.Done():
			return
		}
	}
}

func (c *Client) sendQueued(ctx context.Context) {
	c.mu.Lock()
	queue := c.queue
	c.queue, c.sending = nil, queue
	c.mu.Unlock()
	for i := range queue {
		c.call(ctx, "", &queue[i])
		c.mu.Lock()
		c.sending = queue[i+1:]
		c.mu.Unlock()
	}
}

// releases are those that the leader may not have heard of yet, of many the last.
func (c *Client) releases() (over []ending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, list := range [][]request{c.sending, c.queue} {
		for _, r := range list {
			if r.op == opRelease {
				over = append(over, ending{r.owner.ID, r.index})
			}
		}
	}
	return over[max(0, len(over)-overMax):]
}

// call sends a request to a node, "" for the leader, and drops the answer.
func (c *Client) call(ctx context.Context, id string, r *request) {
	if id == "" {
		if id, _ = c.peers.Leader(); id == "" {
			return
		}
	}
	if id == c.peers.ID() {
		c.Serve(ctx, r.encode())
		return
	}
	limited, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	c.peers.CallLocks(limited, id, r.encode())
}

// tellActive tells all nodes that there are locks to respect.
func (c *Client) tellActive(ctx context.Context) {
	if !c.peers.IsLeader() || c.table.Len() == 0 {
		return
	}
	c.activeUntil.Store(time.Now().Add(activeLimit).UnixNano())
	var calls sync.WaitGroup
	for _, id := range c.peers.Members() {
		if id != c.peers.ID() {
			calls.Go(func() { c.call(ctx, id, &request{op: opActive}) })
		}
	}
	calls.Wait()
}

// sweep says that this node lives, and as the leader looks for nodes that do not.
func (c *Client) sweep(ctx context.Context) {
	if !c.peers.IsLeader() {
		for _, node := range c.table.Nodes() { // of a time as the leader
			c.table.ReleaseNode(node)
		}
		c.mu.Lock()
		clear(c.seen)
		c.mu.Unlock()
		if below, live := c.live(); len(live) > 0 || c.Active() {
			c.call(ctx, "", &request{op: opAlive, owner: Owner{c.run, below}, live: live})
		}
		return
	}
	now := time.Now()
	for _, node := range c.table.Nodes() {
		if node == c.run {
			continue
		}
		c.mu.Lock()
		last, known := c.seen[node]
		if !known {
			c.seen[node] = now
		}
		c.mu.Unlock()
		if known && now.Sub(last) > aliveLimit {
			c.table.ReleaseNode(node)
		}
	}
	c.tellActive(ctx)
}

// live returns the owners of this node, and the first number that none has had.
func (c *Client) live() (below uint64, live []uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return (c.next + 1) << 32, slices.Collect(maps.Keys(c.owners))
}

// Serve answers another node's request.
func (c *Client) Serve(ctx context.Context, payload []byte) ([]byte, error) {
	r, err := decodeRequest(payload)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.seen[r.owner.Node] = time.Now()
	c.mu.Unlock()
	switch r.op {
	case opAcquire:
		return c.serveAcquire(ctx, &r)
	case opAlive:
		c.table.Keep(r.owner.Node, r.owner.ID, r.live)
	case opUndo:
		c.table.Undo(r.owner, r.claim.Items)
	case opRelease:
		c.table.Release(r.owner, r.index)
	case opAbandon:
		c.mu.Lock()
		cancel := c.waiting[r.owner]
		c.mu.Unlock()
		if cancel != nil {
			cancel()
		}
	case opList:
		return encodeList(c.table.List()), nil
	case opActive:
		c.activeUntil.Store(time.Now().Add(activeLimit).UnixNano())
	}
	return nil, nil
}

// serveAcquire waits for locks as the leader.
func (c *Client) serveAcquire(ctx context.Context, r *request) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.mu.Lock()
	c.waiting[r.owner] = cancel
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, r.owner)
		c.mu.Unlock()
	}()
	if !c.peers.IsLeader() {
		g := everything(&r.claim)
		return g.encode(), nil
	}
	for _, e := range r.over {
		c.table.Release(Owner{r.owner.Node, e.id}, e.index)
	}
	g := c.table.Acquire(ctx, r.owner, r.claim)
	c.wakeActive()
	return g.encode(), nil
}

// List returns all locks and waits. The owner's node is not told.
func (c *Client) List(ctx context.Context) ([]Held, error) {
	leader, _ := c.peers.Leader()
	if c.peers.IsLeader() || leader == "" {
		return c.table.List(), nil
	}
	limited, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	r := request{op: opList, owner: Owner{Node: c.run}}
	reply, err := c.peers.CallLocks(limited, leader, r.encode())
	if err != nil {
		return nil, err
	}
	return decodeList(reply)
}
