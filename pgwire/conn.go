package pgwire

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"polyreme/pgwire/pgerr"
)

// conn is one client connection after startup. Its goroutine reads messages,
// runs the session and writes answers; other goroutines may only cancel the
// running statement, wake the connection or ask it to end.
//
// A connection that is idle waits in a read of the socket. Who wants it to look
// around sets a flag and then moves the read's deadline into the past; the
// connection tells that it is idle first and then looks at the flags
// (beforeBlock). So one of the two sees what the other did. A deadline that
// comes late interrupts some other read, which goes on (interrupted).
type conn struct {
	server  *Server
	net     net.Conn
	frames  *frameReader
	reply   Reply
	session Session
	pid     uint32
	secret  []byte
	first   *startup

	skipToSync bool
	inMessage  bool         // a message is being handled
	ready      bool         // the last answer was ReadyForQuery
	idleError  *pgerr.Error // set while the client's silence has a limit,
	idleUntil  time.Time    // which is this; else zero
	draining   atomic.Bool
	woken      atomic.Bool                 // the session has something to deliver
	terminated atomic.Pointer[pgerr.Error] // why the connection is to end
	// busySince is when the current message began to run (Unix ns), or 0.
	busySince atomic.Int64

	mu     sync.Mutex // guards ctx and cancel
	ctx    context.Context
	cancel context.CancelCauseFunc

	// Messages decoded in place, one of each kind.
	parse   pgproto3.Parse
	bind    pgproto3.Bind
	execute pgproto3.Execute
}

func newConn(s *Server, c net.Conn, first *startup) *conn {
	n := &conn{server: s, net: c, first: first, secret: newSecret(first.minor)}
	n.frames = newFrameReader(c, n.beforeBlock, n.interrupted)
	n.reply = Reply{conn: n, filling: -1}
	n.ctx, n.cancel = context.WithCancelCause(s.ctx)
	return n
}

// errFatal ends a connection after its error has been sent.
var errFatal = errors.New("connection ended by a fatal error")

// serve runs the connection to its end.
func (c *conn) serve() {
	defer func() { c.cancel(nil) }()
	if err := c.open(); err != nil {
		c.server.refuse(c.net, err)
		return
	}
	defer c.session.Close()
	for {
		kind, body, err := c.frames.next(c.server.config.MessageBytesMax)
		if err == nil {
			err = c.handle(kind, body)
		} else {
			err = c.readFailed(err)
		}
		if err != nil {
			c.reply.flush()
			return
		}
	}
}

// open makes the session and completes startup.
func (c *conn) open() error {
	s := Startup{User: c.first.parameters["user"], Database: c.first.parameters["database"], Parameters: c.first.parameters, PID: c.pid, Wake: c.wake, Terminate: c.terminate}
	if s.Database == "" {
		s.Database = s.User
	}
	if a := c.net.RemoteAddr(); a != nil {
		s.RemoteAddr = a.String()
	}
	delete(s.Parameters, "user")
	delete(s.Parameters, "database")
	c.reply.out = appendStartupAnswer(c.reply.out, c.first)
	ctx, done := context.WithTimeout(c.ctx, c.server.config.StartupTimeout)
	defer done()
	session, err := c.server.config.Sessions.NewSession(ctx, s, &c.reply)
	if err != nil {
		return err
	}
	c.session = session
	c.first = nil
	c.reply.out = appendBackendKeyData(c.reply.out, c.pid, c.secret)
	c.reply.readyForQuery(session.TxStatus())
	c.ready = true
	return nil
}

