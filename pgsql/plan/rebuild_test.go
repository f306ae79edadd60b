package plan

import (
	"strings"
	"testing"
)

// change runs a schema statement as the state machine does: in one transaction,
// with foreign keys switched by the engine where the plan says so.
func (s *session) change(sql string) error {
	s.t.Helper()
	st, err := s.plan(sql)
	if err != nil {
		return err
	}
	if err := s.conn.BeginImmediate(); err != nil {
		s.t.Fatal(err)
	}
	for _, op := range st.Ops {
		switch op.SQL {
		case foreignKeysOff:
			err = s.conn.SetForeignKeys(false)
		case foreignKeysOn:
			err = s.conn.SetForeignKeys(true)
		default:
			err = s.run(op, nil, nil)
		}
		if err != nil {
			s.conn.SetForeignKeys(true)
			s.conn.Rollback()
			return err
		}
	}
	if err := s.conn.Commit(); err != nil {
		s.t.Fatal(err)
	}
	s.cat = st.NewCatalog
	return nil
}

// TestRebuildReferenced changes the form of a table that others, and itself,
// reference: no row of theirs may be lost, and the references go on.
func TestRebuildReferenced(t *testing.T) {
	s := newSession(t)
	for _, sql := range []string{
		"CREATE TABLE p (id int PRIMARY KEY, n int, up int REFERENCES p ON DELETE RESTRICT)",
		"CREATE TABLE c (pid int REFERENCES p ON DELETE CASCADE)",
		"CREATE TABLE k (pid int REFERENCES p ON DELETE SET NULL)",
		"INSERT INTO p VALUES (1, 10, NULL), (2, 20, 1)",
		"INSERT INTO c VALUES (1), (2)",
		"INSERT INTO k VALUES (1), (2)",
	} {
		if got := s.exec(sql); strings.HasPrefix(got, "ERROR") {
			t.Fatalf("%s: %s", sql, got)
		}
	}
	for _, sql := range []string{
		"ALTER TABLE p ALTER COLUMN n TYPE text",
		"ALTER TABLE p ADD FOREIGN KEY (up) REFERENCES p",
		"ALTER TABLE p ADD COLUMN x int DEFAULT 7 REFERENCES k2",
	} {
		err := s.change(sql)
		if strings.Contains(sql, "k2") != (err != nil) {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for sql, want := range map[string]string{
		"SELECT * FROM p ORDER BY id":  "id integer | n text | up integer\n1 | 10 | ∅\n2 | 20 | 1\nSELECT 2\n",
		"SELECT pid FROM c ORDER BY 1": "pid integer\n1\n2\nSELECT 2\n",
		"SELECT pid FROM k ORDER BY 1": "pid integer\n1\n2\nSELECT 2\n",
	} {
		if got := s.exec(sql); got != want {
			t.Errorf("%s\ngot %swant %s", sql, got, want)
		}
	}
	if got := s.exec("INSERT INTO c VALUES (3)"); !strings.HasPrefix(got, "ERROR 23503") {
		t.Errorf("reference to no row: %s", got)
	}
	if got := s.exec("DELETE FROM p WHERE id = 1"); !strings.HasPrefix(got, "ERROR") {
		t.Errorf("delete of a row that its own table references: %s", got)
	}
	s.exec("DELETE FROM p WHERE id = 2")
	if got, want := s.exec("SELECT pid FROM k ORDER BY 1"), "pid integer\n1\n∅\nSELECT 2\n"; got != want {
		t.Errorf("after delete: got %swant %s", got, want)
	}
	if got := s.exec("DROP TABLE p"); !strings.HasPrefix(got, "ERROR 2BP01") {
		t.Errorf("drop of a referenced table: %s", got)
	}
	if err := s.change("DROP TABLE p CASCADE"); err != nil {
		t.Fatal(err)
	}
	if got, want := s.exec("SELECT pid FROM c"), "pid integer\n1\nSELECT 1\n"; got != want {
		t.Errorf("after drop: got %swant %s", got, want)
	}
}

// TestRebuildOverItself adds references of a table to a key of its own that is
// not the row id, with rows there.
func TestRebuildOverItself(t *testing.T) {
	s := newSession(t)
	for _, sql := range []string{
		"CREATE TABLE t (a int, b int, c int, d int, PRIMARY KEY (a, b))",
		"INSERT INTO t VALUES (1, 1, NULL, NULL), (2, 2, 1, 1)",
	} {
		if got := s.exec(sql); strings.HasPrefix(got, "ERROR") {
			t.Fatalf("%s: %s", sql, got)
		}
	}
	for _, sql := range []string{
		"ALTER TABLE t ADD FOREIGN KEY (c, d) REFERENCES t (a, b)",
		"ALTER TABLE t ADD COLUMN u int, ADD UNIQUE (u)",
		"ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES t (u) NOT VALID",
		"ALTER TABLE t ALTER COLUMN d TYPE int8, ALTER COLUMN b TYPE int8",
	} {
		if err := s.change(sql); err != nil && !strings.Contains(sql, "NOT VALID") {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if got := s.exec("INSERT INTO t VALUES (3, 3, 9, 9)"); !strings.HasPrefix(got, "ERROR 23503") {
		t.Errorf("reference to no row: %s", got)
	}
	if got, want := s.exec("SELECT a, c FROM t ORDER BY a"), "a integer | c integer\n1 | ∅\n2 | 1\nSELECT 2\n"; got != want {
		t.Errorf("got %swant %s", got, want)
	}
}
