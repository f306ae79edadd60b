package builtin

import (
	"math"
	"math/bits"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// intType is one of PostgreSQL's integer types.
type intType struct {
	name      string // as in messages
	low, high int64
}

var (
	int2Type = intType{"smallint", math.MinInt16, math.MaxInt16}
	int4Type = intType{"integer", math.MinInt32, math.MaxInt32}
	int8Type = intType{"bigint", math.MinInt64, math.MaxInt64}
)

func (t intType) outOfRange() error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "%s out of range", t.name)
}

func (t intType) value(n int64, ok bool) (types.Value, error) {
	if !ok || n < t.low || n > t.high {
		return types.Value{}, t.outOfRange()
	}
	return types.IntValue(n), nil
}

// check is value for functions of integers.
func (t intType) check(n int64, ok bool) (int64, error) {
	if !ok || n < t.low || n > t.high {
		return 0, t.outOfRange()
	}
	return n, nil
}

func divisionByZero() error { return pgerr.New(pgerr.DivisionByZero, "division by zero") }

func registerIntegers(r *registry) {
	for prefix, t := range map[string]intType{
		"int2": int2Type, "int4": int4Type, "int24": int4Type, "int42": int4Type, "int8": int8Type,
		"int28": int8Type, "int82": int8Type, "int48": int8Type, "int84": int8Type,
	} {
		registerArithmetic(r, prefix, t)
	}
	for prefix, t := range map[string]intType{"int2": int2Type, "int4": int4Type, "int8": int8Type} {
		registerIntegerRest(r, prefix, t)
	}
	r.scalar("int4inc", func(_ *Env, a []types.Value) (types.Value, error) { return int4Type.value(a[0].Int64()+1, true) })
	r.scalar("int8inc", func(_ *Env, a []types.Value) (types.Value, error) { return int8Type.value(addInt64(a[0].Int64(), 1)) })
	r.scalar("int4gcd", func(_ *Env, a []types.Value) (types.Value, error) { return gcdValue(int4Type, a) })
	r.scalar("int8gcd", func(_ *Env, a []types.Value) (types.Value, error) { return gcdValue(int8Type, a) })
	r.scalar("int4lcm", func(_ *Env, a []types.Value) (types.Value, error) { return lcmValue(int4Type, a) })
	r.scalar("int8lcm", func(_ *Env, a []types.Value) (types.Value, error) { return lcmValue(int8Type, a) })
	r.scalar("to_hex32", func(e *Env, a []types.Value) (types.Value, error) {
		return hexValue(e, uint64(uint32(a[0].Int64()))), nil
	})
	r.scalar("to_hex64", func(e *Env, a []types.Value) (types.Value, error) { return hexValue(e, uint64(a[0].Int64())), nil })
	registerIntegerCasts(r)
}

func registerArithmetic(r *registry, prefix string, t intType) {
	if t == int8Type {
		r.integer2(prefix+"pl", func(x, y int64) (int64, error) { return t.check(addInt64(x, y)) })
		r.integer2(prefix+"mi", func(x, y int64) (int64, error) { return t.check(subInt64(x, y)) })
		r.integer2(prefix+"mul", func(x, y int64) (int64, error) { return t.check(mulInt64(x, y)) })
	} else {
		r.integer2(prefix+"pl", func(x, y int64) (int64, error) { return t.check(x+y, true) })
		r.integer2(prefix+"mi", func(x, y int64) (int64, error) { return t.check(x-y, true) })
		r.integer2(prefix+"mul", func(x, y int64) (int64, error) { return t.check(x*y, true) })
	}
	r.integer2(prefix+"div", func(x, y int64) (int64, error) {
		switch y {
		case 0:
			return 0, divisionByZero()
		case -1:
			return t.check(-x, x != math.MinInt64)
		}
		return x / y, nil
	})
}

