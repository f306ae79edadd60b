package wire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"polyreme/integration/harness"
)

// TestConflicts: blocks on two nodes that meet at COMMIT. The second learns of
// it in PostgreSQL's words, and its connection goes on.
func TestConflicts(t *testing.T) {
	c := harness.Start(t, 3)
	c.Nodes[0].MustQuery("CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 100)")
	for _, test := range []struct{ name, statement, code, message, detail, after string }{
		{"update of what was read", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT b FROM t; UPDATE t SET b = b + 1 WHERE a = 1", "40001", "could not serialize access due to concurrent update", "The result of a statement has changed since: SELECT b FROM t", "1|101"},
		{"insert of one key", "INSERT INTO t VALUES (2, 2)", "23505", `duplicate key value violates unique constraint "t_pkey"`, "Key (a)=(2) already exists.", "1|101\n2|2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			first, second := c.Nodes[1].Connect(), c.Nodes[2].Connect()
			for _, conn := range []*pgconn.PgConn{first, second} {
				if _, err := conn.Exec(t.Context(), "BEGIN; "+test.statement).ReadAll(); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := first.Exec(t.Context(), "COMMIT").ReadAll(); err != nil {
				t.Fatal(err)
			}
			_, err := second.Exec(t.Context(), "COMMIT").ReadAll()
			var e *pgconn.PgError
			if !errors.As(err, &e) || e.Code != test.code || !strings.HasPrefix(e.Message, test.message) || e.Detail != test.detail {
				t.Errorf("the second got %+v", err)
			}
			if second.TxStatus() != 'I' {
				t.Errorf("the second is in state %c", second.TxStatus())
			}
			if _, err := second.Exec(t.Context(), "SELECT 1").ReadAll(); err != nil {
				t.Errorf("after it: %v", err)
			}
			for _, n := range c.Nodes {
				if got := n.MustQuery("SELECT a, b FROM t ORDER BY a"); got != test.after {
					t.Errorf("%s has %q, want %q", n.Name, got, test.after)
				}
			}
		})
	}
}
