package types

import (
	"encoding/binary"
	"math"
	"strconv"

	"polyreme/pgwire/pgerr"
)

func int2In(text []byte) (Value, error) { return intIn(text, "smallint", math.MinInt16, math.MaxInt16) }

func int4In(text []byte) (Value, error) { return intIn(text, "integer", math.MinInt32, math.MaxInt32) }

func int8In(text []byte) (Value, error) { return intIn(text, "bigint", math.MinInt64, math.MaxInt64) }

func intIn(text []byte, typeName string, low, high int64) (Value, error) {
	n, overflow, ok := parseInt(trimSpace(text))
	if !ok {
		return Value{}, invalidSyntax(typeName, text)
	}
	if overflow || n < low || n > high {
		return Value{}, valueOutOfRange(typeName, text)
	}
	return IntValue(n), nil
}

func valueOutOfRange(typeName string, text []byte) error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "value \"%s\" is out of range for type %s", text, typeName)
}

// parseInt reads an optional sign and decimal digits, and nothing else.
func parseInt(s []byte) (n int64, overflow, ok bool) {
	negative := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if len(s) == 0 {
		return 0, false, false
	}
	for _, c := range s {
		d := int64(c - '0')
		if c < '0' || c > '9' {
			return 0, false, false
		}
		// Accumulates downwards: the negative range is the larger one.
		if n < (math.MinInt64+d)/10 {
			overflow = true
			continue
		}
		n = n*10 - d
	}
	if !negative {
		if n == math.MinInt64 {
			overflow = true
		}
		n = -n
	}
	return n, overflow, true
}

// oidIn reads what strtoul accepts: a negative number wraps around.
func oidIn(text []byte) (Value, error) { return uint32In(text, "oid") }

func uint32In(text []byte, typeName string) (Value, error) {
	n, overflow, ok := parseInt(trimSpace(text))
	if !ok {
		return Value{}, invalidSyntax(typeName, text)
	}
	if overflow || n < math.MinInt32 || n > math.MaxUint32 {
		return Value{}, valueOutOfRange(typeName, text)
	}
	return IntValue(int64(uint32(n))), nil
}

func intOut(dst []byte, v Value, _ *Env) []byte { return strconv.AppendInt(dst, v.Int64(), 10) }

func int2Send(dst []byte, v Value, _ *Env) []byte {
	return binary.BigEndian.AppendUint16(dst, uint16(v.Int64()))
}

func int4Send(dst []byte, v Value, _ *Env) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(v.Int64()))
}

func int8Send(dst []byte, v Value, _ *Env) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(v.Int64()))
}

func int2Recv(data []byte) (Value, error) {
	if err := checkLength(data, 2); err != nil {
		return Value{}, err
	}
	return IntValue(int64(int16(binary.BigEndian.Uint16(data)))), nil
}

func int4Recv(data []byte) (Value, error) {
	if err := checkLength(data, 4); err != nil {
		return Value{}, err
	}
	return IntValue(int64(int32(binary.BigEndian.Uint32(data)))), nil
}

func uint32Recv(data []byte) (Value, error) {
	if err := checkLength(data, 4); err != nil {
		return Value{}, err
	}
	return IntValue(int64(binary.BigEndian.Uint32(data))), nil
}

func int8Recv(data []byte) (Value, error) {
	if err := checkLength(data, 8); err != nil {
		return Value{}, err
	}
	return IntValue(int64(binary.BigEndian.Uint64(data))), nil
}
