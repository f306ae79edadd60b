package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/integration/harness"
)

// script runs statements on a connection and returns the first column of the
// rows of the last one, or "ERROR " and the SQLSTATE.
func script(c *pgconn.PgConn, sql string) string {
	results, err := c.Exec(context.Background(), sql).ReadAll()
	if err != nil {
		var e *pgconn.PgError
		if errors.As(err, &e) {
			return "ERROR " + e.Code
		}
		return "ERROR " + err.Error()
	}
	var out []string
	if len(results) > 0 {
		for _, row := range results[len(results)-1].Rows {
			out = append(out, string(row[0]))
		}
	}
	return strings.Join(out, " ")
}

func expect(t *testing.T, c *pgconn.PgConn, sql, want string) {
	t.Helper()
	if got := script(c, sql); got != want {
		t.Errorf("%s: %q, want %q", sql, got, want)
	}
}

// later runs statements in the background, and requires that they wait.
func later(t *testing.T, c *pgconn.PgConn, sql string) <-chan string {
	t.Helper()
	done := make(chan string, 1)
	go func() { done <- script(c, sql) }()
	select {
	case got := <-done:
		t.Errorf("%s did not wait: %q", sql, got)
		done <- got
	case <-time.After(200 * time.Millisecond):
	}
	return done
}

