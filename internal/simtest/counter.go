package simtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// counter is a row that clients count up under an advisory lock, each with a read
// and then a write that does not look: two that had the lock at the same time
// would lose an increment.
type counter struct {
	mu    sync.Mutex // guards what follows
	acked int
	doubt int // writes of which nothing is known
}

// count counts through one member until ctx ends.
func (k *counter) count(ctx context.Context, c *cluster, m *member, inBlock bool, random *rand.Rand) {
	var conn *pgconn.PgConn
	for ctx.Err() == nil {
		limited, done := context.WithTimeout(ctx, 30*time.Second)
		var err error
		if conn == nil || conn.IsClosed() {
			conn, err = c.connect(limited, m)
		}
		if err == nil {
			err = k.once(limited, conn, inBlock, time.Duration(random.Int64N(int64(holdMax))))
		}
		done()
		if err != nil {
			if conn != nil {
				conn.Close(context.Background()) // and with it the lock
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if conn != nil {
		conn.Close(context.Background())
	}
}

// holdMax is how long a client has the lock before it writes: often long enough
// for its node to be cut off, and some times to be given up.
const holdMax = 2 * holderSilence

// once counts one, hold after it has read.
func (k *counter) once(ctx context.Context, conn *pgconn.PgConn, inBlock bool, hold time.Duration) error {
	begin, end := "SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock(1)"
	if inBlock {
		begin, end = "BEGIN; SELECT pg_advisory_xact_lock(1)", "COMMIT"
	}
	if _, err := conn.Exec(ctx, begin).ReadAll(); err != nil {
		return err
	}
	results, err := conn.Exec(ctx, "SELECT n FROM counted").ReadAll()
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(string(results[0].Rows[0][0]))
	if err != nil {
		return err
	}
	time.Sleep(hold)
	write := fmt.Sprintf("UPDATE counted SET n = %d", n+1)
	if inBlock {
		if _, err := conn.Exec(ctx, write).ReadAll(); err != nil {
			return err
		}
		_, err = conn.Exec(ctx, end).ReadAll()
		k.note(err)
		return err
	}
	_, err = conn.Exec(ctx, write).ReadAll()
	k.note(err)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, end).ReadAll()
	return err
}

// note records the outcome of a write.
func (k *counter) note(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var refused *pgconn.PgError
	switch {
	case err == nil:
		k.acked++
	case errors.As(err, &refused) && refused.Code != "08007":
	default:
		k.doubt++
	}
}

// checkCounter makes sure that no increment was lost.
func (c *cluster) checkCounter(k *counter) {
	c.t.Helper()
	n := c.number("SELECT n FROM counted")
	c.t.Logf("counted to %d: %d acknowledged, %d in doubt", n, k.acked, k.doubt)
	if n < k.acked || n > k.acked+k.doubt {
		c.t.Errorf("the counter is %d after %d increments, %d in doubt", n, k.acked, k.doubt)
	}
}

// number asks the first member for one number.
func (c *cluster) number(sql string) int {
	c.t.Helper()
	return c.numberOn(c.members[0], sql)
}

func (c *cluster) numberOn(m *member, sql string) int {
	c.t.Helper()
	ctx, done := context.WithTimeout(context.Background(), readyLimit)
	defer done()
	conn, err := c.connect(ctx, m)
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close(ctx)
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		c.t.Fatalf("%s: %v", sql, err)
	}
	n, err := strconv.Atoi(string(results[0].Rows[0][0]))
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}
