package raftlog

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"polyreme/pgsql/types"
)

// DigestBytes is the length of a digest.
const DigestBytes = 16

// Rows are hashed in pieces of about this many bytes.
const digestBufferBytes = 4 << 10

// Digester computes the digest of a statement's result: the first 16 bytes of
// SHA-256 over the encoded values of its rows in order, followed by three
// uvarints: columns, rows, changed rows. The same result has the same digest on
// every node and in every release. Use NewDigester; Reset makes it ready again.
type Digester struct {
	hash hash.Hash
	buf  []byte
	rows uint64
}

// NewDigester returns a Digester that has seen no row.
func NewDigester() *Digester { return &Digester{hash: sha256.New()} }

// Reset forgets all rows.
func (d *Digester) Reset() {
	d.hash.Reset()
	d.buf = d.buf[:0]
	d.rows = 0
}

// Row adds one row.
func (d *Digester) Row(row []types.Value) {
	d.buf = AppendValues(d.buf, row)
	d.rows++
	if len(d.buf) >= digestBufferBytes {
		d.flush()
	}
}

func (d *Digester) flush() {
	d.hash.Write(d.buf)
	d.buf = d.buf[:0]
}

// Sum appends the digest of the rows added so far, each of the given number of
// columns, and of the number of changed rows, to dst. Call Reset before reuse.
func (d *Digester) Sum(dst []byte, columns int, changed int64) []byte {
	d.buf = binary.AppendUvarint(d.buf, uint64(columns))
	d.buf = binary.AppendUvarint(d.buf, d.rows)
	d.buf = binary.AppendUvarint(d.buf, uint64(changed))
	d.flush()
	var sum [sha256.Size]byte
	return append(dst, d.hash.Sum(sum[:0])[:DigestBytes]...)
}

// DigestStatement returns the digest of a statement whose rows are encoded: it
// equals that of a Digester which saw the same rows.
func DigestStatement(s *StatementResult) []byte {
	d := NewDigester()
	d.hash.Write(s.Rows.Data)
	d.rows = uint64(s.Rows.Count)
	return d.Sum(make([]byte, 0, DigestBytes), s.Rows.Columns, s.Changed)
}
