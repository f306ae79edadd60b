package drivers_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
)

// testPgxHelpers: BeginFunc and BeginTxFunc, nested ones, batches and COPY inside.
func testPgxHelpers(t *testing.T, addrs []string) {
	ctx, done := limited(t)
	defer done()
	for _, mode := range pgxModes {
		t.Run(mode.String(), func(t *testing.T) {
			conns := make([]*pgx.Conn, 2)
			for i := range conns {
				config, err := pgx.ParseConfig(dsn(addrs[i]))
				if err != nil {
					t.Fatal(err)
				}
				config.DefaultQueryExecMode = mode
				if conns[i], err = pgx.ConnectConfig(ctx, config); err != nil {
					t.Fatal(err)
				}
				defer conns[i].Close(ctx)
			}
			must(ctx, t, conns[0], "DROP TABLE IF EXISTS pgx_tx")
			must(ctx, t, conns[0], "CREATE TABLE pgx_tx (id int PRIMARY KEY, n int NOT NULL)")
			h := pgxHelpers{t: t, c: conns[0], other: conns[1]}
			for _, step := range []func(context.Context){h.commits, h.nests, h.batches, h.copies, h.levels, h.conflicts} {
				step(ctx)
			}
		})
	}
}

// pgxHelpers tests one connection with another, to another node, beside it.
type pgxHelpers struct {
	t        *testing.T
	c, other *pgx.Conn
}

// sees checks the rows that the other node has, and that the connection is idle.
func (h *pgxHelpers) sees(ctx context.Context, when, want string) {
	h.t.Helper()
	var got string
	err := h.other.QueryRow(ctx, "SELECT coalesce(string_agg(id || '=' || n, ' ' ORDER BY id), '') FROM pgx_tx").Scan(&got)
	if err != nil || got != want {
		h.t.Errorf("%s the other node has %q (%v), want %q", when, got, err, want)
	}
	if status := h.c.PgConn().TxStatus(); status != 'I' {
		h.t.Errorf("%s the connection is in state %c", when, status)
	}
}

func insert(ctx context.Context, tx pgx.Tx, id, n int) error {
	_, err := tx.Exec(ctx, "INSERT INTO pgx_tx VALUES ($1, $2)", id, n)
	return err
}

func (h *pgxHelpers) commits(ctx context.Context) {
	if err := pgx.BeginFunc(ctx, h.c, func(tx pgx.Tx) error { return insert(ctx, tx, 1, 10) }); err != nil {
		h.t.Error(err)
	}
	h.sees(ctx, "after BeginFunc", "1=10")
	err := pgx.BeginFunc(ctx, h.c, func(tx pgx.Tx) error {
		return errors.Join(insert(ctx, tx, 2, 20), errGivenUp)
	})
	if !errors.Is(err, errGivenUp) {
		h.t.Errorf("BeginFunc answers %v", err)
	}
	h.sees(ctx, "after an error of its own", "1=10")
	err = pgx.BeginFunc(ctx, h.c, func(tx pgx.Tx) error {
		return errors.Join(insert(ctx, tx, 2, 20), insert(ctx, tx, 1, 11))
	})
	if code(err) != "23505" {
		h.t.Errorf("a duplicate: %v", err)
	}
	h.sees(ctx, "after an error of the server's", "1=10")
	err = pgx.BeginFunc(ctx, h.c, func(tx pgx.Tx) error { // forgets the error
		insert(ctx, tx, 2, 20)
		insert(ctx, tx, 1, 11)
		return nil
	})
	if !errors.Is(err, pgx.ErrTxCommitRollback) {
		h.t.Errorf("COMMIT of a failed block: %v", err)
	}
	h.sees(ctx, "after COMMIT of a failed block", "1=10")
}

func (h *pgxHelpers) nests(ctx context.Context) {
	err := pgx.BeginFunc(ctx, h.c, func(tx pgx.Tx) error {
		if err := insert(ctx, tx, 2, 20); err != nil {
			return err
		}
		err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
			if err := insert(ctx, inner, 3, 30); err != nil {
				return err
			}
			return pgx.BeginFunc(ctx, inner, func(innermost pgx.Tx) error {
				return errors.Join(insert(ctx, innermost, 4, 40), insert(ctx, innermost, 1, 11))
			})
		})
		if code(err) != "23505" {
			return fmt.Errorf("the nested one answers: %w", err)
		}
		return pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error { return insert(ctx, inner, 5, 50) })
	})
	if err != nil {
		h.t.Error(err)
	}
	h.sees(ctx, "after nested transactions", "1=10 2=20 5=50")
	err = pgx.BeginFunc(ctx, h.c, func(tx pgx.Tx) error {
		err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error { return insert(ctx, inner, 6, 60) })
		return errors.Join(err, errGivenUp)
	})
	if !errors.Is(err, errGivenUp) {
		h.t.Error(err)
	}
	h.sees(ctx, "after the outer one failed", "1=10 2=20 5=50")
}

