// Cockroach: the retry loops of cockroach-go for pgx and database/sql, unchanged.
package main

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/cockroach-go/v2/crdb"
	crdbpgx "github.com/cockroachdb/cockroach-go/v2/crdb/crdbpgxv5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/lib/pq" // the driver "postgres"

	"orm/check"
)

const (
	clients    = 6  // of each of the libraries, on all nodes
	increments = 15 // by each
)

func main() {
	ctx, done := check.Context()
	defer done()
	check.Elsewhere(ctx, check.Addrs()[0], "DROP TABLE IF EXISTS crdb_tx; CREATE TABLE crdb_tx (id int PRIMARY KEY, n int NOT NULL); INSERT INTO crdb_tx VALUES (1, 0), (2, 0)")
	var libraries []library
	for _, addr := range check.Addrs() {
		pool, err := pgxpool.New(ctx, check.DSN(addr))
		check.NoError(err)
		defer pool.Close()
		db, err := sql.Open("postgres", check.DSN(addr))
		check.NoError(err)
		defer db.Close()
		libraries = append(libraries, byPgx(pool), byDatabaseSQL(db))
	}
	for _, run := range libraries[:2] {
		retries(ctx, run)
		rollsBack(ctx, run)
	}
	contention(ctx, libraries)
	check.Done()
}

// queries are what a transaction of either library offers.
type queries struct {
	get func(query string, to any) error
	do  func(query string, args ...any) error
}

// library runs a transaction at SERIALIZABLE in the library's retry loop.
type library func(ctx context.Context, fn func(queries) error) error

func byPgx(pool *pgxpool.Pool) library {
	return func(ctx context.Context, fn func(queries) error) error {
		return crdbpgx.ExecuteTx(ctx, pool, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
			return fn(queries{
				get: func(query string, to any) error { return tx.QueryRow(ctx, query).Scan(to) },
				do: func(query string, args ...any) error {
					_, err := tx.Exec(ctx, query, args...)
					return err
				},
			})
		})
	}
}

func byDatabaseSQL(db *sql.DB) library {
	return func(ctx context.Context, fn func(queries) error) error {
		return crdb.ExecuteTx(ctx, db, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *sql.Tx) error {
			return fn(queries{
				get: func(query string, to any) error { return tx.QueryRowContext(ctx, query).Scan(to) },
				do: func(query string, args ...any) error {
					_, err := tx.ExecContext(ctx, query, args...)
					return err
				},
			})
		})
	}
}

func sees(ctx context.Context, want, when string) {
	check.Sees(ctx, check.Addrs()[1], "SELECT string_agg(id || '=' || n, ' ' ORDER BY id) FROM crdb_tx", want, when)
}

// retries: the row changes under the first attempt, which only the second can know.
func retries(ctx context.Context, run library) {
	check.Elsewhere(ctx, check.Addrs()[2], "UPDATE crdb_tx SET n = 0")
	attempts := 0
	check.NoError(run(ctx, func(q queries) error {
		attempts++
		var level string
		check.NoError(q.get("SHOW transaction_isolation", &level))
		check.Equal(level, "serializable", "level")
		var n int
		if err := q.get("SELECT n FROM crdb_tx WHERE id = 1", &n); err != nil {
			return err
		}
		if attempts == 1 {
			check.Elsewhere(ctx, check.Addrs()[2], "UPDATE crdb_tx SET n = n + 100 WHERE id = 1")
		}
		return q.do("UPDATE crdb_tx SET n = $1 WHERE id = 1", n+1)
	}))
	check.Equal(attempts, 2, "attempts")
	sees(ctx, "1=101 2=0", "after a retry")
	// Here nothing is written to what was read: only RELEASE can know.
	attempts = 0
	check.NoError(run(ctx, func(q queries) error {
		attempts++
		var n int
		if err := q.get("SELECT n FROM crdb_tx WHERE id = 1", &n); err != nil {
			return err
		}
		if attempts == 1 {
			check.Elsewhere(ctx, check.Addrs()[2], "UPDATE crdb_tx SET n = 7 WHERE id = 1")
		}
		return q.do("UPDATE crdb_tx SET n = $1 WHERE id = 2", n)
	}))
	check.Equal(attempts, 2, "attempts")
	sees(ctx, "1=7 2=7", "after a retry of RELEASE")
}

func rollsBack(ctx context.Context, run library) {
	err := run(ctx, func(q queries) error {
		check.NoError(q.do("DELETE FROM crdb_tx"))
		return check.ErrGivenUp
	})
	check.Is(err, check.ErrGivenUp, "an error of its own")
	err = run(ctx, func(q queries) error {
		check.NoError(q.do("DELETE FROM crdb_tx WHERE id = 2"))
		return q.do("INSERT INTO crdb_tx VALUES (1, 1)")
	})
	check.State(err, "23505", "a duplicate")
	err = run(crdb.WithMaxRetries(ctx, 1), func(q queries) error {
		var n int
		check.NoError(q.get("SELECT n FROM crdb_tx WHERE id = 1", &n))
		check.Elsewhere(ctx, check.Addrs()[2], "UPDATE crdb_tx SET n = n + 1 WHERE id = 1")
		return q.do("UPDATE crdb_tx SET n = $1 WHERE id = 2", n)
	})
	check.State(err, "40001", "after too many attempts")
	sees(ctx, "1=9 2=7", "after errors")
}

// contention: many read the row and write it back, each through its node.
func contention(ctx context.Context, libraries []library) {
	check.Elsewhere(ctx, check.Addrs()[0], "UPDATE crdb_tx SET n = 0")
	var attempts atomic.Int64
	var wait sync.WaitGroup
	for i := range clients {
		for _, run := range libraries[i%3*2:][:2] {
			wait.Go(func() {
				for range increments {
					check.NoError(run(ctx, func(q queries) error {
						attempts.Add(1)
						var n int
						if err := q.get("SELECT n FROM crdb_tx WHERE id = 1", &n); err != nil {
							return err
						}
						return q.do("UPDATE crdb_tx SET n = $1 WHERE id = 1", n+1)
					}))
				}
			})
		}
	}
	wait.Wait()
	sees(ctx, "1=180 2=0", "after all increments")
	if n := attempts.Load(); n <= 2*clients*increments {
		check.Errorf("%d attempts: nobody was in anybody's way", n)
	}
}
