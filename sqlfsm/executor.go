package sqlfsm

import (
	"encoding/binary"
	"errors"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// executor runs operations on a connection. The applier and each Workspace have
// one, so that a transaction does the same in both.
type executor struct {
	conn       *sqlite.Conn
	statements []raftlog.StatementResult // of the entry being run
	digest     []byte                    // of the last operation, if it was asked for
	digester   *raftlog.Digester
	row        []types.Value
	edit       func(sql string) string // not nil while a failure is looked into
	enough     func() bool             // then too: tells that it may end
	preparing  bool                    // an operation's own text is being prepared
	unchecked  bool                    // foreign keys are switched off
	deferring  bool                    // foreign keys are checked at the end
	staged     []types.Value           // reused by stageExec
	ran        func(*sqlite.Stmt)      // told of each statement that may have written; may be nil

	env       *builtin.Env
	moment    raftlog.Moment
	statement int // client statement of the last operation
	ordinal   int // of the last operation within it
}

// begin starts a transaction at a moment.
func (x *executor) begin(moment raftlog.Moment) {
	x.moment = moment
	x.restart()
	x.env.Begin(moment.Time, moment.Seed)
}

// restart makes the next operation the first of its statement.
func (x *executor) restart() { x.statement, x.ordinal = -1, 0 }

// next starts an operation. Each has random values of its own, so that a
// transaction draws the same in apply as in its workspace although it ran
// queries there, or rolled back to a savepoint.
func (x *executor) next(op *raftlog.Operation) {
	if op.Statement == x.statement {
		x.ordinal++
	} else {
		x.statement, x.ordinal = op.Statement, 0
	}
	x.again()
}

// again starts the same operation anew.
func (x *executor) again() {
	seed := x.moment.Seed
	binary.LittleEndian.PutUint32(seed[:], binary.LittleEndian.Uint32(seed[:])^uint32(x.statement))
	binary.LittleEndian.PutUint32(seed[4:], binary.LittleEndian.Uint32(seed[4:])^uint32(x.ordinal))
	x.env.Begin(x.moment.Time, seed)
}

// attach makes x run operations on conn. Operations may not end the transaction
// around them, nor reach beyond the file, nor change how the connection works:
// in apply that would be the end of the group, of others' entries with it.
func (x *executor) attach(conn *sqlite.Conn, env *builtin.Env) {
	x.conn, x.env = conn, env
	conn.SetAuthorizer(func(action sqlite.Action, name, _, _, _ string) bool {
		if !x.preparing {
			return true
		}
		switch action {
		case sqlite.ActionTransaction, sqlite.ActionSavepoint, sqlite.ActionAttach, sqlite.ActionDetach:
			return false
		case sqlite.ActionPragma:
			return harmlessPragmas[name]
		}
		return true
	})
}

// harmlessPragmas are the pragmas that operations may use: they read, or have
// no effect in a transaction.
var harmlessPragmas = map[string]bool{
	"foreign_keys": true, "foreign_key_list": true, "foreign_key_check": true,
	"table_info": true, "table_xinfo": true, "table_list": true, "index_info": true,
	"index_xinfo": true, "index_list": true, "quick_check": true, "integrity_check": true,
}

// exec runs an operation of kind OpExec and adds to its statement's result. The
// digest is that of the operation's own rows and changes.
func (x *executor) exec(op *raftlog.Operation, result *raftlog.StatementResult, digest bool) error {
	sql := op.SQL
	if x.edit != nil {
		sql = x.edit(sql)
	}
	if ok, err := x.switchForeignKeys(sql); ok {
		return err
	}
	stmt, err := x.prepare(sql)
	if err != nil {
		return err
	}
	defer stmt.Release()
	if x.ran != nil && !stmt.ReadOnly() {
		defer x.ran(stmt)
	}
	sets := max(op.Sets, 1)
	width := len(op.Params) / sets
	if width*sets != len(op.Params) {
		return pgerr.New(pgerr.ProtocolViolation, "operation has %d parameters for %d sets", len(op.Params), sets)
	}
	if digest {
		x.startDigest()
	}
	columns := 0
	if op.Returns || digest {
		columns = stmt.ColumnCount()
	}
	if op.Returns {
		result.Rows.Columns = columns
	}
	bound := min(width, stmt.ParameterCount()) // one of several operations may use only the first ones
	writes := (op.Counts || digest) && !stmt.ReadOnly()
	var changed int64
	for set := range sets {
		if err := bindAll(stmt, op.Params[set*width:set*width+bound]); err != nil {
			return err
		}
		if x.enough != nil && x.enough() {
			return errEnough
		}
		before := x.conn.TotalChanges()
		if err := x.step(stmt, op, result, columns, digest); err != nil {
			return err
		}
		// A statement that is not INSERT, UPDATE or DELETE leaves the number of
		// the connection's last one behind.
		if writes && x.conn.TotalChanges() != before {
			changed += x.conn.Changes()
		}
		if sets > 1 {
			stmt.Reset()
		}
	}
	if op.Counts {
		result.Changed += changed
	}
	if digest {
		x.digest = x.digester.Sum(x.digest[:0], columns, changed)
	}
	return nil
}

// setsSavepoint is the savepoint around the executions of one operation.
const setsSavepoint = "sets"

// run executes an operation that changes rows: all of it or nothing, also where its
// statement runs several times.
func (x *executor) run(session uint64, op *raftlog.Operation, result *raftlog.StatementResult, digest bool) error {
	if op.Kind == raftlog.OpExec && op.Sets <= 1 {
		return x.exec(op, result, digest)
	}
	if err := x.conn.Savepoint(setsSavepoint); err != nil {
		return err
	}
	var err error
	if op.Kind == raftlog.OpStageExec {
		err = x.stageExec(session, op, result)
	} else {
		err = x.exec(op, result, digest)
	}
	if err == nil {
		return x.conn.Release(setsSavepoint)
	}
	if x.conn.InTransaction() {
		if undo := errors.Join(x.conn.RollbackTo(setsSavepoint), x.conn.Release(setsSavepoint)); undo != nil {
			return undo
		}
	}
	return err
}

// prepare compiles an operation's text. A text that is not one statement is the
// entry's fault, not this node's.
func (x *executor) prepare(sql string) (*sqlite.Stmt, error) {
	x.preparing = true
	stmt, err := x.conn.Prepare(sql)
	x.preparing = false
	if err == nil {
		return stmt, nil
	}
	var engine *sqlite.Error
	if errors.As(err, &engine) || errors.Is(err, sqlite.ErrClosed) {
		return nil, err
	}
	return nil, pgerr.New(pgerr.SyntaxError, "%v", err)
}

func (x *executor) startDigest() {
	if x.digester == nil {
		x.digester = raftlog.NewDigester()
	}
	x.digester.Reset()
}

// step runs a bound statement to its end and takes its rows.
func (x *executor) step(stmt *sqlite.Stmt, op *raftlog.Operation, result *raftlog.StatementResult, columns int, digest bool) error {
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return err
		}
		if columns == 0 {
			continue
		}
		x.row = x.row[:0]
		for i := range columns {
			x.row = append(x.row, stmt.Column(i))
		}
		if digest {
			x.digester.Row(x.row)
		}
		if op.Returns {
			if len(result.Rows.Data) > resultBytesMax {
				return pgerr.New(pgerr.ProgramLimitExceeded, "result of a write exceeds %d bytes", resultBytesMax)
			}
			result.Rows.Append(x.row)
		}
	}
}

// resultBytesMax bounds the RETURNING rows of one statement, which every node
// holds in memory while it applies.
const resultBytesMax = 256 << 20

func bindAll(stmt *sqlite.Stmt, params []types.Value) error {
	for i := range params {
		if err := stmt.Bind(i+1, params[i]); err != nil {
			return err
		}
	}
	return nil
}
