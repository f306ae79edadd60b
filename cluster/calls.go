package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"polyreme/pgwire/pgerr"
)

// Handler answers a call. ctx ends when the node closes. The payload belongs to
// the handler; the reply must not be changed after it was returned.
type Handler func(ctx context.Context, payload []byte) ([]byte, error)

// nowHandler answers a call on the connection's reader: it costs no goroutine,
// and the calls behind it wait. errLater leaves the call to the method's Handler.
type nowHandler func(payload []byte) ([]byte, error)

// laterHandler is called on the connection's reader and must not block. It calls
// reply once, from any goroutine.
type laterHandler func(payload []byte, reply func([]byte, error))

var errLater = errors.New("to be answered by the handler")

// MethodUserMin is the first method number for callers of Node.Handle; those
// below belong to this package.
const MethodUserMin = 64

const (
	dialTimeout    = 3 * time.Second
	prefaceTimeout = 5 * time.Second
)

// calls is our own request and reply service on the peer port.
type calls struct {
	kind     byte // of its connections
	dial     func(ctx context.Context, addr string) (net.Conn, error)
	group    *group
	now      [MethodUserMin]nowHandler   // written before the listener starts
	later    [MethodUserMin]laterHandler // likewise
	handlers [256]Handler                // written before the listener starts, or under mu

	mu    sync.Mutex // guards all below, and handlers
	peers map[string]*callPeer
}

// callPeer is the connection to one address; it is dialled when needed.
type callPeer struct {
	mu      sync.Mutex // guards all below
	conn    *callConn
	dialing chan struct{} // closed when the dial under way ended; nil: none
	err     error         // of the last dial
}

func newCalls(g *group, kind byte, dial func(context.Context, string) (net.Conn, error)) *calls {
	return &calls{kind: kind, dial: dial, group: g, peers: make(map[string]*callPeer)}
}

func (s *calls) handle(method uint8, h Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handlers[method] = h
}

func (s *calls) handler(method uint8) Handler {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.handlers[method]
}

// serveConn serves the calls of an accepted connection until it ends.
func (s *calls) serveConn(c net.Conn) {
	var cc *callConn
	slots := make(chan struct{}, callsServedMax)
	cc = newCallConn(c, s.group, func(f frame) {
		if f.method < MethodUserMin && s.now[f.method] != nil {
			if reply, err := s.now[f.method](f.payload); !errors.Is(err, errLater) {
				cc.reply(f, reply, err)
				return
			}
		}
		select {
		case slots <- struct{}{}:
		default:
			cc.send(frameError, f.method, f.id, encodeFault(pgerr.New(pgerr.TooManyConnections, "too many calls from one peer")))
			return
		}
		if f.method < MethodUserMin && s.later[f.method] != nil {
			s.later[f.method](f.payload, func(reply []byte, err error) {
				cc.reply(f, reply, err)
				<-slots
			})
			return
		}
		if !s.group.start(func(ctx context.Context) {
			s.answer(ctx, cc, f)
			<-slots
		}) {
			cc.send(frameError, f.method, f.id, encodeFault(errClosing))
		}
	})
	s.run(cc)
}

// run starts the goroutines of a connection and ends it when the node closes.
func (s *calls) run(cc *callConn) {
	ok := s.group.start(func(context.Context) { cc.readLoop() }) &&
		s.group.start(func(ctx context.Context) {
			select {
			case <-ctx.Done():
				cc.fail(errConnection)
			case <-cc.closed:
			}
		})
	if !ok {
		cc.fail(errConnection)
	}
}

func (s *calls) answer(ctx context.Context, cc *callConn, f frame) {
	h := s.handler(f.method)
	if h == nil {
		cc.send(frameError, f.method, f.id, encodeFault(errMethod))
		return
	}
	reply, err := h(ctx, f.payload)
	if err != nil && ctx.Err() != nil {
		err = errClosing
	}
	cc.reply(f, reply, err)
}

// live returns the connection to addr if there is one.
func (s *calls) live(addr string) *callConn {
	s.mu.Lock()
	p := s.peers[addr]
	s.mu.Unlock()
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		select {
		case <-p.conn.closed:
			p.conn = nil
		default:
		}
	}
	return p.conn
}

// call calls a method of the node at addr.
func (s *calls) call(ctx context.Context, addr string, method uint8, payload []byte) ([]byte, error) {
	if len(payload) > PayloadBytesMax {
		return nil, fmt.Errorf("call of %d bytes", len(payload))
	}
	cc, err := s.connection(ctx, addr)
	if err != nil {
		return nil, err
	}
	return cc.call(ctx, method, payload)
}

// connection returns the live connection to addr, dialling if there is none.
// Callers that come meanwhile share the dial.
func (s *calls) connection(ctx context.Context, addr string) (*callConn, error) {
	s.mu.Lock()
	p := s.peers[addr]
	if p == nil {
		p = new(callPeer)
		s.peers[addr] = p
	}
	s.mu.Unlock()
	for first := true; ; first = false {
		p.mu.Lock()
		if cc := p.conn; cc != nil {
			select {
			case <-cc.closed:
				p.conn = nil
			default:
				p.mu.Unlock()
				return cc, nil
			}
		}
		if !first && p.dialing == nil && p.err != nil {
			err := p.err
			p.mu.Unlock()
			return nil, err
		}
		if p.dialing == nil {
			p.dialing = make(chan struct{})
			p.err = nil
			if !s.group.start(func(ctx context.Context) { s.dialPeer(ctx, p, addr) }) {
				close(p.dialing)
				p.dialing, p.err = nil, errClosing
				p.mu.Unlock()
				return nil, errClosing
			}
		}
		dialing := p.dialing
		p.mu.Unlock()
		select {
		case <-dialing:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *calls) dialPeer(ctx context.Context, p *callPeer, addr string) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := s.dial(ctx, addr)
	if err == nil {
		c.SetWriteDeadline(time.Now().Add(prefaceTimeout))
		if _, err = c.Write(preface(s.kind)); err != nil {
			c.Close()
		}
	}
	var cc *callConn
	if err == nil {
		cc = newCallConn(c, s.group, nil)
		s.run(cc)
	}
	p.mu.Lock()
	p.conn, p.err = cc, err
	close(p.dialing)
	p.dialing = nil
	p.mu.Unlock()
}
