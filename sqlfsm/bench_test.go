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
