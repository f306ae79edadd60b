package wire_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"polyreme/integration/harness"
)

// memoryMax is what a node may take while clients send it far too much.
const memoryMax = 700 << 20

// watchMemory fails the test when the node takes more than memoryMax, or does
// not answer others, until the returned function is called.
func watchMemory(t *testing.T, n *harness.Node) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() {
		var most int64
		for ctx.Err() == nil {
			began := time.Now()
			if got, err := n.Query("SELECT 1"); err != nil || got != "1" {
				t.Errorf("the node does not answer others: %q %v", got, err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("another client waited for %v", took)
			}
			most = max(most, rss(t, n))
			time.Sleep(20 * time.Millisecond)
		}
		t.Logf("at most %d MiB", most>>20)
		if most > memoryMax {
			t.Errorf("the node took %d MiB", most>>20)
		}
	})
	return func() { cancel(); watch.Wait() }
}

// TestTooMuch: statements too large or too deep have their SQLSTATE; memory stays
// bounded and others are served meanwhile.
func TestTooMuch(t *testing.T) {
	n := harness.Start(t, 1).Nodes[0]
	defer watchMemory(t, n)()
	c := connect(t, n)
	deep := 100_000
	for _, test := range []struct{ name, sql, want string }{
		{"parentheses", "SELECT " + strings.Repeat("(", deep) + "1" + strings.Repeat(")", deep), "ERROR 54001 Ready(I)"},
		{"unclosed parentheses", "SELECT " + strings.Repeat("(", deep), "ERROR 54001 Ready(I)"},
		{"NOT", "SELECT " + strings.Repeat("NOT ", deep) + "true", "ERROR 54001 Ready(I)"},
		{"sub-queries", strings.Repeat("SELECT (", deep) + "1" + strings.Repeat(")", deep), "ERROR 54001 Ready(I)"},
		{"arrays", "SELECT " + strings.Repeat("ARRAY[", deep) + "1" + strings.Repeat("]", deep), "ERROR 54001 Ready(I)"},
		{"JSON", "SELECT '" + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "'::jsonb", "ERROR 54001 Ready(I)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := c.query(test.sql); got != test.want {
				t.Errorf("got %.200s, want %s", got, test.want)
			}
		})
	}
	t.Run("200 MB statement", func(t *testing.T) {
		head := append([]byte{'Q'}, length(200<<20+4)...)
		c.write(head)
		piece := []byte(strings.Repeat(" ", 1<<20))
		for range 200 {
			c.write(piece)
		}
		if got := c.until("Ready"); got != "ERROR 54000 Ready(I)" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("200 MB in the extended protocol", func(t *testing.T) {
		c.write(append([]byte{'P'}, length(200<<20+4)...))
		piece := []byte(strings.Repeat(" ", 1<<20))
		for range 200 {
			c.write(piece)
		}
		c.send(&pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Sync{})
		if got := c.until("Ready"); got != "ERROR 54000 Ready(I)" {
			t.Errorf("got %s", got)
		}
	})
	if got := c.query("SELECT 1"); got != "Row(1) SELECT 1 Ready(I)" {
		t.Errorf("after it: %s", got)
	}
}

// TestHalfOpen: clients that claim much, send little and stay, or vanish, take
// neither memory nor the place of others.
func TestHalfOpen(t *testing.T) {
	n := harness.Start(t, 1).Nodes[0]
	n.MustQuery("CREATE TABLE t (a int)")
	stop := watchMemory(t, n)
	var kept []*client
	for i := range 60 {
		c := dial(t, n)
		switch i % 6 {
		case 0: // says nothing
		case 1: // half a startup message
			c.write([]byte{0, 0, 0})
		case 2: // a large message of which nothing comes
			c = connect(t, n)
			c.write(append([]byte{'Q'}, length(60<<20)...))
		case 3: // vanishes within a statement
			c = connect(t, n)
			c.send(&pgproto3.Query{String: "SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 1000) b"})
			c.conn.(*net.TCPConn).SetLinger(0)
			c.conn.Close()
			continue
		case 4: // vanishes within COPY
			c = connect(t, n)
			c.send(&pgproto3.Query{String: "COPY t FROM STDIN"}, &pgproto3.CopyData{Data: []byte("1\n2\n")})
			c.until("CopyIn")
			c.conn.Close()
			continue
		case 5: // vanishes within a transaction
			c = connect(t, n)
			c.query("BEGIN; INSERT INTO t VALUES (1)")
			c.conn.Close()
			continue
		}
		kept = append(kept, c)
	}
	stop()
	for _, c := range kept {
		c.conn.Close()
	}
	if got := n.MustQuery("SELECT count(*) FROM t"); got != "0" {
		t.Errorf("%s rows of clients that vanished", got)
	}
	for deadline := time.Now().Add(waitLimit); ; time.Sleep(50 * time.Millisecond) {
		metrics, _, err := n.Get("/metrics")
		if err == nil && strings.Contains(metrics, "polyreme_connections 0") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("connections of clients that vanished are kept")
		}
	}
}

// TestCancelElsewhere: a cancel request works on any node, with the right secret.
func TestCancelElsewhere(t *testing.T) {
	c := harness.Start(t, 3)
	ctx, done := context.WithTimeout(t.Context(), waitLimit)
	defer done()
	busy := c.Nodes[0].Connect()
	ended := make(chan error, 1)
	go func() {
		_, err := busy.Exec(ctx, "SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 1000) b").ReadAll()
		ended <- err
	}()
	time.Sleep(300 * time.Millisecond)
	request := func(n *harness.Node, secret []byte) {
		t.Helper()
		asker := dial(t, n)
		asker.send(&pgproto3.CancelRequest{ProcessID: busy.PID(), SecretKey: secret})
		asker.until("closed")
	}
	request(c.Nodes[2], []byte{1, 2, 3, 4})
	select {
	case err := <-ended:
		t.Fatalf("a wrong secret ended the statement: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	request(c.Nodes[2], busy.SecretKey())
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(fmt.Sprint(err), "57014") {
			t.Errorf("the canceled statement: %v", err)
		}
	case <-ctx.Done():
		t.Error("the statement was not canceled")
	}
}
