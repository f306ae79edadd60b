package sqlite

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

const pure = DeterministicFunction | Innocuous

// registerAdd gives c a checked integer addition.
func registerAdd(t testing.TB, c *Conn) {
	t.Helper()
	must(t, c.CreateFunction("pg_add", 2, pure, func(ctx *Context, a *Args) {
		if a.AnyNull() {
			return
		}
		x, y := a.Int64(0), a.Int64(1)
		sum := x + y
		if (sum > x) != (y > 0) && y != 0 {
			ctx.ResultError(pgerr.New(pgerr.NumericValueOutOfRange, "bigint out of range"))
			return
		}
		ctx.ResultInt64(sum)
	}))
}

func TestFunctionArgumentsAndResults(t *testing.T) {
	c := openTemp(t)
	must(t, c.CreateFunction("same", 1, pure, func(ctx *Context, a *Args) { ctx.ResultValue(a.Value(0)) }))
	must(t, c.CreateFunction("kinds", -1, pure, func(ctx *Context, a *Args) {
		var b strings.Builder
		for i := range a.Len() {
			b.WriteByte("nitfb"[map[types.Kind]int{types.Null: 0, types.Int: 1, types.Text: 2, types.Float: 3, types.Blob: 4}[a.Kind(i)]])
		}
		ctx.ResultString(b.String())
	}))
	must(t, c.CreateFunction("unset", 0, pure, func(*Context, *Args) {}))
	long := strings.Repeat("x", 1_000_000)
	for _, test := range []struct {
		sql, want string
		args      []types.Value
	}{
		{"SELECT same(1), same(-1.5), same(NULL), same('a'), same(x'00ff'), same(''), same(x'')", "1|-1.5f|NULL|a|x00ff||x", nil},
		{"SELECT kinds(1,1.0,'a',x'00',NULL)", "iftbn", nil},
		{"SELECT kinds()", "", nil},
		{"SELECT unset()", "NULL", nil},
		{"SELECT length(same(?1))", "1000000", []types.Value{types.TextValue(long)}},
		{"SELECT same(?1)=?1", "1", []types.Value{types.TextValue(long)}},
		{"SELECT kinds(zeroblob(3)), same(zeroblob(3))", "b|x000000", nil},
	} {
		wantRows(t, c, test.want, test.sql, test.args...)
	}
}

func TestFunctionErrorCarriesItsCause(t *testing.T) {
	c := openTemp(t)
	registerAdd(t, c)
	mustExec(t, c, "CREATE TABLE t(a INTEGER); INSERT INTO t VALUES(1),(9223372036854775807)")
	for _, sql := range []string{
		"SELECT pg_add(a, 1) FROM t",
		"UPDATE t SET a=pg_add(a,1)",
		"SELECT pg_add(9223372036854775807, 1)",
		"INSERT INTO t SELECT pg_add(a,1) FROM t",
	} {
		_, err := rows(c, sql)
		var pe *pgerr.Error
		if !errors.As(err, &pe) || pe.Code != pgerr.NumericValueOutOfRange {
			t.Errorf("%s: %v", sql, err)
		}
		if Classify(err) != Deterministic {
			t.Errorf("%s: class %v", sql, Classify(err))
		}
	}
	wantRows(t, c, "1 9223372036854775807", "SELECT a FROM t")
	_, err := rows(c, "SELECT * FROM nowhere")
	if pgerr.Code(err) != "" {
		t.Errorf("an old cause is still attached: %v", err)
	}
}

