package cluster

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/raftlog"
)

// benchCluster is three nodes of this process over loopback, with logs on disk.
func benchCluster(b *testing.B) []*Node {
	b.Helper()
	var nodes []*Node
	for i := range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		s, err := raftlog.OpenStore(raftlog.StoreConfig{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		m := &nullMachine{}
		n, err := Open(Config{
			ID: fmt.Sprint("n", i), Listener: l, Advertise: l.Addr().String(),
			Dial: func(ctx context.Context, addr string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, "tcp", addr)
			},
			FSM: m, Machine: m, Log: s, Snapshots: raft.NewDiscardSnapshotStore(), Bootstrap: i == 0,
		})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			n.Close()
			s.Close()
		})
		nodes = append(nodes, n)
		if i > 0 {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			if err := n.Join(ctx, []string{nodes[0].cfg.Advertise}); err != nil {
				b.Fatal(err)
			}
			cancel()
		}
	}
	if err := nodes[0].WaitLeader(context.Background()); err != nil {
		b.Fatal(err)
	}
	return nodes
}

// nullMachine applies nothing and answers everything.
type nullMachine struct {
	applied atomic.Uint64
	batch   raftlog.Batch
	*machine
}

func (m *nullMachine) AppliedIndex() raftlog.Index { return raftlog.Index(m.applied.Load()) }

func (m *nullMachine) ApplyBatch(logs []*raft.Log) []any {
	out := make([]any, len(logs))
	for i, l := range logs {
		if l.Type == raft.LogCommand {
			if err := m.batch.Decode(l.Data); err != nil {
				panic(err)
			}
			rs := make([]raftlog.Result, len(m.batch.Entries))
			for j := range rs {
				rs[j] = raftlog.Result{Status: raftlog.Applied, Session: 1}
			}
			out[i] = rs
		}
		m.applied.Store(l.Index)
	}
	return out
}

// concurrently runs op by count goroutines until b has its iterations.
func concurrently(b *testing.B, count int, op func(worker int)) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	for w := range count {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				op(w)
			}
		})
	}
	wg.Wait()
}

func BenchmarkPropose(b *testing.B) {
	for _, where := range []string{"leader", "follower", "all"} {
		for _, count := range []int{1, 8, 32, 64, 256} {
			b.Run(fmt.Sprintf("%s/clients=%d", where, count), func(b *testing.B) {
				nodes := benchCluster(b)
				value := string(make([]byte, 100))
				b.ReportAllocs()
				b.ResetTimer()
				concurrently(b, count, func(w int) {
					n := nodes[0]
					switch where {
					case "follower":
						n = nodes[1]
					case "all":
						n = nodes[w%3]
					}
					r, _, err := n.Propose(context.Background(), entry(value))
					if err != nil || r.Status != raftlog.Applied {
						b.Error(r.Status, err)
					}
				})
				b.StopTimer()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
				s := nodes[0].Stats()
				b.ReportMetric(float64(s.BatchEntries.Load())/float64(s.Batches.Load()), "entries/batch")
			})
		}
	}
}

func BenchmarkReadIndex(b *testing.B) {
	for _, where := range []int{0, 1} {
		for _, count := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("node=%d/clients=%d", where, count), func(b *testing.B) {
				nodes := benchCluster(b)
				b.ReportAllocs()
				b.ResetTimer()
				concurrently(b, count, func(int) {
					if _, err := nodes[where].ReadIndex(context.Background()); err != nil {
						b.Error(err)
					}
				})
				b.StopTimer()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
			})
		}
	}
}
