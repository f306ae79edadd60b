package types

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"

	"polyreme/pgwire/pgerr"
)

// The storage form of an array is a BLOB whose byte order is the array's order
// in PostgreSQL (array_cmp): element by element, then the number of elements,
// of dimensions, the dimensions, the lower bounds. It does not name the type of
// its elements.
//
//	elements, each a tag and a body:
//	  0x10..0x17   negative integer of 8..1 bytes: the low bytes, big-endian
//	  0x18         zero
//	  0x19..0x20   positive integer of 1..8 bytes: the low bytes, big-endian
//	  0x28         float: 8 bytes of IEEE 754, big-endian; all bits flipped
//	               where negative, else the sign bit flipped; -0 is kept as 0
//	  0x30         text: its bytes, 0x00 as 0x00 0xff; then 0x00 0x00
//	  0x38         blob: as text
//	  0xff         NULL, after all values
//	0x00           end of the elements, before any longer array
//	1 byte         number of dimensions, 0 to 6
//	4 bytes each   length of each dimension, big-endian
//	4 bytes each   lower bound of each, big-endian, sign bit flipped
//
// Elements whose storage form compares by a collation (numeric, interval,
// jsonb) are ordered here by their bytes: CompareArrays is exact.
const (
	arrayEnd     = 0x00
	arrayZero    = 0x18
	arrayFloat   = 0x28
	arrayText    = 0x30
	arrayBlob    = 0x38
	arrayNull    = 0xff
	arrayDimsMax = 6 // MAXDIM

	// arrayItemsMax is PostgreSQL's MaxArraySize.
	arrayItemsMax = 1<<27 - 1
)

// ArrayDim is one dimension of an array.
type ArrayDim struct {
	Len   int32
	Lower int32
}

// Array is a decoded array: its elements in row-major order.
type Array struct {
	Dims  []ArrayDim // none where the array is empty
	Elems []Value
}

// NewArray returns the one-dimensional array of elems with lower bound 1.
func NewArray(elems []Value) Array {
	if len(elems) == 0 {
		return Array{}
	}
	return Array{Dims: []ArrayDim{{Len: int32(len(elems)), Lower: 1}}, Elems: elems}
}

// Value returns the storage form of a.
func (a *Array) Value() Value { return BlobValue(AppendArray(nil, a)) }

// AppendArray appends the storage form of a to dst.
func AppendArray(dst []byte, a *Array) []byte {
	for _, v := range a.Elems {
		dst = AppendArrayElem(dst, v)
	}
	return AppendArrayEnd(dst, a.Dims)
}

// AppendArrayElem appends one element to an array that is being built.
func AppendArrayElem(dst []byte, v Value) []byte {
	switch v.Kind {
	case Int:
		return appendArrayInt(dst, v.Int64())
	case Float:
		dst = append(dst, arrayFloat)
		f := v.Float64()
		if f == 0 {
			f = 0 // -0 equals 0
		}
		b := math.Float64bits(f)
		if b>>63 != 0 {
			b = ^b
		} else {
			b |= 1 << 63
		}
		return binary.BigEndian.AppendUint64(dst, b)
	case Text:
		return appendEscaped(append(dst, arrayText), v.Bytes)
	case Blob:
		return appendEscaped(append(dst, arrayBlob), v.Bytes)
	}
	return append(dst, arrayNull)
}

func appendArrayInt(dst []byte, n int64) []byte {
	if n == 0 {
		return append(dst, arrayZero)
	}
	size := 1
	if n > 0 {
		for u := uint64(n) >> 8; u != 0; u >>= 8 {
			size++
		}
		dst = append(dst, byte(arrayZero+size))
	} else {
		for u := uint64(^n) >> 8; u != 0; u >>= 8 {
			size++
		}
		dst = append(dst, byte(arrayZero-size))
	}
	for i := size - 1; i >= 0; i-- {
		dst = append(dst, byte(n>>(8*i)))
	}
	return dst
}

func appendEscaped(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, 0)
		if i < 0 {
			break
		}
		dst = append(dst, b[:i+1]...)
		dst = append(dst, 0xff)
		b = b[i+1:]
	}
	dst = append(dst, b...)
	return append(dst, 0, 0)
}

