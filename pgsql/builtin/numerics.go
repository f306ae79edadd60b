package builtin

import (
	"math/big"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// numericScaleMax is NUMERIC_MAX_RESULT_SCALE: what round() and trunc() accept.
const numericScaleMax = 2000

func (e *Env) numeric(n types.Numeric) types.Value { return e.text(n.Append(e.buffer())) }

func registerNumerics(r *registry) {
	for key, op := range map[string]func(n, m types.Numeric) (types.Numeric, error){
		"numeric_add": types.Numeric.Add, "numeric_sub": types.Numeric.Sub, "numeric_mul": types.Numeric.Mul,
		"numeric_div": types.Numeric.Div, "numeric_mod": types.Numeric.Mod, "numeric_div_trunc": types.Numeric.DivTrunc,
		"numeric_power": types.Numeric.Power, "numeric_log": types.Numeric.Log, "numeric_gcd": numericGCD, "numeric_lcm": numericLCM,
	} {
		r.scalar(key, func(e *Env, a []types.Value) (types.Value, error) {
			n, err := op(types.NumericOf(a[0]), types.NumericOf(a[1]))
			if err != nil {
				return types.Value{}, err
			}
			return e.numeric(n), nil
		})
	}
	for key, op := range map[string]func(n types.Numeric) (types.Numeric, error){
		"numeric_sqrt": types.Numeric.Sqrt, "numeric_exp": types.Numeric.Exp, "numeric_ln": types.Numeric.Ln,
		"log(numeric)": types.Numeric.Log10, "log10(numeric)": types.Numeric.Log10,
		"numeric_ceil": types.Numeric.Ceil, "numeric_floor": types.Numeric.Floor,
		"round(numeric)": func(n types.Numeric) (types.Numeric, error) { return n.Round(0) },
		"trunc(numeric)": func(n types.Numeric) (types.Numeric, error) { return n.Trunc(0), nil },
		"numeric_abs":    func(n types.Numeric) (types.Numeric, error) { return n.Abs(), nil },
		"numeric_uminus": func(n types.Numeric) (types.Numeric, error) { return n.Neg(), nil },
		"numeric_inc":    func(n types.Numeric) (types.Numeric, error) { return n.Add(types.NumericInt(1)) },
		"numeric_sign": func(n types.Numeric) (types.Numeric, error) {
			if n.IsNaN() {
				return n, nil
			}
			return types.NumericInt(int64(n.Sign())), nil
		},
		"numeric_trim_scale": func(n types.Numeric) (types.Numeric, error) { return n.TrimScale(), nil },
	} {
		r.scalar(key, func(e *Env, a []types.Value) (types.Value, error) {
			n, err := op(types.NumericOf(a[0]))
			if err != nil {
				return types.Value{}, err
			}
			return e.numeric(n), nil
		})
	}
	r.native("$1", "numeric_uplus")
	r.scalar("numeric_round", func(e *Env, a []types.Value) (types.Value, error) {
		n, err := types.NumericOf(a[0]).Round(clampScale(a[1].Int64()))
		if err != nil {
			return types.Value{}, err
		}
		return e.numeric(n), nil
	})
	r.scalar("numeric_trunc", func(e *Env, a []types.Value) (types.Value, error) {
		return e.numeric(types.NumericOf(a[0]).Trunc(clampScale(a[1].Int64()))), nil
	})
	registerNumericScale(r)
	registerNumericCasts(r)
	r.scalar("numeric_fac", factorial)
	r.scalar("width_bucket_numeric", widthBucketNumeric)
}

func clampScale(n int64) int { return int(max(-numericScaleMax, min(n, numericScaleMax))) }

func registerNumericScale(r *registry) {
	r.scalar("numeric_scale", func(_ *Env, a []types.Value) (types.Value, error) {
		if n := types.NumericOf(a[0]); n.IsFinite() {
			return types.IntValue(int64(n.Scale())), nil
		}
		return types.Value{}, nil
	})
	r.scalar("numeric_min_scale", func(_ *Env, a []types.Value) (types.Value, error) {
		if n := types.NumericOf(a[0]); n.IsFinite() {
			return types.IntValue(int64(n.MinScale())), nil
		}
		return types.Value{}, nil
	})
}

func registerNumericCasts(r *registry) {
	r.scalar("numeric_int2", castScalar(types.NumericOID, types.Int2OID))
	r.scalar("numeric_int4", castScalar(types.NumericOID, types.Int4OID))
	r.scalar("numeric_int8", castScalar(types.NumericOID, types.Int8OID))
	r.scalar("numeric_float4", castScalar(types.NumericOID, types.Float4OID))
	r.scalar("numeric_float8", castScalar(types.NumericOID, types.Float8OID))
	r.native("CAST($1 AS TEXT)", "int2_numeric", "int4_numeric", "int8_numeric")
	r.scalar("float4_numeric", castScalar(types.Float4OID, types.NumericOID))
	r.scalar("float8_numeric", castScalar(types.Float8OID, types.NumericOID))
	r.scalar("numeric", func(e *Env, a []types.Value) (types.Value, error) {
		n, err := types.NumericOf(a[0]).ApplyTypmod(int32(a[1].Int64()))
		if err != nil {
			return types.Value{}, err
		}
		return e.numeric(n), nil
	})
}

// numericGCD scales both to integers, as PostgreSQL's result has the larger scale.
func numericGCD(n, m types.Numeric) (types.Numeric, error) {
	if !n.IsFinite() || !m.IsFinite() {
		return types.NumericNaN(), nil
	}
	scale := max(n.Scale(), m.Scale())
	for n, m = n.Abs(), m.Abs(); m.Sign() != 0; {
		rest, err := n.Mod(m)
		if err != nil {
			return types.Numeric{}, err
		}
		n, m = m, rest.Abs()
	}
	return n.Round(scale)
}

func numericLCM(n, m types.Numeric) (types.Numeric, error) {
	if !n.IsFinite() || !m.IsFinite() {
		return types.NumericNaN(), nil
	}
	scale := max(n.Scale(), m.Scale())
	if n.Sign() == 0 || m.Sign() == 0 {
		return types.NumericInt(0).Round(scale)
	}
	divisor, err := numericGCD(n, m)
	if err != nil {
		return types.Numeric{}, err
	}
	quotient, err := n.DivTrunc(divisor)
	if err != nil {
		return types.Numeric{}, err
	}
	product, err := quotient.Mul(m)
	if err != nil {
		return types.Numeric{}, err
	}
	return product.Abs().Round(scale)
}

// factorialMax is PostgreSQL's: the result of the next one does not fit numeric.
const factorialMax = 32177

func factorial(e *Env, a []types.Value) (types.Value, error) {
	n := a[0].Int64()
	if n < 0 {
		return types.Value{}, pgerr.New(pgerr.NumericValueOutOfRange, "factorial of a negative number is undefined")
	}
	if n > factorialMax {
		return types.Value{}, pgerr.New(pgerr.NumericValueOutOfRange, "value overflows numeric format")
	}
	return e.text(new(big.Int).MulRange(1, max(n, 1)).Append(e.buffer(), 10)), nil
}

func widthBucketNumeric(_ *Env, a []types.Value) (types.Value, error) {
	x, low, high, count := types.NumericOf(a[0]), types.NumericOf(a[1]), types.NumericOf(a[2]), a[3].Int64()
	switch {
	case count <= 0:
		return types.Value{}, widthBucketError("count must be greater than zero")
	case x.IsNaN() || low.IsNaN() || high.IsNaN():
		return types.Value{}, widthBucketError("operand, lower bound, and upper bound cannot be NaN")
	case low.IsInf() || high.IsInf():
		return types.Value{}, widthBucketError("lower and upper bounds must be finite")
	}
	order := low.Compare(high)
	if order == 0 {
		return types.Value{}, widthBucketError("lower bound cannot equal upper bound")
	}
	if order > 0 {
		x, low, high = x.Neg(), low.Neg(), high.Neg()
	}
	switch {
	case x.Compare(low) < 0:
		return types.IntValue(0), nil
	case x.Compare(high) >= 0:
		return int4Type.value(count+1, true)
	}
	offset, err := x.Sub(low)
	if err != nil {
		return types.Value{}, err
	}
	if offset, err = offset.Mul(types.NumericInt(count)); err != nil {
		return types.Value{}, err
	}
	width, err := high.Sub(low)
	if err != nil {
		return types.Value{}, err
	}
	bucket, err := offset.DivTrunc(width)
	if err != nil {
		return types.Value{}, err
	}
	n, ok := bucket.Int64()
	return int4Type.value(n+1, ok)
}
