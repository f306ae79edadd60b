package drivers_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polyreme/integration/harness"
)

// columns are the columns of the table that each driver fills: one of every type.
const columns = `id int PRIMARY KEY, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, n numeric(12,3), b bool,
	t text, v varchar(20), c char(5), by bytea, u uuid, d date, tm time, ts timestamp, tz timestamptz, iv interval,
	j json, jb jsonb, ai int[], at text[], nm name, o oid`

// runScript runs a driver in another language, which says so when it has come to
// its end.
func runScript(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	out, err := harness.Run(t, env, name, args...)
	if err != nil {
		t.Fatalf("%s: %v (scripts/setup.sh installs what it needs)\n%s", name, err, out)
	}
	if !strings.HasSuffix(strings.TrimSpace(out), "all good") {
		t.Errorf("%s ended early:\n%s", name, out)
	}
}

// TestDrivers runs every driver against a cluster of three nodes, each through
// another node.
func TestDrivers(t *testing.T) {
	c := harness.Start(t, 3)
	addr := func(i int) (host, port string) {
		host, port, err := net.SplitHostPort(c.Nodes[i%3].SQL)
		if err != nil {
			t.Fatal(err)
		}
		return host, port
	}
	t.Run("pgx", func(t *testing.T) { testPgx(t, c.Nodes[0]) })
	t.Run("lib_pq", func(t *testing.T) { testLibPQ(t, c.Nodes[1]) })
	t.Run("psycopg2", func(t *testing.T) {
		host, port := addr(2)
		runScript(t, nil, "/usr/bin/python3", "testdata/psycopg2_driver.py", host, port, columns)
	})
	t.Run("psycopg3", func(t *testing.T) {
		host, port := addr(0)
		runScript(t, nil, "/usr/bin/python3", "testdata/psycopg3_driver.py", host, port, columns)
	})
	t.Run("node_postgres", func(t *testing.T) {
		host, port := addr(1)
		modules := filepath.Join(cacheDir(t), "node", "node_modules")
		runScript(t, []string{"NODE_PATH=" + modules}, "node", "testdata/node_postgres.js", host, port, columns)
	})
	t.Run("jdbc", func(t *testing.T) {
		host, port := addr(2)
		runScript(t, nil, "java", "-cp", "/usr/share/java/postgresql.jar", "testdata/Jdbc.java", host, port, columns)
	})
}

// cacheDir is where scripts/setup.sh keeps what no package manager of the
// system provides.
func cacheDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "polyreme")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(home, ".cache", "polyreme")
}
