package sqlfsm

import (
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// Advisory locks are rows of polyreme_advisory: one for each holder, key and
// mode. The rows of a key stand in the order of waiting, place and id: those who
// have it, and then its queue, as in PostgreSQL (src/backend/storage/lmgr/proc.c).
// Who comes later waits behind those it conflicts with, unless it has the key
// already in the other mode (place 0). So a waiter waits for the rows before its own
// that it conflicts with, and an operation reads no more of a long queue than its
// head.
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
  waiting INTEGER NOT NULL,
  place INTEGER NOT NULL,
  asked INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS polyreme_advisory_key ON polyreme_advisory(key, pair, waiting, place);
CREATE INDEX IF NOT EXISTS polyreme_advisory_holder ON polyreme_advisory(node, run, session);
CREATE INDEX IF NOT EXISTS polyreme_advisory_waiting ON polyreme_advisory(id) WHERE waiting = 1;
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

const advisoryColumns = "id, node, run, session, pid, key, pair, shared, waiting, place, asked"

// The conditions under which rows are read.
const (
	ofKey    = "WHERE key = ?1 AND pair = ?2 ORDER BY waiting, place, id"
	ofHolder = "WHERE node = ?1 AND run = ?2 AND session = ?3 "
)

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
	rows, err := d.query(ofHolder+"AND waiting = 0 ORDER BY id LIMIT 1",
		types.TextValue(h.Node), types.IntValue(h.Run), types.IntValue(h.Session))
	return len(rows) > 0, err
}

// held returns what a holder has, or waits for, of a lock's key.
func (d *advisory) held(h raftlog.AdvisoryHolder, l raftlog.AdvisoryLock) ([]AdvisoryRow, error) {
	return d.query(ofHolder+"AND key = ?4 AND pair = ?5 ORDER BY id", types.TextValue(h.Node), types.IntValue(h.Run),
		types.IntValue(h.Session), types.IntValue(l.Key), keySpace(l))
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
	own, err := d.held(row.Holder, row.Lock)
	if err != nil {
		return 0, nil, err
	}
	for i := range own {
		if own[i].Lock == row.Lock {
			return answerOf(own[i].Granted), nil, nil
		}
		row.place = 0
	}
	free, first, err := d.isFree(&row)
	if err != nil {
		return 0, nil, err
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

// isFree tells whether nobody has what conflicts with row, and whether nobody
// waits for it.
func (d *advisory) isFree(row *AdvisoryRow) (free, first bool, err error) {
	free, first = true, true
	err = d.each(ofKey, func(o AdvisoryRow) bool {
		if o.Holder == row.Holder || !conflicts(o.Lock, row.Lock) {
			return true
		}
		if o.Granted {
			free = false
		} else {
			first = false
		}
		return o.Granted // after those who have it
	}, types.IntValue(row.Lock.Key), keySpace(row.Lock))
	return free, first, err
}

func answerOf(granted bool) int64 {
	if granted {
		return raftlog.AdvisoryGranted
	}
	return raftlog.AdvisoryQueued
}

// The kinds of keys, as the column pair keeps them: equal numbers of different
// kinds are different keys.
const (
	integerKey int64 = iota
	pairKey
	temporaryKey
)

// keySpace is the kind of the lock's key.
func keySpace(l raftlog.AdvisoryLock) types.Value {
	switch {
	case l.Temporary:
		return types.IntValue(temporaryKey)
	case l.Pair:
		return types.IntValue(pairKey)
	}
	return types.IntValue(integerKey)
}

// lockOf is the lock of a key of the kind space.
func lockOf(key, space int64, shared bool) raftlog.AdvisoryLock {
	return raftlog.AdvisoryLock{Key: key, Shared: shared, Pair: space == pairKey, Temporary: space == temporaryKey}
}

// conflicts tells whether two holders cannot have the locks, which are of one
// key, at the same time.
func conflicts(a, b raftlog.AdvisoryLock) bool { return !a.Shared || !b.Shared }

// release gives locks back, or leaves their queues.
func (d *advisory) release(a *raftlog.Advisory) (int64, error) {
	var n int64
	for _, l := range a.Locks {
		rows, err := d.held(a.Holder, l)
		if err != nil {
			return 0, err
		}
		for i := range rows {
			if rows[i].Lock == l {
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
	var rows []AdvisoryRow
	var grants []int
	err := d.each(ofKey, func(row AdvisoryRow) bool {
		i := len(rows)
		rows = append(rows, row)
		switch {
		case row.Granted:
		case blocked(rows, i):
			return row.Lock.Shared // all behind an exclusive one wait for it
		default:
			rows[i].Granted = true
			grants = append(grants, i)
		}
		return true
	}, types.IntValue(l.Key), keySpace(l))
	if err != nil {
		return err
	}
	for _, i := range grants {
		if err := runWith(d.conn, "UPDATE polyreme_advisory SET waiting = 0 WHERE id = ?1", types.IntValue(rows[i].ID)); err != nil {
			return err
		}
		d.changes.rows = append(d.changes.rows, advisoryChange{row: rows[i]})
	}
	return nil
}

// blocked tells whether waiter i of a key has to go on waiting.
func blocked(rows []AdvisoryRow, i int) bool {
	for j := range i {
		if blocks(&rows[j], &rows[i]) {
			return true
		}
	}
	return false
}

// blocks tells whether a waiter waits for a row before its own.
func blocks(row, w *AdvisoryRow) bool { return row.Holder != w.Holder && conflicts(row.Lock, w.Lock) }

func (d *advisory) query(where string, params ...types.Value) (rows []AdvisoryRow, err error) {
	err = d.each(where, func(row AdvisoryRow) bool {
		rows = append(rows, row)
		return true
	}, params...)
	return rows, err
}

// each reads rows for as long as visit wants more.
func (d *advisory) each(where string, visit func(AdvisoryRow) bool, params ...types.Value) error {
	s, err := d.conn.Prepare("SELECT " + advisoryColumns + " FROM polyreme_advisory " + where)
	if err != nil {
		return err
	}
	defer s.Release()
	for i, p := range params {
		if err := s.Bind(i+1, p); err != nil {
			return err
		}
	}
	for {
		more, err := s.Step()
		if err != nil || !more {
			return err
		}
		row := AdvisoryRow{
			ID:     s.ColumnInt64(0),
			Holder: raftlog.AdvisoryHolder{Node: string(s.ColumnBytes(1)), Run: s.ColumnInt64(2), Session: s.ColumnInt64(3)},
			PID:    s.ColumnInt64(4),
			Lock:   lockOf(s.ColumnInt64(5), s.ColumnInt64(6), s.ColumnInt64(7) != 0),

			Granted: s.ColumnInt64(8) == 0, place: s.ColumnInt64(9), Asked: s.ColumnInt64(10),
		}
		if !visit(row) {
			return nil
		}
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
		types.IntValue(l.Key), keySpace(l), types.BoolValue(l.Shared), types.BoolValue(!row.Granted),
		types.IntValue(row.place), types.IntValue(row.Asked))
}

func (d *advisory) remove(row *AdvisoryRow) error {
	d.count--
	d.changes.rows = append(d.changes.rows, advisoryChange{row: *row, gone: true})
	return runWith(d.conn, "DELETE FROM polyreme_advisory WHERE id = ?1", types.IntValue(row.ID))
}
