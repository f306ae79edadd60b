package sqlfsm

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// entrySavepoint is the savepoint around the operations of an entry.
const entrySavepoint = "entry"

// run executes the operations of an entry: all of them or none.
func (a *applier) run(e *raftlog.Entry) (raftlog.Result, error) {
	conn := a.writer.conn
	seen, own := ownSettings(e.Settings)
	if err := a.use(seen); err != nil {
		if sqlite.Classify(err) != sqlite.Deterministic {
			return raftlog.Result{}, err
		}
		return failed(0, pgerr.From(err)), nil
	}
	a.executor.begin(e.Moment)
	a.sequences.begin()
	a.notifications.begin()
	if err := a.remember(own); err != nil {
		return failed(0, pgerr.New(pgerr.ProtocolViolation, "%v", err)), nil
	}
	writesSequences := a.writesSequences(e)
	if writesSequences {
		if err := a.sequences.flush(); err != nil {
			return raftlog.Result{}, err
		}
	}
	guarded := a.needsSavepoint(e)
	if guarded {
		if err := conn.Savepoint(entrySavepoint); err != nil {
			return raftlog.Result{}, err
		}
	}
	result, err := a.operations(e, writesSequences)
	if err != nil {
		return result, err
	}
	if result.Status != raftlog.Applied {
		a.notifications.drop()
	}
	if err := a.executor.checkAgain(); err != nil {
		return result, err
	}
	if guarded {
		if err := a.endSavepoint(result.Status == raftlog.Applied); err != nil {
			return result, err
		}
	}
	if writesSequences {
		a.sequences.forget()
		a.sequences.moves++
	}
	if e.ChangesSchema {
		return result, a.reloadSchema()
	}
	return result, nil
}

// use makes the functions see an entry's settings. Entries mostly come with the
// same ones as the entry before.
func (a *applier) use(settings []raftlog.Setting) error {
	if a.settled && slices.Equal(a.settings, settings) {
		return nil
	}
	a.settled = false
	if err := a.store.config.Settings(a.writer.env, settings); err != nil {
		return err
	}
	a.settings, a.settled = append(a.settings[:0], settings...), true
	return nil
}

// writesSequences tells whether operations may write the tables of sequences by
// themselves, so that what is in memory has to be written before and read after
// each of them.
func (a *applier) writesSequences(e *raftlog.Entry) bool {
	if e.ChangesSchema {
		return true
	}
	for i := range e.Operations {
		if strings.Contains(e.Operations[i].SQL, "polyreme_sequence") {
			return true
		}
	}
	return false
}

// needsSavepoint tells whether more could have to be undone than the one
// statement that SQLite undoes by itself when it fails.
func (a *applier) needsSavepoint(e *raftlog.Entry) bool {
	if len(e.Operations) != 1 || e.ChangesSchema || a.deferred {
		return true
	}
	op := &e.Operations[0]
	return op.Kind != raftlog.OpExec || op.Sets > 1 || op.Expect != nil
}

func (a *applier) endSavepoint(keep bool) error {
	conn := a.writer.conn
	if !keep {
		if err := conn.RollbackTo(entrySavepoint); err != nil {
			return err
		}
	}
	return conn.Release(entrySavepoint)
}

// operations runs the operations in order until one fails or differs.
func (a *applier) operations(e *raftlog.Entry, writesSequences bool) (raftlog.Result, error) {
	x := &a.executor
	n := statementCount(e)
	if n > statementsMax {
		return failed(0, pgerr.New(pgerr.ProgramLimitExceeded, "transaction has more than %d statements", statementsMax)), nil
	}
	x.statements = make([]raftlog.StatementResult, n)
	for i := range e.Operations {
		op := &e.Operations[i]
		a.sequences.mark()
		x.next(op)
		matches, err := a.operation(e, op)
		if err != nil {
			return a.failure(e, op, err)
		}
		if !matches {
			return conflict(op), nil
		}
		if writesSequences {
			if err := a.sequences.flush(); err != nil {
				return raftlog.Result{}, err
			}
			a.sequences.forget()
		}
	}
	if err := a.checkDeferred(e); err != nil {
		return a.failure(e, &e.Operations[len(e.Operations)-1], err)
	}
	result := raftlog.Result{Status: raftlog.Applied, Statements: x.statements}
	if len(a.sequences.given) > 0 {
		result.Draws, result.LastDrawn = a.sequences.draws()
	}
	return result, nil
}

