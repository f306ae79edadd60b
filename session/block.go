package session

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/settings"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm"
	"polyreme/sqlfsm/sqlite"
)

// block is a transaction in progress: explicit from BEGIN on, implicit for the
// statements before one Sync or of one query string.
type block struct {
	explicit  bool
	failed    bool
	isolation ast.Isolation
	readOnly  bool
	// deferrable is what SHOW transaction_deferrable says.
	deferrable bool
	queried    bool // a statement has seen data
	moment     raftlog.Moment
	began      *settings.State // the settings to return to on rollback
	end        time.Time       // by transaction_timeout; zero for never
	xact       int64           // the transaction's id, 0 for none

	// catalog is the schema after the block's own DDL, nil without any.
	catalog       *catalog.Catalog
	changesSchema bool
	base          uint64          // version of the catalog that the first DDL was planned against
	created       []plan.OnCommit // temporary tables with ON COMMIT, in the order of their creation
	temporary     bool            // the session had temporary relations before: a read-only block may write

	// wrote has the tables that the block may have changed rows of.
	wrote map[uint32]bool

	operations []raftlog.Operation // in order
	plans      []*planned          // by number of statement
	given      []given             // by number of statement
	depends    map[uint32]raftlog.SchemaVersion

	// pending are writes that have not run yet. Their operations are the last
	// ones, and their answers are held.
	pending []pendingWrite

	drawn     drawnValues
	rehearsal bool // it ends without an entry

	workspace *sqlfsm.Workspace
	sequences builtin.Sequences // the workspace's own
	// unseen is how many operations the workspace has to run before it is used again:
	// the last of them is a large COPY, whose rows came through the log.
	unseen int
	// checksAtOnce tells that deferred constraints are checked after each statement.
	checksAtOnce bool
	// lost tells that the workspace is gone with what the block did in it.
	lost   bool
	reader *sqlfsm.Reader // the one snapshot of a block that has one

	owner     uint64 // of its locks, 0 for none
	claimed   claimedItems
	committed raftlog.Index // where the log has it, 0 until then

	savepoints []savepoint
	restarts   bool                   // the first of them is cockroach_restart
	eager      bool                   // it claims what it writes in any case
	over       bool                   // it has committed and waits for COMMIT
	listens    []listenChange         // LISTEN and UNLISTEN, for the end of the block
	locks      []raftlog.AdvisoryLock // the transaction asked for, in order
}

// pendingWrite is a write whose outcome is decided at the end of the block.
type pendingWrite struct {
	portal    *portal
	hold      int // place of its answer in the reply
	statement int
	first     int // its first operation
	describe  bool
}

// savepoint is where ROLLBACK TO returns to.
type savepoint struct {
	name          string
	operations    int
	catalog       *catalog.Catalog
	changesSchema bool
	settings      *settings.State
	base          *settings.State
	inWorkspace   bool
	drawn         map[uint32]int
	listens       int
	locks         int
	checksAtOnce  bool
	readOnly      bool
	claimed       int
	created       int
}

// oneSnapshot tells whether all queries of the block see the same snapshot.
func (b *block) oneSnapshot() bool {
	return b.isolation == ast.RepeatableRead || b.isolation == ast.Serializable
}

// beginBlock starts a transaction.
func (s *Session) beginBlock(explicit bool) *block {
	b := &block{explicit: explicit, moment: s.moment(), began: s.base, depends: map[uint32]raftlog.SchemaVersion{}, wrote: map[uint32]bool{}}
	b.isolation = isolationOf(s.settings, "default_transaction_isolation")
	readOnly, _ := s.settings.Get("default_transaction_read_only")
	b.readOnly, b.temporary = readOnly == "on", s.temporary.number != 0
	deferrable, _ := s.settings.Get("default_transaction_deferrable")
	b.deferrable = deferrable == "on"
	b.end = s.transactionEnd()
	s.block = b
	return b
}

func isolationOf(state *settings.State, name string) ast.Isolation {
	level, _ := state.Get(name)
	switch level {
	case "serializable":
		return ast.Serializable
	case "repeatable read":
		return ast.RepeatableRead
	case "read uncommitted":
		return ast.ReadUncommitted
	}
	return ast.ReadCommitted
}

