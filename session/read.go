package session

import (
	"context"
	"errors"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/plan"
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
	if s.block == nil && (p.planned.asksXact || len(p.planned.Locks) > 0) {
		s.beginBlock(false) // so that the id has an outcome, and the locks an owner
	}
	if p.planned.advisory {
		return s.readLocking(ctx, p, r)
	}
	if s.block != nil {
		if err := s.settlePending(ctx, r); err != nil {
			return err
		}
		switch b := s.block; {
		case b.readOnly && len(p.planned.Locks) > 0 && !p.planned.Temporary:
			return s.checkWritable("SELECT " + strengths[p.planned.Locks[0].Strength])
		case len(p.planned.Locks) > 0:
			return s.readLocked(ctx, p)
		case b.validates(p):
			return s.readValidated(ctx, p)
		}
		if (s.block.workspace != nil || s.block.unseen > 0) && !s.block.keepsSnapshot() && !s.block.readsFresh(p) {
			if _, err := s.openWorkspace(ctx); err != nil {
				return err
			}
			if err := s.freshPlan(ctx, p); err != nil {
				return err
			}
			return s.readWorkspace(ctx, p)
		}
	}
	if err := s.freshen(ctx); err != nil {
		return err
	}
	if s.block != nil && s.block.oneSnapshot() {
		return s.readSnapshot(ctx, p)
	}
	for range replansMax {
		done, err := s.readNewest(ctx, p)
		if done || err != nil {
			return err
		}
	}
	return errSchemaUnstable()
}

// keepsSnapshot tells whether queries go on seeing the block's snapshot although
// it has a workspace: what ran there only notified.
func (b *block) keepsSnapshot() bool { return b.readOnly && b.reader != nil }

// readSnapshot starts a query on the one snapshot of the block.
func (s *Session) readSnapshot(ctx context.Context, p *portal) error {
	b := s.block
	if b.reader == nil {
		reader, err := s.manager.config.Store.Reader(ctx)
		if err != nil {
			return err
		}
		b.reader = reader
	}
	if p.planned.version != uint64(b.reader.Schema) {
		cat, err := s.manager.at(ctx, b.reader)
		if err != nil {
			return err
		}
		if err := s.refresh(ctx, p, cat); err != nil {
			return err
		}
	}
	s.equip(b.reader.Env, p.planned.catalog)
	rows, err := s.open(ctx, p, b.reader.Conn)
	if err == nil {
		p.rows = rows
	}
	return err
}

// readNewest starts a query on the newest state: the statement itself pins it
// at its first step. done is false when the schema changed around that step
// and the plan may not fit the state.
func (s *Session) readNewest(ctx context.Context, p *portal) (done bool, err error) {
	store := s.manager.config.Store
	cat, err := s.manager.current(ctx)
	if err != nil {
		return false, err
	}
	if err := s.refresh(ctx, p, cat); err != nil {
		return false, err
	}
	reader, err := store.Lease(ctx)
	if err != nil {
		return false, err
	}
	s.equip(reader.Env, p.planned.catalog)
	rows, err := s.open(ctx, p, reader.Conn)
	if err != nil {
		reader.Release()
		return uint64(store.SchemaVersion()) == cat.Version, err
	}
	rows.reader = reader
	err = rows.first()
	if uint64(store.SchemaVersion()) != cat.Version {
		rows.close()
		return false, nil
	}
	if err != nil {
		rows.close()
		return false, err
	}
	p.rows = rows
	return true, nil
}

func errSchemaUnstable() error {
	return pgerr.New(pgerr.SerializationFailure, "the schema changed too often while the statement ran").
		WithHint("Try again.")
}

// freshen waits until this node is as new as the session's consistency level
// asks. A block that has its snapshot already keeps it.
func (s *Session) freshen(ctx context.Context) error {
	if s.block != nil && s.block.reader != nil {
		return nil
	}
	return s.reach(ctx)
}

// reach waits until this node is as new as the session's consistency level asks.
func (s *Session) reach(ctx context.Context) error {
	config := &s.manager.config
	var needed raftlog.Index
	var err error
	switch s.settings.ReadConsistency {
	case settings.Linearizable:
		needed, err = config.Log.ReadIndex(ctx)
	case settings.Bounded:
		needed, err = config.Log.ReadIndexWithin(ctx, s.settings.MaxStaleness)
	}
	if err != nil {
		return err
	}
	if needed = max(needed, s.lastIndex); config.Store.AppliedIndex() < needed {
		return config.Store.WaitApplied(ctx, needed)
	}
	return nil
}

