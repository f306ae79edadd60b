package builtin

import "math"

// exp, log and pow are computed with twice the precision of float64 and rounded
// once: nearly always the correctly rounded result, which is what glibc gives
// PostgreSQL, and the same on every processor. (math.Exp and math.Log are
// assembly on some, and a compiler may fuse a multiplication and an addition;
// math.FMA is exact everywhere.)

// double is the sum of two floats, the second at most half a unit in the last
// place of the first.
type double struct{ high, low float64 }

var (
	doubleLn2    = double{0.6931471805599453, 2.3190468138462996e-17}
	doubleLog10E = double{0.4342944819032518, 1.098319650216765e-17}
)

func sumOf(a, b float64) double {
	s := a + b
	t := s - a
	return double{s, (a - (s - t)) + (b - t)}
}

func productOf(a, b float64) double {
	p := a * b
	return double{p, math.FMA(a, b, -p)}
}

func (x double) add(y double) double {
	s := sumOf(x.high, y.high)
	t := sumOf(x.low, y.low)
	s = sumOf(s.high, s.low+t.high)
	return sumOf(s.high, s.low+t.low)
}

func (x double) mul(y double) double {
	p := productOf(x.high, y.high)
	cross := float64(x.high*y.low) + float64(x.low*y.high)
	return sumOf(p.high, p.low+cross)
}

func (x double) scale(f float64) double { return double{x.high * f, x.low * f} } // f is a power of two

func (x double) neg() double { return double{-x.high, -x.low} }

func (x double) float() float64 { return x.high + x.low }

// expm1Parts returns m and k with e^x = (1 + m)·2^k.
func (x double) expm1Parts() (m double, k int) {
	n := math.Round(x.high / math.Ln2)
	r := x.add(doubleLn2.mul(double{-n, 0}))
	const halvings = 8
	r = r.scale(1.0 / (1 << halvings))
	// Taylor's series of e^r - 1, from the smallest term: |r| < 0.0014.
	m = r
	term := r
	for i := 2; i <= 11; i++ {
		term = term.mul(r).divide(float64(i))
		m = m.add(term)
	}
	for range halvings { // (1+m)² - 1
		m = m.scale(2).add(m.mul(m))
	}
	return m, int(n)
}

// divide returns x / f for a small whole f.
func (x double) divide(f float64) double {
	q := x.high / f
	rest := x.add(productOf(q, f).neg())
	return sumOf(q, rest.high/f)
}

// expOf returns e^x for x within the range of results.
func expOf(x double) float64 {
	m, k := x.expm1Parts()
	return math.Ldexp(double{1, 0}.add(m).float(), k)
}

// logOf returns the natural logarithm of x > 0.
func logOf(x float64) double {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	// One step of Newton's method doubles the digits: y + (m·e^-y - 1).
	y := math.Log(m)
	r, k := double{-y, 0}.expm1Parts()
	power := double{1, 0}.add(r).scale(math.Ldexp(1, k))
	correction := power.mul(double{m, 0}).add(double{-1, 0})
	log := double{y, 0}.add(correction)
	return log.add(doubleLn2.mul(double{float64(e), 0}))
}

// Bounds of the argument of e^x: beyond them the result is infinite or zero.
const (
	expMax = 709.8
	expMin = -745.2
)

func preciseExp(x float64) float64 {
	if math.IsNaN(x) || x > expMax || x < expMin {
		return math.Exp(x)
	}
	return expOf(double{x, 0})
}

func preciseLog(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 1) {
		return math.Log(x)
	}
	return logOf(x).float()
}

func preciseLog10(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 1) {
		return math.Log10(x)
	}
	return logOf(x).mul(doubleLog10E).float()
}

// precisePow is x^y; the cases with zeros, infinities and NaN are math.Pow's.
func precisePow(x, y float64) float64 {
	if x == 0 || y == 0 || x == 1 || math.IsNaN(x) || math.IsNaN(y) || math.IsInf(x, 0) || math.IsInf(y, 0) {
		return math.Pow(x, y)
	}
	z := logOf(math.Abs(x)).mul(double{y, 0})
	if z.high > expMax || z.high < expMin {
		return math.Pow(x, y)
	}
	result := expOf(z)
	if x < 0 && math.Mod(y, 2) != 0 {
		return -result
	}
	return result
}

// preciseSinh and preciseCosh add and subtract e^x and e^-x before they round.
func preciseSinh(x float64) float64 {
	if math.Abs(x) < 1e-9 || math.Abs(x) > 700 || math.IsNaN(x) {
		return math.Sinh(x)
	}
	up, down := bothExp(x)
	return up.add(down.neg()).scale(0.5).float()
}

func preciseCosh(x float64) float64 {
	if math.Abs(x) > 700 || math.IsNaN(x) {
		return math.Cosh(x)
	}
	up, down := bothExp(x)
	return up.add(down).scale(0.5).float()
}

func bothExp(x float64) (up, down double) {
	m, k := double{x, 0}.expm1Parts()
	up = double{1, 0}.add(m).scale(math.Ldexp(1, k))
	m, k = double{-x, 0}.expm1Parts()
	return up, double{1, 0}.add(m).scale(math.Ldexp(1, k))
}