func TestFunctionPanicBecomesAnError(t *testing.T) {
	c := openTemp(t)
	must(t, c.CreateFunction("boom", 0, pure, func(*Context, *Args) { panic("boom") }))
	must(t, c.CreateFunction("beyond", 1, pure, func(ctx *Context, a *Args) { ctx.ResultInt64(a.Int64(1)) }))
	for _, sql := range []string{"SELECT boom()", "SELECT beyond(1)"} {
		if _, err := rows(c, sql); err == nil || !strings.Contains(err.Error(), "panic in a callback") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	wantRows(t, c, "1", "SELECT 1")
}

func TestFunctionRunsSQLOnItsConnection(t *testing.T) {
	c := openTemp(t)
	must(t, c.CreateFunction("fact", 1, pure, func(ctx *Context, a *Args) {
		n := a.Int64(0)
		if n <= 1 {
			ctx.ResultInt64(1)
			return
		}
		s, err := ctx.Conn().Prepare("SELECT fact(?1)")
		if err != nil {
			ctx.ResultError(err)
			return
		}
		defer s.Release()
		_ = s.BindInt64(1, n-1)
		if _, err := s.Step(); err != nil {
			ctx.ResultError(err)
			return
		}
		ctx.ResultInt64(n * s.ColumnInt64(0))
	}))
	wantRows(t, c, "120|720", "SELECT fact(5), fact(6)")
}

func TestFunctionsInSchema(t *testing.T) {
	c := openTemp(t)
	registerAdd(t, c)
	seq := int64(0)
	must(t, c.CreateFunction("next", 0, Innocuous, func(ctx *Context, _ *Args) {
		seq++
		ctx.ResultInt64(seq)
	}))
	mustExec(t, c, `CREATE TABLE t(
		id INTEGER PRIMARY KEY,
		a INTEGER DEFAULT (next()),
		b INTEGER CHECK (pg_add(b,1) > 10),
		g INTEGER GENERATED ALWAYS AS (pg_add(a,b)) STORED
	) STRICT;
	CREATE INDEX t_sum ON t(pg_add(a, 1));
	CREATE VIEW v AS SELECT pg_add(g, 0) AS g FROM t;
	CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET b=pg_add(b,1) WHERE id=new.id; END;`)
	mustExec(t, c, "INSERT INTO t(b) VALUES(10),(20)")
	wantRows(t, c, "1|1|11|12 2|2|21|23", "SELECT * FROM t")
	wantRows(t, c, "12 23", "SELECT g FROM v")
	plan, err := rows(c, "EXPLAIN QUERY PLAN SELECT id FROM t WHERE pg_add(a,1)=3")
	must(t, err)
	if !strings.Contains(plan, "t_sum") {
		t.Errorf("expression index is not used: %s", plan)
	}
	err = c.Exec("INSERT INTO t(b) VALUES(9)")
	if k, _ := ConstraintOf(err); k.Kind != CheckConstraint || k.Name != "pg_add(b,1) > 10" {
		t.Errorf("check: %v %+v", err, k)
	}
}

func TestFunctionReplacesBuiltin(t *testing.T) {
	c := openTemp(t)
	must(t, c.CreateFunction("current_timestamp", 0, Innocuous, func(ctx *Context, _ *Args) { ctx.ResultInt64(42) }))
	must(t, c.CreateFunction("random", 0, Innocuous, func(ctx *Context, _ *Args) { ctx.ResultInt64(7) }))
	mustExec(t, c, "CREATE TABLE t(a DEFAULT CURRENT_TIMESTAMP, b DEFAULT (random())); INSERT INTO t DEFAULT VALUES")
	wantRows(t, c, "42|7", "SELECT * FROM t")
}

// product multiplies; it is also a window function over sums of logs' stand-in:
// it keeps the values.
type product struct{ values []int64 }

func (p *product) Step(ctx *Context, a *Args) {
	if a.Kind(0) == types.Text {
		ctx.ResultError(pgerr.New(pgerr.DatatypeMismatch, "text"))
		return
	}
	p.values = append(p.values, a.Int64(0))
}
func (p *product) Inverse(*Context, *Args) { p.values = p.values[1:] }
func (p *product) Final(ctx *Context)      { p.Value(ctx) }
func (p *product) Reset()                  { p.values = p.values[:0] }
func (p *product) Value(ctx *Context) {
	if len(p.values) == 0 {
		return
	}
	r := int64(1)
	for _, v := range p.values {
		r *= v
	}
	ctx.ResultInt64(r)
}

func TestAggregate(t *testing.T) {
	c := openTemp(t)
	must(t, c.CreateAggregate("product", 1, pure, func() Aggregate { return new(product) }))
	mustExec(t, c, "CREATE TABLE t(g, x); INSERT INTO t VALUES(1,2),(1,3),(2,5),(2,7),(3,'no')")
	for _, test := range [][2]string{
		{"SELECT g, product(x) FROM t WHERE g<3 GROUP BY g", "1|6 2|35"},
		{"SELECT product(x) FROM t WHERE g>9", "NULL"},
		{"SELECT product(x), product(DISTINCT g), product(x) FILTER (WHERE x>2) FROM t WHERE g<3", "210|2|105"},
		{"SELECT product(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t WHERE g<3", "2 6 15 35"},
	} {
		wantRows(t, c, test[1], test[0])
	}
	_, err := rows(c, "SELECT g, product(x) FROM t GROUP BY g")
	if pgerr.Code(err) != pgerr.DatatypeMismatch {
		t.Errorf("error in a step: %v", err)
	}
	wantRows(t, c, "6", "SELECT product(x) FROM t WHERE g=1")
}

func TestCollation(t *testing.T) {
	c := openTemp(t)
	must(t, c.CreateCollation("nocase_go", func(a, b []byte) int {
		return bytes.Compare(bytes.ToLower(a), bytes.ToLower(b))
	}))
	mustExec(t, c, `CREATE TABLE t(a TEXT COLLATE nocase_go) STRICT;
		CREATE UNIQUE INDEX ta ON t(a);
		INSERT INTO t VALUES('b'),('A'),('C'),('')`)
	wantRows(t, c, " A b C", "SELECT a FROM t ORDER BY a")
	wantRows(t, c, "b", "SELECT a FROM t WHERE a='B'")
	plan, err := rows(c, "EXPLAIN QUERY PLAN SELECT a FROM t WHERE a>'B' ORDER BY a")
	must(t, err)
	if !strings.Contains(plan, "INDEX ta") || strings.Contains(plan, "TEMP B-TREE") {
		t.Errorf("plan %s", plan)
	}
	err = c.Exec("INSERT INTO t VALUES('B')")
	k, ok := ConstraintOf(err)
	if !ok || k.Kind != UniqueConstraint || k.Table != "t" || len(k.Columns) != 1 || k.Columns[0] != "a" {
		t.Errorf("unique: %v %+v", err, k)
	}
	must(t, c.CreateCollation("boom", func(a, b []byte) int { panic("boom") }))
	if _, err := rows(c, "SELECT a FROM t ORDER BY a COLLATE boom"); err == nil {
		t.Error("a panic in a collation was swallowed")
	}
	wantRows(t, c, "4", "SELECT count(*) FROM t")
}
