package types

import (
	"bytes"
	"unicode/utf8"

	"polyreme/pgwire/pgerr"
)

// jsonToken is a kind of token; a structural one is its character.
type jsonToken byte

const (
	jsonEnd    jsonToken = 0
	jsonString jsonToken = 's'
	jsonNumber jsonToken = 'n'
	jsonTrue   jsonToken = 't'
	jsonFalse  jsonToken = 'f'
	jsonNull   jsonToken = 'z'
)

// jsonDepthMax bounds nesting; PostgreSQL's own stack allows about as much.
const jsonDepthMax = 6000

// jsonLexer splits text into tokens and reports errors as PostgreSQL does.
type jsonLexer struct {
	text      []byte
	start     int // of the token
	end       int // of the token; the next one is looked for from here
	tok       jsonToken
	line      int
	lineStart int
	unescape  bool // keep the value of strings, as jsonb needs it
	value     []byte
}

func newJSONLexer(text []byte, unescape bool) jsonLexer {
	return jsonLexer{text: text, line: 1, unescape: unescape}
}

// fail makes the error for the token that ends at l.end.
func (l *jsonLexer) fail(detail string, args ...any) error {
	return l.context(pgerr.New(pgerr.InvalidTextRepresentation, "invalid input syntax for type json").
		WithDetail(detail, args...))
}

// context adds the part of the line before the error.
func (l *jsonLexer) context(e *pgerr.Error) error {
	const width, margin = 50, 3
	from := l.lineStart
	for l.end-from >= width {
		_, size := utf8.DecodeRune(l.text[from:])
		from += size
	}
	if from-l.lineStart <= margin {
		from = l.lineStart
	}
	prefix, suffix := "", ""
	if from > l.lineStart {
		prefix = "..."
	}
	if l.tok != jsonEnd && l.end < len(l.text) && l.text[l.end] != '\n' && l.text[l.end] != '\r' {
		suffix = "..."
	}
	where := pgerr.New("", "JSON data, line %d: %s%s%s", l.line, prefix, l.text[from:l.end], suffix)
	e.Where = where.Message
	return e
}

func (l *jsonLexer) token() []byte { return l.text[l.start:l.end] }

// unexpected reports the token where something else should be.
func (l *jsonLexer) unexpected(expected string) error {
	if l.tok == jsonEnd {
		return l.fail("The input string ended unexpectedly.")
	}
	return l.fail("Expected %s, but found \"%s\".", expected, l.token())
}

func isJSONWordByte(c byte) bool { return isAlnum(c) || c == '_' || c >= utf8.RuneSelf }

// next reads the next token.
func (l *jsonLexer) next() error {
	i := l.end
	for i < len(l.text) {
		c := l.text[i]
		if c == '\n' {
			l.line++
			l.lineStart = i + 1
		} else if c != ' ' && c != '\t' && c != '\r' {
			break
		}
		i++
	}
	l.start = i
	if i >= len(l.text) {
		l.end = i
		l.tok = jsonEnd
		return nil
	}
	switch c := l.text[i]; {
	case c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':':
		l.tok = jsonToken(c)
		l.end = i + 1
	case c == '"':
		l.tok = jsonString
		return l.lexString()
	case c == '-' || isDigit(c):
		l.tok = jsonNumber
		return l.lexNumber()
	default:
		return l.lexWord()
	}
	return nil
}

func (l *jsonLexer) lexWord() error {
	i := l.start
	for i < len(l.text) && isJSONWordByte(l.text[i]) {
		i++
	}
	if i == l.start {
		l.end = i + 1
		l.tok = 'x'
		return l.invalidToken()
	}
	l.end = i
	switch string(l.token()) {
	case "true":
		l.tok = jsonTrue
	case "false":
		l.tok = jsonFalse
	case "null":
		l.tok = jsonNull
	default:
		l.tok = 'x'
		return l.invalidToken()
	}
	return nil
}

func (l *jsonLexer) invalidToken() error { return l.fail("Token \"%s\" is invalid.", l.token()) }

