package raftlog

import (
	"encoding/binary"
	"math"

	"polyreme/pgsql/types"
)

// Version is the first byte of every encoding of this package.
const Version = 1

const (
	entryChangesSchema = 1 << iota
	entryHasRequest
)

const (
	opCounts = 1 << iota
	opReturns
	opRead
	opExpect
	opStage
	opSets
)

// EncodeEntry returns the encoding of e in a slice of its own.
func EncodeEntry(e *Entry) []byte {
	return AppendEntry(make([]byte, 0, entrySizeMax(e)), e)
}

// AppendEntry appends the encoding of e to dst.
func AppendEntry(dst []byte, e *Entry) []byte {
	flags := byte(0)
	if e.ChangesSchema {
		flags |= entryChangesSchema
	}
	if !e.Request.IsZero() {
		flags |= entryHasRequest
	}
	dst = append(dst, Version, flags)
	if flags&entryHasRequest != 0 {
		dst = binary.AppendUvarint(dst, e.Request.Session)
		dst = binary.AppendUvarint(dst, uint64(e.Request.Lane))
		dst = binary.AppendUvarint(dst, e.Request.Sequence)
	}
	dst = binary.AppendVarint(dst, e.Moment.Time)
	dst = append(dst, e.Moment.Seed[:]...)
	dst = binary.AppendUvarint(dst, uint64(len(e.Settings)))
	for i := range e.Settings {
		dst = appendString(dst, e.Settings[i].Name)
		dst = appendString(dst, e.Settings[i].Value)
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.Dependencies)))
	for i := range e.Dependencies {
		dst = binary.AppendUvarint(dst, uint64(e.Dependencies[i].Relation))
		dst = binary.AppendUvarint(dst, uint64(e.Dependencies[i].Version))
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.Operations)))
	for i := range e.Operations {
		dst = appendOperation(dst, &e.Operations[i])
	}
	return dst
}

func appendOperation(dst []byte, o *Operation) []byte {
	flags := byte(0)
	if o.Counts {
		flags |= opCounts
	}
	if o.Returns {
		flags |= opReturns
	}
	if o.Read {
		flags |= opRead
	}
	if o.Expect != nil {
		flags |= opExpect
	}
	if o.Stage != 0 {
		flags |= opStage
	}
	if o.Sets > 1 {
		flags |= opSets
	}
	dst = append(dst, byte(o.Kind), flags)
	dst = binary.AppendUvarint(dst, uint64(o.Statement))
	if flags&opStage != 0 {
		dst = binary.AppendUvarint(dst, o.Stage)
	}
	if flags&opExpect != 0 {
		dst = appendBytes(dst, o.Expect)
	}
	if flags&opSets != 0 {
		dst = binary.AppendUvarint(dst, uint64(o.Sets))
	}
	dst = appendString(dst, o.SQL)
	dst = binary.AppendUvarint(dst, uint64(len(o.Params)))
	return AppendValues(dst, o.Params)
}

// AppendValues appends the encodings of values to dst, without a count.
func AppendValues(dst []byte, values []types.Value) []byte {
	for i := range values {
		dst = AppendValue(dst, values[i])
	}
	return dst
}

// AppendValue appends the encoding of v to dst.
func AppendValue(dst []byte, v types.Value) []byte {
	dst = append(dst, byte(v.Kind))
	switch v.Kind {
	case types.Int:
		return binary.AppendVarint(dst, v.Int64())
	case types.Float:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Float64()))
	case types.Text, types.Blob:
		return appendBytes(dst, v.Bytes)
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendBytes(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// Upper bounds of encoded parts, for one allocation per entry.
const (
	entryHeaderBytes     = 2 + 3*binary.MaxVarintLen64 + binary.MaxVarintLen64 + 16 + 3*5
	operationHeaderBytes = 2 + 5*5 + binary.MaxVarintLen64
	valueHeaderBytes     = 1 + 5
	valueNumberBytes     = 1 + binary.MaxVarintLen64
)

// entrySizeMax returns a close upper bound of the length of e's encoding.
func entrySizeMax(e *Entry) int {
	n := entryHeaderBytes + len(e.Dependencies)*15
	for i := range e.Settings {
		n += 10 + len(e.Settings[i].Name) + len(e.Settings[i].Value)
	}
	for i := range e.Operations {
		o := &e.Operations[i]
		n += operationHeaderBytes + len(o.SQL) + len(o.Expect)
		for j := range o.Params {
			if b := o.Params[j].Bytes; b != nil {
				n += valueHeaderBytes + len(b)
			} else {
				n += valueNumberBytes
			}
		}
	}
	return n
}
