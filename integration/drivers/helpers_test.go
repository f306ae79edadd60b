package drivers_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"polyreme/integration/harness"
)

// servers are the addresses that the tests of transaction helpers connect to: a
// cluster's three nodes, or three times that of $POLYREME_ORACLE.
func servers(t *testing.T) (addrs []string, oracle bool) {
	t.Helper()
	if dsn := os.Getenv("POLYREME_ORACLE"); dsn != "" {
		u, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		return []string{u.Host, u.Host, u.Host}, true
	}
	for _, n := range harness.Start(t, 3).Nodes {
		addrs = append(addrs, n.SQL)
	}
	return addrs, false
}

func dsn(addr string) string { return "postgres://postgres@" + addr + "/postgres?sslmode=disable" }

// TestTransactionHelpers runs what drivers and mappers offer for transactions,
// each in its own words: what commits is seen on another node; what is rolled back
// by an error or an exception leaves nothing; a nested transaction that fails keeps
// the outer one; an error in a block leaves a connection that can be used after
// ROLLBACK; the isolation level is the one that was asked for; a conflict has the
// class that the driver has for it. The same programs run against PostgreSQL, but
// for cockroach-go's retry loop.
func TestTransactionHelpers(t *testing.T) {
	addrs, oracle := servers(t)
	t.Run("pgx", func(t *testing.T) { testPgxHelpers(t, addrs) })
	programs := buildGo(t)
	for _, name := range []string{"databasesql", "gorm", "bun"} {
		t.Run(name, func(t *testing.T) { runScript(t, nil, filepath.Join(programs, name), addrs...) })
	}
	if !oracle { // PostgreSQL keeps the snapshot at ROLLBACK TO, so that no retry helps
		t.Run("cockroach", func(t *testing.T) { runScript(t, nil, filepath.Join(programs, "cockroach"), addrs...) })
	}
	python := func(script string) {
		t.Run(script, func(t *testing.T) {
			runScript(t, nil, "/usr/bin/python3", append([]string{"testdata/" + script + "_transactions.py"}, addrs...)...)
		})
	}
	python("psycopg3")
	python("sqlalchemy")
	t.Run("active_record", func(t *testing.T) {
		runScript(t, nil, "/usr/bin/ruby", append([]string{"testdata/active_record.rb"}, addrs...)...)
	})
	t.Run("jdbc", func(t *testing.T) {
		runScript(t, nil, "java", append([]string{"-cp", "/usr/share/java/postgresql.jar", "testdata/JdbcTransactions.java"}, addrs...)...)
	})
	for _, script := range []string{"knex", "node_postgres"} {
		t.Run(script, func(t *testing.T) {
			modules := "NODE_PATH=" + filepath.Join(cacheDir(t), "node", "node_modules")
			runScript(t, []string{modules}, "node", append([]string{"testdata/" + script + "_transactions.js"}, addrs...)...)
		})
	}
}

// buildGo builds the programs of the module that has Go's mappers, which the
// product does not depend on.
func buildGo(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if out, err := harness.Run(t, []string{"CGO_ENABLED=0"}, "go", "build", "-C", "testdata/orm", "-o", dir, "./..."); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

// errGivenUp is why a test ends its own transactions.
var errGivenUp = errors.New("given up")

// limited is the time that a driver has.
func limited(t *testing.T) (context.Context, func()) {
	return context.WithTimeout(t.Context(), time.Minute)
}
