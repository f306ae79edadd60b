package sqlfsm

import (
	"polyreme/pgwire/pgerr"
)

// deferredCounter is a connection that counts its violated deferred
// constraints.
type deferredCounter interface{ DeferredForeignKeys() bool }

// checkDeferred checks, at the end of an entry, the foreign keys declared
// INITIALLY DEFERRED. SQLite would do so at COMMIT, which here is that of a
// whole group.
func (a *applier) checkDeferred() error {
	violated := false
	if c, ok := any(a.writer.conn).(deferredCounter); ok {
		violated = c.DeferredForeignKeys()
	} else {
		stmt, err := a.writer.conn.Prepare("PRAGMA foreign_key_check")
		if err != nil {
			return err
		}
		defer stmt.Release()
		if violated, err = stmt.Step(); err != nil {
			return err
		}
	}
	if violated {
		return errDeferred
	}
	return nil
}

// errDeferred is the raw error of a deferred foreign key.
var errDeferred = &pgerr.Error{
	Code: pgerr.ForeignKeyViolation, Message: foreignKeyText, Schema: RawSchema,
}
