package cluster_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"polyreme/integration/harness"
)

func command(t *testing.T, args ...string) string {
	t.Helper()
	out, err := harness.Run(t, nil, harness.Binary(t), args...)
	if err != nil {
		t.Fatalf("polyreme %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// TestMembers: a fourth node joins while writes run and is promoted; one leaves;
// the leadership moves; all by command.
func TestMembers(t *testing.T) {
	c := harness.Start(t, 3)
	c.Nodes[0].MustQuery("CREATE TABLE acked(writer int, n int)")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	w := &writer{node: c.Nodes[1]}
	var running sync.WaitGroup
	running.Go(func() { w.run(ctx) })

	c.Add()
	c.WaitVoters(4)
	out := command(t, "cluster", "status", "--http-addr", c.Nodes[3].HTTP)
	for _, n := range c.Nodes {
		if !strings.Contains(out, n.SQL) {
			t.Errorf("cluster status does not show node %s:\n%s", n.Name, out)
		}
	}
	command(t, "cluster", "transfer-leader", "--node", "n4", "--http-addr", c.Nodes[2].HTTP)
	waitFor(t, "n4 to lead", func() bool { return c.Leader() == c.Nodes[3] })
	command(t, "cluster", "leave", "--node", "n4", "--http-addr", c.Nodes[0].HTTP)
	c.WaitVoters(3)
	stop()
	running.Wait()
	if w.refused != nil {
		t.Errorf("the writer got %v", w.refused)
	}
	if len(w.acked) == 0 {
		t.Error("nothing was written while the members changed")
	}
	for _, n := range c.Nodes[:3] {
		n.WaitReady()
		check(t, []*writer{w}, n.MustQuery("SELECT writer, n, count(*) FROM acked GROUP BY writer, n ORDER BY writer, n"))
	}
}

// TestEmptyNodeJoins: a node that was started alone joins by command.
func TestEmptyNodeJoins(t *testing.T) {
	c := harness.Start(t, 1)
	c.Nodes[0].MustQuery("CREATE TABLE t(a int); INSERT INTO t VALUES (1)")
	alone := harness.NewNode(t, "alone")
	alone.Start()
	alone.WaitReady()
	command(t, "cluster", "join", "--http-addr", alone.HTTP, "--to", c.Nodes[0].Peer)
	c.WaitVoters(2)
	alone.WaitReady()
	if got := alone.MustQuery("SELECT a FROM t"); got != "1" {
		t.Errorf("the joined node has %q", got)
	}
	full := harness.NewNode(t, "full")
	full.Start()
	full.WaitReady()
	full.MustQuery("CREATE TABLE mine(a int)")
	out, err := harness.Run(t, nil, harness.Binary(t), "cluster", "join", "--http-addr", full.HTTP, "--to", c.Nodes[0].Peer)
	if err == nil || !strings.Contains(out, "not empty") {
		t.Errorf("a node with data was told to join: %v %s", err, out)
	}
}

// TestDrain: SIGTERM hands the leadership over and exits 0.
func TestDrain(t *testing.T) {
	c := harness.Start(t, 3)
	leader := c.Leader()
	idle := leader.Connect()
	if code := leader.Stop(); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
	if _, err := idle.Exec(context.Background(), "SELECT 1").ReadAll(); err == nil || !strings.Contains(err.Error(), "57P01") {
		t.Errorf("an idle client of the stopped node got %v", err)
	}
	began := time.Now()
	if c.Leader() == leader {
		t.Error("the stopped node still leads")
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("a new leader took %v: the leadership was not handed over", took)
	}
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatalf("waited too long for %s", what)
}
