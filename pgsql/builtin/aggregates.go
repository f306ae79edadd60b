package builtin

import (
	"math/bits"

	"polyreme/pgsql/types"
)

// registerAggregates implements the aggregates that SQLite has exactly, and the
// sums and averages.
func registerAggregates(r *registry) {
	r.native("count(*)", "count()")
	r.native("count($1)", "count(any)")
	registerExtremes(r)
	for _, t := range []string{"int2", "int4"} {
		r.aggregate("sum("+t+")", "$1", true, func() Aggregate { return &sumInt{} })
		r.aggregate("avg("+t+")", "$1", true, func() Aggregate { return &sumBig{average: true} })
	}
	r.aggregate("sum(int8)", "$1", true, func() Aggregate { return &sumBig{} })
	r.aggregate("avg(int8)", "$1", true, func() Aggregate { return &sumBig{average: true} })
	r.aggregate("sum(numeric)", "$1", true, func() Aggregate { return &sumNumeric{} })
	r.aggregate("avg(numeric)", "$1", true, func() Aggregate { return &sumNumeric{average: true} })
	r.aggregate("sum(float4)", "$1", true, func() Aggregate { return &sumFloat{single: true} })
	r.aggregate("sum(float8)", "$1", true, func() Aggregate { return &sumFloat{} })
	r.aggregate("avg(float4)", "$1", true, func() Aggregate { return &sumFloat{average: true} })
	r.aggregate("avg(float8)", "$1", true, func() Aggregate { return &sumFloat{average: true} })
	for name, all := range map[string]bool{"bool_and(bool)": true, "every(bool)": true, "bool_or(bool)": false} {
		r.aggregate(name, "$1", true, func() Aggregate { return &boolAll{all: all} })
	}
	registerBitAggregates(r)
	registerWindows(r)
}

// registerExtremes implements min and max by SQLite's, which an index serves.
func registerExtremes(r *registry) {
	for _, t := range []string{
		"int2", "int4", "int8", "oid", "float4", "float8", "text", "bpchar", "date", "time", "timetz", "timestamp",
		"timestamptz", "anyenum",
	} {
		r.native("min($1)", "min("+t+")")
		r.native("max($1)", "max("+t+")")
	}
	for t, collation := range map[string]string{"numeric": types.NumericCollation, "interval": types.IntervalCollation} {
		r.native("min($1 COLLATE "+collation+")", "min("+t+")")
		r.native("max($1 COLLATE "+collation+")", "max("+t+")")
	}
	r.native("min($1)", "min(anyarray)")
	r.native("max($1)", "max(anyarray)")
}

// registerWindows implements the window functions, which SQLite has with the
// same meaning.
func registerWindows(r *registry) {
	r.native("row_number()", "window_row_number")
	r.native("rank()", "window_rank")
	r.native("dense_rank()", "window_dense_rank")
	r.native("percent_rank()", "window_percent_rank")
	r.native("cume_dist()", "window_cume_dist")
	r.native("ntile($1)", "window_ntile")
	r.native("lag($1)", "window_lag")
	r.native("lag($1,$2)", "window_lag_with_offset")
	r.native("lag($1,$2,$3)", "window_lag_with_offset_and_default")
	r.native("lead($1)", "window_lead")
	r.native("lead($1,$2)", "window_lead_with_offset")
	r.native("lead($1,$2,$3)", "window_lead_with_offset_and_default")
	r.native("first_value($1)", "window_first_value")
	r.native("last_value($1)", "window_last_value")
	r.native("nth_value($1,$2)", "window_nth_value")
}

// sumInt is sum(int2), sum(int4): a bigint.
type sumInt struct {
	sum   int64
	count int64
}

func (s *sumInt) Step(_ *Env, a []types.Value) error {
	sum, ok := addInt64(s.sum, a[0].Int64())
	if !ok {
		return int8Type.outOfRange()
	}
	s.sum = sum
	s.count++
	return nil
}

func (s *sumInt) Inverse(_ *Env, a []types.Value) error {
	s.sum -= a[0].Int64()
	s.count--
	return nil
}

func (s *sumInt) Result(*Env) (types.Value, error) {
	if s.count == 0 {
		return types.Value{}, nil
	}
	return types.IntValue(s.sum), nil
}

// sumBig is sum(int8) and avg of integers: a 128-bit sum, a numeric result.
type sumBig struct {
	high, low uint64
	count     int64
	average   bool
}

func (s *sumBig) add(n int64) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, uint64(n), 0)
	s.high, _ = bits.Add64(s.high, uint64(n>>63), carry)
}

func (s *sumBig) Step(_ *Env, a []types.Value) error {
	s.add(a[0].Int64())
	s.count++
	return nil
}

func (s *sumBig) Inverse(_ *Env, a []types.Value) error {
	var borrow uint64
	n := a[0].Int64()
	s.low, borrow = bits.Sub64(s.low, uint64(n), 0)
	s.high, _ = bits.Sub64(s.high, uint64(n>>63), borrow)
	s.count--
	return nil
}

