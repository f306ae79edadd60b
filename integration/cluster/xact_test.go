package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"polyreme/integration/harness"
)

// one runs statements and returns the first field of the last row.
func one(t *testing.T, c *pgconn.PgConn, sql string) string {
	t.Helper()
	results, err := c.Exec(context.Background(), sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if rows := results[len(results)-1].Rows; len(rows) > 0 {
		return string(rows[0][0])
	}
	return ""
}

func signal(t *testing.T, n *harness.Node, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(n.PID(), s); err != nil {
		t.Fatal(err)
	}
}

// outcome asks a node for the outcome of a transaction until it has one. A node
// that has just lost its leader may answer only after a moment.
func outcome(t *testing.T, n *harness.Node, id string) string {
	t.Helper()
	var status string
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if status, err = n.Query("SELECT pg_xact_status('" + id + "')"); err == nil && status != "in progress" {
			return status
		}
	}
	t.Fatalf("transaction %s on %s: %q %v", id, n.Name, status, err)
	return ""
}

// TestOutcomes: a client sends COMMIT and loses its connection, its node or the
// leader, or its node while the leader pauses. The status that any other node
// tells agrees with the data, and stays what it is.
func TestOutcomes(t *testing.T) {
	const rounds = 20
	c := harness.Start(t, 3)
	c.Nodes[0].MustQuery("CREATE TABLE done(n int PRIMARY KEY, x xid8)")
	told := map[string]string{} // by number and id of the round
	for round := range rounds {
		owner, other := c.Nodes[round%3], c.Nodes[(round+1)%3]
		conn := owner.Connect()
		id := one(t, conn, fmt.Sprintf("BEGIN; INSERT INTO done VALUES (%d, pg_current_xact_id()); SELECT pg_current_xact_id()", round))
		leader := c.Leader()
		pauses := round%4 == 3 && leader != owner
		if pauses {
			signal(t, leader, syscall.SIGSTOP)
		}
		conn.Frontend().SendQuery(&pgproto3.Query{String: "COMMIT"})
		if err := conn.Frontend().Flush(); err != nil {
			t.Fatal(err)
		}
		if round/4%2 == 1 { // somewhere within COMMIT, else at its begin
			time.Sleep(rand.N(500 * time.Microsecond))
		}
		var killed *harness.Node
		switch round % 4 {
		case 1, 3:
			killed = owner
		case 2:
			killed = leader
		}
		if killed != nil {
			killed.Kill()
		}
		conn.Conn().Close()
		if pauses {
			signal(t, leader, syscall.SIGCONT)
		}
		if killed == other {
			other = c.Nodes[(round+2)%3]
		}
		status := outcome(t, other, id)
		told[fmt.Sprintf("%d|%s", round, id)] = status
		rows := other.MustQuery(fmt.Sprintf("SELECT count(*) FROM done WHERE n = %d", round))
		if want := map[string]string{"committed": "1", "aborted": "0"}[status]; rows != want {
			t.Errorf("round %d: transaction %s is %q, and %s of its rows are there", round, id, status, rows)
		}
		if killed != nil {
			killed.Start()
			killed.WaitReady()
		}
	}
	for _, n := range c.Nodes {
		n.WaitReady()
		for key, status := range told {
			var round int
			var id string
			fmt.Sscanf(key, "%d|%s", &round, &id)
			got := n.MustQuery(fmt.Sprintf("SELECT pg_xact_status('%s'), (SELECT count(*) FROM done WHERE n = %d AND x = '%s')", id, round, id))
			if want := status + map[string]string{"committed": "|1", "aborted": "|0"}[status]; got != want {
				t.Errorf("round %d on %s: later %s, want %s", round, n.Name, got, want)
			}
		}
	}
}

// TestOpenTransactions: a transaction is in progress on every node while its own
// node says so. When that does not answer, asking ends it.
func TestOpenTransactions(t *testing.T) {
	c := harness.Start(t, 3)
	c.Nodes[0].MustQuery("CREATE TABLE done(n int PRIMARY KEY)")
	leader := c.Leader()
	var followers []*harness.Node
	for _, n := range c.Nodes {
		if n != leader {
			followers = append(followers, n)
		}
	}
	owner, other := followers[0], followers[1]
	conn := owner.Connect()
	id := one(t, conn, "BEGIN; INSERT INTO done VALUES (1); SELECT pg_current_xact_id()")
	for _, n := range c.Nodes {
		if got := n.MustQuery("SELECT pg_xact_status('" + id + "')"); got != "in progress" {
			t.Errorf("on %s: %s", n.Name, got)
		}
	}
	signal(t, owner, syscall.SIGSTOP)
	got, err := other.Query("SELECT pg_xact_status('" + id + "')")
	signal(t, owner, syscall.SIGCONT)
	if err != nil || got != "aborted" {
		t.Errorf("without its node: %q %v", got, err)
	}
	_, err = conn.Exec(t.Context(), "COMMIT").ReadAll()
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "40001" {
		t.Errorf("the late COMMIT: %v", err)
	}
	for _, n := range c.Nodes {
		if got := n.MustQuery("SELECT pg_xact_status('" + id + "'), (SELECT count(*) FROM done)"); got != "aborted|0" {
			t.Errorf("on %s: %s", n.Name, got)
		}
	}
	ahead := one(t, conn, "SELECT pg_current_xact_id()::text::bigint + 1")
	if _, err := other.Query("SELECT txid_status(" + ahead + ")"); !errors.As(err, &refused) || refused.Code != "22023" {
		t.Errorf("an id that nobody has: %v", err)
	}
}

// TestTransactionIDs: clients of all nodes draw more ids than a range has at the
// same time. No id is given twice, each client's grow, and each is committed.
func TestTransactionIDs(t *testing.T) {
	const clients, draws = 12, 400
	c := harness.Start(t, 3)
	ids := make([][]int64, clients)
	var running sync.WaitGroup
	for i := range ids {
		conn := c.Nodes[i%3].Connect()
		running.Go(func() {
			for range draws {
				results, err := conn.Exec(context.Background(), "SELECT pg_current_xact_id()").ReadAll()
				if err != nil {
					t.Error(err)
					return
				}
				id, err := strconv.ParseInt(string(results[0].Rows[0][0]), 10, 64)
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = append(ids[i], id)
			}
		})
	}
	running.Wait()
	seen := map[int64]bool{}
	var all []string
	for i := range ids {
		if !slices.IsSorted(ids[i]) {
			t.Errorf("the ids of client %d do not grow", i)
		}
		for _, id := range ids[i] {
			if seen[id] {
				t.Fatalf("id %d was given twice", id)
			}
			seen[id] = true
			all = append(all, strconv.FormatInt(id, 10))
		}
	}
	sql := "SELECT count(*), min(s), max(s) FROM (SELECT txid_status(id) AS s FROM unnest(ARRAY[" + strings.Join(all, ",") + "]::bigint[]) AS id) AS x"
	if got, want := c.Nodes[1].MustQuery(sql), fmt.Sprintf("%d|committed|committed", clients*draws); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
