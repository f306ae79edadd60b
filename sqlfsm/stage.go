package sqlfsm

import (
	"slices"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// A transaction larger than one entry sends its rows ahead: OpStageAppend
// entries keep them, encoded, in polyreme_stage under a number of its session,
// and the last entry's OpStageExec runs its statement once for each row. A workspace
// whose state has the rows does the same. What is left behind ends with OpStageDiscard, with its session, or by age when
// sessions are expired.

// stageAppend keeps the rows of an operation.
func (a *applier) stageAppend(session uint64, op *raftlog.Operation) error {
	sets := max(op.Sets, 1)
	columns := len(op.Params) / sets
	if columns*sets != len(op.Params) || columns == 0 {
		return pgerr.New(pgerr.ProtocolViolation, "staged rows have %d values for %d rows", len(op.Params), sets)
	}
	data := raftlog.AppendValues(nil, op.Params)
	return runWith(a.writer.conn,
		"INSERT INTO polyreme_stage(session, stage, written, columns, count, data) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
		types.IntValue(int64(session)), types.IntValue(int64(op.Stage)), types.IntValue(a.applied.clock),
		types.IntValue(int64(columns)), types.IntValue(int64(sets)), types.BlobValue(data))
}

// stageKey names the rows of a stage. A workspace does not know the session: numbers
// are random.
type stageKey struct{ session, stage uint64 }

func (k stageKey) where() (sql string, params []types.Value) {
	params = []types.Value{types.IntValue(int64(k.stage))}
	if k.session == 0 {
		return " WHERE stage = ?1", params
	}
	return " WHERE session = ?2 AND stage = ?1", append(params, types.IntValue(int64(k.session)))
}

// stageExec runs an operation's statement over the rows staged for it and drops
// them.
func (x *executor) stageExec(session uint64, op *raftlog.Operation, result *raftlog.StatementResult) error {
	key := stageKey{session, op.Stage}
	where, params := key.where()
	chunks, err := x.conn.Prepare("SELECT columns, count, data FROM polyreme_stage" + where + " ORDER BY id")
	if err != nil {
		return err
	}
	defer chunks.Release()
	if err := bindAll(chunks, params); err != nil {
		return err
	}
	found := false
	for {
		row, err := chunks.Step()
		if err != nil {
			return err
		}
		if !row {
			break
		}
		found = true
		if err := x.stagedChunk(op, result, int(chunks.ColumnInt64(0)), int(chunks.ColumnInt64(1)), chunks.ColumnBytes(2)); err != nil {
			return err
		}
	}
	if !found {
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "the rows staged for this transaction have expired")
	}
	return x.stageDiscard(key)
}

// stagedChunk runs the operation once for each row of one chunk.
func (x *executor) stagedChunk(op *raftlog.Operation, result *raftlog.StatementResult, columns, count int, data []byte) error {
	rows := *op
	rows.Kind, rows.Sets = raftlog.OpExec, count
	rows.Params = slices.Grow(x.staged[:0], columns*count)[:columns*count]
	x.staged = rows.Params[:0]
	if _, err := raftlog.DecodeValues(data, rows.Params); err != nil {
		return err
	}
	return x.exec(&rows, result, false)
}

// stageDiscard drops staged rows.
func (x *executor) stageDiscard(key stageKey) error {
	where, params := key.where()
	return runWith(x.conn, "DELETE FROM polyreme_stage"+where, params...)
}
