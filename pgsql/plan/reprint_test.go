package plan

import "testing"

// The wanted texts are those of PostgreSQL 15's pg_get_expr(…, true).
func TestPrintExprPretty(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"(id > 0)", "id > 0"},
		{"((v)::text <> ''::text)", "v::text <> ''::text"},
		{"((a + 1) > b)", "(a + 1) > b"},
		{"((a >= 1) AND (a <= 10))", "a >= 1 AND a <= 10"},
		{"((t IS NOT NULL) OR (NOT z))", "t IS NOT NULL OR NOT z"},
		{"(((a > 1) OR (b > 2)) AND z)", "(a > 1 OR b > 2) AND z"},
		{"(((a > 1) AND (b > 2)) OR z)", "a > 1 AND b > 2 OR z"},
		{"lower((v)::text)", "lower(v::text)"},
		{"(length(t) < 20)", "length(t) < 20"},
		{"(t = ANY (ARRAY['x'::text, 'y'::text]))", "t = ANY (ARRAY['x'::text, 'y'::text])"},
		{"((v)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))", "v::text = ANY (ARRAY['a'::character varying, 'b'::character varying]::text[])"},
		{"((a * 2) + (b - 1))", "a * 2 + (b - 1)"},
		{"((- a) < 5)", "(- a) < 5"},
		{"(((t)::character varying(3))::text = (v)::text)", "t::character varying(3)::text = v::text"},
		{"((a + b))::text", "(a + b)::text"},
		{"(((a + b))::text = t)", "((a + b)::text) = t"},
		{"'x'::character varying", "'x'::character varying"},
		{"\nCASE\n    WHEN (a > 1) THEN z\n    ELSE (b < 3)\nEND", "\nCASE\n    WHEN a > 1 THEN z\n    ELSE b < 3\nEND"},
	} {
		if got := PrintExpr(nil, nil, c.text, true); got != c.want {
			t.Errorf("PrintExpr(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}