// AppendArrayEnd ends an array whose elements were appended to dst.
func AppendArrayEnd(dst []byte, dims []ArrayDim) []byte {
	dst = append(dst, arrayEnd, byte(len(dims)))
	for _, d := range dims {
		dst = binary.BigEndian.AppendUint32(dst, uint32(d.Len))
	}
	for _, d := range dims {
		dst = binary.BigEndian.AppendUint32(dst, uint32(d.Lower)^1<<31)
	}
	return dst
}

// ArrayReader walks the elements of a stored array without building it:
//
//	for r := ReadArray(blob); r.Next(); { use(r.Elem) }
//
// Text and Blob elements without a zero byte alias the array.
type ArrayReader struct {
	Elem Value
	rest []byte
	err  error
	done bool
}

// ReadArray starts to read the stored array blob.
func ReadArray(blob []byte) ArrayReader { return ArrayReader{rest: blob} }

// Err returns an error (XX001) where the array was damaged.
func (r *ArrayReader) Err() error { return r.err }

func (r *ArrayReader) fail() bool {
	r.err = pgerr.New(pgerr.DataCorrupted, "stored array is damaged")
	r.done = true
	return false
}

// Next reads the next element into r.Elem; it returns false after the last.
func (r *ArrayReader) Next() bool {
	if r.done {
		return false
	}
	if len(r.rest) == 0 {
		return r.fail()
	}
	tag := r.rest[0]
	r.rest = r.rest[1:]
	switch {
	case tag == arrayEnd:
		r.done = true
		return false
	case tag >= arrayZero-8 && tag <= arrayZero+8:
		return r.nextInt(int(tag) - arrayZero)
	case tag == arrayFloat:
		if len(r.rest) < 8 {
			return r.fail()
		}
		b := binary.BigEndian.Uint64(r.rest)
		if b>>63 != 0 {
			b &^= 1 << 63
		} else {
			b = ^b
		}
		r.Elem = FloatValue(math.Float64frombits(b))
		r.rest = r.rest[8:]
		return true
	case tag == arrayText, tag == arrayBlob:
		return r.nextBytes(tag)
	case tag == arrayNull:
		r.Elem = Value{}
		return true
	}
	return r.fail()
}

func (r *ArrayReader) nextInt(size int) bool {
	n := int64(0)
	if size < 0 {
		n, size = -1, -size
	}
	if len(r.rest) < size {
		return r.fail()
	}
	for _, c := range r.rest[:size] {
		n = n<<8 | int64(c)
	}
	r.Elem = IntValue(n)
	r.rest = r.rest[size:]
	return true
}

func (r *ArrayReader) nextBytes(tag byte) bool {
	kind := Text
	if tag == arrayBlob {
		kind = Blob
	}
	var unescaped []byte
	for from := 0; ; {
		i := bytes.IndexByte(r.rest[from:], 0)
		if i < 0 || from+i+1 >= len(r.rest) {
			return r.fail()
		}
		i += from
		switch r.rest[i+1] {
		case 0:
			b := r.rest[:i:i]
			if unescaped != nil {
				b = append(unescaped, r.rest[from:i]...)
			}
			r.Elem = Value{Kind: kind, Bytes: b}
			r.rest = r.rest[i+2:]
			return true
		case 0xff:
			unescaped = append(unescaped, r.rest[from:i+1]...)
			from = i + 2
		default:
			return r.fail()
		}
	}
}

// Dims returns the dimensions; it must be called after Next returned false.
func (r *ArrayReader) dims(into []ArrayDim) ([]ArrayDim, error) {
	if r.err != nil {
		return nil, r.err
	}
	if len(r.rest) < 1 || r.rest[0] > arrayDimsMax || len(r.rest) != 1+8*int(r.rest[0]) {
		r.fail()
		return nil, r.err
	}
	n := int(r.rest[0])
	b := r.rest[1:]
	for i := range n {
		into = append(into, ArrayDim{
			Len:   int32(binary.BigEndian.Uint32(b[4*i:])),
			Lower: int32(binary.BigEndian.Uint32(b[4*(n+i):]) ^ 1<<31),
		})
	}
	return into, nil
}

