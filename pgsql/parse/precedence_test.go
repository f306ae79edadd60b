package parse

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/pgsql/parse/ast"
)

// TestOraclePrecedence makes random expressions without parentheses and checks
// that the server understands what we print, with all parentheses, as the same
// expression.
func TestOraclePrecedence(t *testing.T) {
	if *rewriteOracle == "" {
		t.Log("NOT RUN: no -oracle given")
		return
	}
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, *rewriteOracle)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	run := func(sql string) (string, error) {
		results, err := conn.Exec(ctx, sql).ReadAll()
		if err != nil {
			return "", err
		}
		for _, r := range results {
			for _, row := range r.Rows {
				return string(row[0]), nil
			}
		}
		return "", nil
	}
	if _, err := run("CREATE TEMP TABLE x (a int, b int, p bool, q bool, s text, u text, ts timestamptz, r int[])"); err != nil {
		t.Fatal(err)
	}
	viewdef := func(expr string) (string, error) {
		return run(fmt.Sprintf("BEGIN; CREATE TEMP VIEW v AS SELECT %s AS e FROM x; SELECT pg_get_viewdef('v'::regclass); ROLLBACK", expr))
	}
	rng := rand.New(rand.NewPCG(2, *oracleSeed))
	compared := 0
	for range *oracleMutations {
		sql := randomExpr(rng)
		e, err := ParseExpr(sql)
		if err != nil {
			continue
		}
		want, err := viewdef(sql)
		if err != nil {
			run("ROLLBACK")
			if _, err := viewdef(ast.String(e)); err == nil {
				t.Errorf("%s is refused, %s is not", sql, ast.String(e))
			}
			run("ROLLBACK")
			continue
		}
		compared++
		if got, err := viewdef(ast.String(e)); err != nil || got != want {
			t.Errorf("%s\n printed %s\n  server %s\n printed %s %v", sql, ast.String(e), want, got, err)
			run("ROLLBACK")
		}
	}
	t.Logf("%d expressions compared", compared)
}

// randomExpr makes a random chain of operators over the columns of the test's
// table; types are kept plausible, not right.
func randomExpr(rng *rand.Rand) string {
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	number := func() string {
		return pick("", "", "- ", "@ ") + pick("a", "b", "1", "2.5", "'3'::int", "r[1]", "a::bigint", "(a)", "length(s)")
	}
	text := func() string { return pick("s", "u", "'x'", "a::text", `s COLLATE "C"`, "ts AT TIME ZONE 'UTC' || ''") }
	arithmetic := func() string {
		s := number()
		for rng.IntN(2) == 0 {
			s += pick(" + ", " - ", " * ", " / ", " ^ ", " % ", " # ", " << ", " & ") + number()
		}
		return s
	}
	words := func() string {
		s := text()
		for rng.IntN(3) == 0 {
			s += " || " + text()
		}
		return s
	}
	condition := func() string {
		switch rng.IntN(9) {
		case 0:
			return pick("p", "q", "true")
		case 1:
			return arithmetic() + pick(" < ", " >= ", " <> ", " = ") + arithmetic()
		case 2:
			return words() + pick(" LIKE ", " NOT ILIKE ", " SIMILAR TO ", " ~ ") + words()
		case 3:
			return arithmetic() + pick(" BETWEEN ", " NOT BETWEEN SYMMETRIC ") + arithmetic() + " AND " + arithmetic()
		case 4:
			return arithmetic() + pick(" IN ", " NOT IN ") + "(1, " + arithmetic() + ")"
		case 5:
			return arithmetic() + pick(" = ANY (r)", " <> ALL (r)")
		case 6:
			return words() + " LIKE " + words() + " ESCAPE " + text()
		case 7:
			return arithmetic() + pick(" IS DISTINCT FROM ", " IS NOT DISTINCT FROM ") + arithmetic()
		}
		return words() + pick(" = ", " < ") + words()
	}
	var b strings.Builder
	for {
		b.WriteString(pick("", "", "", "NOT "))
		b.WriteString(condition())
		b.WriteString(pick("", "", "", " IS NULL", " IS NOT TRUE", " NOTNULL", " = q", " IS UNKNOWN"))
		if rng.IntN(3) == 0 {
			return b.String()
		}
		b.WriteString(pick(" AND ", " OR ", " = ", " <> ", " IS DISTINCT FROM "))
	}
}
