package builtin

import (
	"sort"
	"strconv"
	"strings"
	"testing"

	"polyreme/pgsql/types"
)

// TestNoOrphans finds implementations whose key is misspelt.
func TestNoOrphans(t *testing.T) {
	orphans := Builtins().orphans
	sort.Strings(orphans)
	for _, key := range orphans {
		t.Errorf("%s is implemented but in no row of pg_proc", key)
	}
}

// TestNamesUnique finds two implementations under one SQLite name: the later
// registration would replace the first.
func TestNamesUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Builtins().scalars {
		if seen[s.name] {
			t.Errorf("function %s is registered twice", s.name)
		}
		seen[s.name] = true
	}
	for _, a := range Builtins().aggregates {
		if seen[a.name] {
			t.Errorf("aggregate %s is registered twice", a.name)
		}
		seen[a.name] = true
	}
	for name := range seen {
		if sqliteNames()[name] {
			t.Errorf("%s takes the name of a function of SQLite", name)
		}
	}
}

// TestTemplatesCompile prepares a call of everything that is implemented.
func TestTemplatesCompile(t *testing.T) {
	conn, _ := openTest(t)
	prepare := func(what, sql string) {
		stmt, err := conn.Prepare(sql)
		if err != nil {
			t.Errorf("%s: %s: %v", what, sql, err)
			return
		}
		stmt.Close()
	}
	for f := range AllFunctions {
		if !f.Implemented() {
			continue
		}
		args := make([]string, len(f.Args))
		for i := range args {
			args[i] = "?" + strconv.Itoa(i+1)
		}
		call := Expand(f.SQL, args, f.Args, f.Result)
		switch {
		case f.ReturnsSet:
			prepare(f.Signature(), `SELECT "`+strings.Join(f.Columns, `", "`)+`" FROM `+call)
		case f.Kind == 'a':
			prepare(f.Signature(), "SELECT "+call)
			prepare(f.Signature(), "SELECT "+Expand(f.OverSQL, args, f.Args, f.Result)+" OVER ()")
			if f.DistinctSQL != "" {
				distinct := strings.Replace(Expand(f.DistinctSQL, args, f.Args, f.Result), "(", "(DISTINCT ", 1)
				prepare(f.Signature(), "SELECT "+distinct)
			}
		case f.Kind == 'w':
			prepare(f.Signature(), "SELECT "+call+" OVER ()")
		default:
			prepare(f.Signature(), "SELECT "+call)
		}
		for i, a := range args {
			if !strings.Contains(call, a) {
				t.Errorf("%s: argument %d is not in %s", f.Signature(), i+1, call)
			}
		}
	}
}

// TestRowCounts pins the size of the generated tables.
func TestRowCounts(t *testing.T) {
	if n := len(functionTable); n != 3245 {
		t.Errorf("%d functions", n)
	}
	if n := len(operatorTable); n != 799 {
		t.Errorf("%d operators", n)
	}
	if n := len(aggregateTable); n != 148 {
		t.Errorf("%d aggregates", n)
	}
	implemented, operators := 0, 0
	for f := range AllFunctions {
		if f.Implemented() {
			implemented++
		}
	}
	for o := range AllOperators {
		if o.Implemented() {
			operators++
		}
	}
	t.Logf("implemented: %d functions, %d operators; registered: %d functions, %d aggregates, %d sets", implemented, operators,
		len(Builtins().scalars), len(Builtins().aggregates), len(Builtins().sets))
}

func TestLookup(t *testing.T) {
	if f := FunctionByOID(177); f == nil || f.Name != "int4pl" || f.SQL != "int4pl($1,$2)" {
		t.Errorf("FunctionByOID(177) = %+v", f)
	}
	if n := len(Functions("abs")); n != 6 {
		t.Errorf("%d functions abs", n)
	}
	if o := OperatorByOID(551); o == nil || o.Name != "+" || o.SQL != "int4pl($1,$2)" {
		t.Errorf("OperatorByOID(551) = %+v", o)
	}
	if Functions("no_such_function") != nil || FunctionByOID(1) != nil {
		t.Error("found what does not exist")
	}
	if a := AggregateOf(2108); a == nil || a.Transition != "int4_sum" {
		t.Errorf("AggregateOf(2108) = %+v", a)
	}
}

