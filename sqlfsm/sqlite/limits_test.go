package sqlite

import (
	"errors"
	"testing"
	"time"

	"polyreme/pgsql/types"
)

const endlessSQL = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c) SELECT max(i) FROM c"

func TestStepLimit(t *testing.T) {
	c := openTemp(t)
	mustExec(t, c, "CREATE TABLE t(x)")
	c.SetVMStepLimit(10_000)
	for range 3 {
		_, err := rows(c, endlessSQL)
		if !errors.Is(err, ErrStepLimit) || Classify(err) != Deterministic {
			t.Fatalf("%v (%v)", err, Classify(err))
		}
	}
	must(t, c.BeginImmediate())
	err := c.Exec("INSERT INTO t WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c) SELECT i FROM c")
	if !errors.Is(err, ErrStepLimit) {
		t.Error(err)
	}
	if c.InTransaction() {
		t.Error("the transaction is still open")
	}
	wantRows(t, c, "0", "SELECT count(*) FROM t")
	c.SetVMStepLimit(0)
	wantRows(t, c, "10000", "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c LIMIT 10000) SELECT max(i) FROM c")
}

// TestStepLimitIsDeterministic checks that neither earlier runs of a cached
// statement nor the connection's history move the step at which the fuse blows.
func TestStepLimitIsDeterministic(t *testing.T) {
	const sql = "INSERT INTO t WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c LIMIT ?1) SELECT seen(i) FROM c"
	reached := func(warmups int64) int64 {
		c := openTemp(t)
		var last int64
		must(t, c.CreateFunction("seen", 1, Innocuous, func(ctx *Context, a *Args) {
			last = a.Int64(0)
			ctx.ResultInt64(last)
		}))
		mustExec(t, c, "CREATE TABLE t(x)")
		c.SetVMStepLimit(20_000)
		for i := range warmups {
			if _, err := rows(c, sql, types.IntValue(7+13*i)); err != nil {
				t.Fatal(err)
			}
		}
		_, err := rows(c, sql, types.IntValue(1_000_000))
		if !errors.Is(err, ErrStepLimit) {
			t.Fatal(err)
		}
		return last
	}
	want := reached(0)
	for _, warmups := range []int64{1, 2, 7} {
		if got := reached(warmups); got != want {
			t.Errorf("after %d runs the fuse blew at row %d, fresh at %d", warmups, got, want)
		}
	}
}

func TestInterrupt(t *testing.T) {
	c := openTemp(t)
	running := make(chan struct{})
	once := false
	must(t, c.CreateFunction("tell", 1, pure, func(ctx *Context, a *Args) {
		if !once {
			once = true
			close(running)
		}
		ctx.ResultArg(a, 0)
	}))
	go func() {
		<-running
		c.Interrupt()
	}()
	start := time.Now()
	_, err := rows(c, "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT tell(i)+1 FROM c) SELECT max(i) FROM c")
	if Classify(err) != Interrupted || !errors.Is(err, ErrInterrupted) {
		t.Errorf("%v (%v) after %v", err, Classify(err), time.Since(start))
	}
	if _, err := rows(c, "SELECT 1"); Classify(err) != Interrupted {
		t.Errorf("an interrupt that came between statements was lost: %v", err)
	}
	c.ClearInterrupt()
	wantRows(t, c, "1", "SELECT 1")
}

func TestMemoryUsed(t *testing.T) {
	c := openTemp(t)
	mustExec(t, c, accountsSQL)
	if got := c.MemoryUsed(); got < 100_000 || got > 50_000_000 {
		t.Errorf("memory used %d", got)
	}
}
