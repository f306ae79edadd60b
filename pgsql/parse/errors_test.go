package parse

import (
	"strings"
	"testing"

	"polyreme/pgwire/pgerr"
)

// TestErrors holds errors with the code, position and message that PostgreSQL 15
// gives for the same text.
func TestErrors(t *testing.T) {
	cases := []struct {
		sql      string
		code     string
		position int
		message  string
	}{
		{"selct 1", "42601", 1, `syntax error at or near "selct"`},
		{"select 1 from", "42601", 14, "syntax error at end of input"},
		{"select 'é', from t", "42601", 13, `syntax error at or near "from"`},
		{"select 'abc", "42601", 8, `unterminated quoted string at or near "'abc"`},
		{`select "abc`, "42601", 8, `unterminated quoted identifier at or near ""abc"`},
		{`select ""`, "42601", 8, `zero-length delimited identifier at or near """"`},
		{"select $a$x", "42601", 8, `unterminated dollar-quoted string at or near "$a$x"`},
		{"select 1 /* x /* y */", "42601", 10, `unterminated /* comment at or near "/* x /* y */"`},
		{"select b'01", "42601", 8, `unterminated bit string literal at or near "b'01"`},
		{"select x'1f", "42601", 8, `unterminated hexadecimal string literal at or near "x'1f"`},
		{"select 12abc", "42601", 8, `trailing junk after numeric literal at or near "12abc"`},
		{"select 1e+", "42601", 8, `trailing junk after numeric literal at or near "1e+"`},
		{"select $1a", "42601", 8, `trailing junk after parameter at or near "$1a"`},
		{`select E'\u00zz'`, "22025", 10, "invalid Unicode escape"},
		{`select E'\uD800x'`, "42601", 16, `invalid Unicode surrogate pair at or near "x"`},
		{`select U&'\zz'`, "42601", 11, "invalid Unicode escape"},
		{`select U&'a' uescape '+'`, "42601", 22, `invalid Unicode escape character at or near "'+'"`},
		{`select E'\xff'`, "22021", 0, `invalid byte sequence for encoding "UTF8": 0xff`},
		{`select E'\0'`, "22021", 0, `invalid byte sequence for encoding "UTF8": 0x00`},
		{"select '\xc3(' ", "22021", 0, `invalid byte sequence for encoding "UTF8": 0xc3 0x28`},
		{"select 1\x00", "22021", 0, `invalid byte sequence for encoding "UTF8": 0x00`},
		{"select 1 = 2 = 3", "42601", 14, `syntax error at or near "="`},
		{"select a between 1 and 2 between 3 and 4", "42601", 26, `syntax error at or near "between"`},
		{"select * from (select 1)", "42601", 15, "subquery in FROM must have an alias"},
		{"select * from (values (1))", "42601", 15, "VALUES in FROM must have an alias"},
		{"select 1 limit 1, 2", "42601", 10, "LIMIT #,# syntax is not supported"},
		{"(select 1 limit 1) limit 2", "42601", 20, "multiple LIMIT clauses not allowed"},
		{
			"select 1 order by 1 fetch first 1 row with ties for update skip locked", "42601", 0,
			"SKIP LOCKED and WITH TIES options cannot be used together",
		},
		{"select a.*.b", "42601", 11, `improper use of "*" at or near "."`},
		{"select (1,2) overlaps (3)", "42601", 26, "syntax error at end of input"},
		{"select row(1) overlaps (3,4)", "42601", 8, "wrong number of parameters on left side of OVERLAPS expression"},
		{"select * from a.b.c.d", "42601", 15, "improper qualified name (too many dotted names): a.b.c.d"},
		{"create table t (a int collate x collate y)", "42601", 33, "multiple COLLATE clauses not allowed"},
		{"create role public", "42939", 13, `role name "public" is reserved`},
		{"select unique (select 1)", "0A000", 8, "UNIQUE predicate is not yet implemented"},
		{
			"select sum(x) over (rows between unbounded following and current row)", "42P20", 34,
			"frame start cannot be UNBOUNDED FOLLOWING",
		},
		{"select 1 ; select", "", 0, ""},
		{"drop foo x", "42601", 6, `syntax error at or near "foo"`},
		{"create foo x", "42601", 8, `syntax error at or near "foo"`},
		{"alter foo x", "42601", 7, `syntax error at or near "foo"`},
		{"drop", "42601", 5, "syntax error at end of input"},
		{"copy t to stdout where a", "42601", 18, "WHERE clause not allowed with COPY TO"},
	}
	for _, c := range cases {
		_, err := Parse(c.sql)
		if c.code == "" {
			if err != nil {
				t.Errorf("Parse(%q): %v", c.sql, err)
			}
			continue
		}
		e := pgerr.From(err)
		if err == nil || e.Code != c.code || e.Position != c.position || e.Message != c.message {
			t.Errorf("Parse(%q)\n got %s %d %s\nwant %s %d %s", c.sql, e.Code, e.Position, e.Message, c.code, c.position, c.message)
		}
	}
}

