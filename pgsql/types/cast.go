package types

import (
	"math"
	"sort"

	"polyreme/pgwire/pgerr"
)

// CastEntry is one row of pg_cast.
type CastEntry struct {
	Source   OID
	Target   OID
	Func     uint32 // castfunc, 0 where none
	FuncName string
	Args     int  // arguments of the function
	Context  byte // castcontext: i implicit, a assignment, e explicit
	Method   byte // castmethod: f function, i input and output, b binary
}

// CastLookup returns the row of pg_cast from source to target, or nil.
func CastLookup(source, target OID) *CastEntry {
	i := sort.Search(len(castTable), func(i int) bool {
		c := &castTable[i]
		return c.Source > source || c.Source == source && c.Target >= target
	})
	if i < len(castTable) && castTable[i].Source == source && castTable[i].Target == target {
		return &castTable[i]
	}
	return nil
}

// AllCasts calls yield with each row of pg_cast, ordered by source and target.
func AllCasts(yield func(*CastEntry) bool) {
	for i := range castTable {
		if !yield(&castTable[i]) {
			return
		}
	}
}

// Cast converts v, which is not NULL, from one type to another. Typmod is the
// target's, -1 where there is none; an explicit cast cuts text to its length
// where an assignment raises 22001. The pairs are those of pg_cast and, beyond
// them, the output function of the one and the input function of the other.
// Whether a cast is allowed in a context is the analyzer's to decide.
func Cast(from, to OID, typmod int32, v Value, explicit bool, env *Env) (Value, error) {
	if from != to {
		var err error
		if v, err = convert(from, to, v, env); err != nil {
			return Value{}, err
		}
	}
	if typmod < 0 {
		return v, nil
	}
	return ApplyTypmod(to, typmod, v, explicit)
}

// ApplyTypmod forces v, of type oid, into typmod: length, precision and scale,
// fields.
func ApplyTypmod(oid OID, typmod int32, v Value, explicit bool) (Value, error) {
	if typmod < 0 || v.IsNull() {
		return v, nil
	}
	switch oid {
	case VarcharOID, BpcharOID:
		return applyLength(oid, typmod, v, explicit)
	case NumericOID:
		n, err := NumericOf(v).ApplyTypmod(typmod)
		if err != nil {
			return Value{}, err
		}
		return n.Value(), nil
	case TimestampOID, TimestamptzOID:
		return IntValue(roundTimestamp(v.Int64(), typmod)), nil
	case TimeOID:
		return IntValue(roundTime(v.Int64(), typmod)), nil
	case TimetzOID:
		t := TimetzOf(v)
		t.Time = roundTime(t.Time, typmod)
		return t.Value(), nil
	case IntervalOID:
		return IntervalOf(v).ApplyTypmod(typmod).Value(), nil
	}
	if t := ByOID(oid); t != nil && t.IsArray() {
		return mapArray(v, func(e Value) (Value, error) { return ApplyTypmod(t.Elem, typmod, e, explicit) })
	}
	return v, nil
}

func applyLength(oid OID, typmod int32, v Value, explicit bool) (Value, error) {
	if explicit && typmod >= typmodHeader {
		size, _ := prefixChars(v.Bytes, int(typmod-typmodHeader))
		v.Bytes = v.Bytes[:size]
	}
	if oid == BpcharOID {
		return bpcharIn(typmod, v.Bytes)
	}
	return varcharIn(typmod, v.Bytes)
}

// mapArray applies f to each element that is not NULL.
func mapArray(v Value, f func(Value) (Value, error)) (Value, error) {
	a, err := DecodeArray(v.Bytes)
	if err != nil {
		return Value{}, err
	}
	for i, e := range a.Elems {
		if e.IsNull() {
			continue
		}
		if a.Elems[i], err = f(e); err != nil {
			return Value{}, err
		}
	}
	return a.Value(), nil
}

// convert changes the type, without a typmod.
func convert(from, to OID, v Value, env *Env) (Value, error) {
	switch from {
	case BoolOID:
		switch to {
		case Int4OID:
			return v, nil
		case TextOID, VarcharOID, BpcharOID:
			return TextValue(boolWord(v.Bool())), nil
		}
	case Int2OID, Int4OID, Int8OID:
		if r, done, err := convertInt(from, to, v.Int64()); done {
			return r, err
		}
	case Float4OID, Float8OID:
		if r, done, err := convertFloat(from, to, v.Float8()); done {
			return r, err
		}
	case NumericOID:
		if r, done, err := convertNumeric(to, NumericOf(v)); done {
			return r, err
		}
	case TextOID, VarcharOID, BpcharOID, NameOID, CharOID, UnknownOID:
		if r, done := convertText(from, to, v); done {
			return r, nil
		}
	case DateOID, TimeOID, TimetzOID, TimestampOID, TimestamptzOID, IntervalOID:
		if r, done, err := convertDatetime(from, to, v, env); done {
			return r, err
		}
	case JSONBOID:
		if r, done, err := convertJSONB(to, v); done {
			return r, err
		}
	case Xid8OID:
		if to == XidOID {
			return IntValue(int64(uint32(v.Int64()))), nil
		}
	}
	return convertOther(from, to, v, env)
}

