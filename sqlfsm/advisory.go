package sqlfsm

import (
	"fmt"
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// Advisory locks are rows of polyreme_advisory: one for each holder, key and
// mode, granted or waiting. Of the waiting ones the order is that of place and
// id, as in PostgreSQL's queues (src/backend/storage/lmgr/proc.c): who comes
// later waits behind those it conflicts with, unless it has the key already in
// the other mode (place 0).
//
// Who has a lock believes that it has all that it took, and only the end of the
// holder (AdvisoryEnd) takes locks away from it, all at once. So a holder that has
// any has all, and one that believes to have some and has none is refused: its
// transactions by a guard, its requests by Advisory.Holds.
//
// A waiter that would close a circle of waiting is refused at once, with 40P01:
// PostgreSQL finds the same one after deadlock_timeout.
const advisoryTables = `
CREATE TABLE IF NOT EXISTS polyreme_advisory(
  id INTEGER PRIMARY KEY,
  node TEXT NOT NULL,
  run INTEGER NOT NULL,
  session INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  key INTEGER NOT NULL,
  pair INTEGER NOT NULL,
  shared INTEGER NOT NULL,
  granted INTEGER NOT NULL,
  place INTEGER NOT NULL,
  asked INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS polyreme_advisory_key ON polyreme_advisory(key, pair);
CREATE INDEX IF NOT EXISTS polyreme_advisory_holder ON polyreme_advisory(node, run, session);
`

// advisoryLocksMax bounds the rows: all locks of the cluster.
const advisoryLocksMax = 1 << 17

// AdvisoryRow is a lock that somebody has or waits for.
type AdvisoryRow struct {
	ID      int64 // in the order of asking
	Holder  raftlog.AdvisoryHolder
	PID     int64
	Lock    raftlog.AdvisoryLock
	Granted bool
	Asked   int64 // when, in microseconds since 2000-01-01

	place int64
}

const advisoryColumns = "id, node, run, session, pid, key, pair, shared, granted, place, asked"

// advisory applies operations on advisory locks. It belongs to the applier.
type advisory struct {
	conn    *sqlite.Conn
	count   int64 // rows of the table
	changes advisoryChanges
}

// advisoryChanges are what a group of entries did, for advisoryView.
type advisoryChanges struct {
	rows  []advisoryChange // in order
	ended []raftlog.AdvisoryHolder
}

type advisoryChange struct {
	row  AdvisoryRow
	gone bool
}

func (c *advisoryChanges) reset() { c.rows, c.ended = nil, nil }

// load counts the rows in the file.
func (d *advisory) load(conn *sqlite.Conn) (err error) {
	d.conn = conn
	d.count, err = conn.QueryInt64("SELECT count(*) FROM polyreme_advisory")
	return err
}

// guarded takes the guard off a transaction's operations; the result is not nil
// where it refuses.
func (d *advisory) guarded(e *raftlog.Entry) (*raftlog.Result, error) {
	last := len(e.Operations) - 1
	if last < 0 || e.Operations[last].Kind != raftlog.OpAdvisory {
		return nil, nil
	}
	r, err := d.apply(&raftlog.Entry{Operations: e.Operations[last:]})
	if err != nil || r.Status != raftlog.Applied {
		return &r, err
	}
	e.Operations = e.Operations[:last]
	return nil, nil
}

// holds tells whether a holder has any lock.
func (d *advisory) holds(h raftlog.AdvisoryHolder) (bool, error) {
	rows, err := d.query("WHERE node = ?1 AND run = ?2 AND session = ?3 AND granted = 1 ORDER BY id LIMIT 1",
		types.TextValue(h.Node), types.IntValue(h.Run), types.IntValue(h.Session))
	return len(rows) > 0, err
}

// apply carries out the operation of an entry.
func (d *advisory) apply(e *raftlog.Entry) (raftlog.Result, error) {
	a, ok := raftlog.ParseAdvisory(e.Operations[0].Params)
	if !ok {
		return failed(0, pgerr.New(pgerr.ProtocolViolation, "operation on advisory locks not understood")), nil
	}
	var answer int64
	var err error
	switch a.Action {
	case raftlog.AdvisoryTry, raftlog.AdvisoryWait:
		var refused *pgerr.Error
		if answer, refused, err = d.take(&a, e.Moment.Time); refused != nil {
			return failed(0, refused), err
		}
	case raftlog.AdvisoryRelease:
		answer, err = d.release(&a)
	case raftlog.AdvisoryEnd:
		answer, err = d.end(a.Holder)
	case raftlog.AdvisoryGuard:
		if holds, err := d.holds(a.Holder); err != nil || !holds {
			return failed(0, ErrAdvisoryLost), err
		}
	}
	return raftlog.Result{Status: raftlog.Applied, Statements: []raftlog.StatementResult{{Changed: answer}}}, err
}

// take grants a lock, queues for it or refuses it.
func (d *advisory) take(a *raftlog.Advisory, now int64) (answer int64, refused *pgerr.Error, err error) {
	row := AdvisoryRow{Holder: a.Holder, PID: a.PID, Lock: a.Locks[0], Asked: now, place: 1}
	if a.Holds {
		if holds, err := d.holds(a.Holder); err != nil || !holds {
			return 0, ErrAdvisoryLost, err
		}
	}
	others, err := d.ofKey(row.Lock)
	if err != nil {
		return 0, nil, err
	}
	free, first := true, true
	for i := range others {
		o := &others[i]
		switch {
		case o.Holder == row.Holder && o.Lock == row.Lock:
			return answerOf(o.Granted), nil, nil
		case o.Holder == row.Holder:
			row.place = 0
		case !conflicts(o.Lock, row.Lock):
		case o.Granted:
			free = false
		default:
			first = false
		}
	}
	wait := a.Action == raftlog.AdvisoryWait
	row.Granted = free && (first || wait && row.place == 0)
	if !row.Granted && !wait {
		return raftlog.AdvisoryRefused, nil, nil
	}
	if d.count >= advisoryLocksMax {
		return 0, pgerr.New(pgerr.OutOfMemory, "out of shared memory").
			WithDetail("The cluster keeps at most %d advisory locks.", advisoryLocksMax), nil
	}
	if !row.Granted {
		if refused, err := d.deadlock(&row); refused != nil || err != nil {
			return 0, refused, err
		}
	}
	return answerOf(row.Granted), nil, d.insert(&row)
}

func answerOf(granted bool) int64 {
	if granted {
		return raftlog.AdvisoryGranted
	}
	return raftlog.AdvisoryQueued
}

// conflicts tells whether two holders cannot have the locks, which are of one
// key, at the same time.
func conflicts(a, b raftlog.AdvisoryLock) bool { return !a.Shared || !b.Shared }

// release gives locks back, or leaves their queues.
func (d *advisory) release(a *raftlog.Advisory) (int64, error) {
	var n int64
	for _, l := range a.Locks {
		rows, err := d.ofKey(l)
		if err != nil {
			return 0, err
		}
		for i := range rows {
			if rows[i].Holder == a.Holder && rows[i].Lock == l {
				if err := d.remove(&rows[i]); err != nil {
					return 0, err
				}
				n++
			}
		}
		if err := d.wake(l); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// end releases everything of a holder, of a run of a node or of a node.
func (d *advisory) end(h raftlog.AdvisoryHolder) (int64, error) {
	rows, err := d.query("WHERE node = ?1 AND (?2 = 0 OR run = ?2) AND (?3 = 0 OR session = ?3) ORDER BY id",
		types.TextValue(h.Node), types.IntValue(h.Run), types.IntValue(h.Session))
	if err != nil {
		return 0, err
	}
	for i := range rows {
		if err := d.remove(&rows[i]); err != nil {
			return 0, err
		}
		d.changes.ended = append(d.changes.ended, rows[i].Holder)
	}
	for i := range rows {
		if err := d.wake(rows[i].Lock); err != nil {
			return 0, err
		}
	}
	return int64(len(rows)), nil
}

// wake grants the lock to those at the head of its queue.
func (d *advisory) wake(l raftlog.AdvisoryLock) error {
	rows, err := d.ofKey(l)
	if err != nil {
		return err
	}
	for i := range rows {
		w := &rows[i]
		if w.Granted || blocked(rows, i) {
			continue
		}
		w.Granted = true
		if err := runWith(d.conn, "UPDATE polyreme_advisory SET granted = 1 WHERE id = ?1", types.IntValue(w.ID)); err != nil {
			return err
		}
		d.changes.rows = append(d.changes.rows, advisoryChange{row: *w})
	}
	return nil
}

// blocked tells whether waiter i of a key has to go on waiting.
func blocked(rows []AdvisoryRow, i int) bool {
	for j := range rows {
		if blocks(rows, j, i) {
			return true
		}
	}
	return false
}

// blocks tells whether waiter i waits for row j: it has the lock, or is ahead in
// the queue.
func blocks(rows []AdvisoryRow, j, i int) bool {
	return rows[j].Holder != rows[i].Holder && conflicts(rows[j].Lock, rows[i].Lock) && (rows[j].Granted || j < i)
}

// ofKey returns all rows of a lock's key, those granted and the queue in its
// order.
func (d *advisory) ofKey(l raftlog.AdvisoryLock) ([]AdvisoryRow, error) {
	return d.query("WHERE key = ?1 AND pair = ?2 ORDER BY place, id", types.IntValue(l.Key), types.BoolValue(l.Pair))
}

func (d *advisory) query(where string, params ...types.Value) ([]AdvisoryRow, error) {
	s, err := d.conn.Prepare("SELECT " + advisoryColumns + " FROM polyreme_advisory " + where)
	if err != nil {
		return nil, err
	}
	defer s.Release()
	for i, p := range params {
		if err := s.Bind(i+1, p); err != nil {
			return nil, err
		}
	}
	var rows []AdvisoryRow
	for {
		more, err := s.Step()
		if err != nil || !more {
			return rows, err
		}
		rows = append(rows, AdvisoryRow{
			ID:     s.ColumnInt64(0),
			Holder: raftlog.AdvisoryHolder{Node: string(s.ColumnBytes(1)), Run: s.ColumnInt64(2), Session: s.ColumnInt64(3)},
			PID:    s.ColumnInt64(4),
			Lock:   raftlog.AdvisoryLock{Key: s.ColumnInt64(5), Pair: s.ColumnInt64(6) != 0, Shared: s.ColumnInt64(7) != 0},

			Granted: s.ColumnInt64(8) != 0, place: s.ColumnInt64(9), Asked: s.ColumnInt64(10),
		})
	}
}

func (d *advisory) insert(row *AdvisoryRow) error {
	last, err := d.conn.QueryInt64("SELECT coalesce(max(id), 0) FROM polyreme_advisory")
	if err != nil {
		return err
	}
	row.ID = last + 1
	h, l := row.Holder, row.Lock
	d.count++
	d.changes.rows = append(d.changes.rows, advisoryChange{row: *row})
	return runWith(d.conn, "INSERT INTO polyreme_advisory("+advisoryColumns+") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
		types.IntValue(row.ID), types.TextValue(h.Node), types.IntValue(h.Run), types.IntValue(h.Session), types.IntValue(row.PID),
		types.IntValue(l.Key), types.BoolValue(l.Pair), types.BoolValue(l.Shared), types.BoolValue(row.Granted),
		types.IntValue(row.place), types.IntValue(row.Asked))
}

func (d *advisory) remove(row *AdvisoryRow) error {
	d.count--
	d.changes.rows = append(d.changes.rows, advisoryChange{row: *row, gone: true})
	return runWith(d.conn, "DELETE FROM polyreme_advisory WHERE id = ?1", types.IntValue(row.ID))
}

// deadlock refuses a waiter whose waiting would never end: one of those it waits
// for waits, directly or not, for its holder. Each holder waits for one lock at
// most.
func (d *advisory) deadlock(start *AdvisoryRow) (*pgerr.Error, error) {
	seen := map[raftlog.AdvisoryHolder]bool{}
	circle, err := d.circle(start, start.Holder, seen)
	if err != nil || circle == nil {
		return nil, err
	}
	e := pgerr.New(pgerr.DeadlockDetected, "deadlock detected").WithHint("See server log for query details.")
	return e.WithDetail("%s", strings.Join(circle, "\n")), nil
}

// circle follows whom w waits for until it meets start, and says who waits for
// whom on the way; nil when it never does. It visits each holder once.
func (d *advisory) circle(w *AdvisoryRow, start raftlog.AdvisoryHolder, seen map[raftlog.AdvisoryHolder]bool) ([]string, error) {
	rows, err := d.ofKey(w.Lock)
	if err != nil {
		return nil, err
	}
	at := queuePlace(rows, w)
	for j := range rows {
		r := &rows[j]
		if r.Holder == w.Holder || !conflicts(r.Lock, w.Lock) || !r.Granted && j >= at || seen[r.Holder] {
			continue
		}
		line := fmt.Sprintf("Process %d waits for %s on advisory lock [%s]; blocked by process %d.", w.PID, w.Lock.Mode(), lockName(w.Lock), r.PID)
		if r.Holder == start {
			return []string{line}, nil
		}
		seen[r.Holder] = true
		waits, err := d.query("WHERE node = ?1 AND run = ?2 AND session = ?3 AND granted = 0 ORDER BY id",
			types.TextValue(r.Holder.Node), types.IntValue(r.Holder.Run), types.IntValue(r.Holder.Session))
		if err != nil {
			return nil, err
		}
		for i := range waits {
			if rest, err := d.circle(&waits[i], start, seen); rest != nil || err != nil {
				return append([]string{line}, rest...), err
			}
		}
	}
	return nil, nil
}

// queuePlace is the number of rows before w: it may not be among them yet.
func queuePlace(rows []AdvisoryRow, w *AdvisoryRow) int {
	for i := range rows {
		if rows[i].ID == w.ID || w.ID == 0 && rows[i].place > w.place {
			return i
		}
	}
	return len(rows)
}

// lockName is how PostgreSQL's messages name the lock: database and the parts of
// the key.
func lockName(l raftlog.AdvisoryLock) string {
	class, object, sub := l.Parts()
	return fmt.Sprintf("%d,%d,%d,%d", databaseOID, class, object, sub)
}

// databaseOID is that of the one database.
const databaseOID = 5