// TestDepth checks that nesting is bounded and answers at once.
func TestDepth(t *testing.T) {
	const n = 100_000
	nested := func(open, inner, closing string) string {
		return "SELECT " + strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
	}
	cases := map[string]string{
		"parentheses":  nested("(", "1", ")"),
		"sub-queries":  nested("(SELECT ", "1", ")"),
		"unclosed":     "SELECT " + strings.Repeat("(", n),
		"not":          nested("NOT ", "true", ""),
		"minus":        nested("- ", "a", ""),
		"array":        nested("ARRAY[", "1", "]"),
		"nested array": "SELECT ARRAY" + strings.Repeat("[", n),
		"case":         nested("CASE WHEN ", "true", " THEN 1 END"),
		"calls":        nested("f(", "1", ")"),
		"subscripts":   nested("a[", "1", "]"),
		"from":         "SELECT * FROM " + strings.Repeat("(", n) + "a",
		"joins":        "SELECT * FROM a" + strings.Repeat(" JOIN b", n),
		"with":         strings.Repeat("WITH a AS (", n) + "SELECT 1",
		"chain":        "SELECT 1" + strings.Repeat("+1", n),
		"unions":       "SELECT 1" + strings.Repeat(" UNION SELECT 1", n),
		"grouping":     "SELECT 1 GROUP BY " + strings.Repeat("GROUPING SETS (", n),
	}
	// Chains within chains: each level is bounded, and all together.
	tower := "1"
	for range 20 {
		tower = "(" + tower + strings.Repeat("+1", 900) + ")"
	}
	cases["tower"] = "SELECT " + tower
	for name, sql := range cases {
		if _, err := Parse(sql); pgerr.Code(err) != pgerr.StatementTooComplex {
			t.Errorf("%s: %v, want 54001", name, err)
		}
		Normalize(sql)
	}
	if _, err := Parse("SELECT " + strings.Repeat("(", 900) + "1" + strings.Repeat(")", 900)); err != nil {
		t.Errorf("900 parentheses: %v", err)
	}
	for name, sql := range map[string]string{
		"and":     "SELECT a" + strings.Repeat(" AND a = 1", n),
		"list":    "SELECT 1" + strings.Repeat(", 1 + 1", n),
		"rows":    "INSERT INTO t VALUES (1)" + strings.Repeat(", (1 + 1)", n),
		"tower":   "SELECT (((1" + strings.Repeat("+1", 3000) + ")" + strings.Repeat("+1", 3000) + "))",
		"unicode": "SELECT 1 IN (U&''" + strings.Repeat(", U&''", n) + ")",
	} {
		if _, err := Parse(sql); err != nil {
			t.Errorf("long %s: %v", name, err)
		}
	}
	if _, err := Parse("SELECT " + strings.Repeat("U&'' ", n)); pgerr.Code(err) != pgerr.SyntaxError {
		t.Errorf("Unicode strings: %v", err)
	}
}
