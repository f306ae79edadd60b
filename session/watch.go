package session

import (
	"context"
	"sync"

	"polyreme/sqlfsm/sqlite"
)

// watcher interrupts the running SQLite statement of a session when the
// statement's context ends. One registration serves all statements under the
// same context, so that a short statement costs two locks.
type watcher struct {
	stop func() bool // ends the registration for ctx

	mu   sync.Mutex // guards what follows
	ctx  context.Context
	conn *sqlite.Conn // runs a statement now, or nil
}

// begin watches a statement that runs on conn until end.
func (w *watcher) begin(ctx context.Context, conn *sqlite.Conn) {
	if ctx.Done() == nil {
		return
	}
	w.mu.Lock()
	same := w.ctx == ctx
	w.ctx, w.conn = ctx, conn
	w.mu.Unlock()
	if !same {
		w.forget()
		w.stop = context.AfterFunc(ctx, func() { w.interrupt(ctx) })
	}
	if ctx.Err() != nil {
		w.interrupt(ctx)
	}
}

// running is the context of the statement that runs.
func (w *watcher) running() context.Context {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx == nil {
		return context.Background()
	}
	return w.ctx
}

// interrupt ends the statement that runs under ctx, if one does.
func (w *watcher) interrupt(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx == ctx && w.conn != nil {
		w.conn.Interrupt()
	}
}

// end tells that the statement has returned. The connection can be used again.
func (w *watcher) end() {
	w.mu.Lock()
	conn, ctx := w.conn, w.ctx
	w.conn = nil
	w.mu.Unlock()
	if conn != nil && ctx.Err() != nil {
		conn.ClearInterrupt()
	}
}

// forget ends the registration.
func (w *watcher) forget() {
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
}
