package types

func CompareIntervalText(a, b []byte) int { return 0 }
func CompareJSONB(a, b []byte) int        { return 0 }
func timestampIn(typmod int32, text []byte, env *Env) (Value, error) {
	return Value{}, unsupportedType(TimestampOID)
}
func timestamptzIn(typmod int32, text []byte, env *Env) (Value, error) {
	return Value{}, unsupportedType(TimestampOID)
}
func dateIn(text []byte, env *Env) (Value, error) { return Value{}, unsupportedType(TimestampOID) }
func timeIn(typmod int32, text []byte, env *Env) (Value, error) {
	return Value{}, unsupportedType(TimestampOID)
}
func timetzIn(typmod int32, text []byte, env *Env) (Value, error) {
	return Value{}, unsupportedType(TimestampOID)
}
func intervalIn(typmod int32, text []byte, env *Env) (Value, error) {
	return Value{}, unsupportedType(TimestampOID)
}
func timestampRecv(oid OID, typmod int32, data []byte) (Value, error) { return int8Recv(data) }
func dateRecv(data []byte) (Value, error)                             { return int4Recv(data) }
func timeRecv(typmod int32, data []byte) (Value, error)               { return int8Recv(data) }
func timetzRecv(typmod int32, data []byte) (Value, error)             { return Value{}, unsupportedType(TimetzOID) }
func intervalRecv(typmod int32, data []byte) (Value, error) {
	return Value{}, unsupportedType(TimetzOID)
}
func dateOut(dst []byte, v Value, env *Env) []byte        { return dst }
func timeOut(dst []byte, v Value, env *Env) []byte        { return dst }
func timetzOut(dst []byte, v Value, env *Env) []byte      { return dst }
func timestampOut(dst []byte, v Value, env *Env) []byte   { return dst }
func timestamptzOut(dst []byte, v Value, env *Env) []byte { return dst }
func intervalOut(dst []byte, v Value, env *Env) []byte    { return dst }
func timetzSend(dst []byte, v Value, env *Env) []byte     { return dst }
func intervalSend(dst []byte, v Value, env *Env) []byte   { return dst }
func jsonIn(text []byte) (Value, error)                   { return TextBytes(text), nil }
func jsonbIn(text []byte) (Value, error)                  { return TextBytes(text), nil }
func jsonbRecv(text []byte) (Value, error)                { return TextBytes(text), nil }
func jsonbSend(dst []byte, v Value, env *Env) []byte      { return append(append(dst, 1), v.Bytes...) }
func appendIntervalMod(dst []byte, typmod int32) []byte   { return dst }
