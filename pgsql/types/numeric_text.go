package types

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"strconv"

	"polyreme/pgwire/pgerr"
)

// numericIn is numeric_in. Text that is canonical already is returned as it is.
func numericIn(typmod int32, text []byte) (Value, error) {
	if typmod < typmodHeader && isCanonicalNumeric(text) {
		return TextBytes(text), nil
	}
	n, err := parseNumeric(trimSpace(text))
	if err == nil {
		n, err = n.check()
	} else if pgerr.Code(err) == pgerr.InvalidTextRepresentation {
		err = invalidSyntax("numeric", text)
	}
	if err != nil {
		return Value{}, err
	}
	if n, err = n.ApplyTypmod(typmod); err != nil {
		return Value{}, err
	}
	return n.Value(), nil
}

// isCanonicalNumeric recognises what Append writes, for short numbers.
func isCanonicalNumeric(s []byte) bool {
	const short = 200
	if len(s) == 0 || len(s) > short {
		return false
	}
	negative := s[0] == '-'
	if negative {
		s = s[1:]
	}
	whole := 0
	nonZero := false
	for whole < len(s) && s[whole]-'0' < 10 {
		nonZero = nonZero || s[whole] != '0'
		whole++
	}
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	if whole < len(s) {
		if s[whole] != '.' || whole+1 == len(s) {
			return false
		}
		for _, c := range s[whole+1:] {
			if c-'0' >= 10 {
				return false
			}
			nonZero = nonZero || c != '0'
		}
	}
	return nonZero || !negative
}

