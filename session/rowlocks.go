package session

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"polyreme/locks"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm"
	"polyreme/sqlfsm/sqlite"
)

// Locks is where blocks claim rows and tables; *locks.Client is one.
type Locks interface {
	NewOwner(pid uint32) uint64
	Acquire(ctx context.Context, owner uint64, c locks.Claim) locks.Grant
	Undo(ctx context.Context, owner uint64, items []locks.Item)
	Release(owner uint64, index raftlog.Index)
	Active() bool
	List(ctx context.Context) ([]locks.Held, error)
}

var strengths = [...]string{
	ast.ForKeyShare: "FOR KEY SHARE", ast.ForShare: "FOR SHARE", ast.ForNoKeyUpdate: "FOR NO KEY UPDATE", ast.ForUpdate: "FOR UPDATE",
}

// claimRounds bounds how often a statement runs again because what it waited
// for changed the rows under it.
const claimRounds = 20

// claim asks for locks and returns the log index that the block's view must
// contain to see what earlier owners committed.
func (s *Session) claim(ctx context.Context, c locks.Claim) (locks.Grant, error) {
	b := s.block
	if b.owner == 0 {
		b.owner = s.manager.config.Locks.NewOwner(s.start.PID)
	}
	limited, done := s.limitLock(ctx)
	defer done()
	g := s.manager.config.Locks.Acquire(limited, b.owner, c)
	b.claimed.add(c.Items, g.Held)
	switch g.Outcome {
	case locks.Busy:
		return g, s.errBusy(c.Items[g.Missed].Key)
	case locks.Deadlock:
		return g, pgerr.New(pgerr.DeadlockDetected, "deadlock detected").
			WithDetail("This transaction and others wait for each other's locks.").
			WithHint("The transaction might succeed if retried.")
	case locks.Abandoned:
		if cause := context.Cause(limited); cause != nil {
			return g, cause
		}
		return g, limited.Err()
	}
	return g, nil
}

// limitLock returns the context of a wait for locks: it ends after lock_timeout.
func (s *Session) limitLock(ctx context.Context) (limited context.Context, done func()) {
	if s.settings.LockTimeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, s.settings.LockTimeout,
		pgerr.New(pgerr.LockNotAvailable, "canceling statement due to lock timeout"))
}

func (s *Session) errBusy(key locks.Key) error {
	what := "row in relation"
	if key.Whole {
		what = "relation"
	}
	name := strconv.FormatUint(uint64(key.Relation), 10)
	if cat, err := s.catalog(context.Background()); err == nil {
		if r := cat.RelationByOID(key.Relation); r != nil {
			name = r.Name
		}
	}
	return pgerr.New(pgerr.LockNotAvailable, "could not obtain lock on %s %q", what, name)
}

// claimedItems are what a block has claimed, in order.
type claimedItems struct {
	list []locks.Item
	all  map[locks.Item]struct{}
}

// add notes items that were asked for; of held, if it is there, those that are true.
func (c *claimedItems) add(items []locks.Item, held []bool) {
	for i, it := range items {
		if i < len(held) && !held[i] {
			continue
		}
		if _, known := c.all[it]; known {
			continue
		}
		if c.all == nil {
			c.all = map[locks.Item]struct{}{}
		}
		c.all[it] = struct{}{}
		c.list = append(c.list, it)
	}
}

// cut forgets all but the first n, and returns them.
func (c *claimedItems) cut(n int) []locks.Item {
	if n >= len(c.list) {
		return nil
	}
	gone := c.list[n:]
	c.list = c.list[:n:n]
	for _, it := range gone {
		delete(c.all, it)
	}
	return gone
}

// undoClaims gives up the locks that the block claimed after the first n.
func (s *Session) undoClaims(ctx context.Context, n int) {
	if gone := s.block.claimed.cut(n); len(gone) > 0 {
		s.manager.config.Locks.Undo(ctx, s.block.owner, gone)
	}
}

// releaseRows gives up the row and table locks of a block that is over.
func (s *Session) releaseRows(b *block) {
	if b.owner != 0 {
		s.manager.config.Locks.Release(b.owner, b.committed)
		b.owner = 0
	}
}

