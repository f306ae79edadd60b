package simtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const lists = 3

// TestSimulationOfTransactions runs blocks on clusters with faults: no anomaly at
// SERIALIZABLE, and at READ COMMITTED only those that PostgreSQL has there.
func TestSimulationOfTransactions(t *testing.T) {
	template := t.TempDir()
	synctest.Test(t, func(t *testing.T) { makeTemplate(t, template) })
	if t.Failed() {
		return
	}
	first, last := int64(0), int64(*seeds)
	if *oneSeed >= 0 {
		first, last = *oneSeed, *oneSeed+1
	}
	for seed := first; seed < last; seed++ {
		t.Run(strconv.FormatInt(seed, 10), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := copyDir(template, dir); err != nil {
				t.Fatal(err)
			}
			l, name := strictSerializable, "SERIALIZABLE"
			if seed%3 == 2 {
				l, name = readCommitted, "READ COMMITTED"
			}
			h := &listHistory{}
			synctest.Test(t, func(t *testing.T) { simulateLists(t, dir, seed, name, h) })
			if wrong := h.check(l); wrong != "" {
				t.Errorf("seed %d, %s: %s", seed, name, wrong)
			}
			committed, failed, doubts := h.counts()
			t.Logf("%s: %d committed, %d failed, %d in doubt", name, committed, failed, doubts)
			if committed < 20 {
				t.Errorf("seed %d, %s: %d committed, %d failed, %d in doubt", seed, name, committed, failed, doubts)
			}
		})
	}
}

func (h *listHistory) counts() (committed, failed, doubts int) {
	for _, tx := range h.txs {
		switch {
		case tx.failed:
			failed++
		case tx.doubt:
			doubts++
		default:
			committed++
		}
	}
	return committed, failed, doubts
}

func simulateLists(t *testing.T, dir string, seed int64, isolation string, h *listHistory) {
	c := newCluster(t, dir, nodes)
	defer c.close()
	for _, m := range c.members {
		c.start(m)
	}
	setup := "CREATE TABLE list(key int PRIMARY KEY, elements text NOT NULL)"
	for key := range lists {
		setup += fmt.Sprintf("; INSERT INTO list VALUES (%d, '')", key)
	}
	if err := c.exec(c.members[0], setup); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(uint64(seed), 7))
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var elements atomic.Int64
	for i := range clients {
		w := &appender{
			cluster: c, member: c.members[i%nodes], isolation: isolation, elements: &elements, history: h,
			random: rand.New(rand.NewPCG(uint64(seed), uint64(i)+100)),
		}
		running.Go(func() { w.run(ctx) })
	}
	for range disasters {
		c.disaster(random)
	}
	c.net.Heal()
	for _, m := range c.members {
		if m.run == nil {
			c.start(m)
		}
	}
	time.Sleep(10 * time.Second)
	stop()
	running.Wait()
	last := &appender{cluster: c, member: c.members[0], isolation: isolation, elements: &elements, history: h, random: random}
	last.readAll(context.Background())
	c.compare()
}

// appender is a client that runs blocks through one member.
type appender struct {
	cluster   *cluster
	member    *member
	isolation string
	elements  *atomic.Int64
	history   *listHistory
	random    *rand.Rand
	conn      *pgconn.PgConn
}

func (w *appender) connect(ctx context.Context) bool {
	if w.conn != nil && !w.conn.IsClosed() {
		return true
	}
	limited, done := context.WithTimeout(ctx, 2*time.Second)
	defer done()
	conn, err := w.cluster.connect(limited, w.member)
	if err != nil {
		return false
	}
	w.conn = conn
	return true
}

func (w *appender) run(ctx context.Context) {
	for ctx.Err() == nil {
		if !w.connect(ctx) {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		w.transaction(ctx, w.plan())
		time.Sleep(time.Duration(w.random.IntN(300)) * time.Millisecond)
	}
	if w.conn != nil {
		w.conn.Close(context.Background())
	}
}

// plan makes a transaction of one to four operations.
func (w *appender) plan() []listOp {
	ops := make([]listOp, 1+w.random.IntN(4))
	for i := range ops {
		ops[i] = listOp{key: w.random.IntN(lists), append: w.random.IntN(2) == 0}
		if ops[i].append {
			ops[i].element = int(w.elements.Add(1))
		}
	}
	return ops
}

// transaction runs a block and records it. An error before COMMIT, or one that
// the server sent as the answer to it, means that nothing happened.
func (w *appender) transaction(ctx context.Context, ops []listOp) {
	limited, done := context.WithTimeout(ctx, 30*time.Second)
	defer done()
	tx := &listTx{began: time.Now()}
	defer func() {
		tx.ended = time.Now()
		w.history.add(tx)
	}()
	if _, err := w.exec(limited, "BEGIN ISOLATION LEVEL "+w.isolation); err != nil {
		tx.failed = true
		return
	}
	for _, op := range ops {
		list, err := w.exec(limited, w.sql(op))
		if err != nil {
			if op.append {
				tx.ops = append(tx.ops, op)
			}
			tx.failed = true
			w.exec(limited, "ROLLBACK")
			return
		}
		op.list = list
		tx.ops = append(tx.ops, op)
	}
	_, err := w.exec(limited, "COMMIT")
	var e *pgconn.PgError
	switch {
	case err == nil:
	case errors.As(err, &e) && e.Code != "08007" && e.Severity != "FATAL":
		tx.failed = true
	default:
		tx.doubt = true
	}
}

func (w *appender) sql(op listOp) string {
	if op.append {
		return fmt.Sprintf("UPDATE list SET elements = elements || '%d,' WHERE key = %d", op.element, op.key)
	}
	lock := [...]string{"", "", " FOR UPDATE", " FOR SHARE"}[w.random.IntN(4)]
	return fmt.Sprintf("SELECT elements FROM list WHERE key = %d%s", op.key, lock)
}

// exec runs a statement and returns the list that it reads.
func (w *appender) exec(ctx context.Context, sql string) ([]int, error) {
	results, err := w.conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		var e *pgconn.PgError
		if !errors.As(err, &e) {
			w.conn.Close(context.Background())
		}
		return nil, err
	}
	if len(results) == 0 || len(results[0].Rows) == 0 {
		return nil, nil
	}
	var list []int
	for part := range strings.SplitSeq(strings.TrimSuffix(string(results[0].Rows[0][0]), ","), ",") {
		if part != "" {
			n, err := strconv.Atoi(part)
			if err != nil {
				w.cluster.t.Error(err)
			}
			list = append(list, n)
		}
	}
	return list, nil
}

