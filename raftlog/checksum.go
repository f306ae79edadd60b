package raftlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	waltypes "github.com/hashicorp/raft-wal/types"
)

// raft-wal checks the CRC of the last append only, when it recovers; a flipped
// bit anywhere else is read back as it is. And a codec of our own cannot carry
// one: raft-wal records its default codec in every new segment and refuses the
// log when it opens it with another. So the frames themselves are sealed, below
// the codec:
//
//	data      bytes   as the codec wrote it
//	checksum  uint32  CRC-32C over the index (uint64) and data, little endian
//
// A frame with a wrong checksum is an error that reaches raft before any of it
// is decoded, and raft stops the process rather than apply it.
const checksumBytes = 4

// checksum reads no global table: crc32.MakeTable returns the one shared,
// hardware-backed Castagnoli table.
func checksum(index uint64, data []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	var key [8]byte
	binary.LittleEndian.PutUint64(key[:], index)
	return crc32.Update(crc32.Update(0, table, key[:]), table, data)
}

// checkedFiler seals and checks the frames of the segments of a filer, and makes
// their syncs late.
type checkedFiler struct {
	waltypes.SegmentFiler
	files *lateFiles
}

func (f checkedFiler) Create(info waltypes.SegmentInfo) (waltypes.SegmentWriter, error) {
	w, err := f.SegmentFiler.Create(info)
	if err != nil {
		return nil, err
	}
	return checkedWriter{w, f.files}, nil
}

func (f checkedFiler) RecoverTail(info waltypes.SegmentInfo) (waltypes.SegmentWriter, error) {
	w, err := f.SegmentFiler.RecoverTail(info)
	if err != nil {
		return nil, err
	}
	return checkedWriter{w, f.files}, nil
}

func (f checkedFiler) Open(info waltypes.SegmentInfo) (waltypes.SegmentReader, error) {
	r, err := f.SegmentFiler.Open(info)
	if err != nil {
		return nil, err
	}
	return checkedReader{r}, nil
}

type checkedWriter struct {
	waltypes.SegmentWriter
	files *lateFiles
}

func (w checkedWriter) Append(entries []waltypes.LogEntry) error {
	for i := range entries {
		e := &entries[i]
		e.Data = binary.LittleEndian.AppendUint32(e.Data, checksum(e.Index, e.Data))
	}
	w.files.late = true
	err := w.SegmentWriter.Append(entries)
	w.files.late = false
	if err != nil {
		return err
	}
	// The metadata will say that a full segment is complete.
	if sealed, _, err := w.Sealed(); err != nil || sealed {
		return errors.Join(err, w.files.settle())
	}
	return nil
}

func (w checkedWriter) GetLog(index uint64) (*waltypes.PooledBuffer, error) {
	return unseal(w.SegmentWriter, index)
}

type checkedReader struct{ waltypes.SegmentReader }

func (r checkedReader) GetLog(index uint64) (*waltypes.PooledBuffer, error) {
	return unseal(r.SegmentReader, index)
}

func unseal(r waltypes.SegmentReader, index uint64) (*waltypes.PooledBuffer, error) {
	b, err := r.GetLog(index)
	if err != nil {
		return nil, err
	}
	n := len(b.Bs) - checksumBytes
	if n < 0 || binary.LittleEndian.Uint32(b.Bs[n:]) != checksum(index, b.Bs[:n]) {
		b.Close()
		return nil, fmt.Errorf("%w: the log entry at index %d has a wrong checksum", ErrCorrupt, index)
	}
	b.Bs = b.Bs[:n]
	return b, nil
}
