package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/integration/harness"
)

// lockLimit bounds the waits for locks that nothing has to time out for.
const lockLimit = 20 * time.Second

// locker is a client that takes locks.
type locker struct {
	t *testing.T
	*pgconn.PgConn
}

func newLocker(t *testing.T, n *harness.Node) *locker { return &locker{t, n.Connect()} }

// run runs a statement and returns the last row's fields, separated by |.
func (l *locker) run(sql string) (string, error) {
	ctx, done := context.WithTimeout(context.Background(), 3*lockLimit)
	defer done()
	results, err := l.Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", err
	}
	var fields []string
	for _, r := range results {
		for _, row := range r.Rows {
			fields = fields[:0]
			for _, f := range row {
				fields = append(fields, string(f))
			}
		}
	}
	return strings.Join(fields, "|"), nil
}

func (l *locker) must(sql string) string {
	l.t.Helper()
	out, err := l.run(sql)
	if err != nil {
		l.t.Fatalf("%s: %v", sql, err)
	}
	return out
}

func (l *locker) want(want, sql string) {
	l.t.Helper()
	if got := l.must(sql); got != want {
		l.t.Errorf("%s = %q, want %q", sql, got, want)
	}
}

// refused runs a statement that must fail with the code.
func (l *locker) refused(code, sql string) {
	l.t.Helper()
	_, err := l.run(sql)
	var e *pgconn.PgError
	if !errors.As(err, &e) || e.Code != code {
		l.t.Errorf("%s: %v, want %s", sql, err, code)
	}
}

// start runs a statement that waits.
func (l *locker) start(sql string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := l.run(sql)
		done <- err
	}()
	return done
}

// waiting waits until n requests for locks wait in the cluster.
func (l *locker) waiting(n int) {
	l.t.Helper()
	for deadline := time.Now().Add(lockLimit); ; time.Sleep(5 * time.Millisecond) {
		if l.must("SELECT count(*) FROM pg_locks WHERE NOT granted") == fmt.Sprint(n) {
			return
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("there are not %d waiters", n)
		}
	}
}

// free waits until no lock is left.
func (l *locker) free() {
	l.t.Helper()
	for deadline := time.Now().Add(lockLimit); ; time.Sleep(5 * time.Millisecond) {
		if l.must("SELECT count(*) FROM pg_locks") == "0" {
			return
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("a lock is left: %s", l.must("SELECT * FROM pg_locks"))
		}
	}
}

// soon waits for a statement that was started.
func soon(t *testing.T, done <-chan error, limit time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	select {
	case err := <-done:
		if err != nil {
			t.Fatalf("waiter: %v", err)
		}
	case <-time.After(limit):
		t.Fatalf("the waiter still waits after %v", limit)
	}
	return time.Since(began)
}

