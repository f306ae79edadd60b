package session

import (
	"context"
	"time"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

var _ builtin.Caller = (*sessionFacts)(nil)

// Call runs functions that act outside of the database.
func (f *sessionFacts) Call(function string, args []types.Value) (types.Value, error) {
	if isAdvisory(function) {
		return (*Session)(f).callAdvisory(function, args)
	}
	if function != "pg_sleep" {
		return types.Value{}, pgerr.Unsupported("function %s is not supported", function)
	}
	return types.TextValue(""), f.sleep(args[0].Float64())
}

// sleep waits, or until the running statement is canceled.
func (f *sessionFacts) sleep(seconds float64) error {
	const longest = 100 * 365 * 24 * time.Hour
	wait := longest
	if seconds < longest.Seconds() {
		wait = time.Duration(seconds * float64(time.Second))
	}
	if wait <= 0 {
		return nil
	}
	ctx := f.watcher.running()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
