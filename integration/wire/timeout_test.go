package wire_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"polyreme/integration/harness"
)

// endless runs until somebody ends it.
const endless = "SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 1000) b"

// statement is what a client of the extended protocol sends.
func statement(sql string) []pgproto3.FrontendMessage {
	return []pgproto3.FrontendMessage{&pgproto3.Parse{Query: sql}, &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Sync{}}
}

func query(sql string) []pgproto3.FrontendMessage {
	return []pgproto3.FrontendMessage{&pgproto3.Query{String: sql}}
}

// TestTimeouts: each timeout ends what PostgreSQL ends, and nothing else.
func TestTimeouts(t *testing.T) {
	n := harness.Start(t, 1).Nodes[0]
	n.MustQuery("CREATE TABLE t (a int)")
	type step struct {
		sent []pgproto3.FrontendMessage
		want string // up to Ready, or to the end of the connection
	}
	for _, test := range []struct {
		name  string
		set   string
		steps []step
	}{
		{"statement", "SET statement_timeout = '200ms'", []step{
			{query(endless), "ERROR 57014 Ready(I)"},
			{query("SELECT pg_sleep(10)"), "ERROR 57014 Ready(I)"},
			{query("SELECT 1"), "Row(1) SELECT 1 Ready(I)"},
		}},
		{"each statement of a query", "SET statement_timeout = 300", []step{
			{
				query("SELECT pg_sleep(0.2); SELECT pg_sleep(0.2); SELECT 1; " + endless),
				"Row() SELECT 1 Row() SELECT 1 Row(1) SELECT 1 ERROR 57014 Ready(I)",
			},
		}},
		{"extended statement", "SET statement_timeout = 200", []step{
			{statement(endless), "ERROR 57014 Ready(I)"},
			{statement("INSERT INTO t SELECT a FROM generate_series(1, 10000000) a, generate_series(1, 1000) b"), "ERROR 57014 Ready(I)"},
			{statement("SELECT 1"), "Row(1) SELECT 1 Ready(I)"},
		}},
		{"statement in a block", "SELECT 1", []step{
			{query("BEGIN; INSERT INTO t VALUES (1)"), "BEGIN INSERT 0 1 Ready(T)"},
			{query("SAVEPOINT s; SET LOCAL statement_timeout = 100"), "SAVEPOINT SET Ready(T)"},
			{query(endless), "ERROR 57014 Ready(E)"},
			{query("SELECT 1"), "ERROR 25P02 Ready(E)"},
			{query("ROLLBACK TO s"), "ROLLBACK Ready(T)"},
			{query("SELECT a FROM t"), "Row(1) SELECT 1 Ready(T)"},
			{query("ROLLBACK"), "ROLLBACK Ready(I)"},
		}},
		{"COPY out", "SET statement_timeout = 200", []step{
			{query("COPY (" + endless + ") TO STDOUT"), "ERROR 57014 Ready(I)"},
			{query("SELECT 1"), "Row(1) SELECT 1 Ready(I)"},
		}},
		{"idle in a block", "SET idle_in_transaction_session_timeout = '150ms'", []step{
			{query("SELECT pg_sleep(0.3)"), "Row() SELECT 1 Ready(I)"},
			{query("BEGIN"), "BEGIN Ready(T)"},
			{query("SELECT pg_sleep(0.3)"), "Row() SELECT 1 Ready(T)"},
			{nil, "FATAL 25P03 closed"},
		}},
		{"idle in a failed block", "SET idle_in_transaction_session_timeout = 150", []step{
			{query("BEGIN; SELECT 1/0"), "BEGIN ERROR 22012 Ready(E)"},
			{nil, "FATAL 25P03 closed"},
		}},
		{"idle session", "SET idle_session_timeout = 150", []step{
			{query("SELECT pg_sleep(0.3)"), "Row() SELECT 1 Ready(I)"},
			{nil, "FATAL 57P05 closed"},
		}},
		{"a block is no idle session", "SET idle_session_timeout = 100; SET idle_in_transaction_session_timeout = 300", []step{
			{query("BEGIN"), "BEGIN Ready(T)"},
			{nil, "FATAL 25P03 closed"},
		}},
		{"transaction of one statement", "SET transaction_timeout = 150", []step{
			{query(endless), "FATAL 25P04 closed"},
		}},
		{"transaction that runs", "SET transaction_timeout = 300", []step{
			{query("BEGIN"), "BEGIN Ready(T)"},
			{query("SELECT pg_sleep(0.1)"), "Row() SELECT 1 Ready(T)"},
			{statement(endless), "FATAL 25P04 closed"},
		}},
		{"transaction that idles", "SET transaction_timeout = 300; SET idle_in_transaction_session_timeout = 200", []step{
			{query("BEGIN"), "BEGIN Ready(T)"},
			{query("SELECT pg_sleep(0.2)"), "Row() SELECT 1 Ready(T)"},
			{nil, "FATAL 25P04 closed"},
		}},
		{"the shorter of two", "SET transaction_timeout = 100; SET statement_timeout = 100", []step{
			{query(endless), "FATAL 25P04 closed"},
		}},
		{"transaction limited within", "SELECT 1", []step{
			{query("BEGIN"), "BEGIN Ready(T)"},
			{query("SET LOCAL transaction_timeout = '100ms'"), "SET Ready(T)"},
			{nil, "FATAL 25P04 closed"},
		}},
		{"transactions one after the other", "SET transaction_timeout = 800", []step{
			{query("BEGIN"), "BEGIN Ready(T)"},
			{query("SELECT pg_sleep(0.5)"), "Row() SELECT 1 Ready(T)"},
			{query("COMMIT AND CHAIN"), "COMMIT Ready(T)"},
			{query("SELECT pg_sleep(0.5)"), "Row() SELECT 1 Ready(T)"},
			{query("COMMIT"), "COMMIT Ready(I)"},
			{query("SELECT pg_sleep(0.5)"), "Row() SELECT 1 Ready(I)"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, n)
			c.query(test.set)
			for i, s := range test.steps {
				last := "Ready"
				if strings.HasSuffix(s.want, "closed") {
					last = "closed"
				}
				c.send(s.sent...)
				if got := c.until(last); got != s.want {
					t.Fatalf("step %d: got %s, want %s", i, got, s.want)
				}
			}
		})
	}
}

