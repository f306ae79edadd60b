package builtin

import (
	"math"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

func floatOverflow() error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "value out of range: overflow")
}

func floatUnderflow() error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "value out of range: underflow")
}

func inputOutOfRange() error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "input is out of range")
}

func registerFloats(r *registry) {
	r.scalar("float4pl", float4Op(addFloat))
	r.scalar("float4mi", float4Op(subFloat))
	r.scalar("float4mul", float4Op(mulFloat))
	r.scalar("float4div", float4Op(divFloat))
	for _, prefix := range []string{"float8", "float48", "float84"} {
		r.scalar(prefix+"pl", float8Op(addFloat))
		r.scalar(prefix+"mi", float8Op(subFloat))
		r.scalar(prefix+"mul", float8Op(mulFloat))
		r.scalar(prefix+"div", float8Op(divFloat))
	}
	for _, prefix := range []string{"float4", "float8"} {
		r.native("(+$1)", prefix+"up")
		r.scalar(prefix+"um", float1(func(x float64) (float64, error) { return -x, nil }))
		r.scalar(prefix+"abs", float1(func(x float64) (float64, error) { return math.Abs(x), nil }))
	}
	registerRounding(r)
	registerPowers(r)
	registerTrigonometry(r)
	registerDegrees(r)
	registerFloatCasts(r)
	r.scalar("width_bucket_float8", widthBucketFloat)
}

type floatOp func(x, y float64) (float64, error)

func addFloat(x, y float64) (float64, error) { return x + y, nil }
func subFloat(x, y float64) (float64, error) { return x - y, nil }
func mulFloat(x, y float64) (float64, error) {
	z := x * y
	if z == 0 && x != 0 && y != 0 {
		return 0, floatUnderflow()
	}
	return z, nil
}

func divFloat(x, y float64) (float64, error) {
	if y == 0 && !math.IsNaN(x) {
		return 0, divisionByZero()
	}
	z := x / y
	if z == 0 && x != 0 && !math.IsInf(y, 0) {
		return 0, floatUnderflow()
	}
	return z, nil
}

func float8Op(op floatOp) Scalar {
	return func(_ *Env, a []types.Value) (types.Value, error) {
		x, y := a[0].Float8(), a[1].Float8()
		z, err := op(x, y)
		if err != nil {
			return types.Value{}, err
		}
		if math.IsInf(z, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
			return types.Value{}, floatOverflow()
		}
		return types.Float8Value(z), nil
	}
}

func float4Op(op floatOp) Scalar {
	return func(_ *Env, a []types.Value) (types.Value, error) {
		x, y := a[0].Float8(), a[1].Float8()
		z, err := op(x, y)
		if err != nil {
			return types.Value{}, err
		}
		f := float32(z)
		if math.IsInf(float64(f), 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
			return types.Value{}, floatOverflow()
		}
		if f == 0 && z != 0 {
			return types.Value{}, floatUnderflow()
		}
		return types.Float4Value(f), nil
	}
}

// float1 makes a function of one float whose result does not overflow.
func float1(f func(float64) (float64, error)) Scalar {
	return func(_ *Env, a []types.Value) (types.Value, error) {
		z, err := f(a[0].Float8())
		if err != nil {
			return types.Value{}, err
		}
		return types.Float8Value(z), nil
	}
}

// checked makes a function of one float that may overflow.
func checked(f func(float64) float64) Scalar {
	return func(_ *Env, a []types.Value) (types.Value, error) {
		x := a[0].Float8()
		z := f(x)
		if math.IsInf(z, 0) && !math.IsInf(x, 0) {
			return types.Value{}, floatOverflow()
		}
		return types.Float8Value(z), nil
	}
}

// bounded makes a function that rejects what lies outside of its domain.
func bounded(in func(float64) bool, f func(float64) float64) Scalar {
	return float1(func(x float64) (float64, error) {
		if !math.IsNaN(x) && !in(x) {
			return 0, inputOutOfRange()
		}
		return f(x), nil
	})
}

func registerRounding(r *registry) {
	r.scalar("dround", checked(math.RoundToEven))
	r.scalar("dtrunc", checked(math.Trunc))
	r.scalar("dceil", checked(math.Ceil))
	r.scalar("dfloor", checked(math.Floor))
	r.scalar("dsign", float1(func(x float64) (float64, error) {
		switch {
		case x > 0:
			return 1, nil
		case x < 0:
			return -1, nil
		}
		return 0, nil
	}))
}

func registerPowers(r *registry) {
	r.scalar("dsqrt", float1(func(x float64) (float64, error) {
		if x < 0 {
			return 0, pgerr.New(pgerr.InvalidArgumentForPowerFunction, "cannot take square root of a negative number")
		}
		return math.Sqrt(x), nil
	}))
	r.scalar("dcbrt", checked(math.Cbrt))
	r.scalar("dexp", float1(func(x float64) (float64, error) {
		z := preciseExp(x)
		switch {
		case math.IsInf(x, 0) || math.IsNaN(x):
			return z, nil
		case math.IsInf(z, 0):
			return 0, floatOverflow()
		case z == 0:
			return 0, floatUnderflow()
		}
		return z, nil
	}))
	r.scalar("dlog1", float1(logarithm(preciseLog)))
	r.scalar("dlog10", float1(logarithm(preciseLog10)))
	r.scalar("dpow", float8Power)
}

