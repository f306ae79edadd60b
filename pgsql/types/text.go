package types

import (
	"bytes"
	"unicode/utf8"

	"polyreme/pgwire/pgerr"
)

// nameBytesMax is the longest identifier: NAMEDATALEN less the final NUL.
const nameBytesMax = 63

// blanks pads char(n) output.
var blanks = []byte("                                                                ")

// CheckUTF8 returns 22021 where b is not valid UTF-8 or holds a NUL, with
// PostgreSQL's message. Text from a client must pass it before it is parsed.
func CheckUTF8(b []byte) error {
	if utf8.Valid(b) {
		if bytes.IndexByte(b, 0) < 0 {
			return nil
		}
		return pgerr.New(pgerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x00")
	}
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size <= 1 {
			return invalidUTF8(b[i:])
		}
		if b[i] == 0 {
			return pgerr.New(pgerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x00")
		}
		i += size
	}
	return nil
}

// invalidUTF8 reports the sequence that starts b: as many bytes as its first
// byte announces, where there are so many.
func invalidUTF8(b []byte) error {
	n := 1
	switch {
	case b[0]&0xe0 == 0xc0:
		n = 2
	case b[0]&0xf0 == 0xe0:
		n = 3
	case b[0]&0xf8 == 0xf0:
		n = 4
	}
	n = min(n, len(b))
	const digits = "0123456789abcdef"
	var text []byte
	for _, c := range b[:n] {
		if len(text) > 0 {
			text = append(text, ' ')
		}
		text = append(text, '0', 'x', digits[c>>4], digits[c&15])
	}
	return pgerr.New(pgerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": %s", text)
}

func textOut(dst []byte, v Value, _ *Env) []byte { return append(dst, v.Bytes...) }

func textRecv(data []byte) (Value, error) {
	if err := CheckUTF8(data); err != nil {
		return Value{}, err
	}
	return TextBytes(data), nil
}

// prefixChars returns the byte length of the first n characters of s, and
// whether s has more than n.
func prefixChars(s []byte, n int) (size int, more bool) {
	if len(s) <= n {
		return len(s), false
	}
	for range n {
		if size >= len(s) {
			return len(s), false
		}
		_, w := utf8.DecodeRune(s[size:])
		size += w
	}
	return size, size < len(s)
}

func varcharIn(typmod int32, text []byte) (Value, error) {
	if typmod < typmodHeader {
		return TextBytes(text), nil
	}
	n := int(typmod - typmodHeader)
	size, more := prefixChars(text, n)
	if more && !allBlank(text[size:]) {
		return Value{}, valueTooLong("character varying", n)
	}
	return TextBytes(text[:size]), nil
}

func bpcharIn(typmod int32, text []byte) (Value, error) {
	if typmod >= typmodHeader {
		n := int(typmod - typmodHeader)
		size, more := prefixChars(text, n)
		if more && !allBlank(text[size:]) {
			return Value{}, valueTooLong("character", n)
		}
		text = text[:size]
	}
	return TextBytes(trimRightBlanks(text)), nil
}

func trimRightBlanks(s []byte) []byte {
	for len(s) > 0 && s[len(s)-1] == ' ' {
		s = s[:len(s)-1]
	}
	return s
}

func allBlank(s []byte) bool { return len(trimRightBlanks(s)) == 0 }

func valueTooLong(typeName string, n int) error {
	return pgerr.New(pgerr.StringDataRightTruncation, "value too long for type %s(%d)", typeName, n)
}

// bpcharEncoder pads with blanks to the n characters of char(n).
func bpcharEncoder(typmod int32) Encoder {
	if typmod < typmodHeader {
		return textOut
	}
	n := int(typmod - typmodHeader)
	return func(dst []byte, v Value, _ *Env) []byte { return appendPadded(dst, v.Bytes, n) }
}

// appendPadded appends s and blanks up to n characters.
func appendPadded(dst, s []byte, n int) []byte {
	dst = append(dst, s...)
	for missing := n - utf8.RuneCount(s); missing > 0; missing -= len(blanks) {
		dst = append(dst, blanks[:min(missing, len(blanks))]...)
	}
	return dst
}

func nameIn(text []byte) Value {
	if len(text) <= nameBytesMax {
		return TextBytes(text)
	}
	n := nameBytesMax
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return TextBytes(text[:n])
}

// charIn reads "char": the first byte, or \ooo for a byte beyond ASCII. The
// zero byte is the empty string.
func charIn(text []byte) Value {
	if len(text) == 4 && text[0] == '\\' && isOctal(text[1]) && isOctal(text[2]) && isOctal(text[3]) {
		return charValue((text[1]-'0')<<6 | (text[2]-'0')<<3 | (text[3] - '0'))
	}
	if len(text) > 1 {
		text = text[:1]
	}
	return TextBytes(text)
}

func charValue(c byte) Value {
	if c == 0 {
		return TextBytes([]byte{})
	}
	return TextBytes([]byte{c})
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

func charOut(dst []byte, v Value, _ *Env) []byte {
	if len(v.Bytes) == 0 {
		return dst
	}
	c := v.Bytes[0]
	if c < utf8.RuneSelf {
		return append(dst, c)
	}
	return append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
}

func charSend(dst []byte, v Value, _ *Env) []byte {
	if len(v.Bytes) == 0 {
		return append(dst, 0)
	}
	return append(dst, v.Bytes[0])
}

func charRecv(data []byte) (Value, error) {
	if err := checkLength(data, 1); err != nil {
		return Value{}, err
	}
	return charValue(data[0]), nil
}
