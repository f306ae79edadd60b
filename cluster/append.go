package cluster

import (
	"encoding/binary"
	"time"

	"github.com/hashicorp/raft"

	"polyreme/raftlog"
)

// The payload of an append (Raft's AppendEntries), little endian:
//
//	raft version  byte
//	term, previous index, previous term, commit index   uint64 each
//	id, address of the leader   uvarint length, bytes
//	entries:
//	  index, term      uvarint
//	  type             byte
//	  appended at      uint64   ns since 1970
//	  data, extensions uvarint length, bytes
//
// and of its reply:
//
//	raft version  byte
//	flags         byte    1 success, 2 no backoff
//	term, last    uint64
//	id, address   uvarint length, bytes
const (
	appendFixedBytes   = 1 + 4*8
	appendedFixedBytes = 2 + 2*8
	entryOverheadBytes = 40

	appendedSuccess   = 1
	appendedNoBackoff = 2
)

func encodeAppend(r *raft.AppendEntriesRequest, commit uint64) []byte {
	size := appendFixedBytes + len(r.ID) + len(r.Addr) + 2*binary.MaxVarintLen32
	for _, e := range r.Entries {
		size += entryOverheadBytes + len(e.Data) + len(e.Extensions)
	}
	b := make([]byte, 0, size)
	b = append(b, byte(r.ProtocolVersion))
	for _, v := range [...]uint64{r.Term, r.PrevLogEntry, r.PrevLogTerm, commit} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	b = appendBytes(b, r.ID)
	b = appendBytes(b, r.Addr)
	for _, e := range r.Entries {
		b = binary.AppendUvarint(b, e.Index)
		b = binary.AppendUvarint(b, e.Term)
		b = append(b, byte(e.Type))
		b = binary.LittleEndian.AppendUint64(b, uint64(e.AppendedAt.UnixNano())) // raft sets it in every entry
		b = appendBytes(b, e.Data)
		b = appendBytes(b, e.Extensions)
	}
	return b
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// decodeAppend decodes a request, whose entries keep pointing into b.
func decodeAppend(b []byte) (*raft.AppendEntriesRequest, error) {
	d := appendReader{b: b}
	r := &raft.AppendEntriesRequest{}
	r.ProtocolVersion = raft.ProtocolVersion(d.byte())
	r.Term, r.PrevLogEntry, r.PrevLogTerm, r.LeaderCommitIndex = d.uint64(), d.uint64(), d.uint64(), d.uint64()
	r.ID, r.Addr = d.bytes(), d.bytes()
	for len(d.b) > 0 && !d.bad {
		r.Entries = append(r.Entries, &raft.Log{
			Index: d.uvarint(), Term: d.uvarint(), Type: raft.LogType(d.byte()),
			AppendedAt: time.Unix(0, int64(d.uint64())), Data: d.bytes(), Extensions: d.bytes(),
		})
	}
	if d.bad {
		return nil, raftlog.ErrCorrupt
	}
	return r, nil
}

func encodeAppended(r *raft.AppendEntriesResponse) []byte {
	b := make([]byte, 0, appendedFixedBytes+len(r.ID)+len(r.Addr)+2*binary.MaxVarintLen32)
	var flags byte
	if r.Success {
		flags |= appendedSuccess
	}
	if r.NoRetryBackoff {
		flags |= appendedNoBackoff
	}
	b = append(b, byte(r.ProtocolVersion), flags)
	b = binary.LittleEndian.AppendUint64(b, r.Term)
	b = binary.LittleEndian.AppendUint64(b, r.LastLog)
	b = appendBytes(b, r.ID)
	return appendBytes(b, r.Addr)
}

func decodeAppended(b []byte, r *raft.AppendEntriesResponse) error {
	d := appendReader{b: b}
	r.ProtocolVersion = raft.ProtocolVersion(d.byte())
	flags := d.byte()
	r.Success, r.NoRetryBackoff = flags&appendedSuccess != 0, flags&appendedNoBackoff != 0
	r.Term, r.LastLog = d.uint64(), d.uint64()
	r.ID, r.Addr = d.bytes(), d.bytes()
	if d.bad || len(d.b) > 0 {
		return raftlog.ErrCorrupt
	}
	return nil
}

// appendReader reads the fields of a payload; bad says that one was not there.
type appendReader struct {
	b   []byte
	bad bool
}

// take returns the next n bytes, nil when there are fewer.
func (d *appendReader) take(n uint64) []byte {
	if d.bad || n > uint64(len(d.b)) {
		d.bad = true
		return nil
	}
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b
}

func (d *appendReader) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *appendReader) uint64() uint64 {
	if b := d.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (d *appendReader) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.b = d.b[n:]
	return v
}

// bytes returns a byte string, nil for an empty one.
func (d *appendReader) bytes() []byte {
	if b := d.take(d.uvarint()); len(b) > 0 {
		return b
	}
	return nil
}
