package psql_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"polyreme/integration/harness"
)

// flags are what psql and pgbench need to reach a node.
func flags(t *testing.T, n *harness.Node) []string {
	t.Helper()
	host, port, err := net.SplitHostPort(n.SQL)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"-h", host, "-p", port, "-U", "postgres"}
}

func psql(t *testing.T, n *harness.Node, args ...string) *exec.Cmd {
	t.Helper()
	ctx, done := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(done)
	cmd := exec.CommandContext(ctx, "psql", append(append(flags(t, n), "-X", "-d", "postgres"), args...)...)
	cmd.Env = append(os.Environ(), "PGSSLMODE=prefer", "PGOPTIONS=", "LC_ALL=C.UTF-8")
	return cmd
}

// TestTranscripts compares what psql shows with what it shows of PostgreSQL 15,
// which has written the .out files: psql -X -a -f X.sql >X.out 2>&1
func TestTranscripts(t *testing.T) {
	for i, name := range []string{"describe", "query"} {
		t.Run(name, func(t *testing.T) {
			c := harness.Start(t, 3)
			want, err := os.ReadFile(filepath.Join("testdata", name+".out"))
			if err != nil {
				t.Fatal(err)
			}
			cmd := psql(t, c.Nodes[i+1], "-a", "-f", name+".sql")
			cmd.Dir = "testdata"
			got, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("psql: %v", err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

// TestCommandLine: statements given by -c, COPY among them, through other nodes.
func TestCommandLine(t *testing.T) {
	c := harness.Start(t, 3)
	for i, test := range []struct {
		args        []string
		stdin, want string
		fails       bool
	}{
		{args: []string{"-c", "CREATE TABLE t (a int, b text)"}, want: "CREATE TABLE\n"},
		{args: []string{"-c", "COPY t FROM STDIN"}, stdin: "1\tone\n2\ttwo\n", want: "COPY 2\n"},
		{args: []string{"-c", "COPY t TO STDOUT"}, want: "1\tone\n2\ttwo\n"},
		{args: []string{"-c", "INSERT INTO t VALUES (3, 'three'); SELECT count(*) FROM t", "-At"}, want: "INSERT 0 1\n3\n"},
		{args: []string{"-c", "INSERT INTO t VALUES (4, 'x'); SELECT 1/0"}, want: "INSERT 0 1\nERROR:  division by zero\n", fails: true},
		{args: []string{"-At", "-c", "SELECT count(*) FROM t", "-c", "SELECT max(a) FROM t"}, want: "3\n3\n"},
		{args: []string{"-At", "-v", "FETCH_COUNT=100", "-c", "SELECT g FROM generate_series(1, 250) g ORDER BY g DESC LIMIT 2"}, want: "250\n249\n"},
		{args: []string{"-1", "-At"}, stdin: "INSERT INTO t VALUES (5, 'x');\nSELECT count(*) FROM t;\n", want: "INSERT 0 1\n4\n"},
		{args: []string{"-At", "-l"}, want: "postgres|postgres|UTF8|C|C||libc|\n"},
	} {
		cmd := psql(t, c.Nodes[i%3], test.args...)
		cmd.Stdin = strings.NewReader(test.stdin)
		out, err := cmd.CombinedOutput()
		if (err != nil) != test.fails {
			t.Errorf("psql %s: %v\n%s", test.args, err, out)
		}
		got := string(out)
		if strings.HasPrefix(test.want, "postgres|") { // one line of several
			if i := strings.Index(got, "postgres|"); i >= 0 {
				got, _, _ = strings.Cut(got[i:], "\n")
				got += "\n"
			}
		}
		if got != test.want {
			t.Errorf("psql %s: got %q, want %q", test.args, out, test.want)
		}
	}
}

// TestInterrupt: Ctrl-C in psql cancels a long statement.
func TestInterrupt(t *testing.T) {
	c := harness.Start(t, 3)
	cmd := psql(t, c.Nodes[1], "-c", "SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 1000) b")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForQuery(t, c.Nodes[1])
	cmd.Process.Signal(syscall.SIGINT)
	began := time.Now()
	if err := cmd.Wait(); err == nil {
		t.Error("psql ended well")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the cancel took %v", took)
	}
	if !strings.Contains(out.String(), "canceling statement due to user request") {
		t.Errorf("psql says %q", out.String())
	}
}

// waitForQuery waits until a node has a client that has been busy for a moment.
func waitForQuery(t *testing.T, n *harness.Node) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		metrics, _, err := n.Get("/metrics")
		if err == nil && strings.Contains(metrics, "polyreme_connections 1") {
			time.Sleep(300 * time.Millisecond)
			return
		}
	}
	t.Fatal("psql does not connect")
}

// TestPgbench loads pgbench's tables and runs its scripts and our own, in all
// query modes, through every node.
func TestPgbench(t *testing.T) {
	c := harness.Start(t, 3)
	pgbench := func(n *harness.Node, args ...string) {
		t.Helper()
		out, err := harness.Run(t, nil, "pgbench", append(append(flags(t, n), args...), "postgres")...)
		if err != nil || strings.Contains(out, "ERROR") {
			t.Errorf("pgbench %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	pgbench(c.Nodes[1], "-i", "-s", "1", "-q")
	c.Nodes[0].MustQuery("CREATE TABLE bench_insert (id bigserial PRIMARY KEY, aid int NOT NULL, at timestamptz DEFAULT now())")
	const clients, transactions = 4, 50
	for _, mode := range []string{"simple", "extended", "prepared"} {
		for i, n := range c.Nodes {
			run := func(script ...string) {
				t.Helper()
				pgbench(n, append(script, "-n", "-M", mode, "-c", fmt.Sprint(clients), "-j", "2", "-t", fmt.Sprint(transactions))...)
			}
			run("-S")
			run("-f", filepath.Join("testdata", "insert.pgbench"))
			run("-f", filepath.Join("testdata", "update.pgbench"))
			if i == 0 { // in blocks: one client, so that nothing conflicts
				pgbench(n, "-n", "-M", mode, "-c", "1", "-t", "20")
			}
		}
	}
	want := fmt.Sprint(3 * 3 * clients * transactions)
	for _, n := range c.Nodes {
		if got := n.MustQuery("SELECT count(*) FROM bench_insert"); got != want {
			t.Errorf("%s has %s rows, want %s", n.Name, got, want)
		}
	}
}