// catchLocks brings the block's view up to what the locks demand: the state in
// which the rows are as their last owners left them. A block with one snapshot
// cannot move on. again tells that the view is another one now.
func (s *Session) catchLocks(ctx context.Context, g locks.Grant) (again bool, err error) {
	b := s.block
	if b.workspace == nil || g.AsNewAs <= b.workspace.Index || s.readsWorkspace() {
		return false, nil
	}
	if b.oneSnapshot() {
		return false, pgerr.New(pgerr.SerializationFailure, sqlfsm.ConcurrentUpdate).
			WithHint("The transaction might succeed if retried.")
	}
	if err := s.manager.config.Store.WaitApplied(ctx, g.AsNewAs); err != nil {
		return false, err
	}
	return true, s.rebase(ctx)
}

// readsWorkspace tells whether a portal is suspended amid rows of the workspace,
// which cannot move then: COMMIT finds out whether it had to.
func (s *Session) readsWorkspace() bool {
	for _, p := range s.portals {
		if rows, ok := p.rows.(*stmtRows); ok && rows.conn == s.block.workspace.Conn {
			return true
		}
	}
	return false
}

// rebase moves the block to the newest state: what it did runs again there, and
// must have the results that the client was shown.
func (s *Session) rebase(ctx context.Context) error {
	b := s.block
	w := b.workspace
	if err := w.Rebase(); err != nil {
		return s.workspaceFailed(ctx, w, err)
	}
	if cat, err := s.workspaceCatalog(ctx, w); err != nil {
		return err
	} else if b.outdated(cat) {
		return s.replanBlock(ctx, cat)
	}
	return s.replay(ctx, w, len(b.savepoints), len(b.operations))
}

// readLocked runs a query with FOR UPDATE or its kin: it claims the rows, waits
// for those that others have, and sees them as they are then.
func (s *Session) readLocked(ctx context.Context, p *portal) error {
	for range claimRounds {
		w, err := s.openWorkspace(ctx)
		if err != nil {
			return err
		}
		if err := s.freshPlan(ctx, p); err != nil {
			return err
		}
		s.equipWrite(w.Env, p.planned.catalog)
		rows, again, err := s.claimRows(ctx, w, p)
		if err != nil {
			return err
		}
		if again {
			continue
		}
		return s.keepLocked(ctx, w, p, rows)
	}
	return pgerr.New(pgerr.SerializationFailure, "could not serialize access: the rows changed too often").
		WithHint("The transaction might succeed if retried.")
}

// lockedRow is a row of the result and what it claims.
type lockedRow struct {
	values []types.Value
	items  []locks.Item
}

// claimRows runs the query and claims the rows; again tells that it has to run
// once more.
func (s *Session) claimRows(ctx context.Context, w *sqlfsm.Workspace, p *portal) (rows []lockedRow, again bool, err error) {
	if slices.ContainsFunc(p.planned.Locks, func(l plan.RowLock) bool { return l.Wait == ast.LockWaitSkip }) {
		return s.claimFree(ctx, w, p)
	}
	wait := locks.Block
	if slices.ContainsFunc(p.planned.Locks, func(l plan.RowLock) bool { return l.Wait == ast.LockWaitError }) {
		wait = locks.Fail
	}
	all, err := s.lockableRows(ctx, w, p, p.planned.SQL)
	if err != nil {
		return nil, false, err
	}
	items := tableItems(p, locks.RowShare)
	for _, row := range all {
		items = append(items, row.items...)
	}
	if len(items) > locks.ItemsMax {
		items = tableItems(p, locks.Exclusive) // too many rows: the whole table
	}
	g, err := s.claim(ctx, locks.Claim{Items: items, Wait: wait})
	if err != nil {
		return nil, false, err
	}
	again, err = s.catchLocks(ctx, g)
	return all, again, err
}

// freeChunk is how many rows are offered at once where some may be locked.
const freeChunk = 32