func boolWord(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// isOIDLike tells whether the type is oid or one of its aliases.
func isOIDLike(oid OID) bool {
	switch oid {
	case OidOID, RegclassOID, RegtypeOID, RegprocOID, RegprocedureOID, RegoperOID, RegoperatorOID,
		RegroleOID, RegnamespaceOID, RegcollationOID, RegconfigOID, RegdictionaryOID:
		return true
	}
	return false
}

func convertOther(from, to OID, v Value, env *Env) (Value, error) {
	if isOIDLike(from) {
		switch {
		case isOIDLike(to), to == Int8OID:
			return v, nil
		case to == Int4OID:
			return IntValue(int64(int32(v.Int64()))), nil
		}
	}
	elemFrom, elemTo := ElemOf(from), ElemOf(to)
	if elemFrom != 0 && elemTo != 0 {
		return mapArray(v, func(e Value) (Value, error) { return Cast(elemFrom, elemTo, -1, e, true, env) })
	}
	if to == RecordOID || to == AnyOID || to == AnyarrayOID {
		return v, nil
	}
	return ParseText(to, -1, AppendText(nil, from, -1, v, env), env)
}

func convertInt(from, to OID, n int64) (v Value, done bool, err error) {
	switch to {
	case Int2OID:
		v, err = intInRange(n, math.MinInt16, math.MaxInt16, "smallint")
	case Int4OID:
		v, err = intInRange(n, math.MinInt32, math.MaxInt32, "integer")
	case Int8OID:
		v = IntValue(n)
	case Float8OID:
		v = FloatValue(float64(n))
	case Float4OID:
		v = FloatValue(float64(float32(n)))
	case NumericOID:
		v = NumericInt(n).Value()
	case BoolOID:
		v = BoolValue(n != 0)
	case CharOID:
		if n < math.MinInt8 || n > math.MaxInt8 {
			return v, true, outOfRange(`"char"`)
		}
		v = charValue(byte(n))
	default:
		if !isOIDLike(to) {
			return v, false, nil
		}
		if from == Int8OID && (n < 0 || n > math.MaxUint32) {
			return v, true, outOfRange("OID")
		}
		v = IntValue(int64(uint32(n)))
	}
	return v, true, err
}

func intInRange(n, low, high int64, typeName string) (Value, error) {
	if n < low || n > high {
		return Value{}, outOfRange(typeName)
	}
	return IntValue(n), nil
}

func convertFloat(from, to OID, f float64) (v Value, done bool, err error) {
	switch to {
	case Int2OID:
		v, err = floatToInt(f, math.MinInt16, -math.MinInt16, "smallint")
	case Int4OID:
		v, err = floatToInt(f, math.MinInt32, -math.MinInt32, "integer")
	case Int8OID:
		v, err = floatToInt(f, math.MinInt64, -math.MinInt64, "bigint")
	case Float8OID:
		v = Float8Value(f)
	case Float4OID:
		v, err = Float8ToFloat4(f)
	case NumericOID:
		bits := 64
		if from == Float4OID {
			bits = 32
		}
		v = NumericFromFloat(f, bits).Value()
	default:
		return v, false, nil
	}
	return v, true, err
}

// Float8ToFloat4 rounds f to 32 bits, or returns 22003.
func Float8ToFloat4(f float64) (Value, error) {
	r := float32(f)
	if math.IsInf(float64(r), 0) && !math.IsInf(f, 0) {
		return Value{}, pgerr.New(pgerr.NumericValueOutOfRange, "value out of range: overflow")
	}
	if r == 0 && f != 0 {
		return Value{}, pgerr.New(pgerr.NumericValueOutOfRange, "value out of range: underflow")
	}
	return Float4Value(r), nil
}

// floatToInt rounds half to even; end is the first number out of range.
func floatToInt(f, low, end float64, typeName string) (Value, error) {
	f = math.RoundToEven(f)
	if !(f >= low && f < end) {
		return Value{}, outOfRange(typeName)
	}
	return IntValue(int64(f)), nil
}

func convertNumeric(to OID, n Numeric) (v Value, done bool, err error) {
	switch to {
	case Int2OID:
		v, err = numericToInt(n, math.MinInt16, math.MaxInt16, "smallint")
	case Int4OID:
		v, err = numericToInt(n, math.MinInt32, math.MaxInt32, "integer")
	case Int8OID:
		v, err = numericToInt(n, math.MinInt64, math.MaxInt64, "bigint")
	case Float8OID:
		v, err = float8In(n.Append(nil))
	case Float4OID:
		v, err = float4In(n.Append(nil))
	default:
		return v, false, nil
	}
	return v, true, err
}

func numericToInt(n Numeric, low, high int64, typeName string) (Value, error) {
	switch {
	case n.IsNaN():
		return Value{}, pgerr.New(pgerr.FeatureNotSupported, "cannot convert NaN to %s", typeName)
	case n.IsInf():
		return Value{}, pgerr.New(pgerr.FeatureNotSupported, "cannot convert infinity to %s", typeName)
	}
	i, ok := n.Int64()
	if !ok {
		return Value{}, outOfRange(typeName)
	}
	return intInRange(i, low, high, typeName)
}

// convertText changes between the types of text.
func convertText(from, to OID, v Value) (r Value, done bool) {
	if from == CharOID && to == Int4OID {
		if len(v.Bytes) == 0 {
			return IntValue(0), true
		}
		return IntValue(int64(int8(v.Bytes[0]))), true
	}
	if from == CharOID {
		v.Bytes = charOut(nil, v, nil)
	}
	switch to {
	case TextOID, VarcharOID, UnknownOID:
		return v, true
	case BpcharOID:
		return TextBytes(trimRightBlanks(v.Bytes)), true
	case NameOID:
		return nameIn(v.Bytes), true
	case CharOID:
		return charIn(v.Bytes), true
	}
	return r, false
}

func convertDatetime(from, to OID, v Value, env *Env) (r Value, done bool, err error) {
	n := v.Int64()
	loc := env.location()
	switch {
	case from == DateOID && to == TimestampOID:
		n, err = DateToTimestamp(n)
	case from == DateOID && to == TimestamptzOID:
		if n, err = DateToTimestamp(n); err == nil {
			n, err = TimestampToTimestamptz(n, loc)
		}
	case from == TimestampOID && to == DateOID:
		n = TimestampToDate(n)
	case from == TimestampOID && to == TimestamptzOID:
		n, err = TimestampToTimestamptz(n, loc)
	case from == TimestamptzOID && to == TimestampOID:
		n, err = TimestamptzToTimestamp(n, loc)
	case from == TimestamptzOID && to == DateOID:
		n, err = TimestamptzToTimestamp(n, loc)
		n = TimestampToDate(n)
	case (from == TimestampOID || from == TimestamptzOID) && to == TimeOID:
		if isInfiniteTimestamp(n) {
			return Value{}, true, nil
		}
		if from == TimestamptzOID {
			n, err = TimestamptzToTimestamp(n, loc)
		}
		n -= floorDiv64(n, usPerDay) * usPerDay
	case from == TimestamptzOID && to == TimetzOID:
		if isInfiniteTimestamp(n) {
			return Value{}, true, nil
		}
		local, offset := zoneSpec{loc: loc}.toLocal(n)
		return Timetz{local - floorDiv64(local, usPerDay)*usPerDay, int32(offset)}.Value(), true, nil
	case from == TimeOID && to == TimetzOID:
		now := orDefault(env).TransactionTime
		local, _ := zoneSpec{loc: loc}.toLocal(now)
		midnight := floorDiv64(local, secondsPerDay*usPerSecond) * secondsPerDay
		offset := zoneSpec{loc: loc}.offsetOfLocal(midnight + n/usPerSecond + epochUnixSeconds)
		return Timetz{n, int32(offset)}.Value(), true, nil
	case from == TimetzOID && to == TimeOID:
		n = TimetzOf(v).Time
	case from == TimeOID && to == IntervalOID:
		return Interval{Micros: n}.Value(), true, nil
	case from == IntervalOID && to == TimeOID:
		us := IntervalOf(v).Micros
		n = us - floorDiv64(us, usPerDay)*usPerDay
	default:
		return v, false, nil
	}
	return IntValue(n), true, err
}

// convertJSONB casts a jsonb scalar.
func convertJSONB(to OID, v Value) (r Value, done bool, err error) {
	kind := JSONKind(v.Bytes)
	switch to {
	case BoolOID:
		if kind == 't' || kind == 'f' {
			return BoolValue(kind == 't'), true, nil
		}
	case NumericOID, Int2OID, Int4OID, Int8OID, Float4OID, Float8OID:
		if kind == 'n' {
			if to == NumericOID {
				return v, true, nil
			}
			return convertNumeric(to, NumericOf(v))
		}
	default:
		return r, false, nil
	}
	word := map[byte]string{'{': "object", '[': "array", 's': "string", 'n': "numeric", 't': "boolean", 'f': "boolean", 'z': "null"}[kind]
	return r, true, pgerr.New(pgerr.InvalidParameterValue, "cannot cast jsonb %s to type %s", word, FormatType(to, -1))
}
