package types

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"

	"polyreme/pgwire/pgerr"
)

// Limits of PostgreSQL's numeric.
const (
	numericPrecisionMax   = 1000
	numericScaleMax       = 1000    // display scale of computed results
	numericResultScaleMax = 2000    // for round() and trunc()
	numericStoredScaleMax = 0x3fff  // digits after the decimal point
	numericWholeDigitsMax = 131_072 // digits before it
	numericMinSigDigits   = 16
	numericBaseDigits     = 4 // decimal digits of one of PostgreSQL's digits
)

type numericForm uint8

const (
	numericFinite numericForm = iota
	numericPlusInf
	numericNaN
	numericMinusInf
)

// Numeric is PostgreSQL's numeric: an exact decimal with a display scale, or
// NaN, or an infinity. The zero Numeric is 0. Numerics are immutable: methods
// return new ones and share what they can.
type Numeric struct {
	form  numericForm
	scale int32    // digits after the decimal point, >= 0
	small int64    // the value times 10^scale, where big is nil
	big   *big.Int // the value times 10^scale, where it exceeds an int64
}

// NumericInt returns n with scale 0.
func NumericInt(n int64) Numeric { return Numeric{small: n} }

// NumericScaled returns coefficient / 10^scale.
func NumericScaled(coefficient int64, scale int) Numeric {
	return Numeric{small: coefficient, scale: int32(scale)}
}

// NumericNaN returns NaN.
func NumericNaN() Numeric { return Numeric{form: numericNaN} }

// NumericInf returns Infinity, or -Infinity where sign is negative.
func NumericInf(sign int) Numeric {
	if sign < 0 {
		return Numeric{form: numericMinusInf}
	}
	return Numeric{form: numericPlusInf}
}

// IsNaN tells whether n is NaN.
func (n Numeric) IsNaN() bool { return n.form == numericNaN }

// IsInf tells whether n is an infinity.
func (n Numeric) IsInf() bool { return n.form == numericPlusInf || n.form == numericMinusInf }

// IsFinite tells whether n is a number.
func (n Numeric) IsFinite() bool { return n.form == numericFinite }

// Scale returns the display scale.
func (n Numeric) Scale() int { return int(n.scale) }

// Sign returns -1, 0 or 1; 1 for NaN.
func (n Numeric) Sign() int {
	switch {
	case n.form == numericMinusInf:
		return -1
	case n.form != numericFinite:
		return 1
	case n.big != nil:
		return n.big.Sign()
	case n.small < 0:
		return -1
	case n.small > 0:
		return 1
	}
	return 0
}

// coefficient returns the value times 10^scale.
func (n Numeric) coefficient() *big.Int {
	if n.big != nil {
		return n.big
	}
	return big.NewInt(n.small)
}

// fromBig takes ownership of c.
func fromBig(c *big.Int, scale int32) Numeric {
	if c.IsInt64() {
		return Numeric{small: c.Int64(), scale: scale}
	}
	return Numeric{big: c, scale: scale}
}

// check returns n, or 22003 where PostgreSQL could not hold it.
func (n Numeric) check() (Numeric, error) {
	if n.scale > numericStoredScaleMax || n.isHuge() && n.decimalExponent() >= numericWholeDigitsMax {
		return Numeric{}, numericOverflow()
	}
	return n, nil
}

// isHuge is a cheap test that lets nearly all numbers off the exact one.
func (n Numeric) isHuge() bool {
	const bitsMin = numericWholeDigitsMax * 33 / 10
	return n.big != nil && n.big.BitLen() > bitsMin
}

func numericOverflow() error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "value overflows numeric format")
}

func divisionByZero() error { return pgerr.New(pgerr.DivisionByZero, "division by zero") }

var pow10Small = [...]int64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

