package wire

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/integration/harness"
)

// TestWriteSkew: two transactions read the same rows and each changes another
// one. Above READ COMMITTED the second to commit must not succeed.
func TestWriteSkew(t *testing.T) {
	c := harness.Start(t, 3)
	c.Nodes[0].MustQuery("CREATE TABLE doctor(id int PRIMARY KEY, on_call boolean NOT NULL); INSERT INTO doctor VALUES (1, true), (2, true)")
	for level, want := range map[string]string{"SERIALIZABLE": "40001", "REPEATABLE READ": "40001", "READ COMMITTED": ""} {
		c.Nodes[0].MustQuery("UPDATE doctor SET on_call = true")
		a, b := c.Nodes[1].Connect(), c.Nodes[2].Connect()
		for _, conn := range []*pgconn.PgConn{a, b} {
			must(t, conn, "BEGIN ISOLATION LEVEL "+level)
			must(t, conn, "SELECT count(*) FROM doctor WHERE on_call")
		}
		must(t, a, "UPDATE doctor SET on_call = false WHERE id = 1")
		must(t, b, "UPDATE doctor SET on_call = false WHERE id = 2")
		must(t, a, "COMMIT")
		_, err := b.Exec(context.Background(), "COMMIT").ReadAll()
		got := ""
		var e *pgconn.PgError
		if errors.As(err, &e) {
			got = e.Code
		}
		if got != want {
			t.Errorf("%s: the second COMMIT got %q (%v), want %q", level, got, err, want)
		}
	}
}

func must(t *testing.T, c *pgconn.PgConn, sql string) {
	t.Helper()
	if _, err := c.Exec(context.Background(), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
