package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/integration/harness"
)

// writer inserts numbered rows through one node and remembers which of them
// were acknowledged. It connects again when its connection breaks: an insert
// under way then is in doubt.
type writer struct {
	node    *harness.Node
	number  int
	acked   []int
	doubt   []int
	refused error // an error on a connection that lived on
}

func (w *writer) run(ctx context.Context) {
	var c *pgconn.PgConn
	defer func() {
		if c != nil {
			c.Close(context.Background())
		}
	}()
	for i := 0; ctx.Err() == nil; i++ {
		if c == nil || c.IsClosed() {
			var err error
			if c, err = pgconn.Connect(ctx, w.node.DSN()); err != nil {
				select {
				case <-time.After(20 * time.Millisecond):
				case <-ctx.Done():
				}
				i--
				continue
			}
		}
		_, err := c.ExecParams(context.Background(), "INSERT INTO acked(writer, n) VALUES ($1, $2)",
			[][]byte{fmt.Append(nil, w.number), fmt.Append(nil, i)}, nil, nil, nil).Close()
		var refused *pgconn.PgError
		switch {
		case err == nil:
			w.acked = append(w.acked, i)
		case errors.As(err, &refused) && refused.Severity == "ERROR":
			w.refused = err
			return
		default:
			w.doubt = append(w.doubt, i)
			c.Close(context.Background())
		}
	}
}

// TestLeaderKills: while 16 clients insert through all nodes the leader is
// killed again and again. Every acknowledged row is there exactly once on every
// node, and no client that kept its connection sees an error.
func TestLeaderKills(t *testing.T) {
	const writers, kills = 16, 10
	c := harness.Start(t, 3)
	// No unique key: a row that is applied twice would be there twice.
	c.Nodes[0].MustQuery("CREATE TABLE acked(writer int, n int)")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	all := make([]*writer, writers)
	var running sync.WaitGroup
	var finished atomic.Int32
	for i := range all {
		all[i] = &writer{node: c.Nodes[i%3], number: i}
		running.Go(func() {
			all[i].run(ctx)
			finished.Add(1)
		})
	}
	for range kills {
		leader := c.Leader()
		time.Sleep(300 * time.Millisecond) // some writes under this leader
		leader.Kill()
		leader.Start()
		leader.WaitReady()
	}
	stop()
	running.Wait()
	total, doubt := 0, 0
	for _, w := range all {
		if w.refused != nil {
			t.Errorf("writer %d, whose connection lived on, got %v", w.number, w.refused)
		}
		total += len(w.acked)
		doubt += len(w.doubt)
	}
	t.Logf("%d rows acknowledged, %d in doubt when their connection died", total, doubt)
	if total == 0 {
		t.Fatal("nothing was acknowledged")
	}
	var tables []string
	for _, n := range c.Nodes {
		n.WaitReady()
		tables = append(tables, n.MustQuery("SELECT writer, n, count(*) FROM acked GROUP BY writer, n ORDER BY writer, n"))
	}
	for i, table := range tables {
		if table != tables[0] {
			t.Errorf("node %s differs from node %s", c.Nodes[i].Name, c.Nodes[0].Name)
		}
	}
	check(t, all, tables[0])
}

// check compares the table with what was acknowledged.
func check(t *testing.T, all []*writer, table string) {
	t.Helper()
	counts := map[string]string{}
	for line := range strings.SplitSeq(table, "\n") {
		at := strings.LastIndexByte(line, '|')
		counts[line[:at]] = line[at+1:]
	}
	for _, w := range all {
		known := map[int]bool{}
		for _, n := range w.acked {
			known[n] = true
			if got := counts[fmt.Sprintf("%d|%d", w.number, n)]; got != "1" {
				t.Errorf("acknowledged row %d of writer %d is there %q times", n, w.number, got)
			}
		}
		for _, n := range w.doubt {
			known[n] = true
			if got := counts[fmt.Sprintf("%d|%d", w.number, n)]; got != "1" && got != "" {
				t.Errorf("doubtful row %d of writer %d is there %s times", n, w.number, got)
			}
		}
	}
}
