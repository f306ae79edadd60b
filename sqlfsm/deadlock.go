package sqlfsm

import (
	"fmt"
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// deadlock looks for a circle of waiting that a new waiter would close. Each
// holder waits for one lock at most.
//
// A queue may be as long as there are clients, and each of its waiters waits for
// all before it. Of a queue that an exclusive waiter was followed through, the
// waiters before it lead nowhere that it does not lead itself, but to the start.
type deadlock struct {
	locks   *advisory
	start   raftlog.AdvisoryHolder
	waiting map[raftlog.AdvisoryHolder]*AdvisoryRow // read by key, never in its order
	queues  map[advisoryKey]*lockQueue
	seen    map[raftlog.AdvisoryHolder]bool
}

// advisoryKey is what locks of both modes have in common.
type advisoryKey struct {
	key   int64
	space int64
}

// lockQueue is a key's rows in their order.
type lockQueue struct {
	rows     []AdvisoryRow
	starts   []int // rows of the start
	followed int   // an exclusive waiter was followed to all rows before this one
}

// deadlock returns the error for a waiter whose waiting would never end, or nil.
func (d *advisory) deadlock(w *AdvisoryRow) (*pgerr.Error, error) {
	if holds, err := d.holds(w.Holder); err != nil || !holds {
		return nil, err // nobody waits for it
	}
	k := &deadlock{
		locks: d, start: w.Holder, waiting: map[raftlog.AdvisoryHolder]*AdvisoryRow{},
		queues: map[advisoryKey]*lockQueue{}, seen: map[raftlog.AdvisoryHolder]bool{},
	}
	rows, err := d.query("WHERE waiting = 1 ORDER BY id")
	if err != nil {
		return nil, err
	}
	for i := range rows {
		k.waiting[rows[i].Holder] = &rows[i]
	}
	circle, err := k.follow(w)
	if err != nil || circle == nil {
		return nil, err
	}
	return pgerr.New(pgerr.DeadlockDetected, "deadlock detected").
		WithDetail("%s", strings.Join(circle, "\n")).WithHint("See server log for query details."), nil
}

// follow goes from a waiter to those it waits for until it meets the start, and
// says who waits for whom on the way; nil when it never does.
func (k *deadlock) follow(w *AdvisoryRow) ([]string, error) {
	q, err := k.queue(w.Lock)
	if err != nil {
		return nil, err
	}
	at := q.place(w)
	for _, j := range q.starts {
		if r := &q.rows[j]; j < at && blocks(r, w) {
			return []string{waitLine(w, r)}, nil
		}
	}
	first := q.followed
	if !w.Lock.Shared {
		q.followed = max(q.followed, at)
	}
	for j := first; j < at; j++ {
		r := &q.rows[j]
		if !blocks(r, w) || k.seen[r.Holder] {
			continue
		}
		k.seen[r.Holder] = true
		next := k.waiting[r.Holder]
		if next == nil {
			continue
		}
		if rest, err := k.follow(next); rest != nil || err != nil {
			return append([]string{waitLine(w, r)}, rest...), err
		}
	}
	return nil, nil
}

// queue returns the rows of a lock's key, which it reads once.
func (k *deadlock) queue(l raftlog.AdvisoryLock) (*lockQueue, error) {
	key := advisoryKey{l.Key, keySpace(l).Int64()}
	if q := k.queues[key]; q != nil {
		return q, nil
	}
	rows, err := k.locks.query(ofKey, types.IntValue(l.Key), keySpace(l))
	q := &lockQueue{rows: rows}
	for j := range rows {
		if rows[j].Holder == k.start {
			q.starts = append(q.starts, j)
		}
	}
	k.queues[key] = q
	return q, err
}

// place is the number of rows before w, which may not be among them yet.
func (q *lockQueue) place(w *AdvisoryRow) int {
	for j := range q.rows {
		if r := &q.rows[j]; r.ID == w.ID || w.ID == 0 && !r.Granted && r.place > w.place {
			return j
		}
	}
	return len(q.rows)
}

// waitLine says in PostgreSQL's words that w waits for r.
func waitLine(w, r *AdvisoryRow) string {
	class, object, sub := w.Lock.Parts()
	return fmt.Sprintf("Process %d waits for %s on advisory lock [%d,%d,%d,%d]; blocked by process %d.",
		w.PID, w.Lock.Mode(), databaseOID, class, object, sub, r.PID)
}

// databaseOID is that of the one database.
const databaseOID = 5
