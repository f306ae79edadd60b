package session

import (
	"context"
	"slices"
	"strconv"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
)

// transaction runs BEGIN, COMMIT, SAVEPOINT and their kind.
func (s *Session) transaction(ctx context.Context, t *ast.TransactionStmt, r *pgwire.Reply) error {
	switch t.Kind {
	case ast.TransBegin, ast.TransStart:
		return s.beginExplicit(t, r)
	case ast.TransCommit:
		return s.commitExplicit(ctx, t, r)
	case ast.TransRollback:
		return s.rollbackExplicit(ctx, t, r)
	case ast.TransSavepoint, ast.TransRelease, ast.TransRollbackTo:
		return s.savepoint(ctx, t, r)
	}
	return pgerr.Unsupported("two-phase commit is not supported")
}

func warning(code, format string, args ...any) *pgerr.Error {
	e := pgerr.New(code, format, args...)
	e.Severity = "WARNING"
	return e
}

func (s *Session) beginExplicit(t *ast.TransactionStmt, r *pgwire.Reply) error {
	tag := "BEGIN"
	if t.Kind == ast.TransStart {
		tag = "START TRANSACTION"
	}
	switch {
	case s.block == nil:
		s.beginBlock(true)
	case s.block.explicit:
		s.notice(warning(pgerr.ActiveSQLTransaction, "there is already a transaction in progress"), r)
	default:
		s.block.explicit = true
	}
	if err := s.applyModes(t.Modes); err != nil {
		return err
	}
	r.CommandComplete(tag)
	return nil
}

func (s *Session) commitExplicit(ctx context.Context, t *ast.TransactionStmt, r *pgwire.Reply) error {
	b := s.block
	if b == nil || !b.explicit {
		if t.Chain {
			return pgerr.New(pgerr.NoActiveSQLTransaction, "COMMIT AND CHAIN can only be used in transaction blocks")
		}
		s.notice(warning(pgerr.NoActiveSQLTransaction, "there is no transaction in progress"), r)
		if b != nil {
			if err := s.commit(ctx, r); err != nil {
				return err
			}
		}
		r.CommandComplete("COMMIT")
		return nil
	}
	modes := *b
	if b.failed {
		s.rollback()
		s.chain(t, &modes)
		r.CommandComplete("ROLLBACK")
		return nil
	}
	if err := s.settlePending(ctx, r); err != nil {
		return err
	}
	if err := s.commit(ctx, r); err != nil {
		return err
	}
	s.chain(t, &modes)
	r.CommandComplete("COMMIT")
	return nil
}

func (s *Session) rollbackExplicit(ctx context.Context, t *ast.TransactionStmt, r *pgwire.Reply) error {
	b := s.block
	if b == nil || !b.explicit {
		if t.Chain {
			return pgerr.New(pgerr.NoActiveSQLTransaction, "ROLLBACK AND CHAIN can only be used in transaction blocks")
		}
		s.notice(warning(pgerr.NoActiveSQLTransaction, "there is no transaction in progress"), r)
	}
	if b != nil {
		modes := *b
		if len(b.pending) > 0 {
			if err := s.settlePending(ctx, r); err != nil {
				return err
			}
		}
		s.rollback()
		if modes.explicit {
			s.chain(t, &modes)
		}
	}
	r.CommandComplete("ROLLBACK")
	return nil
}

// chain begins the next transaction with the modes of the last.
func (s *Session) chain(t *ast.TransactionStmt, last *block) {
	if !t.Chain {
		return
	}
	b := s.beginBlock(true)
	b.isolation, b.readOnly, b.deferrable = last.isolation, last.readOnly, last.deferrable
}

var savepointWords = map[ast.TransactionKind]string{
	ast.TransSavepoint: "SAVEPOINT", ast.TransRelease: "RELEASE SAVEPOINT", ast.TransRollbackTo: "ROLLBACK TO SAVEPOINT",
}

