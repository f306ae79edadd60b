package sqlfsm

import (
	"errors"

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

// DeferConstraints is the operation of SET CONSTRAINTS … DEFERRED: from then on the
// entry's foreign keys are checked at its end. SQLite does that for all of them, also
// for those that are not declared deferrable.
const DeferConstraints = "PRAGMA defer_foreign_keys=ON"

const checkConstraintsAtOnce = "PRAGMA defer_foreign_keys=OFF"

// switchForeignKeys runs one of the texts above; ok is false where the
// operation is not one of them.
func (x *executor) switchForeignKeys(sql string) (ok bool, err error) {
	switch sql {
	case DeferConstraints:
		x.deferring = true
		return true, x.conn.Exec(sql)
	case foreignKeysOff:
		x.unchecked = true
		return true, x.conn.SetForeignKeys(false)
	case foreignKeysOn:
		x.unchecked = false
		return true, x.conn.SetForeignKeys(true)
	}
	return false, nil
}

// checkAgain switches foreign keys on, and to being checked at once, after an entry
// that left them otherwise.
func (x *executor) checkAgain() error { return errors.Join(x.checkAtOnce(), x.enforce()) }

// checkAtOnce ends DeferConstraints.
func (x *executor) checkAtOnce() error {
	if !x.deferring {
		return nil
	}
	x.deferring = false
	return x.conn.Exec(checkConstraintsAtOnce)
}

// enforce ends foreignKeysOff.
func (x *executor) enforce() error {
	if !x.unchecked {
		return nil
	}
	x.unchecked = false
	return x.conn.SetForeignKeys(true)
}

// checkDeferred checks, at the end of an entry, the foreign keys declared
// INITIALLY DEFERRED, and those that the entry had deferred itself. SQLite would do
// so at COMMIT, which here is that of a whole group.
func (a *applier) checkDeferred(e *raftlog.Entry) error {
	if (a.deferred || e.ChangesSchema || a.executor.deferring) && a.writer.conn.DeferredForeignKeys() {
		return errDeferred
	}
	return nil
}

// errDeferred is the raw error of a deferred foreign key.
var errDeferred = &pgerr.Error{
	Code: pgerr.ForeignKeyViolation, Message: foreignKeyText, Schema: RawSchema,
}

// CheckAtOnce undoes DeferConstraints.
func (w *Workspace) CheckAtOnce() error { return w.view.executor.checkAtOnce() }

// CheckConstraints checks the foreign keys that the workspace has deferred so far. The
// error is that of the first row that names a key which is not there.
func (w *Workspace) CheckConstraints() error {
	if !w.Conn.DeferredForeignKeys() {
		return nil
	}
	client := new(pgerr.Error)
	*client = *errDeferred
	keys, err := foreignKeys(w.Conn)
	if err != nil {
		return w.Err(err)
	}
	for i := range keys {
		value, err := danglingKey(w.Conn, &keys[i])
		if err != nil {
			return w.Err(err)
		}
		if value != nil {
			complete(client, &keys[i], RawReferencing, value)
			break
		}
	}
	return client
}
