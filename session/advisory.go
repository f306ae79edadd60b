package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"polyreme/pgsql/types"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm"
)

// advisory is what a session knows of its advisory locks. The state machine knows
// that the session has a lock; how often it asked for it, and which of that ends
// with the transaction, only the session knows. So only the first request for a
// lock and its last release go through the log.
type advisory struct {
	number  int64 // of the session as a holder; 0 until it asks for a lock
	held    map[raftlog.AdvisoryLock]*heldLock
	notices []*pgerr.Error // for the client, before the next row
	leased  leased         // what the statement that runs reads with
}

// heldLock is how often a lock was asked for.
type heldLock struct {
	session     int
	transaction int // the block's locks have it as often
}

// leased is a Reader or a Workspace.
type leased interface {
	Ended() <-chan struct{}
	Err(err error) error
}

// releaseLimit bounds how long the end of a transaction waits for its locks to be
// released. When that fails the session ends, and with it all of its locks.
const releaseLimit = 10 * time.Second

// isAdvisory tells whether a statement may call functions on advisory locks.
func isAdvisory(sql string) bool {
	return strings.Contains(sql, "pg_advisory_") || strings.Contains(sql, "pg_try_advisory_")
}

// listsLocks tells whether a query reads pg_locks and nothing else that is stored.
func (p *planned) listsLocks() bool {
	return len(p.depends) == 0 && strings.Contains(p.querySQL(), "pg_lock_status")
}

// advisoryCall is a call of one of the functions.
type advisoryCall struct {
	try, unlock, transaction bool
	lock                     raftlog.AdvisoryLock
}

// callAdvisory runs the function with PostgreSQL's prosrc name, such as
// pg_try_advisory_xact_lock_shared_int4.
// https://www.postgresql.org/docs/15/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS
func (s *Session) callAdvisory(function string, args []types.Value) (types.Value, error) {
	ctx := s.watcher.running()
	void := types.TextValue("")
	if function == "pg_advisory_unlock_all" {
		return void, s.unlockAll(ctx)
	}
	c := advisoryCall{
		try: strings.HasPrefix(function, "pg_try_"), unlock: strings.Contains(function, "_unlock"),
		transaction: strings.Contains(function, "_xact_"),
	}
	c.lock = raftlog.AdvisoryLock{Key: args[0].Int64(), Shared: strings.Contains(function, "_shared"), Pair: len(args) == 2}
	if c.lock.Pair {
		c.lock.Key = args[0].Int64()<<32 | int64(uint32(args[1].Int64()))
	}
	if c.unlock {
		done, err := s.unlock(ctx, c.lock)
		return types.BoolValue(done), err
	}
	got, err := s.takeLock(ctx, &c)
	if c.try {
		return types.BoolValue(got), err
	}
	return void, err
}

// takeLock asks for a lock once more and tells whether the session has it now.
func (s *Session) takeLock(ctx context.Context, c *advisoryCall) (bool, error) {
	h := s.advisory.held[c.lock]
	if h == nil {
		got, err := s.acquire(ctx, c)
		if err != nil || !got {
			return false, err
		}
		h = s.advisory.hold(c.lock)
	}
	if c.transaction && s.block != nil {
		h.transaction++
		s.block.locks = append(s.block.locks, c.lock)
	} else {
		h.session++
	}
	return true, nil
}

// hold notes that the session has a lock now.
func (a *advisory) hold(l raftlog.AdvisoryLock) *heldLock {
	if a.held == nil {
		a.held = map[raftlog.AdvisoryLock]*heldLock{}
	}
	h := &heldLock{}
	a.held[l] = h
	return h
}

// acquire has the lock granted in the log, and waits for it unless the call only
// tries.
func (s *Session) acquire(ctx context.Context, c *advisoryCall) (bool, error) {
	if s.advisory.number == 0 {
		s.advisory.number = s.manager.lockers.enter(s)
	}
	action := raftlog.AdvisoryWait
	if c.try {
		action = raftlog.AdvisoryTry
	}
	answer, err := s.proposeAdvisory(ctx, action, c.lock)
	if err != nil || answer == raftlog.AdvisoryRefused {
		return false, err
	}
	if answer == raftlog.AdvisoryQueued {
		err = s.waitLock(ctx, c.lock)
	}
	if err == nil {
		err = context.Cause(ctx) // the client is told that the statement was canceled
	}
	if err != nil {
		return false, s.leaveQueue(c.lock, err)
	}
	return true, nil
}

// waitLock waits in the queue. Reads after it see all that the holder before
// wrote: the session's own index is that of the grant.
func (s *Session) waitLock(ctx context.Context, l raftlog.AdvisoryLock) error {
	ctx, done := s.limitLock(ctx)
	defer done()
	store := s.manager.config.Store
	var stop <-chan struct{}
	if s.advisory.leased != nil {
		stop = s.advisory.leased.Ended()
	}
	err := store.WaitAdvisory(ctx, stop, s.lastIndex, s.holder(), l)
	if errors.Is(err, sqlfsm.ErrAdvisoryStopped) {
		return s.advisory.leased.Err(err)
	}
	s.lastIndex = max(s.lastIndex, store.AppliedIndex())
	return err
}

