package types

import "strconv"

// typmodHeader is VARHDRSZ, which PostgreSQL adds to the length in a typmod.
const typmodHeader = 4

// FormatType returns PostgreSQL's format_type(oid, typmod) for a built-in type;
// typmod -1 means none. It returns "???" for an unknown OID, as PostgreSQL does.
func FormatType(oid OID, typmod int32) string {
	return string(AppendFormatType(nil, oid, typmod))
}

// TypmodUnknown stands for the NULL typmod of format_type(oid, NULL), which
// prints a few types without their quotes or defaults, as regtype's output does.
const TypmodUnknown int32 = -2

// AppendFormatType appends FormatType(oid, typmod) to dst.
func AppendFormatType(dst []byte, oid OID, typmod int32) []byte {
	if oid == 0 {
		return append(dst, '-')
	}
	t := ByOID(oid)
	if t == nil {
		return append(dst, "???"...)
	}
	if t.IsArray() {
		dst = AppendFormatType(dst, t.Elem, typmod)
		return append(dst, "[]"...)
	}
	switch oid {
	case BoolOID:
		return append(dst, "boolean"...)
	case Int2OID:
		return append(dst, "smallint"...)
	case Int4OID:
		return append(dst, "integer"...)
	case Int8OID:
		return append(dst, "bigint"...)
	case Float4OID:
		return append(dst, "real"...)
	case Float8OID:
		return append(dst, "double precision"...)
	case CharOID:
		return append(dst, `"char"`...)
	case BpcharOID:
		if typmod >= typmodHeader {
			return appendLengthMod(append(dst, "character"...), typmod-typmodHeader)
		}
		if typmod == TypmodUnknown {
			return append(dst, "character"...)
		}
		return append(dst, "bpchar"...)
	case VarcharOID:
		dst = append(dst, "character varying"...)
		if typmod >= typmodHeader {
			dst = appendLengthMod(dst, typmod-typmodHeader)
		}
		return dst
	case BitOID:
		if typmod >= 0 {
			return appendLengthMod(append(dst, "bit"...), typmod)
		}
		if typmod == TypmodUnknown {
			return append(dst, "bit"...)
		}
		return append(dst, `"bit"`...)
	case VarbitOID:
		dst = append(dst, "bit varying"...)
		if typmod >= 0 {
			dst = appendLengthMod(dst, typmod)
		}
		return dst
	case NumericOID:
		return appendNumericMod(append(dst, "numeric"...), typmod)
	case TimeOID, TimestampOID:
		dst = appendPrecisionMod(append(dst, t.Name...), typmod)
		return append(dst, " without time zone"...)
	case TimetzOID:
		return append(appendPrecisionMod(append(dst, "time"...), typmod), " with time zone"...)
	case TimestamptzOID:
		return append(appendPrecisionMod(append(dst, "timestamp"...), typmod), " with time zone"...)
	case IntervalOID:
		return appendIntervalMod(append(dst, "interval"...), typmod)
	case AnyOID:
		return append(dst, `"any"`...)
	}
	return append(dst, t.Name...)
}

func appendLengthMod(dst []byte, n int32) []byte {
	dst = append(dst, '(')
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, ')')
}

func appendPrecisionMod(dst []byte, typmod int32) []byte {
	if typmod < 0 {
		return dst
	}
	return appendLengthMod(dst, typmod)
}

func appendNumericMod(dst []byte, typmod int32) []byte {
	precision, scale, ok := NumericTypmod(typmod)
	if !ok {
		return dst
	}
	dst = append(dst, '(')
	dst = strconv.AppendInt(dst, int64(precision), 10)
	dst = append(dst, ',')
	dst = strconv.AppendInt(dst, int64(scale), 10)
	return append(dst, ')')
}

// NumericTypmod takes the typmod of numeric(precision, scale) apart; ok is
// false where there is none. The scale may be negative.
func NumericTypmod(typmod int32) (precision, scale int, ok bool) {
	if typmod < typmodHeader {
		return 0, 0, false
	}
	m := typmod - typmodHeader
	return int(m >> 16 & 0xffff), int((m&0x7ff)^1024) - 1024, true
}

// MakeNumericTypmod returns the typmod of numeric(precision, scale).
func MakeNumericTypmod(precision, scale int) int32 {
	return (int32(precision)<<16 | int32(scale)&0x7ff) + typmodHeader
}
