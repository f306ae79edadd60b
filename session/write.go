package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/types"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// replansMax is how often a statement is planned again because the schema
// changes under it. Clients that make temporary tables change it all the time.
const replansMax = 100

// begin starts the statement of p. done tells that it has been answered; else
// p.rows are its rows. last tells that nothing of its transaction follows.
func (s *Session) begin(ctx context.Context, p *portal, rowsMax int64, last bool, r *pgwire.Reply) (done bool, err error) {
	if err := s.refusal(p.planned.raw.Stmt); err != nil {
		return true, err
	}
	if s.block != nil && p.planned.Kind != plan.Utility {
		s.block.queried = true
	}
	switch p.planned.Kind {
	case plan.Read:
		return false, s.read(ctx, p, r)
	case plan.Write, plan.Schema:
		return s.write(ctx, p, rowsMax, last, r)
	case plan.Copy:
		return true, s.copy(ctx, p, last, r)
	case plan.Explain:
		return false, s.explain(ctx, p, r)
	}
	return s.utility(ctx, p, last, r)
}

// write runs a statement that changes data or schema.
func (s *Session) write(ctx context.Context, p *portal, rowsMax int64, last bool, r *pgwire.Reply) (done bool, err error) {
	if !p.planned.OnlyNotifies() && !p.planned.Temporary {
		if err := s.checkWritable(p.planned.Tag); err != nil {
			return true, err
		}
	}
	switch b := s.block; {
	case b == nil && last && rowsMax == 0:
		return true, s.writeAlone(ctx, p, r)
	case b == nil:
		s.beginBlock(false)
		return s.writeLater(ctx, p, rowsMax, r)
	case !b.explicit && b.workspace == nil:
		return s.writeLater(ctx, p, rowsMax, r)
	}
	return s.writeNow(ctx, p, r)
}

// checkWritable refuses writes in read-only transactions.
func (s *Session) checkWritable(tag string) error {
	readOnly := false
	if s.block != nil {
		readOnly = s.block.readOnly
	} else if v, _ := s.settings.Get("default_transaction_read_only"); v == "on" {
		readOnly = true
	}
	if readOnly {
		return pgerr.New(pgerr.ReadOnlySQLTransaction, "cannot execute %s in a read-only transaction", verb(tag))
	}
	return nil
}

// verb cuts the row count's "0" from the tag of INSERT.
func verb(tag string) string {
	if tag == "INSERT 0" {
		return "INSERT"
	}
	return tag
}

// writeAlone runs a write that is a transaction of its own.
func (s *Session) writeAlone(ctx context.Context, p *portal, r *pgwire.Reply) error {
	if !p.planned.Bounded && p.planned.Kind == plan.Write {
		if err := s.rehearse(ctx, p); err != nil {
			return err
		}
	}
	moment := s.moment()
	xact, err := s.drawAsked(ctx, p.planned)
	if err != nil {
		return err
	}
	defer s.manager.xacts.release(xact)
	for attempt := 0; ; attempt++ {
		operations := p.appendOperations(nil, 0)
		settings := s.settingsFor(operations, p.planned.Notifies)
		after, err := s.onCommitAlone(p.planned)
		if err != nil {
			return err
		}
		result, err := s.propose(ctx, &raftlog.Entry{
			Moment: moment, Settings: raftlog.WithXact(settings, xact), Dependencies: p.planned.depends,
			ChangesSchema: p.planned.Kind == plan.Schema, Operations: append(operations, after...),
		})
		if err != nil {
			return err
		}
		switch result.Status {
		case raftlog.Applied, raftlog.ResultLost:
			s.keepCreated(p.planned.createdTables())
			if p.planned.Kind == plan.Schema {
				s.awaitSchema(ctx)
			}
			var done raftlog.StatementResult
			if len(result.Statements) > 0 {
				done = result.Statements[0]
			}
			s.answer(p, &done, false, r)
			return nil
		case raftlog.Failed:
			return s.translate(p, result.Err)
		case raftlog.SchemaChanged:
			if attempt >= replansMax {
				return pgerr.New(pgerr.SerializationFailure, "the schema changed too often while the statement ran")
			}
			if err := s.replan(ctx, p); err != nil {
				return err
			}
		default:
			return unexpectedStatus(&result)
		}
	}
}

// ownSchemaWait bounds how long a session waits for its own change of the schema
// to come back to its node.
const ownSchemaWait = 2 * time.Second

