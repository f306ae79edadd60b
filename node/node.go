package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"polyreme/cluster"
	"polyreme/locks"
	"polyreme/pgsql/builtin"
	"polyreme/pgwire"
	"polyreme/raftlog"
	"polyreme/session"
	"polyreme/snapshot"
	"polyreme/sqlfsm"
)

const (
	joinProbe     = 3 * time.Second  // for one address of --join to answer
	joinLimit     = 5 * time.Minute  // to become a member and catch up
	drainLimit    = 15 * time.Second // for statements to finish at a stop
	releaseLimit  = 2 * time.Second  // for advisory locks to be released at a stop
	handOverLimit = 5 * time.Second  // for the leadership to move at a stop
	cancelMethod  = 200              // of the peer port: a CancelRequest for another node
	xactMethod    = 210              // of the peer port: whether a transaction is in progress
)

// Node is a running server.
type Node struct {
	config   Config
	log      *slog.Logger
	lock     *raftlog.DirLock
	identity *identity

	sqlListener, peerListener, httpListener net.Listener

	snapshots *snapshot.Store
	store     *sqlfsm.Store
	raftLog   *raftlog.Store
	cluster   *cluster.Node
	listeners *session.Listeners
	sessions  *session.Manager
	sql       *pgwire.Server
	http      *http.Server
	metrics   *metrics

	// failed receives why the node cannot go on; rejoin the addresses of a
	// cluster to join after all data was dropped.
	failed chan error
	rejoin chan []string

	running  sync.WaitGroup // servers and the join
	stopWork context.CancelFunc
	closing  sync.Once
	closeErr error
}

// Run runs a node until ctx ends, which drains it, or until it fails.
func Run(ctx context.Context, config Config) error {
	for {
		n, err := Open(config)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return n.Close()
		case err := <-n.failed:
			n.Close()
			return err
		case config.Join = <-n.rejoin:
			if err := errors.Join(n.Close(), wipe(config.DataDir)); err != nil {
				return err
			}
		}
	}
}

// Open starts a node. It returns when the node serves; it may still be joining
// its cluster.
func Open(config Config) (*Node, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	n := &Node{config: config, log: config.Logger, failed: make(chan error, 1), rejoin: make(chan []string, 1)}
	if err := n.open(); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

func (n *Node) open() error {
	steps := []func() error{n.listen, n.openDir, n.openData, n.openCluster, n.serve}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// listen binds all ports.
func (n *Node) listen() error {
	for _, l := range []struct {
		flag     string
		addr     string
		listener *net.Listener
	}{
		{"--sql-addr", n.config.SQLAddr, &n.sqlListener},
		{"--peer-addr", n.config.PeerAddr, &n.peerListener},
		{"--http-addr", n.config.HTTPAddr, &n.httpListener},
	} {
		var err error
		*l.listener, err = n.config.Network.Listen(l.addr)
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("address %s is in use by another program: stop that, or choose another address with %s", l.addr, l.flag)
		}
		if err != nil {
			return fmt.Errorf("listen on %s (%s): %w", l.addr, l.flag, err)
		}
	}
	return nil
}

// openDir takes the data directory: its lock and its identity. A directory
// that is new is written to only when nothing else can be wrong.
func (n *Node) openDir() error {
	dir := n.config.DataDir
	var err error
	if n.identity, err = loadIdentity(dir); err != nil {
		return err
	}
	fresh := n.identity == nil
	if fresh {
		if err := checkEmpty(dir); err != nil {
			return err
		}
		if err := n.probe(n.config.Join); err != nil {
			return err
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("create data directory: %w", err)
		}
	}
	if n.lock, err = raftlog.LockDir(dir); err != nil {
		if errors.Is(err, raftlog.ErrLocked) {
			return fmt.Errorf("data directory %s is in use by another process: stop that process or choose another --data directory", dir)
		}
		return err
	}
	if fresh {
		n.identity = newIdentity(n.config.Join)
		return n.identity.save(dir)
	}
	return nil
}

// checkEmpty refuses to put a new node into a directory of something else.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read data directory: %w", err)
	}
	for _, e := range entries {
		if e.Name() != "lock" && e.Name() != "lost+found" {
			return fmt.Errorf("data directory %s holds other files (%s) but no node: choose an empty directory with --data", dir, e.Name())
		}
	}
	return nil
}

