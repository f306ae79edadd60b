package cluster

import (
	"fmt"

	"github.com/hashicorp/raft"
)

// The log's appends return before they are durable (raftlog.Store.Sync), so that
// the leader's disk works while the followers' do (thesis §10.2.1). raft does not
// know: it counts an entry as stored on this node when the append returns. These
// gates keep what it concludes from that to itself until it is true:
//
//	transport.AppendEntries  followers are told of no commit beyond what is
//	                         durable here: it may rest on our copy
//	durableFSM               an entry is applied, and so answered or read, when it
//	                         is durable
//	transport.serveAppend    a leader is told that we have entries when they are
//	                         durable
//
// Votes need no gate: entries that are not durable only make this node harder to
// get a vote from, and as a candidate it may have them counted as its log, for
// they pass the same gates once it leads.

// durableFSM applies committed entries when they are durable here.
type durableFSM struct {
	raft.BatchingFSM
	log Log
}

func (f durableFSM) Apply(l *raft.Log) any { return f.ApplyBatch([]*raft.Log{l})[0] }

func (f durableFSM) ApplyBatch(logs []*raft.Log) []any {
	if err := f.sync(logs[len(logs)-1].Index); err != nil {
		results := make([]any, len(logs))
		for i := range results {
			results[i] = fmt.Errorf("entry not applied: %w", err)
		}
		return results
	}
	return f.BatchingFSM.ApplyBatch(logs)
}

// sync returns when the log is durable up to an index: a later append may be
// under way.
func (f durableFSM) sync(last uint64) error {
	if first := uint64(f.log.Unsynced()); first == 0 || first > last {
		return nil
	}
	return f.log.Sync()
}
