package builtin

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"math/bits"
	"strings"
	"unicode/utf8"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// registerBinary implements bytea and the encodings.
func registerBinary(r *registry) {
	r.scalar("byteacat", func(e *Env, a []types.Value) (types.Value, error) {
		return e.blob(append(append(e.buffer(), a[0].Bytes...), a[1].Bytes...)), nil
	})
	r.scalar("byteaoctetlen", func(_ *Env, a []types.Value) (types.Value, error) { return types.IntValue(int64(len(a[0].Bytes))), nil })
	registerByteSubstrings(r)
	registerBits(r)
	r.scalar("md5_text", md5Value)
	r.scalar("md5_bytea", md5Value)
	r.scalar("sha224_bytea", func(_ *Env, a []types.Value) (types.Value, error) {
		h := sha256.Sum224(a[0].Bytes)
		return types.BlobValue(h[:]), nil
	})
	r.scalar("sha256_bytea", func(_ *Env, a []types.Value) (types.Value, error) {
		h := sha256.Sum256(a[0].Bytes)
		return types.BlobValue(h[:]), nil
	})
	r.scalar("sha384_bytea", func(_ *Env, a []types.Value) (types.Value, error) {
		h := sha512.Sum384(a[0].Bytes)
		return types.BlobValue(h[:]), nil
	})
	r.scalar("sha512_bytea", func(_ *Env, a []types.Value) (types.Value, error) {
		h := sha512.Sum512(a[0].Bytes)
		return types.BlobValue(h[:]), nil
	})
	r.scalar("binary_encode", binaryEncode)
	r.scalar("binary_decode", binaryDecode)
	r.scalar("pg_convert_from", convertFrom)
	r.scalar("pg_convert_to", convertTo)
}

func (e *Env) blob(b []byte) types.Value {
	e.scratch = b
	return types.BlobValue(b)
}

func md5Value(e *Env, a []types.Value) (types.Value, error) {
	h := md5.Sum(a[0].Bytes)
	return e.text(hex.AppendEncode(e.buffer(), h[:])), nil
}

func registerByteSubstrings(r *registry) {
	span := func(a []types.Value, bounded bool) (types.Value, error) {
		s, length := a[0].Bytes, int64(0)
		if bounded {
			length = a[2].Int64()
		}
		skip, take, err := substringSpan(a[1].Int64(), length, bounded)
		if err != nil {
			return types.Value{}, err
		}
		s = s[min(skip, int64(len(s))):]
		if take >= 0 {
			s = s[:min(take, int64(len(s)))]
		}
		return types.BlobValue(s), nil
	}
	r.scalar("bytea_substr", func(_ *Env, a []types.Value) (types.Value, error) { return span(a, true) })
	r.scalar("bytea_substr_no_len", func(_ *Env, a []types.Value) (types.Value, error) { return span(a, false) })
	r.scalar("byteapos", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.IntValue(int64(bytes.Index(a[0].Bytes, a[1].Bytes)) + 1), nil
	})
	over := func(e *Env, s, with []byte, start, length int64) (types.Value, error) {
		if start <= 0 {
			return types.Value{}, negativeSubstring()
		}
		if start+length > int4Type.high {
			return types.Value{}, int4Type.outOfRange()
		}
		n := int64(len(s))
		b := append(e.buffer(), s[:min(start-1, n)]...)
		b = append(b, with...)
		return e.blob(append(b, s[min(max(start+length-1, 0), n):]...)), nil
	}
	r.scalar("byteaoverlay", func(e *Env, a []types.Value) (types.Value, error) {
		return over(e, a[0].Bytes, a[1].Bytes, a[2].Int64(), a[3].Int64())
	})
	r.scalar("byteaoverlay_no_len", func(e *Env, a []types.Value) (types.Value, error) {
		return over(e, a[0].Bytes, a[1].Bytes, a[2].Int64(), int64(len(a[1].Bytes)))
	})
	left := func(s, set []byte) []byte {
		for len(s) > 0 && bytes.IndexByte(set, s[0]) >= 0 {
			s = s[1:]
		}
		return s
	}
	right := func(s, set []byte) []byte {
		for len(s) > 0 && bytes.IndexByte(set, s[len(s)-1]) >= 0 {
			s = s[:len(s)-1]
		}
		return s
	}
	for key, trim := range map[string]func(s, set []byte) []byte{
		"byteatrim": func(s, set []byte) []byte { return left(right(s, set), set) }, "bytealtrim": left, "byteartrim": right,
	} {
		r.scalar(key, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.BlobValue(trim(a[0].Bytes, a[1].Bytes)), nil
		})
	}
}

