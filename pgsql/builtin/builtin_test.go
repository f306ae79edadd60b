package builtin

import (
	"fmt"
	"path/filepath"
	"testing"

	"polyreme/sqlfsm/sqlite"
)

// tablesRead are the tables that templates read.
const tablesRead = "CREATE TABLE pg_class(oid INTEGER PRIMARY KEY, relname, relnamespace);" +
	"CREATE TABLE pg_description(objoid, classoid, objsubid, description);" +
	"CREATE TABLE pg_shdescription(objoid, classoid, description);" +
	"CREATE TABLE pg_index(indexrelid INTEGER PRIMARY KEY, indkey);" +
	"CREATE TABLE polyreme_sequence(oid INTEGER PRIMARY KEY, last_value, is_called);"

func openTest(t testing.TB) (*sqlite.Conn, *Env) {
	t.Helper()
	conn, err := sqlite.Open(sqlite.Config{Path: filepath.Join(t.TempDir(), "db.sqlite")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.Exec(tablesRead); err != nil {
		t.Fatal(err)
	}
	env := NewEnv()
	if err := Register(conn, env); err != nil {
		t.Fatal(err)
	}
	return conn, env
}

// BenchmarkBuild measures what the first use costs a process.
func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		buildTable()
	}
}

func BenchmarkRegister(b *testing.B) {
	conn, env := openTest(b)
	for b.Loop() {
		if err := Register(conn, env); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCall measures one call of a function: the expression is evaluated ten
// times a row over 10,000 rows, less the same query with a plain addition.
func BenchmarkCall(b *testing.B) {
	conn, _ := openTest(b)
	if err := conn.Exec("CREATE TABLE t(x INTEGER, s TEXT, f REAL) STRICT; WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 10000) INSERT INTO t SELECT x, 'value ' || x, x * 0.5 FROM c"); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, call string }{
		{"native", "(x + %d)"},
		{"int4pl", "int4pl(x, %d)"},
		{"int8mul", "int8mul(x, %d)"},
		{"float8mul", "float8mul(f, f + %d)"},
		{"textlen", "textlen(s) + %d"},
		{"lower", "textlen(pg_lower(s)) + %d"},
		{"textlike", "textlike(s, '%%9') + %d"},
		{"numeric_add", "textlen(numeric_add('1.5', '2.25')) + x + %d"},
	} {
		sql := "SELECT sum("
		for i := range 10 {
			if i > 0 {
				sql += " | "
			}
			sql += fmt.Sprintf(c.call, i)
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			stmt, err := conn.Prepare(sql + ") FROM t")
			if err != nil {
				b.Fatal(err)
			}
			defer stmt.Close()
			for b.Loop() {
				if _, err := stmt.Step(); err != nil {
					b.Fatal(err)
				}
				stmt.Reset()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100000, "ns/call")
		})
	}
}