func registerIntegerRest(r *registry, prefix string, t intType) {
	r.integer2(prefix+"mod", func(x, y int64) (int64, error) {
		switch y {
		case 0:
			return 0, divisionByZero()
		case -1:
			return 0, nil
		}
		return x % y, nil
	})
	r.scalar(prefix+"um", func(_ *Env, a []types.Value) (types.Value, error) {
		return t.value(-a[0].Int64(), a[0].Int64() != math.MinInt64)
	})
	r.scalar(prefix+"abs", func(_ *Env, a []types.Value) (types.Value, error) {
		n := a[0].Int64()
		if n < 0 {
			return t.value(-n, n != math.MinInt64)
		}
		return a[0], nil
	})
	r.native("(+$1)", prefix+"up")
	r.native("($1 & $2)", prefix+"and")
	r.native("($1 | $2)", prefix+"or")
	r.native("(~$1)", prefix+"not")
	r.integer2(prefix+"xor", func(x, y int64) (int64, error) { return x ^ y, nil })
	r.scalar(prefix+"shl", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.IntValue(shiftLeft(t, a[0].Int64(), a[1].Int64())), nil
	})
	r.scalar(prefix+"shr", func(_ *Env, a []types.Value) (types.Value, error) {
		mask := int64(31)
		if t == int8Type {
			mask = 63
		}
		return types.IntValue(a[0].Int64() >> uint64(a[1].Int64()&mask)), nil
	})
}

// shiftLeft shifts as the machine does: the count is taken modulo the width in
// which C computes, and the result is cut to the type.
func shiftLeft(t intType, n, count int64) int64 {
	switch t {
	case int8Type:
		return n << uint64(count&63)
	case int4Type:
		return int64(int32(n) << uint64(count&31))
	}
	return int64(int16(int32(n) << uint64(count&31)))
}

func addInt64(a, b int64) (int64, bool) {
	c := a + b
	return c, (c > a) == (b > 0)
}

func subInt64(a, b int64) (int64, bool) {
	c := a - b
	return c, (c < a) == (b > 0)
}

func mulInt64(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	negative := (a < 0) != (b < 0)
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	if high != 0 {
		return 0, false
	}
	if negative {
		return int64(-low), low <= 1<<63
	}
	return int64(low), low < 1<<63
}

// magnitude is |n|, also of the smallest integer.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func gcdValue(t intType, a []types.Value) (types.Value, error) {
	n := gcd(magnitude(a[0].Int64()), magnitude(a[1].Int64()))
	return t.value(int64(n), n < 1<<63)
}

func lcmValue(t intType, a []types.Value) (types.Value, error) {
	x, y := magnitude(a[0].Int64()), magnitude(a[1].Int64())
	if x == 0 || y == 0 {
		return types.IntValue(0), nil
	}
	high, n := bits.Mul64(x/gcd(x, y), y)
	return t.value(int64(n), high == 0 && n < 1<<63)
}

func hexValue(e *Env, n uint64) types.Value {
	b := e.buffer()
	const digits = "0123456789abcdef"
	shift := 60
	for shift > 0 && n>>shift == 0 {
		shift -= 4
	}
	for ; shift >= 0; shift -= 4 {
		b = append(b, digits[n>>shift&15])
	}
	return e.text(b)
}

// registerIntegerCasts implements the conversion functions among integers.
func registerIntegerCasts(r *registry) {
	r.native("$1", "i2toi4", "int48", "int28", "oidtoi8")
	r.scalar("i4toi2", func(_ *Env, a []types.Value) (types.Value, error) { return int2Type.value(a[0].Int64(), true) })
	r.scalar("int82", func(_ *Env, a []types.Value) (types.Value, error) { return int2Type.value(a[0].Int64(), true) })
	r.scalar("int84", func(_ *Env, a []types.Value) (types.Value, error) { return int4Type.value(a[0].Int64(), true) })
	r.scalar("i8tooid", func(_ *Env, a []types.Value) (types.Value, error) {
		n := a[0].Int64()
		if n < 0 || n > math.MaxUint32 {
			return types.Value{}, pgerr.New(pgerr.NumericValueOutOfRange, "OID out of range")
		}
		return a[0], nil
	})
	r.native("($1 <> 0)", "int4_bool")
	r.native("$1", "bool_int4")
	r.scalar("i4tochar", castScalar(types.Int4OID, types.CharOID))
	r.scalar("chartoi4", castScalar(types.CharOID, types.Int4OID))
}