func (s *Session) savepoint(ctx context.Context, t *ast.TransactionStmt, r *pgwire.Reply) error {
	b := s.block
	if b == nil || !b.explicit {
		return pgerr.New(pgerr.NoActiveSQLTransaction, "%s can only be used in transaction blocks", savepointWords[t.Kind])
	}
	if err := s.settlePending(ctx, r); err != nil {
		return err
	}
	if t.Kind == ast.TransSavepoint {
		if t.Name == restartSavepoint {
			return s.setRestart(r)
		}
		return s.setSavepoint(t.Name, r)
	}
	at := -1
	for i := len(b.savepoints) - 1; i >= 0 && at < 0; i-- {
		if b.savepoints[i].name == t.Name {
			at = i
		}
	}
	if at < 0 {
		return pgerr.New(pgerr.InvalidSavepoint, "savepoint %q does not exist", t.Name)
	}
	restart := at == 0 && b.restarts
	switch {
	case t.Kind == ast.TransRelease && restart:
		return s.releaseRestart(ctx, r)
	case t.Kind == ast.TransRelease:
		return s.releaseSavepoint(at, r)
	case restart:
		return s.rollbackToRestart(r)
	}
	return s.rollbackTo(ctx, at, r)
}

// savepointName is the workspace's name of savepoint number i.
func savepointName(i int) string { return "s" + strconv.Itoa(i) }

func (s *Session) setSavepoint(name string, r *pgwire.Reply) error {
	b := s.block
	if b.workspace != nil {
		if err := b.workspace.Savepoint(savepointName(len(b.savepoints))); err != nil {
			return err
		}
	}
	b.savepoints = append(b.savepoints, savepoint{
		name: name, operations: len(b.operations), catalog: b.catalog, changesSchema: b.changesSchema,
		settings: s.settings, base: s.base, inWorkspace: b.workspace != nil, drawn: b.drawn.counts(),
		listens: len(b.listens), locks: len(b.locks), claimed: len(b.claimed.list), created: len(b.created),
		checksAtOnce: b.checksAtOnce, readOnly: b.readOnly,
	})
	r.CommandComplete("SAVEPOINT")
	return nil
}

func (s *Session) releaseSavepoint(at int, r *pgwire.Reply) error {
	b := s.block
	if b.savepoints[at].inWorkspace {
		if err := b.workspace.Release(savepointName(at)); err != nil {
			return err
		}
	}
	b.readOnly = b.savepoints[at].readOnly
	b.savepoints = b.savepoints[:at]
	r.CommandComplete("RELEASE")
	return nil
}

func (s *Session) rollbackTo(ctx context.Context, at int, r *pgwire.Reply) error {
	b := s.block
	sp := &b.savepoints[at]
	for name, p := range s.portals {
		p.close()
		delete(s.portals, name)
	}
	undone, rebuilt := slices.Clone(b.operations[sp.operations:]), b.lost
	switch {
	case b.lost:
		if err := s.rebuild(ctx, at); err != nil {
			return err
		}
	case sp.inWorkspace:
		if err := b.workspace.RollbackTo(savepointName(at)); err != nil {
			return err
		}
		if deferred(b.operations[sp.operations:]) && !deferred(b.operations[:sp.operations]) {
			if err := b.workspace.CheckAtOnce(); err != nil {
				return err
			}
		}
	case b.workspace != nil:
		// Everything the workspace holds came after the savepoint.
		b.workspace.Close()
		b.workspace = nil
	}
	s.releaseTransaction(sp.locks)
	s.undoClaims(ctx, sp.claimed)
	for i := at + 1; i < len(b.savepoints); i++ {
		b.savepoints[i].inWorkspace = false
	}
	b.savepoints = b.savepoints[:at+1]
	if b.unseen > sp.operations {
		b.unseen = 0
	}
	b.operations, b.listens = b.operations[:sp.operations], b.listens[:sp.listens]
	b.drawn.cut(sp.drawn)
	b.catalog, b.changesSchema, b.created = sp.catalog, sp.changesSchema, b.created[:sp.created]
	b.failed, b.checksAtOnce, b.readOnly = false, sp.checksAtOnce, sp.readOnly
	s.base = sp.base
	s.setSettings(sp.settings)
	if err := s.keepReads(ctx, undone, rebuilt); err != nil {
		return err
	}
	r.CommandComplete("ROLLBACK")
	return nil
}
