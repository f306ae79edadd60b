package copyfmt

import (
	"bytes"
	"encoding/binary"
)

// Signature begins a stream in binary format.
const Signature = "PGCOPY\n\xff\r\n\x00"

// headerBytes is the signature, the flags and the length of the extension.
const headerBytes = len(Signature) + 8

// flagOIDs tells that rows carry OIDs, which PostgreSQL no longer has.
const flagOIDs = 1 << 16

type binaryDecoder struct {
	columns int
	buf     []byte
	at      int
	ended   bool
	started bool
	done    bool
	row     int
	fields  []Field
}

func (d *binaryDecoder) Feed(piece []byte) {
	if d.at > 0 && d.at >= len(d.buf)-d.at {
		n := copy(d.buf, d.buf[d.at:])
		d.buf, d.at = d.buf[:n], 0
	}
	d.buf = append(d.buf, piece...)
}

func (d *binaryDecoder) End()           { d.ended = true }
func (d *binaryDecoder) Line() int      { return d.row }
func (d *binaryDecoder) Record() []byte { return nil }

// Next implements Decoder.
func (d *binaryDecoder) Next() ([]Field, error) {
	if !d.started {
		if ok, err := d.start(); !ok {
			return nil, err
		}
	}
	if d.done {
		if d.at < len(d.buf) {
			return nil, bad("received copy data after EOF marker")
		}
		return nil, nil
	}
	b := d.buf[d.at:]
	if len(b) < 2 {
		return nil, d.short("unexpected EOF in COPY data")
	}
	n := int(int16(binary.BigEndian.Uint16(b)))
	if n == -1 {
		d.at += 2
		d.done = true
		return d.Next()
	}
	if n != d.columns {
		d.row++
		return nil, bad("row field count is %d, expected %d", n, d.columns)
	}
	i := 2
	d.fields = d.fields[:0]
	for range n {
		if len(b)-i < 4 {
			return nil, d.short("unexpected EOF in COPY data")
		}
		size := int(int32(binary.BigEndian.Uint32(b[i:])))
		i += 4
		if size == -1 {
			d.fields = append(d.fields, nil)
			continue
		}
		if size < 0 {
			return nil, bad("invalid field size")
		}
		if len(b)-i < size {
			return nil, d.short("unexpected EOF in COPY data")
		}
		d.fields = append(d.fields, b[i:i+size:i+size])
		i += size
	}
	d.at += i
	d.row++
	return d.fields, nil
}

// short says that the stream ends too early, if it has ended.
func (d *binaryDecoder) short(message string) error {
	if !d.ended || d.at == len(d.buf) {
		return nil
	}
	return bad("%s", message)
}

// start reads the header; false without an error means that more is needed.
func (d *binaryDecoder) start() (bool, error) {
	b := d.buf[d.at:]
	if n := min(len(b), len(Signature)); !bytes.Equal(b[:n], []byte(Signature[:n])) {
		return false, bad("COPY file signature not recognized")
	}
	if len(b) < headerBytes {
		if d.ended {
			return false, bad("invalid COPY file header (missing flags)")
		}
		return false, nil
	}
	flags := binary.BigEndian.Uint32(b[len(Signature):])
	if flags&flagOIDs != 0 {
		return false, bad("invalid COPY file header (WITH OIDS)")
	}
	if flags>>16 != 0 {
		return false, bad("unrecognized critical flags in COPY file header")
	}
	extension := int(int32(binary.BigEndian.Uint32(b[len(Signature)+4:])))
	if extension < 0 {
		return false, bad("invalid COPY file header (missing length)")
	}
	if len(b)-headerBytes < extension {
		if d.ended {
			return false, bad("invalid COPY file header (wrong length)")
		}
		return false, nil
	}
	d.at += headerBytes + extension
	d.started = true
	return true, nil
}

// AppendHeader appends what a binary stream begins with.
func AppendHeader(dst []byte) []byte {
	return append(append(dst, Signature...), 0, 0, 0, 0, 0, 0, 0, 0)
}

// AppendTrailer appends what a binary stream ends with.
func AppendTrailer(dst []byte) []byte { return append(dst, 0xff, 0xff) }
