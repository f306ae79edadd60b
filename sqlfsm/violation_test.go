package sqlfsm

import (
	"errors"
	"fmt"
	"testing"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

const families = `CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 TEXT, c3 INTEGER, CONSTRAINT k9 CHECK (c3 > 0)) STRICT;` +
	`CREATE UNIQUE INDEX i1 ON t1(c2, c3);` +
	`CREATE TABLE t3(c1 TEXT) STRICT;` +
	`CREATE UNIQUE INDEX i2 ON t3(c1 || 'x');INSERT INTO t3 VALUES('two');` +
	`CREATE TABLE t2(c1 INTEGER PRIMARY KEY, c2 INTEGER NOT NULL, c3 TEXT, c4 INTEGER,` +
	` CONSTRAINT f21 FOREIGN KEY (c2) REFERENCES t1(c1),` +
	` CONSTRAINT f22 FOREIGN KEY (c3, c4) REFERENCES t1(c2, c3) ON DELETE RESTRICT) STRICT;` +
	`INSERT INTO t1 VALUES(1,'one',1),(2,'two',2),(3,'three',3);` +
	`INSERT INTO t2 VALUES(1,1,NULL,NULL),(2,2,'three',3),(3,2,'three',3);` +
	`CREATE TABLE t4(c1 INTEGER, c2 TEXT, c3 INTEGER) STRICT;` +
	`INSERT INTO t4 VALUES(2,'b',2),(2,'b',3),(1,'a',1),(1,'a',2);`

// describeRaw is a raw error on one line.
func describeRaw(t *testing.T, e *pgerr.Error) string {
	t.Helper()
	if e == nil {
		return "no error"
	}
	if e.Schema != RawSchema {
		return "not raw: " + e.Error()
	}
	key := ""
	if e.Detail != "" {
		columns := 1
		of := e.Column
		if e.Where != "" {
			of = e.Where
		}
		for _, c := range of {
			if c == ',' {
				columns++
			}
		}
		values := make([]types.Value, columns)
		if _, err := raftlog.DecodeValues([]byte(e.Detail), values); err != nil {
			t.Errorf("detail: %v", err)
		}
		for _, v := range values {
			key += " " + show(v)
		}
	}
	return fmt.Sprintf("%s table=%s column=%s constraint=%s side=%s key=%s", e.Code, e.Table, e.Column, e.Constraint, e.DataType, key)
}

var violations = []struct{ sql, want string }{
	{"INSERT INTO t1 VALUES(9,'nine',9),(2,'x',5)", "23505 table=t1 column=c1 constraint= side= key= 2"},
	{"INSERT INTO t1 VALUES(9,'two',2)", "23505 table=t1 column=c2,c3 constraint= side= key= two 2"},
	{"INSERT INTO t3 VALUES('two')", "23505 table= column= constraint=i2 side= key="},
	{"UPDATE t1 SET c1 = 3 WHERE c1 = 1", "23505 table=t1 column=c1 constraint= side= key= 3"},
	{"UPDATE t1 SET c2 = 'three', c3 = 3 WHERE c1 = 1", "23505 table=t1 column=c2,c3 constraint= side= key= three 3"},
	{"WITH n(i) AS (SELECT 3 UNION SELECT 7) INSERT INTO t1 SELECT i, 'n' || i, i FROM n", "23505 table=t1 column=c1 constraint= side= key= 3"},
	{"INSERT INTO t1 VALUES(1,'q',1) ON CONFLICT(c2,c3) DO NOTHING", "23505 table=t1 column=c1 constraint= side= key= 1"},
	{"INSERT INTO t1 VALUES(9,'nine',-1)", "23514 table=t1 column=c1,c2,c3 constraint=k9 side= key= 9 nine -1"},
	{"INSERT INTO t1 VALUES(9,'nine',9),(10,NULL,-3),(11,'x',-4)", "23514 table=t1 column=c1,c2,c3 constraint=k9 side= key= 10 NULL -3"},
	{"UPDATE t1 SET c3 = 2 - c1", "23514 table=t1 column=c1,c2,c3 constraint=k9 side= key= 2 two 0"},
	{"INSERT INTO t2 VALUES(9,NULL,NULL,NULL)", "23502 table=t2 column=c2 constraint= side= key= 9 NULL NULL NULL"},
	{"INSERT INTO t2 SELECT c1 + 10, nullif(c1, 2), 'x', 7 FROM t2", "23502 table=t2 column=c2 constraint= side= key= 12 NULL x 7"},
	{"UPDATE t2 SET c2 = NULL WHERE c1 = 2", "23502 table=t2 column=c2 constraint= side= key= 2 NULL three 3"},
	{"INSERT INTO t2 VALUES(2,NULL,'u',1) ON CONFLICT(c1) DO NOTHING", "23502 table=t2 column=c2 constraint= side= key= 2 NULL u 1"},
	{"INSERT INTO t2 VALUES(2,1,'u',1) ON CONFLICT(c1) DO UPDATE SET c2 = NULL", "23502 table=t2 column=c2 constraint= side= key= 2 NULL three 3"},
	{
		`INSERT INTO "t2" (c1, c2, c3) VALUES(ifnull(12, ''), 1, 'a'), (ifnull(NULL, ''), 1, coalesce(NULL, ''))`,
		"42804 table=t2 column= constraint= side= key= NULL 1  NULL",
	},
	{"WITH n(i) AS (SELECT NULL) INSERT INTO t2(c1, c2) SELECT ifnull(i, ''), 2 FROM n", "42804 table=t2 column= constraint= side= key= NULL 2 NULL NULL"},
	{"UPDATE t2 SET c1 = ifnull(nullif(c1, 2), '')", "42804 table=t2 column= constraint= side= key= NULL 2 three 3"},
	{"INSERT INTO t2 VALUES(9,1,NULL,NULL),(10,77,NULL,NULL)", "23503 table=t2 column=c2 constraint=f21 side=referencing key= 77"},
	{"UPDATE t2 SET c2 = 78 WHERE c1 = 1", "23503 table=t2 column=c2 constraint=f21 side=referencing key= 78"},
	{"INSERT INTO t2 VALUES(9,1,'one',5)", "23503 table=t2 column=c3,c4 constraint=f22 side=referencing key= one 5"},
	{"DELETE FROM t1 WHERE c1 IN (1, 3)", "23503 table=t2 column=c2 constraint=f21 side=referenced key= 1"},
	{"DELETE FROM t1 WHERE c1 = 3", "23503 table=t2 column=c3,c4 constraint=f22 side=referenced key= three 3"},
	{"UPDATE t1 SET c1 = 20 WHERE c1 = 2", "23503 table=t2 column=c2 constraint=f21 side=referenced key= 2"},
	{"DELETE FROM t1", "23503 table=t2 column=c2 constraint=f21 side=referenced key= 1"},
	{"CREATE UNIQUE INDEX i7 ON t2(c4)", "23505 table=t2 column=c4 constraint= side= key= 3"},
	{"CREATE UNIQUE INDEX i8 ON t4(c2, c1 DESC) WHERE (c3 > 1)", "23505 table=t4 column=c2,c1 constraint= side= key= b 2"},
	{"CREATE UNIQUE INDEX i9 ON t4(c2 || 'x')", "23505 table= column= constraint=i9 side= key="},
	{"INSERT INTO t1 VALUES('x','x',1)", "42804 table= column= constraint= side= key="},
}

func TestViolations(t *testing.T) {
	m := newMachine(t)
	m.script(split(families)...)
	before := m.rows("SELECT * FROM t1, t2")
	for _, v := range violations {
		for _, e := range []*raftlog.Entry{entry(v.sql), entry("UPDATE t2 SET c4 = 3", v.sql)} {
			r := m.apply(e)[0]
			if r.Status != raftlog.Failed {
				t.Errorf("%s: %v", v.sql, r.Status)
				continue
			}
			if got := describeRaw(t, r.Err); got != v.want {
				t.Errorf("%s\n got %s\nwant %s", v.sql, got, v.want)
			}
		}
	}
	m.want(before, "SELECT * FROM t1, t2")
	// The checks are immediate again.
	if r := m.apply(entry("INSERT INTO t2 VALUES(50,99,NULL,NULL)", "DELETE FROM t2 WHERE c1 = 50"))[0]; r.Status != raftlog.Failed || r.Statement != 0 {
		t.Errorf("after the failures: %v at %d", r.Status, r.Statement)
	}
}

// A transaction sees the same error in its workspace as in apply.
func TestViolationsInWorkspace(t *testing.T) {
	m := newMachine(t)
	m.script(split(families)...)
	w, err := m.Workspace(t.Context(), WorkspaceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, v := range violations {
		_, err := w.Run(&raftlog.Operation{Kind: raftlog.OpExec, SQL: v.sql, Counts: true})
		var client *pgerr.Error
		if !errors.As(err, &client) {
			t.Errorf("%s: %v", v.sql, err)
			continue
		}
		if got := describeRaw(t, client); got != v.want {
			t.Errorf("%s\n got %s\nwant %s", v.sql, got, v.want)
		}
	}
	if got, want := rowsOf(t, w.Conn, "SELECT count(*) FROM t1, t2"), "9"; got != want {
		t.Errorf("workspace has %s rows, want %s", got, want)
	}
}

func TestDeferredForeignKey(t *testing.T) {
	m := newMachine(t)
	m.script(
		"CREATE TABLE t1(c1 INTEGER PRIMARY KEY) STRICT",
		"CREATE TABLE t2(c1 INTEGER PRIMARY KEY, c2 INTEGER, CONSTRAINT f7 FOREIGN KEY (c2) REFERENCES t1(c1) DEFERRABLE INITIALLY DEFERRED) STRICT")
	m.must(entry("INSERT INTO t2 VALUES(1, 5)", "INSERT INTO t1 VALUES(5)"))
	results := m.apply(entry("INSERT INTO t2 VALUES(2, 6)"), entry("INSERT INTO t2 VALUES(3, 5)"))
	if results[0].Status != raftlog.Failed || results[1].Status != raftlog.Applied {
		t.Fatalf("%v %v", results[0].Status, results[1].Status)
	}
	if got := results[0].Err; got.Code != pgerr.ForeignKeyViolation || got.Schema != RawSchema || got.Constraint != "f7" {
		t.Errorf("%+v", got)
	}
	m.want("1,5;3,5", "SELECT * FROM t2")
}

func TestOrReplace(t *testing.T) {
	for sql, want := range map[string]string{
		"INSERT INTO t VALUES(1)":                               "INSERT OR REPLACE INTO t VALUES(1)",
		"UPDATE t SET c1=1":                                     "UPDATE OR REPLACE t SET c1=1",
		"INSERT OR IGNORE INTO t VALUES(1)":                     "INSERT OR IGNORE INTO t VALUES(1)",
		"WITH \"INSERT\" AS (SELECT 'UPDATE') UPDATE t SET x=1": "WITH \"INSERT\" AS (SELECT 'UPDATE') UPDATE OR REPLACE t SET x=1",
		"SELECT 1":      "SELECT 1",
		"DELETE FROM t": "DELETE FROM t",
		"INSERT INTO t VALUES('it''s') ON CONFLICT DO UPDATE SET a=1": "INSERT OR REPLACE INTO t VALUES('it''s') ON CONFLICT DO UPDATE SET a=1",
	} {
		if got := orReplace(sql); got != want {
			t.Errorf("orReplace(%q) = %q", sql, got)
		}
	}
}

// A table that others reference is made anew with foreign keys off, inside the
// transaction; they are on again afterwards, also when the entry fails.
func TestRebuildOfAReferencedTable(t *testing.T) {
	m := newMachine(t)
	m.script(
		"CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 TEXT) STRICT",
		"CREATE TABLE t2(c1 INTEGER PRIMARY KEY, c2 INTEGER, CONSTRAINT f7 FOREIGN KEY (c2) REFERENCES t1(c1) ON DELETE CASCADE) STRICT",
		"INSERT INTO t1 VALUES(1, 'a'), (2, 'b')", "INSERT INTO t2 VALUES(10, 1), (20, 2)")
	rebuild := []string{
		foreignKeysOff,
		"CREATE TABLE n1(c1 INTEGER PRIMARY KEY, c2 TEXT, c3 INTEGER) STRICT",
		"INSERT INTO n1 SELECT c1, c2, 0 FROM t1", "DROP TABLE t1", "ALTER TABLE n1 RENAME TO t1",
	}
	failing := entry(append(rebuild, "INSERT INTO t2 VALUES(10, 1)")...)
	failing.ChangesSchema = true
	if r := m.apply(failing)[0]; r.Status != raftlog.Failed || r.Err.Code != pgerr.UniqueViolation {
		t.Fatalf("%+v", r)
	}
	dangling := entry("INSERT INTO t2 VALUES(30, 3)")
	if r := m.apply(dangling)[0]; r.Status != raftlog.Failed {
		t.Errorf("foreign keys are off after a failure: %v", r.Status)
	}
	m.script(append(rebuild, foreignKeysOn)...)
	m.want("10,1;20,2", "SELECT * FROM t2")
	m.want("1,a,0;2,b,0", "SELECT * FROM t1")
	r := m.apply(dangling)[0]
	if got, want := describeRaw(t, r.Err), "23503 table=t2 column=c2 constraint=f7 side=referencing key= 3"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	m.must(entry("DELETE FROM t1 WHERE c1 = 1"))
	m.want("20,2", "SELECT * FROM t2")
}
