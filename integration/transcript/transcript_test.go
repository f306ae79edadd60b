package transcript

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"polyreme/integration/harness"
)

var rewrite = flag.Bool("rewrite", false, "write what the PostgreSQL at $POLYREME_ORACLE prints")

func TestTranscripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	oracle := os.Getenv("POLYREME_ORACLE")
	if *rewrite && oracle == "" {
		t.Fatal("-rewrite needs a PostgreSQL: give its DSN in POLYREME_ORACLE")
	}
	target := oracle
	if target == "" {
		target = harness.Start(t, 1).Nodes[0].DSN()
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".sql"), func(t *testing.T) {
			got := run(t, target, script)
			golden := strings.TrimSuffix(script, ".sql") + ".out"
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
				t.Errorf("differs from PostgreSQL (-PostgreSQL +here):\n%s", diff)
			}
		})
	}
}

// run runs a script and returns what psql printed, statements included.
func run(t *testing.T, dsn, script string) string {
	t.Helper()
	out, err := harness.Run(t, []string{"PGOPTIONS=-c timezone=UTC", "PGTZ=UTC", "LC_ALL=C"},
		"psql", "-X", "-a", "-q", "-d", dsn, "-f", script)
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	out = processID.ReplaceAllString(out, "server process with PID N.")
	out = temporarySchema.ReplaceAllString(out, "pg_temp_N")
	return strings.ReplaceAll(out, script, filepath.Base(script))
}

// processID is how psql names who sent a notification.
var processID = regexp.MustCompile(`server process with PID \d+\.`)

// temporarySchema is the schema of a session's temporary relations.
var temporarySchema = regexp.MustCompile(`\bpg_temp_\d\b`)
