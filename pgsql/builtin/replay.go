package builtin

import "polyreme/pgsql/types"

// replayed gives an aggregate without an inverse one: it keeps the rows of the
// frame, and after the oldest has left computes again from those that remain.
type replayed struct {
	start func() Aggregate
	state Aggregate
	rows  [][]types.Value
	stale bool
}

// Step implements Aggregate.
func (r *replayed) Step(e *Env, a []types.Value) error {
	row := make([]types.Value, len(a))
	for i := range a {
		row[i] = a[i].Clone()
	}
	r.rows = append(r.rows, row)
	if r.stale {
		return nil
	}
	return r.state.Step(e, row)
}

// Inverse implements Inverter: SQLite takes rows out in the order they came.
func (r *replayed) Inverse(*Env, []types.Value) error {
	r.rows[0] = nil
	r.rows = r.rows[1:]
	r.stale = true
	return nil
}

// Result implements Aggregate.
func (r *replayed) Result(e *Env) (types.Value, error) {
	if r.stale {
		r.state, r.stale = r.start(), false
		for _, row := range r.rows {
			if err := r.state.Step(e, row); err != nil {
				return types.Value{}, err
			}
		}
	}
	return r.state.Result(e)
}