func (h *pgxHelpers) batches(ctx context.Context) {
	err := pgx.BeginFunc(ctx, h.c, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		var n int
		batch.Queue("UPDATE pgx_tx SET n = n + $1", 1)
		batch.Queue("SELECT sum(n) FROM pgx_tx").QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
		batch.Queue("DELETE FROM pgx_tx WHERE id = $1", 5)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		if n != 83 {
			h.t.Errorf("in the batch the sum is %d", n)
		}
		err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
			batch := &pgx.Batch{}
			batch.Queue("INSERT INTO pgx_tx VALUES ($1, 0)", 7)
			batch.Queue("INSERT INTO pgx_tx VALUES ($1, 0)", 1)
			batch.Queue("INSERT INTO pgx_tx VALUES ($1, 0)", 8)
			return inner.SendBatch(ctx, batch).Close()
		})
		if code(err) != "23505" {
			h.t.Errorf("the batch that fails: %v", err)
		}
		return insert(ctx, tx, 9, 90)
	})
	if err != nil {
		h.t.Error(err)
	}
	h.sees(ctx, "after batches", "1=11 2=21 9=90")
}

func (h *pgxHelpers) copies(ctx context.Context) {
	in := func(tx pgx.Tx, ids ...int) error {
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"pgx_tx"}, []string{"id", "n"}, pgx.CopyFromSlice(len(ids), func(i int) ([]any, error) {
			return []any{ids[i], 0}, nil
		}))
		return err
	}
	err := pgx.BeginFunc(ctx, h.c, func(tx pgx.Tx) error {
		if err := in(tx, 10, 11); err != nil {
			return err
		}
		err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error { return in(inner, 12, 1) })
		if code(err) != "23505" {
			h.t.Errorf("a duplicate in COPY: %v", err)
		}
		_, err = tx.Exec(ctx, "DELETE FROM pgx_tx WHERE id IN (9, 11)")
		return err
	})
	if err != nil {
		h.t.Error(err)
	}
	h.sees(ctx, "after COPY", "1=11 2=21 10=0")
}

func (h *pgxHelpers) levels(ctx context.Context) {
	for _, level := range []pgx.TxIsoLevel{"", pgx.ReadUncommitted, pgx.ReadCommitted, pgx.RepeatableRead, pgx.Serializable} {
		for _, access := range []pgx.TxAccessMode{pgx.ReadWrite, pgx.ReadOnly} {
			var got, readOnly string
			err := pgx.BeginTxFunc(ctx, h.c, pgx.TxOptions{IsoLevel: level, AccessMode: access}, func(tx pgx.Tx) error {
				err := errors.Join(tx.QueryRow(ctx, "SHOW transaction_isolation").Scan(&got), tx.QueryRow(ctx, "SHOW transaction_read_only").Scan(&readOnly))
				if access == pgx.ReadOnly && err == nil {
					if err := insert(ctx, tx, 100, 0); code(err) != "25006" {
						h.t.Errorf("a write in a read-only transaction: %v", err)
					}
					return errGivenUp
				}
				return err
			})
			want := string(level)
			if level == "" {
				want = "read committed"
			}
			if got != want || (readOnly == "on") != (access == pgx.ReadOnly) {
				h.t.Errorf("%s %s: level %s, read only %s (%v)", level, access, got, readOnly, err)
			}
		}
	}
	h.sees(ctx, "after all levels", "1=11 2=21 10=0")
}

// conflicts: a row that was read is changed by another node before it is written.
func (h *pgxHelpers) conflicts(ctx context.Context) {
	for _, level := range []pgx.TxIsoLevel{pgx.RepeatableRead, pgx.Serializable} {
		add := func(disturb bool) error {
			return pgx.BeginTxFunc(ctx, h.c, pgx.TxOptions{IsoLevel: level}, func(tx pgx.Tx) error {
				var n int
				if err := tx.QueryRow(ctx, "SELECT n FROM pgx_tx WHERE id = $1", 1).Scan(&n); err != nil {
					return err
				}
				if disturb {
					must(ctx, h.t, h.other, "UPDATE pgx_tx SET n = n + 100 WHERE id = $1", 1)
				}
				_, err := tx.Exec(ctx, "UPDATE pgx_tx SET n = $1 WHERE id = $2", n+1, 1)
				return err
			})
		}
		if err := add(true); code(err) != "40001" {
			h.t.Errorf("a lost update at %s: %v", level, err)
		}
		if err := add(false); err != nil {
			h.t.Errorf("again: %v", err)
		}
	}
	h.sees(ctx, "after conflicts", "1=213 2=21 10=0")
}
