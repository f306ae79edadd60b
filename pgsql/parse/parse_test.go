package parse

import (
	"testing"

	"polyreme/pgsql/parse/ast"
)

// TestQuoteIdent checks that names are quoted exactly where the parser's table of
// key words says so, and come back as they were.
func TestQuoteIdent(t *testing.T) {
	for i, k := range keywords[:kwZone-firstKeyword+1] {
		if got := lookupKeyword(k.word); got != firstKeyword+kind(i) {
			t.Errorf("lookupKeyword(%q) = %d, want %d", k.word, got, firstKeyword+kind(i))
		}
		quoted := ast.QuoteIdent(k.word) != k.word
		if want := k.class&classUnreserved == 0; quoted != want {
			t.Errorf("QuoteIdent(%q) = %s", k.word, ast.QuoteIdent(k.word))
		}
	}
	for _, name := range []string{"a", "A", "a b", `a"b`, "1a", "é", "select", "a$b", "_", "x1"} {
		e, err := ParseExpr(ast.QuoteIdent(name))
		if err != nil {
			t.Errorf("QuoteIdent(%q): %v", name, err)
			continue
		}
		if c, ok := e.(*ast.ColumnRef); !ok || len(c.Names) != 1 || c.Names[0] != name {
			t.Errorf("QuoteIdent(%q) = %s is read as %v", name, ast.QuoteIdent(name), e)
		}
	}
}

// TestPrint holds the canonical text of expressions.
func TestPrint(t *testing.T) {
	cases := []struct{ sql, want string }{
		{"a+b*c", "(a + (b * c))"},
		{"(a+b)*c", "((a + b) * c)"},
		{"a = 1 and b > 2 and not c", "((a = 1) AND (b > 2) AND (NOT c))"},
		{"'x'::varchar(10)", "'x'::character varying(10)"},
		{"int '5'", "'5'::integer"},
		{"-1::int", "(- 1::integer)"},
		{"(-1)::int", "(-1)::integer"},
		{"now() at time zone 'UTC'", "(now() AT TIME ZONE 'UTC')"},
		{"x::timestamp(3) with time zone", "x::timestamp(3) with time zone"},
		{"x::interval day to second(3)", "x::interval day to second(3)"},
		{"E'a\\\\b'", `E'a\\b'`},
		{"price is not null or exists (select 1 from t)", "((price IS NOT NULL) OR (EXISTS (SELECT 1 FROM t)))"},
		{"nextval('s'::regclass)", "nextval('s'::regclass)"},
		{`"Weird name" || "select"`, `("Weird name" || "select")`},
		{"a in (1,2) and b not in (select 3)", "((a IN (1, 2)) AND (b NOT IN (SELECT 3)))"},
		{"f(x order by y desc) filter (where z)", "f(x ORDER BY y DESC) FILTER (WHERE z)"},
		{"trim(x)", "TRIM(BOTH x)"},
		{"extract(year from d)", "EXTRACT('year' FROM d)"},
		{"current_timestamp(3)", "CURRENT_TIMESTAMP(3)"},
	}
	for _, c := range cases {
		e, err := ParseExpr(c.sql)
		if err != nil {
			t.Errorf("ParseExpr(%q): %v", c.sql, err)
			continue
		}
		if got := ast.String(e); got != c.want {
			t.Errorf("String(%s) = %s, want %s", c.sql, got, c.want)
		}
	}
}

// TestKeywordLabels holds select lists with the word of an operator as a label,
// which is one where nothing of higher precedence is open before it.
func TestKeywordLabels(t *testing.T) {
	for sql, ok := range map[string]bool{
		"SELECT a is, b like, c and FROM t":                    true,
		"SELECT a + b is, (c) or, d at, e operator, f collate": true,
		"SELECT a AND b is":                                    false,
		"SELECT a < b like, c":                                 false,
		"SELECT a <> b at, c":                                  false,
		"SELECT a FROM t WHERE b is":                           false,
		"SELECT f(a is)":                                       false,
		"INSERT INTO t VALUES (1) RETURNING a in":              true,
	} {
		if _, err := Parse(sql); (err == nil) != ok {
			t.Errorf("Parse(%q): %v", sql, err)
		}
	}
}

// TestRawStmt checks where the statements of a text begin and end.
func TestRawStmt(t *testing.T) {
	const sql = " ; select 1 /* x */ ;; -- y\n insert into t values (2) ; "
	list, err := Parse(sql)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range list {
		got = append(got, sql[r.Start:r.End])
	}
	if len(got) != 2 || got[0] != "select 1" || got[1] != "insert into t values (2)" {
		t.Errorf("statements %q", got)
	}
}

// TestBackslashEscapes reads a string with standard_conforming_strings off.
func TestBackslashEscapes(t *testing.T) {
	for _, escapes := range []bool{false, true} {
		list, err := Options{BackslashEscapes: escapes}.Parse(`SELECT 'a\tb'`)
		if err != nil {
			t.Fatal(err)
		}
		want := `a\tb`
		if escapes {
			want = "a\tb"
		}
		c := list[0].Stmt.(*ast.SelectStmt).Targets[0].Value.(*ast.Const)
		if c.Text != want {
			t.Errorf("escapes %v: %q, want %q", escapes, c.Text, want)
		}
	}
}

// TestUnsupported checks that statements of kinds that we do not have are named.
func TestUnsupported(t *testing.T) {
	cases := map[string]string{
		"CREATE TRIGGER t BEFORE INSERT ON a EXECUTE FUNCTION f()":           "CREATE TRIGGER",
		"CREATE OR REPLACE RULE r AS ON INSERT TO t DO (SELECT 1; NOTIFY x)": "CREATE RULE",
		"CREATE TEXT SEARCH PARSER p (start = f)":                            "CREATE TEXT SEARCH PARSER",
		"ALTER PUBLICATION p ADD TABLE t":                                    "ALTER PUBLICATION",
		"DROP CAST (a AS b)":                                                 "DROP CAST",
		"SECURITY LABEL ON TABLE t IS 'x'":                                   "SECURITY LABEL",
	}
	for sql, want := range cases {
		list, err := Parse(sql)
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if u, ok := list[0].Stmt.(*ast.Unsupported); !ok || u.Kind != want {
			t.Errorf("%s: %#v, want %s", sql, list[0].Stmt, want)
		}
	}
}
