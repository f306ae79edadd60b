package types

import (
	"math"
	"math/big"

	"polyreme/pgwire/pgerr"
)

// exp, ln, log and power choose the scale of their results as PostgreSQL does
// and compute in binary fixed point with enough guard bits that rounding to
// that scale is right but for values within 2^-60 of a half.

const (
	log10OfE  = 0.434294481903252
	ln10      = 2.302585092994046
	guardBits = 64
)

// fixed is a number scaled by 2^bits.
type fixed struct {
	bits uint
}

// bitsFor returns the binary digits that hold decimals digits after the point.
func bitsFor(decimals int) uint {
	return uint(float64(max(decimals, 0))*3.3219280948873626) + guardBits
}

func (f fixed) one() *big.Int { return new(big.Int).Lsh(big.NewInt(1), f.bits) }

func (f fixed) mul(a, b *big.Int) *big.Int {
	p := new(big.Int).Mul(a, b)
	return p.Rsh(p, f.bits)
}

func (f fixed) quo(a, b *big.Int) *big.Int {
	q := new(big.Int).Lsh(a, f.bits)
	return q.Quo(q, b)
}

// from converts a finite numeric.
func (f fixed) from(n Numeric) *big.Int {
	c := new(big.Int).Lsh(n.coefficient(), f.bits)
	return c.Quo(c, pow10(int(n.scale)))
}

// numeric converts back, rounding to scale digits.
func (f fixed) numeric(v *big.Int, scale int) Numeric {
	c := new(big.Int).Mul(v, pow10(scale))
	return fromBig(bigDivRound(c, f.one(), false), int32(scale))
}

// atanhInverse returns atanh(1/d) for an integer d > 1.
func (f fixed) atanhInverse(d int64) *big.Int {
	square := big.NewInt(d * d)
	term := new(big.Int).Quo(f.one(), big.NewInt(d))
	sum := new(big.Int).Set(term)
	for k := int64(3); term.Sign() != 0; k += 2 {
		term.Quo(term, square)
		sum.Add(sum, new(big.Int).Quo(term, big.NewInt(k)))
	}
	return sum
}

// ln2 uses Machin's kind of formula: 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749).
func (f fixed) ln2() *big.Int {
	sum := new(big.Int).Mul(f.atanhInverse(26), big.NewInt(18))
	sum.Sub(sum, new(big.Int).Mul(f.atanhInverse(4801), big.NewInt(2)))
	return sum.Add(sum, new(big.Int).Mul(f.atanhInverse(8749), big.NewInt(8)))
}

// ln returns the logarithm of n > 0.
func (f fixed) ln(n Numeric) *big.Int {
	// n = m * 2^k with m in [1, 2).
	ratio := pow10(int(n.scale))
	k := n.coefficient().BitLen() - ratio.BitLen()
	const guard = 64
	wide := fixed{f.bits + guard}
	num, den := n.coefficient(), ratio
	if k >= 0 {
		den = new(big.Int).Lsh(den, uint(k))
	} else {
		num = new(big.Int).Lsh(num, uint(-k))
	}
	m := wide.quo(num, den)
	// Square roots bring m near 1, where the series is short. Each costs a bit.
	const near, rootsMax = 10, 10
	one := wide.one()
	roots := uint(0)
	for ; roots < rootsMax && uint(new(big.Int).Sub(m, one).BitLen())+near > wide.bits; roots++ {
		m.Lsh(m, wide.bits)
		m.Sqrt(m)
	}
	t := wide.quo(new(big.Int).Sub(m, one), new(big.Int).Add(m, one))
	square := wide.mul(t, t)
	sum := new(big.Int).Set(t)
	term := new(big.Int).Set(t)
	for i := int64(3); term.Sign() != 0; i += 2 {
		term = wide.mul(term, square)
		if term.CmpAbs(big.NewInt(1)) <= 0 {
			break
		}
		sum.Add(sum, new(big.Int).Quo(term, big.NewInt(i)))
	}
	sum.Lsh(sum, roots+1)
	sum.Add(sum, new(big.Int).Mul(wide.ln2(), big.NewInt(int64(k))))
	return sum.Rsh(sum, guard)
}

