package session

import (
	"context"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/types"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
)

// Query implements pgwire.Session.
// https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
func (s *Session) Query(ctx context.Context, sql string, r *pgwire.Reply) error {
	defer s.report(r)
	delete(s.statements, "") // a simple query ends the unnamed statement and portal
	s.ClosePortal("")
	err := s.queryAll(ctx, sql, r)
	if err != nil {
		err = s.failure(ctx, err)
		s.Fail()
		r.Settle()
	}
	if b := s.block; b != nil && !b.explicit {
		if err == nil && !b.failed {
			limited, done := s.limit(ctx)
			if err = s.commit(limited, r); err != nil {
				err = s.failure(limited, err)
			}
			done()
		} else {
			s.rollback()
		}
	}
	return err
}

func (s *Session) queryAll(ctx context.Context, sql string, r *pgwire.Reply) error {
	if p := s.cached(ctx, sql); p != nil {
		return s.runSimple(ctx, p, nil, true, r)
	}
	if p, params := s.normalized(ctx, sql); p != nil {
		return s.runSimple(ctx, p, params, true, r)
	}
	raws, err := s.parseText(sql)
	if err != nil {
		return err
	}
	if len(raws) == 0 {
		r.EmptyQueryResponse()
		return nil
	}
	if len(raws) == 1 {
		p, err := s.plan(ctx, sql, nil)
		if err != nil {
			return err
		}
		return s.runSimple(ctx, p, nil, true, r)
	}
	for i, raw := range raws {
		cat, err := s.catalog(ctx)
		if err != nil {
			return err
		}
		p, err := s.planRaw(ctx, raw, sql, nil, cat)
		if err != nil {
			return s.settleFirst(ctx, err, r)
		}
		last := i == len(raws)-1 && s.block == nil
		if !last && s.block == nil && !isTransactionControl(raw.Stmt) {
			s.beginBlock(false)
		}
		if err := s.runSimple(ctx, p, nil, last, r); err != nil {
			return s.settleFirst(ctx, err, r)
		}
	}
	return nil
}

// settleFirst gives the client the answers of the writes before a statement
// that failed: one of them may have failed first.
func (s *Session) settleFirst(ctx context.Context, err error, r *pgwire.Reply) error {
	if earlier := s.settlePending(ctx, r); earlier != nil {
		return earlier
	}
	return err
}

// cached returns the shared plan of a query string, if there is one.
func (s *Session) cached(ctx context.Context, sql string) *planned {
	if s.block != nil && (s.block.failed || s.block.catalog != nil) {
		return nil
	}
	cat, err := s.manager.current(ctx)
	if err != nil {
		return nil
	}
	return s.manager.plans.get(s.planKey(sql, nil), cat.Version)
}

// runSimple runs one statement of a query string to its end. Its parameters, if
// it has any, are the constants of the text.
func (s *Session) runSimple(ctx context.Context, planned *planned, params []types.Value, last bool, r *pgwire.Reply) error {
	if len(planned.Params) > len(params) {
		return pgerr.New(pgerr.UndefinedParameter, "there is no parameter $1")
	}
	p := &portal{planned: planned, params: params, encoders: planned.text, started: true}
	for _, n := range planned.Notices {
		s.notice(n, r)
	}
	ctx, cancel := s.limit(ctx)
	defer cancel()
	done, err := s.beginSimple(ctx, p, last, r)
	if err == nil && !done {
		r.RowDescription(p.planned.columns, nil)
		err = s.sendRows(ctx, p, 0, r)
	}
	return s.failure(ctx, err)
}

// beginSimple starts a statement whose columns the client does not know yet.
func (s *Session) beginSimple(ctx context.Context, p *portal, last bool, r *pgwire.Reply) (bool, error) {
	before := r.Holds()
	if p.planned.columns != nil && p.planned.Ops != nil && s.block == nil && last {
		// The answer is sent as a whole, with its columns before it.
		hold := r.Hold()
		done, err := s.begin(ctx, p, 0, last, r)
		if err != nil {
			r.SettleBefore(hold)
			return done, err
		}
		r.Fill(hold)
		r.RowDescription(p.planned.columns, nil)
		r.EndFill()
		r.Settle()
		return done, nil
	}
	done, err := s.begin(ctx, p, 0, last, r)
	if err == nil && done && r.Holds() > before && s.block != nil && len(s.block.pending) > 0 {
		s.block.pending[len(s.block.pending)-1].describe = p.planned.columns != nil
	}
	return done, err
}

func isTransactionControl(stmt ast.Stmt) bool {
	_, ok := stmt.(*ast.TransactionStmt)
	return ok
}

// notice sends a notice that client_min_messages lets through.
func (s *Session) notice(e *pgerr.Error, r *pgwire.Reply) {
	severity := e.Severity
	if severity == "" {
		severity = "NOTICE"
	}
	if rank, ok := noticeRanks[severity]; ok && rank < s.settings.MessageLevel {
		return
	}
	r.Notice(e)
}

// noticeRanks orders severities as the values of client_min_messages are.
var noticeRanks = map[string]int{"DEBUG": 4, "LOG": 5, "NOTICE": 6, "WARNING": 7}
