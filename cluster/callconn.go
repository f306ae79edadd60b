package cluster

import (
	"bufio"
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	callReadBytes     = 64 << 10
	callWriteTimeout  = 10 * time.Second
	callQueueBytesMax = 64 << 20 // frames waiting to be written on one connection
	callsServedMax    = 4096     // calls of one connection being served at once
)

// callConn carries frames over one connection. The same type serves both ends.
// One goroutine belongs to it, the reader. Who sends a frame appends it to a
// buffer and writes the buffer unless somebody else does so already: a frame
// leaves without waking another goroutine, and what is sent while a write is
// under way leaves in one write after it.
type callConn struct {
	conn  net.Conn
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

func newCallConn(c net.Conn, serve func(frame)) *callConn {
	return &callConn{
		conn: c, serve: serve, waiting: make(map[uint64]waitingCall), closed: make(chan struct{}),
	}
}

// waitingCall is where the reply of a call goes. A shared channel takes the
// replies of several calls, which it has room for, and a frame of type frameLost
// where the connection ends; an own one is closed then.
type waitingCall struct {
	ch     chan<- frame
	shared bool
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
		if w.shared {
			w.ch <- frame{kind: frameLost, id: id}
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

// flushUnlock releases mu and writes what is queued, unless another goroutine
// is writing: that one goes on until nothing is left.
func (c *callConn) flushUnlock() {
	if c.writing {
		c.mu.Unlock()
		return
	}
	c.writing = true
	for len(c.out) > 0 && c.err == nil {
		buf := c.out
		c.out = c.spare[:0]
		c.mu.Unlock()
		c.conn.SetWriteDeadline(time.Now().Add(callWriteTimeout))
		_, err := c.conn.Write(buf)
		if err != nil {
			c.fail(errConnection)
		}
		if cap(buf) > 1<<20 {
			buf = nil
		}
		c.mu.Lock()
		c.spare = buf
	}
	c.writing = false
	c.mu.Unlock()
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
	began := time.Now().UnixNano()
	ch := make(chan frame, 1)
	id, err := c.ask(method, payload, waitingCall{ch: ch})
	if err != nil {
		return nil, err
	}
	select {
	case f, ok := <-ch:
		switch {
		case !ok:
			return nil, errConnection
		case f.kind == frameError:
			return nil, decodeFault(f.payload)
		}
		return f.payload, nil
	case <-ctx.Done():
	}
	c.forget(id)
	// A peer that has not sent a byte since is taken for gone.
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && c.read.Load() < began {
		c.fail(errConnection)
	}
	return nil, ctx.Err()
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
		if w.ch != nil {
			w.ch <- f
		}
	}
}
