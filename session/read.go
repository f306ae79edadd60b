package session

import (
	"context"
	"errors"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/settings"
	"polyreme/pgsql/types"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm"
	"polyreme/sqlfsm/sqlite"
)

// read starts a query: its rows come from the workspace of the block, from the
// block's snapshot, or from a snapshot of its own.
func (s *Session) read(ctx context.Context, p *portal, r *pgwire.Reply) error {
	if s.block != nil {
		if err := s.settlePending(ctx, r); err != nil {
			return err
		}
		if s.block.workspace != nil || s.block.unseen {
			if _, err := s.openWorkspace(ctx); err != nil {
				return err
			}
			return s.readWorkspace(ctx, p)
		}
	}
	reader, owned, err := s.reader(ctx)
	if err != nil {
		return err
	}
	rows, err := s.query(ctx, p, reader)
	if err != nil {
		if owned {
			reader.Release()
		}
		return err
	}
	if owned {
		rows.reader = reader
	}
	p.rows = rows
	return nil
}

// reader returns the snapshot for the next query, and whether the caller must
// release it.
func (s *Session) reader(ctx context.Context) (*sqlfsm.Reader, bool, error) {
	if s.block != nil && s.block.reader != nil {
		return s.block.reader, false, nil
	}
	reader, err := s.snapshot(ctx)
	if err != nil {
		return nil, false, err
	}
	if s.block != nil && s.block.oneSnapshot() {
		s.block.reader = reader
		return reader, false, nil
	}
	return reader, true, nil
}

// snapshot takes a read snapshot that is as new as the session's consistency
// level asks.
func (s *Session) snapshot(ctx context.Context) (*sqlfsm.Reader, error) {
	config := &s.manager.config
	index := s.lastIndex
	var needed raftlog.Index
	var err error
	switch s.settings.ReadConsistency {
	case settings.Linearizable:
		needed, err = config.Log.ReadIndex(ctx)
	case settings.Bounded:
		needed, err = config.Log.ReadIndexWithin(ctx, s.settings.MaxStaleness)
	}
	if err != nil {
		return nil, err
	}
	index = max(index, needed)
	if config.Store.AppliedIndex() < index {
		if err := config.Store.WaitApplied(ctx, index); err != nil {
			return nil, err
		}
	}
	return config.Store.Reader(ctx)
}

// query prepares and binds the statement of p on the snapshot.
func (s *Session) query(ctx context.Context, p *portal, reader *sqlfsm.Reader) (*stmtRows, error) {
	if p.planned.version != uint64(reader.Schema) {
		cat, err := s.manager.at(ctx, reader)
		if err != nil {
			return nil, err
		}
		if err := s.refresh(ctx, p, cat); err != nil {
			return nil, err
		}
	}
	s.equip(reader.Env, p.planned.catalog)
	return s.open(ctx, p, reader.Conn)
}

// readWorkspace starts a query in the workspace of the block.
func (s *Session) readWorkspace(ctx context.Context, p *portal) error {
	s.equipQuery(s.block.workspace.Env, p.planned.catalog)
	rows, err := s.open(ctx, p, s.block.workspace.Conn)
	if err != nil {
		return err
	}
	p.rows = rows
	return nil
}

// open prepares and binds the statement of p on conn.
func (s *Session) open(ctx context.Context, p *portal, conn *sqlite.Conn) (*stmtRows, error) {
	stmt, err := conn.Prepare(p.planned.querySQL())
	if err != nil {
		return nil, err
	}
	n := min(stmt.ParameterCount(), len(p.params))
	for i := range n {
		if err := stmt.Bind(i+1, p.params[i]); err != nil {
			stmt.Release()
			return nil, err
		}
	}
	rows := &stmtRows{stmt: stmt, conn: conn}
	rows.watch(ctx)
	return rows, nil
}

// equip makes env answer for this session and the query that begins.
func (s *Session) equip(env *builtin.Env, cat *catalog.Catalog) {
	m := s.statementMoment()
	env.Types = *s.valueEnv(cat)
	env.Begin(m.Time, m.Seed)
	env.Clock = s.clock
	env.StatementTime = s.clock()
	env.Session = (*sessionFacts)(s)
	env.Catalog = s.catalogFacts(cat)
	env.Sequences = (*sessionSequences)(s)
}

// equipQuery makes the environment of the workspace answer for a query. Its
// time, randomness and sequences stay those of the transaction.
func (s *Session) equipQuery(env *builtin.Env, cat *catalog.Catalog) {
	env.Clock = s.clock
	env.Session = (*sessionFacts)(s)
	env.Catalog = s.catalogFacts(cat)
}

// equipWrite makes the environment of the workspace answer for a write as the
// state machine will when it applies the same operation.
func (s *Session) equipWrite(env *builtin.Env, cat *catalog.Catalog) {
	env.Clock = nil
	env.Session = ReplayFacts(s.settings)
	env.Catalog = ReplayCatalog(env, func() *catalog.Catalog { return cat })
}

func (s *Session) clock() int64 { return microseconds(s.manager.config.Now()) }

// stmtRows are the rows of a running SQLite statement.
type stmtRows struct {
	stmt   *sqlite.Stmt
	conn   *sqlite.Conn
	reader *sqlfsm.Reader // released at the end when set
	ctx    context.Context
	stop   func() bool
	ended  chan struct{} // closed when an interrupt has been delivered
}

// watch makes the end of ctx interrupt the statement, until unwatch.
func (q *stmtRows) watch(ctx context.Context) {
	q.unwatch()
	q.ctx = ctx
	if q.stmt == nil || ctx.Done() == nil {
		return
	}
	ended := make(chan struct{})
	conn := q.conn
	q.ended = ended
	q.stop = context.AfterFunc(q.ctx, func() {
		conn.Interrupt()
		close(ended)
	})
}

// unwatch ends watch: rows that wait for the client are not interrupted.
func (q *stmtRows) unwatch() {
	if q.stop != nil && !q.stop() {
		<-q.ended
		q.conn.ClearInterrupt()
	}
	q.stop = nil
}

func (q *stmtRows) next() (bool, error) {
	more, err := q.stmt.Step()
	if err != nil {
		return false, q.failure(err)
	}
	return more, nil
}

// failure gives the reason of an interrupt.
func (q *stmtRows) failure(err error) error {
	if errors.Is(err, sqlite.ErrInterrupted) {
		if cause := context.Cause(q.ctx); cause != nil {
			return cause
		}
		if q.reader != nil {
			return q.reader.Err(err)
		}
	}
	return err
}

func (q *stmtRows) column(i int) types.Value { return q.stmt.Column(i) }

func (q *stmtRows) close() {
	if q.stmt == nil {
		return
	}
	q.unwatch()
	q.stmt.Release()
	q.stmt = nil
	if q.reader != nil {
		q.reader.Release()
		q.reader = nil
	}
}

// failure turns what went wrong in a statement into the error for the client.
func (s *Session) failure(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var e *pgerr.Error
	if errors.As(err, &e) {
		return e
	}
	if cause := context.Cause(ctx); cause != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sqlite.ErrInterrupted)) {
		return cause
	}
	return pgerr.From(err)
}
