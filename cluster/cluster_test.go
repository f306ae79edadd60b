package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

func TestSingleNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 1)
		defer c.close()
		index := c.write(0, "a")
		read, err := c.nodes[0].ReadIndex(t.Context())
		if err != nil || read < index {
			t.Errorf("ReadIndex = %d, %v; want at least %d", read, err, index)
		}
		if got := c.settle(); !slices.Equal(got, []string{"a"}) {
			t.Errorf("values = %v", got)
		}
	})
}

func TestProposeOnEveryNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		for i := range 30 {
			c.write(i%3, fmt.Sprint(i))
			read, err := c.nodes[(i+1)%3].ReadIndex(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			m := c.nodes[(i+1)%3].machine
			if err := m.WaitApplied(t.Context(), read); err != nil {
				t.Fatal(err)
			}
			if got := len(m.values()); got != i+1 {
				t.Fatalf("a read after %d writes sees %d", i+1, got)
			}
		}
		c.settle()
		st := c.nodes[1].Status(t.Context())
		if len(st.Nodes) != 3 || st.Leader != "id-n0" {
			t.Errorf("status = %+v", st)
		}
		for _, s := range st.Nodes {
			if !s.Voter || s.Error != "" || s.Version != "test" {
				t.Errorf("node status = %+v", s)
			}
		}
	})
}

// clients proposes unique values through all nodes until stop is closed, and
// returns those that were acknowledged and those whose outcome stayed open.
type clients struct {
	wg      sync.WaitGroup
	mu      sync.Mutex // guards all below
	acked   []string
	refused []string
	open    []string
}

func (k *clients) run(c *trial, count int, stop <-chan struct{}, timeout time.Duration) {
	for id := range count {
		k.wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				value := fmt.Sprintf("%d-%d", id, i)
				n := c.nodes[(id+i)%len(c.nodes)].running()
				if n == nil {
					time.Sleep(20 * time.Millisecond)
					continue
				}
				ctx, cancel := context.WithTimeout(context.Background(), timeout)
				r, _, err := n.Propose(ctx, entry(value))
				cancel()
				k.mu.Lock()
				switch {
				case err != nil:
					k.open = append(k.open, value)
				case r.Status == raftlog.Applied:
					k.acked = append(k.acked, value)
				default:
					k.refused = append(k.refused, value)
				}
				k.mu.Unlock()
				time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
			}
		})
	}
}

// check requires each acknowledged value exactly once and no refused value.
func (k *clients) check(t *testing.T, values []string) {
	t.Helper()
	count := map[string]int{}
	for _, v := range values {
		if count[v]++; count[v] > 1 {
			t.Errorf("%s was applied %d times", v, count[v])
		}
	}
	for _, v := range k.acked {
		if count[v] != 1 {
			t.Errorf("%s was acknowledged and is there %d times", v, count[v])
		}
	}
	for _, v := range k.refused {
		if count[v] != 0 {
			t.Errorf("%s was refused and is there", v)
		}
	}
	if len(k.acked) == 0 {
		t.Error("nothing was acknowledged")
	}
}

func TestLeaderPartitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		stop := make(chan struct{})
		var k clients
		k.run(c, 8, stop, time.Hour)
		for round := range 12 {
			time.Sleep(300 * time.Millisecond)
			l := c.leader(-1)
			switch round % 3 {
			case 0:
				c.isolate(l)
			case 1:
				c.net.CutOneWay(c.nodes[l].name, c.nodes[(l+1)%3].name)
				c.net.CutOneWay(c.nodes[l].name, c.nodes[(l+2)%3].name)
			case 2:
				c.isolate(l)
				c.net.Reset(c.nodes[l].name, c.nodes[(l+1)%3].name)
			}
			c.leader(l)
			time.Sleep(200 * time.Millisecond)
			c.net.Heal()
		}
		close(stop)
		k.wg.Wait()
		k.check(t, c.settle())
		if len(k.open) > 0 || len(k.refused) > 0 {
			t.Errorf("%d open, %d refused; every write had time", len(k.open), len(k.refused))
		}
		t.Logf("%d acknowledged", len(k.acked))
	})
}

func TestLeaderCrashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		stop := make(chan struct{})
		// One client a node, on the nodes that stay up: their writes must all succeed.
		var k clients
		for id := range 6 {
			k.wg.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					value := fmt.Sprintf("%d-%d", id, i)
					n := c.nodes[id%3].running()
					if n == nil || n.closed.Load() {
						time.Sleep(20 * time.Millisecond)
						continue
					}
					r, _, err := n.Propose(context.Background(), entry(value))
					k.mu.Lock()
					switch {
					case err == nil && r.Status == raftlog.Applied:
						k.acked = append(k.acked, value)
					case !n.closed.Load():
						t.Errorf("%s through a running node: %v %v %v", value, r.Status, r.Err, err)
					case err == nil:
						k.refused = append(k.refused, value)
					}
					k.mu.Unlock()
					time.Sleep(5 * time.Millisecond)
				}
			})
		}
		for range 8 {
			time.Sleep(500 * time.Millisecond)
			l := c.leader(-1)
			c.crash(l)
			c.leader(l)
			time.Sleep(300 * time.Millisecond)
			c.start(l)
		}
		time.Sleep(time.Second)
		close(stop)
		k.wg.Wait()
		k.check(t, c.settle())
		t.Logf("%d acknowledged", len(k.acked))
	})
}

// TestReadsAreLinearizable writes growing numbers and reads through all nodes
// while the network misbehaves: a read sees at least what was acknowledged
// before it began.
func TestReadsAreLinearizable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		var acked atomic.Int64
		var reads, refused atomic.Int64
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				r, _, err := c.nodes[i%3].Propose(context.Background(), entry("x"))
				if err == nil && r.Status == raftlog.Applied {
					acked.Add(1)
				}
				time.Sleep(3 * time.Millisecond)
			}
		})
		for id := range 3 {
			wg.Go(func() {
				d := c.nodes[id%3]
				for {
					select {
					case <-stop:
						return
					default:
					}
					before := acked.Load()
					ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
					index, err := d.ReadIndex(ctx)
					if err == nil {
						err = d.machine.WaitApplied(ctx, index)
					}
					cancel()
					if err != nil {
						refused.Add(1)
						continue
					}
					reads.Add(1)
					if got := int64(len(d.machine.values())); got < before {
						t.Errorf("stale read on node %d: %d of %d", id%3, got, before)
					}
					time.Sleep(4 * time.Millisecond)
				}
			})
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 15 {
			time.Sleep(time.Duration(r.IntN(1500)) * time.Millisecond)
			a, b := r.IntN(3), r.IntN(3)
			switch r.IntN(4) {
			case 0:
				c.isolate(a)
			case 1:
				c.net.CutOneWay(c.nodes[a].name, c.nodes[b].name)
			case 2:
				c.net.SetDelay(c.nodes[a].name, c.nodes[b].name, time.Duration(r.IntN(300))*time.Millisecond)
			case 3:
				end := c.nodes[a].log.setStall()
				time.Sleep(time.Duration(r.IntN(3000)) * time.Millisecond)
				end()
			}
			time.Sleep(time.Duration(r.IntN(2500)) * time.Millisecond)
			c.net.Heal()
		}
		close(stop)
		wg.Wait()
		c.settle()
		t.Logf("%d writes, %d reads, %d refused", acked.Load(), reads.Load(), refused.Load())
	})
}

// TestDelayedHeartbeatReplies is the schedule in which raft.VerifyLeader takes
// old answers for a proof: the leader's log hangs, the answers to its heartbeats
// are on their way, another leader commits, and then a read comes in at the old
// leader and the answers arrive.
func TestDelayedHeartbeatReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		c.write(0, "old")
		old := c.leader(-1)
		a, b := (old+1)%3, (old+2)%3
		name := func(i int) string { return c.nodes[i].name }

		c.net.CutOneWay(name(a), name(old))
		c.net.CutOneWay(name(b), name(old))
		time.Sleep(200 * time.Millisecond) // heartbeats are answered, the answers held
		c.net.CutOneWay(name(old), name(a))
		c.net.CutOneWay(name(old), name(b))
		resume := c.nodes[old].log.setStall()
		lost := make(chan struct{})
		go func() {
			defer close(lost)
			c.nodes[old].Propose(context.Background(), entry("lost"))
		}()
		c.leader(old)
		newIndex := c.write(a, "new")

		type answer struct {
			index raftlog.Index
			err   error
		}
		answers := make(chan answer, 1)
		verified := make(chan error, 1)
		if c.nodes[old].raft().State() != raft.Leader {
			t.Fatal("the schedule is not the one meant: the old leader has stepped down")
		}
		go func() {
			index, err := c.nodes[old].ReadIndex(context.Background())
			answers <- answer{index, err}
		}()
		go func() { verified <- c.nodes[old].raft().VerifyLeader().Error() }()
		time.Sleep(20 * time.Millisecond)
		c.net.JoinOneWay(name(a), name(old)) // the lease looks fresh again
		time.Sleep(5 * time.Millisecond)
		resume()
		time.Sleep(5 * time.Millisecond)
		c.net.JoinOneWay(name(b), name(old))
		time.Sleep(100 * time.Millisecond)
		c.net.Heal()
		got := <-answers
		if got.err == nil && got.index < newIndex {
			t.Errorf("ReadIndex = %d, before the write at %d", got.index, newIndex)
		}
		t.Logf("read %d %v, write %d, VerifyLeader: %v", got.index, got.err, newIndex, <-verified)
		<-lost
		c.settle()
	})
}