// readAll records a last read of all lists, which shows every element.
func (w *appender) readAll(ctx context.Context) {
	for range 50 {
		if !w.connect(ctx) {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		tx := &listTx{began: time.Now()}
		for key := range lists {
			list, err := w.exec(ctx, fmt.Sprintf("SELECT elements FROM list WHERE key = %d", key))
			if err != nil {
				w.cluster.t.Error(err)
			}
			tx.ops = append(tx.ops, listOp{key: key, list: list})
		}
		tx.ended = time.Now()
		w.history.add(tx)
		w.conn.Close(ctx)
		return
	}
	w.cluster.t.Error("the lists cannot be read")
}

// TestListChecker: the checker sees each anomaly, and none in a good history.
func TestListChecker(t *testing.T) {
	at := func(n int) time.Time { return time.UnixMilli(int64(n)) }
	app := func(key, element int) listOp { return listOp{key: key, append: true, element: element} }
	read := func(key int, list ...int) listOp { return listOp{key: key, list: list} }
	// tx makes a transaction that overlaps all others.
	tx := func(ops ...listOp) *listTx { return &listTx{ops: ops, began: at(0), ended: at(100)} }
	late := func(x *listTx) *listTx { x.began, x.ended = at(200), at(300); return x }
	failed := func(x *listTx) *listTx { x.failed = true; return x }
	for _, c := range []struct {
		name               string
		txs                []*listTx
		committed, serious string // what is found at READ COMMITTED and at strict serializability
	}{
		{"good", []*listTx{tx(app(1, 1)), tx(read(1, 1), app(1, 2)), late(tx(read(1, 1, 2)))}, "", ""},
		{"own appends", []*listTx{tx(app(1, 1), read(1, 1)), late(tx(read(1, 1)))}, "", ""},
		{"G0", []*listTx{tx(app(1, 1), app(2, 2)), tx(app(1, 3), app(2, 4)), late(tx(read(1, 1, 3), read(2, 4, 2)))}, "cycle", "cycle"},
		{"G1a", []*listTx{failed(tx(app(1, 1))), tx(read(1, 1))}, "G1a", "G1a"},
		{"G1b", []*listTx{tx(app(1, 1), app(1, 2)), tx(read(1, 1)), late(tx(read(1, 1, 2)))}, "G1b", "G1b"},
		{"G1c", []*listTx{tx(app(1, 1), read(2, 2)), tx(app(2, 2), read(1, 1))}, "cycle", "cycle"},
		{"G-single", []*listTx{tx(read(1), read(2, 2)), tx(app(1, 1), app(2, 2)), late(tx(read(1, 1), read(2, 2)))}, "", "cycle"},
		{"G2", []*listTx{tx(read(1), app(2, 2)), tx(read(2), app(1, 1)), late(tx(read(1, 1), read(2, 2)))}, "", "cycle"},
		{"lost update", []*listTx{tx(read(1), app(1, 1)), tx(read(1), app(1, 2)), late(tx(read(1, 1, 2)))}, "", "cycle"},
		{"stale read", []*listTx{tx(app(1, 1)), late(tx(read(1))), {ops: []listOp{read(1, 1)}, began: at(400), ended: at(500)}}, "", "cycle"},
		{"lost write", []*listTx{tx(app(1, 1)), tx(read(1, 1)), late(tx(read(1, 2))), late(tx(app(1, 2)))}, "incompatible", "incompatible"},
		{"twice", []*listTx{tx(app(1, 1)), late(tx(read(1, 1, 1)))}, "twice", "twice"},
	} {
		h := &listHistory{txs: c.txs}
		for _, l := range []struct {
			level level
			want  string
		}{{readCommitted, c.committed}, {strictSerializable, c.serious}} {
			if got := h.check(l.level); (got == "") != (l.want == "") || !strings.Contains(got, l.want) {
				t.Errorf("%s: %q, want %q", c.name, got, l.want)
			}
		}
	}
}