// TestTimeoutsOfLocks: who waits for a lock is ended like one who works, and a
// client that left waits no longer.
func TestTimeoutsOfLocks(t *testing.T) {
	n := harness.Start(t, 1).Nodes[0]
	n.MustQuery("CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)")
	const wait = "SELECT a FROM t FOR UPDATE"
	holder := connect(t, n)
	if got := holder.query("BEGIN; " + wait); got != "BEGIN Row(1) SELECT 1 Ready(T)" {
		t.Fatal(got)
	}
	for set, want := range map[string]string{
		"SET lock_timeout = 100":                                                "ERROR 55P03 Ready(E)",
		"SET lock_timeout = 300; SET statement_timeout = 100":                   "ERROR 57014 Ready(E)",
		"SET statement_timeout = 300; SET transaction_timeout = 100":            "FATAL 25P04 closed",
		"SET idle_in_transaction_session_timeout = 100; SET lock_timeout = 300": "ERROR 55P03 Ready(E)",
	} {
		c := connect(t, n)
		c.query(set)
		c.query("BEGIN")
		c.send(&pgproto3.Query{String: wait})
		last := "Ready"
		if strings.HasSuffix(want, "closed") {
			last = "closed"
		}
		if got := c.until(last); got != want {
			t.Errorf("%s: got %s, want %s", set, got, want)
		}
		c.conn.Close()
	}
	gone := connect(t, n)
	gone.query("BEGIN")
	gone.send(&pgproto3.Query{String: wait})
	gone.send(&pgproto3.Terminate{})
	gone.conn.Close()
	waitClients(t, n, 1)
	holder.query("COMMIT")
	next := connect(t, n)
	if got, want := next.query("SET lock_timeout = '5s'; BEGIN; "+wait), "SET BEGIN Row(1) SELECT 1 Ready(T)"; got != want {
		t.Errorf("after a client that left: got %s, want %s", got, want)
	}
}

