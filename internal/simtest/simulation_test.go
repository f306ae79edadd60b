package simtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	clients    = 5
	keys       = 3
	checkLimit = 30 * time.Second // real time for the checker of one history
)

// TestSimulation runs clusters with faults and checks what the clients saw.
func TestSimulation(t *testing.T) {
	forSeeds(t, func(t *testing.T, seed int64, dir string) {
		h := &history{}
		synctest.Test(t, func(t *testing.T) { simulate(t, dir, seed, h) })
		judge(t, seed, h)
	})
}

// makeTemplate makes a cluster once; every seed begins with a copy of it.
func makeTemplate(t *testing.T, dir string) {
	c := newCluster(t, dir, nodes)
	defer c.close()
	for i, m := range c.members {
		c.start(m)
		if i == 0 {
			if err := c.exec(m, "CREATE TABLE register(key int PRIMARY KEY, value int NOT NULL)"); err != nil {
				t.Fatal(err)
			}
			if err := c.exec(m, "CREATE TABLE counted(n int NOT NULL); INSERT INTO counted VALUES (0)"); err != nil {
				t.Fatal(err)
			}
		}
	}
	for key := range keys {
		if err := c.exec(c.members[0], fmt.Sprintf("INSERT INTO register VALUES (%d, 0)", key)); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range c.members {
		if err := c.exec(m, "SELECT 1 FROM register"); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(30 * time.Second) // all become voters
}

// simulate runs clients and disasters on one cluster.
func simulate(t *testing.T, dir string, seed int64, h *history) {
	c := newCluster(t, dir, nodes)
	defer c.close()
	for _, m := range c.members {
		c.start(m)
	}
	random := rand.New(rand.NewPCG(uint64(seed), 7))
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for i := range clients {
		w := &client{cluster: c, number: i, member: c.members[i%nodes], random: rand.New(rand.NewPCG(uint64(seed), uint64(i)+100)), history: h}
		running.Go(func() { w.run(ctx) })
	}
	k := &counter{}
	for i, m := range c.members {
		running.Go(func() { k.count(ctx, c, m, i%2 == 0, rand.New(rand.NewPCG(uint64(seed), uint64(i)+200))) })
	}
	c.suffer(random)
	stop()
	running.Wait()
	c.compare()
	c.checkCounter(k)
	c.checkNoLocks()
}

// client works on the registers through one member.
type client struct {
	cluster *cluster
	number  int
	member  *member
	random  *rand.Rand
	history *history
	conn    *pgconn.PgConn
}

func (w *client) run(ctx context.Context) {
	defer func() {
		if w.conn != nil {
			w.conn.Close(context.Background())
		}
	}()
	for ctx.Err() == nil {
		if w.conn == nil || w.conn.IsClosed() {
			limited, done := context.WithTimeout(ctx, 2*time.Second)
			conn, err := w.cluster.connect(limited, w.member)
			done()
			if err != nil {
				time.Sleep(200 * time.Millisecond)
				continue
			}
			w.conn = conn
		}
		w.step(ctx)
		time.Sleep(time.Duration(w.random.IntN(60)) * time.Millisecond)
	}
}

// step runs one random operation and records it.
func (w *client) step(ctx context.Context) {
	in := input{kind: kind(w.random.IntN(4)), key: w.random.IntN(keys), value: w.random.IntN(1000), expected: w.random.IntN(1000)}
	var sql string
	switch in.kind {
	case read:
		sql = fmt.Sprintf("SELECT value FROM register WHERE key = %d", in.key)
	case write:
		sql = fmt.Sprintf("UPDATE register SET value = %d WHERE key = %d", in.value, in.key)
	case add:
		in.value = 1
		sql = fmt.Sprintf("UPDATE register SET value = value + 1 WHERE key = %d RETURNING value", in.key)
	case swap:
		in.expected %= 10
		in.value %= 10
		sql = fmt.Sprintf("UPDATE register SET value = %d WHERE key = %d AND value = %d", in.value, in.key, in.expected)
	}
	limited, done := context.WithTimeout(ctx, 20*time.Second)
	defer done()
	began := time.Now()
	results, err := w.conn.Exec(limited, sql).ReadAll()
	w.history.record(w.number, in, w.outcome(in, results, err), began, time.Now())
}

// outcome reads the answer. An error after which nothing is known leaves the
// operation open; one that says that nothing happened does not happen here.
func (w *client) outcome(in input, results []*pgconn.Result, err error) output {
	if err != nil {
		var e *pgconn.PgError
		if !errors.As(err, &e) {
			w.conn.Close(context.Background())
		}
		return output{unknown: true}
	}
	r := results[0]
	switch in.kind {
	case read, add:
		v, err := strconv.Atoi(string(r.Rows[0][0]))
		if err != nil {
			w.cluster.t.Error(err)
		}
		return output{value: v, ok: true}
	}
	return output{ok: r.CommandTag.RowsAffected() == 1}
}

// judge checks the history.
func judge(t *testing.T, seed int64, h *history) {
	t.Helper()
	result, info := porcupine.CheckOperationsVerbose(registers, h.operations, checkLimit)
	switch result {
	case porcupine.Illegal:
		path := filepath.Join(os.TempDir(), fmt.Sprintf("polyreme-sim-%d.html", seed))
		if err := porcupine.VisualizePath(registers, info, path); err == nil {
			t.Logf("history drawn in %s", path)
		}
		t.Errorf("seed %d: the history of %d operations is not linearizable", seed, len(h.operations))
	case porcupine.Unknown:
		t.Logf("seed %d: %d operations, %d in doubt: the checker ran out of time", seed, len(h.operations), h.doubts)
	}
	if len(h.operations) < 50 {
		t.Errorf("seed %d: only %d operations", seed, len(h.operations))
	}
}

// TestJudgeSeesStaleReads: the checker is not blind.
func TestJudgeSeesStaleReads(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	h := &history{}
	h.record(0, input{kind: write, value: 1}, output{ok: true}, at(0), at(1))
	h.record(1, input{kind: read}, output{value: 0, ok: true}, at(2), at(3))
	if porcupine.CheckOperations(registers, h.operations) {
		t.Error("a stale read passes")
	}
	h = &history{}
	h.record(0, input{kind: add, value: 1}, output{value: 1, ok: true}, at(0), at(1))
	h.record(1, input{kind: add, value: 1}, output{value: 1, ok: true}, at(2), at(3))
	if porcupine.CheckOperations(registers, h.operations) {
		t.Error("a lost increment passes")
	}
}
