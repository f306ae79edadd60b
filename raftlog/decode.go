package raftlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"polyreme/pgsql/types"
)

// ErrCorrupt is within every error about bytes that no encoder wrote.
var ErrCorrupt = errors.New("corrupt encoding")

// ErrVersion is within the error about an encoding of a later release.
var ErrVersion = errors.New("encoding of a later version")

func corrupt(what string) error { return fmt.Errorf("%w: %s", ErrCorrupt, what) }

// Interned strings are few (the statements of the application) and short.
const (
	internStringsMax = 2048
	internBytesMax   = 8 << 10
)

// Decoder decodes entries and keeps one copy of each repeated SQL text, so that
// a known statement costs no allocation. It serves one goroutine. The zero
// Decoder is ready.
type Decoder struct {
	strings map[string]string
}

// Entry decodes b into e, whose slices it reuses. The bytes of parameters and
// of Expect alias b; strings do not.
func (d *Decoder) Entry(b []byte, e *Entry) error {
	r := reader{b: b}
	if err := r.version("entry"); err != nil {
		return err
	}
	flags := r.byte()
	e.ChangesSchema = flags&entryChangesSchema != 0
	e.Request = RequestID{}
	if flags&entryHasRequest != 0 {
		e.Request.Session = r.uvarint()
		lane := r.uvarint()
		if lane > math.MaxUint32 {
			return corrupt("lane")
		}
		e.Request.Lane = uint32(lane)
		e.Request.Sequence = r.uvarint()
	}
	e.Moment.Time = r.varint()
	copy(e.Moment.Seed[:], r.take(len(e.Moment.Seed)))

	e.Settings = e.Settings[:0]
	for n := r.count(2); n > 0; n-- {
		e.Settings = append(e.Settings, Setting{d.intern(r.bytes()), d.intern(r.bytes())})
	}
	e.Dependencies = e.Dependencies[:0]
	for n := r.count(2); n > 0; n-- {
		relation, version := r.uvarint(), r.uvarint()
		if relation > math.MaxUint32 {
			return corrupt("dependency")
		}
		e.Dependencies = append(e.Dependencies, Dependency{uint32(relation), SchemaVersion(version)})
	}
	n := r.count(5)
	if cap(e.Operations) < n {
		e.Operations = make([]Operation, n)
	}
	e.Operations = e.Operations[:n]
	for i := range e.Operations {
		if r.err != nil {
			break
		}
		d.operation(&r, &e.Operations[i])
	}
	return r.end("entry")
}

// DecodeEntry decodes b into a new Entry; see Decoder.Entry for what it aliases.
func DecodeEntry(b []byte) (*Entry, error) {
	e := new(Entry)
	if err := new(Decoder).Entry(b, e); err != nil {
		return nil, err
	}
	return e, nil
}

func (d *Decoder) operation(r *reader, o *Operation) {
	params := o.Params[:0]
	*o = Operation{Kind: OpKind(r.byte())}
	if o.Kind == 0 || o.Kind >= opKindEnd {
		r.fail("operation kind")
		return
	}
	flags := r.byte()
	o.Counts, o.Returns, o.Read = flags&opCounts != 0, flags&opReturns != 0, flags&opRead != 0
	o.Statement = r.int()
	if flags&opStage != 0 {
		o.Stage = r.uvarint()
	}
	if flags&opExpect != 0 {
		o.Expect = r.bytes()
	}
	if flags&opSets != 0 {
		o.Sets = r.int()
	}
	o.SQL = d.intern(r.bytes())
	n := r.count(1)
	if o.Sets > 1 && n%o.Sets != 0 {
		r.fail("parameter sets")
		return
	}
	if cap(params) < n {
		params = make([]types.Value, 0, n)
	}
	for ; n > 0 && r.err == nil; n-- {
		params = append(params, r.value())
	}
	o.Params = params
}

// intern returns string(b), the same string for the same bytes.
func (d *Decoder) intern(b []byte) string {
	if len(b) > internBytesMax || len(b) == 0 {
		return string(b)
	}
	if s, ok := d.strings[string(b)]; ok {
		return s
	}
	if d.strings == nil || len(d.strings) >= internStringsMax {
		d.strings = make(map[string]string)
	}
	s := string(b)
	d.strings[s] = s
	return s
}

// DecodeValues decodes len(dst) values from b into dst, and returns the rest.
// Bytes of the values alias b.
func DecodeValues(b []byte, dst []types.Value) ([]byte, error) {
	r := reader{b: b}
	for i := range dst {
		dst[i] = r.value()
	}
	return r.b, r.err
}

// reader reads primitives from b. After the first error it reads zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = corrupt(what)
	}
	r.b = nil
}

func (r *reader) version(what string) error {
	switch v := r.byte(); {
	case r.err != nil:
		return corrupt(what + " is empty")
	case v > Version:
		return fmt.Errorf("%w: %s has version %d, this release reads up to %d", ErrVersion, what, v, Version)
	case v == 0:
		return corrupt(what + " version")
	}
	return nil
}

// end returns the first error, or one when bytes are left.
func (r *reader) end(what string) error {
	if r.err == nil && len(r.b) != 0 {
		r.err = corrupt("bytes after " + what)
	}
	return r.err
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail("truncated")
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail("number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail("number")
		return 0
	}
	r.b = r.b[n:]
	return v
}

// int reads a uvarint that is an int32: a small count or index.
func (r *reader) int() int {
	v := r.uvarint()
	if v > math.MaxInt32 {
		r.fail("number out of range")
		return 0
	}
	return int(v)
}

// count reads the number of items that follow, each of at least size bytes.
func (r *reader) count(size int) int {
	v := r.uvarint()
	if v > uint64(len(r.b)/size) {
		r.fail("count")
		return 0
	}
	return int(v)
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.fail("truncated")
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.fail("length")
		return nil
	}
	return r.take(int(n))
}

func (r *reader) value() types.Value {
	switch types.Kind(r.byte()) {
	case types.Null:
		return types.Value{}
	case types.Int:
		return types.IntValue(r.varint())
	case types.Float:
		if b := r.take(8); b != nil {
			return types.FloatValue(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		}
	case types.Text:
		return types.TextBytes(r.bytes())
	case types.Blob:
		return types.BlobValue(r.bytes())
	default:
		r.fail("value kind")
	}
	return types.Value{}
}