// endBlock releases what the transaction holds. It neither commits nor
// changes settings.
func (s *Session) endBlock() {
	b := s.block
	if b == nil {
		return
	}
	s.releaseTransaction(0)
	s.block = nil
	s.manager.xacts.release(b.xact)
	for name, p := range s.portals {
		p.close()
		delete(s.portals, name)
	}
	for name, c := range s.cursors {
		if !c.hold {
			delete(s.cursors, name)
		}
	}
	if b.workspace != nil {
		b.workspace.Close()
	}
	if b.reader != nil {
		b.reader.Release()
	}
	s.releaseRows(b)
}

// rollback ends the transaction without its effects.
func (s *Session) rollback() {
	b := s.block
	if b == nil {
		return
	}
	s.endBlock()
	s.base = b.began
	s.setSettings(b.began)
}

// statementMoment is the time and randomness for the statement that begins:
// the transaction's.
func (s *Session) statementMoment() raftlog.Moment {
	if s.block != nil {
		return s.block.moment
	}
	return s.moment()
}

// add appends the operations of a statement to the transaction.
func (s *Session) add(p *portal) (first, statement int) {
	b := s.block
	first, statement = len(b.operations), s.note(p)
	b.operations = p.appendOperations(b.operations, statement)
	return first, statement
}

// noteWrite notes a table that is written, and those that its foreign keys'
// actions write.
func (b *block) noteWrite(cat *catalog.Catalog, relation uint32) {
	if b.wrote[relation] {
		return
	}
	b.wrote[relation] = true
	for _, ref := range cat.ReferencingForeignKeys(relation) {
		if acts(ref.Constraint.OnDelete) || acts(ref.Constraint.OnUpdate) {
			b.noteWrite(cat, ref.Relation.OID)
		}
	}
}

// acts tells whether a foreign key's action changes rows.
func acts(action byte) bool { return action != 'a' && action != 'r' && action != 0 }

// readsFresh tells whether a query may run outside of the block's workspace: at
// READ COMMITTED each statement sees what is committed when it begins, and the
// block's own changes are not among what this one reads.
func (b *block) readsFresh(p *portal) bool {
	if b.oneSnapshot() || b.changesSchema || b.unseen > 0 || p.planned.UsesSequence || len(p.planned.ReadsRelations) == 0 {
		return false
	}
	for _, relation := range p.planned.ReadsRelations {
		if b.wrote[relation] {
			return false
		}
	}
	return true
}

// depend records what the plan depends on. Within a transaction that changes
// the schema everything depends on the version it began with.
func (b *block) depend(p *planned) {
	if p.Kind != plan.Read {
		for _, relation := range p.ReadsRelations {
			b.noteWrite(p.catalog, relation)
		}
	}
	if p.Kind != plan.Schema && !b.changesSchema {
		for _, d := range p.depends {
			b.depends[d.Relation] = d.Version
		}
		return
	}
	if !b.changesSchema {
		b.base = p.version
	}
	b.changesSchema = true
	if p.NewCatalog != nil {
		b.catalog = p.NewCatalog
	}
}

// openWorkspace makes the workspace of the block, if it has none yet, and has it run
// what it has not seen.
func (s *Session) openWorkspace(ctx context.Context) (*sqlfsm.Workspace, error) {
	b := s.block
	if b.unseen == 0 {
		return s.newWorkspace(ctx)
	}
	if err := s.manager.config.Store.WaitApplied(ctx, s.lastIndex); err != nil {
		return nil, err
	}
	old := b.workspace
	w, err := s.newWorkspace(ctx)
	if err != nil {
		return nil, err
	}
	if w == old { // its state does not have the rows
		if err := w.Rebase(); err != nil {
			return nil, s.workspaceFailed(ctx, w, err)
		}
	}
	unseen := b.unseen
	b.unseen = 0
	return w, s.replay(ctx, w, len(b.savepoints), unseen)
}

// newWorkspace returns the workspace of the block.
func (s *Session) newWorkspace(ctx context.Context) (*sqlfsm.Workspace, error) {
	b := s.block
	if b.workspace != nil {
		return b.workspace, nil
	}
	if err := s.freshen(ctx); err != nil {
		return nil, err
	}
	w, err := s.manager.config.Store.Workspace(ctx, sqlfsm.WorkspaceConfig{
		Moment: b.moment, Settings: s.entrySettings(), MemoryLimit: s.settings.WorkspaceBytes,
	})
	if err != nil {
		return nil, err
	}
	b.workspace, b.sequences = w, w.Env.Sequences
	w.DrawFrom(s.drawValue)
	return w, b.keepSnapshot()
}

