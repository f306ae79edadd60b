package builtin

import (
	"fmt"
	"strconv"

	"polyreme/pgsql/types"
	"polyreme/sqlfsm/sqlite"
)

// registerSets puts the table-valued functions on a connection.
func registerSets(conn *sqlite.Conn, env *Env, sets []setEntry) error {
	for i := range sets {
		s := &sets[i]
		f := sqlite.TableFunction{Columns: s.columns}
		for n := range s.args {
			f.Args = append(f.Args, "a"+strconv.Itoa(n+1))
		}
		f.Rows = func(args []types.Value) (sqlite.RowIterator, error) {
			if s.strict && anyNull(args) {
				return &rowIterator{}, nil
			}
			rows, err := s.start(env, args)
			if err != nil {
				return nil, err
			}
			return &rowIterator{rows: rows}, nil
		}
		if err := conn.CreateTableFunction(s.name, f); err != nil {
			return fmt.Errorf("register table function %s: %w", s.name, err)
		}
	}
	return nil
}

// rowIterator adapts Rows to SQLite; without rows it is empty.
type rowIterator struct {
	rows Rows
	row  []types.Value
}

// Next implements sqlite.RowIterator.
func (r *rowIterator) Next() (bool, error) {
	if r.rows == nil {
		return false, nil
	}
	var err error
	r.row, err = r.rows.Next()
	return r.row != nil, err
}

// Column implements sqlite.RowIterator.
func (r *rowIterator) Column(i int) types.Value { return r.row[i] }

// Close implements sqlite.RowIterator.
func (r *rowIterator) Close() { r.rows, r.row = nil, nil }
