package types

import "polyreme/pgwire/pgerr"

// Encoder appends the representation of v to dst. It is never given a NULL.
type Encoder func(dst []byte, v Value, env *Env) []byte

// ParseText is PostgreSQL's input function of type oid applied to text. Typmod
// is -1 where there is none. The Value may alias text.
func ParseText(oid OID, typmod int32, text []byte, env *Env) (Value, error) {
	switch oid {
	case Int4OID:
		return int4In(text)
	case Int8OID:
		return int8In(text)
	case Int2OID:
		return int2In(text)
	case TextOID, UnknownOID, CstringOID, PgNodeTreeOID, AclitemOID, RefcursorOID:
		return TextBytes(text), nil
	case VarcharOID:
		return varcharIn(typmod, text)
	case BpcharOID:
		return bpcharIn(typmod, text)
	case BoolOID:
		return boolIn(text)
	case Float8OID:
		return float8In(text)
	case Float4OID:
		return float4In(text)
	case NumericOID:
		return numericIn(typmod, text)
	case TimestampOID:
		return timestampIn(typmod, text, env)
	case TimestamptzOID:
		return timestamptzIn(typmod, text, env)
	case DateOID:
		return dateIn(text, env)
	case TimeOID:
		return timeIn(typmod, text, env)
	case TimetzOID:
		return timetzIn(typmod, text, env)
	case IntervalOID:
		return intervalIn(typmod, text, env)
	case UUIDOID:
		return uuidIn(text)
	case ByteaOID:
		return byteaIn(text)
	case JSONOID:
		return jsonIn(text)
	case JSONBOID:
		return jsonbIn(text)
	case NameOID:
		return nameIn(text), nil
	case CharOID:
		return charIn(text), nil
	}
	return parseTextRare(oid, typmod, text, env)
}

func parseTextRare(oid OID, typmod int32, text []byte, env *Env) (Value, error) {
	switch oid {
	case OidOID:
		return oidIn(text)
	case XidOID:
		return uint32In(text, "xid")
	case CidOID:
		return uint32In(text, "cid")
	case Xid8OID:
		return intIn(text, "xid8", -1<<63, 1<<63-1)
	case RegclassOID, RegtypeOID, RegprocOID, RegprocedureOID, RegoperOID, RegoperatorOID, RegroleOID,
		RegnamespaceOID, RegcollationOID, RegconfigOID, RegdictionaryOID:
		return regIn(oid, text, env)
	case VoidOID:
		return TextBytes(nil), nil
	case Int2vectorOID, OidvectorOID:
		return vectorIn(oid, text)
	}
	t := ByOID(oid)
	switch {
	case t != nil && t.IsArray() && t.Implemented:
		return arrayIn(t, typmod, text, env)
	case t != nil && t.Kind == 'p':
		return Value{}, pgerr.New(pgerr.FeatureNotSupported, "cannot accept a value of type %s", t.Name)
	}
	return Value{}, unsupportedType(oid)
}

func unsupportedType(oid OID) error {
	return pgerr.Unsupported("type %s is not supported", FormatType(oid, -1))
}

// ParseBinary is PostgreSQL's receive function of type oid applied to data. The
// Value may alias data.
func ParseBinary(oid OID, typmod int32, data []byte, env *Env) (Value, error) {
	switch oid {
	case Int4OID:
		return int4Recv(data)
	case Int8OID:
		return int8Recv(data)
	case Int2OID:
		return int2Recv(data)
	case BoolOID:
		return boolRecv(data)
	case Float8OID:
		return float8Recv(data)
	case Float4OID:
		return float4Recv(data)
	case TimestampOID, TimestamptzOID:
		return timestampRecv(oid, typmod, data)
	case DateOID:
		return dateRecv(data)
	case UUIDOID:
		return uuidRecv(data)
	case ByteaOID:
		return BlobValue(data), nil
	case NumericOID:
		return numericRecv(typmod, data)
	case TimeOID:
		return timeRecv(typmod, data)
	case TimetzOID:
		return timetzRecv(typmod, data)
	case IntervalOID:
		return intervalRecv(typmod, data)
	case CharOID:
		return charRecv(data)
	case OidOID, XidOID, CidOID, RegclassOID, RegtypeOID, RegprocOID, RegprocedureOID, RegoperOID,
		RegoperatorOID, RegroleOID, RegnamespaceOID, RegcollationOID, RegconfigOID, RegdictionaryOID:
		return uint32Recv(data)
	case Xid8OID:
		return int8Recv(data)
	case VoidOID:
		return TextBytes(nil), nil
	case Int2vectorOID, OidvectorOID:
		return vectorRecv(oid, data, env)
	case JSONBOID:
		return jsonbRecv(data)
	}
	return parseBinaryText(oid, typmod, data, env)
}

