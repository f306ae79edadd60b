package drivers_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"polyreme/integration/harness"
)

// TestPgxTemporary: rows are loaded through temporary tables, again and again over
// one connection, in each way that pgx sends statements.
func TestPgxTemporary(t *testing.T) {
	ctx, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	n := harness.Start(t, 1).Nodes[0]
	for _, mode := range pgxModes {
		t.Run(mode.String(), func(t *testing.T) {
			config, err := pgx.ParseConfig(n.DSN())
			if err != nil {
				t.Fatal(err)
			}
			config.DefaultQueryExecMode = mode
			c, err := pgx.ConnectConfig(ctx, config)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close(ctx)
			must(ctx, t, c, "DROP TABLE IF EXISTS loaded")
			must(ctx, t, c, "CREATE TABLE loaded(id int PRIMARY KEY, n int NOT NULL DEFAULT 1, note text)")
			for round := range 4 {
				if err := pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error { return loadStaged(ctx, tx, 0, round) }); err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
			}
			var rows, sum int
			var note string
			if err := c.QueryRow(ctx, "SELECT count(*), sum(n), max(note) FROM loaded").Scan(&rows, &sum, &note); err != nil {
				t.Fatal(err)
			}
			if rows != 100 || sum != 400 || note != "round 3" {
				t.Errorf("%d rows, sum %d, %s", rows, sum, note)
			}
		})
	}
}

// TestPgxTemporaryBatches: a batch is one transaction. Batches that meet in the schema
// are planned again.
func TestPgxTemporaryBatches(t *testing.T) {
	const clients, rounds = 4, 8
	ctx, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	n := harness.Start(t, 1).Nodes[0]
	n.MustQuery("CREATE TABLE loaded(id int, n int)")
	config, err := pgx.ParseConfig(n.DSN())
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // nothing is prepared before the batch
	var running sync.WaitGroup
	for client := range clients {
		running.Go(func() {
			c, err := pgx.ConnectConfig(ctx, config)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close(ctx)
			for round := range rounds {
				var b pgx.Batch
				b.Queue("CREATE TEMP TABLE staged(id serial, n int) ON COMMIT DROP")
				b.Queue(fmt.Sprintf("CREATE TEMP TABLE kept%d(id serial)", round))
				b.Queue("INSERT INTO staged(n) VALUES (1), (2), (3)")
				b.Queue("DELETE FROM staged WHERE n = 2")
				b.Queue("INSERT INTO loaded SELECT * FROM staged")
				if round%2 == 1 { // what the client is shown must still be so at the end
					b.Queue("SELECT n FROM staged")
				}
				if err := c.SendBatch(ctx, &b).Close(); err != nil {
					t.Errorf("client %d, round %d: %v", client, round, err)
				}
			}
			if _, err := c.Exec(ctx, "DISCARD TEMP"); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if got, want := n.MustQuery("SELECT count(*) || ' ' || sum(n) || ' ' || max(id) FROM loaded"), fmt.Sprintf("%d %d 3", 2*clients*rounds, 4*clients*rounds); got != want {
		t.Errorf("loaded %s, want %s", got, want)
	}
	if got := n.MustQuery("SELECT count(*) FROM pg_class WHERE relpersistence = 't'"); got != "0" {
		t.Errorf("%s temporary relations are left", got)
	}
}

// TestPgxTemporaryBlocks: clients load rows at the same time, each in blocks.
func TestPgxTemporaryBlocks(t *testing.T) {
	const clients, rounds = 4, 6
	ctx, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	c := harness.Start(t, 3)
	c.Nodes[0].MustQuery("CREATE TABLE loaded(id int PRIMARY KEY, n int NOT NULL DEFAULT 1, note text)")
	var running sync.WaitGroup
	for client := range clients {
		running.Go(func() {
			conn, err := pgx.Connect(ctx, c.Nodes[client%3].DSN())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close(ctx)
			for round := range rounds {
				if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return loadStaged(ctx, tx, 1000*client, round) }); err != nil {
					t.Errorf("client %d, round %d: %v", client, round, err)
				}
			}
		})
	}
	running.Wait()
	for _, n := range c.Nodes {
		if got, want := n.MustQuery("SELECT count(*) || ' ' || sum(n) || ' ' || count(DISTINCT note) FROM loaded"), fmt.Sprintf("%d %d 1", 100*clients, 100*clients*rounds); got != want {
			t.Errorf("%s has loaded %s, want %s", n.Name, got, want)
		}
	}
}

// loadStaged loads 100 rows through a temporary table that goes with the block.
func loadStaged(ctx context.Context, tx pgx.Tx, first, round int) error {
	if _, err := tx.Exec(ctx, "CREATE TEMP TABLE staged(LIKE loaded INCLUDING DEFAULTS) ON COMMIT DROP"); err != nil {
		return err
	}
	source := pgx.CopyFromSlice(100, func(i int) ([]any, error) { return []any{first + i, fmt.Sprint("round ", round)}, nil })
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"staged"}, []string{"id", "note"}, source); err != nil {
		return err
	}
	var staged int
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM staged WHERE id >= $1", first+50).Scan(&staged); err != nil || staged != 50 {
		return fmt.Errorf("%d rows staged: %w", staged, err)
	}
	tag, err := tx.Exec(ctx, `INSERT INTO loaded SELECT * FROM staged WHERE id >= $1
		ON CONFLICT (id) DO UPDATE SET n = loaded.n + excluded.n, note = excluded.note`, 0)
	if err == nil && tag.RowsAffected() != 100 {
		err = fmt.Errorf("%s", tag)
	}
	return err
}
