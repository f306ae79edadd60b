package sqlite

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"polyreme/pgwire/pgerr"
)

func TestConstraintErrors(t *testing.T) {
	c := openTemp(t)
	mustExec(t, c, `CREATE TABLE p(id INTEGER PRIMARY KEY, a TEXT, b INTEGER NOT NULL, c INTEGER CONSTRAINT positive CHECK (c > 0),
			UNIQUE(a, b)) STRICT;
		CREATE UNIQUE INDEX p_low ON p(lower(a)) WHERE c=7;
		CREATE TABLE k(x TEXT PRIMARY KEY, p INTEGER REFERENCES p(id)) STRICT, WITHOUT ROWID;
		INSERT INTO p VALUES(1,'a',1,1),(3,'zz',5,7);
		INSERT INTO k VALUES('x',1)`)
	for _, test := range []struct {
		sql  string
		want Constraint
	}{
		{"INSERT INTO p VALUES(1,'z',1,1)", Constraint{Kind: PrimaryKeyConstraint, Table: "p", Columns: []string{"id"}}},
		{"INSERT INTO p VALUES(2,'a',1,1)", Constraint{Kind: UniqueConstraint, Table: "p", Columns: []string{"a", "b"}}},
		{"INSERT INTO p VALUES(2,'ZZ',6,7)", Constraint{Kind: UniqueConstraint, Name: "p_low"}},
		{"INSERT INTO p VALUES(2,'q',NULL,1)", Constraint{Kind: NotNullConstraint, Table: "p", Columns: []string{"b"}}},
		{"INSERT INTO p VALUES(2,'q',1,-1)", Constraint{Kind: CheckConstraint, Name: "positive"}},
		{"INSERT INTO p VALUES(2,'q','text',1)", Constraint{Kind: DatatypeConstraint, Table: "p", Columns: []string{"b"}}},
		{"INSERT INTO k VALUES('x',1)", Constraint{Kind: PrimaryKeyConstraint, Table: "k", Columns: []string{"x"}}},
		{"INSERT INTO k VALUES('y',99)", Constraint{Kind: ForeignKeyConstraint}},
		{"DELETE FROM p", Constraint{Kind: ForeignKeyConstraint}},
	} {
		err := c.Exec(test.sql)
		got, ok := ConstraintOf(err)
		if !ok || Classify(err) != Deterministic {
			t.Errorf("%s: %v (%v)", test.sql, err, Classify(err))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %v\n%s", test.sql, err, diff)
		}
	}
	if _, ok := ConstraintOf(errors.New("other")); ok {
		t.Error("constraint of another error")
	}
}

func TestClassify(t *testing.T) {
	for _, test := range []struct {
		err  error
		want Class
	}{
		{nil, None},
		{pgerr.New(pgerr.DivisionByZero, "division by zero"), Deterministic},
		{errors.New("anything"), LocalFault},
		{&Error{Code: 1, Extended: 1}, Deterministic},
		{&Error{Code: 10, Extended: 10 | 12<<8}, LocalFault},
		{&Error{Code: 13, Extended: 13}, LocalFault},
		{&Error{Code: 7, Extended: 7}, LocalFault},
		{&Error{Code: 5, Extended: 5 | 2<<8}, Busy},
		{&Error{Code: 17, Extended: 17}, Schema},
		{&Error{Code: 18, Extended: 18}, Deterministic},
		{&Error{Code: 9, Extended: 9}, Interrupted},
		{&Error{Code: 26, Extended: 26}, LocalFault},
	} {
		if got := Classify(test.err); got != test.want {
			t.Errorf("Classify(%v) = %v, want %v", test.err, got, test.want)
		}
	}
}

func TestDiskFullIsALocalFault(t *testing.T) {
	c := openTemp(t)
	mustExec(t, c, "CREATE TABLE t(x); PRAGMA max_page_count=20")
	err := c.Exec("INSERT INTO t SELECT zeroblob(10000) FROM (VALUES(1),(2),(3),(4),(5),(6),(7),(8),(9))")
	if Classify(err) != LocalFault {
		t.Errorf("%v (%v)", err, Classify(err))
	}
	wantRows(t, c, "0", "SELECT count(*) FROM t")
}

func TestCorruptionIsALocalFault(t *testing.T) {
	path := tempPath(t)
	c, err := Open(Config{Path: path})
	must(t, err)
	mustExec(t, c, accountsSQL)
	_, _, err = c.Checkpoint(CheckpointTruncate)
	must(t, err)
	must(t, c.Close())
	data, err := os.ReadFile(path)
	must(t, err)
	for page := 2; page < len(data)/PageSize; page++ {
		copy(data[page*PageSize:], strings.Repeat("\xff", 200))
	}
	must(t, os.WriteFile(path, data, 0o600))
	c = openFile(t, path)
	_, err = rows(c, "SELECT count(*), max(bal) FROM acc NOT INDEXED")
	if Classify(err) != LocalFault {
		t.Errorf("%v (%v)", err, Classify(err))
	}
	copy(data, "garbage header..")
	other := tempPath(t)
	must(t, os.WriteFile(other, data, 0o600))
	if _, err := Open(Config{Path: other}); Classify(err) != LocalFault {
		t.Errorf("%v (%v)", err, Classify(err))
	}
}

func TestTooBigAndTooDeep(t *testing.T) {
	c := openConfig(t, Config{Path: tempPath(t), ValueBytesMax: 1 << 20})
	for _, sql := range []string{
		"SELECT zeroblob(2000000)",
		"SELECT printf('%2000000d', 1)",
		"SELECT " + strings.Repeat("(", 3000) + "1" + strings.Repeat(")", 3000),
		"SELECT " + strings.Repeat("1+", 2000) + "1",
		"SELECT abs(-9223372036854775807-1)",
	} {
		if _, err := rows(c, sql); Classify(err) != Deterministic {
			t.Errorf("%.30s: %v (%v)", sql, err, Classify(err))
		}
	}
}
