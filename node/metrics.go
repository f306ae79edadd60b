package node

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"polyreme/cluster"
)

// metrics are the figures that /metrics shows.
type metrics struct {
	registry *prometheus.Registry
	appends  prometheus.Histogram
	bytes    prometheus.Counter
}

func newMetrics(n *Node) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		appends: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "polyreme_log_append_seconds", Help: "Time of an append to the raft log, with its fsync.",
			Buckets: prometheus.ExponentialBuckets(50e-6, 2, 16),
		}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "polyreme_log_appended_bytes_total", Help: "Bytes appended to the raft log.",
		}),
	}
	m.registry.MustRegister(m.appends, m.bytes, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, f func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "polyreme_" + name, Help: help}, f))
	}
	counter := func(name, help string, f func() uint64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(
			prometheus.CounterOpts{Name: "polyreme_" + name, Help: help}, func() float64 { return float64(f()) }))
	}
	gauge("applied_index", "The last log index that the database has applied.", func() float64 { return float64(n.store.AppliedIndex()) })
	gauge("schema_version", "The version of the database's schema.", func() float64 { return float64(n.store.SchemaVersion()) })
	gauge("connections", "Open client connections.", func() float64 { return float64(n.sql.Connections()) })
	gauge("leader", "1 when this node leads the cluster.", func() float64 {
		if n.cluster.IsLeader() {
			return 1
		}
		return 0
	})
	stats := func() *cluster.Stats { return n.cluster.Stats() }
	counter("proposals_total", "Log entries proposed by this node's clients.", func() uint64 { return stats().Proposals.Load() })
	counter("proposal_retries_total", "Attempts to propose beyond the first.", func() uint64 { return stats().Retries.Load() })
	counter("proposals_unknown_total", "Proposals whose outcome stayed unknown (08007).", func() uint64 { return stats().Unknown.Load() })
	counter("batches_total", "Raft log entries proposed by this node as the leader.", func() uint64 { return stats().Batches.Load() })
	counter("batch_entries_total", "Log entries packed into them.", func() uint64 { return stats().BatchEntries.Load() })
	counter("forwards_total", "Batches forwarded to the leader.", func() uint64 { return stats().Forwards.Load() })
	counter("reads_total", "Linearizable reads.", func() uint64 { return stats().Reads.Load() })
	counter("read_rounds_total", "Leadership proofs for linearizable reads.", func() uint64 { return stats().ReadRounds.Load() })
	counter("leader_changes_total", "Changes of leader that this node has seen.", func() uint64 { return stats().LeaderChanges.Load() })
	counter("snapshots_received_total", "Snapshots installed on this node.", func() uint64 { return stats().Installs.Load() })
	return m
}

// appended is told of every append to the raft log.
func (m *metrics) appended(_, bytes int, took time.Duration) {
	m.appends.Observe(took.Seconds())
	m.bytes.Add(float64(bytes))
}
