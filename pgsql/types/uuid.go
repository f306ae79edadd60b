package types

const uuidBytes = 16

// uuidIn reads 32 hexadecimal digits, with a hyphen allowed after each group of
// four and braces around.
func uuidIn(text []byte) (Value, error) {
	s := text
	braces := len(s) > 0 && s[0] == '{'
	if braces {
		s = s[1:]
	}
	out := make([]byte, 0, uuidBytes)
	for i := range uuidBytes {
		if len(s) < 2 {
			return Value{}, invalidSyntax("uuid", text)
		}
		high, ok1 := hexValue(s[0])
		low, ok2 := hexValue(s[1])
		if !ok1 || !ok2 {
			return Value{}, invalidSyntax("uuid", text)
		}
		out = append(out, high<<4|low)
		s = s[2:]
		if len(s) > 0 && s[0] == '-' && i%2 == 1 && i < uuidBytes-1 {
			s = s[1:]
		}
	}
	if braces {
		if len(s) == 0 || s[0] != '}' {
			return Value{}, invalidSyntax("uuid", text)
		}
		s = s[1:]
	}
	if len(s) != 0 {
		return Value{}, invalidSyntax("uuid", text)
	}
	return BlobValue(out), nil
}

func uuidOut(dst []byte, v Value, _ *Env) []byte {
	for i, c := range v.Bytes {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}

func uuidRecv(data []byte) (Value, error) {
	if err := checkLength(data, uuidBytes); err != nil {
		return Value{}, err
	}
	return BlobValue(data), nil
}
