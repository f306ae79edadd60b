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

func errIdleTimeout() *pgerr.Error {
	return &pgerr.Error{Severity: "FATAL", Code: pgerr.IdleSessionTimeout, Message: "terminating connection due to idle-session timeout"}
}

func errIdleInTransactionTimeout() *pgerr.Error {
	return &pgerr.Error{
		Severity: "FATAL", Code: pgerr.IdleInTransactionTimeout,
		Message: "terminating connection due to idle-in-transaction timeout",
	}
}

// limit returns the context of a statement: it ends after statement_timeout.
// The caller must call done when the statement has ended.
func (s *Session) limit(ctx context.Context) (limited context.Context, done func()) {
	if s.settings.StatementTimeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, s.settings.StatementTimeout, errStatementTimeout())
}

// IdleLimit implements pgwire.Session.
func (s *Session) IdleLimit() (time.Duration, *pgerr.Error) {
	if s.block != nil && s.block.explicit {
		if s.settings.IdleInTransaction > 0 {
			return s.settings.IdleInTransaction, errIdleInTransactionTimeout()
		}
		return 0, nil
	}
	if s.settings.IdleTimeout > 0 {
		return s.settings.IdleTimeout, errIdleTimeout()
	}
	return 0, nil
}