// parseNumeric reads [sign] digits [. digits] [e [sign] digits], NaN, Infinity
// or inf, without a limit on the result.
func parseNumeric(text []byte) (Numeric, error) {
	s := text
	negative := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if len(s) == 0 {
		return Numeric{}, invalidSyntax("numeric", text)
	}
	if s[0] > '9' {
		return parseNumericWord(text, s, negative)
	}
	var coefficient int64
	digits, scale, end := 0, 0, 0
	seenPoint, overflow := false, false
	for ; end < len(s); end++ {
		c := s[end]
		if c == '.' {
			if seenPoint {
				break
			}
			seenPoint = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		digits++
		if seenPoint {
			scale++
		}
		if coefficient > (1<<63-1-9)/10 {
			overflow = true
			continue
		}
		coefficient = coefficient*10 + int64(c-'0')
	}
	if digits == 0 {
		return Numeric{}, invalidSyntax("numeric", text)
	}
	exponent, err := parseNumericExponent(text, s[end:])
	if err != nil {
		return Numeric{}, err
	}
	if digits > numericWholeDigitsMax+numericStoredScaleMax {
		return Numeric{}, numericOverflow()
	}
	n := Numeric{small: coefficient, scale: int32(scale)}
	if overflow {
		n = bigFromDigits(s[:end], int32(scale))
	}
	if negative {
		n = n.Neg()
	}
	return n.shiftExponent(exponent)
}

func parseNumericWord(text, s []byte, negative bool) (Numeric, error) {
	switch {
	case bytes.EqualFold(s, []byte("nan")) && len(s) == len(text):
		return NumericNaN(), nil
	case bytes.EqualFold(s, []byte("infinity")), bytes.EqualFold(s, []byte("inf")):
		if negative {
			return NumericInf(-1), nil
		}
		return NumericInf(1), nil
	}
	return Numeric{}, invalidSyntax("numeric", text)
}

func bigFromDigits(s []byte, scale int32) Numeric {
	digits := make([]byte, 0, len(s))
	for _, c := range s {
		if c != '.' {
			digits = append(digits, c)
		}
	}
	c, _ := new(big.Int).SetString(string(digits), 10)
	return fromBig(c, scale)
}

func parseNumericExponent(text, s []byte) (int, error) {
	if len(s) == 0 {
		return 0, nil
	}
	if s[0]|0x20 != 'e' {
		return 0, invalidSyntax("numeric", text)
	}
	n, overflow, ok := parseInt(s[1:])
	if !ok {
		return 0, invalidSyntax("numeric", text)
	}
	if overflow || n >= 1<<30 || n <= -1<<30 {
		return 0, numericOverflow()
	}
	return int(n), nil
}

// shiftExponent multiplies by 10^exponent, as reading an exponent does.
func (n Numeric) shiftExponent(exponent int) (Numeric, error) {
	scale := int(n.scale) - exponent
	if exponent == 0 || n.form != numericFinite {
		return n, nil
	}
	if scale > numericStoredScaleMax {
		return Numeric{}, numericOverflow()
	}
	if scale >= 0 {
		n.scale = int32(scale)
		return n, nil
	}
	n.scale = 0
	if n.Sign() == 0 {
		return n, nil
	}
	if n.digits()-scale > numericWholeDigitsMax {
		return Numeric{}, numericOverflow()
	}
	n = n.scaleUp(-scale)
	n.scale = 0
	return n, nil
}

// ApplyTypmod rounds n to numeric(precision, scale) and returns 22003 where it
// does not fit.
func (n Numeric) ApplyTypmod(typmod int32) (Numeric, error) {
	precision, scale, ok := NumericTypmod(typmod)
	if !ok || n.form == numericNaN {
		return n, nil
	}
	overflow := pgerr.New(pgerr.NumericValueOutOfRange, "numeric field overflow")
	if n.form != numericFinite {
		return n, overflow.WithDetail("A field with precision %d, scale %d cannot hold an infinite value.", precision, scale)
	}
	n = n.rescale(scale, false)
	if whole := precision - scale; n.Sign() != 0 && n.decimalExponent() >= whole {
		limit := "1"
		if whole != 0 {
			limit = "10^" + strconv.Itoa(whole)
		}
		return n, overflow.WithDetail("A field with precision %d, scale %d must round to an absolute value less than %s.", precision, scale, limit)
	}
	return n, nil
}

// CompareNumericText orders two numerics in storage form; it is the collation
// pg_numeric. -Infinity is first, NaN last and equal to itself; 1.0 equals 1.
func CompareNumericText(a, b []byte) int {
	ranka, rankb := numericTextRank(a), numericTextRank(b)
	if ranka != rankb || ranka&1 == 0 {
		return ranka - rankb
	}
	if ranka == rankNegative {
		return compareDecimal(b[1:], a[1:])
	}
	return compareDecimal(a, b)
}

// Ranks of numerics: the odd ones need a look at the digits.
const (
	rankMinusInf = 0
	rankNegative = 1
	rankPositive = 3
	rankPlusInf  = 4
	rankNaN      = 6
)

func numericTextRank(s []byte) int {
	switch {
	case len(s) == 0:
		return rankPositive
	case s[0] == '-':
		if len(s) > 1 && s[1] == 'I' {
			return rankMinusInf
		}
		return rankNegative
	case s[0] == 'I':
		return rankPlusInf
	case s[0] == 'N':
		return rankNaN
	}
	return rankPositive
}

// compareDecimal compares two numbers without a sign and leading zeros.
func compareDecimal(a, b []byte) int {
	wholea, wholeb := wholeDigits(a), wholeDigits(b)
	if wholea != wholeb {
		return wholea - wholeb
	}
	if c := bytes.Compare(a[:wholea], b[:wholeb]); c != 0 {
		return c
	}
	a, b = fraction(a, wholea), fraction(b, wholeb)
	n := min(len(a), len(b))
	if c := bytes.Compare(a[:n], b[:n]); c != 0 {
		return c
	}
	if anyNonZero(a[n:]) {
		return 1
	}
	if anyNonZero(b[n:]) {
		return -1
	}
	return 0
}

func wholeDigits(s []byte) int {
	for i, c := range s {
		if c == '.' {
			return i
		}
	}
	return len(s)
}

func fraction(s []byte, whole int) []byte {
	if whole < len(s) {
		return s[whole+1:]
	}
	return nil
}

func anyNonZero(s []byte) bool {
	for _, c := range s {
		if c != '0' {
			return true
		}
	}
	return false
}

// Signs in the binary form.
const (
	numericSendNegative = 0x4000
	numericSendNaN      = 0xc000
	numericSendPlusInf  = 0xd000
	numericSendMinusInf = 0xf000

	// numericSendInfScale is what PostgreSQL sends as the scale of an infinity:
	// a bit of its header that happens to lie there.
	numericSendInfScale = 0x20
)

func appendNumericHeader(dst []byte, ndigits, weight int, sign uint16, scale int) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(ndigits))
	dst = binary.BigEndian.AppendUint16(dst, uint16(weight))
	dst = binary.BigEndian.AppendUint16(dst, sign)
	return binary.BigEndian.AppendUint16(dst, uint16(scale))
}