// keepSnapshot sets the savepoints that came before the workspace also in it, so
// that ROLLBACK TO one of them leaves a block with one snapshot that snapshot.
func (b *block) keepSnapshot() error {
	if !b.oneSnapshot() || len(b.operations) > 0 { // else they are set at their places
		return nil
	}
	for i := range b.savepoints {
		if sp := &b.savepoints[i]; !sp.inWorkspace {
			if err := b.workspace.Savepoint(savepointName(i)); err != nil {
				return err
			}
			sp.inWorkspace = true
		}
	}
	return nil
}

// runInWorkspace runs the operations of one statement, whose digests become
// what the log must find again. SQLite ends the whole transaction when a write
// is interrupted or runs out of memory: the workspace is dropped then, and
// made again by ROLLBACK TO.
func (s *Session) runInWorkspace(ctx context.Context, w *sqlfsm.Workspace, operations []raftlog.Operation) (raftlog.StatementResult, error) {
	s.watcher.begin(ctx, w.Conn)
	defer s.watcher.end()
	var result raftlog.StatementResult
	for i := range operations {
		op := &operations[i]
		got, err := w.Run(op)
		if err != nil {
			return result, s.workspaceFailed(ctx, w, err)
		}
		if op.Counts || op.Returns { // the client is shown nothing of the others
			op.Expect = got.Digest
		}
		if op.Counts {
			result.Changed += got.Changed
		}
		if op.Returns {
			result.Rows = got.Rows
		}
	}
	if s.block != nil && s.block.checksAtOnce {
		return result, w.CheckConstraints()
	}
	return result, nil
}

// workspaceFailed gives the reason of a failure in the workspace, which is
// dropped when its transaction is gone.
func (s *Session) workspaceFailed(ctx context.Context, w *sqlfsm.Workspace, err error) error {
	if errors.Is(err, sqlite.ErrInterrupted) {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
	}
	if s.block != nil && s.block.workspace == w && w.Lost() {
		s.watcher.end()
		w.Close()
		s.block.workspace, s.block.lost = nil, true
	}
	return err
}

// rebuild makes the workspace again that was lost, as it was at savepoint
// number at.
func (s *Session) rebuild(ctx context.Context, at int) error {
	b := s.block
	b.lost, b.unseen = false, 0
	w, err := s.newWorkspace(ctx)
	if err != nil {
		return err
	}
	cat, err := s.workspaceCatalog(ctx, w)
	switch {
	case err != nil:
		return err
	case b.outdated(cat):
		return errSchemaConflict()
	}
	return s.replay(ctx, w, at+1, b.savepoints[at].operations)
}

// replay runs the first operations of the block again in a fresh workspace, with
// the first savepoints at their places. The results must be what the client was
// shown.
func (s *Session) replay(ctx context.Context, w *sqlfsm.Workspace, savepoints, operations int) error {
	b := s.block
	s.equipWrite(w.Env, b.catalog)
	s.watcher.begin(ctx, w.Conn)
	defer s.watcher.end()
	b.drawn.again()
	done := 0
	run := func(until int) error {
		for ; done < until; done++ {
			op := &b.operations[done]
			got, err := w.Run(op)
			if err != nil {
				err = s.workspaceFailed(ctx, w, err)
				if p := b.plans[op.Statement]; p != nil {
					err = s.translatePlan(p, err)
				}
				return err
			}
			if op.Expect != nil && !bytes.Equal(op.Expect, got.Digest) {
				return b.conflict(op.Statement)
			}
		}
		return nil
	}
	for i := range b.savepoints[:savepoints] {
		sp := &b.savepoints[i]
		if err := run(sp.operations); err != nil {
			return err
		}
		if err := w.Savepoint(savepointName(i)); err != nil {
			return err
		}
		sp.inWorkspace = true
	}
	return run(operations)
}