// total returns the sum as a numeric.
func (s *sumBig) total() (types.Numeric, error) {
	if int64(s.high) == int64(s.low)>>63 {
		return types.NumericInt(int64(s.low)), nil
	}
	// The sum is high·2^64 + low: Horner's rule in steps of 2^32.
	n := types.NumericInt(int64(s.high))
	for _, half := range [2]uint64{s.low >> 32, s.low & (1<<32 - 1)} {
		var err error
		if n, err = n.Mul(types.NumericInt(1 << 32)); err != nil {
			return n, err
		}
		if n, err = n.Add(types.NumericInt(int64(half))); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (s *sumBig) Result(e *Env) (types.Value, error) {
	return e.numericTotal(s.total, s.count, s.average)
}

// sumNumeric is sum and avg of numeric. Inverse keeps the display scale, as
// PostgreSQL does, only while no row with the largest scale has left.
type sumNumeric struct {
	sum     types.Numeric
	nans    int64
	plus    int64
	minus   int64
	count   int64
	scales  []int64 // how many rows have each scale
	average bool
}

func (s *sumNumeric) note(n types.Numeric, delta int64) (finite bool) {
	s.count += delta
	switch {
	case n.IsNaN():
		s.nans += delta
	case n.IsInf() && n.Sign() > 0:
		s.plus += delta
	case n.IsInf():
		s.minus += delta
	default:
		for len(s.scales) <= n.Scale() {
			s.scales = append(s.scales, 0)
		}
		s.scales[n.Scale()] += delta
		return true
	}
	return false
}

func (s *sumNumeric) Step(_ *Env, a []types.Value) (err error) {
	n := types.NumericOf(a[0])
	if s.note(n, 1) {
		s.sum, err = s.sum.Add(n)
	}
	return err
}

func (s *sumNumeric) Inverse(_ *Env, a []types.Value) (err error) {
	n := types.NumericOf(a[0])
	if s.note(n, -1) {
		s.sum, err = s.sum.Sub(n)
	}
	return err
}

func (s *sumNumeric) total() (types.Numeric, error) {
	switch {
	case s.nans > 0 || s.plus > 0 && s.minus > 0:
		return types.NumericNaN(), nil
	case s.plus > 0:
		return types.NumericInf(1), nil
	case s.minus > 0:
		return types.NumericInf(-1), nil
	}
	scale := len(s.scales) - 1
	for scale > 0 && s.scales[scale] == 0 {
		scale--
	}
	return s.sum.Round(max(scale, 0))
}

func (s *sumNumeric) Result(e *Env) (types.Value, error) {
	return e.numericTotal(s.total, s.count, s.average)
}

// numericTotal is the result of sum, or of avg, of count values; NULL of none.
func (e *Env) numericTotal(total func() (types.Numeric, error), count int64, average bool) (types.Value, error) {
	if count == 0 {
		return types.Value{}, nil
	}
	n, err := total()
	if err == nil && average {
		n, err = n.Div(types.NumericInt(count))
	}
	if err != nil {
		return types.Value{}, err
	}
	return e.numeric(n), nil
}

// sumFloat is sum and avg of floats; sums are not compensated, as PostgreSQL's
// are not. It has no inverse: a window recomputes.
type sumFloat struct {
	sum             float64
	count           int64
	single, average bool
}

func (s *sumFloat) Step(_ *Env, a []types.Value) error {
	x := a[0].Float8()
	sum := s.sum + x
	if s.single {
		sum = float64(float32(sum))
	}
	if isInf(sum) && !isInf(s.sum) && !isInf(x) {
		return floatOverflow()
	}
	s.sum = sum
	s.count++
	return nil
}

func isInf(x float64) bool { return x > maxFloat || x < -maxFloat }

const maxFloat = 0x1p1023 * (1 + (1 - 0x1p-52))

func (s *sumFloat) Result(*Env) (types.Value, error) {
	switch {
	case s.count == 0:
		return types.Value{}, nil
	case s.average:
		return types.Float8Value(s.sum / float64(s.count)), nil
	}
	return types.Float8Value(s.sum), nil
}

// boolAll is bool_and (all) and bool_or.
type boolAll struct {
	all         bool
	trues, rows int64
}

func (s *boolAll) Step(_ *Env, a []types.Value) error {
	s.rows++
	if a[0].Bool() {
		s.trues++
	}
	return nil
}

func (s *boolAll) Inverse(_ *Env, a []types.Value) error {
	s.rows--
	if a[0].Bool() {
		s.trues--
	}
	return nil
}

func (s *boolAll) Result(*Env) (types.Value, error) {
	switch {
	case s.rows == 0:
		return types.Value{}, nil
	case s.all:
		return types.BoolValue(s.trues == s.rows), nil
	}
	return types.BoolValue(s.trues > 0), nil
}

// bitAggregate is bit_and, bit_or and bit_xor of integers.
type bitAggregate struct {
	op    func(a, b int64) int64
	value int64
	any   bool
}

func registerBitAggregates(r *registry) {
	for name, op := range map[string]func(a, b int64) int64{
		"bit_and": func(a, b int64) int64 { return a & b },
		"bit_or":  func(a, b int64) int64 { return a | b },
		"bit_xor": func(a, b int64) int64 { return a ^ b },
	} {
		for _, t := range []string{"int2", "int4", "int8"} {
			r.aggregate(name+"("+t+")", "$1", true, func() Aggregate { return &bitAggregate{op: op} })
		}
	}
}

func (s *bitAggregate) Step(_ *Env, a []types.Value) error {
	if !s.any {
		s.value, s.any = a[0].Int64(), true
		return nil
	}
	s.value = s.op(s.value, a[0].Int64())
	return nil
}

func (s *bitAggregate) Result(*Env) (types.Value, error) {
	if !s.any {
		return types.Value{}, nil
	}
	return types.IntValue(s.value), nil
}
