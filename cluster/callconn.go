package cluster

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"polyreme/pgwire/pgerr"
)

const (
	callReadBytes     = 64 << 10
	callWriteTimeout  = 10 * time.Second
	writeBrief        = 5 * time.Millisecond // a write on a goroutine that has more to do
	callQueueBytesMax = 64 << 20             // frames waiting to be written on one connection
	callsWaitingMax   = 64 << 10             // calls of one connection without a reply
	writeOthersMax    = 64 << 10             // written on, with the own, before another goroutine takes over
	callsServedMax    = 4096                 // calls of one connection being served at once
)

// callConn carries frames over one connection. The same type serves both ends.
// One goroutine belongs to it, the reader. Who sends a frame appends it to a
// buffer and writes the buffer unless somebody else does so already: a frame
// leaves without waking another goroutine, and what is sent while a write is
// under way leaves in one write after it.
type callConn struct {
	conn  net.Conn
	group *group
	serve func(f frame) // called by the reader for each call; must not block

	mu      sync.Mutex // guards all below; not held while writing
	out     []byte     // frames not yet written
	spare   []byte     // memory for the next out
	writing bool       // somebody writes
	waiting map[uint64]waitingCall
	nextID  uint64
	err     error

	closed chan struct{} // closed once err is set
	read   atomic.Int64  // when the last frame was read (UnixNano)
}

func newCallConn(c net.Conn, g *group, serve func(frame)) *callConn {
	return &callConn{
		conn: c, group: g, serve: serve, waiting: make(map[uint64]waitingCall), closed: make(chan struct{}),
	}
}

// waitingCall is where the reply of a call goes: to a channel, which is closed
// where the connection ends, or to a function, which gets a frame of type
// frameLost then. The function runs on the reader and must not block.
type waitingCall struct {
	ch   chan<- frame
	then func(frame)
}

// fail ends the connection: calls that wait get an error.
func (c *callConn) fail(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	waiting := c.waiting
	c.waiting = nil
	c.out = nil
	close(c.closed)
	c.mu.Unlock()
	c.conn.Close()
	for id, w := range waiting {
		if w.then != nil {
			w.then(frame{kind: frameLost, id: id})
		} else {
			close(w.ch)
		}
	}
}

// send sends a frame.
func (c *callConn) send(kind frameType, method uint8, id uint64, payload []byte) error {
	c.mu.Lock()
	if err := c.queueLocked(kind, method, id, payload); err != nil {
		c.mu.Unlock()
		return err
	}
	c.flushUnlock()
	return nil
}

// reply answers the call f.
func (c *callConn) reply(f frame, payload []byte, err error) {
	if err == nil && len(payload) > PayloadBytesMax {
		err = pgerr.New(pgerr.ProgramLimitExceeded, "a reply of %d bytes is too large for the peer port", len(payload))
	}
	if err != nil {
		c.send(frameError, f.method, f.id, encodeFault(err))
		return
	}
	c.send(frameReply, f.method, f.id, payload)
}

func (c *callConn) queueLocked(kind frameType, method uint8, id uint64, payload []byte) error {
	if c.err != nil {
		return c.err
	}
	if len(c.out) > callQueueBytesMax {
		return errors.New("the peer reads too slowly")
	}
	c.out = appendFrame(c.out, kind, method, id, payload)
	return nil
}

// flushUnlock releases mu and writes what is queued, unless another goroutine is
// writing. It does not wait for a peer that does not read, nor serve others for
// long: a goroutine of its own takes over then.
func (c *callConn) flushUnlock() {
	if c.writing {
		c.mu.Unlock()
		return
	}
	c.writing = true
	for written := 0; len(c.out) > 0 && c.err == nil; {
		size := len(c.out)
		if written > 0 && written+size > writeOthersMax || !c.writeOut(writeBrief) {
			if c.group.start(c.finishWriting) {
				c.mu.Unlock()
				return
			}
			break
		}
		written += size
	}
	c.writing = false
	c.mu.Unlock()
}

