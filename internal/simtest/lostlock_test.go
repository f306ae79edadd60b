package simtest

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestLostLockWritesNothing: a client whose node is cut off loses its lock to
// another. What it writes meanwhile reaches the leader when the network is whole
// again, perhaps before its own node knows that the lock is lost, and is refused.
func TestLostLockWritesNothing(t *testing.T) {
	template := t.TempDir()
	synctest.Test(t, func(t *testing.T) { makeTemplate(t, template) })
	for i := range nodes { // one of them leads
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			dir := t.TempDir()
			if err := copyDir(template, dir); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { loseLock(t, dir, i) })
		})
	}
}

// loseLock cuts member i off.
func loseLock(t *testing.T, dir string, i int) {
	c := newCluster(t, dir, nodes)
	defer c.close()
	for _, m := range c.members {
		c.start(m)
	}
	c.number("SELECT n FROM counted")
	cut, other := c.members[i], c.members[(i+1)%nodes]
	loser, winner := c.session(cut), c.session(other)
	loser.must("SELECT pg_advisory_lock(1)")
	c.net.Isolate(cut.name, "n0", "n1", "n2")
	late := make(chan error, 1)
	go func() {
		_, err := loser.Exec(context.Background(), "INSERT INTO counted VALUES (100)").ReadAll()
		late <- err
	}()
	winner.must("SELECT pg_advisory_lock(1)")
	winner.must("UPDATE counted SET n = n + 1")
	time.Sleep(15 * time.Second) // the longer, the later raft tries the next append
	c.net.Heal()
	err := <-late
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Severity != "FATAL" || refused.Code != "57P01" {
		t.Errorf("the loser was told %v", err)
	}
	if got := c.number("SELECT sum(n) FROM counted"); got != 1 {
		t.Errorf("the sum is %d, want 1", got)
	}
}

// session is a client of one member.
type session struct {
	*pgconn.PgConn
	t *testing.T
}

func (c *cluster) session(m *member) *session {
	c.t.Helper()
	conn, err := c.connect(context.Background(), m)
	if err != nil {
		c.t.Fatal(err)
	}
	return &session{conn, c.t}
}

func (s *session) must(sql string) {
	s.t.Helper()
	ctx, done := context.WithTimeout(context.Background(), time.Minute)
	defer done()
	if _, err := s.Exec(ctx, sql).ReadAll(); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}
