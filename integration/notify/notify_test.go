package notify_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/integration/harness"
)

const waitLimit = 30 * time.Second

// client is a connection through the driver.
type client struct {
	*pgx.Conn
	t   *testing.T
	ctx context.Context
}

func connect(t *testing.T, n *harness.Node) *client {
	t.Helper()
	ctx, done := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(done)
	c, err := pgx.Connect(ctx, n.DSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return &client{c, t, ctx}
}

func (c *client) exec(statements ...string) {
	c.t.Helper()
	for _, sql := range statements {
		if _, err := c.Exec(c.ctx, sql); err != nil {
			c.t.Fatalf("%s: %v", sql, err)
		}
	}
}

// want waits for notifications, which the idle client gets without asking.
func (c *client) want(from *client, payloads ...string) {
	c.t.Helper()
	ctx, done := context.WithTimeout(c.ctx, waitLimit)
	defer done()
	for _, want := range payloads {
		n, err := c.WaitForNotification(ctx)
		if err != nil {
			c.t.Fatalf("waiting for %q: %v", want, err)
		}
		if n.Payload != want {
			c.t.Errorf("notification %q, want %q", n.Payload, want)
		}
		if n.PID != from.PgConn().PID() {
			c.t.Errorf("notification %q is from %d, want %d", n.Payload, n.PID, from.PgConn().PID())
		}
	}
}

// TestAcrossNodes: who listens on one node hears what commits on another.
func TestAcrossNodes(t *testing.T) {
	c := harness.Start(t, 3)
	c.Nodes[0].MustQuery("CREATE TABLE job (id int PRIMARY KEY)")
	listener, sender, third := connect(t, c.Nodes[2]), connect(t, c.Nodes[0]), connect(t, c.Nodes[1])
	listener.exec("LISTEN jobs")
	third.exec("LISTEN jobs")
	for _, step := range []struct {
		name       string
		statements []string
		want       []string
	}{
		{"autocommit", []string{"NOTIFY jobs, 'a'", "NOTIFY other, 'b'", "SELECT pg_notify('jobs', 'c')"}, []string{"a", "c"}},
		{"a block", []string{"BEGIN", "NOTIFY jobs, 'd'", "INSERT INTO job VALUES (1)", "SELECT pg_notify('jobs', 'job ' || id) FROM job", "COMMIT"}, []string{"d", "job 1"}},
		{"rolled back", []string{"BEGIN", "NOTIFY jobs, 'lost'", "ROLLBACK"}, nil},
		{"to a savepoint", []string{"BEGIN", "NOTIFY jobs, 'e'", "SAVEPOINT s", "NOTIFY jobs, 'lost'", "ROLLBACK TO s", "NOTIFY jobs, 'f'", "COMMIT"}, []string{"e", "f"}},
		{"twice", []string{"BEGIN", "NOTIFY jobs, 'g'", "NOTIFY jobs, 'h'", "NOTIFY jobs, 'g'", "COMMIT", "NOTIFY jobs, 'g'"}, []string{"g", "h", "g"}},
		{"with a write", []string{"INSERT INTO job VALUES (2) RETURNING pg_notify('jobs', 'job ' || id)"}, []string{"job 2"}},
		{"read only", []string{"BEGIN READ ONLY", "NOTIFY jobs, 'i'", "COMMIT"}, []string{"i"}},
	} {
		t.Run(step.name, func(t *testing.T) {
			sender.exec(step.statements...)
			listener.want(sender, step.want...)
			third.want(sender, step.want...)
		})
	}
	if _, err := sender.Exec(sender.ctx, "INSERT INTO job SELECT 1 WHERE pg_notify('jobs', 'lost') IS NOT NULL"); err == nil {
		t.Error("a duplicate key was accepted")
	}
	third.exec("UNLISTEN jobs", "NOTIFY jobs, 'last'")
	listener.want(third, "last")
	var n int
	if err := third.QueryRow(third.ctx, "SELECT count(*) FROM pg_listening_channels()").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d channels, %v", n, err)
	}
}

// TestConflict: a transaction that the log refuses notifies nobody.
func TestConflict(t *testing.T) {
	c := harness.Start(t, 3)
	c.Nodes[0].MustQuery("CREATE TABLE counter (n int); INSERT INTO counter VALUES (0)")
	listener, sender, other := connect(t, c.Nodes[1]), connect(t, c.Nodes[2]), connect(t, c.Nodes[0])
	listener.exec("LISTEN x")
	sender.exec("BEGIN ISOLATION LEVEL SERIALIZABLE", "SELECT n FROM counter", "NOTIFY x, 'lost'", "UPDATE counter SET n = n + 1")
	other.exec("UPDATE counter SET n = 10")
	var e *pgconn.PgError
	if _, err := sender.Exec(sender.ctx, "COMMIT"); !errors.As(err, &e) || e.Code != "40001" {
		t.Errorf("COMMIT: %v", err)
	}
	sender.exec("NOTIFY x, 'kept'")
	listener.want(sender, "kept")
}

