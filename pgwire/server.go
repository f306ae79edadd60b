package pgwire

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"polyreme/pgwire/pgerr"
)

// Limits of a Server when its Config leaves them zero.
const (
	connectionsMaxDefault = 1000
	startupTimeoutDefault = 30 * time.Second
	messageBytesDefault   = 64 << 20
	// strangersMax bounds connections in startup beyond the connection limit:
	// they can still cancel and be told 53300.
	strangersMax = 64
	writeTimeout = 60 * time.Second
	// gonePollInterval is how often running statements are checked for clients
	// that have gone away.
	gonePollInterval = 250 * time.Millisecond
)

// Config configures a Server.
type Config struct {
	Sessions Sessions
	Logger   *slog.Logger
	// CancelElsewhere is called for a cancel request whose connection is not
	// on this node. It may be nil.
	CancelElsewhere func(ctx context.Context, pid uint32, secret []byte)
	ConnectionsMax  int
	StartupTimeout  time.Duration
	// MessageBytesMax bounds a message after startup; larger ones answer 54000.
	MessageBytesMax int
}

// Server accepts PostgreSQL connections.
type Server struct {
	config Config
	ctx    context.Context // ends when statements must stop
	stop   context.CancelCauseFunc

	mu        sync.Mutex // guards the fields below
	conns     map[uint32]*conn
	starting  int
	listeners map[net.Listener]struct{}
	draining  bool
	running   sync.WaitGroup // one per connection and background goroutine
	quit      chan struct{}  // closed by Shutdown; ends the watcher
}

// NewServer returns a Server that serves nothing yet. Shutdown releases it.
func NewServer(config Config) *Server {
	if config.ConnectionsMax == 0 {
		config.ConnectionsMax = connectionsMaxDefault
	}
	if config.StartupTimeout == 0 {
		config.StartupTimeout = startupTimeoutDefault
	}
	if config.MessageBytesMax == 0 {
		config.MessageBytesMax = messageBytesDefault
	}
	ctx, stop := context.WithCancelCause(context.Background())
	s := &Server{
		config: config, ctx: ctx, stop: stop,
		conns: map[uint32]*conn{}, listeners: map[net.Listener]struct{}{}, quit: make(chan struct{}),
	}
	s.running.Add(1)
	go s.watchClients()
	return s
}

// Serve accepts connections from l until Shutdown, which closes l, or a
// permanent error of l.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.draining {
		s.mu.Unlock()
		l.Close()
		return net.ErrClosed
	}
	s.listeners[l] = struct{}{}
	s.mu.Unlock()
	for {
		c, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return net.ErrClosed
			}
			// Out of descriptors, a connection reset before accept: go on.
			s.config.Logger.Error("accept client", "err", err)
			select {
			case <-time.After(50 * time.Millisecond):
				continue
			case <-s.quit:
				return net.ErrClosed
			}
		}
		s.begin(c)
	}
}

// begin starts the goroutine of one connection, unless there are too many.
func (s *Server) begin(c net.Conn) {
	s.mu.Lock()
	refused := s.draining || s.starting >= strangersMax+s.config.ConnectionsMax-len(s.conns)
	if !refused {
		s.starting++
		s.running.Add(1)
	}
	s.mu.Unlock()
	if refused {
		c.Close()
		return
	}
	if t, ok := c.(*net.TCPConn); ok {
		t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 4})
	}
	go func() {
		defer s.running.Done()
		defer c.Close()
		s.start(c)
	}()
}

// start carries a connection through startup and serves it.
func (s *Server) start(netConn net.Conn) {
	netConn.SetDeadline(time.Now().Add(s.config.StartupTimeout))
	first, err := readStartup(netConn)
	s.mu.Lock()
	s.starting--
	s.mu.Unlock()
	if err != nil {
		s.refuse(netConn, err)
		return
	}
	if first.cancel != nil {
		s.cancel(first.cancel)
		return
	}
	c := newConn(s, netConn, first)
	if err := s.register(c); err != nil {
		s.refuse(netConn, err)
		return
	}
	defer s.unregister(c)
	netConn.SetReadDeadline(time.Time{})
	c.serve()
}

// refuse tells a client why it is not served, when the reason is one to tell.
func (s *Server) refuse(c net.Conn, err error) {
	var e *pgerr.Error
	if !errors.As(err, &e) {
		return
	}
	if e.Severity == "" {
		fatal := *e
		fatal.Severity = "FATAL"
		e = &fatal
	}
	c.SetWriteDeadline(time.Now().Add(time.Second))
	c.Write(appendError(nil, 'E', e))
}

func (s *Server) register(c *conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return errAdminShutdown
	}
	if len(s.conns) >= s.config.ConnectionsMax {
		return pgerr.New(pgerr.TooManyConnections, "sorry, too many clients already")
	}
	for {
		var b [4]byte
		rand.Read(b[:])
		c.pid = binary.BigEndian.Uint32(b[:]) >> 1
		if c.pid != 0 && s.conns[c.pid] == nil {
			break
		}
	}
	s.conns[c.pid] = c
	return nil
}

func (s *Server) unregister(c *conn) {
	s.mu.Lock()
	delete(s.conns, c.pid)
	s.mu.Unlock()
}

// Connections returns how many clients are connected.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func (s *Server) cancel(r *cancelRequest) {
	if s.Cancel(r.pid, r.secret) || s.config.CancelElsewhere == nil {
		return
	}
	ctx, done := context.WithTimeout(s.ctx, s.config.StartupTimeout)
	defer done()
	s.config.CancelElsewhere(ctx, r.pid, r.secret)
}

// Cancel cancels the statement that runs on the connection pid of this server
// when secret is its secret. It tells whether the connection is here.
func (s *Server) Cancel(pid uint32, secret []byte) bool {
	s.mu.Lock()
	c := s.conns[pid]
	s.mu.Unlock()
	if c == nil || subtle.ConstantTimeCompare(c.secret, secret) != 1 {
		return false
	}
	c.cancelStatement(ErrCanceledByUser)
	return true
}

// watchClients ends statements whose client has closed its connection.
func (s *Server) watchClients() {
	defer s.running.Done()
	ticker := time.NewTicker(gonePollInterval)
	defer ticker.Stop()
	var busy []*conn
	for {
		select {
		case <-s.quit:
			return
		case <-ticker.C:
		}
		s.mu.Lock()
		busy = busy[:0]
		for _, c := range s.conns {
			busy = append(busy, c)
		}
		s.mu.Unlock()
		for _, c := range busy {
			if c.longRunning() && peerClosed(c.net) {
				c.cancelStatement(errClientGone)
			}
		}
	}
}

// Shutdown refuses new connections, lets running statements finish, then ends
// all connections with 57P01. When ctx ends first, statements are canceled.
// It returns when every connection has ended.
func (s *Server) Shutdown(ctx context.Context) {
	s.mu.Lock()
	first := !s.draining
	s.draining = true
	for l := range s.listeners {
		l.Close()
	}
	for _, c := range s.conns {
		c.drain()
	}
	s.mu.Unlock()
	if first {
		close(s.quit)
	}
	ended := make(chan struct{})
	go func() { // ends with the last connection, which s.stop hastens
		s.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		s.stop(errAdminShutdown)
		s.mu.Lock()
		for _, c := range s.conns {
			c.net.SetDeadline(time.Now())
		}
		s.mu.Unlock()
		<-ended
	}
	s.stop(errAdminShutdown)
}
