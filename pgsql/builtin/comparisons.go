package builtin

import (
	"fmt"
	"strings"

	"polyreme/pgsql/types"
)

// registerComparisons implements =, <>, <, <=, >, >= and the btree support
// functions. Wherever the storage forms compare as PostgreSQL's values do, the
// implementation is SQLite's own operator, which an index can serve.
func registerComparisons(r *registry) {
	native := []string{
		"bool?", "char?", "name?", "oid?", "bpchar?", "bytea?", "int2?", "int4?", "int8?",
		"int24?", "int42?", "int28?", "int82?", "int48?", "int84?",
		"float4?", "float8?", "float48?", "float84?",
		"name?text", "text?name", "date_?", "time_?", "timetz_?", "timestamp_?", "uuid_?", "xid8?", "enum_?",
		"oidvector?",
	}
	for _, op := range comparisonOperators {
		for _, k := range native {
			r.native("($1 "+op.sql+" $2)", strings.Replace(k, "?", op.name, 1))
		}
		for prefix, collation := range map[string]string{
			"numeric_": types.NumericCollation, "interval_": types.IntervalCollation, "jsonb_": types.JSONBCollation,
		} {
			r.native("($1 COLLATE "+collation+" "+op.sql+" $2)", prefix+op.name)
		}
		textKey := "text_" + op.name
		if op.name == "eq" || op.name == "ne" {
			textKey = "text" + op.name
		}
		r.native("($1 "+op.sql+" $2)", textKey)
		r.native("($1 "+op.sql+" $2)~~(array_cmp($1,$2,@1) "+op.sql+" 0)", "array_"+op.name)
	}
	r.native("($1 = $2)", "xideq", "cideq")
	r.native("($1 <> $2)", "xidneq")
	for _, k := range []string{"text_pattern_", "bpchar_pattern_"} {
		r.native("($1 < $2)", k+"lt")
		r.native("($1 <= $2)", k+"le")
		r.native("($1 > $2)", k+"gt")
		r.native("($1 >= $2)", k+"ge")
	}
	registerCmp(r)
	registerMixedDates(r)
}

var comparisonOperators = [...]struct{ name, sql string }{
	{"eq", "="}, {"ne", "<>"}, {"lt", "<"}, {"le", "<="}, {"gt", ">"}, {"ge", ">="},
}

// registerCmp implements the btree support functions, as type_cmp(a, b).
func registerCmp(r *registry) {
	for key, oid := range map[string]types.OID{
		"btboolcmp": types.BoolOID, "btint2cmp": types.Int2OID, "btint4cmp": types.Int4OID, "btint8cmp": types.Int8OID,
		"btint24cmp": types.Int4OID, "btint42cmp": types.Int4OID, "btint28cmp": types.Int8OID, "btint82cmp": types.Int8OID,
		"btint48cmp": types.Int8OID, "btint84cmp": types.Int8OID, "btoidcmp": types.OidOID, "btcharcmp": types.CharOID,
		"btnamecmp": types.NameOID, "bttextcmp": types.TextOID, "btnametextcmp": types.TextOID, "bttextnamecmp": types.TextOID,
		"bpcharcmp": types.BpcharOID, "byteacmp": types.ByteaOID, "btfloat4cmp": types.Float4OID, "btfloat8cmp": types.Float8OID,
		"btfloat48cmp": types.Float8OID, "btfloat84cmp": types.Float8OID, "numeric_cmp": types.NumericOID,
		"date_cmp": types.DateOID, "time_cmp": types.TimeOID, "timetz_cmp": types.TimetzOID, "timestamp_cmp": types.TimestampOID,
		"interval_cmp": types.IntervalOID, "uuid_cmp": types.UUIDOID, "jsonb_cmp": types.JSONBOID,
		"bttext_pattern_cmp": types.TextOID, "btbpchar_pattern_cmp": types.BpcharOID,
	} {
		r.scalar(key, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.IntValue(int64(types.Compare(oid, a[0], a[1]))), nil
		})
		if larger, ok := strings.CutSuffix(key, "_cmp"); ok && !strings.Contains(key, "pattern") && key != "timetz_cmp" && key != "uuid_cmp" && key != "jsonb_cmp" {
			registerLarger(r, larger+"_larger", larger+"_smaller", oid)
		}
	}
	for _, t := range []struct {
		name string
		oid  types.OID
	}{{"int2", types.Int2OID}, {"int4", types.Int4OID}, {"int8", types.Int8OID}, {"float4", types.Float4OID}, {"float8", types.Float8OID}, {"oid", types.OidOID}} {
		registerLarger(r, t.name+"larger", t.name+"smaller", t.oid)
	}
	registerLarger(r, "text_larger", "text_smaller", types.TextOID)
	registerLarger(r, "bpchar_larger", "bpchar_smaller", types.BpcharOID)
	registerLarger(r, "timetz_larger", "timetz_smaller", types.TimetzOID)
	r.typed("btarraycmp", "$1,$2,@1", arrayCmp)
	r.support("array_cmp", true, arrayCmp)
}