func logarithm(f func(float64) float64) func(float64) (float64, error) {
	return func(x float64) (float64, error) {
		if x == 0 {
			return 0, pgerr.New(pgerr.InvalidArgumentForLogarithm, "cannot take logarithm of zero")
		}
		if x < 0 {
			return 0, pgerr.New(pgerr.InvalidArgumentForLogarithm, "cannot take logarithm of a negative number")
		}
		return f(x), nil
	}
}

func float8Power(_ *Env, a []types.Value) (types.Value, error) {
	x, y := a[0].Float8(), a[1].Float8()
	switch {
	case math.IsNaN(x) && y != 0, math.IsNaN(y) && x != 1:
		return types.Float8Value(math.NaN()), nil
	case x == 0 && y < 0:
		return types.Value{}, pgerr.New(pgerr.InvalidArgumentForPowerFunction, "zero raised to a negative power is undefined")
	case x < 0 && math.Floor(y) != y:
		return types.Value{}, pgerr.New(pgerr.InvalidArgumentForPowerFunction, "a negative number raised to a non-integer power yields a complex result")
	}
	z := precisePow(x, y)
	if !math.IsInf(x, 0) && !math.IsInf(y, 0) {
		if math.IsInf(z, 0) {
			return types.Value{}, floatOverflow()
		}
		if z == 0 && x != 0 {
			return types.Value{}, floatUnderflow()
		}
	}
	return types.Float8Value(z), nil
}

func registerTrigonometry(r *registry) {
	finite := func(x float64) bool { return !math.IsInf(x, 0) }
	unit := func(x float64) bool { return x >= -1 && x <= 1 }
	r.scalar("dsin", bounded(finite, math.Sin))
	r.scalar("dcos", bounded(finite, math.Cos))
	r.scalar("dtan", bounded(finite, math.Tan))
	r.scalar("dcot", bounded(finite, func(x float64) float64 { return 1 / math.Tan(x) }))
	r.scalar("dasin", bounded(unit, math.Asin))
	r.scalar("dacos", bounded(unit, math.Acos))
	r.scalar("datan", bounded(func(float64) bool { return true }, math.Atan))
	r.scalar("datan2", float8Op(func(y, x float64) (float64, error) { return math.Atan2(y, x), nil }))
	r.scalar("dsinh", float1(func(x float64) (float64, error) { return preciseSinh(x), nil }))
	r.scalar("dcosh", float1(func(x float64) (float64, error) { return preciseCosh(x), nil }))
	r.scalar("dtanh", float1(func(x float64) (float64, error) { return math.Tanh(x), nil }))
	r.scalar("dasinh", float1(func(x float64) (float64, error) { return math.Asinh(x), nil }))
	r.scalar("dacosh", bounded(func(x float64) bool { return x >= 1 }, math.Acosh))
	r.scalar("datanh", bounded(unit, math.Atanh))
	r.scalar("degrees", checked(func(x float64) float64 { return x / radiansPerDegree }))
	r.scalar("radians", checked(func(x float64) float64 { return x * radiansPerDegree }))
	r.scalar("dpi", func(*Env, []types.Value) (types.Value, error) { return types.FloatValue(math.Pi), nil })
}

const radiansPerDegree = 0.0174532925199432957692

// inRadians is a function, not a constant expression: the product must be rounded
// as it is for every other angle.
func inRadians(degrees float64) float64 { return degrees * radiansPerDegree }

// The functions in degrees give exact results at multiples of 30 and 45 degrees
// by dividing through their own value there, as PostgreSQL's float.c does.
func sindQuadrant1(x float64) float64 {
	if x <= 30 {
		return sind30(x)
	}
	return cosd60(90 - x)
}

func cosdQuadrant1(x float64) float64 {
	if x <= 60 {
		return cosd60(x)
	}
	return sind30(90 - x)
}

func sind30(x float64) float64 {
	thirty := 30.0
	return math.Sin(inRadians(x)) / math.Sin(inRadians(thirty)) / 2
}

func cosd60(x float64) float64 {
	sixty := 60.0
	return 1 - (1-math.Cos(inRadians(x)))/(1-math.Cos(inRadians(sixty)))/2
}

// quadrant1 moves an angle into the first quadrant and returns the signs that
// its sine and cosine have there.
func quadrant1(x float64) (angle, sin, cos float64) {
	angle, sin, cos = math.Mod(x, 360), 1, 1
	if angle < 0 {
		angle, sin = -angle, -sin
	}
	if angle > 180 {
		angle, sin = 360-angle, -sin
	}
	if angle > 90 {
		angle, cos = 180-angle, -cos
	}
	return angle, sin, cos
}

func sind(x float64) float64 {
	x, sign, _ := quadrant1(x)
	return sign * sindQuadrant1(x)
}

func cosd(x float64) float64 {
	x, _, sign := quadrant1(x)
	return sign * cosdQuadrant1(x)
}

