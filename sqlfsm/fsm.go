package sqlfsm

import (
	"errors"
	"fmt"

	"github.com/hashicorp/raft"

	"polyreme/raftlog"
)

// FSM is the state machine as raft sees it. Raft calls its methods from one
// goroutine.
type FSM struct {
	store   *Store
	applier *applier // nil after a failed Restore or Close
	batch   [1]*raft.Log
}

var _ raft.BatchingFSM = (*FSM)(nil)

// groupBytesMax bounds the log data that one SQLite transaction applies, so
// that a node that catches up publishes its progress.
const groupBytesMax = 8 << 20

// Apply applies one committed entry. See ApplyBatch.
func (f *FSM) Apply(log *raft.Log) any {
	f.batch[0] = log
	return f.ApplyBatch(f.batch[:])[0]
}

// ApplyBatch applies committed entries. The response to a command is its
// []raftlog.Result, one for each packed proposal; nil where the file contained
// the entry already; an error where the state machine has stopped.
func (f *FSM) ApplyBatch(logs []*raft.Log) []any {
	results := make([]any, len(logs))
	for first := 0; first < len(logs); {
		last, bytes := first, 0
		for last < len(logs) && (last == first || bytes+len(logs[last].Data) <= groupBytesMax) {
			bytes += len(logs[last].Data)
			last++
		}
		if err := f.apply(logs[first:last], results[first:last]); err != nil {
			for i := first; i < len(logs); i++ {
				results[i] = err
			}
			return results
		}
		first = last
	}
	return results
}

// apply applies a group and publishes it.
func (f *FSM) apply(logs []*raft.Log, results []any) error {
	s := f.store
	if err := s.Fault(); err != nil {
		return err
	}
	if f.applier == nil {
		return ErrClosed
	}
	if logs[len(logs)-1].Index <= uint64(f.applier.applied.index) {
		return nil
	}
	s.checkpoint.lock()
	err := f.applier.group(logs, results)
	frames := f.applier.writer.conn.WALBytes()
	s.checkpoint.unlock()
	if err != nil {
		return s.fatal(err)
	}
	// Before publish: who waits until an entry is applied has its notifications.
	if sent := f.applier.notifications.take(); len(sent) > 0 {
		s.config.OnNotify(sent)
	}
	s.advisory.publish(&f.applier.advisory.changes) // before those who wait for the index look
	s.publish(f.applier)
	s.groups.Add(1)
	for _, r := range results {
		if decided, ok := r.([]raftlog.Result); ok {
			s.proposals.Add(uint64(len(decided)))
		}
	}
	s.checkpoint.grown(frames)
	return nil
}

// close closes the writer.
func (f *FSM) close() error {
	if f.applier == nil {
		return nil
	}
	conn := f.applier.writer.conn
	f.applier = nil
	if err := conn.Close(); err != nil {
		return fmt.Errorf("close writer: %w", err)
	}
	return nil
}

// reopen closes the writer, lets swap put another file in its place and opens
// that.
func (f *FSM) reopen(swap func() error) error {
	if err := errors.Join(f.close(), swap()); err != nil {
		return err
	}
	return f.store.load()
}
