package types

import "math"

// Kind is the SQLite storage class of a Value.
type Kind uint8

// The five storage classes of SQLite (https://sqlite.org/datatype3.html).
const (
	Null Kind = iota
	Int
	Float
	Text
	Blob
)

// Value is one SQL value in storage form: what SQLite holds, what the log
// carries and what the functions of pgsql/builtin receive and return.
// PostgreSQL's type of it is known only from its context (plan, catalog).
//
// A Value that came from a statement or a decoder may alias the memory of its
// source: it is valid until that source moves on. Clone makes it independent.
type Value struct {
	Kind  Kind
	num   int64  // Int: the number; Float: its IEEE 754 bits
	Bytes []byte // Text, Blob
}

// IntValue returns the INTEGER v.
func IntValue(v int64) Value { return Value{Kind: Int, num: v} }

// BoolValue returns the INTEGER 1 or 0, the storage form of boolean.
func BoolValue(v bool) Value {
	if v {
		return Value{Kind: Int, num: 1}
	}
	return Value{Kind: Int}
}

// FloatValue returns the REAL v. SQLite has no NaN: see Float8Value for
// PostgreSQL's double precision.
func FloatValue(v float64) Value { return Value{Kind: Float, num: int64(math.Float64bits(v))} }

// TextValue returns the TEXT v.
func TextValue(v string) Value { return Value{Kind: Text, Bytes: []byte(v)} }

// TextBytes returns the TEXT whose UTF-8 bytes are b, without a copy.
func TextBytes(b []byte) Value { return Value{Kind: Text, Bytes: b} }

// BlobValue returns the BLOB b, without a copy.
func BlobValue(b []byte) Value { return Value{Kind: Blob, Bytes: b} }

// Int64 returns the number of an Int value.
func (v Value) Int64() int64 { return v.num }

// Float64 returns the number of a Float value.
func (v Value) Float64() float64 { return math.Float64frombits(uint64(v.num)) }

// Bool tells whether an Int value is not zero.
func (v Value) Bool() bool { return v.num != 0 }

// IsNull tells whether v is SQL NULL.
func (v Value) IsNull() bool { return v.Kind == Null }

// Clone returns v with memory of its own.
func (v Value) Clone() Value {
	if v.Bytes != nil {
		v.Bytes = append(make([]byte, 0, len(v.Bytes)), v.Bytes...)
	}
	return v
}