func TestNoMajority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		c.write(0, "before")
		c.write(1, "before")
		c.isolate(0)
		c.isolate(1)
		c.isolate(2)
		began := time.Now()
		r, _, err := c.nodes[0].Propose(t.Context(), entry("doubt"))
		if pgerr.Code(err) != pgerr.TransactionResolutionUnknown {
			t.Errorf("a write that was sent and has no majority: %v %v %v", r.Status, r.Err, err)
		}
		if took := time.Since(began); took > 40*time.Second {
			t.Errorf("it took %v", took)
		}
		r, _, err = c.nodes[1].Propose(t.Context(), entry("never"))
		if err != nil || r.Status != raftlog.Fenced || r.Err.Code != pgerr.CannotConnectNow {
			t.Errorf("a write that was never sent: %v %v %v", r.Status, r.Err, err)
		}
		if _, err := c.nodes[2].ReadIndex(t.Context()); pgerr.Code(err) != pgerr.CannotConnectNow {
			t.Errorf("a read: %v", err)
		}
		c.net.Heal()
		c.write(0, "after")
		time.Sleep(10 * time.Second) // the fence in the background is decided
		values := c.settle()
		if slices.Contains(values, "never") || !slices.Contains(values, "after") {
			t.Errorf("values = %v", values)
		}
		if used := len(c.nodes[0].sessions.slots); used != 0 {
			t.Errorf("%d lanes are still taken", used)
		}
	})
}

func TestCancelDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		for i := range 3 {
			for j := range 3 {
				c.net.SetDelay(c.nodes[i].name, c.nodes[j].name, 5*time.Millisecond)
			}
		}
		applied, fenced := map[string]bool{}, map[string]bool{}
		for i := range 60 {
			value := fmt.Sprint(i)
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond)
			r, _, err := c.nodes[i%3].Propose(ctx, entry(value))
			cancel()
			switch {
			case err != nil:
				t.Errorf("%s: %v", value, err)
			case r.Status == raftlog.Applied:
				applied[value] = true
			case r.Status == raftlog.Fenced && r.Err.Code == pgerr.QueryCanceled:
				fenced[value] = true
			default:
				t.Errorf("%s: %v %v", value, r.Status, r.Err)
			}
		}
		for _, v := range c.settle() {
			if fenced[v] {
				t.Errorf("%s was canceled and applied", v)
			}
			delete(applied, v)
		}
		if len(applied) > 0 || len(fenced) == 0 {
			t.Errorf("lost: %v; canceled: %d", applied, len(fenced))
		}
	})
}

func TestJoinAndLeaveWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		stop := make(chan struct{})
		var k clients
		k.run(&trial{t: t, nodes: slices.Clone(c.nodes[:3])}, 6, stop, time.Hour)
		time.Sleep(time.Second)
		if err := c.nodes[c.leader(-1)].Snapshot(); err != nil {
			t.Fatal(err)
		}
		i := c.add()
		c.start(i)
		c.join(i)
		if s, ok := c.nodes[0].suffrage("id-n3"); !ok || s != raft.Voter {
			t.Errorf("the node that joined is %v %v", s, ok)
		}
		c.join(i) // again: nothing happens
		alone := newTrial(t, 1)
		if err := alone.nodes[0].Join(t.Context(), []string{c.addr(0)}); pgerr.Code(err) != pgerr.ObjectInUse {
			t.Errorf("a cluster of one joins another: %v", err)
		}
		alone.close()
		time.Sleep(time.Second)
		l := c.leader(-1)
		close(stop)
		k.wg.Wait()
		if err := c.nodes[l].Leave(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		c.stop(l)
		if err := c.nodes[(l+1)%4].Leave(t.Context(), c.nodes[l].name); pgerr.Code(err) != pgerr.UndefinedObject {
			t.Errorf("leaving twice: %v", err)
		}
		c.leader(l)
		c.write((l+1)%4, "end")
		k.check(t, c.settle())
		if st := c.nodes[(l+1)%4].Status(t.Context()); len(st.Nodes) != 3 {
			t.Errorf("status = %+v", st)
		}
	})
}

func TestTransferLeadership(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		for _, to := range []string{"n2", "n1", "id-n0"} {
			if err := c.nodes[1].TransferLeadership(t.Context(), to); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
			if l := c.leader(-1); c.nodes[l].name != to && c.nodes[l].ID() != to {
				t.Errorf("the leader is %d, not %s", l, to)
			}
			c.write(0, to)
		}
		c.settle()
	})
}

func TestExpiredSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		c.write(1, "a")
		c.settle()
		first := c.nodes[1].sessions.current
		for _, d := range c.nodes {
			d.machine.mu.Lock()
			delete(d.machine.state.Sessions, first)
			d.machine.mu.Unlock()
		}
		c.write(1, "b")
		if second := c.nodes[1].sessions.current; second == first {
			t.Error("the node goes on with an expired session")
		}
		c.settle()
	})
}

func TestSessionsExpireByLogTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrialTimed(t, 3, Timing{SessionExpiry: 12 * time.Second, KeepAlive: 2 * time.Second})
		defer c.close()
		c.write(1, "a")
		c.write(2, "a")
		gone := c.nodes[2].sessions.current
		c.stop(2)
		time.Sleep(20 * time.Second)
		m := c.nodes[0].machine
		m.mu.Lock()
		_, there := m.state.Sessions[gone]
		_, alive := m.state.Sessions[c.nodes[1].sessions.current]
		m.mu.Unlock()
		if there || !alive {
			t.Errorf("the session of the stopped node is kept: %v; that of a running one: %v", there, alive)
		}
	})
}

func TestLargeEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		c.write(1, string(make([]byte, 10<<20)))
		_, _, err := c.nodes[1].Propose(t.Context(), entry(string(make([]byte, 17<<20))))
		if pgerr.Code(err) != pgerr.ProgramLimitExceeded {
			t.Errorf("17 MiB: %v", err)
		}
		c.write(1, "after")
		c.settle()
	})
}

func TestCallOtherNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		c.nodes[2].Handle(MethodUserMin, func(_ context.Context, b []byte) ([]byte, error) {
			if len(b) == 0 {
				return nil, pgerr.New(pgerr.QueryCanceled, "nothing sent").WithDetail("x")
			}
			return append([]byte("re: "), b...), nil
		})
		got, err := c.nodes[1].Call(t.Context(), "id-n2", MethodUserMin, []byte("hello"))
		if err != nil || string(got) != "re: hello" {
			t.Errorf("Call = %q, %v", got, err)
		}
		_, err = c.nodes[1].Call(t.Context(), "id-n2", MethodUserMin, nil)
		var e *pgerr.Error
		if !errors.As(err, &e) || e.Code != pgerr.QueryCanceled || e.Detail != "x" {
			t.Errorf("error = %v", err)
		}
		if _, err = c.nodes[1].Call(t.Context(), "id-n0", MethodUserMin, nil); !errors.Is(err, errMethod) {
			t.Errorf("no such method: %v", err)
		}
		if _, err = c.nodes[1].Call(t.Context(), "id-n9", MethodUserMin, nil); pgerr.Code(err) != pgerr.UndefinedObject {
			t.Errorf("no such node: %v", err)
		}
	})
}

func TestChangedAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		c.stop(2)
		c.nodes[2].name = "moved"
		l, err := c.net.Host("moved").Listen(7432)
		if err != nil {
			t.Fatal(err)
		}
		d := c.nodes[2]
		d.Node, err = Open(Config{
			ID: "id-n2", Name: "n2", Listener: l, Dial: c.net.Host("moved").Dial, Advertise: "moved:7432",
			FSM: d.machine, Machine: d.machine, Log: d.log, Snapshots: d.snaps,
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Second)
		c.write(2, "from there")
		c.settle()
		for _, s := range c.nodes[0].Servers() {
			if s.ID == "id-n2" && s.Address != "moved:7432" {
				t.Errorf("address is %s", s.Address)
			}
		}
	})
}

// TestInstallLoop has the watch see what it sees of a follower that installs the
// same snapshot again and again: raft starts anew, and the node goes on.
func TestInstallLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTrial(t, 3)
		defer c.close()
		for i := range 5 {
			c.write(i%3, fmt.Sprint(i))
		}
		c.settle()
		f := (c.leader(-1) + 1) % 3
		n := c.nodes[f].Node
		before := n.raft()
		index := uint64(n.cfg.Machine.AppliedIndex()) - 1
		for range installsPerLoop {
			sink, err := n.installs.Create(1, index, 1, raft.Configuration{}, 0, nil)
			if err != nil {
				t.Fatal(err)
			}
			sink.Cancel()
			time.Sleep(time.Second)
		}
		if n.raft() == before {
			t.Error("raft was not restarted")
		}
		c.write(f, "after")
		if got := c.settle(); len(got) != 6 {
			t.Errorf("values = %v", got)
		}
	})
}
