package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/integration/harness"
)

const countTemporary = "SELECT count(*) FROM pg_class WHERE relpersistence = 't'"

// swept waits until no temporary relation is left, and says how long it took.
func (l *locker) swept() time.Duration {
	l.t.Helper()
	began := time.Now()
	for l.must(countTemporary) != "0" {
		if time.Since(began) > lockLimit {
			l.t.Fatalf("temporary relations are left: %s", l.must("SELECT string_agg(relname, ',') FROM pg_class WHERE relpersistence = 't'"))
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(began)
}

// TestTemporaryTablesAreOfOneSession: sessions on several nodes have tables of the
// same name, and neither see nor touch each other's.
func TestTemporaryTablesAreOfOneSession(t *testing.T) {
	c := harness.Start(t, 3)
	a, b, d := newLocker(t, c.Nodes[0]), newLocker(t, c.Nodes[1]), newLocker(t, c.Nodes[2])
	a.must("CREATE TABLE shared(n int); INSERT INTO shared VALUES (1)")
	for i, l := range []*locker{a, b, d} {
		l.must(fmt.Sprintf("CREATE TEMP TABLE mine(id serial, n int); INSERT INTO mine(n) VALUES (%d)", i))
	}
	a.must("CREATE TEMP TABLE shared(n int)")
	for i, l := range []*locker{a, b, d} {
		l.want(fmt.Sprint(i), "SELECT n FROM mine")
	}
	a.want("0", "SELECT count(*) FROM shared")
	b.want("1", "SELECT count(*) FROM shared")
	b.want("t", "SELECT pg_is_other_temp_schema(relnamespace) FROM pg_class WHERE relname = 'shared' AND relpersistence = 't'")
	b.want("0", "SELECT count(*) FROM information_schema.tables WHERE table_schema LIKE 'pg\\_temp%' AND table_name = 'shared'")
	b.want("0", "SELECT count(*) FROM pg_locks")

	others := "pg_temp_" + a.must("SELECT substr(nspname, 9) FROM pg_namespace WHERE oid = pg_my_temp_schema()") + ".mine"
	for _, sql := range []string{
		"SELECT * FROM %s", "INSERT INTO %s(n) VALUES (9)", "UPDATE %s SET n = 9", "DELETE FROM %s", "TRUNCATE %s",
		"ALTER TABLE %s ADD COLUMN x int", "CREATE INDEX ON %s(n)", "CREATE VIEW v AS SELECT * FROM %s",
		"CREATE TABLE copied AS SELECT * FROM %s", "COPY %s TO STDOUT", "EXPLAIN SELECT * FROM %s",
	} {
		b.refused("0A000", fmt.Sprintf(sql, others))
	}
	b.refused("0A000", "SELECT nextval('"+others+"_id_seq')")
	b.refused("42P16", "CREATE TABLE "+others+"2(n int)")
	b.refused("42P01", "SELECT * FROM pg_temp.shared")
	b.must("SET search_path = " + others[:len(others)-len(".mine")] + ", public")
	b.want("1", "SELECT n FROM mine")
	b.must("RESET search_path")

	// Sessions of one node share plans, not tables.
	neighbour := newLocker(t, c.Nodes[0])
	neighbour.must("CREATE TEMP TABLE mine(n int); INSERT INTO mine(n) VALUES (7)")
	for range 3 {
		a.want("0", "SELECT n FROM mine")
		neighbour.want("7", "SELECT n FROM mine")
		a.want("0", "SELECT n FROM mine WHERE n < 100")
		neighbour.want("7", "SELECT n FROM mine WHERE n < 200")
	}
	neighbour.must("DISCARD ALL")
	b.must("DROP TABLE " + others)
	a.refused("42P01", "SELECT n FROM mine")

	// What releases the client's locks leaves it its schema, be it empty.
	const schema = "SELECT relnamespace::regnamespace FROM pg_class WHERE oid = 'mine'::regclass"
	a.must("DISCARD ALL")
	a.must("CREATE TEMP TABLE mine(n int)")
	own := a.must(schema)
	a.must("DISCARD TEMP; SELECT pg_advisory_lock(1)")
	a.must("SELECT pg_advisory_unlock_all()")
	neighbour.Close(context.Background())
	neighbour = newLocker(t, c.Nodes[0])
	neighbour.must("CREATE TEMP TABLE mine(n int)")
	if got := neighbour.must(schema); got == own {
		t.Errorf("two sessions own %s", got)
	}
	neighbour.Close(context.Background())
	a.must("CREATE TEMP TABLE mine(n int)")
	a.want(own, schema)

	// Each ends in its way, and its schema serves the next.
	a.must("DISCARD ALL")
	a.refused("42P01", "SELECT n FROM mine")
	a.must("CREATE TEMP TABLE mine(n int)")
	b.Close(context.Background())
	a.Close(context.Background())
	d.want("2", "SELECT n FROM mine")
	d.must("DISCARD TEMP")
	t.Logf("gone %v after the sessions", d.swept())
	e := newLocker(t, c.Nodes[0])
	e.must("CREATE TEMP TABLE mine(n int)")
	e.want("0", "SELECT count(*) FROM mine")
	e.want("t", "SELECT count(*) <= 5 FROM pg_namespace WHERE nspname LIKE 'pg\\_temp%'")
}

// TestTemporaryTablesOutliveTheLeader: those of a session on another node.
func TestTemporaryTablesOutliveTheLeader(t *testing.T) {
	c := harness.Start(t, 3)
	leader := c.Leader()
	at := c.Nodes[0]
	if at == leader {
		at = c.Nodes[1]
	}
	l := newLocker(t, at)
	l.must("CREATE TEMP TABLE mine(n int) ON COMMIT DELETE ROWS")
	l.must("BEGIN; INSERT INTO mine VALUES (1)")
	leader.Kill()
	l.want("1", "SELECT count(*) FROM mine")
	l.must("COMMIT")
	l.want("0", "SELECT count(*) FROM mine")
	l.must("CREATE TEMP TABLE another(n int); INSERT INTO another VALUES (2)")
	l.want("2", "SELECT n FROM another")
}

// TestTemporaryTablesOfDeadNode: what the sessions of a node that was killed had is
// dropped, as soon as it is back or after a while.
func TestTemporaryTablesOfDeadNode(t *testing.T) {
	c := harness.Start(t, 3)
	leader := c.Leader() // killed too: the next leader has to find out
	var others []*locker
	for _, n := range c.Nodes {
		if n != leader {
			others = append(others, newLocker(t, n))
		}
	}
	dead, living := newLocker(t, leader), others[0]
	dead.must("CREATE TEMP TABLE mine(id serial PRIMARY KEY, n int); CREATE TEMP VIEW over AS SELECT * FROM mine")
	dead.must("BEGIN; CREATE TEMP TABLE uncommitted(n int)")
	living.must("CREATE TEMP TABLE mine(n int)")
	living.must("CREATE TABLE kept(n int)")
	leader.Kill()
	living.must("INSERT INTO mine VALUES (1)")
	for began := time.Now(); living.must(countTemporary) != "1"; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > lockLimit {
			t.Fatalf("left: %s", living.must("SELECT string_agg(relname, ',') FROM pg_class WHERE relpersistence = 't'"))
		}
	}
	living.want("1", "SELECT n FROM mine")
	others[1].want("1", countTemporary)
	leader.Start()
	leader.WaitReady()

	again := newLocker(t, leader)
	again.want("1", countTemporary)
	again.must("CREATE TEMP TABLE mine(n int)")
	living.must("DISCARD TEMP")
	leader.Kill()
	leader.Start()
	leader.WaitReady()
	t.Logf("dropped %v after the restart", living.swept())
	living.want("0", "SELECT count(*) FROM kept")

	// One that is stopped drops them before it ends.
	again = newLocker(t, leader)
	again.must("CREATE TEMP TABLE mine(n int)")
	leader.Stop()
	living.want("0", countTemporary)
}

// TestTemporaryTablesOfFrozenNode: a session whose temporary tables were dropped
// because its node did not answer cannot go on.
func TestTemporaryTablesOfFrozenNode(t *testing.T) {
	c := harness.Start(t, 3)
	frozen := c.Nodes[0]
	if c.Leader() == frozen {
		frozen = c.Nodes[1]
	}
	owner, stranger := newLocker(t, frozen), newLocker(t, c.Leader())
	stranger.must("CREATE TABLE written(n int)")
	owner.must("CREATE TEMP TABLE mine(n int)")
	if err := syscall.Kill(frozen.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Logf("dropped %v after the freeze", stranger.swept())
	stranger.must("CREATE TEMP TABLE mine(n int)") // in the schema that the other believes is its own
	late := owner.start("INSERT INTO written VALUES (1)")
	if err := syscall.Kill(frozen.PID(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	frozen.WaitReady()
	var e *pgconn.PgError
	if err := <-late; !errors.As(err, &e) || e.Code != "57P01" || e.Severity != "FATAL" {
		t.Errorf("a write of a session without its schema: %v", err)
	}
	stranger.want("0", "SELECT count(*) FROM written")
	stranger.want("0", "SELECT count(*) FROM mine")
	stranger.want("1", countTemporary)
}

// TestTemporaryTablesConcurrently: clients on all nodes load rows through temporary
// tables, as applications do. They do not meet for the schema, and none is lost.
func TestTemporaryTablesConcurrently(t *testing.T) {
	const clients, rounds = 6, 5
	c := harness.Start(t, 3)
	c.Nodes[0].MustQuery("CREATE TABLE totals(id int PRIMARY KEY, n int NOT NULL)")
	var running sync.WaitGroup
	for i := range clients {
		l := newLocker(t, c.Nodes[i%3])
		running.Go(func() {
			for round := range rounds {
				loadThroughTemporary(l, 1000*i+10*round)
			}
			l.Close(context.Background())
		})
	}
	running.Wait()
	newLocker(t, c.Nodes[1]).swept()
	same := ""
	for _, n := range c.Nodes {
		l := newLocker(t, n)
		l.want(fmt.Sprint(10*clients*rounds), "SELECT sum(n) FROM totals")
		state := l.must(`SELECT (SELECT string_agg(oid || relname, ',' ORDER BY oid) FROM pg_class),
			(SELECT sum(attrelid::int8 * attnum) FROM pg_attribute), (SELECT sum(objid::int8) || ' ' || sum(refobjid::int8) FROM pg_depend),
			(SELECT string_agg(oid || nspname, ',' ORDER BY oid) FROM pg_namespace)`)
		if same == "" {
			same = state
		}
		if state != same {
			t.Errorf("the catalog of %s is %s, not %s", n.Name, state, same)
		}
	}
}

// loadThroughTemporary loads ten rows in one block.
func loadThroughTemporary(l *locker, first int) {
	for _, sql := range []string{
		"BEGIN", "CREATE TEMP TABLE staged(LIKE totals INCLUDING DEFAULTS) ON COMMIT DROP",
		fmt.Sprintf("INSERT INTO staged SELECT %d + g, 1 FROM generate_series(1, 10) g", first),
		"INSERT INTO totals SELECT * FROM staged ON CONFLICT (id) DO UPDATE SET n = totals.n + excluded.n",
		"COMMIT",
	} {
		if _, err := l.run(sql); err != nil {
			l.t.Errorf("%s: %v", sql, err)
			l.run("ROLLBACK")
			return
		}
	}
}
