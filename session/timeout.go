package session

import (
	"context"
	"time"

	"polyreme/pgwire/pgerr"
)

// The errors of the timeouts that clients set.
func errStatementTimeout() error {
	return pgerr.New(pgerr.QueryCanceled, "canceling statement due to statement timeout")
}

func errTransactionTimeout() *pgerr.Error {
	return &pgerr.Error{Severity: "FATAL", Code: pgerr.TransactionTimeout, Message: "terminating connection due to transaction timeout"}
}

func errIdleTimeout() *pgerr.Error {
	return &pgerr.Error{Severity: "FATAL", Code: pgerr.IdleSessionTimeout, Message: "terminating connection due to idle-session timeout"}
}

func errIdleInTransactionTimeout() *pgerr.Error {
	return &pgerr.Error{
		Severity: "FATAL", Code: pgerr.IdleInTransactionTimeout,
		Message: "terminating connection due to idle-in-transaction timeout",
	}
}

// limit returns the context of a statement: it ends after statement_timeout, or
// when its transaction has lasted for transaction_timeout, which counts where
// both are the same. The caller must call done when the statement has ended.
func (s *Session) limit(ctx context.Context) (limited context.Context, done func()) {
	end := s.transactionEnd()
	if s.settings.StatementTimeout > 0 {
		until := time.Now().Add(s.settings.StatementTimeout)
		if end.IsZero() || until.Before(end) {
			return context.WithDeadlineCause(ctx, until, errStatementTimeout())
		}
	}
	if end.IsZero() {
		return ctx, func() {}
	}
	return context.WithDeadlineCause(ctx, end, errTransactionTimeout())
}

// transactionEnd is when transaction_timeout ends the transaction in progress,
// or one that begins now; zero for never.
func (s *Session) transactionEnd() time.Time {
	switch {
	case s.block != nil:
		return s.block.end
	case s.settings.TransactionLimit > 0:
		return time.Now().Add(s.settings.TransactionLimit)
	}
	return time.Time{}
}

// limitBlock follows a change of transaction_timeout within a block, as
// PostgreSQL does: a limit that runs is only switched off.
func (s *Session) limitBlock() {
	switch b := s.block; {
	case b == nil:
	case s.settings.TransactionLimit == 0:
		b.end = time.Time{}
	case b.end.IsZero():
		b.end = time.Now().Add(s.settings.TransactionLimit)
	}
}

// IdleLimit implements pgwire.Session.
func (s *Session) IdleLimit(ready bool) (time.Duration, *pgerr.Error) {
	limit, err := s.idleLimit(ready)
	if s.block == nil || s.block.end.IsZero() {
		return limit, err
	}
	if left := max(time.Until(s.block.end), 1); limit == 0 || left <= limit {
		return left, errTransactionTimeout()
	}
	return limit, err
}

func (s *Session) idleLimit(ready bool) (time.Duration, *pgerr.Error) {
	switch {
	case !ready:
		return 0, nil
	case s.block != nil && s.block.explicit:
		return s.settings.IdleInTransaction, errIdleInTransactionTimeout()
	}
	return s.settings.IdleTimeout, errIdleTimeout()
}
