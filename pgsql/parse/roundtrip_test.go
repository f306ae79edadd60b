package parse

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"polyreme/pgsql/parse/ast"
)

// samePositions makes trees comparable that came from different texts.
var samePositions = cmp.Comparer(func(ast.At, ast.At) bool { return true })

// checkRoundTrip prints the statements of sql that can be printed, and parses
// them again.
func checkRoundTrip(t *testing.T, sql string) (printed int) {
	t.Helper()
	list, err := Parse(sql)
	if err != nil {
		return 0
	}
	for _, r := range list {
		text, ok := ast.Deparse(r.Stmt)
		if !ok {
			continue
		}
		printed++
		again, err := Parse(text)
		if err != nil {
			t.Errorf("%s\nprinted as\n%s\nis not accepted: %v", sql, text, err)
			continue
		}
		if diff := cmp.Diff(r.Stmt, again[0].Stmt, samePositions); diff != "" {
			t.Errorf("%s\nprinted as\n%s\nis another tree (-first +second):\n%s", sql, text, diff)
		}
	}
	return printed
}

// TestRoundTripRegress prints and parses again all of PostgreSQL's regression
// statements.
func TestRoundTripRegress(t *testing.T) {
	corpus := regressCorpus(t)
	if corpus == nil {
		t.Logf("NOT RUN: no PostgreSQL regression files in %q; scripts/pg-regress-sources.sh fetches them", regressDir())
		return
	}
	printed := 0
	for _, list := range corpus {
		for _, s := range list {
			printed += checkRoundTrip(t, s.text)
		}
	}
	t.Logf("%d statements printed and parsed again", printed)
}
