package raftlog

import (
	"errors"
	"os"
	"time"

	"github.com/hashicorp/raft-wal/metadb"
	"github.com/hashicorp/raft-wal/segment"
	waltypes "github.com/hashicorp/raft-wal/types"
)

// repairSealedTail heals a log whose process ended between the append that
// sealed the tail segment and the commit of the next segment to the metadata:
// raft-wal v0.4.2 opens such a log and refuses every append, for ever. It does
// what the rotation would have done, and tells whether that was needed.
//
// It must run before wal.Open, with nobody else on the directory.
func repairSealedTail(dir string, vfs waltypes.VFS, segmentBytes int) (repaired bool, err error) {
	meta := &metadb.BoltMetaDB{}
	state, err := meta.Load(dir)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, meta.Close()) }()
	if len(state.Segments) == 0 {
		return false, nil
	}
	tail := &state.Segments[len(state.Segments)-1]
	if !tail.SealTime.IsZero() {
		return false, nil
	}
	w, err := segment.NewFiler(dir, vfs).RecoverTail(*tail)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil // wal.Open creates it
	}
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	sealed, indexStart, err := w.Sealed()
	if err != nil || !sealed {
		return false, err
	}
	now := time.Now()
	tail.SealTime, tail.MaxIndex, tail.IndexStart = now, w.LastIndex(), indexStart
	state.Segments = append(state.Segments, waltypes.SegmentInfo{
		ID:         state.NextSegmentID,
		BaseIndex:  tail.MaxIndex + 1,
		MinIndex:   tail.MaxIndex + 1,
		SizeLimit:  uint32(segmentBytes),
		Codec:      tail.Codec,
		CreateTime: now,
	})
	state.NextSegmentID++
	return true, meta.CommitState(state)
}
