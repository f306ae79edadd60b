package sqlfsm

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"

	"polyreme/pgsql/types"
	"polyreme/raftlog"
)

// Money moves between accounts while readers, workspaces, checkpoints and
// snapshot streams go on: everybody always sees the same sum.
func TestEverybodySeesTheSameSum(t *testing.T) {
	m := newMachine(t)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	config := m.config()
	config.CheckpointBytes, config.TruncateBytes, config.Readers = 128<<10, 2<<20, 4
	m.open(config)
	const accounts, transfers = 200, 1500
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 INTEGER, c3 TEXT) STRICT", "CREATE INDEX i1 ON t1(c2)",
		fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d) INSERT INTO t1 SELECT i, 100, hex(zeroblob(100)) FROM n", accounts))
	const sum = "SELECT sum(c2) FROM t1"
	want := fmt.Sprint(accounts * 100)

	stop := make(chan struct{})
	var others sync.WaitGroup
	again := func(run func() error) {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := run(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 3 {
		again(func() error {
			r, err := m.Reader(context.Background())
			if err != nil {
				return err
			}
			defer r.Release()
			for range 3 {
				if got, err := r.Conn.QueryInt64(sum); err != nil || fmt.Sprint(got) != want {
					return fmt.Errorf("reader at %d: %d, %w", r.Index, got, err)
				}
			}
			return nil
		})
	}
	for range 2 {
		again(func() error {
			w, err := m.Workspace(context.Background(), WorkspaceConfig{})
			if err != nil {
				return err
			}
			defer w.Close()
			ops := transfer(rand.New(rand.NewPCG(uint64(w.Index), 9)), accounts)
			for i := range ops {
				if _, err := w.Run(&ops[i]); err != nil {
					return err
				}
			}
			if got, err := w.Conn.QueryInt64(sum); err != nil || fmt.Sprint(got) != want {
				return fmt.Errorf("workspace at %d: %d, %w", w.Index, got, err)
			}
			return nil
		})
	}
	again(func() error {
		_, size, pages, err := m.OpenImage()
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, pages)
		if err == nil && n != size {
			err = fmt.Errorf("image of %d bytes has %d", size, n)
		}
		if closed := pages.Close(); err == nil {
			err = closed
		}
		return err
	})
	rng := rand.New(rand.NewPCG(7, 8))
	for range transfers {
		m.apply(&raftlog.Entry{Operations: transfer(rng, accounts)}, &raftlog.Entry{Operations: transfer(rng, accounts)})
	}
	close(stop)
	others.Wait()
	m.want(want, sum)
	m.want("ok", "PRAGMA integrity_check")
	m.reopen()
	m.want(want, sum)
}

// transfer moves one unit between two accounts.
func transfer(rng *rand.Rand, accounts int64) []raftlog.Operation {
	move := func(by int64) raftlog.Operation {
		return raftlog.Operation{
			Kind: raftlog.OpExec, SQL: "UPDATE t1 SET c2 = c2 + ?2, c3 = c3 || 'x' WHERE c1 = ?1", Counts: true,
			Params: []types.Value{types.IntValue(1 + rng.Int64N(accounts)), types.IntValue(by)},
		}
	}
	return []raftlog.Operation{move(1), move(-1)}
}
