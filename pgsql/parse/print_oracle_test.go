package parse

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/pgsql/parse/ast"
)

// TestOraclePrint checks that the server understands the queries of the
// regression files and what we print of them as the same: pg_get_viewdef of
// both is equal. The tables are made first; -oracle should name a database of
// its own.
func TestOraclePrint(t *testing.T) {
	corpus := regressCorpus(t)
	if *rewriteOracle == "" || corpus == nil {
		t.Log("NOT RUN: no -oracle given, or no regression files")
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
	viewdef := func(query string) (string, error) {
		def, err := run("BEGIN; CREATE TEMP VIEW oracle_view AS " + query + "; SELECT pg_get_viewdef('oracle_view'::regclass)")
		run("ROLLBACK")
		return def, err
	}
	compared, refused := 0, 0
	for _, name := range slices.Sorted(maps.Keys(corpus)) {
		for _, s := range corpus[name] {
			list, err := Parse(s.text)
			if err != nil || len(list) != 1 {
				continue
			}
			switch stmt := list[0].Stmt.(type) {
			case *ast.CreateStmt, *ast.CreateEnumStmt, *ast.CompositeTypeStmt, *ast.CreateDomainStmt:
				run(s.text)
			case *ast.SelectStmt:
				if stmt.Into != nil {
					continue
				}
				want, err := viewdef(s.text)
				if err != nil {
					refused++
					continue
				}
				text, _ := ast.Deparse(stmt)
				compared++
				if got, err := viewdef(text); err != nil || got != want {
					if again, _ := viewdef(s.text); again != want {
						continue // 'now' and the like
					}
					t.Errorf("%s\nprinted %s\n  server %s\n printed %s %v", s.text, text, want, got, err)
				}
			}
		}
	}
	t.Logf("%d queries compared, %d refused", compared, refused)
}