// beforeBlock runs before each read of the socket: what the client waits for
// is sent, and what the session has for it. A connection that drains ends here
// when it is idle.
func (c *conn) beforeBlock() error {
	c.reply.flush()
	if c.reply.err != nil {
		return c.reply.err
	}
	if c.inMessage { // COPY reads its data while it runs
		return nil
	}
	if c.idleError == nil { // neither half a message nor a delivery begins the limit again
		if limit, e := c.session.IdleLimit(c.ready); limit > 0 {
			c.idleError, c.idleUntil = e, time.Now().Add(limit)
			c.net.SetReadDeadline(c.idleUntil) // before busySince: drain and wake may shorten it
		}
	}
	c.busySince.Store(0)
	if e := c.terminated.Load(); e != nil {
		return e
	}
	if c.draining.Load() && c.session.TxStatus() == 'I' {
		return errAdminShutdown
	}
	if c.ready && c.woken.Swap(false) {
		if err := c.session.Deliver(&c.reply); err != nil {
			return err
		}
		c.reply.flush()
		return c.reply.err
	}
	return nil
}

// interrupted tells whether a read goes on after its deadline has passed, and
// restores the deadline. It looks at the end of the server after that, which
// moves the deadline last.
func (c *conn) interrupted() bool {
	if c.idleError != nil && !time.Now().Before(c.idleUntil) || c.draining.Load() && !c.inMessage {
		return false
	}
	c.net.SetReadDeadline(c.idleUntil)
	return c.server.ctx.Err() == nil
}

// wake makes an idle connection deliver what its session has.
func (c *conn) wake() {
	c.woken.Store(true)
	if c.busySince.Load() == 0 {
		c.net.SetReadDeadline(time.Now())
	}
}

// drain makes the connection end as soon as it is idle.
func (c *conn) drain() {
	c.draining.Store(true)
	if c.busySince.Load() == 0 {
		c.net.SetReadDeadline(time.Now())
	}
}

// terminate ends the connection as soon as its running statement, which is
// canceled, has ended.
func (c *conn) terminate(why *pgerr.Error) {
	if !c.terminated.CompareAndSwap(nil, why) {
		return
	}
	if c.busySince.Load() == 0 {
		c.net.SetReadDeadline(time.Now())
	}
	c.cancelStatement(why)
}

// readFailed answers a message that could not be read. It returns nil when
// the stream goes on.
func (c *conn) readFailed(err error) error {
	var large *errTooLarge
	var e *pgerr.Error
	switch {
	case errors.As(err, &large):
		return c.tooLarge(large)
	case errors.As(err, &e):
		return c.fatal(e)
	case errors.Is(err, errBadLength):
		return c.fatal(protocolError("invalid message length").(*pgerr.Error))
	case c.terminated.Load() != nil:
		return c.fatal(c.terminated.Load())
	case c.draining.Load():
		return c.fatal(errAdminShutdown)
	case c.idleError != nil && errors.Is(err, os.ErrDeadlineExceeded):
		return c.fatal(c.idleError)
	}
	return err
}

func (c *conn) tooLarge(large *errTooLarge) error {
	e := pgerr.New(pgerr.ProgramLimitExceeded, "%s", large.Error()).
		WithHint("Send less at once: several statements, parameters or COPY instead of one long statement.")
	switch large.kind {
	case 'Q', 'F':
		c.session.Fail()
		c.fail(e)
		return c.afterQuery()
	case 'P', 'B', 'E', 'D', 'C':
		c.failUntilSync(e)
		return nil
	}
	return c.fatal(e)
}

// handle runs one message. An error ends the connection.
func (c *conn) handle(kind byte, body []byte) (err error) {
	c.busySince.Store(time.Now().UnixNano())
	c.inMessage, c.ready = true, false
	if c.idleError != nil {
		c.idleError, c.idleUntil = nil, time.Time{}
		c.net.SetReadDeadline(time.Time{})
	}
	defer func() {
		c.inMessage = false
		if p := recover(); p != nil {
			c.server.config.Logger.Error("panic in a client session", "panic", p, "stack", string(debug.Stack()))
			err = c.fatal(&pgerr.Error{
				Severity: "FATAL", Code: pgerr.InternalError,
				Message: "internal error: this connection was ended to protect the others",
			})
		}
	}()
	if c.skipToSync && kind != 'S' && kind != 'X' {
		return nil
	}
	switch kind {
	case 'Q':
		return c.query(body)
	case 'P', 'B', 'D', 'E', 'C', 'H':
		return c.extended(kind, body)
	case 'S':
		return c.sync(body)
	case 'X':
		return errFatal
	case 'F':
		c.session.Fail()
		c.fail(pgerr.Unsupported("the function call protocol message is not supported").
			WithHint("Call the function with SELECT."))
		return c.afterQuery()
	case 'd', 'c', 'f':
		return nil // left over from a COPY that failed: ignored, as PostgreSQL does
	case 'p':
		return c.fatal(protocolError("unexpected authentication message").(*pgerr.Error))
	}
	return c.fatal(&pgerr.Error{Severity: "FATAL", Code: pgerr.ProtocolViolation, Message: "invalid frontend message type " + string(appendDecimal(nil, int64(kind)))})
}