// numericSend writes the base-10000 form from the decimal text.
func numericSend(dst []byte, v Value, _ *Env) []byte {
	if v.Kind == Int {
		return numericSend(dst, NumericInt(v.Int64()).Value(), nil)
	}
	s := v.Bytes
	var sign uint16
	switch numericTextRank(s) {
	case rankNaN:
		return appendNumericHeader(dst, 0, 0, numericSendNaN, 0)
	case rankPlusInf:
		return appendNumericHeader(dst, 0, 0, numericSendPlusInf, numericSendInfScale)
	case rankMinusInf:
		return appendNumericHeader(dst, 0, 0, numericSendMinusInf, numericSendInfScale)
	case rankNegative:
		sign, s = numericSendNegative, s[1:]
	}
	whole := wholeDigits(s)
	frac := fraction(s, whole)
	header := len(dst)
	dst = appendNumericHeader(dst, 0, 0, sign, len(frac))
	ndigits, weight := 0, (whole+numericBaseDigits-1)/numericBaseDigits-1
	first := whole % numericBaseDigits
	if first == 0 {
		first = numericBaseDigits
	}
	group := 0
	for from := 0; from < whole; from, first = from+first, numericBaseDigits {
		group = digitGroup(s[from:from+first], first)
		if ndigits == 0 && group == 0 {
			weight--
			continue
		}
		dst = binary.BigEndian.AppendUint16(dst, uint16(group))
		ndigits++
	}
	for len(frac) > 0 {
		n := min(numericBaseDigits, len(frac))
		group = digitGroup(frac[:n], numericBaseDigits)
		frac = frac[n:]
		if ndigits == 0 && group == 0 {
			weight--
			continue
		}
		dst = binary.BigEndian.AppendUint16(dst, uint16(group))
		ndigits++
	}
	for ndigits > 0 && dst[len(dst)-1] == 0 && dst[len(dst)-2] == 0 {
		dst = dst[:len(dst)-2]
		ndigits--
	}
	if ndigits == 0 {
		weight = 0
	}
	binary.BigEndian.PutUint16(dst[header:], uint16(ndigits))
	binary.BigEndian.PutUint16(dst[header+2:], uint16(weight))
	return dst
}

// digitGroup reads decimal digits as the first of width.
func digitGroup(s []byte, width int) int {
	n := 0
	for i := range width {
		n *= 10
		if i < len(s) {
			n += int(s[i] - '0')
		}
	}
	return n
}

func invalidNumericBinary(what string) error {
	return pgerr.New(pgerr.InvalidBinaryRepresentation, "invalid %s in external \"numeric\" value", what)
}

func numericRecv(typmod int32, data []byte) (Value, error) {
	if len(data) < 8 {
		return Value{}, insufficientData()
	}
	ndigits := int(binary.BigEndian.Uint16(data))
	weight := int(int16(binary.BigEndian.Uint16(data[2:])))
	sign := binary.BigEndian.Uint16(data[4:])
	scale := int(binary.BigEndian.Uint16(data[6:]))
	data = data[8:]
	switch sign {
	case 0, numericSendNegative, numericSendNaN, numericSendPlusInf, numericSendMinusInf:
	default:
		return Value{}, invalidNumericBinary("sign")
	}
	if scale > numericStoredScaleMax {
		return Value{}, invalidNumericBinary("scale")
	}
	if len(data) != 2*ndigits {
		return Value{}, checkLength(data, 2*ndigits)
	}
	for i := range ndigits {
		if d := binary.BigEndian.Uint16(data[2*i:]); d >= 10000 {
			return Value{}, invalidNumericBinary("digit")
		}
	}
	n := Numeric{}
	switch sign {
	case numericSendNaN:
		n = NumericNaN()
	case numericSendPlusInf:
		n = NumericInf(1)
	case numericSendMinusInf:
		n = NumericInf(-1)
	default:
		text := appendBase10000(make([]byte, 0, 4*ndigits+scale+8), data, weight, scale)
		var err error
		if n, err = ParseNumeric(text); err != nil {
			return Value{}, err
		}
		if sign == numericSendNegative {
			n = n.Neg()
		}
	}
	n, err := n.ApplyTypmod(typmod)
	if err != nil {
		return Value{}, err
	}
	return n.Value(), nil
}

// appendBase10000 writes the decimal text of base-10000 digits, cut to scale.
func appendBase10000(dst, digits []byte, weight, scale int) []byte {
	group := func(w int) int {
		i := weight - w
		if i < 0 || 2*i >= len(digits) {
			return 0
		}
		return int(binary.BigEndian.Uint16(digits[2*i:]))
	}
	put := func(g int) {
		dst = append(dst, byte('0'+g/1000), byte('0'+g/100%10), byte('0'+g/10%10), byte('0'+g%10))
	}
	if weight < 0 {
		dst = append(dst, '0')
	}
	for w := weight; w >= 0; w-- {
		put(group(w))
	}
	if scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	point := len(dst)
	for w := -1; len(dst)-point < scale; w-- {
		put(group(w))
	}
	return dst[:point+scale]
}