func registerBits(r *registry) {
	r.scalar("byteaGetByte", func(_ *Env, a []types.Value) (types.Value, error) {
		if err := checkIndex(a[1].Int64(), int64(len(a[0].Bytes))); err != nil {
			return types.Value{}, err
		}
		return types.IntValue(int64(a[0].Bytes[a[1].Int64()])), nil
	})
	r.scalar("byteaSetByte", func(e *Env, a []types.Value) (types.Value, error) {
		if err := checkIndex(a[1].Int64(), int64(len(a[0].Bytes))); err != nil {
			return types.Value{}, err
		}
		b := append(e.buffer(), a[0].Bytes...)
		b[a[1].Int64()] = byte(a[2].Int64())
		return e.blob(b), nil
	})
	r.scalar("byteaGetBit", func(_ *Env, a []types.Value) (types.Value, error) {
		n := a[1].Int64()
		if err := checkIndex(n, int64(len(a[0].Bytes))*8); err != nil {
			return types.Value{}, err
		}
		return types.IntValue(int64(a[0].Bytes[n/8] >> (n % 8) & 1)), nil
	})
	r.scalar("byteaSetBit", func(e *Env, a []types.Value) (types.Value, error) {
		n := a[1].Int64()
		if err := checkIndex(n, int64(len(a[0].Bytes))*8); err != nil {
			return types.Value{}, err
		}
		if v := a[2].Int64(); v != 0 && v != 1 {
			return types.Value{}, pgerr.New(pgerr.InvalidParameterValue, "new bit must be 0 or 1")
		}
		b := append(e.buffer(), a[0].Bytes...)
		b[n/8] = b[n/8]&^(1<<(n%8)) | byte(a[2].Int64())<<(n%8)
		return e.blob(b), nil
	})
	r.scalar("bytea_bit_count", func(_ *Env, a []types.Value) (types.Value, error) {
		n := 0
		for _, c := range a[0].Bytes {
			n += bits.OnesCount8(c)
		}
		return types.IntValue(int64(n)), nil
	})
}

func checkIndex(n, size int64) error {
	if n < 0 || n >= size {
		return pgerr.New(pgerr.ArraySubscriptError, "index %d out of valid range, 0..%d", n, size-1)
	}
	return nil
}

// base64Line is where PostgreSQL's encode breaks lines.
const base64Line = 76

func unrecognizedEncoding(name []byte) error {
	return pgerr.New(pgerr.InvalidParameterValue, "unrecognized encoding: \"%s\"", name)
}