func registerLarger(r *registry, larger, smaller string, oid types.OID) {
	r.scalar(larger, func(_ *Env, a []types.Value) (types.Value, error) {
		if types.Compare(oid, a[0], a[1]) > 0 {
			return a[0], nil
		}
		return a[1], nil
	})
	r.scalar(smaller, func(_ *Env, a []types.Value) (types.Value, error) {
		if types.Compare(oid, a[0], a[1]) < 0 {
			return a[0], nil
		}
		return a[1], nil
	})
}

// arrayCmp compares two arrays; the third argument is the type of the array.
func arrayCmp(_ *Env, a []types.Value) (types.Value, error) {
	elem := types.ElemOf(types.OID(a[2].Int64()))
	return types.IntValue(int64(types.CompareArrays(elem, a[0].Bytes, a[1].Bytes))), nil
}

// Units of the storage forms of dates and times.
const (
	microsecondsPerDay = 86400 * 1000000
	dateInfinity       = 1<<31 - 1
	dateMinusInfinity  = -1 << 31
	timeInfinity       = 1<<63 - 1
	timeMinusInfinity  = -1 << 63
)

// registerMixedDates implements the comparisons between date, timestamp and
// timestamptz: the narrower side is converted, saturating.
func registerMixedDates(r *registry) {
	asTimestamp := func(_ *Env, v types.Value) int64 { return v.Int64() }
	convert := map[string]func(*Env, types.Value) int64{
		"date/timestamp":        func(_ *Env, v types.Value) int64 { return dateMicroseconds(v.Int64()) },
		"date/timestamptz":      func(e *Env, v types.Value) int64 { return localToUTC(e, dateMicroseconds(v.Int64())) },
		"timestamp/timestamptz": func(e *Env, v types.Value) int64 { return localToUTC(e, v.Int64()) },
	}
	for pair, narrow := range convert {
		from, to, _ := strings.Cut(pair, "/")
		for _, op := range comparisonOperators {
			holds := comparisonHolds(op.name)
			r.scalar(fmt.Sprintf("%s_%s_%s", from, op.name, to), func(e *Env, a []types.Value) (types.Value, error) {
				return types.BoolValue(holds(compareInt(narrow(e, a[0]), asTimestamp(e, a[1])))), nil
			})
			r.scalar(fmt.Sprintf("%s_%s_%s", to, op.name, from), func(e *Env, a []types.Value) (types.Value, error) {
				return types.BoolValue(holds(compareInt(asTimestamp(e, a[0]), narrow(e, a[1])))), nil
			})
		}
		r.scalar(from+"_cmp_"+to, func(e *Env, a []types.Value) (types.Value, error) {
			return types.IntValue(int64(compareInt(narrow(e, a[0]), asTimestamp(e, a[1])))), nil
		})
		r.scalar(to+"_cmp_"+from, func(e *Env, a []types.Value) (types.Value, error) {
			return types.IntValue(int64(compareInt(asTimestamp(e, a[0]), narrow(e, a[1])))), nil
		})
	}
}

// dateMicroseconds is midnight of a date as a timestamp; dates beyond the range
// of timestamps become infinite, which keeps their order.
func dateMicroseconds(day int64) int64 {
	switch {
	case day == dateInfinity || day > timeInfinity/microsecondsPerDay:
		return timeInfinity
	case day == dateMinusInfinity || day < timeMinusInfinity/microsecondsPerDay:
		return timeMinusInfinity
	}
	return day * microsecondsPerDay
}

func compareInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func comparisonHolds(name string) func(int) bool {
	switch name {
	case "eq":
		return func(c int) bool { return c == 0 }
	case "ne":
		return func(c int) bool { return c != 0 }
	case "lt":
		return func(c int) bool { return c < 0 }
	case "le":
		return func(c int) bool { return c <= 0 }
	case "gt":
		return func(c int) bool { return c > 0 }
	}
	return func(c int) bool { return c >= 0 }
}

// localToUTC reads a timestamp as local time in the session's time zone.
// Infinities, and what is out of range, stay infinite.
func localToUTC(e *Env, t int64) int64 {
	if t == timeInfinity || t == timeMinusInfinity {
		return t
	}
	v, err := types.Cast(types.TimestampOID, types.TimestamptzOID, -1, types.IntValue(t), true, &e.Types)
	switch {
	case err == nil:
		return v.Int64()
	case t > 0:
		return timeInfinity
	}
	return timeMinusInfinity
}