// leaveQueue gives up a lock that was waited for, and that may have been granted
// meanwhile.
func (s *Session) leaveQueue(l raftlog.AdvisoryLock, why error) error {
	if errors.Is(why, sqlfsm.ErrAdvisoryLost) {
		return s.loseLocks()
	}
	if err := s.giveBack([]raftlog.AdvisoryLock{l}); err != nil {
		return err
	}
	return why
}

// unlock is pg_advisory_unlock: of what the session locked for itself.
func (s *Session) unlock(ctx context.Context, l raftlog.AdvisoryLock) (bool, error) {
	h := s.advisory.held[l]
	if h == nil || h.session == 0 {
		s.advisory.notices = append(s.advisory.notices, warning(pgerr.Warning, "you don't own a lock of type %s", l.Mode()))
		return false, nil
	}
	if h.session+h.transaction > 1 {
		h.session--
		return true, nil
	}
	if err := s.release(ctx, []raftlog.AdvisoryLock{l}); err != nil {
		return false, err
	}
	delete(s.advisory.held, l)
	return true, nil
}

// unlockAll is pg_advisory_unlock_all: locks of the transaction stay.
func (s *Session) unlockAll(ctx context.Context) error {
	var gone []raftlog.AdvisoryLock
	for l, h := range s.advisory.held {
		if h.transaction == 0 && !l.Temporary {
			gone = append(gone, l)
		}
	}
	if len(gone) > 0 {
		if err := s.release(ctx, gone); err != nil {
			return err
		}
	}
	for _, l := range gone {
		delete(s.advisory.held, l)
	}
	for l, h := range s.advisory.held {
		if !l.Temporary {
			h.session = 0
		}
	}
	return nil
}

// releaseTransaction forgets the transaction's requests from number first on, and
// releases the locks that nothing else asked for.
func (s *Session) releaseTransaction(first int) {
	b := s.block
	if len(b.locks) <= first {
		return
	}
	var gone []raftlog.AdvisoryLock
	for _, l := range b.locks[first:] {
		h := s.advisory.held[l]
		if h.transaction--; h.session+h.transaction == 0 {
			delete(s.advisory.held, l)
			gone = append(gone, l)
		}
	}
	b.locks = b.locks[:first]
	if len(gone) > 0 {
		s.giveBack(gone) // a failure ends the session
	}
}

// lastSavepointLocks is how many of the block's locks a failed statement leaves:
// those from before the last savepoint.
func (b *block) lastSavepointLocks() int {
	if n := len(b.savepoints); n > 0 {
		return min(b.savepoints[n-1].locks, len(b.locks))
	}
	return 0
}

// giveBack releases locks whatever becomes of the client's statement.
func (s *Session) giveBack(locks []raftlog.AdvisoryLock) error {
	ctx, done := context.WithTimeout(context.Background(), releaseLimit)
	defer done()
	err := s.release(ctx, locks)
	if err != nil {
		return s.loseLocks()
	}
	return nil
}

// release gives locks back. All must be there still.
func (s *Session) release(ctx context.Context, locks []raftlog.AdvisoryLock) error {
	n, err := s.proposeAdvisory(ctx, raftlog.AdvisoryRelease, locks...)
	if err == nil && n != int64(len(locks)) {
		return s.loseLocks()
	}
	return err
}

// proposeAdvisory has an operation on locks applied and returns its answer. When
// it cannot be known whether it was, the session ends, and its locks with it.
func (s *Session) proposeAdvisory(ctx context.Context, action raftlog.AdvisoryAction, locks ...raftlog.AdvisoryLock) (int64, error) {
	a := raftlog.Advisory{Action: action, Holder: s.holder(), PID: int64(s.start.PID), Holds: s.holdsLocks(), Locks: locks}
	result, err := s.propose(ctx, &raftlog.Entry{Moment: s.moment(), Operations: []raftlog.Operation{a.Operation()}})
	switch {
	case pgerr.Code(err) == pgerr.TransactionResolutionUnknown:
		fatal := *pgerr.From(err)
		fatal.Severity = "FATAL"
		s.terminate(&fatal)
		return 0, &fatal
	case err != nil:
		return 0, err
	case result.Status == raftlog.Applied && len(result.Statements) == 1:
		return result.Statements[0].Changed, nil
	}
	return 0, unexpectedStatus(&result)
}

// holdsLocks tells whether the session believes to have a lock.
func (s *Session) holdsLocks() bool { return len(s.advisory.held) > 0 }

// guard makes e a transaction that is refused where the session has lost its
// locks without knowing it yet.
func (s *Session) guard(e *raftlog.Entry) {
	if s.holdsLocks() && e.Control() == 0 && len(e.Operations) > 0 {
		a := raftlog.Advisory{Action: raftlog.AdvisoryGuard, Holder: s.holder()}
		e.Operations = append(slices.Clip(e.Operations), a.Operation())
	}
}

