package corpus

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/integration/harness"
)

var (
	rewrite = flag.Bool("rewrite", false, "write testdata/score.txt")
	show    = flag.Bool("show", false, "print each difference")
)

const scoreFile = "testdata/score.txt"

// A score is how many statements a recording has and how many of them may be
// answered otherwise than by PostgreSQL.
type score struct{ statements, different int }

func TestRecordings(t *testing.T) {
	dir, oracle := os.Getenv("POLYREME_CLIENT_CORPUS"), os.Getenv("POLYREME_ORACLE")
	if dir == "" || oracle == "" {
		t.Skip("NOT RUN: the recordings of clients are not part of the project; " +
			"set POLYREME_CLIENT_CORPUS to their directory and POLYREME_ORACLE to a PostgreSQL 15")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings in %s: %v", dir, err)
	}
	allowed, err := readScores()
	if err != nil && !*rewrite {
		t.Fatal(err)
	}
	scores := map[string]score{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		t.Run(name, func(t *testing.T) {
			got := replay(t, file, oracle)
			scores[name] = got
			t.Logf("%s: %d of %d statements as PostgreSQL", name, got.statements-got.different, got.statements)
			if was, known := allowed[name]; !*rewrite && (!known || got.different > was.different) {
				t.Errorf("%d statements differ, at most %d may; run with -show", got.different, was.different)
			}
		})
	}
	if *rewrite {
		for name, old := range allowed {
			if _, run := scores[name]; !run {
				scores[name] = old
			}
		}
		writeScores(t, scores)
	}
}

// replay sends the statements of a recording to both servers, each with an
// empty database.
func replay(t *testing.T, file, oracle string) score {
	steps, err := readRecording(file)
	if err != nil {
		t.Fatal(err)
	}
	theirs := connect(t, emptyDatabase(t, oracle))
	ours := connect(t, harness.Start(t, 1).Nodes[0].DSN())
	var result score
	for _, s := range steps {
		result.statements++
		want, err := theirs.do(s)
		if err != nil {
			t.Fatalf("PostgreSQL: %v\n%s", err, s.sql)
		}
		got, err := ours.do(s)
		if err != nil {
			t.Fatalf("Polyreme: %v\n%s", err, s.sql)
		}
		if d := difference(s, want, got); d != "" {
			result.different++
			if *show {
				t.Logf("%s\n  => %s", s.sql, d)
			}
		}
		leaveFailed(t, theirs, want)
		leaveFailed(t, ours, got)
	}
	return result
}

// leaveFailed ends a transaction that an error has broken, so that the
// statements after it say something.
func leaveFailed(t *testing.T, c *client, a answer) {
	t.Helper()
	if a.status == 'E' {
		if _, err := c.do(step{sql: "ROLLBACK"}); err != nil {
			t.Fatal(err)
		}
	}
}

// emptyDatabase makes a database for the time of the test.
func emptyDatabase(t *testing.T, oracle string) string {
	t.Helper()
	const name = "polyreme_corpus"
	run := func(sql string) error {
		conn, err := pgconn.Connect(context.Background(), oracle)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		return conn.Exec(context.Background(), sql).Close()
	}
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name + " TEMPLATE template0"} {
		if err := run(sql); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := run("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(oracle)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func readScores() (map[string]score, error) {
	data, err := os.ReadFile(scoreFile)
	if err != nil {
		return nil, err
	}
	scores := map[string]score{}
	for line := range strings.Lines(string(data)) {
		var name string
		var s score
		if _, err := fmt.Sscan(line, &name, &s.statements, &s.different); err == nil {
			scores[name] = s
		}
	}
	return scores, nil
}

func writeScores(t *testing.T, scores map[string]score) {
	t.Helper()
	var b strings.Builder
	b.WriteString("# recording, statements, statements that may differ from PostgreSQL\n")
	for _, name := range slices.Sorted(maps.Keys(scores)) {
		fmt.Fprintf(&b, "%-24s %4d %4d\n", name, scores[name].statements, scores[name].different)
	}
	if err := os.WriteFile(scoreFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