// claimFree is claimRows for SKIP LOCKED: rows that others have do not count, and
// no more rows are read and claimed than LIMIT and OFFSET ask for.
func (s *Session) claimFree(ctx context.Context, w *sqlfsm.Workspace, p *portal) (rows []lockedRow, again bool, err error) {
	limit, offset, sql := int64(-1), int64(0), p.planned.SQL
	if p.planned.UnlimitedSQL != "" {
		sql = p.planned.UnlimitedSQL
		if limit, offset, err = s.limitOf(ctx, w, p); err != nil {
			return nil, false, err
		}
	}
	running, err := s.openText(ctx, p, w.Conn, sql)
	if err != nil {
		return nil, false, err
	}
	defer running.close()
	running.watch(ctx)
	defer running.unwatch()
	var newest raftlog.Index
	for limit < 0 || int64(len(rows)) < offset+limit {
		offered, err := nextRows(running, p, freeChunk)
		if err != nil {
			return nil, false, s.workspaceFailed(ctx, w, err)
		}
		if len(offered) == 0 {
			break
		}
		want := 0
		if limit >= 0 {
			want = int(offset+limit) - len(rows)
		}
		free, g, err := s.claimSome(ctx, offered, want)
		if err != nil {
			return nil, false, err
		}
		newest = max(newest, g.AsNewAs)
		rows = append(rows, free...)
	}
	running.close()
	again, err = s.catchLocks(ctx, locks.Grant{AsNewAs: newest})
	return rows[min(offset, int64(len(rows))):], again, err
}

// nextRows reads up to so many rows.
func nextRows(from *stmtRows, p *portal, most int) (rows []lockedRow, err error) {
	for range most {
		more, err := from.next()
		if err != nil || !more {
			return rows, err
		}
		values := make([]types.Value, len(p.planned.columns)+len(p.planned.Locks))
		for i := range values {
			values[i] = from.column(i).Clone()
		}
		rows = append(rows, lockRow(p, values))
	}
	return rows, nil
}

// claimSome claims rows that are free, as many as wanted (0: all), and returns them.
func (s *Session) claimSome(ctx context.Context, rows []lockedRow, want int) ([]lockedRow, locks.Grant, error) {
	c := locks.Claim{Wait: locks.Skip, Want: want, Width: len(rows[0].items)}
	for _, row := range rows {
		if len(row.items) != c.Width {
			c.Want = 0 // the empty side of an outer join has nothing to claim
		}
		c.Items = append(c.Items, row.items...)
	}
	g, err := s.claim(ctx, c)
	if err != nil || len(g.Held) != len(c.Items) {
		return nil, g, err
	}
	var free []lockedRow
	at := 0
	for _, row := range rows {
		held := g.Held[at : at+len(row.items)]
		at += len(row.items)
		if !slices.Contains(held, false) && (want == 0 || len(free) < want) {
			free = append(free, row)
		}
	}
	return free, g, nil
}

// lockableRows runs the query in the workspace.
func (s *Session) lockableRows(ctx context.Context, w *sqlfsm.Workspace, p *portal, sql string) ([]lockedRow, error) {
	result, err := s.peek(ctx, w, p, sql)
	if err != nil {
		return nil, err
	}
	var rows []lockedRow
	from := newValueRows(result.Rows)
	for {
		more, err := from.next()
		if err != nil || !more {
			return rows, err
		}
		rows = append(rows, lockRow(p, slices.Clone(from.row)))
	}
}

// lockRow finds what a row claims.
func lockRow(p *portal, values []types.Value) lockedRow {
	row := lockedRow{values: values}
	for _, l := range p.planned.Locks {
		if v := values[l.Column]; v.Kind == types.Int { // NULL: the empty side of an outer join
			row.items = append(row.items, locks.Item{
				Key: locks.Key{Relation: l.Relation, Row: v.Int64()}, Mode: locks.Mode(l.Strength),
			})
		}
	}
	return row
}

// peek runs a query of p in the workspace without adding it to the block.
func (s *Session) peek(ctx context.Context, w *sqlfsm.Workspace, p *portal, sql string) (raftlog.StatementResult, error) {
	running := []raftlog.Operation{{Kind: raftlog.OpExec, Statement: len(s.block.plans), SQL: sql, Params: p.params, Returns: true, Read: true}}
	return s.runInWorkspace(ctx, w, running)
}