func binaryEncode(e *Env, a []types.Value) (types.Value, error) {
	data := a[0].Bytes
	switch strings.ToLower(string(a[1].Bytes)) {
	case "hex":
		return e.text(hex.AppendEncode(e.buffer(), data)), nil
	case "base64":
		b := e.buffer()
		const chunk = base64Line / 4 * 3
		for len(data) > chunk {
			b = append(base64.StdEncoding.AppendEncode(b, data[:chunk]), '\n')
			data = data[chunk:]
		}
		b = base64.StdEncoding.AppendEncode(b, data)
		if len(data) == chunk {
			b = append(b, '\n')
		}
		return e.text(b), nil
	case "escape":
		b := e.buffer()
		for _, c := range data {
			switch {
			case c == 0 || c >= utf8.RuneSelf:
				b = append(b, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
			case c == '\\':
				b = append(b, '\\', '\\')
			default:
				b = append(b, c)
			}
		}
		return e.text(b), nil
	}
	return types.Value{}, unrecognizedEncoding(a[1].Bytes)
}

func binaryDecode(e *Env, a []types.Value) (types.Value, error) {
	var b []byte
	var err error
	switch strings.ToLower(string(a[1].Bytes)) {
	case "hex":
		b, err = decodeHex(e.buffer(), a[0].Bytes)
	case "base64":
		b, err = decodeBase64(e.buffer(), a[0].Bytes)
	case "escape":
		b, err = decodeEscape(e.buffer(), a[0].Bytes)
	default:
		return types.Value{}, unrecognizedEncoding(a[1].Bytes)
	}
	if err != nil {
		return types.Value{}, err
	}
	return e.blob(b), nil
}

func firstCharacter(s []byte) string {
	_, n := utf8.DecodeRune(s)
	return string(s[:n])
}

func decodeHex(dst, s []byte) ([]byte, error) {
	for len(s) > 0 {
		if isBlank(s[0]) && s[0] != '\v' && s[0] != '\f' {
			s = s[1:]
			continue
		}
		high, ok := hexDigit(s[0])
		if !ok {
			return nil, pgerr.New(pgerr.InvalidParameterValue, "invalid hexadecimal digit: \"%s\"", firstCharacter(s))
		}
		if len(s) == 1 {
			return nil, pgerr.New(pgerr.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		low, ok := hexDigit(s[1])
		if !ok {
			return nil, pgerr.New(pgerr.InvalidParameterValue, "invalid hexadecimal digit: \"%s\"", firstCharacter(s[1:]))
		}
		dst = append(dst, high<<4|low)
		s = s[2:]
	}
	return dst, nil
}

func decodeBase64(dst, s []byte) ([]byte, error) {
	var group uint32
	count, end := 0, 0
	for i, c := range s {
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			continue
		}
		value := uint32(0)
		if c == '=' {
			if end == 0 {
				if count != 2 && count != 3 {
					return nil, pgerr.New(pgerr.InvalidParameterValue, "unexpected \"=\" while decoding base64 sequence")
				}
				end = count - 1
			}
		} else {
			j := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", c)
			if j < 0 {
				return nil, pgerr.New(pgerr.InvalidParameterValue, "invalid symbol \"%s\" found while decoding base64 sequence", firstCharacter(s[i:]))
			}
			value = uint32(j)
		}
		group = group<<6 | value
		if count++; count == 4 {
			n := 3
			if end > 0 {
				n = end
			}
			dst = append(dst, []byte{byte(group >> 16), byte(group >> 8), byte(group)}[:n]...)
			group, count = 0, 0
		}
	}
	if count != 0 {
		return nil, pgerr.New(pgerr.InvalidParameterValue, "invalid base64 end sequence").WithHint(
			"Input data is missing padding, is truncated, or is otherwise corrupted.")
	}
	return dst, nil
}

func decodeEscape(dst, s []byte) ([]byte, error) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			dst = append(dst, s[i])
		case i+1 < len(s) && s[i+1] == '\\':
			dst = append(dst, '\\')
			i++
		case i+3 < len(s) && s[i+1] >= '0' && s[i+1] <= '3' && isOctal(s[i+2]) && isOctal(s[i+3]):
			dst = append(dst, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		default:
			return nil, pgerr.New(pgerr.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
	}
	return dst, nil
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

// encodingName reduces a name as PostgreSQL does: letters and digits, lower case.
func encodingName(name []byte) string {
	var b []byte
	for _, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b = append(b, c)
		}
	}
	return string(b)
}

func convertFrom(e *Env, a []types.Value) (types.Value, error) {
	switch encodingName(a[1].Bytes) {
	case "utf8", "unicode", "sqlascii":
		return types.TextBytes(a[0].Bytes), checkUTF8(a[0].Bytes)
	case "latin1", "iso88591":
		b := e.buffer()
		for _, c := range a[0].Bytes {
			if c == 0 {
				return types.Value{}, checkUTF8([]byte{0})
			}
			b = utf8.AppendRune(b, rune(c))
		}
		return e.text(b), nil
	}
	return types.Value{}, pgerr.New(pgerr.InvalidParameterValue, "invalid source encoding name \"%s\"", a[1].Bytes)
}

// checkUTF8 raises 22021 for invalid UTF-8 and NUL.
func checkUTF8(s []byte) error {
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRune(s[i:])
		if s[i] == 0 || c == utf8.RuneError && n <= 1 {
			return invalidBytes(s[i:])
		}
		i += n
	}
	return nil
}

func invalidBytes(s []byte) error {
	n := 1
	switch c := s[0]; {
	case c >= 0xf0:
		n = 4
	case c >= 0xe0:
		n = 3
	case c >= 0xc0:
		n = 2
	}
	text := ""
	for i, c := range s[:min(n, len(s))] {
		if i > 0 {
			text += " "
		}
		text += "0x" + hex.EncodeToString([]byte{c})
	}
	return pgerr.New(pgerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": %s", text)
}

func convertTo(e *Env, a []types.Value) (types.Value, error) {
	switch encodingName(a[1].Bytes) {
	case "utf8", "unicode", "sqlascii":
		return types.BlobValue(a[0].Bytes), nil
	case "latin1", "iso88591":
		b := e.buffer()
		for s := a[0].Bytes; len(s) > 0; {
			c, n := utf8.DecodeRune(s)
			if c > 0xff {
				text := strings.TrimPrefix(pgerr.From(invalidBytes(s[:n])).Message, "invalid byte sequence for encoding \"UTF8\": ")
				return types.Value{}, pgerr.New(pgerr.UntranslatableCharacter,
					"character with byte sequence %s in encoding \"UTF8\" has no equivalent in encoding \"LATIN1\"", text)
			}
			b = append(b, byte(c))
			s = s[n:]
		}
		return e.blob(b), nil
	}
	return types.Value{}, pgerr.New(pgerr.InvalidParameterValue, "invalid destination encoding name \"%s\"", a[1].Bytes)
}
