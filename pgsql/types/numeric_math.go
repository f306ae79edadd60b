package types

import (
	"cmp"
	"math/big"

	"polyreme/pgwire/pgerr"
)

// Neg returns -n.
func (n Numeric) Neg() Numeric {
	switch {
	case n.form == numericPlusInf:
		n.form = numericMinusInf
	case n.form == numericMinusInf:
		n.form = numericPlusInf
	case n.big != nil:
		return fromBig(new(big.Int).Neg(n.big), n.scale)
	case n.small == -1<<63:
		c := big.NewInt(n.small)
		return fromBig(c.Neg(c), n.scale)
	}
	n.small = -n.small
	return n
}

// Abs returns n without its sign.
func (n Numeric) Abs() Numeric {
	if n.Sign() < 0 {
		return n.Neg()
	}
	return n
}

// Compare orders n and m: -Infinity, numbers, Infinity, NaN.
func (n Numeric) Compare(m Numeric) int {
	if n.form != numericFinite || m.form != numericFinite {
		return cmp.Compare(numericFormRank(n.form), numericFormRank(m.form))
	}
	if n.big == nil && m.big == nil && n.scale == m.scale {
		return cmp.Compare(n.small, m.small)
	}
	if a, b := n.Sign(), m.Sign(); a != b {
		return cmp.Compare(a, b)
	}
	n, m = align(n, m)
	if n.big == nil && m.big == nil {
		return cmp.Compare(n.small, m.small)
	}
	return n.coefficient().Cmp(m.coefficient())
}

func numericFormRank(f numericForm) int {
	switch f {
	case numericMinusInf:
		return -1
	case numericPlusInf:
		return 1
	case numericNaN:
		return 2
	}
	return 0
}

// align brings both to the larger scale.
func align(n, m Numeric) (Numeric, Numeric) {
	switch {
	case n.scale < m.scale:
		n = n.scaleUp(int(m.scale - n.scale))
	case m.scale < n.scale:
		m = m.scaleUp(int(n.scale - m.scale))
	}
	return n, m
}

// Add returns n + m.
func (n Numeric) Add(m Numeric) (Numeric, error) {
	if n.form != numericFinite || m.form != numericFinite {
		return addSpecial(n, m), nil
	}
	n, m = align(n, m)
	if n.big == nil && m.big == nil {
		sum := n.small + m.small
		if (sum > n.small) == (m.small > 0) {
			return Numeric{small: sum, scale: n.scale}, nil
		}
	}
	return fromBig(new(big.Int).Add(n.coefficient(), m.coefficient()), n.scale).check()
}

func addSpecial(n, m Numeric) Numeric {
	switch {
	case n.form == numericNaN || m.form == numericNaN:
		return NumericNaN()
	case n.form == numericFinite:
		return m
	case m.form == numericFinite || m.form == n.form:
		return n
	}
	return NumericNaN() // Infinity - Infinity
}

// Sub returns n - m.
func (n Numeric) Sub(m Numeric) (Numeric, error) { return n.Add(m.Neg()) }

// Mul returns n * m.
func (n Numeric) Mul(m Numeric) (Numeric, error) {
	if n.form != numericFinite || m.form != numericFinite {
		return mulSpecial(n, m), nil
	}
	scale := n.scale + m.scale
	var product Numeric
	if n.big == nil && m.big == nil {
		if c, ok := mulSmall(n.small, m.small); ok {
			product = Numeric{small: c, scale: scale}
		} else {
			product = fromBig(new(big.Int).Mul(n.coefficient(), m.coefficient()), scale)
		}
	} else {
		product = fromBig(new(big.Int).Mul(n.coefficient(), m.coefficient()), scale)
	}
	if scale > numericStoredScaleMax {
		product = product.rescale(numericStoredScaleMax, false)
	}
	return product.check()
}

func mulSpecial(n, m Numeric) Numeric {
	sign := n.Sign() * m.Sign()
	if n.form == numericNaN || m.form == numericNaN || sign == 0 {
		return NumericNaN()
	}
	return NumericInf(sign)
}

// divScale is select_div_scale: at least 16 significant digits, and no less
// than either display scale.
func divScale(n, m Numeric) int {
	weight1, first1 := n.base10000()
	weight2, first2 := m.base10000()
	weight := weight1 - weight2
	if first1 <= first2 {
		weight--
	}
	return clampScale(numericMinSigDigits-weight*numericBaseDigits, n, m)
}

func clampScale(scale int, operands ...Numeric) int {
	for _, n := range operands {
		scale = max(scale, int(n.scale))
	}
	return min(max(scale, 0), numericScaleMax)
}

// Div returns n / m.
func (n Numeric) Div(m Numeric) (Numeric, error) {
	if n.form == numericNaN || m.form == numericNaN {
		return NumericNaN(), nil
	}
	if m.Sign() == 0 {
		return Numeric{}, divisionByZero()
	}
	switch {
	case n.form != numericFinite && m.form != numericFinite:
		return NumericNaN(), nil
	case n.form != numericFinite:
		return NumericInf(n.Sign() * m.Sign()), nil
	case m.form != numericFinite:
		return Numeric{}, nil
	}
	return divFinite(n, m, divScale(n, m), false).check()
}

