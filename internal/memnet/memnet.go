// Package memnet is a network in memory for tests: hosts listen and dial, links
// between them can be cut, slowed and reset.
//
// It is made for testing/synctest: every wait is on channels and timers made
// where the network is used, no mutex is held while waiting, and nothing runs on
// its own. A cut link behaves as a lost one does to TCP: bytes written to it
// wait, and arrive when it heals, unless an end was closed meanwhile; dials to
// the other side hang until their context ends.
package memnet

import (
	"context"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// link is one direction between two hosts.
type link struct{ from, to string }

// Network connects hosts. Its methods may be called from any goroutine.
type Network struct {
	mu        sync.Mutex // guards all below
	listeners map[string]*listener
	cut       map[link]bool
	delay     map[link]time.Duration
	pipes     map[*pipe]struct{} // open directions of connections
	changed   chan struct{}      // closed and replaced when cut changes
}

// New returns a network without hosts.
func New() *Network {
	return &Network{
		listeners: make(map[string]*listener),
		cut:       make(map[link]bool),
		delay:     make(map[link]time.Duration),
		pipes:     make(map[*pipe]struct{}),
		changed:   make(chan struct{}),
	}
}

// Host is one machine on the network.
type Host struct {
	network *Network
	name    string
}

// Host returns the host called name, which needs no making.
func (n *Network) Host(name string) *Host { return &Host{n, name} }

// Addr is an address: host:port.
type Addr string

// Network names the network.
func (a Addr) Network() string { return "memnet" }

// String gives the address as it is dialled.
func (a Addr) String() string { return string(a) }

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}

// Listen listens on the port of the host.
func (h *Host) Listen(port int) (net.Listener, error) {
	addr := fmt.Sprintf("%s:%d", h.name, port)
	h.network.mu.Lock()
	defer h.network.mu.Unlock()
	if h.network.listeners[addr] != nil {
		return nil, &net.OpError{Op: "listen", Net: "memnet", Addr: Addr(addr), Err: syscall.EADDRINUSE}
	}
	l := &listener{
		network: h.network, addr: Addr(addr),
		backlog: make(chan *conn, 128), closed: make(chan struct{}),
	}
	h.network.listeners[addr] = l
	return l, nil
}

// Dial connects to addr.
func (h *Host) Dial(ctx context.Context, addr string) (net.Conn, error) {
	n, there := h.network, hostOf(addr)
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "memnet", Addr: Addr(addr), Err: err}
	}
	for {
		n.mu.Lock()
		cut := n.cut[link{h.name, there}] || n.cut[link{there, h.name}]
		l, changed := n.listeners[addr], n.changed
		wait := n.delay[link{h.name, there}] + n.delay[link{there, h.name}]
		n.mu.Unlock()
		if cut {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return fail(ctx.Err())
			}
		}
		if wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return fail(ctx.Err())
			}
		}
		if l == nil {
			return fail(syscall.ECONNREFUSED)
		}
		ours, theirs := n.connect(h.name, l.addr)
		select {
		case l.backlog <- theirs:
			return ours, nil
		case <-l.closed:
			ours.Close()
			theirs.Close()
			return fail(syscall.ECONNREFUSED)
		case <-ctx.Done():
			ours.Close()
			theirs.Close()
			return fail(ctx.Err())
		}
	}
}

// connect returns both ends of a new connection from a host to an address.
func (n *Network) connect(from string, to Addr) (ours, theirs *conn) {
	there := newPipe(n, link{from, hostOf(string(to))})
	back := newPipe(n, link{hostOf(string(to)), from})
	n.mu.Lock()
	n.pipes[there] = struct{}{}
	n.pipes[back] = struct{}{}
	n.mu.Unlock()
	local := Addr(from + ":0")
	ours = &conn{in: back, out: there, local: local, remote: to}
	theirs = &conn{in: there, out: back, local: to, remote: local}
	return ours, theirs
}

func (n *Network) forget(p *pipe) {
	n.mu.Lock()
	delete(n.pipes, p)
	n.mu.Unlock()
}

// state returns the delay of the link, whether it is cut, and a channel closed
// at the next change of cuts.
func (n *Network) state(l link) (delay time.Duration, cut bool, changed <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.delay[l], n.cut[l], n.changed
}

func (n *Network) setCut(down bool, links ...link) {
	n.mu.Lock()
	for _, l := range links {
		if down {
			n.cut[l] = true
		} else {
			delete(n.cut, l)
		}
	}
	close(n.changed)
	n.changed = make(chan struct{})
	n.mu.Unlock()
}

// CutOneWay loses what from sends to to.
func (n *Network) CutOneWay(from, to string) { n.setCut(true, link{from, to}) }

// Cut loses what each of the two hosts sends to the other.
func (n *Network) Cut(a, b string) { n.setCut(true, link{a, b}, link{b, a}) }

// JoinOneWay heals the link from one host to another.
func (n *Network) JoinOneWay(from, to string) { n.setCut(false, link{from, to}) }

// Join heals the links between two hosts.
func (n *Network) Join(a, b string) { n.setCut(false, link{a, b}, link{b, a}) }

// Isolate cuts host off from all of others.
func (n *Network) Isolate(host string, others ...string) {
	for _, o := range others {
		if o != host {
			n.Cut(host, o)
		}
	}
}

// Heal heals every link.
func (n *Network) Heal() {
	n.mu.Lock()
	clear(n.cut)
	close(n.changed)
	n.changed = make(chan struct{})
	n.mu.Unlock()
}

// SetDelay makes everything from one host to the other take d, from now on.
func (n *Network) SetDelay(from, to string, d time.Duration) {
	n.mu.Lock()
	n.delay[link{from, to}] = d
	n.mu.Unlock()
}

// Reset breaks every connection between two hosts: both ends see a reset.
func (n *Network) Reset(a, b string) {
	n.resetIf(func(l link) bool {
		return l == link{a, b} || l == link{b, a}
	})
}

// Crash closes the listeners of a host and breaks all its connections.
func (n *Network) Crash(host string) {
	n.mu.Lock()
	var ls []*listener
	for _, l := range n.listeners {
		if hostOf(string(l.addr)) == host {
			ls = append(ls, l)
		}
	}
	n.mu.Unlock()
	for _, l := range ls {
		l.Close()
	}
	n.resetIf(func(l link) bool { return l.from == host || l.to == host })
}

func (n *Network) resetIf(match func(link) bool) {
	n.mu.Lock()
	var ps []*pipe
	for p := range n.pipes {
		if match(p.link) {
			ps = append(ps, p)
		}
	}
	n.mu.Unlock()
	for _, p := range ps {
		p.reset(syscall.ECONNRESET)
	}
}

// Open returns the number of connections of which an end is not closed.
func (n *Network) Open() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return (len(n.pipes) + 1) / 2
}

type listener struct {
	network *Network
	addr    Addr
	backlog chan *conn
	closed  chan struct{}
	once    sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.backlog:
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "memnet", Addr: l.addr, Err: net.ErrClosed}
	}
}

func (l *listener) Addr() net.Addr { return l.addr }

func (l *listener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		if l.network.listeners[string(l.addr)] == l {
			delete(l.network.listeners, string(l.addr))
		}
		l.network.mu.Unlock()
		close(l.closed)
		for {
			select {
			case c := <-l.backlog:
				c.out.reset(syscall.ECONNRESET)
				c.in.reset(syscall.ECONNRESET)
			default:
				return
			}
		}
	})
	return nil
}
