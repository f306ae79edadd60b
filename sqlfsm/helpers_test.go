package sqlfsm

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/raft"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/types"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// machine is a store with a log that the test writes.
type machine struct {
	*Store
	t      testing.TB
	dir    string
	index  uint64
	clock  int64
	fatals []error
}

func (m *machine) config() Config {
	return Config{
		Dir: m.dir, Register: builtin.Register, WriterCacheKiB: 4096, ReaderCacheKiB: 512,
		OnFatal: func(err error) { m.fatals = append(m.fatals, err) },
	}
}

func newMachine(t testing.TB) *machine {
	t.Helper()
	m := &machine{t: t, dir: t.TempDir(), clock: 1_000_000}
	m.open(m.config())
	return m
}

func (m *machine) open(config Config) {
	m.t.Helper()
	s, err := Open(config)
	if err != nil {
		m.t.Fatal(err)
	}
	m.Store = s
	m.index = uint64(s.AppliedIndex())
	m.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			m.t.Error(err)
		}
	})
}

func (m *machine) reopen() {
	m.t.Helper()
	if err := m.Close(); err != nil {
		m.t.Fatal(err)
	}
	m.open(m.config())
}

// log makes the next raft entry of the proposals.
func (m *machine) log(entries ...*raftlog.Entry) *raft.Log {
	m.index++
	m.clock += 1000
	encoded := make([][]byte, len(entries))
	for i, e := range entries {
		encoded[i] = raftlog.EncodeEntry(e)
	}
	return &raft.Log{Index: m.index, Term: 1, Type: raft.LogCommand, Data: raftlog.AppendBatch(nil, m.clock, encoded...)}
}

// apply applies the proposals as one raft entry.
func (m *machine) apply(entries ...*raftlog.Entry) []raftlog.Result {
	m.t.Helper()
	switch r := m.FSM().Apply(m.log(entries...)).(type) {
	case []raftlog.Result:
		return r
	case error:
		m.t.Fatal(r)
	}
	return nil
}

// must applies one proposal that has to succeed.
func (m *machine) must(e *raftlog.Entry) raftlog.Result {
	m.t.Helper()
	r := m.apply(e)[0]
	if r.Status != raftlog.Applied {
		m.t.Fatalf("status %v: %+v", r.Status, r.Err)
	}
	return r
}

// script applies statements, each an operation of a schema change.
func (m *machine) script(statements ...string) {
	m.t.Helper()
	e := entry(statements...)
	e.ChangesSchema = true
	m.must(e)
}

func (m *machine) session() uint64 {
	m.t.Helper()
	return m.must(&raftlog.Entry{Operations: []raftlog.Operation{{Kind: raftlog.OpOpenSession, Params: []types.Value{types.TextValue("n1")}}}}).Session
}

// entry makes an entry of statements.
func entry(statements ...string) *raftlog.Entry {
	e := &raftlog.Entry{}
	for i, sql := range statements {
		e.Operations = append(e.Operations, raftlog.Operation{Kind: raftlog.OpExec, Statement: i, SQL: sql, Counts: true})
	}
	return e
}

// numbered gives an entry a request id.
func numbered(e *raftlog.Entry, session uint64, lane uint32, sequence uint64) *raftlog.Entry {
	e.Request = raftlog.RequestID{Session: session, Lane: lane, Sequence: sequence}
	return e
}

// rows reads the committed state as text.
func (m *machine) rows(sql string) string {
	m.t.Helper()
	r, err := m.Reader(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	defer r.Release()
	return rowsOf(m.t, r.Conn, sql)
}

func rowsOf(t testing.TB, conn *sqlite.Conn, sql string) string {
	t.Helper()
	stmt, err := conn.Prepare(sql)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Release()
	var lines []string
	for {
		row, err := stmt.Step()
		if err != nil {
			t.Fatal(err)
		}
		if !row {
			return strings.Join(lines, ";")
		}
		var fields []string
		for i := range stmt.ColumnCount() {
			fields = append(fields, show(stmt.Column(i)))
		}
		lines = append(lines, strings.Join(fields, ","))
	}
}

func show(v types.Value) string {
	switch v.Kind {
	case types.Null:
		return "NULL"
	case types.Int:
		return fmt.Sprint(v.Int64())
	case types.Float:
		return fmt.Sprint(v.Float64())
	case types.Blob:
		return fmt.Sprintf("x%x", v.Bytes)
	}
	return string(v.Bytes)
}

func (m *machine) want(want, sql string) {
	m.t.Helper()
	if got := m.rows(sql); got != want {
		m.t.Errorf("%s\n got %s\nwant %s", sql, got, want)
	}
}

// split takes a script apart; none of its statements contains a semicolon.
func split(script string) []string {
	return strings.FieldsFunc(script, func(r rune) bool { return r == ';' })
}
