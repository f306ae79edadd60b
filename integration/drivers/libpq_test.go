package drivers_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/lib/pq"

	"polyreme/integration/harness"
)

func testLibPQ(t *testing.T, n *harness.Node) {
	ctx, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	for _, binary := range []string{"no", "yes"} {
		t.Run("binary_parameters="+binary, func(t *testing.T) {
			db, err := sql.Open("postgres", n.DSN()+"&binary_parameters="+binary)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			libpqTypes(ctx, t, db)
			libpqCopy(ctx, t, db)
			libpqTransactions(ctx, t, db)
			libpqErrors(ctx, t, db)
		})
	}
}

func libpqExec(ctx context.Context, t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(ctx, query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func libpqTypes(ctx context.Context, t *testing.T, db *sql.DB) {
	libpqExec(ctx, t, db, "DROP TABLE IF EXISTS pq_all")
	libpqExec(ctx, t, db, "CREATE TABLE pq_all ("+columns+")")
	args := []any{
		1, -32768, -1 << 31, int64(1<<63 - 1), 1.5, 0.1, "-123456789.123", true, "it's \\ ünïcode ☃", "varchar", "abc  ",
		[]byte{0, 255, 39, 92},
		"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "2024-02-29", "12:34:56.789012", "1999-12-31 23:59:59.000001",
		"2024-02-29 12:34:56.789012+00", "1 year 2 mons 3 days 04:05:06.7", `{"a": [1, null]}`, `{"b": {"c": 1.5}}`,
		"{1,NULL,3}", `{a,"b \"c",""}`, "name", int64(1<<32 - 1),
	}
	libpqExec(ctx, t, db, "INSERT INTO pq_all VALUES ("+marks(len(args))+")", args...)
	utc := func(y, m, d, h, min, s, us int) time.Time {
		return time.Date(y, time.Month(m), d, h, min, s, us*1000, time.UTC)
	}
	want := []any{
		int64(1), int64(-32768), int64(-1 << 31), int64(1<<63 - 1), 1.5, 0.1, []byte("-123456789.123"), true, "it's \\ ünïcode ☃", "varchar", "abc  ",
		[]byte{0, 255, 39, 92},
		[]byte("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), utc(2024, 2, 29, 0, 0, 0, 0), utc(0, 1, 1, 12, 34, 56, 789012),
		utc(1999, 12, 31, 23, 59, 59, 1), utc(2024, 2, 29, 12, 34, 56, 789012), []byte("1 year 2 mons 3 days 04:05:06.7"), []byte(`{"a": [1, null]}`), []byte(`{"b": {"c": 1.5}}`),
		[]byte("{1,NULL,3}"), []byte(`{a,"b \"c",""}`), []byte("name"), []byte("4294967295"),
	}
	got, pointers := make([]any, len(want)), make([]any, len(want))
	for i := range got {
		pointers[i] = &got[i]
	}
	if err := db.QueryRowContext(ctx, "SELECT * FROM pq_all WHERE id = $1", 1).Scan(pointers...); err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if when, ok := got[i].(time.Time); ok {
			got[i] = when.UTC()
		}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("column %d: got %#v, want %#v", i+1, got[i], want[i])
		}
	}
	var ints []int64
	if err := db.QueryRowContext(ctx, "SELECT array_agg(x ORDER BY x DESC) FROM unnest($1::int[]) x", pq.Array([]int64{1, 3, 2})).Scan(pq.Array(&ints)); err != nil || !reflect.DeepEqual(ints, []int64{3, 2, 1}) {
		t.Errorf("an array parameter: %v %v", ints, err)
	}
}

func libpqCopy(ctx context.Context, t *testing.T, db *sql.DB) {
	libpqExec(ctx, t, db, "DROP TABLE IF EXISTS pq_batch; CREATE TABLE pq_batch (a int PRIMARY KEY, b text NOT NULL)")
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	in, err := tx.PrepareContext(ctx, "COPY pq_batch (a, b) FROM STDIN")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if _, err := in.ExecContext(ctx, i, fmt.Sprint("row\t", i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := in.ExecContext(ctx); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(in.Close(), tx.Commit()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM pq_batch WHERE b = 'row' || chr(9) || a").Scan(&n); err != nil || n != 1000 {
		t.Errorf("%d rows copied: %v", n, err)
	}
}

func libpqTransactions(ctx context.Context, t *testing.T, db *sql.DB) {
	insert, err := db.PrepareContext(ctx, "INSERT INTO pq_batch VALUES ($1, $2)")
	if err != nil {
		t.Fatal(err)
	}
	defer insert.Close()
	for _, commit := range []bool{false, true} {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.StmtContext(ctx, insert).ExecContext(ctx, 6000, "kept"); err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"SAVEPOINT s", "INSERT INTO pq_batch VALUES (6001, 'lost')", "ROLLBACK TO s"} {
			if _, err := tx.ExecContext(ctx, s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
		if commit {
			err = tx.Commit()
		} else {
			err = tx.Rollback()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM pq_batch WHERE a >= 6000").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows after commit and rollback: %v", n, err)
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "DELETE FROM pq_batch"); pqCode(err) != "25006" {
		t.Errorf("DELETE in a read-only transaction: %v", err)
	}
}

func pqCode(err error) string {
	var e *pq.Error
	if errors.As(err, &e) {
		return string(e.Code)
	}
	return ""
}

func libpqErrors(ctx context.Context, t *testing.T, db *sql.DB) {
	for _, test := range []struct {
		sql                                  string
		args                                 []any
		code, constraint, column, at, detail string
	}{
		{"INSERT INTO pq_batch VALUES ($1, 'x')", []any{1}, "23505", "pq_batch_pkey", "", "", "Key (a)=(1) already exists."},
		{"INSERT INTO pq_batch VALUES ($1, NULL)", []any{7000}, "23502", "", "b", "", "Failing row contains (7000, null)."},
		{"SELECT 1 FROM FROM x", nil, "42601", "", "", "15", ""},
		{"SELECT $1::int", []any{"x"}, "22P02", "", "", "", ""},
	} {
		_, err := db.ExecContext(ctx, test.sql, test.args...)
		var e *pq.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", test.sql, err)
			continue
		}
		if string(e.Code) != test.code || e.Constraint != test.constraint || e.Column != test.column || e.Position != test.at || e.Detail != test.detail {
			t.Errorf("%s: got %+v", test.sql, *e)
		}
	}
	canceled, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	_, err := db.ExecContext(canceled, "SELECT count(*) FROM generate_series(1, 3000000) a, generate_series(1, 1000) b")
	if pqCode(err) != "57014" && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a canceled statement: %v", err)
	}
	var one int
	if err := db.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		t.Errorf("after it: %v", err)
	}
}
