package parse

import (
	"os"
	"strings"
	"testing"

	"polyreme/pgwire/pgerr"
)

// seeds are the statements of testdata/roundtrip.txt.
func seeds(t testing.TB) []string {
	text, err := os.ReadFile("testdata/statements.sql")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, s := range splitPsql(string(text)) {
		list = append(list, s.text)
	}
	return list
}

// FuzzParse checks that any text gives a tree or an error of the client's kind,
// and that a tree that can be printed parses to itself.
func FuzzParse(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		list, err := Parse(sql)
		if err != nil {
			if code := pgerr.Code(err); len(code) != 5 || code == pgerr.InternalError {
				t.Fatalf("Parse(%q): %v", sql, err)
			}
			return
		}
		for _, r := range list {
			if r.Start < 0 || r.End > len(sql) || r.Start > r.End {
				t.Fatalf("Parse(%q): statement at %d:%d", sql, r.Start, r.End)
			}
		}
		checkRoundTrip(t, sql)
		Options{BackslashEscapes: true}.Parse(sql)
	})
}

// FuzzNormalize checks that the key of a statement parses whenever the statement
// does, and that statements with the same key have as many literals.
func FuzzNormalize(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		key, literals, ok := Normalize(sql)
		if !ok {
			return
		}
		_, types, _ := strings.Cut(key, "\x00")
		if len(types) != len(literals) {
			t.Fatalf("Normalize(%q): key %q has %d types, %d literals", sql, key, len(types), len(literals))
		}
		if _, err := Parse(sql); err != nil {
			return
		}
		if _, err := Parse(KeySQL(key)); err != nil {
			t.Fatalf("Normalize(%q): key %q: %v", sql, key, err)
		}
	})
}

// TestStatements checks that the seed statements are accepted and print to
// themselves.
func TestStatements(t *testing.T) {
	for _, s := range seeds(t) {
		if _, err := Parse(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
		checkRoundTrip(t, s)
	}
}