// awaitSchema waits until this node has applied the change of the schema that the
// session has committed, so that its next statement is planned for it. What has
// been committed can neither be canceled nor fail any more, and no more does this.
func (s *Session) awaitSchema(ctx context.Context) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), ownSchemaWait)
	defer done()
	s.manager.config.Store.WaitApplied(ctx, s.lastIndex)
}

// replan waits for the newest schema and plans p for it.
func (s *Session) replan(ctx context.Context, p *portal) error {
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	cat, err := s.manager.current(ctx)
	if err != nil {
		return err
	}
	return s.refresh(ctx, p, cat)
}

// rehearse runs a write whose work its own text does not bound in a workspace
// first, where it can be canceled, times out and meets memory limits. Nothing
// that runs away enters the log, where nobody could stop it.
func (s *Session) rehearse(ctx context.Context, p *portal) error {
	b := s.beginBlock(false)
	b.rehearsal = true
	defer s.endBlockKeepPortals(b)
	w, err := s.openWorkspace(ctx)
	if err != nil {
		return err
	}
	if err := s.freshPlan(ctx, p); err != nil {
		return err
	}
	s.equipWrite(w.Env, p.planned.catalog)
	_, err = s.runInWorkspace(ctx, w, p.appendOperations(nil, 0))
	if err != nil {
		return s.translate(p, err)
	}
	return nil
}

// freshPlan makes sure that p is planned for the newest catalog here, and that the
// block's workspace is not older than the tables it is planned for.
func (s *Session) freshPlan(ctx context.Context, p *portal) error {
	cat, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	if err := s.refresh(ctx, p, cat); err != nil {
		return err
	}
	b := s.block
	if b == nil || b.workspace == nil || b.changesSchema || !p.planned.newerThan(b.workspace.Schema) {
		return nil
	}
	if b.oneSnapshot() && !b.rehearsal || s.readsWorkspace() {
		return errSchemaConflict()
	}
	return s.rebase(ctx)
}

// newerThan tells whether a plan is for tables as they have become after a version
// of the schema.
func (p *planned) newerThan(version raftlog.SchemaVersion) bool {
	if p.Kind == plan.Schema {
		return p.version > uint64(version)
	}
	return slices.ContainsFunc(p.depends, func(d raftlog.Dependency) bool { return d.Relation != 0 && d.Version > version })
}

// errSchemaConflict is for a transaction whose tables others have changed.
func errSchemaConflict() error {
	return pgerr.New(pgerr.SerializationFailure, "could not serialize access due to concurrent schema change").
		WithHint("The transaction might succeed if retried.")
}

// endBlockKeepPortals drops a block that was only for a rehearsal.
func (s *Session) endBlockKeepPortals(b *block) {
	s.block = nil
	s.manager.xacts.release(b.xact)
	if b.workspace != nil {
		b.workspace.Close()
	}
}

// writeLater appends a write to the implicit transaction. Its answer is held
// until the transaction ends or a later statement needs its effects.
func (s *Session) writeLater(ctx context.Context, p *portal, rowsMax int64, r *pgwire.Reply) (done bool, err error) {
	if rowsMax != 0 && p.planned.columns != nil || r.Holds() >= pgwire.HoldsMax {
		if err := s.settlePending(ctx, r); err != nil {
			return true, err
		}
		return s.writeNow(ctx, p, r)
	}
	first, statement := s.add(p)
	s.block.pending = append(s.block.pending, pendingWrite{portal: p, hold: r.Hold(), statement: statement, first: first})
	return true, nil
}

// writeNow runs a write in the workspace of the block.
func (s *Session) writeNow(ctx context.Context, p *portal, r *pgwire.Reply) (done bool, err error) {
	if err := s.settlePending(ctx, r); err != nil {
		return true, err
	}
	if p.planned.Tag == "NOTIFY" { // depends on no data, and has no result
		s.add(p)
		s.answer(p, &raftlog.StatementResult{}, false, r)
		return true, nil
	}
	w, err := s.openWorkspace(ctx)
	if err != nil {
		return true, err
	}
	if err := s.freshPlan(ctx, p); err != nil {
		return true, err
	}
	s.equipWrite(w.Env, p.planned.catalog)
	first, _ := s.add(p)
	var result raftlog.StatementResult
	if s.claims(p) {
		result, err = s.writeLocked(ctx, w, p, first)
	} else {
		result, err = s.runInWorkspace(ctx, w, s.block.operations[first:])
	}
	if err != nil {
		return true, s.translate(p, err)
	}
	if p.planned.columns != nil {
		p.rows = newValueRows(result.Rows)
		return false, nil
	}
	s.answer(p, &result, false, r)
	return true, nil
}

