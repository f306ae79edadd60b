package sqlfsm

import (
	"context"
	"errors"
	"fmt"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/types"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// WorkspaceConfig is the circumstances of a transaction.
type WorkspaceConfig struct {
	Moment      raftlog.Moment
	Settings    []raftlog.Setting
	MemoryLimit int64 // bytes of changed pages; 0 is WorkspaceMemoryDefault
}

// WorkspaceMemoryDefault is the default limit of changed pages.
const WorkspaceMemoryDefault = 64 << 20

// Workspace is a private, writable view of one committed state: what a
// transaction does before it is proposed. Nothing of it reaches the file.
// Operations give the results, and the digests, that they would give in apply
// on the same state. It belongs to one goroutine at a time.
type Workspace struct {
	Conn   *sqlite.Conn
	Env    *builtin.Env
	Index  raftlog.Index         // the last entry in the state
	Schema raftlog.SchemaVersion // the schema's version in it

	store   *Store
	lease   lease
	view    *view
	moment  raftlog.Moment
	results [1]raftlog.StatementResult
}

// view is the connection of a workspace, used by one after the other.
type view struct {
	connection
	pin         *sqlite.Conn // tells the overlay which file; reads nothing
	overlay     *sqlite.Overlay
	memoryLimit int64
	executor    executor
	sequences   *sequences
}

// Workspace opens a view of the state as it is now.
func (s *Store) Workspace(ctx context.Context, config WorkspaceConfig) (*Workspace, error) {
	w := &Workspace{store: s, moment: config.Moment}
	if config.MemoryLimit == 0 {
		config.MemoryLimit = WorkspaceMemoryDefault
	}
	if _, err := s.readers.admit(ctx, &w.lease, false); err != nil {
		return nil, err
	}
	if err := w.open(config); err != nil {
		return nil, errors.Join(fmt.Errorf("open workspace: %w", err), w.Close())
	}
	return w, nil
}

func (w *Workspace) open(config WorkspaceConfig) (err error) {
	s := w.store
	if w.view = s.readers.takeView(config.MemoryLimit); w.view != nil {
		err = w.view.overlay.Begin()
	} else {
		w.view, err = s.openView(config.MemoryLimit)
	}
	if err != nil {
		return err
	}
	w.Conn, w.Env = w.view.conn, w.view.env
	s.readers.started(&w.lease, w.Conn.Interrupt)
	w.Env.Sequences = w.view.sequences
	w.view.sequences.forget()
	w.view.sequences.source = nil
	if err := s.config.Settings(w.Env, config.Settings); err != nil {
		return err
	}
	return w.locate()
}

// openView opens a connection for workspaces and begins its first.
func (s *Store) openView(memoryLimit int64) (*view, error) {
	pin, err := sqlite.Open(sqlite.Config{Path: s.path, ReadOnly: true, CacheKiB: 64})
	if err != nil {
		return nil, err
	}
	overlay := sqlite.NewOverlay(pin, memoryLimit)
	conn, err := overlay.Open(sqlite.Config{CacheKiB: s.config.ReaderCacheKiB, ValueBytesMax: valueBytesMax})
	if err != nil {
		return nil, errors.Join(err, pin.Close())
	}
	own, err := s.equip(conn)
	if err != nil {
		return nil, errors.Join(err, pin.Close())
	}
	v := &view{connection: *own, pin: pin, overlay: overlay, memoryLimit: memoryLimit}
	v.executor.attach(conn, v.env)
	v.sequences = newSequences(conn)
	return v, nil
}

// takeView returns an idle view with the memory limit, or nil.
func (p *pool) takeView(memoryLimit int64) *view {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, _ := p.views.take(func(v *view) bool { return v.memoryLimit == memoryLimit })
	return v
}

// giveBackView ends a workspace's lease and keeps its view for the next.
func (p *pool) giveBackView(v *view, l *lease) error {
	err := errors.Join(v.executor.checkAgain(), v.overlay.End())
	v.env.Catalog, v.env.Session, v.env.Sequences, v.env.Clock = nil, nil, nil, nil
	v.env.Transactions = nil
	keep := p.finished(l) && err == nil
	v.conn.ClearInterrupt()
	p.mu.Lock()
	if keep = keep && !p.closed && l.generation == p.generation; keep {
		p.views.put(v)
	}
	p.mu.Unlock()
	if !keep {
		p.store.closeView(v)
	}
	return err
}

func (s *Store) closeView(v *view) {
	s.closeQuietly(v.conn)
	s.closeQuietly(v.pin)
}

// locate reads which state the view is of, and starts the Moment.
func (w *Workspace) locate() error {
	at, err := loadApplied(w.Conn)
	if err != nil {
		return err
	}
	schema, err := w.Conn.QueryInt64("SELECT schema FROM polyreme_applied")
	if err != nil {
		return err
	}
	w.Index, w.Schema = at.index, raftlog.SchemaVersion(schema)
	w.view.executor.begin(w.moment)
	return nil
}

// Rebase drops all changes and takes the state as it is now.
func (w *Workspace) Rebase() error {
	if err := errors.Join(w.view.executor.checkAgain(), w.view.overlay.Reset()); err != nil {
		return w.Err(err)
	}
	w.view.sequences.forget()
	return w.locate()
}

// Run executes an operation. The result's Digest is what Operation.Expect must
// hold for the operation to be validated when the transaction is applied. After
// an error the operation has changed nothing, unless SQLite rolled the whole
// transaction back (Lost).
func (w *Workspace) Run(op *raftlog.Operation) (raftlog.StatementResult, error) {
	w.results[0] = raftlog.StatementResult{}
	w.view.sequences.mark()
	w.Env.Notifier = unheard{}
	defer func() { w.Env.Notifier = nil }() // a query by other means notifies nobody
	w.view.executor.next(op)
	w.Conn.SetVMStepLimit(w.store.config.stepsMax) // as in apply
	defer w.Conn.SetVMStepLimit(0)
	if err := w.view.run(op, &w.results[0]); err != nil {
		return raftlog.StatementResult{}, w.clientError(op, err)
	}
	result := w.results[0]
	result.Digest = append([]byte(nil), w.view.executor.digest...)
	return result, nil
}

// run executes an operation that a transaction may have.
func (v *view) run(op *raftlog.Operation, result *raftlog.StatementResult) error {
	v.executor.digest = v.executor.digest[:0] // a staged operation has none
	return v.executor.run(0, op, result, true)
}

// clientError makes the error that the same failure gives in apply.
func (w *Workspace) clientError(op *raftlog.Operation, err error) error {
	if cause := w.Err(err); cause != err { //nolint:errorlint // the very same error is meant
		return cause
	}
	switch {
	case errors.Is(err, sqlite.ErrStepLimit):
		return clientError(err)
	case sqlite.Classify(err) != sqlite.Deterministic || w.Lost():
		return err
	}
	client, fault := explain(w.Conn, err, op.SQL, func(edit func(string) string, enough func() bool) error {
		restore := w.view.sequences.rewind()
		w.view.executor.edit, w.view.executor.enough = edit, enough
		w.view.executor.again()
		var result raftlog.StatementResult
		err := w.view.run(op, &result)
		w.view.executor.edit, w.view.executor.enough = nil, nil
		restore()
		return err
	})
	if fault != nil {
		return fault
	}
	return client
}

// DrawFrom has nextval give the values of source, which the entry must bring when
// the transaction is applied (raftlog.ValuesSetting); with false, those that follow
// in the workspace.
func (w *Workspace) DrawFrom(source func(oid uint32) (value int64, ok bool, err error)) {
	w.view.sequences.source = source
}

// Digest returns the digest of rows that were read from Conn by other means
// than Run, of an operation that changes nothing.
func (w *Workspace) Digest(columns int, rows func(yield func([]types.Value) bool)) []byte {
	w.view.executor.startDigest()
	for row := range rows {
		w.view.executor.digester.Row(row)
	}
	return w.view.executor.digester.Sum(nil, columns, 0)
}

// Lost tells whether SQLite has rolled the transaction back by itself: the
// memory limit, an interrupt. Nothing but Rebase or Close is left then.
func (w *Workspace) Lost() bool { return !w.Conn.InTransaction() }

// Savepoint, RollbackTo and Release work as SQL's of the same names.
func (w *Workspace) Savepoint(name string) error { return w.Conn.Savepoint(name) }

// RollbackTo undoes what was done since the savepoint, but for DeferConstraints.
func (w *Workspace) RollbackTo(name string) error {
	w.view.sequences.forget()
	w.view.executor.restart()
	return errors.Join(w.view.executor.enforce(), w.Conn.RollbackTo(name))
}

// Release ends the savepoint and keeps what was done.
func (w *Workspace) Release(name string) error { return w.Conn.Release(name) }

// Err returns err, or what the client is to be told instead when the workspace
// was ended from outside.
func (w *Workspace) Err(err error) error { return w.lease.err(err) }

// Ended is closed when the workspace is ended from outside.
func (w *Workspace) Ended() <-chan struct{} { return w.lease.ended }

// Close drops everything. Statements must have been released. It is idempotent.
func (w *Workspace) Close() error {
	if w.store == nil {
		return nil
	}
	readers := &w.store.readers
	v := w.view
	w.store, w.Conn, w.view = nil, nil, nil
	if v == nil {
		readers.finished(&w.lease)
		return nil
	}
	return readers.giveBackView(v, &w.lease)
}