// probe makes sure that somebody answers at one of the addresses to join.
func (n *Node) probe(join []string) error {
	if len(join) == 0 {
		return nil
	}
	var failures []string
	for _, addr := range join {
		ctx, done := context.WithTimeout(context.Background(), joinProbe)
		c, err := n.config.Network.Dial(ctx, addr)
		done()
		if err == nil {
			c.Close()
			return nil
		}
		failures = append(failures, err.Error())
	}
	return fmt.Errorf("no node answers at the addresses of --join (%s): start a node there first, or correct the address", strings.Join(failures, "; "))
}

// openData opens what is on disk.
func (n *Node) openData() error {
	dir := n.config.DataDir
	var err error
	n.snapshots, err = snapshot.Open(snapshot.Config{
		Dir: dir, Database: filepath.Join(dir, sqlfsm.FileName),
		Inspect: sqlfsm.Inspect, Stamp: sqlfsm.Stamp, Logger: n.log,
	})
	if err != nil {
		return explainDamage(dir, err)
	}
	n.listeners = session.NewListeners()
	n.store, err = sqlfsm.Open(sqlfsm.Config{
		Dir: dir, Logger: n.log, OnFatal: n.fatal,
		Register: builtin.Register, Settings: replaySettings, LoadSchema: loadSchema,
		OnNotify: n.listeners.Deliver, OnReplaced: n.listeners.Replaced,
	})
	if err != nil {
		return explainDamage(dir, err)
	}
	if err := checkLogPresent(dir, n.store.AppliedIndex()); err != nil {
		return err
	}
	n.snapshots.Serve(n.store.OpenImage)
	n.metrics = newMetrics(n)
	n.raftLog, err = raftlog.OpenStore(raftlog.StoreConfig{
		Dir: filepath.Join(dir, logDir), Logger: n.log, OnFatal: n.fatal, OnAppend: n.metrics.appended,
		SegmentBytes: n.config.LogSegmentBytes,
	})
	if err != nil {
		return err
	}
	snapshotIndex := raftlog.Index(n.snapshots.LastIndex())
	if err := n.raftLog.DropBelow(snapshotIndex); err != nil {
		return err
	}
	return n.raftLog.CheckReaches(n.store.AppliedIndex(), snapshotIndex)
}

// openCluster starts raft.
func (n *Node) openCluster() error {
	name := n.config.Name
	if name == "" {
		name, _ = os.Hostname()
	}
	var err error
	n.cluster, err = cluster.Open(cluster.Config{
		ID: n.identity.ID, Name: name, Version: Version, Logger: n.log,
		Listener: n.peerListener, Dial: n.config.Network.Dial,
		Advertise: advertised(n.config.AdvertisePeer, n.peerListener),
		SQLAddr:   advertised(n.config.AdvertiseSQL, n.sqlListener),
		HTTPAddr:  n.httpListener.Addr().String(),
		FSM:       n.store.FSM(), Machine: n.store, Log: n.raftLog, Snapshots: n.snapshots,
		Holders:   n.store.AdvisoryNodes,
		Bootstrap: len(n.identity.Joining) == 0, NonVoter: n.config.NonVoter,
		Genesis: n.genesis, OnFatal: n.fatal, Timing: n.config.Timing,
	})
	return err
}

// genesis returns the first entry of the log, unless the database has it.
func (n *Node) genesis() *raftlog.Entry {
	if n.store.SchemaVersion() != 0 {
		return nil
	}
	return genesisEntry()
}

// serve starts the SQL and HTTP servers, and the join if there is one to do.
func (n *Node) serve() error {
	claims := locks.NewClient(lockPeers{n.cluster})
	n.cluster.Handle(lockMethod, claims.Serve)
	n.sessions = session.NewManager(session.Config{
		Log: n.cluster, Store: n.store, Locks: claims, Logger: n.log, Listeners: n.listeners,
		Node: n.identity.ID, AskXact: n.askXact, Leads: n.cluster.IsLeader,
	})
	n.sessions.Start()
	n.listeners.Relay(n.cluster.PushCommit)
	n.sql = pgwire.NewServer(pgwire.Config{Sessions: n.sessions, Logger: n.log, CancelElsewhere: n.cancelElsewhere})
	n.cluster.Handle(cancelMethod, n.cancelHere)
	n.cluster.Handle(xactMethod, n.answerXact)
	n.http = &http.Server{Handler: n.handler(), ReadHeaderTimeout: 10 * time.Second}
	n.running.Add(2)
	go func() {
		defer n.running.Done()
		if err := n.sql.Serve(n.sqlListener); !errors.Is(err, net.ErrClosed) {
			n.fatal(fmt.Errorf("serve SQL: %w", err))
		}
	}()
	go func() {
		defer n.running.Done()
		if err := n.http.Serve(n.httpListener); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			n.fatal(fmt.Errorf("serve HTTP: %w", err))
		}
	}()
	ctx, stop := context.WithCancel(context.Background())
	n.stopWork = stop
	n.running.Add(1)
	go func() {
		defer n.running.Done()
		claims.Run(ctx)
	}()
	if len(n.identity.Joining) > 0 {
		n.running.Add(1)
		go func() {
			defer n.running.Done()
			n.join(ctx)
		}()
	}
	n.log.Info("node started", "node", n.identity.ID, "sql", n.sqlListener.Addr().String(),
		"peer", n.peerListener.Addr().String(), "http", n.httpListener.Addr().String(), "data", n.config.DataDir)
	return nil
}