// finishWriting writes until nothing is left.
func (c *callConn) finishWriting(context.Context) {
	c.mu.Lock()
	for len(c.out) > 0 && c.err == nil {
		if !c.writeOut(callWriteTimeout) {
			c.mu.Unlock()
			c.fail(errConnection)
			c.mu.Lock()
		}
	}
	c.writing = false
	c.mu.Unlock()
}

// writeOut writes what is queued now, and returns false if that was not done
// within the limit: the rest is queued again. It releases mu while it writes.
func (c *callConn) writeOut(limit time.Duration) bool {
	buf := c.out
	c.out = c.spare[:0]
	c.spare = nil
	c.mu.Unlock()
	c.conn.SetWriteDeadline(time.Now().Add(limit))
	n, err := c.conn.Write(buf)
	late := errors.Is(err, os.ErrDeadlineExceeded)
	if err != nil && !late {
		c.fail(errConnection)
	}
	c.mu.Lock()
	switch {
	case late:
		c.out = append(buf[n:], c.out...)
	case cap(buf) <= 1<<20:
		c.spare = buf
	}
	return !late
}

// ask sends a call whose reply goes to ch.
func (c *callConn) ask(method uint8, payload []byte, w waitingCall) (id uint64, err error) {
	c.mu.Lock()
	c.nextID++
	id = c.nextID
	if err := c.queueLocked(frameCall, method, id, payload); err != nil {
		c.mu.Unlock()
		return 0, errConnection
	}
	if len(c.waiting) >= callsWaitingMax { // those who gave up do not all say so
		c.mu.Unlock()
		c.fail(errConnection)
		return 0, errConnection
	}
	c.waiting[id] = w
	c.flushUnlock()
	return id, nil
}

// forget gives up the reply of a call.
func (c *callConn) forget(id uint64) {
	c.mu.Lock()
	delete(c.waiting, id)
	c.mu.Unlock()
}

// call sends a call and waits for its reply.
func (c *callConn) call(ctx context.Context, method uint8, payload []byte) ([]byte, error) {
	p, err := c.begin(method, payload)
	if err != nil {
		return nil, err
	}
	return p.wait(ctx)
}

// pendingCall is a call that was sent.
type pendingCall struct {
	conn  *callConn
	id    uint64
	began time.Time
	reply chan frame
}

// begin sends a call; the caller waits for its reply or gives it up.
func (c *callConn) begin(method uint8, payload []byte) (pendingCall, error) {
	p := pendingCall{conn: c, began: time.Now(), reply: make(chan frame, 1)}
	var err error
	p.id, err = c.ask(method, payload, waitingCall{ch: p.reply})
	return p, err
}

func (p pendingCall) giveUp() { p.conn.forget(p.id) }

func (p pendingCall) wait(ctx context.Context) ([]byte, error) {
	select {
	case f, ok := <-p.reply:
		switch {
		case !ok:
			return nil, errConnection
		case f.kind == frameError:
			return nil, decodeFault(f.payload)
		}
		return f.payload, nil
	case <-ctx.Done():
	}
	p.giveUp()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		p.conn.silentSince(p.began)
	}
	return nil, ctx.Err()
}

// silentSince ends the connection to a peer that has not sent a byte since.
func (c *callConn) silentSince(began time.Time) {
	if c.read.Load() < began.UnixNano() {
		c.fail(errConnection)
	}
}

// readLoop reads frames until the connection ends.
func (c *callConn) readLoop() {
	r := bufio.NewReaderSize(c.conn, callReadBytes)
	for {
		f, err := readFrame(r)
		if err != nil {
			c.fail(errConnection)
			return
		}
		c.read.Store(time.Now().UnixNano())
		if f.kind == frameCall {
			if c.serve == nil {
				c.fail(errConnection)
				return
			}
			c.serve(f)
			continue
		}
		c.mu.Lock()
		w := c.waiting[f.id]
		delete(c.waiting, f.id)
		c.mu.Unlock()
		switch {
		case w.then != nil:
			w.then(f)
		case w.ch != nil:
			w.ch <- f
		}
	}
}
