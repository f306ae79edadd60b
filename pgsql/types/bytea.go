package types

import (
	"encoding/hex"

	"polyreme/pgwire/pgerr"
)

const hexDigits = "0123456789abcdef"

func byteaIn(text []byte) (Value, error) {
	if len(text) >= 2 && text[0] == '\\' && text[1] == 'x' {
		return byteaHexIn(text[2:])
	}
	return byteaEscapeIn(text)
}

func byteaHexIn(s []byte) (Value, error) {
	out := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); {
		c := s[i]
		if c == ' ' || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		high, ok := hexValue(c)
		if !ok {
			return Value{}, invalidHexDigit(s[i:])
		}
		if i+1 >= len(s) {
			return Value{}, pgerr.New(pgerr.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		low, ok := hexValue(s[i+1])
		if !ok {
			return Value{}, invalidHexDigit(s[i+1:])
		}
		out = append(out, high<<4|low)
		i += 2
	}
	return BlobValue(out), nil
}

func hexValue(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

func invalidHexDigit(s []byte) error {
	n, _ := prefixChars(s, 1)
	return pgerr.New(pgerr.InvalidParameterValue, "invalid hexadecimal digit: \"%s\"", s[:n])
}

// byteaEscapeIn reads the traditional form: \\ is a backslash, \ooo a byte.
func byteaEscapeIn(s []byte) (Value, error) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		switch {
		case s[i] != '\\':
			out = append(out, s[i])
			i++
		case i+3 < len(s) && s[i+1] >= '0' && s[i+1] <= '3' && isOctal(s[i+2]) && isOctal(s[i+3]):
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 4
		case i+1 < len(s) && s[i+1] == '\\':
			out = append(out, '\\')
			i += 2
		default:
			return Value{}, pgerr.New(pgerr.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
	}
	return BlobValue(out), nil
}

func byteaOut(dst []byte, v Value, env *Env) []byte {
	if env != nil && env.ByteaEscape {
		return appendByteaEscape(dst, v.Bytes)
	}
	dst = append(dst, '\\', 'x')
	return hex.AppendEncode(dst, v.Bytes)
}

func appendByteaEscape(dst, b []byte) []byte {
	for _, c := range b {
		switch {
		case c == '\\':
			dst = append(dst, '\\', '\\')
		case c < 0x20 || c > 0x7e:
			dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