// operation runs one operation and tells whether its result is the expected.
func (a *applier) operation(e *raftlog.Entry, op *raftlog.Operation) (bool, error) {
	x := &a.executor
	switch op.Kind {
	case raftlog.OpExec:
		if op.Read && op.Expect != nil && a.snapshot != 0 {
			same, err := a.readsTheSame(op)
			if same || err != nil {
				return same, err
			}
		}
		err := x.run(e.Request.Session, op, &x.statements[op.Statement], op.Expect != nil)
		if err != nil || op.Expect == nil {
			return err == nil, err
		}
		return bytes.Equal(op.Expect, x.digest), nil
	case raftlog.OpStageAppend:
		return true, a.stageAppend(e.Request.Session, op)
	case raftlog.OpStageExec:
		return true, x.run(e.Request.Session, op, &x.statements[op.Statement], false)
	case raftlog.OpStageDiscard:
		return true, x.stageDiscard(stageKey{e.Request.Session, op.Stage})
	}
	return false, pgerr.New(pgerr.InternalError, "unknown kind of operation %d", op.Kind)
}

// readsTheSame tells whether nothing that a validated read depends on has changed
// since its transaction's snapshot, neither by others nor by the transaction itself.
func (a *applier) readsTheSame(op *raftlog.Operation) (bool, error) {
	stmt, err := a.executor.prepare(op.SQL)
	if err != nil {
		return false, err
	}
	defer stmt.Release()
	same := a.changes.unchanged(stmt, a.snapshot)
	if same {
		a.skipped++
	}
	return same, nil
}

// statementCount is the number of client statements of an entry.
func statementCount(e *raftlog.Entry) int {
	n := 0
	for i := range e.Operations {
		n = max(n, e.Operations[i].Statement+1)
	}
	return n
}

// statementsMax bounds the client statements of an entry.
const statementsMax = 1 << 16

// failure turns the error of an operation into the entry's result, or into a
// local fault.
func (a *applier) failure(e *raftlog.Entry, op *raftlog.Operation, err error) (raftlog.Result, error) {
	switch sqlite.Classify(err) {
	case sqlite.Deterministic, sqlite.Schema:
	default:
		return raftlog.Result{}, err
	}
	conn := a.writer.conn
	client := clientError(err)
	if conn.InTransaction() {
		var fault error
		if client, fault = a.explain(e, op, err); fault != nil {
			return raftlog.Result{}, fault
		}
	}
	result := failed(op.Statement, client)
	if !conn.InTransaction() {
		a.broken[a.where] = result
		a.undone = true
		return raftlog.Result{}, errors.Join(errUndone, err)
	}
	return result, nil
}

// explain completes the error of an operation by running it again, with the
// same values of sequences. A deferred constraint fails because of the entry as
// a whole, which is undone first and then run again.
func (a *applier) explain(e *raftlog.Entry, op *raftlog.Operation, err error) (*pgerr.Error, error) {
	operations := []raftlog.Operation{*op}
	whole := errors.Is(err, errDeferred)
	if whole {
		if err := a.writer.conn.RollbackTo(entrySavepoint); err != nil {
			return errDeferred, err
		}
		operations = e.Operations
		a.executor.restart()
	}
	return explain(a.writer.conn, err, op.SQL, func(edit func(string) string, enough func() bool) error {
		restore := a.sequences.rewind()
		a.executor.edit, a.executor.enough = edit, enough
		defer func() {
			a.executor.edit, a.executor.enough = nil, nil
			restore()
		}()
		for i := range operations {
			if whole {
				a.executor.next(&operations[i])
			} else {
				a.executor.again()
			}
			if _, err := a.operation(e, &operations[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func failed(statement int, err *pgerr.Error) raftlog.Result {
	return raftlog.Result{Status: raftlog.Failed, Statement: statement, Err: err}
}

// ConcurrentUpdate is the message of a validation that failed.
const ConcurrentUpdate = "could not serialize access due to concurrent update"

// conflict is the result of an entry whose transaction would not see what its
// client was shown.
func conflict(op *raftlog.Operation) raftlog.Result {
	err := pgerr.New(pgerr.SerializationFailure, ConcurrentUpdate).
		WithHint("The transaction might succeed if retried.")
	return raftlog.Result{Status: raftlog.Conflict, Statement: op.Statement, Err: err}
}