// join makes the node a member of the cluster it was started to join.
func (n *Node) join(ctx context.Context) {
	limited, done := context.WithTimeout(ctx, joinLimit)
	defer done()
	if err := n.cluster.Join(limited, n.identity.Joining); err != nil {
		if ctx.Err() == nil {
			n.fatal(err)
		}
		return
	}
	joined := *n.identity
	joined.Joining = nil
	if err := joined.save(n.config.DataDir); err != nil {
		n.fatal(err)
		return
	}
	n.log.Info("joined the cluster", "node", n.identity.ID)
}

// fatal ends the node; the first reason counts.
func (n *Node) fatal(err error) {
	select {
	case n.failed <- err:
	default:
	}
}

// Close drains the node and closes everything. It is idempotent.
func (n *Node) Close() error {
	n.closing.Do(func() {
		n.log.Info("stopping: running statements may finish")
		n.drain(drainLimit)
		n.releaseLocks(releaseLimit)
		n.handOver()
		n.closeErr = n.close()
		n.log.Info("stopped")
	})
	return n.closeErr
}

// Abort closes everything without waiting for statements and without handing
// the leadership over: what a crash leaves behind, but for the process.
func (n *Node) Abort() error {
	n.closing.Do(func() {
		n.drain(0)
		n.releaseLocks(0)
		n.closeErr = n.close()
	})
	return n.closeErr
}

// drain ends the client connections, the statements that run after the limit.
func (n *Node) drain(limit time.Duration) {
	if n.stopWork != nil {
		n.stopWork()
	}
	if n.sql != nil {
		ctx, done := context.WithTimeout(context.Background(), limit)
		n.sql.Shutdown(ctx)
		done()
	}
}

// releaseLocks ends what the sessions leave behind: their advisory locks.
func (n *Node) releaseLocks(limit time.Duration) {
	if n.sessions == nil {
		return
	}
	ctx, done := context.WithTimeout(context.Background(), limit)
	defer done()
	n.sessions.Close(ctx)
}

// handOver gives the leadership, if the node has it, to another one.
func (n *Node) handOver() {
	if n.cluster == nil || !n.cluster.IsLeader() {
		return
	}
	ctx, done := context.WithTimeout(context.Background(), handOverLimit)
	defer done()
	if err := n.cluster.TransferLeadership(ctx, ""); err != nil {
		n.log.Warn("leadership not handed over", "err", err)
	}
}

// Failed receives why the node cannot go on; its owner must close it then.
func (n *Node) Failed() <-chan error { return n.failed }

// Store returns the database of the node, for tests that compare nodes.
func (n *Node) Store() *sqlfsm.Store { return n.store }

func (n *Node) close() error {
	var errs []error
	if n.http != nil {
		errs = append(errs, n.http.Close())
	}
	for _, l := range []net.Listener{n.sqlListener, n.httpListener} {
		if l != nil {
			l.Close() // closed already by its server, as a rule
		}
	}
	if n.cluster != nil {
		errs = append(errs, n.cluster.Close())
	} else if n.peerListener != nil {
		n.peerListener.Close()
	}
	n.running.Wait()
	if n.store != nil {
		errs = append(errs, n.store.Close())
	}
	if n.raftLog != nil {
		errs = append(errs, n.raftLog.Close())
	}
	if n.lock != nil {
		errs = append(errs, n.lock.Close())
	}
	return errors.Join(errs...)
}

// wipe removes the node from its data directory.
func wipe(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("clear data directory: %w", err)
		}
	}
	return syncDir(dir)
}
