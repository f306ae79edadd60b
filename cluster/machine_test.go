package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/raftlog"
)

// machine is a state machine in memory with the Ledger's rules. It outlives the
// node that drives it, as a database file does.
type machine struct {
	mu      sync.Mutex // guards all below
	state   machineState
	changed chan struct{} // closed and replaced when Applied moves
}

type machineState struct {
	Applied  raftlog.Index
	Values   []string // the first parameter of every OpExec, in order
	Sessions map[uint64]map[uint32]ledgerLine
	Seen     map[uint64]int64 // by session
	Clock    int64
	Genesis  int
	Holders  []string // nodes that hold locks
	Ended    []string // nodes whose locks were released
}

type ledgerLine struct {
	Sequence uint64
	Outcome  []byte // encoded Result
}

func newMachine() *machine {
	return &machine{changed: make(chan struct{}), state: machineState{
		Sessions: map[uint64]map[uint32]ledgerLine{}, Seen: map[uint64]int64{},
	}}
}

func (m *machine) AppliedIndex() raftlog.Index {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Applied
}

func (m *machine) WaitApplied(ctx context.Context, index raftlog.Index) error {
	for {
		m.mu.Lock()
		applied, changed := m.state.Applied, m.changed
		m.mu.Unlock()
		if applied >= index {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *machine) values() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.state.Values)
}

func (m *machine) Apply(l *raft.Log) any { return m.ApplyBatch([]*raft.Log{l})[0] }

func (m *machine) ApplyBatch(logs []*raft.Log) []any {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]any, len(logs))
	for i, l := range logs {
		if raftlog.Index(l.Index) <= m.state.Applied {
			continue
		}
		if l.Type == raft.LogCommand {
			out[i] = m.batchLocked(raftlog.Index(l.Index), l.Data)
		}
		m.state.Applied = raftlog.Index(l.Index)
	}
	close(m.changed)
	m.changed = make(chan struct{})
	return out
}

func (m *machine) batchLocked(index raftlog.Index, data []byte) []raftlog.Result {
	var b raftlog.Batch
	if err := b.Decode(data); err != nil {
		panic(err)
	}
	m.state.Clock = max(m.state.Clock, b.Clock)
	results := make([]raftlog.Result, len(b.Entries))
	for i, raw := range b.Entries {
		e, err := raftlog.DecodeEntry(raw)
		if err != nil {
			panic(err)
		}
		results[i] = m.entryLocked(raftlog.SessionID(index, i), e)
	}
	return results
}

func (m *machine) entryLocked(id uint64, e *raftlog.Entry) raftlog.Result {
	if e.Request.IsZero() {
		return m.executeLocked(id, e)
	}
	lanes := m.state.Sessions[e.Request.Session]
	if lanes == nil {
		return raftlog.Result{Status: raftlog.SessionExpired}
	}
	m.state.Seen[e.Request.Session] = m.state.Clock
	line := lanes[e.Request.Lane]
	switch {
	case e.Request.Sequence == line.Sequence:
		r, err := raftlog.DecodeResult(line.Outcome)
		if err != nil {
			panic(err)
		}
		return r
	case e.Request.Sequence < line.Sequence:
		return raftlog.Result{Status: raftlog.Stale}
	case e.Request.Sequence > line.Sequence+1:
		panic("a sequence was skipped")
	}
	r := m.executeLocked(id, e)
	lanes[e.Request.Lane] = ledgerLine{e.Request.Sequence, raftlog.EncodeResult(&r)}
	return r
}

func (m *machine) executeLocked(id uint64, e *raftlog.Entry) raftlog.Result {
	switch e.Control() {
	case raftlog.OpOpenSession:
		m.state.Sessions[id] = map[uint32]ledgerLine{}
		m.state.Seen[id] = m.state.Clock
		return raftlog.Result{Status: raftlog.Applied, Session: id}
	case raftlog.OpExpireSessions:
		before := e.Operations[0].Params[0].Int64()
		for _, s := range slices.Collect(maps.Keys(m.state.Seen)) {
			if m.state.Seen[s] < before {
				delete(m.state.Seen, s)
				delete(m.state.Sessions, s)
			}
		}
	case raftlog.OpFence:
		return raftlog.Result{Status: raftlog.Fenced}
	case raftlog.OpNoop:
	case raftlog.OpAdvisory:
		m.advisoryLocked(e)
	default:
		if e.ChangesSchema {
			m.state.Genesis++
			if m.state.Genesis > 1 {
				m.state.Genesis = 1
				return raftlog.Result{Status: raftlog.SchemaChanged}
			}
			break
		}
		for _, o := range e.Operations {
			m.state.Values = append(m.state.Values, string(o.Params[0].Bytes))
		}
	}
	return raftlog.Result{Status: raftlog.Applied, Statements: []raftlog.StatementResult{{Changed: int64(len(e.Operations))}}}
}

