package parse

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"polyreme/pgsql/parse/ast"
)

func TestNormalize(t *testing.T) {
	cases := []struct{ sql, key string }{
		{"SELECT abalance FROM pgbench_accounts WHERE aid = 42;", "SELECT abalance FROM pgbench_accounts WHERE aid = $1|i"},
		{"select 1", "select $1|i"},
		{"select 3000000000, 1.5, 'x'", "select $1, $2, $3|lns"},
		{"SELECT -2147483648, - 5, 4-3", "SELECT $1, $2, $3-$4|iiii"},
		{"SELECT -2147483649, -5::text, a -1", "SELECT $1, -5::text, a -$2|li"},
		{"UPDATE t SET a = a + -7 WHERE b='it''s'", "UPDATE t SET a = a + $1 WHERE b=$2|is"},
		{"INSERT INTO t (a,b) VALUES (1,'x'),(2,null)", "INSERT INTO t (a,b) VALUES ($1,$2),($3,null)|isi"},
		{"INSERT INTO t VALUES (1) ON CONFLICT (a) WHERE b = 1 DO UPDATE SET c = 3", "INSERT INTO t VALUES ($1) ON CONFLICT (a) WHERE b = 1 DO UPDATE SET c = $2|ii"},
		{"SELECT a FROM t WHERE a IN (1,2) ORDER BY 1, b + 2 LIMIT 3 OFFSET 4", "SELECT a FROM t WHERE a IN ($1,$2) ORDER BY 1, b + 2 LIMIT $3 OFFSET $4|iiii"},
		{"SELECT rank() OVER (ORDER BY 1 ROWS 5 PRECEDING), 2 FROM t", "SELECT rank() OVER (ORDER BY 1 ROWS 5 PRECEDING), $1 FROM t|i"},
		{"SELECT x::numeric(10,2), 5 FROM t", "SELECT x::numeric(10,2), $1 FROM t|i"},
		{"SELECT cast(x AS character varying(3)), 5 FROM t", "SELECT cast(x AS character varying(3)), $1 FROM t|i"},
		{"SELECT '2020-01-01'::date, date '2020-01-01', interval '1' day, 7", "SELECT $1::date, date '2020-01-01', interval '1' day, $2|si"},
		{"SELECT a LIKE 'x%', a ~ 'y', a ILIKE 'z', 1", "SELECT a LIKE 'x%', a ~ 'y', a ILIKE 'z', $1|i"},
		{"SELECT nextval('s'), 't'::regclass, 1", "SELECT nextval('s'), 't'::regclass, $1|i"},
		{`SELECT E'a\n', $$b$$, B'1', X'1f', U&'c', N'd', 1`, `SELECT E'a\n', $$b$$, B'1', X'1f', U&'c', N'd', $1|i`},
		{"SELECT extract('year' FROM x), a AT TIME ZONE 'UTC', 1 FROM t", "SELECT extract('year' FROM x), a AT TIME ZONE 'UTC', $1 FROM t|i"},
		{"SELECT 1 AS x FROM t WHERE (a = 5) AND b[1] = 2", "SELECT $1 AS x FROM t WHERE (a = $2) AND b[$3] = $4|iiii"},
		{"SELECT CASE WHEN a=1 THEN'x'ELSE'y'END", "SELECT CASE WHEN a=$1 THEN $2 ELSE $3 END|iss"},
		{"SELECT 'a'\n'b'", "SELECT $1|s"},
		{"SELECT a FROM t WHERE b BETWEEN 1 AND 2 AND c NOT IN ('x')", "SELECT a FROM t WHERE b BETWEEN $1 AND $2 AND c NOT IN ($3)|iis"},
		{"DELETE FROM t WHERE id = 1 RETURNING 'gone'", "DELETE FROM t WHERE id = $1 RETURNING $2|is"},
		{"SELECT a.then -5, b.limit 'x', a.group FROM t", "SELECT a.then -$1, b.limit 'x', a.group FROM t|i"},
		// Not normalised.
		{"SELECT a + 1 FROM t GROUP BY a + 1", ""},
		{"SELECT DISTINCT a FROM t WHERE b = 1", ""},
		{"SELECT $1, 2", ""},
		{"INSERT INTO t SELECT 'x'", ""},
		{"SELECT 1; SELECT 2", ""},
		{"SELECT a FROM t", ""},
		{"SET x = 1", ""},
		{"CREATE TABLE t (a varchar(10) DEFAULT 'x')", ""},
		{"SELECT 'unterminated", ""},
		{"SELECT 1\xff", ""},
	}
	for _, c := range cases {
		key, literals, ok := Normalize(c.sql)
		got := ""
		if ok {
			text, classes, _ := strings.Cut(key, "\x00")
			got = text + "|" + classes
			if len(literals) != len(classes) || KeySQL(key) != text {
				t.Errorf("Normalize(%q): %d literals, classes %q, KeySQL %q", c.sql, len(literals), classes, KeySQL(key))
			}
		}
		if got != c.key {
			t.Errorf("Normalize(%q)\n got %q\nwant %q", c.sql, got, c.key)
		}
	}
}

func TestNormalizeValues(t *testing.T) {
	_, got, _ := Normalize("SELECT 42, 3000000000, -1.50, 'it''s'")
	want := []Literal{
		{Kind: ast.ConstInt4, Int: 42, Pos: 7},
		{Kind: ast.ConstInt8, Int: 3000000000, Pos: 11},
		{Kind: ast.ConstNumeric, Text: "-1.50", Pos: 24},
		{Kind: ast.ConstString, Text: "it's", Pos: 30},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestNormalizeRegress checks that the key of each statement, with its literals
// put back, is the statement's own tree.
func TestNormalizeRegress(t *testing.T) {
	corpus := regressCorpus(t)
	if corpus == nil {
		t.Logf("NOT RUN: no PostgreSQL regression files in %q; scripts/pg-regress-sources.sh fetches them", regressDir())
		return
	}
	n := 0
	for _, list := range corpus {
		for _, s := range list {
			key, literals, ok := Normalize(s.text)
			if !ok {
				continue
			}
			want, err := Parse(s.text)
			if err != nil {
				continue
			}
			n++
			got, err := Parse(KeySQL(key))
			if err != nil {
				t.Errorf("%s\nkey %s: %v", s.text, KeySQL(key), err)
				continue
			}
			if !equalTrees(reflect.ValueOf(want[0].Stmt), reflect.ValueOf(got[0].Stmt), literals) {
				t.Errorf("%s\nkey %s: another tree", s.text, KeySQL(key))
			}
		}
	}
	t.Logf("%d statements normalised", n)
}