func pow10(n int) *big.Int {
	if n < len(pow10Small) {
		return big.NewInt(pow10Small[n])
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// mulSmall multiplies; ok is false on overflow.
func mulSmall(a, b int64) (product int64, ok bool) {
	high, low := bits.Mul64(absSmall(a), absSmall(b))
	if high != 0 || low > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(low), true
	}
	return int64(low), true
}

func absSmall(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// digits returns the number of decimal digits of the coefficient, 0 for zero.
func (n Numeric) digits() int {
	if n.big == nil {
		return decimalDigits(absSmall(n.small))
	}
	const log10Of2 = 0.30102999566398119521
	d := int(float64(float64(n.big.BitLen()-1)*log10Of2)) + 1
	if n.big.CmpAbs(pow10(d)) >= 0 {
		d++
	}
	return d
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func decimalDigits(u uint64) int {
	d := 0
	for ; u != 0; u /= 10 {
		d++
	}
	return d
}

// decimalExponent returns the power of ten of the most significant digit.
func (n Numeric) decimalExponent() int { return n.digits() - 1 - int(n.scale) }

// base10000 returns the weight and the value of the first digit of n in
// PostgreSQL's base 10000, and the count of base-10000 digits from there on
// that hold the next ones, read into next.
func (n Numeric) base10000() (weight, first int) {
	if n.Sign() == 0 {
		return 0, 0
	}
	weight, group := n.leadingGroups(1)
	return weight, int(group)
}

// leadingGroups returns the first count digits (base 10000) of a number that
// is not zero as one integer, and the weight of the first.
func (n Numeric) leadingGroups(count int) (weight int, value int64) {
	var buf [40]byte
	var text []byte
	if n.big == nil {
		text = strconv.AppendUint(buf[:0], absSmall(n.small), 10)
	} else {
		text = n.big.Append(buf[:0], 10)
		if text[0] == '-' {
			text = text[1:]
		}
	}
	exponent := len(text) - 1 - int(n.scale)
	weight = floorDiv(exponent, numericBaseDigits)
	want := exponent - weight*numericBaseDigits + 1 + (count-1)*numericBaseDigits
	for i := range want {
		value *= 10
		if i < len(text) {
			value += int64(text[i] - '0')
		}
	}
	return weight, value
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// ParseNumeric reads what numeric_in reads, less surrounding blanks.
func ParseNumeric(text []byte) (Numeric, error) {
	n, err := parseNumeric(text)
	if err != nil {
		return Numeric{}, err
	}
	return n.check()
}

// NumericOf returns the number that v, a numeric in storage form, holds.
func NumericOf(v Value) Numeric {
	if v.Kind == Int {
		return NumericInt(v.Int64())
	}
	n, err := parseNumeric(v.Bytes)
	if err != nil {
		return NumericNaN()
	}
	return n
}

// Value returns the storage form of n.
func (n Numeric) Value() Value { return TextBytes(n.Append(nil)) }

// Append appends n as PostgreSQL prints it.
func (n Numeric) Append(dst []byte) []byte {
	switch n.form {
	case numericNaN:
		return append(dst, "NaN"...)
	case numericPlusInf:
		return append(dst, "Infinity"...)
	case numericMinusInf:
		return append(dst, "-Infinity"...)
	}
	if n.Sign() < 0 {
		dst = append(dst, '-')
	}
	from := len(dst)
	if n.big == nil {
		dst = strconv.AppendUint(dst, absSmall(n.small), 10)
	} else {
		dst = n.big.Append(dst, 10)
		if dst[from] == '-' {
			dst = append(dst[:from], dst[from+1:]...)
		}
	}
	if n.scale == 0 {
		return dst
	}
	scale := int(n.scale)
	for len(dst)-from <= scale { // zeros in front: at least one whole digit
		missing := scale + 1 - (len(dst) - from)
		digits := len(dst) - from
		for range missing {
			dst = append(dst, '0')
		}
		copy(dst[from+missing:], dst[from:from+digits])
		for i := range missing {
			dst[from+i] = '0'
		}
	}
	point := len(dst) - scale
	dst = append(dst, 0)
	copy(dst[point+1:], dst[point:])
	dst[point] = '.'
	return dst
}

// String returns n as PostgreSQL prints it.
func (n Numeric) String() string { return string(n.Append(nil)) }

// rescale returns n with the given scale (which may be negative: then the
// digits before the point are rounded and the scale becomes 0), rounding half
// away from zero, or towards zero where truncate is set.
func (n Numeric) rescale(scale int, truncate bool) Numeric {
	if n.form != numericFinite {
		return n
	}
	shift := scale - int(n.scale)
	if shift == 0 {
		return n
	}
	if shift > 0 {
		return n.scaleUp(shift)
	}
	drop := -shift
	var q Numeric
	if n.big == nil && drop < len(pow10Small) {
		q = Numeric{small: divRound(n.small, pow10Small[drop], truncate)}
	} else if drop > n.digits() {
		q = Numeric{}
	} else {
		q = fromBig(bigDivRound(n.coefficient(), pow10(drop), truncate), 0)
	}
	q.scale = int32(scale)
	if scale < 0 {
		q.scale = 0
		q = q.scaleUp(-scale)
		q.scale = 0
	}
	return q
}

// scaleUp adds digits zeros after the decimal point.
func (n Numeric) scaleUp(digits int) Numeric {
	scale := n.scale + int32(digits)
	if n.big == nil {
		if n.small == 0 {
			return Numeric{scale: scale}
		}
		if digits < len(pow10Small) {
			if c, ok := mulSmall(n.small, pow10Small[digits]); ok {
				return Numeric{small: c, scale: scale}
			}
		}
	}
	return fromBig(new(big.Int).Mul(n.coefficient(), pow10(digits)), scale)
}

func divRound(a, b int64, truncate bool) int64 {
	q, r := a/b, a%b
	if truncate {
		return q
	}
	if absSmall(r) >= uint64(b)-absSmall(r) {
		if a < 0 {
			return q - 1
		}
		return q + 1
	}
	return q
}

// bigDivRound divides, rounding half away from zero unless truncate is set.
func bigDivRound(a, b *big.Int, truncate bool) *big.Int {
	q, r := new(big.Int).QuoRem(a, b, new(big.Int))
	if truncate || r.Sign() == 0 {
		return q
	}
	if r.Lsh(r, 1).CmpAbs(b) < 0 {
		return q
	}
	if (a.Sign() < 0) != (b.Sign() < 0) {
		return q.Sub(q, big.NewInt(1))
	}
	return q.Add(q, big.NewInt(1))
}
