package builtin

import (
	"math"

	"polyreme/pgsql/types"
)

func registerStatistics(r *registry) {
	for name, what := range map[string]deviation{
		"var_pop": {}, "var_samp": {sample: true}, "variance": {sample: true},
		"stddev_pop": {root: true}, "stddev_samp": {sample: true, root: true}, "stddev": {sample: true, root: true},
	} {
		for _, t := range []string{"float4", "float8"} {
			r.aggregate(name+"("+t+")", "$1", true, func() Aggregate { return &floatDeviation{deviation: what} })
		}
		for _, t := range []string{"int2", "int4", "int8", "numeric"} {
			r.aggregate(name+"("+t+")", "$1", true, func() Aggregate { return &numericDeviation{deviation: what} })
		}
	}
	for name, result := range map[string]func(*regression) (float64, bool){
		"regr_sxx":       func(s *regression) (float64, bool) { return s.sxx, true },
		"regr_syy":       func(s *regression) (float64, bool) { return s.syy, true },
		"regr_sxy":       func(s *regression) (float64, bool) { return s.sxy, true },
		"regr_avgx":      func(s *regression) (float64, bool) { return s.sx / s.n, true },
		"regr_avgy":      func(s *regression) (float64, bool) { return s.sy / s.n, true },
		"regr_slope":     func(s *regression) (float64, bool) { return s.sxy / s.sxx, s.sxx != 0 },
		"regr_intercept": func(s *regression) (float64, bool) { return (s.sy - s.sx*s.sxy/s.sxx) / s.n, s.sxx != 0 },
		"regr_r2": func(s *regression) (float64, bool) {
			if s.syy == 0 {
				return 1, s.sxx != 0
			}
			return (s.sxy * s.sxy) / (s.sxx * s.syy), s.sxx != 0
		},
		"corr":       func(s *regression) (float64, bool) { return s.sxy / math.Sqrt(s.sxx*s.syy), s.sxx != 0 && s.syy != 0 },
		"covar_pop":  func(s *regression) (float64, bool) { return s.sxy / s.n, true },
		"covar_samp": func(s *regression) (float64, bool) { return s.sxy / (s.n - 1), s.n > 1 },
	} {
		r.aggregate(name+"(float8,float8)", "$1,$2", true, func() Aggregate { return &regression{result: result} })
	}
	r.native("count(CASE WHEN $2 IS NOT NULL THEN $1 END)", "regr_count(float8,float8)")
}

// deviation says which of the six functions is meant.
type deviation struct{ sample, root bool }

// floatDeviation follows Youngs and Cramer, as PostgreSQL's float8_accum.
type floatDeviation struct {
	deviation
	n, sx, sxx float64
}

func (s *floatDeviation) Step(_ *Env, a []types.Value) error {
	x := a[0].Float8()
	before := s.n
	s.n++
	sx := s.sx + x
	if before > 0 {
		t := x*s.n - sx
		s.sxx += t * t / (s.n * before)
		if (math.IsInf(sx, 0) || math.IsInf(s.sxx, 0)) && !math.IsInf(s.sx, 0) && !math.IsInf(x, 0) {
			return floatOverflow()
		}
		if math.IsInf(sx, 0) || math.IsInf(s.sxx, 0) {
			s.sxx = math.NaN()
		}
	} else if math.IsNaN(x) || math.IsInf(x, 0) {
		s.sxx = math.NaN()
	}
	s.sx = sx
	return nil
}

func (s *floatDeviation) Result(*Env) (types.Value, error) {
	n := s.n
	if s.sample {
		n--
	}
	if n <= 0 {
		return types.Value{}, nil
	}
	v := s.sxx / n
	if s.root {
		v = math.Sqrt(v)
	}
	return types.Float8Value(v), nil
}

// numericDeviation computes exactly from the sums of x and x², as PostgreSQL.
type numericDeviation struct {
	deviation
	n, special  int64
	sum, square types.Numeric
}

func (s *numericDeviation) apply(a []types.Value, delta int64) error {
	x := types.NumericOf(a[0])
	s.n += delta
	if !x.IsFinite() {
		s.special += delta
		return nil
	}
	square, err := x.Mul(x)
	if err != nil {
		return err
	}
	if delta < 0 {
		x, square = x.Neg(), square.Neg()
	}
	if s.sum, err = s.sum.Add(x); err != nil {
		return err
	}
	s.square, err = s.square.Add(square)
	return err
}

func (s *numericDeviation) Step(_ *Env, a []types.Value) error    { return s.apply(a, 1) }
func (s *numericDeviation) Inverse(_ *Env, a []types.Value) error { return s.apply(a, -1) }

func (s *numericDeviation) Result(e *Env) (types.Value, error) {
	if s.n == 0 || s.sample && s.n == 1 {
		return types.Value{}, nil
	}
	if s.special > 0 {
		return e.numeric(types.NumericNaN()), nil
	}
	n, err := s.variance()
	if err == nil && s.root {
		n, err = n.Sqrt()
	}
	if err != nil {
		return types.Value{}, err
	}
	return e.numeric(n), nil
}

// variance is (n·Σx² − (Σx)²) / (n·(n−1)), or over n².
func (s *numericDeviation) variance() (types.Numeric, error) {
	count := types.NumericInt(s.n)
	top, err := count.Mul(s.square)
	if err != nil {
		return top, err
	}
	square, err := s.sum.Mul(s.sum)
	if err != nil {
		return top, err
	}
	if top, err = top.Sub(square); err != nil {
		return top, err
	}
	if top.Sign() <= 0 {
		return types.NumericInt(0), nil
	}
	divisor := count
	if s.sample {
		divisor = types.NumericInt(s.n - 1)
	}
	if divisor, err = divisor.Mul(count); err != nil {
		return top, err
	}
	return top.Div(divisor)
}

// regression holds the sums of the two-argument statistics; the arguments are
// (y, x).
type regression struct {
	n, sx, sxx, sy, syy, sxy float64
	result                   func(*regression) (float64, bool)
}

func (s *regression) Step(_ *Env, a []types.Value) error {
	y, x := a[0].Float8(), a[1].Float8()
	before := s.n
	s.n++
	finite := !math.IsInf(s.sx, 0) && !math.IsInf(s.sy, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0)
	s.sx += x
	s.sy += y
	if before > 0 {
		tx, ty := x*s.n-s.sx, y*s.n-s.sy
		scale := 1 / (s.n * before)
		s.sxx += tx * tx * scale
		s.syy += ty * ty * scale
		s.sxy += tx * ty * scale
		if finite && (math.IsInf(s.sx, 0) || math.IsInf(s.sxx, 0) || math.IsInf(s.sy, 0) || math.IsInf(s.syy, 0) || math.IsInf(s.sxy, 0)) {
			return floatOverflow()
		}
		return nil
	}
	if math.IsNaN(x) || math.IsInf(x, 0) {
		s.sxx, s.sxy = math.NaN(), math.NaN()
	}
	if math.IsNaN(y) || math.IsInf(y, 0) {
		s.syy, s.sxy = math.NaN(), math.NaN()
	}
	return nil
}

func (s *regression) Result(*Env) (types.Value, error) {
	if s.n == 0 {
		return types.Value{}, nil
	}
	if v, ok := s.result(s); ok {
		return types.Float8Value(v), nil
	}
	return types.Value{}, nil
}
