package session

import (
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// applyModes sets the modes of the transaction in progress. What its queries have
// been promised cannot change after the first of them. DEFERRABLE asks for no
// more than every read-only transaction has here: it is never refused.
func (s *Session) applyModes(m ast.TransactionModes) error {
	b := s.block
	started := b.queried || b.workspace != nil || b.reader != nil || len(b.operations) > 0
	nested := len(b.savepoints) > 0
	switch {
	case m.Isolation == ast.IsolationDefault || m.Isolation == b.isolation:
	case started:
		return errMode("SET TRANSACTION ISOLATION LEVEL must be called before any query")
	case nested:
		return errMode("SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction")
	default:
		b.isolation = m.Isolation
	}
	switch {
	case m.ReadOnly == ast.On:
		b.readOnly = true
	case m.ReadOnly == ast.Unset || !b.readOnly:
	case nested:
		return errMode("cannot set transaction read-write mode inside a read-only transaction")
	case started:
		return errMode("transaction read-write mode must be set before any query")
	default:
		b.readOnly = false
	}
	switch {
	case m.Deferrable == ast.Unset:
	case nested:
		return errMode("SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction")
	case started:
		return errMode("SET TRANSACTION [NOT] DEFERRABLE must be called before any query")
	default:
		b.deferrable = m.Deferrable == ast.On
	}
	return nil
}

func errMode(message string) error { return pgerr.New(pgerr.ActiveSQLTransaction, "%s", message) }

// isMode tells whether a parameter is a mode of the transaction in progress.
func isMode(name string) bool {
	return name == "transaction_isolation" || name == "transaction_read_only" || name == "transaction_deferrable"
}

// mode is the value of a parameter that is a mode of the transaction in progress,
// or outside of one what the next will have.
func (s *Session) mode(name string) (string, error) {
	if s.block == nil {
		return s.settings.Show("default_" + name)
	}
	on := s.block.readOnly
	switch name {
	case "transaction_isolation":
		return isolationNames[s.block.isolation], nil
	case "transaction_deferrable":
		on = s.block.deferrable
	}
	return map[bool]string{true: "on", false: "off"}[on], nil
}
