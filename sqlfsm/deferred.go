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

// switchForeignKeys runs one of the texts above; ok is false where the
// operation is not one of them.
func (x *executor) switchForeignKeys(sql string) (ok bool, err error) {
	switch sql {
	case foreignKeysOff:
		x.unchecked = true
		return true, x.conn.SetForeignKeys(false)
	case foreignKeysOn:
		x.unchecked = false
		return true, x.conn.SetForeignKeys(true)
	}
	return false, nil
}

// checkAgain switches foreign keys on after an entry that left them off.
func (x *executor) checkAgain() error {
	if !x.unchecked {
		return nil
	}
	x.unchecked = false
	return x.conn.SetForeignKeys(true)
}

// checkDeferred checks, at the end of an entry, the foreign keys declared
// INITIALLY DEFERRED, and those that a schema change had deferred. SQLite would
// do so at COMMIT, which here is that of a whole group.
func (a *applier) checkDeferred(e *raftlog.Entry) error {
	if (a.deferred || e.ChangesSchema) && a.writer.conn.DeferredForeignKeys() {
		return errDeferred
	}
	return nil
}

// errDeferred is the raw error of a deferred foreign key.
var errDeferred = &pgerr.Error{
	Code: pgerr.ForeignKeyViolation, Message: foreignKeyText, Schema: RawSchema,
}
