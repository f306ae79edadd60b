package session

import (
	"bytes"
	"context"
	"errors"

	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// keepReads has the log validate what a block with one snapshot read in operations
// that ROLLBACK TO has undone: the client knows it, whatever became of the writes
// around it. A read that came after one of them is made again without it, so that
// others' changes to what it is about are still noticed. Where the workspace was
// rebuilt, on a newer state, the reads must be what they were.
func (s *Session) keepReads(ctx context.Context, undone []raftlog.Operation, rebuilt bool) error {
	b := s.block
	if !b.oneSnapshot() {
		return nil
	}
	wrote := false
	for _, op := range undone {
		if !op.Read {
			wrote = true
			continue
		}
		if op.Expect == nil || b.plans[op.Statement].UsesSequence || asksDraws(op.SQL) {
			continue // it gave nothing (SET CONSTRAINTS), or what the block drew and nobody else's
		}
		if wrote || rebuilt {
			again, err := s.readAgain(ctx, op)
			switch {
			case err != nil && !needsUndone(err):
				return err
			case rebuilt && (wrote || err != nil || !bytes.Equal(again.Expect, op.Expect)):
				return b.conflict(op.Statement)
			case err != nil:
				continue
			}
			op = again
		}
		b.operations = append(b.operations, op)
	}
	return nil
}

// readAgain gives a read of the block with the digest of its result now.
func (s *Session) readAgain(ctx context.Context, op raftlog.Operation) (raftlog.Operation, error) {
	w, err := s.openWorkspace(ctx)
	if err != nil {
		return op, err
	}
	s.equipWrite(w.Env, s.block.plans[op.Statement].catalog)
	op.Returns = true // rows, and so a digest
	running := []raftlog.Operation{op}
	_, err = s.runInWorkspace(ctx, w, running)
	op = running[0]
	op.Returns = false
	return op, err
}

// needsUndone tells whether a read failed because it only works on what is undone:
// a table that the block had made, or rows without which an expression has no value.
func needsUndone(err error) bool {
	var e *pgerr.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Code == pgerr.InternalError || e.Code[:2] == "21" || e.Code[:2] == "22"
}