// come returns what has come for the client already.
func (c *client) come() []string {
	c.t.Helper()
	over, done := context.WithCancel(c.ctx)
	done() // the driver gives what it has and reads nothing
	var all []string
	for {
		n, err := c.WaitForNotification(over)
		if err != nil {
			return all
		}
		all = append(all, n.Payload)
	}
}

// TestWithinATransaction: what is sent while a client is in a transaction waits
// for its end. A session's own notifications come before the answer to it.
func TestWithinATransaction(t *testing.T) {
	c := harness.Start(t, 3)
	listener, sender := connect(t, c.Nodes[2]), connect(t, c.Nodes[0])
	listener.exec("LISTEN x", "BEGIN")
	sender.exec("NOTIFY x, '1'", "NOTIFY x, '2'")
	listener.exec("SELECT 1") // waits until this node has applied them
	if got := listener.come(); got != nil {
		t.Errorf("within the transaction came %q", got)
	}
	listener.exec("COMMIT")
	if got := listener.come(); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("with the end of the transaction came %q", got)
	}
	for i := range 20 {
		payload := fmt.Sprint("own ", i)
		listener.exec("NOTIFY x, '" + payload + "'")
		if got := listener.come(); !slices.Equal(got, []string{payload}) {
			t.Errorf("with the answer to its own NOTIFY came %q, want %q", got, payload)
		}
	}
}

// TestOldNotifications: who begins to listen hears nothing that was sent before,
// also on a node that was down and applies it only now.
func TestOldNotifications(t *testing.T) {
	c := harness.Start(t, 3)
	leader, node := c.Leader(), c.Nodes[2]
	if node == leader {
		node = c.Nodes[1]
	}
	sender := connect(t, leader) // before: a new connection may take a port of the dead node
	node.Kill()
	for i := range 50 {
		sender.exec(fmt.Sprintf("NOTIFY x, 'old %d'", i))
	}
	node.Start()
	node.WaitReady()
	listener := connect(t, node)
	listener.exec("LISTEN x")
	sender.exec("NOTIFY x, 'new'")
	listener.want(sender, "new")
}

// TestSlowListener: who takes nothing is ended, and the others go on.
func TestSlowListener(t *testing.T) {
	c := harness.Start(t, 3)
	slow, fast, sender := connect(t, c.Nodes[2]), connect(t, c.Nodes[2]), connect(t, c.Nodes[0])
	fast.exec("LISTEN x", "LISTEN y")
	slow.exec("LISTEN x", "BEGIN", "SELECT 1")
	const rounds, each = 6, 1000
	for range rounds {
		sender.exec(fmt.Sprintf("SELECT pg_notify('x', repeat('x', 7900) || g) FROM generate_series(1, %d) g", each))
		for range each {
			if _, err := fast.WaitForNotification(fast.ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	var e *pgconn.PgError
	_, err := slow.WaitForNotification(slow.ctx)
	if !errors.As(err, &e) || e.Severity != "FATAL" || e.Code != "54000" {
		t.Errorf("the slow one: %v", err)
	}
	sender.exec("NOTIFY y, 'on'")
	fast.want(sender, "on")
}

// TestManyListeners: all sessions of all nodes hear everything in one order.
func TestManyListeners(t *testing.T) {
	c := harness.Start(t, 3)
	var listeners []*client
	for i := range 30 {
		l := connect(t, c.Nodes[i%3])
		l.exec("LISTEN x")
		listeners = append(listeners, l)
	}
	const senders, each = 3, 100
	failed := make(chan error, senders)
	for i := range senders {
		sender := connect(t, c.Nodes[i])
		go func() {
			for j := range each {
				if _, err := sender.Exec(sender.ctx, fmt.Sprintf("NOTIFY x, '%d.%d'", i, j)); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range senders {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
	var first string
	for i, l := range listeners {
		var all []string
		for range senders * each {
			n, err := l.WaitForNotification(l.ctx)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, n.Payload)
		}
		if got := strings.Join(all, " "); i == 0 {
			first = got
		} else if got != first {
			t.Errorf("listener %d heard another order:\n%s\n%s", i, got, first)
		}
	}
}

// TestPsql: psql tells of notifications after its next command.
func TestPsql(t *testing.T) {
	c := harness.Start(t, 3)
	other := connect(t, c.Nodes[0])
	other.exec("LISTEN ready")
	cmd := exec.CommandContext(other.ctx, "psql", "-X", "-q", "-At", "-d", c.Nodes[1].DSN())
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(stdin, "LISTEN x; SELECT pg_notify('ready', 'psql');")
	if n, err := other.WaitForNotification(other.ctx); err != nil || n.Payload != "psql" {
		t.Fatalf("%v, %v", n, err)
	}
	other.exec("NOTIFY x, 'hello'")
	fmt.Fprintln(stdin, "SELECT 1;")
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("psql: %v", err)
	}
	want := fmt.Sprintf(`Asynchronous notification "x" with payload "hello" received from server process with PID %d.`, other.PgConn().PID())
	if !strings.Contains(out.String(), want) {
		t.Errorf("psql says %q, want %q", out.String(), want)
	}
}
