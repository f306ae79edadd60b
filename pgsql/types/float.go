package types

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"

	"polyreme/pgwire/pgerr"
)

// Digits of float4 and float8 that survive a round trip through decimal.
const (
	float4Digits = 6
	float8Digits = 15
)

// The bits of C's NAN, which PostgreSQL sends.
const (
	nan64 = 0x7ff8000000000000
	nan32 = 0x7fc00000
)

// nanText is the storage form of a NaN: TEXT, which SQLite sorts after all
// numbers and finds equal to itself, as PostgreSQL does with NaN.
var nanText = []byte("NaN")

// Float8Value returns the storage form of a float8.
func Float8Value(f float64) Value {
	if math.IsNaN(f) {
		return Value{Kind: Text, Bytes: nanText}
	}
	return FloatValue(f)
}

// Float4Value returns the storage form of a float4: rounded to 32 bits.
func Float4Value(f float32) Value { return Float8Value(float64(f)) }

// Float8 returns the number in a float4 or float8 value. An Int value, which
// SQLite may hand back for a REAL without fraction, is converted.
func (v Value) Float8() float64 {
	switch v.Kind {
	case Float:
		return v.Float64()
	case Int:
		return float64(v.Int64())
	case Text:
		return math.NaN()
	}
	return 0
}

func float8In(text []byte) (Value, error) {
	f, err := parseFloat(text, 64, "double precision")
	if err != nil {
		return Value{}, err
	}
	return Float8Value(f), nil
}

func float4In(text []byte) (Value, error) {
	f, err := parseFloat(text, 32, "real")
	if err != nil {
		return Value{}, err
	}
	return Float4Value(float32(f)), nil
}

// parseFloat reads what glibc's strtod reads, less its nan(...) form.
func parseFloat(text []byte, bits int, typeName string) (float64, error) {
	s := trimSpace(text)
	if !isFloatSyntax(s) {
		return 0, invalidSyntax(typeName, text)
	}
	number := string(s)
	if isHexFloat(s) && !hasExponent(s) {
		number += "p0"
	}
	f, err := strconv.ParseFloat(number, bits)
	if err != nil && !math.IsInf(f, 0) {
		return 0, invalidSyntax(typeName, text)
	}
	if err != nil || f == 0 && hasNonZeroDigit(s) {
		return 0, pgerr.New(pgerr.NumericValueOutOfRange, "\"%s\" is out of range for type %s", s, typeName)
	}
	return f, nil
}

// isFloatSyntax keeps out what strconv accepts and strtod does not.
func isFloatSyntax(s []byte) bool {
	if len(s) == 0 {
		return false
	}
	for _, c := range s {
		if c == '_' {
			return false
		}
	}
	return true
}

func isHexFloat(s []byte) bool {
	if s[0] == '-' || s[0] == '+' {
		s = s[1:]
	}
	return len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x'
}

func hasExponent(s []byte) bool {
	for _, c := range s {
		if c|0x20 == 'p' {
			return true
		}
	}
	return false
}

// hasNonZeroDigit tells whether the mantissa of a decimal number is not zero.
func hasNonZeroDigit(s []byte) bool {
	for _, c := range s {
		if c|0x20 == 'e' || c|0x20 == 'p' {
			return false
		}
		if c >= '1' && c <= '9' {
			return true
		}
	}
	return false
}

func float8Out(dst []byte, v Value, env *Env) []byte {
	return AppendFloat(dst, v.Float8(), 64, orDefault(env).ExtraFloatDigits)
}

func float4Out(dst []byte, v Value, env *Env) []byte {
	return AppendFloat(dst, v.Float8(), 32, orDefault(env).ExtraFloatDigits)
}

