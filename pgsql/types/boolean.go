package types

import (
	"bytes"

	"polyreme/pgwire/pgerr"
)

func boolIn(text []byte) (Value, error) {
	s := trimSpace(text)
	if v, ok := parseBool(s); ok {
		return BoolValue(v), nil
	}
	return Value{}, invalidSyntax("boolean", text)
}

// parseBool accepts what parse_bool_with_len does: unique prefixes of true,
// false, yes and no, and on, off, 1, 0, in any case.
func parseBool(s []byte) (value, ok bool) {
	if len(s) == 0 {
		return false, false
	}
	switch s[0] | 0x20 {
	case 't':
		return true, isPrefixFold(s, "true")
	case 'f':
		return false, isPrefixFold(s, "false")
	case 'y':
		return true, isPrefixFold(s, "yes")
	case 'n':
		return false, isPrefixFold(s, "no")
	case 'o':
		if len(s) == 2 && s[1]|0x20 == 'n' {
			return true, true
		}
		return false, len(s) >= 2 && isPrefixFold(s, "off")
	}
	if len(s) == 1 && (s[0] == '0' || s[0] == '1') {
		return s[0] == '1', true
	}
	return false, false
}

func isPrefixFold(s []byte, word string) bool {
	return len(s) <= len(word) && bytes.EqualFold(s, []byte(word[:len(s)]))
}

func boolOut(dst []byte, v Value, _ *Env) []byte {
	if v.Bool() {
		return append(dst, 't')
	}
	return append(dst, 'f')
}

func boolSend(dst []byte, v Value, _ *Env) []byte {
	if v.Bool() {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func boolRecv(data []byte) (Value, error) {
	if err := checkLength(data, 1); err != nil {
		return Value{}, err
	}
	return BoolValue(data[0] != 0), nil
}

// isSpace is C's isspace in the C locale.
func isSpace(c byte) bool { return c == ' ' || c-'\t' < 5 }

func trimSpace(s []byte) []byte {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func invalidSyntax(typeName string, text []byte) error {
	return pgerr.New(pgerr.InvalidTextRepresentation, "invalid input syntax for type %s: \"%s\"", typeName, text)
}

func outOfRange(typeName string) error {
	return pgerr.New(pgerr.NumericValueOutOfRange, "%s out of range", typeName)
}

// checkLength guards a fixed-length binary value.
func checkLength(data []byte, want int) error {
	switch {
	case len(data) < want:
		return pgerr.New(pgerr.ProtocolViolation, "insufficient data left in message")
	case len(data) > want:
		return incorrectBinary()
	}
	return nil
}

// incorrectBinary is what PostgreSQL raises where a binary value is longer than
// its receive function read. Bind replaces the message with one that has the
// number of the parameter.
func incorrectBinary() error {
	return pgerr.New(pgerr.InvalidBinaryRepresentation, "incorrect binary data format")
}
