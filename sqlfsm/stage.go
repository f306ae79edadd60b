package sqlfsm

import (
	"slices"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// A transaction larger than one entry sends its rows ahead: OpStageAppend
// entries keep them, encoded, in polyreme_stage under a number of its session,
// and the last entry's OpStageExec runs its statement once for each row. What
// is left behind ends with OpStageDiscard, with its session, or by age when
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

// stageExec runs an operation's statement over the rows staged for it and drops
// them.
func (a *applier) stageExec(session uint64, op *raftlog.Operation) error {
	chunks, err := a.writer.conn.Prepare(
		"SELECT columns, count, data FROM polyreme_stage WHERE session = ?1 AND stage = ?2 ORDER BY id")
	if err != nil {
		return err
	}
	defer chunks.Release()
	key := []types.Value{types.IntValue(int64(session)), types.IntValue(int64(op.Stage))}
	if err := bindAll(chunks, key); err != nil {
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
		if err := a.stagedChunk(op, int(chunks.ColumnInt64(0)), int(chunks.ColumnInt64(1)), chunks.ColumnBytes(2)); err != nil {
			return err
		}
	}
	if !found {
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "the rows staged for this transaction have expired")
	}
	return a.stageDiscard(session, op.Stage)
}

// stagedChunk runs the operation once for each row of one chunk.
func (a *applier) stagedChunk(op *raftlog.Operation, columns, count int, data []byte) error {
	rows := *op
	rows.Kind, rows.Sets = raftlog.OpExec, count
	rows.Params = slices.Grow(a.staged[:0], columns*count)[:columns*count]
	a.staged = rows.Params[:0]
	if _, err := raftlog.DecodeValues(data, rows.Params); err != nil {
		return err
	}
	return a.executor.exec(&rows, &a.executor.statements[op.Statement], false)
}

// stageDiscard drops staged rows.
func (a *applier) stageDiscard(session, stage uint64) error {
	return runWith(a.writer.conn, "DELETE FROM polyreme_stage WHERE session = ?1 AND stage = ?2",
		types.IntValue(int64(session)), types.IntValue(int64(stage)))
}