// exp returns e to the power x.
func (f fixed) exp(x *big.Int) *big.Int {
	// x = k ln 2 + r; e^r by Taylor's series of r/2^halvings, squared back.
	halvings := 8 + uint(math.Sqrt(float64(f.bits)))/3
	wide := fixed{f.bits + 2*halvings + 32}
	ln2 := wide.ln2()
	x = new(big.Int).Lsh(x, wide.bits-f.bits)
	k := new(big.Int).Div(x, ln2)
	r := new(big.Int).Sub(x, new(big.Int).Mul(k, ln2))
	r.Rsh(r, halvings)
	sum, term := wide.one(), wide.one()
	for i := int64(1); term.Sign() != 0; i++ {
		term = wide.mul(term, r)
		term.Quo(term, big.NewInt(i))
		sum.Add(sum, term)
	}
	for range halvings {
		sum = wide.mul(sum, sum)
	}
	shift := int(k.Int64()) - int(wide.bits-f.bits)
	if shift >= 0 {
		return sum.Lsh(sum, uint(shift))
	}
	return sum.Rsh(sum, uint(-shift))
}

// lnWeight is estimate_ln_dweight: the decimal weight of the first digit of
// ln(n), for n > 0.
func lnWeight(n Numeric) int {
	if n.Compare(NumericScaled(9, 1)) >= 0 && n.Compare(NumericScaled(11, 1)) <= 0 {
		x, _ := n.Sub(NumericInt(1))
		if x.Sign() == 0 {
			return 0
		}
		return x.decimalExponent()
	}
	weight, value := n.leadingGroups(2)
	estimate := math.Log(float64(value)) + float64(float64((weight-1)*numericBaseDigits)*ln10)
	return int(math.Log10(math.Abs(estimate)))
}

func (n Numeric) checkLogArgument() error {
	switch {
	case n.form == numericNaN || n.Sign() > 0:
		return nil
	case n.Sign() == 0:
		return pgerr.New(pgerr.InvalidArgumentForLogarithm, "cannot take logarithm of zero")
	}
	return pgerr.New(pgerr.InvalidArgumentForLogarithm, "cannot take logarithm of a negative number")
}

// Ln returns the natural logarithm.
func (n Numeric) Ln() (Numeric, error) {
	if err := n.checkLogArgument(); err != nil {
		return Numeric{}, err
	}
	if n.form != numericFinite {
		return n, nil
	}
	scale := clampScale(numericMinSigDigits-lnWeight(n), n)
	f := fixed{bitsFor(scale)}
	return f.numeric(f.ln(n), scale).check()
}

// Log10 returns the logarithm to base 10.
func (n Numeric) Log10() (Numeric, error) { return NumericInt(10).Log(n) }

// Log returns the logarithm of m to base n.
func (n Numeric) Log(m Numeric) (Numeric, error) {
	if n.form == numericNaN || m.form == numericNaN {
		return NumericNaN(), nil
	}
	first, second := n, m
	if (n.form != numericFinite || m.form != numericFinite) && m.Sign() < n.Sign() {
		first, second = m, n // next to an infinity, negative is reported before zero
	}
	if err := first.checkLogArgument(); err != nil {
		return Numeric{}, err
	}
	if err := second.checkLogArgument(); err != nil {
		return Numeric{}, err
	}
	switch {
	case n.form != numericFinite && m.form != numericFinite:
		return NumericNaN(), nil
	case n.form != numericFinite:
		return Numeric{}, nil
	case m.form != numericFinite:
		return m, nil
	}
	baseWeight := lnWeight(n)
	numberWeight := lnWeight(m)
	weight := numberWeight - baseWeight
	scale := clampScale(numericMinSigDigits-weight, n, m)
	// The quotient has weight digits before the point and scale after it: both
	// logarithms need as many significant ones.
	f := fixed{bitsFor(max(scale, scale+weight-min(baseWeight, numberWeight)) + 8)}
	base := f.ln(n)
	if base.Sign() == 0 {
		return Numeric{}, divisionByZero()
	}
	return f.numeric(f.quo(f.ln(m), base), scale).check()
}