func tand(x float64) float64 {
	x, sin, cos := quadrant1(x)
	z := sin * cos * (sindQuadrant1(x) / cosdQuadrant1(x)) / (sindQuadrant1(45) / cosdQuadrant1(45))
	if z == 0 {
		return 0
	}
	return z
}

func cotd(x float64) float64 {
	x, sin, cos := quadrant1(x)
	z := sin * cos * (cosdQuadrant1(x) / sindQuadrant1(x)) / (cosdQuadrant1(45) / sindQuadrant1(45))
	if z == 0 {
		return 0
	}
	return z
}

func asindQuadrant1(x float64) float64 {
	if x <= 0.5 {
		return math.Asin(x) / math.Asin(0.5) * 30
	}
	return 90 - math.Acos(x)/math.Acos(0.5)*60
}

func acosdQuadrant1(x float64) float64 {
	if x <= 0.5 {
		return 90 - math.Asin(x)/math.Asin(0.5)*30
	}
	return math.Acos(x) / math.Acos(0.5) * 60
}

func registerDegrees(r *registry) {
	finite := func(x float64) bool { return !math.IsInf(x, 0) }
	unit := func(x float64) bool { return x >= -1 && x <= 1 }
	r.scalar("dsind", bounded(finite, sind))
	r.scalar("dcosd", bounded(finite, cosd))
	r.scalar("dtand", bounded(finite, tand))
	r.scalar("dcotd", bounded(finite, cotd))
	r.scalar("dasind", bounded(unit, func(x float64) float64 {
		if x >= 0 {
			return asindQuadrant1(x)
		}
		return -asindQuadrant1(-x)
	}))
	r.scalar("dacosd", bounded(unit, func(x float64) float64 {
		if x >= 0 {
			return acosdQuadrant1(x)
		}
		return 90 + asindQuadrant1(-x)
	}))
	r.scalar("datand", bounded(func(float64) bool { return true }, func(x float64) float64 {
		return math.Atan(x) / math.Atan(1) * 45
	}))
	r.scalar("datan2d", float8Op(func(y, x float64) (float64, error) {
		return math.Atan2(y, x) / math.Atan(1) * 45, nil
	}))
}

// registerFloatCasts implements conversions to and from integers.
func registerFloatCasts(r *registry) {
	toFloat8 := func(_ *Env, a []types.Value) (types.Value, error) {
		return types.FloatValue(float64(a[0].Int64())), nil
	}
	toFloat4 := func(_ *Env, a []types.Value) (types.Value, error) {
		return types.Float4Value(float32(a[0].Int64())), nil
	}
	for _, k := range []string{"i2tod", "i4tod", "i8tod"} {
		r.scalar(k, toFloat8)
	}
	for _, k := range []string{"i2tof", "i4tof", "i8tof"} {
		r.scalar(k, toFloat4)
	}
	r.native("$1", "ftod")
	r.scalar("dtof", func(_ *Env, a []types.Value) (types.Value, error) {
		x := a[0].Float8()
		f := float32(x)
		if math.IsInf(float64(f), 0) && !math.IsInf(x, 0) {
			return types.Value{}, floatOverflow()
		}
		if f == 0 && x != 0 {
			return types.Value{}, floatUnderflow()
		}
		return types.Float4Value(f), nil
	})
	for key, t := range map[string]intType{
		"dtoi2": int2Type, "ftoi2": int2Type, "dtoi4": int4Type, "ftoi4": int4Type, "dtoi8": int8Type, "ftoi8": int8Type,
	} {
		r.scalar(key, func(_ *Env, a []types.Value) (types.Value, error) { return floatToInt(t, a[0].Float8()) })
	}
}

func floatToInt(t intType, x float64) (types.Value, error) {
	x = math.RoundToEven(x)
	if !(x >= float64(t.low) && x < -float64(t.low)) {
		return types.Value{}, t.outOfRange()
	}
	return types.IntValue(int64(x)), nil
}

func widthBucketFloat(_ *Env, a []types.Value) (types.Value, error) {
	x, low, high, count := a[0].Float8(), a[1].Float8(), a[2].Float8(), a[3].Int64()
	switch {
	case count <= 0:
		return types.Value{}, widthBucketError("count must be greater than zero")
	case math.IsNaN(x) || math.IsNaN(low) || math.IsNaN(high):
		return types.Value{}, widthBucketError("operand, lower bound, and upper bound cannot be NaN")
	case math.IsInf(low, 0) || math.IsInf(high, 0):
		return types.Value{}, widthBucketError("lower and upper bounds must be finite")
	case low == high:
		return types.Value{}, widthBucketError("lower bound cannot equal upper bound")
	}
	descending := low > high
	if descending {
		x, low, high = -x, -low, -high
	}
	switch {
	case x < low:
		return types.IntValue(0), nil
	case x >= high:
		return int4Type.value(count+1, true)
	}
	n := int64(float64(count) * ((x - low) / (high - low)))
	return int4Type.value(min(n, count-1)+1, true)
}

func widthBucketError(text string) error {
	return pgerr.New("2201G", "%s", text)
}