func TestAdvisoryLocksAcrossNodes(t *testing.T) {
	c := harness.Start(t, 3)
	a, b, d := newLocker(t, c.Nodes[0]), newLocker(t, c.Nodes[1]), newLocker(t, c.Nodes[2])

	a.must("SELECT pg_advisory_lock(1)")
	b.want("f", "SELECT pg_try_advisory_lock(1)")
	d.want("f", "SELECT pg_try_advisory_lock_shared(1)")
	d.want("1|ExclusiveLock|t|"+fmt.Sprint(a.PID()), "SELECT objid, mode, granted, pid FROM pg_locks")

	// A waiter elsewhere has the lock soon after it is released, in order.
	first := b.start("SELECT pg_advisory_lock(1)")
	d.waiting(1)
	second := d.start("SELECT pg_advisory_lock(1)")
	a.waiting(2)
	a.want("t", "SELECT pg_advisory_unlock(1)")
	t.Logf("granted %v after the unlock", soon(t, first, time.Second))
	select {
	case err := <-second:
		t.Fatalf("two have the lock: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	b.must("DISCARD ALL")
	soon(t, second, time.Second)

	// The end of the connection releases.
	waiter := a.start("SELECT pg_advisory_lock(1)")
	b.waiting(1)
	d.Close(context.Background())
	soon(t, waiter, 2*time.Second)
	a.must("SELECT pg_advisory_unlock_all()")
	d = newLocker(t, c.Nodes[2])

	// What ends a wait.
	a.must("BEGIN; SELECT pg_advisory_xact_lock(7)")
	b.must("SET lock_timeout = '50ms'")
	b.refused("55P03", "SELECT pg_advisory_lock(7)")
	b.must("SET lock_timeout = 0; SET statement_timeout = '50ms'")
	b.refused("57014", "SELECT pg_advisory_lock(7)")
	b.must("RESET ALL")
	canceled := b.start("SELECT pg_advisory_lock(7)")
	d.waiting(1)
	if err := b.CancelRequest(context.Background()); err != nil {
		t.Fatal(err)
	}
	var e *pgconn.PgError
	if err := <-canceled; !errors.As(err, &e) || e.Code != "57014" {
		t.Errorf("canceled: %v", err)
	}
	d.want("1", "SELECT count(*) FROM pg_locks")
	a.must("COMMIT")
	d.free()

	// A circle over two nodes.
	a.must("SELECT pg_advisory_lock(1)")
	b.must("SELECT pg_advisory_lock(2)")
	waiter = a.start("SELECT pg_advisory_lock(2)")
	d.waiting(1)
	b.refused("40P01", "SELECT pg_advisory_lock(1)")
	b.want("t", "SELECT pg_advisory_unlock(2)")
	soon(t, waiter, time.Second)
	a.must("SELECT pg_advisory_unlock_all()")
	d.free()
}

// TestAdvisoryExtended: parameters, binary results and pipelines.
func TestAdvisoryExtended(t *testing.T) {
	ctx := t.Context()
	node := harness.Start(t, 1).Nodes[0]
	l := newLocker(t, node)
	r := l.ExecParams(ctx, "SELECT pg_try_advisory_lock($1, $2)", [][]byte{[]byte("1"), []byte("-2")}, nil, nil, []int16{1}).Read()
	if r.Err != nil || len(r.Rows) != 1 || string(r.Rows[0][0]) != "\x01" {
		t.Fatalf("result %v %v", r.Rows, r.Err)
	}
	l.want("1|4294967294|2", "SELECT classid, objid, objsubid FROM pg_locks")
	for range 2 { // as golang-migrate calls it, prepared once
		if r := l.ExecParams(ctx, "SELECT pg_advisory_lock($1)", [][]byte{[]byte("7")}, nil, nil, nil).Read(); r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	l.must("SELECT pg_advisory_unlock(7)")
	l.want("2", "SELECT count(*) FROM pg_locks")
	l.must("DISCARD ALL")
	l.must("CREATE TABLE t(n int)")

	// The statements before one Sync are one transaction.
	p := l.StartPipeline(ctx)
	p.SendQueryParams("SELECT pg_advisory_xact_lock(5)", nil, nil, nil, nil)
	p.SendQueryParams("INSERT INTO t VALUES (1)", nil, nil, nil, nil)
	p.SendQueryParams("SELECT count(*) FROM pg_locks", nil, nil, nil, nil)
	p.SendPipelineSync()
	p.Flush()
	var last *pgconn.Result
	for range 3 {
		got, err := p.GetResults()
		if err != nil {
			t.Fatal(err)
		}
		if last = got.(*pgconn.ResultReader).Read(); last.Err != nil {
			t.Fatal(last.Err)
		}
	}
	if string(last.Rows[0][0]) != "1" {
		t.Errorf("%s locks in the transaction", last.Rows[0][0])
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	l.want("0|1", "SELECT (SELECT count(*) FROM pg_locks), (SELECT count(*) FROM t)")

	// A failure in a transaction releases its locks at once.
	n := newLocker(t, node)
	l.must("BEGIN; SELECT pg_advisory_xact_lock(5)")
	l.must("SAVEPOINT s; SELECT pg_advisory_xact_lock(6)")
	l.refused("22012", "SELECT 1/0")
	n.want("5", "SELECT objid FROM pg_locks")
	l.must("ROLLBACK TO s")
	l.refused("22012", "SELECT pg_advisory_lock(7), 1/0 FROM t")
	n.want("5|7", "SELECT min(objid::int8), max(objid::int8) FROM pg_locks")
	l.must("ROLLBACK")
	n.want("7", "SELECT objid FROM pg_locks")
}

// TestAdvisoryMutualExclusion: clients on all nodes count under one lock, each
// round of a read and a write. None gets lost.
func TestAdvisoryMutualExclusion(t *testing.T) {
	const clients, rounds = 8, 25
	c := harness.Start(t, 3)
	c.Nodes[0].MustQuery("CREATE TABLE counter(n int); INSERT INTO counter VALUES (0)")
	var running sync.WaitGroup
	for i := range clients {
		l := newLocker(t, c.Nodes[i%3])
		running.Go(func() {
			for range rounds {
				if i%2 == 0 {
					n := mustRun(l, "SELECT pg_advisory_lock(hashtext('counter')); SELECT n FROM counter")
					mustRun(l, "UPDATE counter SET n = "+n+" + 1")
					mustRun(l, "SELECT pg_advisory_unlock(hashtext('counter'))")
					continue
				}
				mustRun(l, "BEGIN")
				mustRun(l, "SELECT pg_advisory_xact_lock(hashtext('counter'))")
				n := mustRun(l, "SELECT n FROM counter")
				mustRun(l, "UPDATE counter SET n = "+n+" + 1")
				mustRun(l, "COMMIT")
			}
		})
	}
	running.Wait()
	if got := c.Nodes[2].MustQuery("SELECT n FROM counter"); got != fmt.Sprint(clients*rounds) {
		t.Errorf("the counter is %s, want %d", got, clients*rounds)
	}
	newLocker(t, c.Nodes[1]).free()
}

// mustRun is for goroutines other than the test's.
func mustRun(l *locker, sql string) string {
	out, err := l.run(sql)
	if err != nil {
		l.t.Errorf("%s: %v", sql, err)
	}
	return out
}

// TestAdvisoryMigrations: clients that migrate the schema under a lock, as
// migration tools do, all wait while it changes. Each locks once.
func TestAdvisoryMigrations(t *testing.T) {
	const clients = 6
	c := harness.Start(t, 3)
	c.Nodes[0].MustQuery("CREATE TABLE migrations(version int PRIMARY KEY)")
	var running sync.WaitGroup
	for i := range clients {
		l := newLocker(t, c.Nodes[i%3])
		running.Go(func() {
			mustRun(l, "SELECT pg_advisory_lock(4711)")
			if mustRun(l, "SELECT count(*) FROM migrations") == "0" {
				mustRun(l, "BEGIN; CREATE TABLE made(id int); ALTER TABLE made ADD name text; INSERT INTO migrations VALUES (1); COMMIT")
			}
			mustRun(l, fmt.Sprintf("CREATE TABLE made%d(id int)", i))
			if got := mustRun(l, "SELECT pg_advisory_unlock(4711)"); got != "t" {
				t.Errorf("unlock said %s", got)
			}
		})
	}
	running.Wait()
	l := newLocker(t, c.Nodes[0])
	l.free()
	l.want("1", "SELECT count(*) FROM migrations")
}

// TestAdvisoryLeaderKilled: a lock outlives the leader that granted it, and a
// waiter its queue.
func TestAdvisoryLeaderKilled(t *testing.T) {
	c := harness.Start(t, 3)
	leader := c.Leader()
	var others []*harness.Node
	for _, n := range c.Nodes {
		if n != leader {
			others = append(others, n)
		}
	}
	holder, other, waiter := newLocker(t, others[0]), newLocker(t, others[1]), newLocker(t, others[1])
	holder.must("SELECT pg_advisory_lock(1)")
	granted := waiter.start("SELECT pg_advisory_lock(1)")
	other.waiting(1)
	leader.Kill()
	other.want("f", "SELECT pg_try_advisory_lock(1)")
	other.want("1", "SELECT count(*) FROM pg_locks WHERE granted")
	holder.want("t", "SELECT pg_advisory_unlock(1)")
	soon(t, granted, lockLimit)
	leader.Start()
	leader.WaitReady()
	newLocker(t, leader).want("f", "SELECT pg_try_advisory_lock(1)")
}

// TestAdvisoryNodeKilled: the locks of a node that is gone are released, as soon
// as it is back or after a while.
func TestAdvisoryNodeKilled(t *testing.T) {
	c := harness.Start(t, 3)
	leader := c.Leader() // killed too: the next leader has to find out
	waiter := newLocker(t, c.Nodes[0])
	if leader == c.Nodes[0] {
		waiter = newLocker(t, c.Nodes[1])
	}
	newLocker(t, leader).must("SELECT pg_advisory_lock(1)")
	granted := waiter.start("SELECT pg_advisory_lock(1)")
	newLocker(t, leader).waiting(1)
	leader.Kill()
	t.Logf("released %v after the kill", soon(t, granted, lockLimit))
	leader.Start()
	leader.WaitReady()
	waiter.must("SELECT pg_advisory_unlock(1)")

	again := newLocker(t, leader)
	again.must("SELECT pg_advisory_lock(1)")
	granted = waiter.start("SELECT pg_advisory_lock(1)")
	again.waiting(1)
	leader.Kill()
	leader.Start()
	leader.WaitReady()
	t.Logf("released %v after the restart", soon(t, granted, 5*time.Second))

	// One that is stopped releases them before it ends.
	waiter.must("SELECT pg_advisory_unlock(1)")
	again = newLocker(t, leader)
	again.must("SELECT pg_advisory_lock(1)")
	leader.Stop()
	waiter.want("t", "SELECT pg_try_advisory_lock(1)")
}

// TestAdvisoryNodeFrozen: a node that did not answer for long lost its locks. It
// tells its clients when it is back, and what they write is refused.
func TestAdvisoryNodeFrozen(t *testing.T) {
	c := harness.Start(t, 3)
	frozen := c.Nodes[0]
	if c.Leader() == frozen {
		frozen = c.Nodes[1]
	}
	holder, idle, stranger := newLocker(t, frozen), newLocker(t, frozen), newLocker(t, frozen)
	holder.must("SELECT pg_advisory_lock(1)")
	idle.must("SELECT pg_advisory_lock_shared(2)")
	stranger.must("CREATE TABLE written(n int)")
	waiter := newLocker(t, c.Leader())
	granted := waiter.start("SELECT pg_advisory_lock(1)")
	stranger.waiting(1)
	if err := syscall.Kill(frozen.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Logf("released %v after the freeze", soon(t, granted, lockLimit))
	late := holder.start("INSERT INTO written VALUES (1)")
	if err := syscall.Kill(frozen.PID(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	frozen.WaitReady()
	var e *pgconn.PgError
	if err := <-late; !errors.As(err, &e) || e.Code != "57P01" || e.Severity != "FATAL" {
		t.Errorf("a write under a lost lock: %v", err)
	}
	stranger.want("0", "SELECT count(*) FROM written")
	idle.refused("57P01", "SELECT pg_sleep(30)")
	stranger.want("1", "SELECT 1")
	stranger.want("f", "SELECT pg_try_advisory_lock(1)")
	stranger.want("t", "SELECT pg_try_advisory_lock(2)")
}
