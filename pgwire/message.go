package pgwire

import (
	"encoding/binary"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// Column describes one result column as RowDescription carries it.
type Column struct {
	Name     string
	Relation uint32 // OID of the table the column comes from, or 0
	Attnum   int16  // its number there, or 0
	Type     types.OID
	Size     int16 // pg_type.typlen
	Typmod   int32
}

// Format codes of parameters and results.
const (
	FormatText   int16 = 0
	FormatBinary int16 = 1
)

// open begins a message of the kind and returns the buffer and the place of
// its length word for closeMessage.
func open(dst []byte, kind byte) ([]byte, int) {
	return append(dst, kind, 0, 0, 0, 0), len(dst) + 1
}

func closeMessage(dst []byte, at int) []byte {
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at))
	return dst
}

func appendString(dst []byte, s string) []byte { return append(append(dst, s...), 0) }

func appendRowDescription(dst []byte, columns []Column, formats []int16) []byte {
	dst, at := open(dst, 'T')
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(columns)))
	for i, c := range columns {
		dst = appendString(dst, c.Name)
		dst = binary.BigEndian.AppendUint32(dst, c.Relation)
		dst = binary.BigEndian.AppendUint16(dst, uint16(c.Attnum))
		dst = binary.BigEndian.AppendUint32(dst, uint32(c.Type))
		dst = binary.BigEndian.AppendUint16(dst, uint16(c.Size))
		dst = binary.BigEndian.AppendUint32(dst, uint32(c.Typmod))
		dst = binary.BigEndian.AppendUint16(dst, uint16(FormatOf(formats, i)))
	}
	return closeMessage(dst, at)
}

// FormatOf returns the format code of column or parameter i: none given means
// text, one given means that one for all.
func FormatOf(formats []int16, i int) int16 {
	switch {
	case len(formats) == 0:
		return FormatText
	case len(formats) == 1:
		return formats[0]
	}
	return formats[i]
}

func appendParameterDescription(dst []byte, params []types.OID) []byte {
	dst, at := open(dst, 't')
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(params)))
	for _, p := range params {
		dst = binary.BigEndian.AppendUint32(dst, uint32(p))
	}
	return closeMessage(dst, at)
}

// appendError writes an ErrorResponse (kind 'E') or NoticeResponse ('N').
func appendError(dst []byte, kind byte, e *pgerr.Error) []byte {
	severity := e.Severity
	if severity == "" {
		severity = "ERROR"
	}
	dst, at := open(dst, kind)
	field := func(code byte, s string) {
		if s != "" {
			dst = append(dst, code)
			dst = appendString(dst, s)
		}
	}
	field('S', severity)
	field('V', severity)
	field('C', e.Code)
	dst = append(dst, 'M') // mandatory, even when empty
	dst = appendString(dst, e.Message)
	field('D', e.Detail)
	field('H', e.Hint)
	if e.Position > 0 {
		dst = append(dst, 'P')
		dst = append(appendDecimal(dst, int64(e.Position)), 0)
	}
	field('W', e.Where)
	field('s', e.Schema)
	field('t', e.Table)
	field('c', e.Column)
	field('d', e.DataType)
	field('n', e.Constraint)
	field('R', e.Routine)
	dst = append(dst, 0)
	return closeMessage(dst, at)
}

func appendDecimal(dst []byte, n int64) []byte {
	var digits [20]byte
	at := len(digits)
	u := uint64(n)
	if n < 0 {
		dst = append(dst, '-')
		u = -u
	}
	for {
		at--
		digits[at] = byte('0' + u%10)
		if u /= 10; u == 0 {
			break
		}
	}
	return append(dst, digits[at:]...)
}

// AppendNull appends a NULL column value to a DataRow under construction.
func AppendNull(dst []byte) []byte { return append(dst, 0xff, 0xff, 0xff, 0xff) }

// AppendValue appends v as a column value of a DataRow under construction, in
// the form that encode writes.
func AppendValue(dst []byte, encode types.Encoder, v types.Value, env *types.Env) []byte {
	if v.Kind == types.Null {
		return AppendNull(dst)
	}
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = encode(dst, v, env)
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}
