package sqlfsm

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/hashicorp/raft"

	"polyreme/pgsql/types"
	"polyreme/raftlog"
)

// BenchmarkApplyInsert applies raft entries of packed single-row INSERTs, each
// of another lane, with their ledger rows. Per proposal.
func BenchmarkApplyInsert(b *testing.B) {
	for _, size := range []int{1, 8, 32, 256} {
		b.Run(fmt.Sprint(size), func(b *testing.B) { benchmarkApply(b, size) })
	}
}

func benchmarkApply(b *testing.B, size int) {
	m := newMachine(b)
	m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 INTEGER, c3 TEXT) STRICT")
	s := m.session()
	e := entry("INSERT INTO t1(c1, c2, c3) VALUES(?1, ?2, ?3)")
	e.Dependencies = []raftlog.Dependency{{Relation: 16384}}
	var logs []*raft.Log
	key := int64(0)
	for made := 0; made < b.N; made += size {
		encoded := make([][]byte, size)
		for i := range encoded {
			key++
			e.Operations[0].Params = []types.Value{types.IntValue(key), types.IntValue(key % 97), types.TextValue("a row of some length, as in sysbench")}
			numbered(e, s, uint32(i), uint64(key))
			encoded[i] = raftlog.EncodeEntry(e)
		}
		m.index++
		logs = append(logs, &raft.Log{Index: m.index, Term: 1, Type: raft.LogCommand, Data: raftlog.AppendBatch(nil, 1, encoded...)})
	}
	b.ReportAllocs()
	b.ResetTimer()
	start := processTime(b)
	defer func() { b.ReportMetric(float64(processTime(b)-start)/float64(b.N), "cpu-ns/op") }()
	for _, log := range logs {
		r := m.FSM().Apply(log).([]raftlog.Result)
		if r[0].Status != raftlog.Applied {
			b.Fatal(r[0].Err)
		}
	}
}

// processTime is the CPU time that the process has used, in nanoseconds.
func processTime(b *testing.B) int64 {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// BenchmarkReader leases a reader and gives it back.
func BenchmarkReader(b *testing.B) {
	m := newMachine(b)
	b.ReportAllocs()
	for b.Loop() {
		r, err := m.Reader(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		r.Release()
	}
}

// BenchmarkWorkspace opens and closes a view without a statement.
func BenchmarkWorkspace(b *testing.B) {
	m := newMachine(b)
	for b.Loop() {
		w, err := m.Workspace(b.Context(), WorkspaceConfig{})
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTransaction is an update by key, a select and an insert: in a workspace
// that is opened for it and dropped, in a transaction on the writer connection that is
// undone, and in one that is committed. A large schema must cost a workspace nothing.
func BenchmarkTransaction(b *testing.B) {
	for _, tables := range []int{1, 500} {
		m := newMachine(b)
		m.script("CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 INTEGER, c3 TEXT) STRICT", "CREATE INDEX i1 ON t1(c2)")
		for i := range tables - 1 {
			m.script(fmt.Sprintf("CREATE TABLE other%d(c1 INTEGER PRIMARY KEY, c2 TEXT, c3 TEXT) STRICT", i))
		}
		m.script("INSERT INTO t1 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 10000) SELECT i, i, 'a row of some length' FROM n")
		b.Run(fmt.Sprintf("workspace/tables=%d", tables), func(b *testing.B) { benchmarkWorkspace(b, m) })
		b.Run(fmt.Sprintf("writer-undone/tables=%d", tables), func(b *testing.B) { benchmarkWriter(b, m, m.FSM().applier.writer.conn.Rollback) })
		b.Run(fmt.Sprintf("writer/tables=%d", tables), func(b *testing.B) { benchmarkWriter(b, m, m.FSM().applier.writer.conn.Commit) })
	}
}

var transaction = []raftlog.Operation{
	{Kind: raftlog.OpExec, SQL: "UPDATE t1 SET c2 = c2 + 1 WHERE c1 = ?1", Counts: true},
	{Kind: raftlog.OpExec, SQL: "SELECT c3 FROM t1 WHERE c1 = ?1", Returns: true},
	{Kind: raftlog.OpExec, SQL: "INSERT INTO t1(c2, c3) VALUES(?1, 'a row of some length')", Counts: true},
}

func benchmarkWorkspace(b *testing.B, m *machine) {
	b.ReportAllocs()
	for key := int64(0); b.Loop(); key++ {
		w, err := m.Workspace(b.Context(), WorkspaceConfig{})
		if err != nil {
			b.Fatal(err)
		}
		for _, op := range transaction {
			op.Params = []types.Value{types.IntValue(key%10000 + 1)}
			if _, err := w.Run(&op); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkWriter(b *testing.B, m *machine, end func() error) {
	a := m.FSM().applier
	b.ReportAllocs()
	for key := int64(0); b.Loop(); key++ {
		if err := a.writer.conn.BeginImmediate(); err != nil {
			b.Fatal(err)
		}
		for _, op := range transaction {
			op.Params = []types.Value{types.IntValue(key%10000 + 1)}
			var result raftlog.StatementResult
			if err := a.executor.exec(&op, &result, true); err != nil {
				b.Fatal(err)
			}
		}
		if err := end(); err != nil {
			b.Fatal(err)
		}
	}
}