// Exp returns e to the power n.
func (n Numeric) Exp() (Numeric, error) {
	switch n.form {
	case numericNaN, numericPlusInf:
		return n, nil
	case numericMinusInf:
		return Numeric{}, nil
	}
	x := n.Float64()
	weight := min(max(float64(x*log10OfE), -numericResultScaleMax), numericResultScaleMax)
	scale := clampScale(numericMinSigDigits-int(weight), n)
	return expScaled(n, x, scale)
}

// expScaled is exp_var: e to the power n, of which x is an approximation.
func expScaled(n Numeric, x float64, scale int) (Numeric, error) {
	if math.Abs(x) >= 3*numericResultScaleMax {
		if x > 0 {
			return Numeric{}, numericOverflow()
		}
		return Numeric{scale: int32(scale)}, nil
	}
	f := fixed{bitsFor(scale + int(math.Abs(x*log10OfE)))}
	return f.numeric(f.exp(f.from(n)), scale).check()
}

// isInteger tells whether n has no fraction.
func (n Numeric) isInteger() bool { return n.form == numericFinite && n.TrimScale().scale == 0 }

// Power returns n to the power m.
func (n Numeric) Power(m Numeric) (Numeric, error) {
	if n.form != numericFinite || m.form != numericFinite {
		return powerSpecial(n, m)
	}
	if n.Sign() == 0 && m.Sign() < 0 {
		return Numeric{}, zeroToNegative()
	}
	if n.Sign() < 0 && !m.isInteger() {
		return Numeric{}, complexPower()
	}
	if m.isInteger() {
		if e, ok := m.Int64(); ok && e >= math.MinInt32 && e <= math.MaxInt32 {
			return n.powerInt(e)
		}
	}
	if n.Sign() == 0 {
		return Numeric{scale: numericMinSigDigits}, nil
	}
	negative := n.Sign() < 0 && m.rescale(0, true).coefficient().Bit(0) == 1
	r, err := n.Abs().powerReal(m)
	if negative {
		r = r.Neg()
	}
	return r, err
}

func complexPower() error {
	return pgerr.New(pgerr.InvalidArgumentForPowerFunction,
		"a negative number raised to a non-integer power yields a complex result")
}