// appendOperations appends the operations of p's statement.
func (p *portal) appendOperations(dst []raftlog.Operation, statement int) []raftlog.Operation {
	return appendOperations(dst, p.planned.Statement, p.params, statement)
}

func appendOperations(dst []raftlog.Operation, st *plan.Statement, given []types.Value, statement int) []raftlog.Operation {
	for i := range st.Ops {
		op := &st.Ops[i]
		params := op.Params
		if params == nil {
			params = given
		}
		dst = append(dst, raftlog.Operation{
			Kind: raftlog.OpExec, Statement: statement, SQL: op.SQL, Params: params, Sets: op.Sets,
			Counts: op.Counts, Returns: op.Returns,
		})
	}
	return dst
}

// answer sends the result of a write: RETURNING rows and the tag.
func (s *Session) answer(p *portal, result *raftlog.StatementResult, describe bool, r *pgwire.Reply) {
	p.finished = true
	columns := len(p.encoders)
	if p.planned.columns == nil {
		s.complete(p, result.Changed, r)
		return
	}
	if describe {
		r.RowDescription(p.planned.columns, p.formats)
	}
	rows := newValueRows(result.Rows)
	env := s.valueEnv(p.planned.catalog)
	var n int64
	for {
		more, err := rows.next()
		if err != nil || !more {
			break
		}
		dst := r.StartRow(columns)
		for i, encode := range p.encoders {
			dst = pgwire.AppendValue(dst, encode, rows.column(i), env)
		}
		r.EndRow(dst)
		n++
	}
	if p.planned.Tag != "SELECT" {
		n = result.Changed
	}
	s.complete(p, n, r)
}

// propose carries an entry through the log.
func (s *Session) propose(ctx context.Context, e *raftlog.Entry) (raftlog.Result, error) {
	s.guard(e)
	result, index, err := s.manager.config.Log.Propose(ctx, e)
	if err != nil {
		return result, hintXact(e, err)
	}
	if result.Err != nil && result.Err.Severity == "FATAL" {
		return result, s.loseLocks()
	}
	if result.Status == raftlog.Applied || result.Status == raftlog.ResultLost {
		s.awaitOwn(ctx, e, index)
	}
	if result.Status == raftlog.Fenced && ctx.Err() != nil {
		var cause *pgerr.Error
		if errors.As(context.Cause(ctx), &cause) {
			result.Err = cause
		}
	}
	if index > s.lastIndex {
		s.lastIndex = index
	}
	for _, d := range result.Draws {
		s.currval[d.Sequence] = d.Value
		if s.block == nil || len(s.block.drawn.values[d.Sequence]) == 0 {
			s.manager.drawer.forget(d.Sequence)
		}
	}
	if result.LastDrawn != 0 {
		s.lastSeq = result.LastDrawn
	}
	return result, nil
}

// translate gives the error that PostgreSQL would report for a failed
// operation.
func (s *Session) translate(p *portal, err error) error { return s.translatePlan(p.planned, err) }

func (s *Session) translatePlan(p *planned, err error) error {
	var e *pgerr.Error
	if !errors.As(err, &e) {
		return err
	}
	return plan.TranslateError(p.catalog, p.Statement, e, rawValues, s.valueEnv(p.catalog))
}

// rawValues decodes the values that a raw error carries.
func rawValues(detail string) ([]types.Value, error) {
	var values []types.Value
	for rest := []byte(detail); len(rest) > 0; {
		var one [1]types.Value
		var err error
		if rest, err = raftlog.DecodeValues(rest, one[:]); err != nil {
			return nil, err
		}
		values = append(values, one[0])
	}
	return values, nil
}

// endsBlock tells whether a statement is allowed in a failed block.
func endsBlock(stmt ast.Stmt) bool {
	t, ok := stmt.(*ast.TransactionStmt)
	if !ok {
		return false
	}
	switch t.Kind {
	case ast.TransCommit, ast.TransRollback, ast.TransRollbackTo, ast.TransPrepare:
		return true
	}
	return false
}

func errFailedBlock() error {
	return pgerr.New(pgerr.InFailedSQLTransaction, "current transaction is aborted, commands ignored until end of transaction block")
}
