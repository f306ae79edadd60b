package snapshot

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"

	"polyreme/pgsql/types"
	"polyreme/raftlog"
)

// lockstep is raft's in-memory transport without pipelining, which the cluster
// does not use either: a pipeline that breaks can leave a follower without
// replication for ever.
type lockstep struct{ *raft.InmemTransport }

func (lockstep) AppendEntriesPipeline(raft.ServerID, raft.ServerAddress) (raft.AppendPipeline, error) {
	return nil, raft.ErrPipelineReplicationNotSupported
}

// member is a node with a raft instance.
type member struct {
	*node
	id        raft.ServerID
	address   raft.ServerAddress
	transport *raft.InmemTransport
	logs      *raft.InmemStore
	raft      *raft.Raft
}

func newMember(t *testing.T, id string) *member {
	m := &member{node: newNode(t), id: raft.ServerID(id), logs: raft.NewInmemStore()}
	m.address, m.transport = raft.NewInmemTransport(raft.ServerAddress(id))
	return m
}

func (m *member) start(bootstrap ...raft.Server) {
	m.t.Helper()
	config := raft.DefaultConfig()
	config.LocalID = m.id
	config.Logger = hclog.NewNullLogger()
	config.NoSnapshotRestoreOnStart = true
	config.NoLegacyTelemetry = true
	config.TrailingLogs = 10
	config.SnapshotThreshold = 1 << 40
	config.BatchApplyCh = true
	if bootstrap != nil {
		if err := raft.BootstrapCluster(config, m.logs, m.logs, m.snapshots, lockstep{m.transport}, raft.Configuration{Servers: bootstrap}); err != nil {
			m.t.Fatal(err)
		}
	}
	r, err := raft.NewRaft(config, m.database.FSM(), m.logs, m.logs, m.snapshots, lockstep{m.transport})
	if err != nil {
		m.t.Fatal(err)
	}
	m.raft = r
}

func (m *member) stop() {
	m.t.Helper()
	if err := m.raft.Shutdown().Error(); err != nil {
		m.t.Error(err)
	}
	m.close()
}

func connectAll(members ...*member) {
	for _, a := range members {
		for _, b := range members {
			if a != b {
				a.transport.Connect(b.address, b.transport)
			}
		}
	}
}

func (m *member) propose(times int, sql string) {
	m.t.Helper()
	data := raftlog.AppendBatch(nil, time.Now().UnixMicro(), raftlog.EncodeEntry(&raftlog.Entry{Operations: []raftlog.Operation{
		{Kind: raftlog.OpExec, SQL: sql, Params: []types.Value{}},
	}}))
	for range times {
		f := m.raft.Apply(data, 0)
		if err := f.Error(); err != nil {
			m.t.Fatal(err)
		}
		if r, ok := f.Response().([]raftlog.Result); !ok || r[0].Status != raftlog.Applied {
			m.t.Fatalf("%s: %+v", sql, f.Response())
		}
	}
}

// sameState waits until a node has what the leader has.
func sameState(t *testing.T, leader, other *member) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour) // fake time
	defer cancel()
	if err := other.database.WaitApplied(ctx, leader.database.AppliedIndex()); err != nil {
		t.Fatalf("%s waits for entry %d and is at %d: %v", other.id, leader.database.AppliedIndex(), other.database.AppliedIndex(), err)
	}
	equal(t, leader.node, other.node)
}

func TestRaftCluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, c := newMember(t, "a"), newMember(t, "b"), newMember(t, "c")
		connectAll(a, b, c)
		a.start(raft.Server{ID: a.id, Address: a.address})
		<-a.raft.LeaderCh()
		b.start()
		if err := a.raft.AddVoter(b.id, b.address, 0, 0).Error(); err != nil {
			t.Fatal(err)
		}
		a.propose(1, "CREATE TABLE t1(c1 INTEGER PRIMARY KEY, c2 TEXT) STRICT")
		a.propose(200, "INSERT INTO t1(c2) VALUES(hex(zeroblob(500)))")
		sameState(t, a, b)
		for _, m := range []*member{a, b} {
			if err := m.raft.Snapshot().Error(); err != nil {
				t.Fatal(err)
			}
		}
		if first, _ := a.logs.FirstIndex(); first < 100 {
			t.Errorf("the log still begins at %d", first)
		}

		// A new node gets the live database while writes go on.
		c.start()
		added := a.raft.AddNonvoter(c.id, c.address, 0, 0)
		a.propose(50, "UPDATE t1 SET c2 = c2 || 'x' WHERE c1 % 5 = 0")
		if err := added.Error(); err != nil {
			t.Fatal(err)
		}
		sameState(t, a, c)
		if c.snapshots.LastIndex() == 0 {
			t.Error("the new node got no snapshot")
		}

		// A follower that was away for longer than the log goes back.
		if err := a.raft.AddVoter(c.id, c.address, 0, time.Hour).Error(); err != nil { // fake time
			t.Fatal(err)
		}
		b.stop()
		a.transport.Disconnect(b.address)
		a.propose(100, "INSERT INTO t1(c2) VALUES('while b was away')")
		if err := a.raft.Snapshot().Error(); err != nil {
			t.Fatal(err)
		}
		a.propose(1, "DELETE FROM t1 WHERE c1 = 1")
		b.open()
		_, b.transport = raft.NewInmemTransport(b.address)
		connectAll(a, b, c)
		b.start()
		sameState(t, a, b)

		// Everybody restarts from the files; raft replays what they contain.
		for _, m := range []*member{a, b, c} {
			m.stop()
		}
		for _, m := range []*member{a, b, c} {
			m.open()
			_, m.transport = raft.NewInmemTransport(m.address)
		}
		connectAll(a, b, c)
		for _, m := range []*member{a, b, c} {
			m.start()
		}
		leader := waitLeader(t, a, b, c)
		leader.propose(10, "INSERT INTO t1(c2) VALUES('after the restart')")
		for _, m := range []*member{a, b, c} {
			sameState(t, leader, m)
		}
		got, err := leader.count("SELECT count(*) FROM t1 WHERE c2 = 'after the restart'")
		if err != nil || got != 10 {
			t.Errorf("%d rows, %v", got, err)
		}
		for _, m := range []*member{a, b, c} {
			m.stop()
		}
	})
}

func (m *member) count(sql string) (int64, error) {
	r, err := m.database.Reader(m.t.Context())
	if err != nil {
		return 0, err
	}
	defer r.Release()
	return r.Conn.QueryInt64(sql)
}

func waitLeader(t *testing.T, members ...*member) *member {
	t.Helper()
	for end := time.Now().Add(time.Hour); time.Now().Before(end); time.Sleep(10 * time.Millisecond) { // fake time
		for _, m := range members {
			if m.raft.State() == raft.Leader {
				return m
			}
		}
	}
	t.Fatal("nobody leads")
	return nil
}