func zeroToNegative() error {
	return pgerr.New(pgerr.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined")
}

func (n Numeric) powerReal(m Numeric) (Numeric, error) {
	weight := lnWeight(n)
	f := fixed{bitsFor(max(8-weight, 0))}
	ln := f.numeric(f.ln(n), max(8-weight, 0))
	estimate, err := ln.Mul(m)
	if err != nil {
		return Numeric{}, err
	}
	x := estimate.Float64()
	if math.Abs(x) > 3.01*numericResultScaleMax {
		if x > 0 {
			return Numeric{}, numericOverflow()
		}
		return Numeric{scale: numericScaleMax}, nil
	}
	x *= log10OfE
	scale := clampScale(numericMinSigDigits-int(x), n, m)
	whole := max(m.decimalExponent(), 0) + 1
	f = fixed{bitsFor(scale + int(math.Abs(x)) + whole + max(-weight, 0))}
	product := f.ln(n)
	product.Mul(product, m.coefficient())
	product.Quo(product, pow10(int(m.scale)))
	return f.numeric(f.exp(product), scale).check()
}

// powerInt is power_var_int.
func (n Numeric) powerInt(e int64) (Numeric, error) {
	logarithm := 0.0
	if n.Sign() != 0 {
		weight, value := n.leadingGroups(4)
		logarithm = float64(float64(e) * (math.Log10(float64(value)) + float64((weight-3)*numericBaseDigits)))
	}
	if logarithm > (math.MaxInt16+1)*numericBaseDigits {
		return Numeric{}, numericOverflow()
	}
	scale := clampScale(numericMinSigDigits, n)
	if logarithm+1 < -float64(scale) {
		return Numeric{scale: int32(scale)}, nil
	}
	switch {
	case e == 0:
		return NumericInt(1).rescale(scale, false), nil
	case n.Sign() == 0:
		return Numeric{scale: int32(scale)}, nil
	}
	// A mantissa cut to the digits that matter, and a decimal exponent.
	significant := 1 + scale + int(logarithm) + int(math.Log10(math.Abs(float64(e)))) + 30
	p := decimalFloat{n.coefficient(), -int(n.scale)}
	result := decimalFloat{big.NewInt(1), 0}
	for k := absSmall(e); ; {
		if k&1 != 0 {
			result = result.mul(p, significant)
		}
		if k >>= 1; k == 0 {
			break
		}
		p = p.mul(p, significant)
	}
	if e > 0 {
		return result.numeric(scale).check()
	}
	inverse := Numeric{big: result.mantissa}
	if result.exponent < 0 {
		return divFinite(fromBig(pow10(-result.exponent), 0), inverse, scale, false).check()
	}
	inverse.big = new(big.Int).Mul(result.mantissa, pow10(result.exponent))
	return divFinite(NumericInt(1), inverse, scale, false).check()
}

// decimalFloat is mantissa * 10^exponent.
type decimalFloat struct {
	mantissa *big.Int
	exponent int
}

// mul multiplies and keeps at least digits significant digits.
func (a decimalFloat) mul(b decimalFloat, digits int) decimalFloat {
	m := new(big.Int).Mul(a.mantissa, b.mantissa)
	exponent := a.exponent + b.exponent
	if excess := int(float64(m.BitLen())*0.30103) - digits - 2; excess > 0 {
		m.Quo(m, pow10(excess))
		exponent += excess
	}
	return decimalFloat{m, exponent}
}

func (a decimalFloat) numeric(scale int) Numeric {
	if a.exponent >= 0 {
		return fromBig(new(big.Int).Mul(a.mantissa, pow10(a.exponent)), 0).rescale(scale, false)
	}
	if -a.exponent > math.MaxInt32/2 {
		return Numeric{scale: int32(scale)}
	}
	return fromBig(a.mantissa, int32(-a.exponent)).rescale(scale, false)
}

// powerSpecial follows the POSIX rules for NaN and infinities.
func powerSpecial(n, m Numeric) (Numeric, error) {
	one := NumericInt(1)
	switch {
	case n.form == numericNaN:
		if m.form == numericFinite && m.Sign() == 0 {
			return one, nil
		}
		return n, nil
	case m.form == numericNaN:
		if n.Compare(one) == 0 {
			return one, nil
		}
		return m, nil
	case n.Sign() == 0 && m.Sign() < 0:
		return Numeric{}, zeroToNegative()
	case n.form == numericFinite:
		return powerToInfinity(n, m), nil
	case n.form == numericMinusInf && m.form == numericFinite && !m.isInteger():
		return Numeric{}, complexPower()
	case m.Sign() == 0:
		return one, nil
	case m.Sign() < 0:
		return Numeric{}, nil
	case n.form == numericPlusInf || m.form == numericPlusInf:
		return NumericInf(1), nil
	case m.rescale(0, true).coefficient().Bit(0) == 1:
		return NumericInf(-1), nil
	}
	return NumericInf(1), nil
}

// powerToInfinity raises a finite number to an infinite power.
func powerToInfinity(n, m Numeric) Numeric {
	switch c := n.Abs().Compare(NumericInt(1)); {
	case c == 0:
		return NumericInt(1)
	case (c > 0) == (m.form == numericPlusInf):
		return NumericInf(1)
	}
	return Numeric{}
}
