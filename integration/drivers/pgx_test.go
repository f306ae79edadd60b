package drivers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"polyreme/integration/harness"
)

var pgxModes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

func testPgx(t *testing.T, n *harness.Node) {
	ctx, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	for _, mode := range pgxModes {
		t.Run(mode.String(), func(t *testing.T) {
			config, err := pgx.ParseConfig(n.DSN())
			if err != nil {
				t.Fatal(err)
			}
			config.DefaultQueryExecMode = mode
			for _, step := range []func(context.Context, *testing.T, *pgx.Conn){pgxTypes, pgxBatch, pgxTransactions, pgxErrors} {
				c, err := pgx.ConnectConfig(ctx, config)
				if err != nil {
					t.Fatal(err)
				}
				step(ctx, t, c)
				if err := c.Close(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	c, err := pgx.Connect(ctx, n.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	t.Run("CopyFrom", func(t *testing.T) { pgxCopy(ctx, t, c) })
	t.Run("pipeline", func(t *testing.T) { pgxPipeline(ctx, t, c.PgConn()) })
	t.Run("cancel", func(t *testing.T) { pgxCancel(ctx, t, n) })
}

func must(ctx context.Context, t *testing.T, c *pgx.Conn, sql string, args ...any) pgconn.CommandTag {
	t.Helper()
	tag, err := c.Exec(ctx, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return tag
}

// goValues is one row of the table of all types.
type goValues struct {
	ID int32
	I2 int16
	I4 int32
	I8 int64
	F4 float32
	F8 float64
	N  pgtype.Numeric
	B  bool
	T  string
	V  string
	C  string
	By []byte
	U  pgtype.UUID
	D  time.Time
	Tm pgtype.Time
	Ts time.Time
	Tz time.Time
	Iv pgtype.Interval
	J  map[string]any
	Jb map[string]any
	Ai []*int32
	At []*string
	Nm string
	O  uint32
}

// fields returns the fields of v, or pointers to them.
func (v *goValues) fields(pointers bool) []any {
	s := reflect.ValueOf(v).Elem()
	out := make([]any, s.NumField())
	for i := range out {
		if out[i] = s.Field(i).Interface(); pointers {
			out[i] = s.Field(i).Addr().Interface()
		}
	}
	return out
}

func marks(n int) string {
	s := ""
	for i := range n {
		s += fmt.Sprintf(", $%d", i+1)
	}
	return s[2:]
}

func pgxTypes(ctx context.Context, t *testing.T, c *pgx.Conn) {
	must(ctx, t, c, "DROP TABLE IF EXISTS pgx_all")
	must(ctx, t, c, "CREATE TABLE pgx_all ("+columns+")")
	one, three, a, bc := int32(1), int32(3), "a", `b "c`
	want := goValues{
		ID: 1, I2: -32768, I4: -1 << 31, I8: 1<<63 - 1, F4: 1.5, F8: 0.1, B: true, T: "it's \\ ünïcode ☃", V: "varchar", C: "abc  ",
		By: []byte{0, 255, 39, 92}, U: pgtype.UUID{Bytes: [16]byte{0xa0, 15: 1}, Valid: true}, D: time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
		Tm: pgtype.Time{Microseconds: 45296789012, Valid: true}, Ts: time.Date(1999, 12, 31, 23, 59, 59, 1000, time.UTC),
		Tz: time.Date(2024, 2, 29, 12, 34, 56, 789012000, time.UTC), Iv: pgtype.Interval{Months: 14, Days: 3, Microseconds: 14706700000, Valid: true},
		J: map[string]any{"a": []any{1.0, nil, "x"}}, Jb: map[string]any{"b": map[string]any{"c": 1.5}},
		Ai: []*int32{&one, nil, &three}, At: []*string{&a, &bc, nil}, Nm: "name", O: 1<<32 - 1,
	}
	if err := want.N.Scan("-123456789.123"); err != nil {
		t.Fatal(err)
	}
	args := want.fields(false)
	if mode := c.Config().DefaultQueryExecMode; mode == pgx.QueryExecModeExec || mode == pgx.QueryExecModeSimpleProtocol {
		for i, arg := range args { // these modes guess the type of a parameter by its Go type
			if _, ok := arg.(map[string]any); ok {
				text, err := json.Marshal(arg)
				if err != nil {
					t.Fatal(err)
				}
				args[i] = string(text)
			}
		}
	}
	if tag := must(ctx, t, c, "INSERT INTO pgx_all VALUES ("+marks(len(args))+")", args...); tag.String() != "INSERT 0 1" {
		t.Errorf("tag %s", tag)
	}
	var got goValues
	if err := c.QueryRow(ctx, "SELECT * FROM pgx_all WHERE id = $1", 1).Scan(got.fields(true)...); err != nil {
		t.Fatal(err)
	}
	got.Tz = got.Tz.UTC()
	wantFields, gotFields := want.fields(false), got.fields(false)
	for i := range wantFields {
		if !reflect.DeepEqual(gotFields[i], wantFields[i]) {
			t.Errorf("column %d: got %#v, want %#v", i+1, gotFields[i], wantFields[i])
		}
	}
	nulls := make([]any, len(args))
	nulls[0] = 2
	must(ctx, t, c, "INSERT INTO pgx_all VALUES ("+marks(len(args))+")", nulls...)
	rows, err := c.Query(ctx, "SELECT * FROM pgx_all WHERE id = 2")
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values[1:] {
		if v != nil {
			t.Errorf("column %d of the row of NULLs: %v", i+2, v)
		}
	}
}

func pgxBatch(ctx context.Context, t *testing.T, c *pgx.Conn) {
	must(ctx, t, c, "DROP TABLE IF EXISTS pgx_batch")
	must(ctx, t, c, "CREATE TABLE pgx_batch (a int PRIMARY KEY, b text NOT NULL)")
	batch := &pgx.Batch{}
	for i := range 50 {
		batch.Queue("INSERT INTO pgx_batch VALUES ($1, $2)", i, fmt.Sprint("x", i))
	}
	var sum int
	batch.Queue("SELECT sum(a) FROM pgx_batch").QueryRow(func(row pgx.Row) error { return row.Scan(&sum) })
	batch.Queue("UPDATE pgx_batch SET b = 'y' WHERE a < $1 RETURNING a", 2)
	if err := c.SendBatch(ctx, batch).Close(); err != nil {
		t.Fatal(err)
	}
	if sum != 49*50/2 {
		t.Errorf("the batch saw the sum %d", sum)
	}
	// A batch is one transaction: an error undoes what came before it.
	batch = &pgx.Batch{}
	batch.Queue("INSERT INTO pgx_batch VALUES (100, 'x')")
	batch.Queue("INSERT INTO pgx_batch VALUES (1, 'x')")
	batch.Queue("INSERT INTO pgx_batch VALUES (101, 'x')")
	results := c.SendBatch(ctx, batch)
	if _, err := results.Exec(); err != nil {
		t.Errorf("the first of a batch: %v", err)
	}
	if _, err := results.Exec(); code(err) != "23505" {
		t.Errorf("the second of a batch: %v", err)
	}
	results.Close()
	var n int
	if err := c.QueryRow(ctx, "SELECT count(*) FROM pgx_batch").Scan(&n); err != nil || n != 50 {
		t.Errorf("%d rows (%v), want 50", n, err)
	}
}

func pgxTransactions(ctx context.Context, t *testing.T, c *pgx.Conn) {
	for _, commit := range []bool{false, true} {
		tx, err := c.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(ctx, "INSERT INTO pgx_batch VALUES ($1, 'kept')", 6000); err != nil {
			t.Fatal(err)
		}
		inner, err := tx.Begin(ctx) // a savepoint
		if err != nil {
			t.Fatal(err)
		}
		if _, err := inner.Exec(ctx, "INSERT INTO pgx_batch VALUES ($1, 'again')", 6000); code(err) != "23505" {
			t.Errorf("a duplicate: %v", err)
		}
		if err := inner.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
		if commit {
			err = tx.Commit(ctx)
		} else {
			err = tx.Rollback(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := c.QueryRow(ctx, "SELECT count(*) FROM pgx_batch WHERE a >= 6000").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows (%v), want 1", n, err)
	}
}

func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func pgxErrors(ctx context.Context, t *testing.T, c *pgx.Conn) {
	for _, test := range []struct {
		sql  string
		args []any
		want pgconn.PgError
	}{
		{"INSERT INTO pgx_batch VALUES ($1, 'x')", []any{1}, pgconn.PgError{Code: "23505", SchemaName: "public", TableName: "pgx_batch", ConstraintName: "pgx_batch_pkey"}},
		{"INSERT INTO pgx_batch VALUES ($1, NULL)", []any{7000}, pgconn.PgError{Code: "23502", SchemaName: "public", TableName: "pgx_batch", ColumnName: "b"}},
		{"SELECT 1 FROM FROM x", nil, pgconn.PgError{Code: "42601", Position: 15}},
		{"SELECT 'x'::int", nil, pgconn.PgError{Code: "22P02", Position: 8}},
		{"SELECT * FROM nowhere", nil, pgconn.PgError{Code: "42P01", Position: 15}},
		{"SELECT 1/0", nil, pgconn.PgError{Code: "22012"}},
	} {
		_, err := c.Exec(ctx, test.sql, test.args...)
		var e *pgconn.PgError
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", test.sql, err)
			continue
		}
		got := pgconn.PgError{
			Code: e.Code, Position: e.Position, SchemaName: e.SchemaName, TableName: e.TableName,
			ColumnName: e.ColumnName, ConstraintName: e.ConstraintName,
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", test.sql, got, test.want)
		}
	}
}

func pgxCopy(ctx context.Context, t *testing.T, c *pgx.Conn) {
	must(ctx, t, c, "DROP TABLE IF EXISTS pgx_copy")
	must(ctx, t, c, "CREATE TABLE pgx_copy (a int8, b text, c timestamptz, d numeric, e uuid, f int[])")
	now := time.Date(2024, 2, 29, 12, 34, 56, 789012000, time.UTC)
	n, err := c.CopyFrom(ctx, pgx.Identifier{"pgx_copy"}, []string{"a", "b", "c", "d", "e", "f"}, pgx.CopyFromSlice(20000, func(i int) ([]any, error) {
		return []any{int64(i), "copied", now, 1.25, [16]byte{1}, []int32{1, 2}}, nil
	}))
	if err != nil || n != 20000 {
		t.Fatalf("%d copied: %v", n, err)
	}
	var count int
	var at time.Time
	if err := c.QueryRow(ctx, "SELECT count(*), max(c) FROM pgx_copy WHERE d = 1.25 AND f[2] = 2").Scan(&count, &at); err != nil || count != 20000 || !at.Equal(now) {
		t.Errorf("%d rows of %v: %v", count, at, err)
	}
	_, err = c.CopyFrom(ctx, pgx.Identifier{"pgx_batch"}, []string{"a", "b"}, pgx.CopyFromRows([][]any{{8000, "x"}, {1, "dup"}}))
	if code(err) != "23505" {
		t.Errorf("a duplicate in COPY: %v", err)
	}
}

// pgxPipeline: several Sync points under way at once; an error ends only its own.
func pgxPipeline(ctx context.Context, t *testing.T, c *pgconn.PgConn) {
	p := c.StartPipeline(ctx)
	exec := func(sql string) { p.SendQueryParams(sql, nil, nil, nil, nil) }
	exec("INSERT INTO pgx_batch VALUES (9000, 'p')")
	sync := func() {
		if err := p.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	sync()
	exec("INSERT INTO pgx_batch VALUES (9001, 'p')")
	exec("SELECT count(*) FROM pgx_batch WHERE a >= 9000")
	exec("INSERT INTO pgx_batch VALUES (9000, 'again')")
	exec("INSERT INTO pgx_batch VALUES (9002, 'skipped')")
	sync()
	exec("INSERT INTO pgx_batch VALUES (9003, 'p')")
	sync()
	var got []string
	for len(got) < 8 {
		r, err := p.GetResults()
		switch r := r.(type) {
		case *pgconn.ResultReader:
			res := r.Read()
			switch {
			case res.Err != nil:
				got = append(got, code(res.Err))
			case len(res.Rows) > 0:
				got = append(got, "rows "+string(res.Rows[0][0]))
			default:
				got = append(got, res.CommandTag.String())
			}
			continue
		case *pgconn.PipelineSync:
			got = append(got, "sync")
			continue
		}
		if err == nil {
			break
		}
		got = append(got, code(err))
	}
	want := []string{"INSERT 0 1", "sync", "INSERT 0 1", "rows 2", "23505", "sync", "INSERT 0 1", "sync"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	res := c.ExecParams(ctx, "SELECT string_agg(a::text, ' ' ORDER BY a) FROM pgx_batch WHERE a >= 9000", nil, nil, nil, nil).Read()
	if res.Err != nil || string(res.Rows[0][0]) != "9000 9003" {
		t.Errorf("rows %s: %v", res.Rows, res.Err)
	}
}

// pgxCancel: a cancel request ends the statement; the connection goes on.
func pgxCancel(ctx context.Context, t *testing.T, n *harness.Node) {
	c := n.Connect()
	timer := time.AfterFunc(300*time.Millisecond, func() {
		if err := c.CancelRequest(ctx); err != nil {
			t.Error(err)
		}
	})
	defer timer.Stop()
	_, err := c.Exec(ctx, "SELECT count(*) FROM generate_series(1, 3000000) a, generate_series(1, 1000) b").ReadAll()
	if code(err) != "57014" {
		t.Errorf("a canceled statement: %v", err)
	}
	if _, err := c.Exec(ctx, "SELECT 1").ReadAll(); err != nil {
		t.Errorf("after the cancel: %v", err)
	}
}