// settlePending runs the pending writes in a workspace, so that what follows
// sees their effects and the client has its answers.
func (s *Session) settlePending(ctx context.Context, r *pgwire.Reply) error {
	b := s.block
	if b == nil || len(b.pending) == 0 {
		return nil
	}
	pending := b.pending
	w, err := s.openWorkspace(ctx)
	if err == nil {
		err = s.fitPending(ctx, w)
	}
	b.pending = nil
	if err != nil {
		r.SettleBefore(pending[0].hold)
		return err
	}
	if err := s.fillPending(ctx, w, pending, len(b.operations), r); err != nil {
		return err
	}
	r.Settle()
	return nil
}

// settleBefore is settlePending before the statement of p, which has to fit the schema
// that the block has then.
func (s *Session) settleBefore(ctx context.Context, p *portal, r *pgwire.Reply) error {
	if err := s.settlePending(ctx, r); err != nil || s.block == nil || s.block.catalog == nil {
		return err
	}
	return s.refresh(ctx, p, s.block.catalog)
}

// fitPending plans the pending writes again where the workspace has another schema
// than they were planned for.
func (s *Session) fitPending(ctx context.Context, w *sqlfsm.Workspace) error {
	cat, err := s.workspaceCatalog(ctx, w)
	if err != nil || !s.block.outdated(cat) {
		return err
	}
	return s.replanPending(ctx, s.block, cat)
}

// fillPending runs pending writes, whose operations end before number last, in
// the workspace and fills in their answers.
func (s *Session) fillPending(ctx context.Context, w *sqlfsm.Workspace, pending []pendingWrite, last int, r *pgwire.Reply) error {
	b := s.block
	for i, write := range pending {
		end := last
		if i+1 < len(pending) {
			end = pending[i+1].first
		}
		s.equipWrite(w.Env, write.portal.planned.catalog)
		result, err := s.runInWorkspace(ctx, w, b.operations[write.first:end])
		if err != nil {
			r.SettleBefore(write.hold)
			return s.translate(write.portal, err)
		}
		r.Fill(write.hold)
		s.answer(write.portal, &result, write.describe, r)
		r.EndFill()
	}
	return nil
}

// Flush implements pgwire.Session.
func (s *Session) Flush(ctx context.Context, r *pgwire.Reply) error {
	limited, done := s.limit(ctx)
	defer done()
	if err := s.settlePending(limited, r); err != nil {
		s.Fail()
		return s.failure(limited, err)
	}
	return nil
}

// Sync implements pgwire.Session.
func (s *Session) Sync(ctx context.Context, r *pgwire.Reply) error {
	defer s.report(r)
	b := s.block
	if b == nil {
		s.dropPortals()
		return nil
	}
	if b.explicit {
		return s.Flush(ctx, r)
	}
	if b.failed {
		r.Settle()
		s.rollback()
		return nil
	}
	limited, done := s.limit(ctx)
	defer done()
	if err := s.commit(limited, r); err != nil {
		return s.failure(limited, err)
	}
	return nil
}

// dropPortals ends the portals of a transaction that is over.
func (s *Session) dropPortals() {
	for name, p := range s.portals {
		p.close()
		delete(s.portals, name)
	}
}

// writes tells whether the transaction changes anything. One that only read
// saw one state, and has nothing to validate.
func (b *block) writes() bool {
	for i := range b.operations {
		if !b.operations[i].Read {
			return true
		}
	}
	return false
}

// commit makes the transaction's effects permanent. Whatever the outcome, the
// transaction is over afterwards.
func (s *Session) commit(ctx context.Context, r *pgwire.Reply) error {
	b := s.block
	next, err := s.prepareListening(ctx, b.listens)
	if err != nil {
		s.giveUpPending(b, 0, r)
		s.rollback()
		return err
	}
	committed := false
	defer func() {
		if !committed {
			s.undoListening(next)
		}
	}()
	if b.writes() || b.xact != 0 {
		err = s.commitLog(ctx, b, r)
	} else {
		// DROP … IF EXISTS of nothing writes nothing, and waits to be answered.
		s.answerPending(b, &raftlog.Result{}, r)
	}
	if err != nil {
		s.rollback()
		return err
	}
	b.committed = s.lastIndex
	committed = true
	s.keepCreated(b.created)
	s.commitListening(next)
	s.finish()
	return nil
}

// finish ends a committed transaction: SET LOCAL ends with it.
func (s *Session) finish() {
	s.endBlock()
	s.setSettings(s.base)
}

