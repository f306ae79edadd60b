package sqlite

import (
	"bytes"
	"strings"
	"testing"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// series yields start … stop by step.
type series struct{ next, stop, step, now int64 }

func (s *series) Next() (bool, error) {
	s.now = s.next
	s.next += s.step
	return s.now <= s.stop, nil
}
func (s *series) Column(int) types.Value { return types.IntValue(s.now) }
func (s *series) Close()                 {}

func registerSeries(t testing.TB, c *Conn) {
	t.Helper()
	must(t, c.CreateTableFunction("generate_series", TableFunction{
		Columns: []string{"value"},
		Args:    []string{"start", "stop", "step"},
		Rows: func(args []types.Value) (RowIterator, error) {
			for _, a := range args {
				if a.IsNull() {
					return &series{next: 1}, nil
				}
			}
			s := &series{next: args[0].Int64(), stop: args[1].Int64(), step: 1}
			if len(args) > 2 {
				s.step = args[2].Int64()
			}
			if s.step == 0 {
				return nil, pgerr.New(pgerr.InvalidParameterValue, "step size cannot equal zero")
			}
			return s, nil
		},
	}))
}

// list yields fixed rows.
type list struct {
	rows [][]types.Value
	i    int
}

func (l *list) Next() (bool, error)      { l.i++; return l.i <= len(l.rows), nil }
func (l *list) Column(i int) types.Value { return l.rows[l.i-1][i] }
func (l *list) Close()                   {}

func registerSplit(t testing.TB, c *Conn) {
	t.Helper()
	must(t, c.CreateTableFunction("split", TableFunction{
		Columns: []string{"part", "size"},
		Args:    []string{"text", "sep"},
		Rows: func(args []types.Value) (RowIterator, error) {
			if len(args) < 2 || args[0].IsNull() {
				return &list{}, nil
			}
			l := &list{}
			for _, p := range bytes.Split(args[0].Bytes, args[1].Bytes) {
				l.rows = append(l.rows, []types.Value{types.TextBytes(p), types.IntValue(int64(len(p)))})
			}
			return l, nil
		},
	}))
}

func TestTableFunction(t *testing.T) {
	c := openTemp(t)
	registerSeries(t, c)
	registerSplit(t, c)
	mustExec(t, c, "CREATE TABLE t(id INTEGER PRIMARY KEY, n, s); INSERT INTO t VALUES(1,2,'a,b'),(2,0,NULL),(3,3,'x')")
	for _, test := range [][2]string{
		{"SELECT value FROM generate_series(1,5)", "1 2 3 4 5"},
		{"SELECT value FROM generate_series(1,9,4)", "1 5 9"},
		{"SELECT value, start, stop, step FROM generate_series(1,2)", "1|1|2|NULL 2|1|2|NULL"},
		{"SELECT count(*) FROM generate_series(NULL,5)", "0"},
		{"SELECT rowid, part FROM split('x,y,z', ',')", "1|x 2|y 3|z"},
		{"SELECT t.id, g.value FROM t, generate_series(1,t.n) AS g", "1|1 1|2 3|1 3|2 3|3"},
		{"SELECT t.id, g.value FROM generate_series(1,t.n) AS g, t WHERE t.id=3", "3|1 3|2 3|3"},
		{"SELECT t.id, p.part, p.size FROM t LEFT JOIN split(t.s, ',') AS p ON 1", "1|a|1 1|b|1 2|NULL|NULL 3|x|1"},
		{"SELECT a.value, b.value FROM generate_series(1,2) a JOIN generate_series(a.value,2) b", "1|1 1|2 2|2"},
		{"SELECT sum(value) FROM generate_series(1,100) WHERE value BETWEEN 10 AND 12", "33"},
		{"SELECT (SELECT count(*) FROM generate_series(1,t.n)) FROM t", "2 0 3"},
		{"SELECT value FROM generate_series(1,3) ORDER BY rowid DESC", "3 2 1"},
		{"WITH x AS (SELECT value AS v FROM generate_series(1,3)) SELECT sum(a.v*b.v) FROM x a, x b", "36"},
	} {
		wantRows(t, c, test[1], test[0])
	}
	_, err := rows(c, "SELECT * FROM generate_series(1,2,0)")
	if pgerr.Code(err) != pgerr.InvalidParameterValue || Classify(err) != Deterministic {
		t.Errorf("error of Rows: %v", err)
	}
	mustExec(t, c, "CREATE VIEW v AS SELECT value FROM generate_series(1,2)")
	wantRows(t, c, "1 2", "SELECT * FROM v")
}

func TestTableFunctionPanic(t *testing.T) {
	c := openTemp(t)
	must(t, c.CreateTableFunction("bad", TableFunction{
		Columns: []string{"a"},
		Rows:    func([]types.Value) (RowIterator, error) { panic("bad rows") },
	}))
	if _, err := rows(c, "SELECT * FROM bad"); err == nil || !strings.Contains(err.Error(), "bad rows") {
		t.Error(err)
	}
	wantRows(t, c, "1", "SELECT 1")
}

func TestGoTable(t *testing.T) {
	c := openTemp(t)
	var keys []string
	must(t, c.CreateTable("pg_settings", Table{
		Columns: []string{"name", "setting"},
		Key:     0,
		Rows: func(key *types.Value) (RowIterator, error) {
			if key == nil {
				keys = append(keys, "all")
			} else {
				keys = append(keys, render(*key))
			}
			return &list{rows: [][]types.Value{
				{types.TextValue("a"), types.IntValue(1)},
				{types.TextValue("b"), types.IntValue(2)},
			}}, nil
		},
	}))
	wantRows(t, c, "a|1 b|2", "SELECT * FROM pg_settings")
	wantRows(t, c, "2", "SELECT setting FROM pg_settings WHERE name='b'")
	wantRows(t, c, "a", "SELECT name FROM pg_settings WHERE setting=1")
	if got := strings.Join(keys, ","); got != "all,b,all" {
		t.Errorf("keys %s", got)
	}
	if err := c.Exec("DELETE FROM pg_settings"); Classify(err) != Deterministic {
		t.Errorf("delete: %v", err)
	}
}
