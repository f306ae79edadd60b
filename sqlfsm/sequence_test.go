package sqlfsm

import (
	"fmt"
	"testing"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// registerSequences gives a connection nextval, setval, currval(oid) and
// lastval(any) and no more.
func registerSequences(conn *sqlite.Conn, env *builtin.Env) error {
	next := func(ctx *sqlite.Context, args *sqlite.Args) {
		v, err := env.Sequences.NextValue(uint32(args.Int64(0)))
		if err != nil {
			ctx.ResultError(err)
			return
		}
		ctx.ResultInt64(v)
	}
	set := func(ctx *sqlite.Context, args *sqlite.Args) {
		if err := env.Sequences.SetValue(uint32(args.Int64(0)), args.Int64(1), args.Int64(2) != 0); err != nil {
			ctx.ResultError(err)
			return
		}
		ctx.ResultValue(args.Value(1))
	}
	asked := func(ask func(oid uint32) (int64, error)) func(ctx *sqlite.Context, args *sqlite.Args) {
		return func(ctx *sqlite.Context, args *sqlite.Args) {
			v, err := ask(uint32(args.Int64(0)))
			if err != nil {
				ctx.ResultError(err)
				return
			}
			ctx.ResultInt64(v)
		}
	}
	current := asked(func(oid uint32) (int64, error) { return env.Sequences.CurrentValue(oid) })
	last := asked(func(uint32) (int64, error) { return env.Sequences.LastValue() })
	for name, f := range map[string]func(*sqlite.Context, *sqlite.Args){"nextval": next, "currval": current, "lastval": last} {
		if err := conn.CreateFunction(name, 1, sqlite.Innocuous, f); err != nil {
			return err
		}
	}
	return conn.CreateFunction("setval", 3, sqlite.Innocuous, set)
}

func sequenceMachine(t *testing.T) *machine {
	m := newMachine(t)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	config := m.config()
	config.Register = registerSequences
	m.open(config)
	m.script(
		"CREATE TABLE pg_sequence(seqrelid INTEGER PRIMARY KEY, seqincrement INTEGER, seqmin INTEGER, seqmax INTEGER, seqcycle INTEGER) STRICT",
		"CREATE TABLE pg_class(oid INTEGER PRIMARY KEY, relname TEXT) STRICT",
		"CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 TEXT UNIQUE) STRICT",
		"INSERT INTO pg_sequence VALUES(7, 1, 1, 1000000, 0), (8, -2, -5, -1, 1), (9, 1, 1, 2, 0)",
		"INSERT INTO pg_class VALUES(7, 'seven'), (8, 'eight'), (9, 'nine')",
		"INSERT INTO polyreme_sequence VALUES(7, 1, 0), (8, -1, 0), (9, 1, 0)",
	)
	return m
}

// As in PostgreSQL a value once drawn is not given again, whatever becomes of
// the transaction that drew it.
func TestSequenceValuesAreNotGivenAgain(t *testing.T) {
	m := sequenceMachine(t)
	insert := func(text string) *raftlog.Entry {
		return entry(fmt.Sprintf("INSERT INTO t1 VALUES(nextval(7), '%s')", text))
	}
	m.apply(insert("a"), insert("a"), insert("b"), entry("INSERT INTO t1 VALUES(nextval(7), 'c')", "INSERT INTO t1 VALUES(nextval(7), 'a')"), insert("d"))
	m.want("1,a;3,b;6,d", "SELECT * FROM t1")
	m.want("6,1", "SELECT last_value, is_called FROM polyreme_sequence WHERE oid = 7")
	m.reopen() // with the whole dialect's functions
	m.want("6,1", "SELECT last_value, is_called FROM polyreme_sequence WHERE oid = 7")
}

func TestSequenceLimits(t *testing.T) {
	m := sequenceMachine(t)
	e := entry("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 5) INSERT INTO t1 SELECT NULL, nextval(8) || ' ' || i FROM n RETURNING c2")
	e.Operations[0].Returns = true
	r := m.must(e)
	row := make([]types.Value, 1)
	got := ""
	for more, _ := r.Statements[0].Rows.Next(row); more; more, _ = r.Statements[0].Rows.Next(row) {
		got += string(row[0].Bytes) + ";"
	}
	if want := "-1 1;-3 2;-5 3;-1 4;-3 5;"; got != want {
		t.Errorf("descending with CYCLE: %s, want %s", got, want)
	}
	drawn := m.apply(entry("SELECT nextval(9)"), entry("SELECT nextval(9)"), entry("SELECT nextval(9)"), entry("SELECT setval(9, 5, 1)"), entry("SELECT nextval(11)"))
	for i, want := range []string{
		"", "",
		`nextval: reached maximum value of sequence "nine" (2)`,
		`setval: value 5 is out of bounds for sequence "nine" (1..2)`,
		"could not open relation with OID 11",
	} {
		text := ""
		if drawn[i].Err != nil {
			text = drawn[i].Err.Message
		}
		if text != want {
			t.Errorf("entry %d: %q, want %q", i, text, want)
		}
	}
	m.must(entry("SELECT setval(9, 1, 0)"))
	if r := m.must(entry("INSERT INTO t1 VALUES(nextval(9) + 100, 'set')")); r.Statements[0].Changed != 1 {
		t.Errorf("%+v", r)
	}
	m.want("101", "SELECT c1 FROM t1 WHERE c2 = 'set'")
}

// Looking into a failure runs it again; that must not draw more values, and
// must find the same key.
func TestSequenceAndViolation(t *testing.T) {
	m := sequenceMachine(t)
	m.must(entry("INSERT INTO t1 VALUES(2, 'x')"))
	r := m.apply(entry("INSERT INTO t1 VALUES(nextval(7), 'a'), (nextval(7), 'b'), (nextval(7), 'c')"))[0]
	if got, want := describeRaw(t, r.Err), "23505 table=t1 column=c1 constraint= side= key= 2"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	m.want("2", "SELECT last_value FROM polyreme_sequence WHERE oid = 7")
}

func TestSchemaChangeWritesSequencesItself(t *testing.T) {
	m := sequenceMachine(t)
	m.must(entry("INSERT INTO t1 VALUES(nextval(7), 'a')"))
	m.script("UPDATE polyreme_sequence SET last_value = 50, is_called = 0 WHERE oid = 7", "INSERT INTO t1 VALUES(nextval(7), 'b')")
	m.must(entry("INSERT INTO t1 VALUES(nextval(7), 'c')"))
	m.want("1,a;50,b;51,c", "SELECT * FROM t1")
	e := entry("SELECT nextval(7)", "UPDATE polyreme_sequence SET last_value = 99 WHERE oid = 7", "INSERT INTO t1 VALUES(51, 'd')")
	e.ChangesSchema = true
	if r := m.apply(e)[0]; r.Status != raftlog.Failed || r.Err.Code != pgerr.UniqueViolation {
		t.Errorf("%v", r)
	}
	m.must(entry("INSERT INTO t1 VALUES(nextval(7), 'e')"))
	m.want("52", "SELECT c1 FROM t1 WHERE c2 = 'e'")
}

func TestSequenceInWorkspaceIsPrivate(t *testing.T) {
	m := sequenceMachine(t)
	w, err := m.Workspace(t.Context(), WorkspaceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for i := range 2 {
		if got := rowsOf(t, w.Conn, "SELECT nextval(7)"); got != fmt.Sprint(i+1) {
			t.Errorf("draw %d: %s", i, got)
		}
	}
	m.must(entry("INSERT INTO t1 VALUES(nextval(7), 'a')"))
	m.want("1,a", "SELECT * FROM t1")
}

// TRUNCATE … RESTART IDENTITY writes the table without changing the schema.
func TestOperationsThatWriteSequences(t *testing.T) {
	m := sequenceMachine(t)
	m.must(entry("INSERT INTO t1 VALUES(nextval(7), 'a')"))
	m.must(entry("DELETE FROM t1", "UPDATE polyreme_sequence SET last_value = 10, is_called = 0 WHERE oid = 7"))
	m.must(entry("INSERT INTO t1 VALUES(nextval(7), 'b')"))
	m.apply(
		entry("INSERT INTO t1 VALUES(nextval(7), 'c')"),
		entry("UPDATE polyreme_sequence SET last_value = 90 WHERE oid = 7", "INSERT INTO t1 VALUES(1, 'c')"), // fails
		entry("INSERT INTO t1 VALUES(nextval(7), 'd')"),
		entry("UPDATE polyreme_sequence SET last_value = 50, is_called = 0 WHERE oid = 7"),
		entry("INSERT INTO t1 VALUES(nextval(7), 'e')"),
	)
	m.want("10,b;11,c;12,d;50,e", "SELECT * FROM t1")
	m.want("50,1", "SELECT last_value, is_called FROM polyreme_sequence WHERE oid = 7")
}

// An entry knows what its session drew before, until it draws itself.
func TestDrawsOfEarlierTransactions(t *testing.T) {
	m := sequenceMachine(t)
	carried := func(draws string, sql ...string) *raftlog.Entry {
		e := entry(sql...)
		e.Settings = append(e.Settings, raftlog.Setting{Name: raftlog.DrawsSetting, Value: draws})
		return e
	}
	results := m.apply(
		carried("7=40,8=-3,8", "INSERT INTO t1 VALUES(currval(7), 'then'), (lastval(0), 'last')"),
		carried("7=41,7", "INSERT INTO t1 VALUES(currval(7), 'before')", "INSERT INTO t1 VALUES(nextval(7), 'next')",
			"INSERT INTO t1 VALUES(currval(7) + 100, 'now')", "INSERT INTO t1 VALUES(lastval(0) + 200, 'now last')"),
		entry("INSERT INTO t1 VALUES(currval(7), 'forgotten')"),
		entry("INSERT INTO t1 VALUES(lastval(0), 'forgotten')"),
		carried("7=x", "INSERT INTO t1 VALUES(1000, 'malformed')"),
	)
	for i, want := range []string{"", "", pgerr.ObjectNotInPrerequisiteState, pgerr.ObjectNotInPrerequisiteState, pgerr.ProtocolViolation} {
		code := ""
		if results[i].Err != nil {
			code = results[i].Err.Code
		}
		if code != want {
			t.Errorf("entry %d: %q, want %q", i, code, want)
		}
	}
	m.want("-3,last;1,next;40,then;41,before;101,now;201,now last", "SELECT * FROM t1")
}
