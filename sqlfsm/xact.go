package sqlfsm

import (
	"fmt"
	"strconv"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// Outcomes by transaction id: what pg_current_xact_id and pg_xact_status need.
//
// Nodes draw ids in ranges through the log (OpDrawXacts), so that an id is
// unique for ever and tells which node gave it out. The entry of a transaction
// with an id (raftlog.XactSetting) leaves its outcome in polyreme_xact, in the
// same SQLite transaction as its effects.
//
// Whoever asks for an outcome that is not there, and does not find the
// transaction open on its node, has it decided: OpSettleXact records that the
// transaction was aborted, unless an outcome is recorded. The first of both in
// the log decides: an entry whose transaction is recorded as aborted changes
// nothing.
//
// Nothing that was answered is ever taken back, although outcomes are
// forgotten. The ids below the oldest range kept, the horizon, are closed:
// nothing is recorded for them any more, so that the outcome of a late entry is
// Conflict. Only outcomes below the horizon are forgotten.
const xactTables = `
CREATE TABLE IF NOT EXISTS polyreme_xact_range(
  first INTEGER PRIMARY KEY,
  node TEXT NOT NULL,
  drawn INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS polyreme_xact(
  id INTEGER PRIMARY KEY,
  committed INTEGER NOT NULL,
  decided INTEGER NOT NULL
) STRICT;
`

const (
	// XactRangeSize is how many ids a range has.
	XactRangeSize = 1024
	// xactFirst is the first id: those below are PostgreSQL's own.
	xactFirst = 3
	// xactRangeLife is how long ids can be recorded after their range was drawn,
	// by the log's clock, and so the longest life of a transaction with an id.
	xactRangeLife = 3 * 3600 * 1_000_000 // µs
	// xactKept is how long an outcome is kept at least.
	xactKept = 2 * 3600 * 1_000_000 // µs
	// xactDropMax bounds the outcomes forgotten at once: more than a range can add.
	xactDropMax = 4 * XactRangeSize
)

// XactFate is what a state says of a transaction id.
type XactFate uint8

// The fates.
const (
	XactUndecided XactFate = iota + 1 // may be in progress, and may still be recorded
	XactCommitted
	XactAborted
	XactForgotten // too long ago, or no transaction's
	XactFuture    // not drawn by any node
)

// Xact returns what the newest state says of a transaction id, and the node that
// gave it out while it is undecided.
func (r *Reader) Xact(id int64) (XactFate, string, error) { return lookUpXact(r.Conn, id) }

const lookUpXactSQL = "SELECT (SELECT committed FROM polyreme_xact WHERE id = ?1)," +
	" (SELECT node FROM polyreme_xact_range WHERE first <= ?1 ORDER BY first DESC LIMIT 1)," +
	" (SELECT max(first) FROM polyreme_xact_range)"

func lookUpXact(conn *sqlite.Conn, id int64) (fate XactFate, node string, err error) {
	stmt, err := conn.Prepare(lookUpXactSQL)
	if err != nil {
		return 0, "", err
	}
	defer stmt.Release()
	if err := stmt.BindInt64(1, id); err != nil {
		return 0, "", err
	}
	if _, err := stmt.Step(); err != nil {
		return 0, "", err
	}
	committed, owner, last := stmt.Column(0), stmt.Column(1), stmt.Column(2)
	end := int64(xactFirst)
	if !last.IsNull() {
		end = last.Int64() + XactRangeSize
	}
	switch {
	case id < 0 || id >= end: // negative ones are large
		return XactFuture, "", nil
	case id > 0 && id < xactFirst, !committed.IsNull() && committed.Bool():
		return XactCommitted, "", nil
	case !committed.IsNull():
		return XactAborted, "", nil
	case owner.IsNull():
		return XactForgotten, "", nil
	}
	return XactUndecided, string(owner.Bytes), nil
}

// drawXacts gives a node the next range of ids and forgets old outcomes, so that
// the tables do not grow by more than a range lives.
func (a *applier) drawXacts(e *raftlog.Entry) (raftlog.Result, error) {
	var node types.Value
	if params := e.Operations[0].Params; len(params) == 1 && params[0].Kind == types.Text {
		node = params[0]
	} else {
		return failed(0, pgerr.New(pgerr.ProtocolViolation, "transaction ids are drawn for no node")), nil
	}
	conn := a.writer.conn
	first, err := conn.QueryInt64(fmt.Sprintf("SELECT coalesce(max(first) + %d, %d) FROM polyreme_xact_range", XactRangeSize, xactFirst))
	if err != nil {
		return raftlog.Result{}, err
	}
	if err := runWith(conn, "INSERT INTO polyreme_xact_range(first, node, drawn) VALUES(?1, ?2, ?3)",
		types.IntValue(first), node, types.IntValue(a.applied.clock)); err != nil {
		return raftlog.Result{}, err
	}
	return raftlog.Result{Status: raftlog.Applied, Session: uint64(first)}, a.forgetXacts()
}

// forgetXacts moves the horizon and forgets outcomes below it. The newest range
// stays, because the next one begins behind it.
func (a *applier) forgetXacts() error {
	conn, clock := a.writer.conn, a.applied.clock
	if err := runWith(conn, "DELETE FROM polyreme_xact_range WHERE drawn < ?1"+
		" AND first < (SELECT max(first) FROM polyreme_xact_range)", types.IntValue(clock-xactRangeLife)); err != nil {
		return err
	}
	return runWith(conn, "DELETE FROM polyreme_xact WHERE id IN (SELECT id FROM polyreme_xact"+
		" WHERE id < (SELECT min(first) FROM polyreme_xact_range) AND decided < ?1 ORDER BY id LIMIT ?2)",
		types.IntValue(clock-xactKept), types.IntValue(xactDropMax))
}

// settleXact decides that a transaction was aborted, unless it is decided.
func (a *applier) settleXact(e *raftlog.Entry) (raftlog.Result, error) {
	params := e.Operations[0].Params
	if len(params) != 1 || params[0].Kind != types.Int {
		return failed(0, pgerr.New(pgerr.ProtocolViolation, "no transaction id to settle")), nil
	}
	fate, _, err := lookUpXact(a.writer.conn, params[0].Int64())
	if err == nil && fate == XactUndecided {
		err = a.recordXact(params[0].Int64(), false)
	}
	return raftlog.Result{Status: raftlog.Applied}, err
}

func (a *applier) recordXact(id int64, committed bool) error {
	return runWith(a.writer.conn, "INSERT INTO polyreme_xact(id, committed, decided) VALUES(?1, ?2, ?3)",
		types.IntValue(id), types.BoolValue(committed), types.IntValue(a.applied.clock))
}

// executeXact runs an entry whose transaction has an id, unless that is decided,
// and records its outcome. An entry that is only to be planned again decides
// nothing.
func (a *applier) executeXact(id int64, e *raftlog.Entry) (raftlog.Result, error) {
	fate, _, err := lookUpXact(a.writer.conn, id)
	if err != nil {
		return raftlog.Result{}, err
	}
	switch fate {
	case XactUndecided:
	case XactCommitted:
		return raftlog.Result{Status: raftlog.ResultLost}, nil
	case XactAborted:
		return refusedXact("transaction %d was given up", id), nil
	default:
		return refusedXact("transaction %d is too old to be committed", id), nil
	}
	a.writer.env.Transactions = entryXact(id)
	result, err := a.executeEntry(e)
	a.writer.env.Transactions = entryXact(0)
	if err != nil {
		return result, err
	}
	switch result.Status {
	case raftlog.Applied:
		err = a.recordXact(id, true)
	case raftlog.Failed, raftlog.Conflict:
		err = a.recordXact(id, false)
	}
	return result, err
}

func refusedXact(format string, id int64) raftlog.Result {
	return raftlog.Result{Status: raftlog.Conflict, Err: pgerr.New(pgerr.SerializationFailure, format, id).
		WithHint("The transaction might succeed if retried.")}
}

// entryXact serves an applied write: its id is the entry's.
type entryXact int64

var _ builtin.Transactions = entryXact(0)

func (x entryXact) CurrentID() (int64, error) {
	if x == 0 {
		return 0, pgerr.Unsupported("pg_current_xact_id() in this place is not supported")
	}
	return int64(x), nil
}

func (x entryXact) AssignedID() (int64, error) { return x.CurrentID() }

func (x entryXact) Status(id int64) (string, error) {
	return "", pgerr.Unsupported("pg_xact_status(%s) in a statement that writes is not supported", strconv.FormatUint(uint64(id), 10))
}