func (s *Session) limitOf(ctx context.Context, w *sqlfsm.Workspace, p *portal) (limit, offset int64, err error) {
	result, err := s.peek(ctx, w, p, p.planned.LimitSQL)
	if err != nil {
		return 0, 0, err
	}
	row := newValueRows(result.Rows)
	if more, err := row.next(); err != nil || !more || len(row.row) != 2 {
		return 0, 0, errors.Join(err, pgerr.New(pgerr.InternalError, "LIMIT has no value"))
	}
	limit, offset = -1, 0
	if v := row.column(0); v.Kind == types.Int {
		limit = v.Int64()
	}
	if v := row.column(1); v.Kind == types.Int {
		offset = max(v.Int64(), 0)
	}
	return limit, offset, nil
}

// tableItems claims the tables of the query's rows as a whole.
func tableItems(p *portal, m locks.Mode) []locks.Item {
	items := make([]locks.Item, 0, len(p.planned.Locks))
	for _, l := range p.planned.Locks {
		items = append(items, locks.Item{Key: locks.Key{Relation: l.Relation, Whole: true}, Mode: m})
	}
	return items
}

// keepLocked answers the query, and has the log check at COMMIT that the rows
// are still what the client was shown: at READ COMMITTED those rows, at the
// levels above the whole query, so that no other has come.
func (s *Session) keepLocked(ctx context.Context, w *sqlfsm.Workspace, p *portal, rows []lockedRow) error {
	b := s.block
	statement := len(b.plans)
	var checks []raftlog.Operation
	if b.oneSnapshot() && p.planned.UnlimitedSQL == "" {
		checks = append(checks, raftlog.Operation{Kind: raftlog.OpExec, Statement: statement, SQL: p.planned.SQL, Params: p.params, Returns: true, Read: true})
	} else {
		for i, l := range p.planned.Locks {
			if ids := rowIDs(rows, p.planned.Locks[i].Column); len(ids) > 0 {
				checks = append(checks, raftlog.Operation{
					Kind: raftlog.OpExec, Statement: statement, SQL: l.Check, Params: ids, Sets: len(ids), Returns: true, Read: true,
				})
			}
		}
	}
	for i := range checks {
		if _, err := s.runInWorkspace(ctx, w, checks[i:i+1]); err != nil {
			return err
		}
		checks[i].Returns = false // the log needs the digest only
	}
	b.operations = append(b.operations, checks...)
	s.note(p)
	shown := raftlog.Rows{Columns: len(p.planned.columns)}
	for _, row := range rows {
		shown.Append(row.values[:shown.Columns])
	}
	p.rows = newValueRows(shown)
	return nil
}

