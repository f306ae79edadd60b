package raftlog

import "encoding/binary"

// BatchHeaderBytesMax bounds what AppendBatchHeader and the length prefixes of
// one entry add to the entries' own bytes.
const BatchHeaderBytesMax = 1 + 2*binary.MaxVarintLen64

// AppendBatch appends a batch of encoded entries, stamped with the leader's
// clock (µs since 2000-01-01 UTC), to dst.
func AppendBatch(dst []byte, clock int64, entries ...[]byte) []byte {
	dst = append(dst, Version)
	dst = binary.AppendVarint(dst, clock)
	dst = binary.AppendUvarint(dst, uint64(len(entries)))
	for _, e := range entries {
		dst = appendBytes(dst, e)
	}
	return dst
}

// Batch is the decoded frame of a raft log entry: the entries are still encoded
// and alias the input.
type Batch struct {
	Clock   int64
	Entries [][]byte
}

// Decode reads the frame b into t, whose slice it reuses.
func (t *Batch) Decode(b []byte) error {
	r := reader{b: b}
	if err := r.version("batch"); err != nil {
		return err
	}
	t.Clock = r.varint()
	t.Entries = t.Entries[:0]
	n := r.count(1)
	if n > BatchEntriesMax {
		return corrupt("batch has too many entries")
	}
	for ; n > 0; n-- {
		t.Entries = append(t.Entries, r.bytes())
	}
	return r.end("batch")
}
