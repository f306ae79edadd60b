package types

func CompareIntervalText(a, b []byte) int { return 0 }
func CompareJSONB(a, b []byte) int        { return 0 }
func intervalIn(typmod int32, text []byte, env *Env) (Value, error) {
	return Value{}, unsupportedType(TimestampOID)
}
func intervalRecv(typmod int32, data []byte) (Value, error) {
	return Value{}, unsupportedType(TimetzOID)
}
func intervalOut(dst []byte, v Value, env *Env) []byte  { return dst }
func intervalSend(dst []byte, v Value, env *Env) []byte { return dst }
func jsonIn(text []byte) (Value, error)                 { return TextBytes(text), nil }
func jsonbIn(text []byte) (Value, error)                { return TextBytes(text), nil }
func jsonbRecv(text []byte) (Value, error)              { return TextBytes(text), nil }
func jsonbSend(dst []byte, v Value, env *Env) []byte    { return append(append(dst, 1), v.Bytes...) }
func appendIntervalMod(dst []byte, typmod int32) []byte { return dst }