// entry makes the log entry of the transaction. One that only read has none but
// for its id.
func (s *Session) entry(ctx context.Context, b *block) (*raftlog.Entry, error) {
	if !b.writes() {
		return &raftlog.Entry{Moment: b.moment, Settings: raftlog.WithXact(nil, b.xact)}, nil
	}
	cat, err := s.catalog(ctx)
	if err != nil {
		return nil, err
	}
	after, err := s.onCommit(cat, b.created, b.changesSchema, b.wrote, len(b.plans))
	if err != nil {
		return nil, err
	}
	settings := raftlog.WithXact(b.drawn.with(b.withSnapshot(s.settingsFor(b.operations, b.notifies()))), b.xact)
	e := &raftlog.Entry{Moment: b.moment, Settings: settings, ChangesSchema: b.changesSchema, Operations: append(slices.Clip(b.operations), after...)}
	if b.changesSchema {
		e.Dependencies = []raftlog.Dependency{{Relation: 0, Version: raftlog.SchemaVersion(b.base)}}
		return e, nil
	}
	for relation, version := range b.depends {
		e.Dependencies = append(e.Dependencies, raftlog.Dependency{Relation: relation, Version: version})
	}
	return e, nil
}

// withSnapshot adds the index of the state in which the block's reads were made, if it
// has validated ones.
func (b *block) withSnapshot(settings []raftlog.Setting) []raftlog.Setting {
	if b.workspace == nil || !slices.ContainsFunc(b.operations, func(op raftlog.Operation) bool { return op.Read }) {
		return settings
	}
	return append(settings, raftlog.Setting{Name: raftlog.SnapshotSetting, Value: raftlog.FormatSnapshot(b.workspace.Index)})
}