// rowIDs are the distinct rowids in a column, sorted.
func rowIDs(rows []lockedRow, column int) []types.Value {
	var ids []int64
	for _, row := range rows {
		if v := row.values[column]; v.Kind == types.Int {
			ids = append(ids, v.Int64())
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	out := make([]types.Value, len(ids))
	for i, id := range ids {
		out[i] = types.IntValue(id)
	}
	return out
}

// changedRows collects the rows that the statements of a workspace change.
type changedRows struct {
	items map[locks.Item]struct{}
	conn  *sqlite.Conn
}

// watchChanges has the rows noted that statements on the workspace update or
// delete, until the function that it returns is called.
func watchChanges(w *sqlfsm.Workspace) (*changedRows, func()) {
	c := &changedRows{items: map[locks.Item]struct{}{}, conn: w.Conn}
	w.Conn.SetChangeHook(func(change *sqlite.Change) {
		if change.Op == sqlite.Insert || len(c.items) > locks.ItemsMax {
			return
		}
		name := string(change.Table)
		relation, err := strconv.ParseUint(name[min(1, len(name)):], 10, 32)
		if err != nil || name[0] != 't' {
			return // a table of the state machine's own
		}
		m := locks.ForNoKeyUpdate
		if change.Op == sqlite.Delete {
			m = locks.ForUpdate
		}
		c.items[locks.Item{Key: locks.Key{Relation: uint32(relation), Row: change.OldRowID}, Mode: m}] = struct{}{}
	})
	return c, func() { c.conn.SetChangeHook(nil) }
}

// list returns what was changed, in an order in which all blocks claim.
func (c *changedRows) list() []locks.Item {
	var out []locks.Item
	tables := map[uint32]bool{}
	for it := range c.items {
		if !tables[it.Key.Relation] {
			tables[it.Key.Relation] = true
			out = append(out, locks.Item{Key: locks.Key{Relation: it.Key.Relation, Whole: true}, Mode: locks.RowExclusive})
		}
		if len(c.items) <= locks.ItemsMax {
			out = append(out, it)
		}
	}
	slices.SortFunc(out, func(a, b locks.Item) int {
		if a.Key.Whole != b.Key.Whole {
			if a.Key.Whole {
				return -1
			}
			return 1
		}
		if a.Key.Relation != b.Key.Relation {
			return int(int64(a.Key.Relation) - int64(b.Key.Relation))
		}
		switch {
		case a.Key.Row < b.Key.Row:
			return -1
		case a.Key.Row > b.Key.Row:
			return 1
		}
		return int(a.Mode) - int(b.Mode)
	})
	return out
}

// writeLocked runs a write in the workspace and claims the rows that it changes;
// when others had them it runs again on what they left.
func (s *Session) writeLocked(ctx context.Context, w *sqlfsm.Workspace, p *portal, first int) (raftlog.StatementResult, error) {
	b := s.block
	for range claimRounds {
		changed, done := watchChanges(w)
		result, err := s.runInWorkspace(ctx, w, b.operations[first:])
		done()
		if err != nil {
			return result, err
		}
		if len(changed.items) == 0 {
			return result, nil
		}
		g, err := s.claim(ctx, locks.Claim{Items: changed.list()})
		if err != nil {
			return result, err
		}
		mine := slices.Clone(b.operations[first:])
		b.operations = b.operations[:first]
		again, err := s.catchLocks(ctx, g)
		if err != nil {
			return result, err
		}
		if !again {
			b.operations = append(b.operations, mine...)
			return result, nil
		}
		if first, err = s.addAgain(ctx, p, mine); err != nil {
			return result, err
		}
		s.equipWrite(w.Env, p.planned.catalog)
	}
	return raftlog.StatementResult{}, pgerr.New(pgerr.SerializationFailure, "could not serialize access: the rows changed too often").
		WithHint("The transaction might succeed if retried.")
}

// addAgain makes the newest statement of the block, whose operations were taken out of
// it, fit the state to which the block has moved. It returns the statement's first
// operation.
func (s *Session) addAgain(ctx context.Context, p *portal, operations []raftlog.Operation) (first int, err error) {
	b, was, statement := s.block, p.planned, operations[0].Statement
	if err := s.freshPlan(ctx, p); err != nil {
		return 0, err
	}
	if p.planned != was {
		b.plans[statement] = p.planned
		b.depend(p.planned)
		operations = p.appendOperations(nil, statement)
	}
	first = len(b.operations)
	b.operations = append(b.operations, operations...)
	return first, nil
}

// claims tells whether a write in the block claims its rows: always when the
// client is shown them, since they must be the same at COMMIT, and when the block
// has lost to others before; else only while there are locks to respect.
// The rows of temporary tables are nobody else's.
func (s *Session) claims(p *portal) bool {
	if !s.block.explicit || p.planned.Kind != plan.Write || p.planned.Temporary {
		return false
	}
	return p.planned.columns != nil || s.block.eager || s.manager.config.Locks.Active()
}

// listRowLocks are the rows of pg_locks for row and table locks. A row is named by
// its table only: it has no page and place there as in PostgreSQL.
func (s *Session) listRowLocks() [][]types.Value {
	list, err := s.manager.config.Locks.List(s.watcher.running())
	if err != nil {
		return nil // the leader cannot be asked: nobody keeps them
	}
	rows := make([][]types.Value, 0, len(list))
	for _, h := range list {
		if h.Item.Key == schemaKey {
			continue // of a COMMIT
		}
		kind := "tuple"
		if h.Item.Key.Whole {
			kind = "relation"
		}
		row := make([]types.Value, lockColumns)
		row[0], row[1], row[2] = types.TextValue(kind), types.IntValue(postgresDatabase), types.IntValue(int64(h.Item.Key.Relation))
		row[10] = types.TextValue(strconv.FormatUint(h.Owner.ID>>32, 10) + "/0")
		row[11], row[12] = types.IntValue(int64(uint32(h.Owner.ID))), types.TextValue(h.Item.Mode.String())
		row[13], row[14] = types.BoolValue(h.Granted), types.BoolValue(false)
		rows = append(rows, row)
	}
	return rows
}