func (c *conn) query(body []byte) error {
	var m pgproto3.Query
	if err := m.Decode(body); err != nil {
		return c.fatal(badMessage(err))
	}
	if err := c.session.Query(c.statementContext(), m.String, &c.reply); err != nil {
		if err := c.fail(c.cause(err)); err != nil {
			return err
		}
	}
	return c.afterQuery()
}

func (c *conn) afterQuery() error {
	if err := c.ended(); err != nil {
		return err
	}
	if err := c.session.Deliver(&c.reply); err != nil {
		return c.fatal(pgerr.From(err))
	}
	c.reply.readyForQuery(c.session.TxStatus())
	c.ready = true
	return nil
}

func (c *conn) sync([]byte) error {
	c.skipToSync = false
	if err := c.session.Sync(c.statementContext(), &c.reply); err != nil {
		if err := c.fail(c.cause(err)); err != nil {
			return err
		}
	}
	return c.afterQuery()
}

// ended returns an error when the client has gone away.
func (c *conn) ended() error {
	if c.reply.err != nil {
		return c.reply.err
	}
	if context.Cause(c.ctx) == errClientGone {
		return errFatal
	}
	return nil
}

// fail sends an error. It returns an error when the connection must end.
func (c *conn) fail(e *pgerr.Error) error {
	c.reply.Error(e)
	if e.Severity == "FATAL" {
		return errFatal
	}
	return nil
}

func (c *conn) failUntilSync(e *pgerr.Error) {
	if err := c.session.Flush(c.statementContext(), &c.reply); err != nil {
		e = c.cause(err) // of an earlier message of the batch
	}
	c.session.Fail()
	c.reply.Error(e)
	c.skipToSync = true
}

func (c *conn) fatal(e *pgerr.Error) error {
	c.reply.Settle()
	c.reply.Error(e)
	c.reply.flush()
	return errFatal
}

func badMessage(err error) *pgerr.Error {
	return &pgerr.Error{Severity: "FATAL", Code: pgerr.ProtocolViolation, Message: "invalid message format", Detail: err.Error()}
}

// statementContext returns the context of the statement that begins now. A
// cancel request that came while the connection was idle has no effect.
func (c *conn) statementContext() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil && context.Cause(c.ctx) == ErrCanceledByUser {
		c.ctx, c.cancel = context.WithCancelCause(c.server.ctx)
	}
	return c.ctx
}

// cancelStatement ends the running statement, if one runs.
func (c *conn) cancelStatement(cause *pgerr.Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busySince.Load() != 0 {
		c.cancel(cause)
	}
}

// longRunning tells whether the current message has run for longer than the
// interval at which clients are watched.
func (c *conn) longRunning() bool {
	since := c.busySince.Load()
	return since != 0 && time.Now().UnixNano()-since > int64(gonePollInterval)
}

// cause gives the client-visible error of err. A statement that was canceled
// reports why its context ended.
func (c *conn) cause(err error) *pgerr.Error {
	var e *pgerr.Error
	if errors.As(err, &e) {
		return e
	}
	if errors.Is(err, context.Canceled) {
		if errors.As(context.Cause(c.ctx), &e) {
			return e
		}
	}
	return pgerr.From(err)
}
