package sqlfsm

import (
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// Texts by which pgsql/plan switches foreign keys off and on again while it
// makes a table anew. SQLite's PRAGMA does nothing inside a transaction; the
// executor switches by the engine's own means.
const (
	foreignKeysOff = "PRAGMA foreign_keys=OFF"
	foreignKeysOn  = "PRAGMA foreign_keys=ON"
)

// foreignKeySwitch is a connection that can switch foreign keys inside a
// transaction.
type foreignKeySwitch interface{ SetForeignKeys(on bool) error }

// switchForeignKeys runs one of the texts above; ok is false where the
// operation is not one of them, or the engine cannot do it.
func (x *executor) switchForeignKeys(sql string) (ok bool, err error) {
	if sql != foreignKeysOff && sql != foreignKeysOn {
		return false, nil
	}
	engine, ok := any(x.conn).(foreignKeySwitch)
	if !ok {
		return false, nil
	}
	x.unchecked = sql == foreignKeysOff
	return true, engine.SetForeignKeys(!x.unchecked)
}

// checkAgain switches foreign keys on after an entry that left them off.
func (x *executor) checkAgain() error {
	if !x.unchecked {
		return nil
	}
	_, err := x.switchForeignKeys(foreignKeysOn)
	return err
}

// deferredCounter is a connection that counts its violated deferred
// constraints.
type deferredCounter interface{ DeferredForeignKeys() bool }

// checkDeferred checks, at the end of an entry, the foreign keys declared
// INITIALLY DEFERRED, and those that a schema change had deferred. SQLite would
// do so at COMMIT, which here is that of a whole group.
func (a *applier) checkDeferred(e *raftlog.Entry) error {
	violated := false
	if c, ok := any(a.writer.conn).(deferredCounter); ok {
		violated = (a.deferred || e.ChangesSchema) && c.DeferredForeignKeys()
	} else if a.deferred {
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