// DecodeArray reads a stored array. Its elements may alias blob.
func DecodeArray(blob []byte) (Array, error) {
	var a Array
	r := ReadArray(blob)
	for r.Next() {
		a.Elems = append(a.Elems, r.Elem)
	}
	var err error
	if a.Dims, err = r.dims(nil); err != nil {
		return Array{}, err
	}
	if n, ok := itemCount(a.Dims); !ok || n != len(a.Elems) {
		return Array{}, pgerr.New(pgerr.DataCorrupted, "stored array is damaged")
	}
	return a, nil
}

// itemCount multiplies the dimensions; no dimension may be empty.
func itemCount(dims []ArrayDim) (int, bool) {
	if len(dims) == 0 {
		return 0, true
	}
	n := int64(1)
	for _, d := range dims {
		n *= int64(d.Len)
		if d.Len <= 0 || n > arrayItemsMax {
			return 0, false
		}
	}
	return int(n), true
}

// arrayDims returns the dimensions of a stored array without decoding elements
// that hold no memory of their own.
func arrayDims(blob []byte, into []ArrayDim) ([]ArrayDim, error) {
	r := ReadArray(blob)
	for r.Next() {
	}
	return r.dims(into)
}

// CompareArrays orders two stored arrays with elements of type elem as
// PostgreSQL does, exactly for every element type.
func CompareArrays(elem OID, a, b []byte) int {
	if Collation(elem) == "" || bytes.Equal(a, b) {
		return bytes.Compare(a, b)
	}
	ra, rb := ReadArray(a), ReadArray(b)
	for {
		oka, okb := ra.Next(), rb.Next()
		if !oka || !okb {
			if c := compareBool(oka, okb); c != 0 {
				return c
			}
			return bytes.Compare(ra.rest, rb.rest)
		}
		if c := compareNullsLast(elem, ra.Elem, rb.Elem); c != 0 {
			return c
		}
	}
}

func compareNullsLast(elem OID, a, b Value) int {
	if a.IsNull() || b.IsNull() {
		return compareBool(a.IsNull(), b.IsNull())
	}
	return Compare(elem, a, b)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// Compare orders two values of type oid, neither NULL, as PostgreSQL's btree
// operators do.
func Compare(oid OID, a, b Value) int {
	switch oid {
	case NumericOID:
		return CompareNumericText(a.Bytes, b.Bytes)
	case IntervalOID:
		return CompareIntervalText(a.Bytes, b.Bytes)
	case JSONBOID:
		return CompareJSONB(a.Bytes, b.Bytes)
	}
	if elem := ElemOf(oid); elem != 0 {
		return CompareArrays(elem, a.Bytes, b.Bytes)
	}
	return CompareNative(a, b)
}

// CompareNative orders two values as SQLite does without a collation: NULL,
// numbers, text, blobs.
func CompareNative(a, b Value) int {
	switch {
	case a.Kind == Int && b.Kind == Int:
		return cmp.Compare(a.Int64(), b.Int64())
	case isNumber(a) && isNumber(b):
		return compareMixed(a, b)
	case a.Kind == b.Kind:
		return bytes.Compare(a.Bytes, b.Bytes)
	}
	return cmp.Compare(storageRank(a), storageRank(b))
}

func isNumber(v Value) bool { return v.Kind == Int || v.Kind == Float }

func storageRank(v Value) int {
	if v.Kind == Int {
		return int(Float)
	}
	return int(v.Kind)
}

// compareMixed compares numbers of which at least one is a float.
func compareMixed(a, b Value) int {
	if a.Kind == Float && b.Kind == Float {
		return cmp.Compare(a.Float64(), b.Float64())
	}
	if a.Kind == Float {
		return -compareMixed(b, a)
	}
	f := b.Float64()
	if f >= 1<<63 {
		return -1
	}
	if f < -1<<63 {
		return 1
	}
	whole := math.Floor(f)
	if c := cmp.Compare(a.Int64(), int64(whole)); c != 0 {
		return c
	}
	if f > whole {
		return -1
	}
	return 0
}
