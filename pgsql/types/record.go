package types

import "encoding/binary"

// Record writes row values, which are never stored, from their fields: the
// text and binary output of type record and of composite types.
type Record struct {
	oids   []OID
	text   []Encoder
	binary []Encoder
}

// NewRecord returns the encoder of rows whose columns have the given types and
// typmods; typmods may be nil.
func NewRecord(oids []OID, typmods []int32) *Record {
	r := &Record{oids: oids}
	for i, oid := range oids {
		typmod := int32(-1)
		if typmods != nil {
			typmod = typmods[i]
		}
		r.text = append(r.text, TextEncoder(oid, typmod))
		r.binary = append(r.binary, BinaryEncoder(oid, typmod))
	}
	return r
}

// AppendText appends record_out of the row: (a,"b c",).
func (r *Record) AppendText(dst []byte, row []Value, env *Env) []byte {
	dst = append(dst, '(')
	for i, v := range row {
		if i > 0 {
			dst = append(dst, ',')
		}
		if v.IsNull() {
			continue
		}
		from := len(dst)
		dst = r.text[i](dst, v, env)
		dst = quoteRecordField(dst, from)
	}
	return append(dst, ')')
}

// quoteRecordField quotes dst[from:] in place where record_out would.
func quoteRecordField(dst []byte, from int) []byte {
	quote := len(dst) == from
	escapes := 0
	for _, c := range dst[from:] {
		switch {
		case c == '"' || c == '\\':
			escapes++
			quote = true
		case c == '(' || c == ')' || c == ',' || isSpace(c):
			quote = true
		}
	}
	if !quote {
		return dst
	}
	return quoteInPlace(dst, from, escapes, 0)
}

// AppendBinary appends record_send of the row.
func (r *Record) AppendBinary(dst []byte, row []Value, env *Env) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(row)))
	for i, v := range row {
		dst = binary.BigEndian.AppendUint32(dst, uint32(r.oids[i]))
		if v.IsNull() {
			dst = binary.BigEndian.AppendUint32(dst, 1<<32-1)
			continue
		}
		from := len(dst)
		dst = binary.BigEndian.AppendUint32(dst, 0)
		dst = r.binary[i](dst, v, env)
		binary.BigEndian.PutUint32(dst[from:], uint32(len(dst)-from-4))
	}
	return dst
}
