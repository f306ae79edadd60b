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
// Two goroutines belong to it, a reader and a writer; writers of frames only
// append to a buffer.
type callConn struct {
	conn  net.Conn
	serve func(f frame) // called by the reader for each call; must not block

	mu      sync.Mutex // guards all below
	out     []byte     // frames not yet written
	waiting map[uint64]chan<- frame
	nextID  uint64
	err     error

	kick   chan struct{} // capacity 1: out is not empty
	closed chan struct{} // closed once err is set
	read   atomic.Int64  // when the last frame was read (UnixNano)
}

func newCallConn(c net.Conn, serve func(frame)) *callConn {
	return &callConn{
		conn: c, serve: serve, waiting: make(map[uint64]chan<- frame),
		kick: make(chan struct{}, 1), closed: make(chan struct{}),
	}
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
	for _, ch := range waiting {
		close(ch)
	}
}

// send queues a frame.
func (c *callConn) send(kind frameType, method uint8, id uint64, payload []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sendLocked(kind, method, id, payload)
}

func (c *callConn) sendLocked(kind frameType, method uint8, id uint64, payload []byte) error {
	if c.err != nil {
		return c.err
	}
	if len(c.out) > callQueueBytesMax {
		return errors.New("the peer reads too slowly")
	}
	c.out = appendFrame(c.out, kind, method, id, payload)
	select {
	case c.kick <- struct{}{}:
	default:
	}
	return nil
}

// call sends a call and waits for its reply.
func (c *callConn) call(ctx context.Context, method uint8, payload []byte) ([]byte, error) {
	began := time.Now().UnixNano()
	ch := make(chan frame, 1)
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return nil, errConnection
	}
	c.nextID++
	id := c.nextID
	c.waiting[id] = ch
	err := c.sendLocked(frameCall, method, id, payload)
	c.mu.Unlock()
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
	c.mu.Lock()
	delete(c.waiting, id)
	c.mu.Unlock()
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
		ch := c.waiting[f.id]
		delete(c.waiting, f.id)
		c.mu.Unlock()
		if ch != nil {
			ch <- f
		}
	}
}

// writeLoop writes the queued frames until the connection ends. What was queued
// while a write was under way leaves in one write.
func (c *callConn) writeLoop() {
	var buf []byte
	for {
		select {
		case <-c.kick:
		case <-c.closed:
			return
		}
		c.mu.Lock()
		buf, c.out = c.out, buf[:0]
		c.mu.Unlock()
		if len(buf) == 0 {
			continue
		}
		c.conn.SetWriteDeadline(time.Now().Add(callWriteTimeout))
		if _, err := c.conn.Write(buf); err != nil {
			c.fail(errConnection)
			return
		}
		if cap(buf) > 1<<20 {
			buf = nil
		}
	}
}