func TestRowLocks(t *testing.T) {
	cluster := harness.Start(t, 3)
	cluster.Nodes[0].MustQuery("CREATE TABLE accounts(id int PRIMARY KEY, balance int NOT NULL); INSERT INTO accounts SELECT i, 100 FROM generate_series(1, 10) i")
	a, b := cluster.Nodes[1].Connect(), cluster.Nodes[2].Connect()
	defer a.Close(context.Background())
	defer b.Close(context.Background())

	t.Run("a waiter sees what the other left", func(t *testing.T) {
		expect(t, a, "BEGIN; SELECT balance FROM accounts WHERE id = 1 FOR UPDATE", "100")
		expect(t, b, "BEGIN", "")
		got := later(t, b, "SELECT balance FROM accounts WHERE id = 1 FOR UPDATE")
		expect(t, a, "UPDATE accounts SET balance = balance - 30 WHERE id = 1; COMMIT", "")
		if v := <-got; v != "70" {
			t.Errorf("the waiter sees %q", v)
		}
		expect(t, b, "UPDATE accounts SET balance = 70 - 30 WHERE id = 1; COMMIT", "")
		expect(t, a, "SELECT balance FROM accounts WHERE id = 1", "40")
	})
	t.Run("after a rollback", func(t *testing.T) {
		expect(t, a, "BEGIN; SELECT balance FROM accounts WHERE id = 2 FOR UPDATE", "100")
		expect(t, b, "BEGIN", "")
		got := later(t, b, "UPDATE accounts SET balance = balance + 1 WHERE id = 2 RETURNING balance")
		expect(t, a, "ROLLBACK", "")
		if v := <-got; v != "101" {
			t.Errorf("the waiter sees %q", v)
		}
		expect(t, b, "COMMIT", "")
	})
	t.Run("an update waits for the lock of a reader", func(t *testing.T) {
		expect(t, a, "BEGIN; SELECT balance FROM accounts WHERE id = 3 FOR UPDATE", "100")
		expect(t, b, "BEGIN", "")
		got := later(t, b, "UPDATE accounts SET balance = balance + 5 WHERE id = 3")
		expect(t, a, "UPDATE accounts SET balance = 50 WHERE id = 3; COMMIT", "")
		<-got
		expect(t, b, "SELECT balance FROM accounts WHERE id = 3", "55")
		expect(t, b, "COMMIT", "")
		expect(t, a, "SELECT balance FROM accounts WHERE id = 3", "55")
	})
	t.Run("NOWAIT, SKIP LOCKED and lock_timeout", func(t *testing.T) {
		expect(t, a, "BEGIN; SELECT id FROM accounts WHERE id IN (4, 5) ORDER BY id FOR UPDATE", "4 5")
		for _, n := range cluster.Nodes {
			const sql = "SELECT locktype, relation::regclass, mode, granted, count(*) FROM pg_locks GROUP BY 1, 2, 3, 4 ORDER BY 1"
			if got, want := n.MustQuery(sql), "relation|accounts|RowShareLock|t|1\ntuple|accounts|AccessExclusiveLock|t|2"; got != want {
				t.Errorf("pg_locks on %s: %s", n.Name, got)
			}
		}
		expect(t, b, "BEGIN; SELECT id FROM accounts WHERE id = 4 FOR UPDATE NOWAIT", "ERROR 55P03")
		expect(t, b, "ROLLBACK; BEGIN; SELECT id FROM accounts WHERE id >= 4 ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED", "6 7")
		expect(t, b, "ROLLBACK; BEGIN; SELECT id FROM accounts WHERE id >= 3 ORDER BY id LIMIT 2 OFFSET 1 FOR NO KEY UPDATE SKIP LOCKED", "6 7")
		expect(t, b, "ROLLBACK; BEGIN; SET LOCAL lock_timeout = '100ms'; SELECT id FROM accounts WHERE id = 5 FOR SHARE", "ERROR 55P03")
		expect(t, b, "ROLLBACK; BEGIN; LOCK TABLE accounts IN EXCLUSIVE MODE NOWAIT", "ERROR 55P03")
		expect(t, b, "ROLLBACK", "")
		expect(t, a, "COMMIT", "")
	})
	t.Run("an error ends the locks", func(t *testing.T) {
		expect(t, a, "BEGIN; SELECT id FROM accounts WHERE id = 4 FOR UPDATE", "4")
		expect(t, a, "SELECT 1 / 0", "ERROR 22012")
		expect(t, b, "BEGIN; SELECT id FROM accounts WHERE id = 4 FOR UPDATE", "4")
		expect(t, b, "COMMIT", "")
		expect(t, a, "ROLLBACK", "")
	})
	t.Run("share locks share", func(t *testing.T) {
		expect(t, a, "BEGIN; SELECT id FROM accounts WHERE id = 6 FOR SHARE", "6")
		expect(t, b, "BEGIN; SELECT id FROM accounts WHERE id = 6 FOR SHARE NOWAIT", "6")
		expect(t, b, "COMMIT", "")
		expect(t, a, "COMMIT", "")
	})
	t.Run("a deadlock ends", func(t *testing.T) {
		expect(t, a, "BEGIN; SELECT id FROM accounts WHERE id = 7 FOR UPDATE", "7")
		expect(t, b, "BEGIN; SELECT id FROM accounts WHERE id = 8 FOR UPDATE", "8")
		got := later(t, b, "SELECT id FROM accounts WHERE id = 7 FOR UPDATE")
		expect(t, a, "SELECT id FROM accounts WHERE id = 8 FOR UPDATE", "ERROR 40P01")
		expect(t, a, "ROLLBACK", "")
		if v := <-got; v != "7" {
			t.Errorf("the other gets %q", v)
		}
		expect(t, b, "COMMIT", "")
	})
	t.Run("one snapshot cannot move on", func(t *testing.T) {
		expect(t, b, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT balance FROM accounts WHERE id = 9", "100")
		expect(t, a, "BEGIN; SELECT balance FROM accounts WHERE id = 9 FOR UPDATE; UPDATE accounts SET balance = 1 WHERE id = 9; COMMIT", "")
		expect(t, b, "SELECT balance FROM accounts WHERE id = 9 FOR UPDATE", "ERROR 40001")
		expect(t, b, "ROLLBACK", "")
	})
	t.Run("a lock ends with its connection", func(t *testing.T) {
		c := cluster.Nodes[0].Connect()
		expect(t, c, "BEGIN; SELECT id FROM accounts WHERE id = 10 FOR UPDATE", "10")
		expect(t, b, "BEGIN", "")
		got := later(t, b, "SELECT id FROM accounts WHERE id = 10 FOR UPDATE")
		c.Close(context.Background())
		select {
		case v := <-got:
			if v != "10" {
				t.Errorf("the waiter gets %q", v)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("the lock is still held")
		}
		expect(t, b, "COMMIT", "")
	})
}

// TestJobQueue has workers on all nodes take jobs in blocks: each job is done
// once, and nobody fails.
func TestJobQueue(t *testing.T) {
	const workers, jobs = 8, 200
	cluster := harness.Start(t, 3)
	cluster.Nodes[0].MustQuery("CREATE TABLE jobs(id int PRIMARY KEY, done_by int); CREATE TABLE log(job int, worker int); " +
		fmt.Sprintf("INSERT INTO jobs SELECT i, NULL FROM generate_series(1, %d) i", jobs))
	var running sync.WaitGroup
	for worker := range workers {
		running.Go(func() {
			c := cluster.Nodes[worker%3].Connect()
			defer c.Close(context.Background())
			for {
				id := script(c, "BEGIN; SELECT id FROM jobs WHERE done_by IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED")
				if id == "" {
					return
				}
				for _, sql := range []string{
					fmt.Sprintf("UPDATE jobs SET done_by = %d WHERE id = %s", worker, id),
					fmt.Sprintf("INSERT INTO log VALUES (%s, %d)", id, worker), "COMMIT",
				} {
					if got := script(c, sql); got != "" {
						t.Errorf("%s: %s", sql, got)
						return
					}
				}
			}
		})
	}
	running.Wait()
	if got := cluster.Nodes[2].MustQuery("SELECT count(*), count(DISTINCT job) FROM log"); got != fmt.Sprintf("%d|%d", jobs, jobs) {
		t.Errorf("%s jobs were done", got)
	}
}
