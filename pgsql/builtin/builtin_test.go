package builtin

import (
	"path/filepath"
	"testing"

	"polyreme/sqlfsm/sqlite"
)

func openTest(t testing.TB) (*sqlite.Conn, *Env) {
	t.Helper()
	conn, err := sqlite.Open(sqlite.Config{Path: filepath.Join(t.TempDir(), "db.sqlite")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	env := NewEnv()
	if err := Register(conn, env); err != nil {
		t.Fatal(err)
	}
	return conn, env
}

func BenchmarkRegister(b *testing.B) {
	conn, env := openTest(b)
	for b.Loop() {
		if err := Register(conn, env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkInt4Pl(b *testing.B) {
	conn, _ := openTest(b)
	stmt, err := conn.Prepare("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 100000) SELECT sum(int4pl(x, 1)) FROM c")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := stmt.Step(); err != nil {
			b.Fatal(err)
		}
		stmt.Reset()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100000, "ns/row")
}
