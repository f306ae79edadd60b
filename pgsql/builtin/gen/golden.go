//go:build ignore

// Golden fills the expected results of testdata/*.txt from a PostgreSQL server.
//
//	go run gen/golden.go -dsn 'postgres://postgres@127.0.0.1:55432/postgres' testdata/*.txt
//
// A line is "expression => result"; what stands after the arrow is replaced.
// Lines that are empty or start with # are kept, lines after a line "# ours"
// too: there Polyreme differs on purpose.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

func main() {
	dsn := flag.String("dsn", "postgres://postgres@127.0.0.1:55432/postgres", "PostgreSQL 15")
	flag.Parse()
	conn, err := pgconn.Connect(context.Background(), *dsn)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, path := range flag.Args() {
		if err := fill(conn, path); err != nil {
			fmt.Fprintln(os.Stderr, path, err)
			os.Exit(1)
		}
	}
}

func fill(conn *pgconn.PgConn, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var out strings.Builder
	ours := false
	for _, line := range strings.Split(strings.TrimRight(string(data), "\n"), "\n") {
		ours = ours || strings.HasPrefix(line, "# ours")
		if line == "" || line[0] == '#' || ours {
			out.WriteString(line + "\n")
			continue
		}
		expression, _, _ := strings.Cut(line, " => ")
		out.WriteString(expression + " => " + ask(conn, expression) + "\n")
	}
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

func ask(conn *pgconn.PgConn, expression string) string {
	sql := "SELECT " + expression
	results, err := conn.Exec(context.Background(), sql).ReadAll()
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		return "ERROR " + failure.Code + ": " + strconv.Quote(failure.Message)
	}
	if err != nil {
		return "ERROR " + err.Error()
	}
	var rows []string
	for _, row := range results[0].Rows {
		var columns []string
		for _, v := range row {
			if v == nil {
				columns = append(columns, "NULL")
			} else {
				columns = append(columns, strconv.Quote(string(v)))
			}
		}
		rows = append(rows, strings.Join(columns, ","))
	}
	if len(rows) == 0 {
		return "(no rows)"
	}
	return strings.Join(rows, ";")
}