// TestTimeoutOfCopy: what a client sends into a COPY that has ended is passed
// over, and nothing of it is kept.
func TestTimeoutOfCopy(t *testing.T) {
	n := harness.Start(t, 1).Nodes[0]
	n.MustQuery("CREATE TABLE t (a int)")
	c := connect(t, n)
	c.query("SET statement_timeout = 150")
	c.send(&pgproto3.Query{String: "COPY t FROM STDIN"})
	c.until("CopyIn")
	failed := make(chan string, 1)
	go func() { failed <- c.until("Ready") }()
	for i := 0; ; i++ {
		c.send(&pgproto3.CopyData{Data: fmt.Appendf(nil, "%d\n", i)})
		select {
		case got := <-failed:
			if want := "ERROR 57014 Ready(I)"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if got := c.query("SELECT count(*) FROM t"); got != "Row(0) SELECT 1 Ready(I)" {
				t.Errorf("after it: %s", got)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestTimeoutSettings: units are read and shown as PostgreSQL does.
func TestTimeoutSettings(t *testing.T) {
	n := harness.Start(t, 1).Nodes[0]
	c := connect(t, n)
	if got, want := c.query("SHOW idle_in_transaction_session_timeout"), "Row(5min) SHOW Ready(I)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, name := range []string{
		"statement_timeout", "lock_timeout", "transaction_timeout", "idle_session_timeout", "idle_in_transaction_session_timeout",
	} {
		for value, want := range map[string]string{
			"'1s'": "1s", "1000": "1s", "'5min'": "5min", "'1500 ms'": "1500ms", "'0.5h'": "30min", "0": "0", "'90s'": "90s", "'1d'": "1d",
		} {
			got := c.query("SET " + name + " = " + value + "; SHOW " + name + "; RESET " + name)
			if want := "SET Row(" + want + ") SHOW RESET Ready(I)"; got != want {
				t.Errorf("%s = %s: got %s, want %s", name, value, got, want)
			}
		}
		for _, value := range []string{"-1", "'1 week'", "'soon'", "'1kB'", "2147483648"} {
			if got, want := c.query("SET "+name+" = "+value), "ERROR 22023 Ready(I)"; got != want {
				t.Errorf("%s = %s: got %s, want %s", name, value, got, want)
			}
		}
	}
}

// TestClientGone: a statement ends within about a second of its client, also
// when that said goodbye, and what it held is free.
func TestClientGone(t *testing.T) {
	n := harness.Start(t, 1).Nodes[0]
	n.MustQuery("CREATE TABLE t (a int)")
	leave := map[string]func(c *client){
		"closes":      func(c *client) { c.conn.Close() },
		"resets":      func(c *client) { c.conn.(*net.TCPConn).SetLinger(0); c.conn.Close() },
		"says so":     func(c *client) { c.send(&pgproto3.Terminate{}); c.conn.Close() },
		"leaves more": func(c *client) { c.send(query("SELECT 1")...); c.conn.Close() },
	}
	running := map[string][]string{
		"query":        {endless},
		"sleep":        {"SELECT pg_sleep(60)"},
		"write":        {"INSERT INTO t SELECT a FROM generate_series(1, 10000000) a, generate_series(1, 1000) b"},
		"in a block":   {"BEGIN; INSERT INTO t VALUES (1)", endless},
		"in a batch":   {"SELECT 1; " + endless},
		"copying":      {"COPY (" + endless + ") TO STDOUT"},
		"in a cursor":  {"BEGIN", "DECLARE c CURSOR FOR " + endless},
		"in its block": {"BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT count(*) FROM t", endless},
	}
	for how, leave := range leave {
		for what, statements := range running {
			c := connect(t, n)
			for _, sql := range statements[:len(statements)-1] {
				c.query(sql)
			}
			c.send(&pgproto3.Query{String: statements[len(statements)-1]})
			time.Sleep(20 * time.Millisecond) // let it begin
			began := time.Now()
			leave(c)
			waitClients(t, n, 0)
			if took := time.Since(began); took > 1500*time.Millisecond {
				t.Errorf("%s, client %s: kept for %v", what, how, took)
			}
		}
	}
	if got := n.MustQuery("SELECT count(*) FROM t"); got != "0" {
		t.Errorf("%s rows of clients that left", got)
	}
}

// waitClients waits until no more clients are served than want.
func waitClients(t *testing.T, n *harness.Node, want int) {
	t.Helper()
	for deadline := time.Now().Add(waitLimit); ; time.Sleep(10 * time.Millisecond) {
		metrics, _, err := n.Get("/metrics")
		if err == nil && strings.Contains(metrics, fmt.Sprintf("polyreme_connections %d\n", want)) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("a client is still served: %v", err)
		}
	}
}