func TestExpand(t *testing.T) {
	args, oids := []string{"x", "y"}, []types.OID{types.Int4ArrayOID, types.NumericOID}
	for _, c := range []struct{ template, want string }{
		{"f($1,$2)", "f(x,y)"},
		{"f($2,@1,@0)", "f(y,1007,25)"},
		{"f($*)", "f(x,y)"},
		{"f(@*)", "f(1007,x,1700,y)"},
		{"($1 = $2)~~g($1)", "(x = y)"},
		{"'a$'", "'a$'"},
		{"$3", "$3"},
	} {
		if got := Expand(c.template, args, oids, types.TextOID); got != c.want {
			t.Errorf("Expand(%q) = %q, want %q", c.template, got, c.want)
		}
	}
	oids[0] = types.NumericArrayOID
	if got := Expand("($1 = $2)~~g($1)", args, oids, 0); got != "g(x)" {
		t.Errorf("Expand of a collated array = %q", got)
	}
}

func TestEval(t *testing.T) {
	f := FunctionByOID(177)
	v, ok, err := f.Eval(NewEnv(), []types.Value{types.IntValue(2), types.IntValue(3)})
	if err != nil || !ok || v.Int64() != 5 {
		t.Errorf("int4pl(2, 3) = %v, %v, %v", v, ok, err)
	}
	if v, ok, err := f.Eval(NewEnv(), []types.Value{{}, types.IntValue(3)}); err != nil || !ok || !v.IsNull() {
		t.Errorf("int4pl(NULL, 3) = %v, %v, %v", v, ok, err)
	}
}

// TestSameSeedSameValues replays an entry: equal seeds give equal values.
func TestSameSeedSameValues(t *testing.T) {
	conn, env := openTest(t)
	read := func(seed byte) string {
		env.Begin(1000000, [16]byte{seed})
		v, err := conn.QueryText("SELECT drandom() || ' ' || drandom() || ' ' || hex(gen_random_uuid()) || ' ' || now() || ' ' || clock_timestamp()")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	first, again, other := read(1), read(1), read(2)
	if first != again {
		t.Errorf("one seed gave %s and %s", first, again)
	}
	if first == other {
		t.Errorf("two seeds gave %s", first)
	}
	parts := strings.Fields(first)
	if parts[0] == parts[1] {
		t.Errorf("two calls gave %s", parts[0])
	}
	if uuid := parts[2]; uuid[12] != '4' || !strings.ContainsRune("89AB", rune(uuid[16])) {
		t.Errorf("gen_random_uuid gave %s", uuid)
	}
	if parts[3] != "1000000" || parts[4] != "1000000" {
		t.Errorf("times %s", parts[3:])
	}
}

// TestEngineFunctionsFail tries the functions of SQLite that replicas must not
// call.
func TestEngineFunctionsFail(t *testing.T) {
	conn, _ := openTest(t)
	for _, call := range []string{
		"random()", "randomblob(4)", "date('now')", "time('now')", "datetime('now')", "julianday('now')", "unixepoch()",
		"strftime('%s','now')", "current_timestamp", "current_date", "current_time", "changes()", "total_changes()",
		"last_insert_rowid()", "sqlite_version()", "timediff('now','now')", "datetime()", "strftime('%s')",
	} {
		if _, err := conn.QueryText("SELECT " + call); err == nil {
			t.Errorf("%s did not fail", call)
		}
	}
}

// TestOver slides windows over aggregates with and without an inverse.
func TestOver(t *testing.T) {
	conn, _ := openTest(t)
	for _, c := range []struct {
		oid  types.OID
		want string
	}{
		{2108, "1,3,5,7"},         // sum(int4)
		{2111, "1.0,3.0,5.0,7.0"}, // sum(float8)
		{2101, "1.00000000000000000000,1.5000000000000000,2.5000000000000000,3.5000000000000000"}, // avg(int4)
	} {
		f := FunctionByOID(c.oid)
		sql := "WITH v(x) AS (VALUES (1),(2),(3),(4)) SELECT group_concat(y) FROM (SELECT " +
			Expand(f.OverSQL, []string{"x"}, f.Args, f.Result) + " OVER (ORDER BY x ROWS 1 PRECEDING) AS y FROM v)"
		got, err := conn.QueryText(sql)
		if err != nil {
			t.Errorf("%s: %v", f.Signature(), err)
			continue
		}
		if got != c.want {
			t.Errorf("%s = %s, want %s", f.Signature(), got, c.want)
		}
	}
}
