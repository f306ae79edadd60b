package parse

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"polyreme/pgsql/parse/ast"
)

// samePositions makes trees comparable that came from different texts.
var samePositions = cmp.Comparer(func(ast.At, ast.At) bool { return true })

// equalTrees compares trees without their positions. Where literals are given, a
// parameter of b is equal to the literal of a that it stands for.
func equalTrees(a, b reflect.Value, literals []Literal) bool {
	if a.IsValid() != b.IsValid() {
		return false
	}
	if !a.IsValid() {
		return true
	}
	if a.Type() != b.Type() {
		c, isConst := a.Interface().(*ast.Const)
		p, isParam := b.Interface().(*ast.ParamRef)
		if !isConst || !isParam || p.Number > len(literals) {
			return false
		}
		l := literals[p.Number-1]
		return l.Kind == c.Kind && l.Int == c.Int && l.Text == c.Text
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		return equalTrees(a.Elem(), b.Elem(), literals)
	case reflect.Slice:
		if a.Len() != b.Len() || a.IsNil() != b.IsNil() {
			return false
		}
		for i := range a.Len() {
			if !equalTrees(a.Index(i), b.Index(i), literals) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range a.NumField() {
			if !equalTrees(a.Field(i), b.Field(i), literals) {
				return false
			}
		}
		return true
	}
	return a.Type() == reflect.TypeFor[ast.At]() || a.Equal(b)
}

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
		if !equalTrees(reflect.ValueOf(r.Stmt), reflect.ValueOf(again[0].Stmt), nil) {
			diff := cmp.Diff(r.Stmt, again[0].Stmt, samePositions)
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