// loseLocks ends the session: what it believed to have it has not.
func (s *Session) loseLocks() error {
	s.terminate(sqlfsm.ErrAdvisoryLost)
	return sqlfsm.ErrAdvisoryLost
}

func (s *Session) terminate(why *pgerr.Error) {
	if s.start.Terminate != nil {
		s.start.Terminate(why)
	}
}

func (s *Session) holder() raftlog.AdvisoryHolder {
	return raftlog.AdvisoryHolder{Node: s.manager.config.Node, Run: s.manager.lockers.run, Session: s.advisory.number}
}

// sendNotices tells the client what functions of the last row had to say.
func (s *Session) sendNotices(r *pgwire.Reply) {
	for _, n := range s.advisory.notices {
		s.notice(n, r)
	}
	s.advisory.notices = nil
}

// readLocking starts a query that calls functions on advisory locks. The calls
// are made once, as the rows are taken, and are no part of what the log
// validates. A query that reads no table needs no snapshot, and pins none while
// it waits.
func (s *Session) readLocking(ctx context.Context, p *portal, r *pgwire.Reply) error {
	if s.block == nil && strings.Contains(p.planned.querySQL(), "advisory_xact_") {
		s.beginBlock(false) // the statement is the transaction whose end releases the locks
	}
	readsTables := len(p.planned.depends) > 0
	if b := s.block; b != nil {
		if err := s.settleBefore(ctx, p, r); err != nil {
			return err
		}
		if readsTables && (b.validates(p) || len(p.planned.Locks) > 0) {
			return pgerr.Unsupported("a query over tables that locks is not supported in this transaction").
				WithHint("Take advisory locks in a statement of their own, or use READ COMMITTED without FOR UPDATE.")
		}
		if (b.workspace != nil || b.unseen > 0) && !b.readsFresh(p) {
			w, err := s.openWorkspace(ctx)
			if err != nil {
				return err
			}
			s.advisory.leased = w
			return s.readWorkspace(ctx, p)
		}
	}
	if readsTables {
		return s.readLockingTables(ctx, p)
	}
	reader, err := s.manager.config.Store.Lease(ctx)
	if err != nil {
		return err
	}
	return s.openLocking(ctx, p, reader)
}

// readLockingTables pins a snapshot before the query runs: it cannot be run again
// when the schema turns out to be another.
func (s *Session) readLockingTables(ctx context.Context, p *portal) error {
	if err := s.freshen(ctx); err != nil {
		return err
	}
	if s.block != nil && s.block.oneSnapshot() {
		if err := s.readSnapshot(ctx, p); err != nil {
			return err
		}
		s.advisory.leased = s.block.reader
		return nil
	}
	reader, err := s.manager.config.Store.Reader(ctx)
	if err != nil {
		return err
	}
	cat, err := s.manager.at(ctx, reader)
	if err == nil {
		err = s.refresh(ctx, p, cat)
	}
	if err != nil {
		reader.Release()
		return err
	}
	return s.openLocking(ctx, p, reader)
}

// openLocking makes the rows of p, which release reader.
func (s *Session) openLocking(ctx context.Context, p *portal, reader *sqlfsm.Reader) error {
	s.equip(reader.Env, p.planned.catalog)
	rows, err := s.open(ctx, p, reader.Conn)
	if err != nil {
		reader.Release()
		return err
	}
	rows.reader = reader
	s.advisory.leased = reader
	p.rows = rows
	return nil
}

// listLocks makes the rows of pg_locks: the advisory locks of all nodes.
func (s *Session) listLocks() [][]types.Value {
	store := s.manager.config.Store
	if err := store.WaitApplied(s.watcher.running(), s.lastIndex); err != nil {
		return nil // the statement ends: it was canceled, or the node is
	}
	locks := store.AdvisoryLocks()
	rows := make([][]types.Value, 0, len(locks))
	for i := range locks {
		l := &locks[i]
		if l.Lock.Temporary {
			continue // the cluster's own
		}
		class, object, sub := l.Lock.Parts()
		row := make([]types.Value, lockColumns)
		row[0], row[1] = types.TextValue("advisory"), types.IntValue(postgresDatabase)
		row[7], row[8], row[9] = types.IntValue(int64(class)), types.IntValue(int64(object)), types.IntValue(sub)
		row[10] = types.TextValue(fmt.Sprintf("%d/0", l.Holder.Session))
		row[11], row[12] = types.IntValue(l.PID), types.TextValue(l.Lock.Mode())
		row[13], row[14] = types.BoolValue(l.Granted), types.BoolValue(false)
		if !l.Granted {
			row[15] = types.IntValue(l.Asked)
		}
		rows = append(rows, row)
	}
	return append(rows, s.listRowLocks()...)
}

const (
	lockColumns      = 16 // of pg_locks
	postgresDatabase = 5  // the OID of the database
)
