package types

import (
	"encoding/binary"

	"polyreme/pgwire/pgerr"
)

func insufficientData() error {
	return pgerr.New(pgerr.ProtocolViolation, "insufficient data left in message")
}

// arrayRecv reads the binary form: dimensions, flags, element type, then length
// and lower bound of each dimension, then length and bytes of each element.
func arrayRecv(t *Type, typmod int32, data []byte, env *Env) (Value, error) {
	if len(data) < 12 {
		return Value{}, insufficientData()
	}
	ndim := int32(binary.BigEndian.Uint32(data))
	flags := int32(binary.BigEndian.Uint32(data[4:]))
	elem := OID(binary.BigEndian.Uint32(data[8:]))
	data = data[12:]
	switch {
	case ndim < 0:
		return Value{}, pgerr.New(pgerr.InvalidBinaryRepresentation, "invalid number of dimensions: %d", ndim)
	case ndim > arrayDimsMax:
		return Value{}, tooManyDimensions(int(ndim))
	case flags != 0 && flags != 1:
		return Value{}, pgerr.New(pgerr.InvalidBinaryRepresentation, "invalid array flags")
	case elem != t.Elem:
		return Value{}, pgerr.New(pgerr.DatatypeMismatch,
			"binary data has array element type %d (%s) instead of expected %d (%s)",
			elem, FormatType(elem, -1), t.Elem, FormatType(t.Elem, -1))
	}
	if len(data) < 8*int(ndim) {
		return Value{}, insufficientData()
	}
	dims := make([]ArrayDim, ndim)
	for i := range dims {
		dims[i] = ArrayDim{
			Len:   int32(binary.BigEndian.Uint32(data[8*i:])),
			Lower: int32(binary.BigEndian.Uint32(data[8*i+4:])),
		}
	}
	return arrayRecvItems(t, typmod, dims, data[8*int(ndim):], env)
}

func arrayRecvItems(t *Type, typmod int32, dims []ArrayDim, data []byte, env *Env) (Value, error) {
	n, empty := int64(1), len(dims) == 0
	for _, d := range dims {
		if d.Len < 0 || int64(d.Lower)+int64(d.Len) > 1<<31 {
			return Value{}, arrayTooLarge()
		}
		empty = empty || d.Len == 0
		if n *= int64(d.Len); n > arrayItemsMax {
			return Value{}, arrayTooLarge()
		}
	}
	if empty {
		if len(data) > 0 {
			return Value{}, incorrectBinary()
		}
		return BlobValue(AppendArrayEnd(nil, nil)), nil
	}
	if n*4 > int64(len(data)) { // each element has at least its length
		return Value{}, insufficientData()
	}
	out := make([]byte, 0, len(data)+16)
	for i := range int(n) {
		if len(data) < 4 {
			return Value{}, insufficientData()
		}
		size := int32(binary.BigEndian.Uint32(data))
		data = data[4:]
		if size == -1 {
			out = append(out, arrayNull)
			continue
		}
		if size < 0 || int(size) > len(data) {
			return Value{}, insufficientData()
		}
		v, err := ParseBinary(t.Elem, typmod, data[:size:size], env)
		if err != nil {
			if pgerr.Code(err) == pgerr.InvalidBinaryRepresentation && isIncorrectBinary(err) {
				return Value{}, pgerr.New(pgerr.InvalidBinaryRepresentation, "improper binary format in array element %d", i+1)
			}
			return Value{}, err
		}
		out = AppendArrayElem(out, v)
		data = data[size:]
	}
	if len(data) > 0 {
		return Value{}, incorrectBinary()
	}
	return BlobValue(AppendArrayEnd(out, dims)), nil
}

func isIncorrectBinary(err error) bool {
	return pgerr.From(err).Message == pgerr.From(incorrectBinary()).Message
}

// vectorRecv reads int2vector or oidvector: an array of one dimension without
// NULLs whose lower bound is 0.
func vectorRecv(oid OID, data []byte, env *Env) (Value, error) {
	v, err := arrayRecv(ByOID(oid), -1, data, env)
	if err != nil {
		return Value{}, err
	}
	var buf [arrayDimsMax]ArrayDim
	dims, err := arrayDims(v.Bytes, buf[:0])
	if err != nil {
		return Value{}, err
	}
	if len(dims) > 1 || len(dims) == 1 && dims[0].Lower != 0 {
		return Value{}, pgerr.New(pgerr.InvalidBinaryRepresentation, "invalid %s data", ByOID(oid).Name)
	}
	return v, nil
}

// arrayBinaryEncoder returns array_send for arrays of type t.
func arrayBinaryEncoder(t *Type, typmod int32) Encoder {
	elem := BinaryEncoder(t.Elem, typmod)
	return func(dst []byte, v Value, env *Env) []byte {
		return appendArrayBinary(dst, v.Bytes, t.Elem, elem, env)
	}
}

func appendArrayBinary(dst, blob []byte, elemOID OID, elem Encoder, env *Env) []byte {
	var buf [arrayDimsMax]ArrayDim
	dims, err := arrayDims(blob, buf[:0])
	if err != nil {
		dims = nil
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(dims)))
	flags := len(dst)
	dst = binary.BigEndian.AppendUint32(dst, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(elemOID))
	for _, d := range dims {
		dst = binary.BigEndian.AppendUint32(dst, uint32(d.Len))
		dst = binary.BigEndian.AppendUint32(dst, uint32(d.Lower))
	}
	if len(dims) == 0 {
		return dst
	}
	r := ReadArray(blob)
	for r.Next() {
		if r.Elem.IsNull() {
			dst[flags+3] = 1
			dst = binary.BigEndian.AppendUint32(dst, 1<<32-1)
			continue
		}
		from := len(dst)
		dst = binary.BigEndian.AppendUint32(dst, 0)
		dst = elem(dst, r.Elem, env)
		binary.BigEndian.PutUint32(dst[from:], uint32(len(dst)-from-4))
	}
	return dst
}

// vectorBinaryEncoder returns the send function of int2vector or oidvector,
// which have one dimension even where they are empty.
func vectorBinaryEncoder(oid OID) Encoder {
	encode := arrayBinaryEncoder(ByOID(oid), -1)
	return func(dst []byte, v Value, env *Env) []byte {
		from := len(dst)
		dst = encode(dst, v, env)
		if dst[from+3] == 0 {
			dst[from+3] = 1
			dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
		}
		return dst
	}
}
