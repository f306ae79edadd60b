package sqlfsm

import (
	"polyreme/pgwire/pgerr"
)

// deferredCounter is what the engine tells of deferred constraints.
type deferredCounter interface{ DeferredForeignKeys() bool }

// checkDeferred checks, at the end of an entry, the foreign keys declared
// INITIALLY DEFERRED. SQLite would do so at COMMIT, which here is that of a
// whole group.
func (a *applier) checkDeferred() error {
	if c, ok := any(a.writer.conn).(deferredCounter); ok && c.DeferredForeignKeys() {
		return errDeferred
	}
	return nil
}

// errDeferred is the raw error of a deferred foreign key.
var errDeferred = &pgerr.Error{
	Code: pgerr.ForeignKeyViolation, Message: "FOREIGN KEY constraint failed", Schema: RawSchema,
}
