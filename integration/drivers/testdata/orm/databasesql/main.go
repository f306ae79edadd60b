// Databasesql: BeginTx with its options, by two drivers.
package main

import (
	"context"
	"database/sql"
	"errors"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "github.com/lib/pq"              // the driver "postgres"

	"orm/check"
)

var other = check.Addrs()[1]

func main() {
	ctx, done := check.Context()
	defer done()
	for _, driver := range []string{"postgres", "pgx"} {
		db, err := sql.Open(driver, check.DSN(check.Addrs()[0]))
		check.NoError(err)
		_, err = db.ExecContext(ctx, "DROP TABLE IF EXISTS sql_tx; CREATE TABLE sql_tx (id int PRIMARY KEY, n int NOT NULL)")
		check.NoError(err)
		for _, step := range []func(context.Context, *sql.DB){commits, failures, savepoints, cancels, levels, conflicts} {
			step(ctx, db)
		}
		check.NoError(db.Close())
	}
	check.Done()
}

func sees(ctx context.Context, want, when string) {
	check.Sees(ctx, other, "SELECT coalesce(string_agg(id || '=' || n, ' ' ORDER BY id), '') FROM sql_tx", want, when)
}

type beginner interface {
	BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error)
}

// inTx runs fn in a transaction of its own, which its error rolls back.
func inTx(ctx context.Context, db beginner, options *sql.TxOptions, fn func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func exec(ctx context.Context, tx *sql.Tx, statements ...string) error {
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func commits(ctx context.Context, db *sql.DB) {
	check.NoError(inTx(ctx, db, nil, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, "INSERT INTO sql_tx VALUES ($1, $2)")
		if err != nil {
			return err
		}
		_, err = insert.ExecContext(ctx, 1, 10)
		return errors.Join(err, insert.Close())
	}))
	sees(ctx, "1=10", "after Commit")
	err := inTx(ctx, db, nil, func(tx *sql.Tx) error {
		return errors.Join(exec(ctx, tx, "INSERT INTO sql_tx VALUES (2, 20)"), check.ErrGivenUp)
	})
	check.Is(err, check.ErrGivenUp, "rolled back")
	sees(ctx, "1=10", "after Rollback")
}

// failures: one connection must stand them all.
func failures(ctx context.Context, db *sql.DB) {
	conn, err := db.Conn(ctx)
	check.NoError(err)
	defer conn.Close()
	fail := func(tx *sql.Tx) {
		check.State(exec(ctx, tx, "INSERT INTO sql_tx VALUES (2, 20)", "INSERT INTO sql_tx VALUES (1, 11)"), "23505", "a duplicate")
		check.State(exec(ctx, tx, "SELECT 1"), "25P02", "in the failed block")
	}
	err = inTx(ctx, conn, nil, func(tx *sql.Tx) error {
		fail(tx)
		return nil
	})
	if err == nil {
		check.Errorf("Commit says that a failed block was committed")
	}
	sees(ctx, "1=10", "after Commit of a failed block")
	err = inTx(ctx, conn, nil, func(tx *sql.Tx) error {
		fail(tx)
		return check.ErrGivenUp
	})
	check.Is(err, check.ErrGivenUp, "rolled back")
	check.NoError(inTx(ctx, conn, nil, func(tx *sql.Tx) error { return exec(ctx, tx, "UPDATE sql_tx SET n = 11") }))
	sees(ctx, "1=11", "on the same connection")
}

func savepoints(ctx context.Context, db *sql.DB) {
	check.NoError(inTx(ctx, db, nil, func(tx *sql.Tx) error {
		err := exec(ctx, tx, "INSERT INTO sql_tx VALUES (2, 20)", "SAVEPOINT a", "INSERT INTO sql_tx VALUES (3, 30)", "SAVEPOINT b", "INSERT INTO sql_tx VALUES (1, 1)")
		check.State(err, "23505", "a duplicate after savepoints")
		return exec(ctx, tx, "ROLLBACK TO b", "INSERT INTO sql_tx VALUES (4, 40)", "ROLLBACK TO a", "INSERT INTO sql_tx VALUES (5, 50)", "RELEASE a")
	}))
	sees(ctx, "1=11 2=20 5=50", "after savepoints")
}

// cancels: a transaction ends with its context.
func cancels(ctx context.Context, db *sql.DB) {
	own, cancel := context.WithCancel(ctx)
	tx, err := db.BeginTx(own, nil)
	check.NoError(err)
	check.NoError(exec(ctx, tx, "DELETE FROM sql_tx"))
	cancel()
	if err := tx.Commit(); !errors.Is(err, context.Canceled) && !errors.Is(err, sql.ErrTxDone) {
		check.Errorf("Commit after its context: %v", err)
	}
	sees(ctx, "1=11 2=20 5=50", "after its context")
	_, err = db.ExecContext(ctx, "DELETE FROM sql_tx WHERE id = 5")
	check.NoError(err)
}

func levels(ctx context.Context, db *sql.DB) {
	for level, want := range map[sql.IsolationLevel]string{
		sql.LevelDefault: "read committed", sql.LevelReadUncommitted: "read uncommitted", sql.LevelReadCommitted: "read committed",
		sql.LevelRepeatableRead: "repeatable read", sql.LevelSerializable: "serializable",
	} {
		for _, readOnly := range []bool{false, true} {
			var got, only, failure string
			err := inTx(ctx, db, &sql.TxOptions{Isolation: level, ReadOnly: readOnly}, func(tx *sql.Tx) error {
				check.NoError(tx.QueryRowContext(ctx, "SHOW transaction_isolation").Scan(&got))
				check.NoError(tx.QueryRowContext(ctx, "SHOW transaction_read_only").Scan(&only))
				return exec(ctx, tx, "UPDATE sql_tx SET n = n")
			})
			check.Equal(got, want, "level")
			if readOnly {
				failure = "25006"
			}
			check.State(err, failure, "a write at "+want)
			check.Equal(only == "on", readOnly, "read only")
		}
	}
}

func conflicts(ctx context.Context, db *sql.DB) {
	add := func(disturb bool) error {
		return inTx(ctx, db, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *sql.Tx) error {
			var n int
			check.NoError(tx.QueryRowContext(ctx, "SELECT n FROM sql_tx WHERE id = 1").Scan(&n))
			if disturb {
				check.Elsewhere(ctx, other, "UPDATE sql_tx SET n = n + 100 WHERE id = 1")
			}
			_, err := tx.ExecContext(ctx, "UPDATE sql_tx SET n = $1 WHERE id = 1", n+1)
			return err
		})
	}
	check.State(add(true), "40001", "a lost update")
	check.NoError(add(false))
	sees(ctx, "1=112 2=20", "after a conflict")
}
