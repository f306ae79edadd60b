package sqlfsm

import (
	"strconv"

	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// tableChanges knows when tables changed last, so that a validated read need not run
// again where nothing it reads has changed since the snapshot that its transaction saw
// (Kung and Robinson 1981, the validation phase compares read and write sets): it would
// give the same rows. Whether a node skips it makes no difference to the outcome, so
// this is kept in memory only, and a node that has just started knows nothing. For the
// same reason a workspace has apply's limits: what is skipped must not be what would
// fail for its size.
type tableChanges struct {
	since raftlog.Index            // nothing is known of the states before
	last  map[string]raftlog.Index // by physical name
}

// tablesMax bounds what is known.
const tablesMax = 1 << 16

// forget begins anew: the state at index, and what changes after it.
func (t *tableChanges) forget(index raftlog.Index) {
	t.since = index
	if t.last == nil || len(t.last) > 0 {
		t.last = map[string]raftlog.Index{}
	}
}

// note takes down that the statement ran in the entry at index.
func (t *tableChanges) note(stmt *sqlite.Stmt, index raftlog.Index) {
	for _, a := range stmt.Accesses() {
		if !a.Write {
			continue
		}
		if t.last[a.Table] = index; len(t.last) > tablesMax {
			t.forget(index)
		}
	}
}

// ofSequences are the functions whose results depend on more than tables: on what was
// drawn from sequences.
var ofSequences = map[string]bool{"currval_oid": true, "lastval": true, "nextval_oid": true, "setval_oid": true, "setval3_oid": true}

// unchanged tells whether all that the statement depends on is as it was in the state
// at index. That is known of tables of the user alone: the state machine's own change
// by other means too.
func (t *tableChanges) unchanged(stmt *sqlite.Stmt, index raftlog.Index) bool {
	if index < t.since {
		return false
	}
	for _, a := range stmt.Accesses() {
		switch {
		case a.Function != "":
			if ofSequences[a.Function] {
				return false
			}
		case a.Write || !isUserTable(a.Table) || t.last[a.Table] > index:
			return false
		}
	}
	return true
}

// isUserTable tells whether name is a physical name of a user's table: t16384.
func isUserTable(name string) bool {
	if len(name) < 2 || name[0] != 't' {
		return false
	}
	_, err := strconv.ParseUint(name[1:], 10, 32)
	return err == nil
}
