package types

import (
	"strconv"

	"polyreme/pgwire/pgerr"
)

// regIn reads an object identifier alias: a number, '-' for 0, or a name that
// Env.RegIn looks up in the catalog.
func regIn(oid OID, text []byte, env *Env) (Value, error) {
	if len(text) == 1 && text[0] == '-' {
		return IntValue(0), nil
	}
	if n, err := strconv.ParseUint(string(text), 10, 32); err == nil {
		return IntValue(int64(n)), nil
	}
	if env == nil || env.RegIn == nil {
		return Value{}, pgerr.Unsupported("names of type %s are not supported here", FormatType(oid, -1))
	}
	n, err := env.RegIn(oid, string(text))
	if err != nil {
		return Value{}, err
	}
	return IntValue(n), nil
}

func regOut(dst []byte, oid OID, v Value, env *Env) []byte {
	if v.Int64() == 0 {
		if oid == RegoperOID || oid == RegoperatorOID {
			return append(dst, '0')
		}
		return append(dst, '-')
	}
	if env != nil && env.RegOut != nil {
		if name := env.RegOut(oid, v.Int64()); name != "" {
			return append(dst, name...)
		}
	}
	if oid == RegtypeOID {
		if t := ByOID(OID(v.Int64())); t != nil {
			return AppendFormatType(dst, t.OID, TypmodUnknown)
		}
	}
	return strconv.AppendInt(dst, v.Int64(), 10)
}
