package cluster

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
)

// raftIdleTimeout ends a raft connection on which nothing has moved for so long:
// the library's own deadline grows with the size of a snapshot to hours.
const raftIdleTimeout = 30 * time.Second

// mux shares one listener between raft, calls and appends, by the preface.
type mux struct {
	listener  net.Listener
	advertise peerAddr
	dialer    func(ctx context.Context, addr string) (net.Conn, error)
	services  map[byte]*calls // by the kind of connection; not changed once serve runs
	group     *group
	log       *slog.Logger
	raft      chan net.Conn // accepted connections for raft
	closed    chan struct{}
	once      sync.Once

	mu    sync.Mutex // guards conns
	conns map[net.Conn]struct{}
}

type peerAddr string

func (a peerAddr) Network() string { return "tcp" }
func (a peerAddr) String() string  { return string(a) }

func newMux(l net.Listener, advertise string, g *group,
	dial func(context.Context, string) (net.Conn, error), log *slog.Logger,
) *mux {
	return &mux{
		listener: l, advertise: peerAddr(advertise), dialer: dial, services: make(map[byte]*calls), group: g, log: log,
		raft: make(chan net.Conn), closed: make(chan struct{}), conns: make(map[net.Conn]struct{}),
	}
}

// serve accepts connections until the mux closes.
func (m *mux) serve(ctx context.Context) {
	for delay := time.Duration(0); ; {
		c, err := m.listener.Accept()
		if err == nil {
			delay = 0
			if !m.group.start(func(ctx context.Context) { m.route(ctx, c) }) {
				c.Close()
			}
			continue
		}
		select {
		case <-m.closed:
			return
		default:
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		m.log.Warn("peer connection not accepted", "err", err)
		delay = min(max(2*delay, 5*time.Millisecond), time.Second)
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return
		}
	}
}

// route hands a connection to its service.
func (m *mux) route(ctx context.Context, c net.Conn) {
	if !m.keep(c) {
		c.Close()
		return
	}
	c.SetReadDeadline(time.Now().Add(prefaceTimeout))
	kind, err := readPreface(c)
	service := m.services[kind]
	if err == nil && kind != kindRaft && service == nil {
		err = errors.New("unknown kind of connection")
	}
	if err != nil {
		m.log.Debug("peer connection refused", "remote", c.RemoteAddr(), "err", err)
		m.drop(c)
		c.Close()
		return
	}
	c.SetReadDeadline(time.Time{})
	if service != nil {
		m.drop(c)
		service.serveConn(c)
		return
	}
	select {
	case m.raft <- &raftConn{Conn: c, mux: m, inbound: true}:
	case <-m.closed:
		c.Close()
	case <-ctx.Done():
		c.Close()
	}
}

func (m *mux) keep(c net.Conn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.conns == nil {
		return false
	}
	m.conns[c] = struct{}{}
	return true
}

func (m *mux) drop(c net.Conn) {
	m.mu.Lock()
	delete(m.conns, c)
	m.mu.Unlock()
}

// Accept, Close, Addr and Dial make the mux raft's StreamLayer.
func (m *mux) Accept() (net.Conn, error) {
	select {
	case c := <-m.raft:
		return c, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

// Close closes the listener and every raft connection, in and out.
func (m *mux) Close() error {
	m.once.Do(func() {
		close(m.closed)
		m.listener.Close()
		m.mu.Lock()
		conns := m.conns
		m.conns = nil
		m.mu.Unlock()
		for c := range conns {
			c.Close()
		}
	})
	return nil
}

// Addr is the address that other nodes reach us at.
func (m *mux) Addr() net.Addr { return m.advertise }

// Dial connects to another node's raft.
func (m *mux) Dial(addr raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(m.group.ctx, timeout)
	defer cancel()
	c, err := m.dialer(ctx, string(addr))
	if err != nil {
		return nil, err
	}
	c.SetWriteDeadline(time.Now().Add(timeout))
	if _, err := c.Write(preface(kindRaft)); err != nil {
		c.Close()
		return nil, err
	}
	c.SetWriteDeadline(time.Time{})
	if !m.keep(c) {
		c.Close()
		return nil, net.ErrClosed
	}
	return &raftConn{Conn: c, mux: m}, nil
}

// raftConn bounds each wait on a raft connection by raftIdleTimeout, except that
// of a serving side for the next request.
type raftConn struct {
	net.Conn
	mux     *mux
	inbound bool
	midway  atomic.Bool // inbound: a request has begun and is not answered
}

func (c *raftConn) Read(b []byte) (int, error) {
	if c.inbound && c.midway.Load() {
		c.Conn.SetReadDeadline(time.Now().Add(raftIdleTimeout))
	}
	n, err := c.Conn.Read(b)
	if c.inbound && n > 0 {
		c.midway.Store(true)
	}
	return n, err
}

func (c *raftConn) Write(b []byte) (int, error) {
	if c.inbound && c.midway.Swap(false) {
		c.Conn.SetReadDeadline(time.Time{})
	}
	c.Conn.SetWriteDeadline(time.Now().Add(raftIdleTimeout))
	return c.Conn.Write(b)
}

// SetDeadline is called by raft before each request that it sends; our own
// deadline replaces its part for writing.
func (c *raftConn) SetDeadline(t time.Time) error { return c.Conn.SetReadDeadline(t) }

func (c *raftConn) Close() error {
	c.mux.drop(c.Conn)
	return c.Conn.Close()
}
