package catalog

import (
	"path/filepath"
	"testing"

	"polyreme/pgsql/types"
	"polyreme/sqlfsm/sqlite"
)

// testDatabase is a database file on which the statements of edits run.
type testDatabase struct {
	t    testing.TB
	conn *sqlite.Conn
}

// sequenceTable is the state machine's.
const sequenceTable = `CREATE TABLE polyreme_sequence (oid INTEGER PRIMARY KEY, last_value INTEGER, is_called INTEGER) STRICT`

// newTestDatabase returns a database after genesis.
func newTestDatabase(t testing.TB) *testDatabase {
	t.Helper()
	conn, err := sqlite.Open(sqlite.Config{Path: filepath.Join(t.TempDir(), "db.sqlite")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	db := &testDatabase{t, conn}
	db.registerCollations()
	db.run([]Op{{SQL: sequenceTable}})
	db.run(Genesis())
	return db
}

func (db *testDatabase) registerCollations() {
	for name, compare := range map[string]func(a, b []byte) int{
		types.NumericCollation:  types.CompareNumericText,
		types.IntervalCollation: types.CompareIntervalText,
		types.JSONBCollation:    types.CompareJSONB,
	} {
		if err := db.conn.CreateCollation(name, compare); err != nil {
			db.t.Fatal(err)
		}
	}
}

// run runs the statements in one transaction.
func (db *testDatabase) run(ops []Op) {
	db.t.Helper()
	if err := db.conn.Exec("BEGIN IMMEDIATE"); err != nil {
		db.t.Fatal(err)
	}
	for _, op := range ops {
		db.runOp(op)
	}
	if err := db.conn.Exec("COMMIT"); err != nil {
		db.t.Fatal(err)
	}
}

func (db *testDatabase) runOp(op Op) {
	db.t.Helper()
	stmt, err := db.conn.Prepare(op.SQL)
	if err != nil {
		db.t.Fatalf("%s: %v", op.SQL, err)
	}
	defer stmt.Close()
	sets := max(op.Sets, 1)
	n := len(op.Params) / sets
	for set := range sets {
		for i, v := range op.Params[set*n : (set+1)*n] {
			if err := stmt.Bind(i+1, v); err != nil {
				db.t.Fatal(err)
			}
		}
		if _, err := stmt.Step(); err != nil {
			db.t.Fatalf("%s %v: %v", op.SQL, op.Params[set*n:(set+1)*n], err)
		}
		stmt.Reset()
	}
}

// query yields the rows of a query; it is Load's source.
func (db *testDatabase) query(sql string, yield func(row []types.Value) error) error {
	stmt, err := db.conn.Prepare(sql)
	if err != nil {
		return err
	}
	defer stmt.Close()
	row := make([]types.Value, stmt.ColumnCount())
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return err
		}
		for i := range row {
			row[i] = stmt.Column(i)
		}
		if err := yield(row); err != nil {
			return err
		}
	}
}
