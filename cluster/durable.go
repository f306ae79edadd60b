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
//	transport.AppendEntries  raft learns that a follower has an entry when it is
//	                         durable here too, so no commit rests on a copy that
//	                         is not; except where this node is the majority alone:
//	transport.AppendEntries  followers are told of no commit beyond what is durable
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
	if err := f.log.Sync(); err != nil {
		results := make([]any, len(logs))
		for i := range results {
			results[i] = fmt.Errorf("entry not applied: %w", err)
		}
		return results
	}
	return f.BatchingFSM.ApplyBatch(logs)
}