// validates tells whether the rows that a query returns must still be the same
// when the block commits: at the levels above READ COMMITTED, if it may write,
// and for FOR UPDATE and FOR SHARE at every level. (Kung and Robinson 1981, the
// read phase: what was read is part of what is validated.) So must currval and
// lastval of sequences whose values are the block's own: in the log's order another
// transaction may have drawn the value that the client was shown. What pg_locks
// shows is not the transaction's to rely on.
func (b *block) validates(p *portal) bool {
	if b.readOnly && !b.temporary || p.planned.Kind != plan.Read || p.planned.listsLocks() {
		return false
	}
	return b.explicit && (b.oneSnapshot() || p.planned.ForUpdate) ||
		b.workspace != nil && b.ownsSequences() && asksDraws(p.planned.SQL)
}

// readValidated runs a query in the workspace and adds it to what the log
// validates.
func (s *Session) readValidated(ctx context.Context, p *portal) error {
	w, err := s.openWorkspace(ctx)
	if err != nil {
		return err
	}
	if err := s.freshPlan(ctx, p); err != nil {
		return err
	}
	s.equipWrite(w.Env, p.planned.catalog)
	b := s.block
	op := raftlog.Operation{
		Kind: raftlog.OpExec, Statement: len(b.plans), SQL: p.planned.SQL, Params: p.params, Returns: true, Read: true,
	}
	running := []raftlog.Operation{op}
	result, err := s.runInWorkspace(ctx, w, running)
	if err != nil {
		return err
	}
	op = running[0]
	op.Returns = false // the log needs the digest only
	b.operations = append(b.operations, op)
	s.note(p)
	p.rows = newValueRows(result.Rows)
	return nil
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
	return s.openText(ctx, p, conn, p.planned.querySQL())
}

// openText prepares sql on conn and binds the parameters of p.
func (s *Session) openText(ctx context.Context, p *portal, conn *sqlite.Conn, sql string) (*stmtRows, error) {
	stmt, err := conn.Prepare(sql)
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
	rows := &stmtRows{stmt: stmt, conn: conn, watcher: &s.watcher, ctx: ctx}
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
	env.Transactions = (*sessionXact)(s)
}

// equipQuery makes the environment of the workspace answer for a query. Its
// time, randomness and sequences stay those of the transaction.
func (s *Session) equipQuery(env *builtin.Env, cat *catalog.Catalog) {
	env.Clock = s.clock
	env.Session = (*sessionFacts)(s)
	env.Catalog = s.catalogFacts(cat)
	env.Sequences = blockSequences{s.block.sequences, (*sessionSequences)(s)}
	env.Transactions = (*sessionXact)(s)
}

// equipWrite makes the environment of the workspace answer for a write as the
// state machine will when it applies the same operation.
func (s *Session) equipWrite(env *builtin.Env, cat *catalog.Catalog) {
	env.Clock = nil
	env.Session = ReplayFacts(s.settings.WithTemporary(s.temporary.schema()))
	env.Sequences = blockSequences{s.block.sequences, (*sessionSequences)(s)}
	env.Transactions = writeXact{(*sessionXact)(s)}
	env.Catalog = ReplayCatalog(env, func() *catalog.Catalog { return cat })
}

func (s *Session) clock() int64 { return microseconds(s.manager.config.Now()) }

// stmtRows are the rows of a running SQLite statement.
type stmtRows struct {
	stmt    *sqlite.Stmt
	conn    *sqlite.Conn
	reader  *sqlfsm.Reader // released at the end when set
	watcher *watcher
	ctx     context.Context // of the client's statement that wants rows now
	peeked  bool            // the first step was made; more is what it said
	more    bool
	done    bool // SQLite begins anew when it is asked for rows after the last
}

// watch makes the end of ctx interrupt the statement until unwatch.
func (q *stmtRows) watch(ctx context.Context) {
	q.ctx = ctx
	q.watcher.begin(ctx, q.conn)
}

func (q *stmtRows) unwatch() { q.watcher.end() }

// first makes the first step, which pins the state that the statement sees.
func (q *stmtRows) first() error {
	q.watch(q.ctx)
	defer q.unwatch()
	more, err := q.stmt.Step()
	q.peeked, q.more = true, more
	if err != nil {
		return q.failure(err)
	}
	return nil
}

func (q *stmtRows) next() (bool, error) {
	if q.done {
		return false, nil
	}
	if q.peeked {
		q.peeked, q.done = false, !q.more
		return q.more, nil
	}
	more, err := q.stmt.Step()
	if err != nil {
		return false, q.failure(err)
	}
	q.done = !more
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