// AppendFloat appends f as PostgreSQL prints it: the shortest decimal that reads
// back the same where extraDigits > 0, else %.*g with that many digits less.
func AppendFloat(dst []byte, f float64, bits, extraDigits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	digits := float8Digits
	if bits == 32 {
		digits = float4Digits
	}
	if extraDigits <= 0 {
		return strconv.AppendFloat(dst, f, 'g', max(digits+extraDigits, 1), 64)
	}
	a := math.Abs(f)
	if a >= halfwayLimit(bits) && a < halfwayEnd {
		return appendLargeFloat(dst, f, bits)
	}
	if a != 0 && (a < 1e-4 || a >= fixedLimit(bits)) {
		return strconv.AppendFloat(dst, f, 'e', -1, bits)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, bits)
}

// fixedLimit is where PostgreSQL's shortest output changes to an exponent.
func fixedLimit(bits int) float64 {
	if bits == 32 {
		return 1e6
	}
	return 1e15
}

// halfwayEnd is above all floats whose neighbours' middle has few digits.
const halfwayEnd = 1e45

// halfwayLimit is where the middle between neighbours starts to have so few
// decimal digits that it can be what strconv finds.
func halfwayLimit(bits int) float64 {
	if bits == 32 {
		return 1 << 22
	}
	return 1 << 51
}

// appendLargeFloat differs from strconv in that, as in PostgreSQL, a decimal
// halfway between f and its neighbour does not stand for f.
func appendLargeFloat(dst []byte, f float64, bits int) []byte {
	from := len(dst)
	format := byte('e')
	if math.Abs(f) < fixedLimit(bits) {
		format = 'f'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, bits)
	if format == 'f' || !isHalfway(dst[from:], f, bits) {
		return dst
	}
	for precision := 1; precision < 18; precision++ {
		dst = strconv.AppendFloat(dst[:from], f, 'e', precision, bits)
		back, err := strconv.ParseFloat(string(dst[from:]), bits)
		if err == nil && back == f && !isHalfway(dst[from:], f, bits) {
			break
		}
	}
	return dst
}

// isHalfway tells whether the decimal text is as far from f as from a
// neighbour of f.
func isHalfway(text []byte, f float64, bits int) bool {
	n, err := parseNumeric(text)
	if err != nil {
		return false
	}
	// Numbers this large have at most two binary digits after the point.
	const eighths = 8
	exact, _ := new(big.Float).SetFloat64(f * eighths).Int(nil)
	below, above := math.Nextafter(f, math.Inf(-1)), math.Nextafter(f, math.Inf(1))
	if bits == 32 {
		below = float64(math.Nextafter32(float32(f), float32(math.Inf(-1))))
		above = float64(math.Nextafter32(float32(f), float32(math.Inf(1))))
	}
	scale := pow10(int(n.scale))
	twice := new(big.Int).Mul(n.coefficient(), big.NewInt(2*eighths))
	for _, neighbour := range [...]float64{below, above} {
		other, accuracy := new(big.Float).SetFloat64(neighbour * eighths).Int(nil)
		if accuracy != big.Exact {
			continue
		}
		middle := new(big.Int).Add(exact, other)
		if middle.Mul(middle, scale).Cmp(twice) == 0 {
			return true
		}
	}
	return false
}

func float8Send(dst []byte, v Value, _ *Env) []byte {
	if v.Kind == Text {
		return binary.BigEndian.AppendUint64(dst, nan64)
	}
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(v.Float8()))
}

func float4Send(dst []byte, v Value, _ *Env) []byte {
	if v.Kind == Text {
		return binary.BigEndian.AppendUint32(dst, nan32)
	}
	return binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(v.Float8())))
}

func float8Recv(data []byte) (Value, error) {
	if err := checkLength(data, 8); err != nil {
		return Value{}, err
	}
	return Float8Value(math.Float64frombits(binary.BigEndian.Uint64(data))), nil
}

func float4Recv(data []byte) (Value, error) {
	if err := checkLength(data, 4); err != nil {
		return Value{}, err
	}
	return Float4Value(math.Float32frombits(binary.BigEndian.Uint32(data))), nil
}