// advisoryLocked makes the holder's node one that has locks, or none.
func (m *machine) advisoryLocked(e *raftlog.Entry) {
	a, ok := raftlog.ParseAdvisory(e.Operations[0].Params)
	if !ok {
		panic("advisory operation not understood")
	}
	if a.Action == raftlog.AdvisoryEnd {
		m.state.Ended = append(m.state.Ended, a.Holder.Node)
		m.state.Holders = slices.DeleteFunc(m.state.Holders, func(id string) bool { return id == a.Holder.Node })
		return
	}
	m.state.Holders = append(m.state.Holders, a.Holder.Node)
}

func (m *machine) holders() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.state.Holders)
}

func (m *machine) ended() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.state.Ended)
}

// Snapshot copies the whole state; Restore puts it back.
func (m *machine) Snapshot() (raft.FSMSnapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, err := json.Marshal(m.state)
	return machineSnapshot(b), err
}

func (m *machine) Restore(r io.ReadCloser) error {
	defer r.Close()
	var s machineState
	if err := json.NewDecoder(r).Decode(&s); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = s
	close(m.changed)
	m.changed = make(chan struct{})
	return nil
}

type machineSnapshot []byte

func (s machineSnapshot) Persist(sink raft.SnapshotSink) error {
	if _, err := sink.Write(s); err != nil {
		return err
	}
	return sink.Close()
}

func (s machineSnapshot) Release() {}

// memLog is a raft log in memory that outlives its node. A sync takes its time,
// and a crash loses what was not synced.
type memLog struct {
	*raft.InmemStore
	writing  chan struct{} // held by who writes or syncs
	unsynced atomic.Uint64
	crashed  atomic.Bool
	mu       sync.Mutex // guards all below
	bytes    uint64
	// Not nil: closed when the stall ends.
	stall, syncStall chan struct{}
}

func newMemLog() *memLog {
	return &memLog{InmemStore: raft.NewInmemStore(), writing: make(chan struct{}, 1)}
}

func (l *memLog) IsMonotonic() bool { return false }

func (l *memLog) BytesAppended() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes
}

// setStall makes appends and syncs wait.
func (l *memLog) setStall() (end func()) { return l.hold(&l.stall) }

// setSyncStall makes syncs wait that have something to do.
func (l *memLog) setSyncStall() (end func()) { return l.hold(&l.syncStall) }

func (l *memLog) hold(stall *chan struct{}) (end func()) {
	ch := make(chan struct{})
	l.mu.Lock()
	*stall = ch
	l.mu.Unlock()
	return func() {
		l.mu.Lock()
		*stall = nil
		l.mu.Unlock()
		close(ch)
	}
}

func (l *memLog) StoreLog(log *raft.Log) error { return l.StoreLogs([]*raft.Log{log}) }

func (l *memLog) StoreLogs(logs []*raft.Log) error {
	l.writing <- struct{}{}
	defer func() { <-l.writing }()
	if err := l.settle(); err != nil {
		return err
	}
	l.mu.Lock()
	for _, g := range logs {
		l.bytes += uint64(len(g.Data))
	}
	l.mu.Unlock()
	if err := l.InmemStore.StoreLogs(logs); err != nil {
		return err
	}
	l.unsynced.Store(logs[0].Index)
	return nil
}

func (l *memLog) DeleteRange(low, high uint64) error {
	l.writing <- struct{}{}
	defer func() { <-l.writing }()
	if err := l.settle(); err != nil {
		return err
	}
	return l.InmemStore.DeleteRange(low, high)
}

func (l *memLog) Sync() error {
	l.writing <- struct{}{}
	defer func() { <-l.writing }()
	return l.settle()
}

func (l *memLog) TrySync() error {
	select {
	case l.writing <- struct{}{}:
		defer func() { <-l.writing }()
		return l.settle()
	default:
		return nil
	}
}

func (l *memLog) Unsynced() raftlog.Index { return raftlog.Index(l.unsynced.Load()) }

var errCrashed = errors.New("crashed")

func (l *memLog) settle() error {
	l.mu.Lock()
	stall, syncStall := l.stall, l.syncStall
	l.mu.Unlock()
	if stall != nil {
		<-stall
	}
	if l.unsynced.Load() == 0 {
		return nil
	}
	if syncStall != nil {
		<-syncStall
	}
	<-time.After(time.Duration(rand.IntN(4)) * 300 * time.Microsecond) // fake time
	if l.crashed.Load() {
		return errCrashed
	}
	l.unsynced.Store(0)
	return nil
}

// recover makes the log what a crash leaves of it.
func (l *memLog) recover() {
	l.crashed.Store(false)
	first := l.unsynced.Swap(0)
	if last, _ := l.LastIndex(); first != 0 && first <= last {
		l.InmemStore.DeleteRange(first, last)
	}
}
