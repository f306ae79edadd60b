package transcript

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"polyreme/integration/harness"
)

// dumpNoise is what differs between any two dumps.
var dumpNoise = regexp.MustCompile(`(?m)^(\\(un)?restrict .*|-- Dumped .*)\n`)

// TestDump dumps the schema of a script with pg_dump, as PostgreSQL's own was
// dumped, and restores the whole dump.
func TestDump(t *testing.T) {
	const schema, golden = "tr_shop", "testdata/app_shop.dump"
	oracle := os.Getenv("POLYREME_ORACLE")
	target := oracle
	if target == "" {
		target = harness.Start(t, 1).Nodes[0].DSN()
	}
	script, err := os.ReadFile("testdata/app_shop.sql")
	if err != nil {
		t.Fatal(err)
	}
	script = []byte(strings.ReplaceAll(string(script), "DROP SCHEMA "+schema+" CASCADE;", ""))
	psql(t, target, script)
	t.Cleanup(func() { psql(t, target, []byte("SET client_min_messages = warning; DROP SCHEMA "+schema+" CASCADE;")) })

	got := dump(t, target, schema, "--schema-only")
	if *rewrite {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the dump differs from PostgreSQL's (-PostgreSQL +here):\n%s", diff)
	}

	whole := dump(t, target, schema)
	psql(t, target, []byte("SET client_min_messages = warning; DROP SCHEMA "+schema+" CASCADE;"))
	psql(t, target, []byte("\\set ON_ERROR_STOP on\n"+whole))
	if diff := cmp.Diff(whole, dump(t, target, schema)); diff != "" {
		t.Errorf("the dump changes when restored:\n%s", diff)
	}
}

func dump(t *testing.T, dsn, schema string, more ...string) string {
	t.Helper()
	args := append([]string{"--schema", schema, "-d", dsn}, more...)
	out, err := harness.Run(t, []string{"LC_ALL=C"}, "pg_dump", args...)
	if err != nil {
		t.Fatalf("pg_dump: %v\n%s", err, out)
	}
	return dumpNoise.ReplaceAllString(out, "")
}

// psql runs a script and fails when psql does.
func psql(t *testing.T, dsn string, script []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script.sql")
	if err := os.WriteFile(file, script, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := harness.Run(t, []string{"LC_ALL=C"}, "psql", "-X", "-q", "-d", dsn, "-f", file); err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
}