// entrySettings are the settings that an entry carries.
func (s *Session) entrySettings() []raftlog.Setting {
	pairs, temporary := s.settings.Replayed, s.temporary.schema()
	if len(pairs) == 0 && temporary == "" {
		return nil
	}
	out := make([]raftlog.Setting, len(pairs), len(pairs)+1)
	for i, p := range pairs {
		out[i] = raftlog.Setting(p)
	}
	if temporary != "" {
		out = append(out, raftlog.Setting{Name: settings.TemporarySchema, Value: temporary})
		slices.SortFunc(out, func(a, b raftlog.Setting) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	}
	return out
}

// notifies tells whether the transaction may send notifications.
func (b *block) notifies() bool {
	for _, p := range b.plans {
		if p != nil && p.Notifies {
			return true
		}
	}
	return false
}

// settingsFor are the settings that an entry with the operations carries: also
// what the session drew from sequences, where they ask, and who sends the
// notifications, where it sends any.
func (s *Session) settingsFor(operations []raftlog.Operation, notifies bool) []raftlog.Setting {
	out := s.entrySettings()
	if len(s.currval) > 0 && slices.ContainsFunc(operations, func(op raftlog.Operation) bool { return asksDraws(op.SQL) }) {
		out = append(out, raftlog.Setting{Name: raftlog.DrawsSetting, Value: raftlog.FormatDraws(s.currval, s.lastSeq)})
	}
	if notifies {
		out = append(out, raftlog.Setting{Name: raftlog.SenderSetting, Value: raftlog.FormatSender(s.start.PID)})
	}
	return out
}

// asksDraws tells whether a statement may ask what was drawn from a sequence.
func asksDraws(sql string) bool {
	return strings.Contains(sql, "currval") || strings.Contains(sql, "lastval")
}

// commitLog proposes the transaction and answers its pending writes.
func (s *Session) commitLog(ctx context.Context, b *block, r *pgwire.Reply) error {
	shown := b.workspace != nil
	if err := s.assignAsked(ctx, b); err != nil {
		s.giveUpPending(b, 0, r)
		return err
	}
	for attempt := 0; ; attempt++ {
		var result raftlog.Result
		e, err := s.entry(ctx, b)
		if err == nil {
			result, err = s.propose(ctx, e)
		}
		if err != nil {
			s.giveUpPending(b, 0, r)
			return err
		}
		switch result.Status {
		case raftlog.Applied, raftlog.ResultLost:
			s.answerPending(b, &result, r)
			if b.changesSchema {
				s.awaitSchema(ctx)
			}
			return nil
		case raftlog.SchemaChanged:
			if err := s.replanAtEnd(ctx, b, shown, attempt); err != nil {
				s.giveUpPending(b, 0, r)
				return err
			}
			continue
		case raftlog.Conflict:
			s.giveUpPending(b, 0, r)
			if e := result.Err; e != nil && e.Message != sqlfsm.ConcurrentUpdate {
				return e // of its id
			}
			return b.conflict(result.Statement)
		case raftlog.Failed:
			for i, write := range b.pending {
				if write.statement == result.Statement {
					return s.answerFailed(ctx, i, result.Err, r)
				}
			}
			s.giveUpPending(b, 0, r)
			if result.Statement < len(b.plans) { // shown to the client already
				return s.translatePlan(b.plans[result.Statement], result.Err)
			}
			return result.Err
		}
		s.giveUpPending(b, 0, r)
		return unexpectedStatus(&result)
	}
}

// answerFailed answers the pending writes before number n, with which the
// transaction failed in the log: what they would have returned.
func (s *Session) answerFailed(ctx context.Context, n int, cause error, r *pgwire.Reply) error {
	b := s.block
	failed := b.pending[n]
	before := b.pending[:n]
	b.pending = nil
	if n > 0 {
		w, err := s.openWorkspace(ctx)
		if err != nil {
			r.SettleBefore(before[0].hold)
			return err
		}
		if err := s.fillPending(ctx, w, before, failed.first, r); err != nil {
			return err
		}
	}
	r.SettleBefore(failed.hold)
	return s.translate(failed.portal, cause)
}

// conflict is the error of a block one of whose statements would have another result
// now than its client was shown.
func (b *block) conflict(statement int) error {
	e := pgerr.New(pgerr.SerializationFailure, sqlfsm.ConcurrentUpdate).
		WithHint("The transaction might succeed if retried.")
	if statement >= len(b.plans) || b.plans[statement] == nil {
		return e
	}
	if text := b.plans[statement].source(); text != "" {
		return e.WithDetail("The result of a statement has changed since: %s", text)
	}
	return e
}

func unexpectedStatus(result *raftlog.Result) error {
	if result.Err != nil {
		return result.Err
	}
	return pgerr.New(pgerr.TransactionResolutionUnknown, "the transaction's outcome is not known (%s)", result.Status).
		WithHint("Read the data to learn whether it was committed.")
}

// answerPending fills in the answers of the pending writes of a committed
// transaction.
func (s *Session) answerPending(b *block, result *raftlog.Result, r *pgwire.Reply) {
	for _, write := range b.pending {
		var done raftlog.StatementResult
		if write.statement < len(result.Statements) {
			done = result.Statements[write.statement]
		}
		r.Fill(write.hold)
		s.answer(write.portal, &done, write.describe, r)
		r.EndFill()
	}
	s.giveUpPending(b, len(b.pending), r)
}

// giveUpPending drops the answers from the pending write n on.
func (s *Session) giveUpPending(b *block, n int, r *pgwire.Reply) {
	switch {
	case n < len(b.pending):
		r.SettleBefore(b.pending[n].hold)
	default:
		r.Settle()
	}
	b.pending = nil
}

// replanAtEnd plans a block again whose COMMIT found another schema, for the
// attempt-th time.
func (s *Session) replanAtEnd(ctx context.Context, b *block, shown bool, attempt int) error {
	switch {
	case shown && attempt < shownReplansMax:
		return s.replanShown(ctx)
	case shown || attempt >= replansMax:
		return errSchemaConflict()
	}
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	cat, err := s.manager.current(ctx)
	if err != nil {
		return err
	}
	return s.replanPending(ctx, b, cat)
}

// replanPending plans the pending writes, which are all that the block did, again for
// the schema cat.
func (s *Session) replanPending(ctx context.Context, b *block, cat *catalog.Catalog) error {
	b.operations, b.plans, b.given, b.created, b.catalog, b.changesSchema = nil, nil, nil, nil, nil, false
	clear(b.depends)
	for i := range b.pending {
		write := &b.pending[i]
		next, err := s.planAgain(ctx, write.portal, cat)
		if err != nil {
			return err
		}
		if !sameColumns(write.portal.planned.columns, next.columns) {
			return errPlanChanged()
		}
		write.portal.use(next)
		write.first, write.statement = s.add(write.portal)
		if b.catalog != nil {
			cat = b.catalog
		}
	}
	return nil
}
