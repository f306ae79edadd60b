package builtin

import (
	"strconv"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// Transactions serves pg_current_xact_id and its family.
type Transactions interface {
	// CurrentID is pg_current_xact_id(): it gives an id to a transaction that has
	// none.
	CurrentID() (int64, error)
	// AssignedID is pg_current_xact_id_if_assigned(), 0 for NULL.
	AssignedID() (int64, error)
	// Status is pg_xact_status(), "" for NULL.
	Status(id int64) (string, error)
}

func registerTransactions(r *registry) {
	need := func(name string, f func(t Transactions, a []types.Value) (types.Value, error)) {
		r.scalar(name, func(e *Env, a []types.Value) (types.Value, error) {
			if e.Transactions == nil {
				return types.Value{}, unsupportedFunction(name)
			}
			return f(e.Transactions, a)
		})
	}
	need("pg_current_xact_id", func(t Transactions, _ []types.Value) (types.Value, error) {
		return integer(t.CurrentID())
	})
	need("pg_current_xact_id_if_assigned", func(t Transactions, _ []types.Value) (types.Value, error) {
		id, err := t.AssignedID()
		if id == 0 {
			return types.Value{}, err
		}
		return types.IntValue(id), err
	})
	need("pg_xact_status", func(t Transactions, a []types.Value) (types.Value, error) {
		status, err := t.Status(a[0].Int64())
		if status == "" {
			return types.Value{}, err
		}
		return types.TextValue(status), err
	})
}

// ErrFutureXact is the error of pg_xact_status() for an id that no transaction
// has yet. Ids are unsigned.
func ErrFutureXact(id int64) error {
	return pgerr.New(pgerr.InvalidParameterValue, "transaction ID %s is in the future", strconv.FormatUint(uint64(id), 10))
}
