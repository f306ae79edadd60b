package raftlog

import (
	"encoding/binary"

	"polyreme/pgsql/types"
)

// Rows are result rows in encoded form.
type Rows struct {
	Columns int
	Count   int
	Data    []byte
}

// Append adds one row of r.Columns values.
func (r *Rows) Append(row []types.Value) {
	r.Data = AppendValues(r.Data, row)
	r.Count++
}

// Next decodes the next row into dst, of length r.Columns, and takes it from r.
// The bytes of the values alias r.Data. It returns false after the last row.
func (r *Rows) Next(dst []types.Value) (bool, error) {
	if r.Count == 0 {
		return false, nil
	}
	rest, err := DecodeValues(r.Data, dst[:r.Columns])
	if err != nil {
		return false, err
	}
	r.Data = rest
	r.Count--
	return true, nil
}

func (r *Rows) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(r.Columns))
	dst = binary.AppendUvarint(dst, uint64(r.Count))
	return appendBytes(dst, r.Data)
}

func (r *Rows) read(in *reader) {
	r.Columns, r.Count = in.int(), in.int()
	r.Data = in.bytes()
	if len(r.Data) == 0 {
		r.Data = nil
	}
	if uint64(r.Columns)*uint64(r.Count) > uint64(len(r.Data)) || r.Columns == 0 && r.Count > 0 {
		in.fail("rows")
	}
}
