package simtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	connectLimit   = 2 * time.Second
	statementLimit = 30 * time.Second
	// settleLimit bounds the time in which an outcome can be learnt: longer than
	// all disasters.
	settleLimit = 5 * time.Minute
	// timeoutMax is the longest statement_timeout of those in a hurry, in ms: about
	// as long as a write takes.
	timeoutMax = 15
)

// outcome is what became of a transaction, as its client knows it.
type outcome uint8

const (
	committed outcome = iota
	failed            // certainly without effect
	unknown
)

func (o outcome) String() string { return [...]string{"committed", "failed", "unknown"}[o] }

// outcomeOf tells what the answer to a COMMIT, or to a statement outside of a
// block, says. Only an error that the server sent in a session that goes on says
// that nothing happened.
func outcomeOf(err error) outcome {
	var e *pgconn.PgError
	switch {
	case err == nil:
		return committed
	case errors.As(err, &e) && e.Severity == "ERROR" && e.Code != "08007":
		return failed
	}
	return unknown
}

// worker is a client whose connection may break at any time. It then connects to
// another member.
type worker struct {
	cluster *cluster
	number  int // among those who do the same
	random  *rand.Rand
	member  *member // that it is connected to, or was
	conn    *pgconn.PgConn
	codes   map[string]int // of the errors that it got
	xact    string         // pg_current_xact_id of the last block, "" where it did not ask
}

// connect makes sure that there is a connection.
func (w *worker) connect() bool {
	if w.conn != nil && !w.conn.IsClosed() {
		return true
	}
	ctx, done := context.WithTimeout(context.Background(), connectLimit)
	defer done()
	members := w.cluster.members
	at := w.random.IntN(len(members))
	if members[at] == w.member { // another is more often the way to go on
		at = w.random.IntN(len(members))
	}
	conn, err := w.cluster.connect(ctx, members[at])
	if err != nil {
		return false
	}
	w.member, w.conn = members[at], conn
	return true
}

// close ends the connection.
func (w *worker) close() {
	if w.conn != nil {
		ctx, done := context.WithTimeout(context.Background(), connectLimit)
		defer done()
		w.conn.Close(ctx)
		w.conn = nil
	}
}

// query runs one statement, by the simple or by the extended protocol, and
// returns its rows.
func (w *worker) query(format string, args ...any) ([][]string, error) {
	return w.queryWithin(statementLimit, fmt.Sprintf(format, args...))
}

func (w *worker) queryWithin(limit time.Duration, sql string) ([][]string, error) {
	if w.conn == nil {
		return nil, net.ErrClosed
	}
	ctx, done := context.WithTimeout(context.Background(), limit)
	defer done()
	var result *pgconn.Result
	if w.random.IntN(2) == 0 {
		results, err := w.conn.Exec(ctx, sql).ReadAll()
		if err != nil {
			return nil, w.note(sql, err)
		}
		result = results[len(results)-1]
	} else if result = w.conn.ExecParams(ctx, sql, nil, nil, nil, nil).Read(); result.Err != nil {
		return nil, w.note(sql, result.Err)
	}
	if sql == "COMMIT" && result.CommandTag.String() != "COMMIT" {
		w.cluster.t.Errorf("COMMIT of a block without errors answers %s", result.CommandTag)
	}
	rows := make([][]string, len(result.Rows))
	for i, row := range result.Rows {
		for _, value := range row {
			rows[i] = append(rows[i], string(value))
		}
	}
	return rows, nil
}

// value runs a query for one value, which must be there.
func (w *worker) value(format string, args ...any) (string, error) {
	rows, err := w.query(format, args...)
	if err != nil {
		return "", err
	}
	if len(rows) != 1 || len(rows[0]) != 1 {
		err := fmt.Errorf(format+": %d rows instead of one value", append(args, len(rows))...)
		w.cluster.t.Error(err)
		return "", err
	}
	return rows[0][0], nil
}

// note counts an error, and reports one that no fault excuses.
func (w *worker) note(sql string, err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		w.codes["broken"]++
		w.close()
		return err
	}
	w.codes[e.Code]++
	for _, class := range []string{"XX", "42", "0A", "22", "25"} {
		if strings.HasPrefix(e.Code, class) {
			w.cluster.t.Errorf("%s: %v", sql, err)
		}
	}
	return err
}

// errorCode is the SQLSTATE of an error, "" for none.
func errorCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// block runs a transaction block and tells what became of it. An error before
// COMMIT means that nothing happened. Half of the blocks ask for their id, and if
// the answer to COMMIT is lost, for their outcome.
func (w *worker) block(begin string, body func() error) (outcome, error) {
	w.xact = ""
	if _, err := w.query("%s", begin); err != nil {
		return failed, err
	}
	err := error(nil)
	asks := w.random.IntN(2) == 0
	if asks {
		err = w.askXact()
	}
	if err == nil {
		err = body()
	}
	if err != nil {
		if w.conn != nil {
			w.query("ROLLBACK")
		}
		return failed, err
	}
	_, err = w.query("COMMIT")
	o := outcomeOf(err)
	if o == unknown && asks {
		o = w.settle(w.xact)
	}
	return o, err
}

// hurried runs something under a statement_timeout that often ends it.
func (w *worker) hurried(what func() error) error {
	if _, err := w.query("SET statement_timeout = '%dms'", 1+w.random.IntN(timeoutMax)); err != nil {
		return err
	}
	err := what()
	if w.conn != nil {
		w.query("SET statement_timeout = 0") // if that fails the connection is gone
	}
	return err
}

// askXact asks for the id of the block.
func (w *worker) askXact() error {
	xact, err := w.value("SELECT pg_current_xact_id()")
	if err == nil {
		w.xact = xact
	}
	return err
}

// settle asks one member after the other what became of a transaction, until one
// knows.
func (w *worker) settle(xact string) outcome {
	for end := time.Now().Add(settleLimit); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		w.close()
		if !w.connect() {
			continue
		}
		status, err := w.value("SELECT pg_xact_status('%s')", xact)
		if err != nil {
			continue
		}
		switch status {
		case "committed":
			return committed
		case "aborted":
			return failed
		case "in progress":
		default:
			w.cluster.t.Errorf("the status of transaction %s is %q", xact, status)
			return unknown
		}
	}
	w.cluster.t.Errorf("nobody knows what became of transaction %s", xact)
	return unknown
}

// pause lets time go by.
func (w *worker) pause(most time.Duration) {
	time.Sleep(time.Duration(w.random.Int64N(int64(most))))
}

// rows asks for rows when all faults have ended.
func (w *worker) rows(format string, args ...any) [][]string {
	var err error
	for end := time.Now().Add(settleLimit); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if !w.connect() {
			continue
		}
		var rows [][]string
		if rows, err = w.query(format, args...); err == nil {
			return rows
		}
	}
	w.cluster.t.Errorf(format+": %v", append(args, err)...)
	return nil
}
