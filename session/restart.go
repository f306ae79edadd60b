package session

import (
	"context"
	"errors"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
)

// CockroachDB's protocol for clients that retry, and its libraries', is a savepoint
// with a name of its own around the whole transaction:
//
//	BEGIN; SAVEPOINT cockroach_restart
//	…
//	RELEASE SAVEPOINT cockroach_restart    commits
//	COMMIT                                 ends the block; clients ignore its errors
//
// and after 40001 in any of it
//
//	ROLLBACK TO SAVEPOINT cockroach_restart    begins anew, with a new snapshot
//
// A client of theirs would take a transaction for committed that its COMMIT
// refuses: therefore RELEASE commits here, too. PostgreSQL has nothing that the
// name could mean, and a savepoint of this name in any other place is refused.
const restartSavepoint = "cockroach_restart"

// untouched tells whether nothing was done in the block yet.
func (b *block) untouched() bool {
	return !b.queried && b.workspace == nil && len(b.operations) == 0 && (b.owner == 0 || b.restarts) && b.xact == 0 && len(b.locks) == 0
}

// setRestart is SAVEPOINT cockroach_restart.
func (s *Session) setRestart(r *pgwire.Reply) error {
	b := s.block
	if !b.untouched() || len(b.savepoints) > 0 && !b.restarts {
		return pgerr.Unsupported("SAVEPOINT %s is not supported after the first statement of a transaction", restartSavepoint).
			WithHint("Use another name for a savepoint that is not to commit when it is released.")
	}
	if b.restarts { // set again after ROLLBACK TO
		r.CommandComplete("SAVEPOINT")
		return nil
	}
	b.restarts = true
	return s.setSavepoint(restartSavepoint, r)
}

// releaseRestart commits. The block goes on, since the client will say COMMIT, but
// takes nothing else any more. After a conflict it can begin anew.
func (s *Session) releaseRestart(ctx context.Context, r *pgwire.Reply) error {
	was := s.block
	owner := was.owner
	was.owner = 0 // its locks outlive a conflict
	err := s.commit(ctx, r)
	was.owner = owner
	var e *pgerr.Error
	if errors.As(err, &e) && (e.Code == pgerr.SerializationFailure || e.Code == pgerr.DeadlockDetected) {
		s.again(was)
		return err
	}
	s.releaseRows(was)
	b := s.follow(was)
	if err != nil {
		return err
	}
	b.over = true
	r.CommandComplete("RELEASE")
	return nil
}

// rollbackToRestart begins the transaction anew.
func (s *Session) rollbackToRestart(r *pgwire.Reply) error {
	was := s.block
	owner := was.owner
	was.owner = 0
	s.endBlock()
	was.owner = owner
	s.again(was)
	r.CommandComplete("ROLLBACK")
	return nil
}

// follow begins a block with the modes and the end of another, which is over.
func (s *Session) follow(was *block) *block {
	b := s.beginBlock(true)
	b.isolation, b.readOnly, b.deferrable, b.end = was.isolation, was.readOnly, was.deferrable, was.end
	return b
}

// again begins a block that is where another was when it set the savepoint. It has
// the other's locks, and from now on claims what it writes: who lost once to those
// who were faster takes its turn with them.
func (s *Session) again(was *block) {
	b := s.follow(was)
	b.owner, b.eager = was.owner, true
	sp := was.savepoints[0]
	sp.inWorkspace = false
	b.began, b.readOnly, b.listens = was.began, sp.readOnly, was.listens[:sp.listens]
	b.restarts, b.savepoints = true, []savepoint{sp}
	s.base = sp.base
	s.setSettings(sp.settings)
}

// refusal is why the block in progress does not take a statement, nil if it does.
func (s *Session) refusal(stmt ast.Stmt) error {
	switch b := s.block; {
	case b == nil:
	case b.failed && !endsBlock(stmt):
		return errFailedBlock()
	case b.over && !endsOver(stmt):
		return pgerr.New(pgerr.InvalidTransactionState, "current transaction is committed, commands ignored until end of transaction block")
	}
	return nil
}

// endsOver tells whether a statement is allowed in a block that has committed.
func endsOver(stmt ast.Stmt) bool {
	t, ok := stmt.(*ast.TransactionStmt)
	return ok && (t.Kind == ast.TransCommit || t.Kind == ast.TransRollback)
}