// divFinite returns n / m with the given scale.
func divFinite(n, m Numeric, scale int, truncate bool) Numeric {
	shift := scale + int(m.scale) - int(n.scale)
	if shift >= 0 && shift < len(pow10Small) && n.big == nil && m.big == nil && m.small != -1<<63 {
		if a, ok := mulSmall(n.small, pow10Small[shift]); ok {
			b := m.small
			if b < 0 {
				a, b = -a, -b
			}
			return Numeric{small: divRound(a, b, truncate), scale: int32(scale)}
		}
	}
	a, b := n.coefficient(), m.coefficient()
	if shift >= 0 {
		a = new(big.Int).Mul(a, pow10(shift))
	} else {
		b = new(big.Int).Mul(b, pow10(-shift))
	}
	return fromBig(bigDivRound(a, b, truncate), int32(scale))
}

// DivTrunc returns the quotient without its fraction: PostgreSQL's div().
func (n Numeric) DivTrunc(m Numeric) (Numeric, error) {
	if n.form != numericFinite || m.form != numericFinite || m.Sign() == 0 {
		return n.Div(m)
	}
	return divFinite(n, m, 0, true).check()
}

// Mod returns the remainder of n / m, with the sign of n.
func (n Numeric) Mod(m Numeric) (Numeric, error) {
	switch {
	case n.form == numericNaN || m.form == numericNaN:
		return NumericNaN(), nil
	case m.Sign() == 0:
		return Numeric{}, divisionByZero()
	case n.form != numericFinite:
		return NumericNaN(), nil
	case m.form != numericFinite:
		return n, nil
	}
	n, m = align(n, m)
	if n.big == nil && m.big == nil {
		if m.small == -1 {
			return Numeric{scale: n.scale}, nil
		}
		return Numeric{small: n.small % m.small, scale: n.scale}, nil
	}
	return fromBig(new(big.Int).Rem(n.coefficient(), m.coefficient()), n.scale), nil
}

// Round returns n rounded half away from zero to scale digits after the point;
// a negative scale rounds before the point.
func (n Numeric) Round(scale int) (Numeric, error) {
	return n.rescale(min(max(scale, -numericResultScaleMax), numericResultScaleMax), false).check()
}

// Trunc returns n cut to scale digits after the point.
func (n Numeric) Trunc(scale int) Numeric {
	return n.rescale(min(max(scale, -numericResultScaleMax), numericResultScaleMax), true)
}

// Ceil returns the smallest whole number not less than n.
func (n Numeric) Ceil() (Numeric, error) { return n.whole(1) }

// Floor returns the largest whole number not greater than n.
func (n Numeric) Floor() (Numeric, error) { return n.whole(-1) }

func (n Numeric) whole(direction int) (Numeric, error) {
	if n.form != numericFinite {
		return n, nil
	}
	t := n.rescale(0, true)
	if n.Sign() == direction && n.Compare(t) != 0 {
		return t.Add(NumericInt(int64(direction)))
	}
	return t, nil
}

// MinScale returns the number of digits after the point that are needed.
func (n Numeric) MinScale() int {
	t := n.TrimScale()
	return int(t.scale)
}

// TrimScale returns n without zeros at the end of its fraction.
func (n Numeric) TrimScale() Numeric {
	if n.form != numericFinite {
		return n
	}
	if n.Sign() == 0 {
		return Numeric{}
	}
	if n.big == nil {
		for n.scale > 0 && n.small%10 == 0 {
			n.small /= 10
			n.scale--
		}
		return n
	}
	text := n.big.Text(10)
	drop := 0
	for drop < int(n.scale) && text[len(text)-1-drop] == '0' {
		drop++
	}
	return n.rescale(int(n.scale)-drop, true)
}

// Int64 returns n rounded to an integer; ok is false where it does not fit.
func (n Numeric) Int64() (v int64, ok bool) {
	if n.form != numericFinite {
		return 0, false
	}
	n = n.rescale(0, false)
	return n.small, n.big == nil
}

// Float64 returns the nearest float.
func (n Numeric) Float64() float64 {
	f, _ := parseFloat(n.Append(nil), 64, "double precision")
	return f
}

// NumericFromFloat converts a float as PostgreSQL does: through its decimal
// form with the digits that are always right (15 or 6).
func NumericFromFloat(f float64, bits int) Numeric {
	var buf [32]byte
	n, err := parseNumeric(AppendFloat(buf[:0], f, bits, 0))
	if err != nil {
		return NumericNaN()
	}
	return n
}

// Sqrt returns the square root.
func (n Numeric) Sqrt() (Numeric, error) {
	switch {
	case n.form == numericNaN || n.form == numericPlusInf:
		return n, nil
	case n.Sign() < 0:
		return Numeric{}, pgerr.New(pgerr.InvalidArgumentForPowerFunction, "cannot take square root of a negative number")
	}
	weight, _ := n.base10000()
	sweight := weight*numericBaseDigits/2 + 1
	if weight < 0 {
		sweight = 1 - (1-weight*numericBaseDigits)/2
	}
	scale := clampScale(numericMinSigDigits-sweight, n)
	if n.Sign() == 0 {
		return Numeric{scale: int32(scale)}, nil
	}
	// One more digit than asked for, and round: a root is never exactly at
	// half unless it is exact.
	guard := scale + 1
	c := new(big.Int).Mul(n.coefficient(), pow10(max(2*guard-int(n.scale), 0)))
	if shift := 2*guard - int(n.scale); shift < 0 {
		c.Quo(c, pow10(-shift))
	}
	return fromBig(c.Sqrt(c), int32(guard)).rescale(scale, false).check()
}
