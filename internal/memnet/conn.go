package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipeBytesMax is how much a direction holds before writers wait.
const pipeBytesMax = 1 << 20

// pipe is one direction of a connection.
type pipe struct {
	network *Network
	link    link

	mu     sync.Mutex // guards all below
	chunks []chunk
	bytes  int
	err    error         // set by reset: both ends fail at once
	eof    bool          // the writer closed: the reader gets what was written, then EOF
	gone   bool          // the reader closed: writers fail
	wake   chan struct{} // closed and replaced at every change
}

type chunk struct {
	data []byte
	at   time.Time // not readable before
}

func newPipe(n *Network, l link) *pipe {
	return &pipe{network: n, link: l, wake: make(chan struct{})}
}

func (p *pipe) changeLocked() {
	close(p.wake)
	p.wake = make(chan struct{})
}

func (p *pipe) reset(err error) {
	p.mu.Lock()
	if p.err == nil {
		p.err = err
		p.changeLocked()
	}
	p.mu.Unlock()
	p.network.forget(p)
}

// write copies b into the pipe.
func (p *pipe) write(b []byte, d *deadline) (int, error) {
	n := 0
	for len(b) > 0 {
		delay, _, _ := p.network.state(p.link)
		expired := d.channel()
		select {
		case <-expired:
			return n, os.ErrDeadlineExceeded
		default:
		}
		p.mu.Lock()
		switch {
		case p.err != nil:
			p.mu.Unlock()
			return n, p.err
		case p.eof, p.gone:
			p.mu.Unlock()
			return n, io.ErrClosedPipe
		}
		if room := pipeBytesMax - p.bytes; room > 0 {
			k := min(room, len(b))
			p.chunks = append(p.chunks, chunk{append([]byte(nil), b[:k]...), time.Now().Add(delay)})
			p.bytes += k
			n += k
			b = b[k:]
			p.changeLocked()
			p.mu.Unlock()
			continue
		}
		wake := p.wake
		p.mu.Unlock()
		select {
		case <-wake:
		case <-expired:
			return n, os.ErrDeadlineExceeded
		}
	}
	return n, nil
}

// read copies what has arrived into b.
func (p *pipe) read(b []byte, d *deadline) (int, error) {
	for {
		_, cut, changed := p.network.state(p.link)
		expired := d.channel()
		select {
		case <-expired:
			return 0, os.ErrDeadlineExceeded
		default:
		}
		p.mu.Lock()
		if p.err != nil || p.gone {
			err := p.err
			p.mu.Unlock()
			if err == nil {
				err = net.ErrClosed
			}
			return 0, err
		}
		wait := time.Duration(-1)
		if !cut && len(p.chunks) > 0 {
			c := &p.chunks[0]
			if wait = time.Until(c.at); wait <= 0 {
				n := copy(b, c.data)
				p.bytes -= n
				if c.data = c.data[n:]; len(c.data) == 0 {
					p.chunks = p.chunks[1:]
				}
				p.changeLocked()
				p.mu.Unlock()
				return n, nil
			}
		}
		if !cut && p.eof && len(p.chunks) == 0 {
			p.mu.Unlock()
			return 0, io.EOF
		}
		wake := p.wake
		p.mu.Unlock()
		waitFor(wake, changed, expired, wait)
	}
}

// waitFor returns at the first event, or after wait unless that is negative.
func waitFor(wake, changed, expired <-chan struct{}, wait time.Duration) {
	var arrives <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		arrives = t.C
	}
	select {
	case <-wake:
	case <-changed:
	case <-expired:
	case <-arrives:
	}
}

// closeWrite ends the stream; closeRead makes writers fail.
func (p *pipe) closeWrite() {
	p.mu.Lock()
	if !p.eof {
		p.eof = true
		p.changeLocked()
	}
	gone := p.gone
	p.mu.Unlock()
	if gone {
		p.network.forget(p)
	}
}

func (p *pipe) closeRead() {
	p.mu.Lock()
	if !p.gone {
		p.gone = true
		p.chunks, p.bytes = nil, 0
		p.changeLocked()
	}
	eof := p.eof
	p.mu.Unlock()
	if eof {
		p.network.forget(p)
	}
}

// conn is one end of a connection.
type conn struct {
	in, out       *pipe
	local, remote Addr
	readBy        deadline
	writeBy       deadline
}

func (c *conn) wrap(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "memnet", Source: c.local, Addr: c.remote, Err: err}
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.in.read(b, &c.readBy)
	return n, c.wrap("read", err)
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.out.write(b, &c.writeBy)
	return n, c.wrap("write", err)
}

func (c *conn) Close() error {
	c.out.closeWrite()
	c.in.closeRead()
	c.readBy.set(time.Time{})
	c.writeBy.set(time.Time{})
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

func (c *conn) SetDeadline(t time.Time) error {
	c.readBy.set(t)
	c.writeBy.set(t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.readBy.set(t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.writeBy.set(t)
	return nil
}

// deadline closes a channel at a time that can be moved. Waiters that hold the
// channel of an earlier setting are not told of a later one until they look
// again; setting a deadline in the past wakes all of them.
type deadline struct {
	mu    sync.Mutex // guards all below
	timer *time.Timer
	ch    chan struct{}
}

func (d *deadline) channel() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ch == nil {
		d.ch = make(chan struct{})
	}
	return d.ch
}

func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fired := d.timer != nil && !d.timer.Stop()
	d.timer = nil
	if fired || d.ch == nil || isClosed(d.ch) {
		d.ch = make(chan struct{})
	}
	if t.IsZero() {
		return
	}
	ch := d.ch
	if wait := time.Until(t); wait > 0 {
		d.timer = time.AfterFunc(wait, func() { close(ch) })
	} else {
		close(ch)
	}
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}