// parseBinaryText serves the types whose binary form is text, and arrays.
func parseBinaryText(oid OID, typmod int32, data []byte, env *Env) (Value, error) {
	switch oid {
	case TextOID, UnknownOID, VarcharOID, BpcharOID, NameOID, JSONOID, CstringOID, RefcursorOID:
		if _, err := textRecv(data); err != nil {
			return Value{}, err
		}
		if oid == NameOID && len(data) > nameBytesMax {
			return Value{}, pgerr.New(pgerr.NameTooLong, "identifier too long").
				WithDetail("Identifier must be less than %d characters.", nameBytesMax+1)
		}
		return ParseText(oid, typmod, data, env)
	}
	if t := ByOID(oid); t != nil && t.IsArray() && t.Implemented {
		return arrayRecv(t, typmod, data, env)
	}
	return Value{}, unsupportedType(oid)
}

// TextEncoder returns the output function of type oid, to be looked up once per
// column. A type that is not implemented yields its storage form.
func TextEncoder(oid OID, typmod int32) Encoder {
	switch oid {
	case BoolOID:
		return boolOut
	case Int2OID, Int4OID, Int8OID, OidOID, XidOID, CidOID, Xid8OID:
		return intOut
	case Float8OID:
		return float8Out
	case Float4OID:
		return float4Out
	case BpcharOID:
		return bpcharEncoder(typmod)
	case CharOID:
		return charOut
	case ByteaOID:
		return byteaOut
	case UUIDOID:
		return uuidOut
	case DateOID:
		return dateOut
	case TimeOID:
		return timeOut
	case TimetzOID:
		return timetzOut
	case TimestampOID:
		return timestampOut
	case TimestamptzOID:
		return timestamptzOut
	case IntervalOID:
		return intervalOut
	case RegclassOID, RegtypeOID, RegprocOID, RegprocedureOID, RegoperOID, RegoperatorOID, RegroleOID,
		RegnamespaceOID, RegcollationOID, RegconfigOID, RegdictionaryOID:
		return func(dst []byte, v Value, env *Env) []byte { return regOut(dst, oid, v, env) }
	case Int2vectorOID, OidvectorOID:
		return vectorOut
	}
	if t := ByOID(oid); t != nil && t.IsArray() && t.Implemented {
		return arrayTextEncoder(t, typmod)
	}
	return storageOut
}

// storageOut prints what is stored: right for text, numeric, json and jsonb,
// whose storage form is their output, and a last resort for the rest.
func storageOut(dst []byte, v Value, env *Env) []byte {
	switch v.Kind {
	case Int:
		return intOut(dst, v, env)
	case Float:
		return float8Out(dst, v, env)
	}
	return append(dst, v.Bytes...)
}

// BinaryEncoder returns the send function of type oid, to be looked up once per
// column.
func BinaryEncoder(oid OID, typmod int32) Encoder {
	switch oid {
	case BoolOID:
		return boolSend
	case Int2OID:
		return int2Send
	case Int4OID, OidOID, XidOID, CidOID, DateOID, RegclassOID, RegtypeOID, RegprocOID, RegprocedureOID,
		RegoperOID, RegoperatorOID, RegroleOID, RegnamespaceOID, RegcollationOID, RegconfigOID, RegdictionaryOID:
		return int4Send
	case Int8OID, Xid8OID, TimeOID, TimestampOID, TimestamptzOID:
		return int8Send
	case Float8OID:
		return float8Send
	case Float4OID:
		return float4Send
	case BpcharOID:
		return bpcharEncoder(typmod)
	case CharOID:
		return charSend
	case NumericOID:
		return numericSend
	case TimetzOID:
		return timetzSend
	case IntervalOID:
		return intervalSend
	case JSONBOID:
		return jsonbSend
	case Int2vectorOID, OidvectorOID:
		return vectorBinaryEncoder(oid)
	}
	if t := ByOID(oid); t != nil && t.IsArray() && t.Implemented {
		return arrayBinaryEncoder(t, typmod)
	}
	return storageOut
}

// AppendText appends the text output of v to dst. Per-row code keeps the
// Encoder instead.
func AppendText(dst []byte, oid OID, typmod int32, v Value, env *Env) []byte {
	return TextEncoder(oid, typmod)(dst, v, env)
}

// AppendBinary appends the binary output of v to dst.
func AppendBinary(dst []byte, oid OID, typmod int32, v Value, env *Env) []byte {
	return BinaryEncoder(oid, typmod)(dst, v, env)
}