func (l *jsonLexer) lexNumber() error {
	i := l.start
	if l.text[i] == '-' {
		i++
	}
	digits := func() int {
		from := i
		for i < len(l.text) && isDigit(l.text[i]) {
			i++
		}
		return i - from
	}
	bad := false
	first := i
	if n := digits(); n == 0 || n > 1 && l.text[first] == '0' {
		bad = true
		if n > 1 {
			i = first + 1
		}
	}
	if !bad && i < len(l.text) && l.text[i] == '.' {
		i++
		bad = digits() == 0
	}
	if !bad && i < len(l.text) && l.text[i]|0x20 == 'e' {
		i++
		if i < len(l.text) && (l.text[i] == '+' || l.text[i] == '-') {
			i++
		}
		bad = digits() == 0
	}
	for i < len(l.text) && isJSONWordByte(l.text[i]) {
		i++
		bad = true
	}
	l.end = i
	if bad {
		return l.invalidToken()
	}
	return nil
}

// lexString reads a string; with unescape set, its value too. The value of a
// string without escapes aliases the text.
func (l *jsonLexer) lexString() error {
	i := l.start + 1
	plain := bytes.IndexByte(l.text[i:], '"')
	if plain >= 0 {
		body := l.text[i : i+plain]
		if isPlainJSONString(body) {
			l.value = body
			l.end = i + plain + 1
			return nil
		}
	}
	var value []byte
	high := rune(0) // a high surrogate that waits for its low one
	for {
		if i >= len(l.text) {
			l.end = i
			return l.invalidToken()
		}
		c := l.text[i]
		if high != 0 && (c != '\\' || i+1 < len(l.text) && l.text[i+1] != 'u') {
			l.end = i + 1
			return l.lowSurrogate()
		}
		switch {
		case c == '"':
			l.end = i + 1
			l.value = value
			return nil
		case c < 0x20:
			l.end = i
			return l.fail("Character with value 0x%02x must be escaped.", c)
		case c != '\\':
			value = append(value, c)
			i++
		case i+1 >= len(l.text):
			l.end = len(l.text)
			return l.invalidToken()
		case l.text[i+1] == 'u':
			r, err := l.unicodeEscape(i + 2)
			if err != nil {
				return err
			}
			i += 6
			if !l.unescape {
				continue
			}
			if high, value, err = l.appendEscape(value, high, r, i); err != nil {
				return err
			}
		default:
			decoded, ok := jsonEscape(l.text[i+1])
			if !ok {
				_, size := utf8.DecodeRune(l.text[i+1:])
				l.end = i + 1 + size
				return l.fail("Escape sequence \"\\%s\" is invalid.", l.text[i+1:l.end])
			}
			value = append(value, decoded)
			i += 2
		}
	}
}

func isPlainJSONString(s []byte) bool {
	for _, c := range s {
		if c == '\\' || c < 0x20 {
			return false
		}
	}
	return true
}

func jsonEscape(c byte) (byte, bool) {
	switch c {
	case '"', '\\', '/':
		return c, true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	}
	return 0, false
}

func (l *jsonLexer) unicodeEscape(i int) (rune, error) {
	var r rune
	for k := range 4 {
		if i+k >= len(l.text) {
			l.end = len(l.text)
			return 0, l.invalidToken()
		}
		d, ok := hexValue(l.text[i+k])
		if !ok {
			_, size := utf8.DecodeRune(l.text[i+k:])
			l.end = i + k + size
			return 0, l.fail("\"\\u\" must be followed by four hexadecimal digits.")
		}
		r = r<<4 | rune(d)
	}
	return r, nil
}

func (l *jsonLexer) lowSurrogate() error {
	return l.fail("Unicode low surrogate must follow a high surrogate.")
}

// appendEscape adds the character of a \u escape that ends at i.
func (l *jsonLexer) appendEscape(value []byte, high, r rune, i int) (rune, []byte, error) {
	l.end = i
	switch {
	case r >= 0xd800 && r <= 0xdbff:
		if high != 0 {
			return 0, nil, l.fail("Unicode high surrogate must not follow a high surrogate.")
		}
		return r, value, nil
	case r >= 0xdc00 && r <= 0xdfff:
		if high == 0 {
			return 0, nil, l.lowSurrogate()
		}
		r = 0x10000 + (high&0x3ff)<<10 + r&0x3ff
	case high != 0:
		return 0, nil, l.lowSurrogate()
	case r == 0:
		return 0, nil, l.context(pgerr.New(pgerr.UntranslatableCharacter, "unsupported Unicode escape sequence").
			WithDetail("\\u0000 cannot be converted to text."))
	}
	return 0, utf8.AppendRune(value, r), nil
}
