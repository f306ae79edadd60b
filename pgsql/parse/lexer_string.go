package parse

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// continuation returns the offset after the quote that goes on a string literal
// ended just before i, or 0: white space with a line break, then a quote.
func (l *lexer) continuation(i int) int {
	src, newline := l.src, false
	for i < len(src) {
		switch c := src[i]; {
		case c == '\n' || c == '\r':
			newline = true
			i++
		case charClass[c]&charSpace != 0:
			i++
		case c == '-' && i+1 < len(src) && src[i+1] == '-':
			n := strings.IndexAny(src[i:], "\n\r")
			if n < 0 {
				return 0
			}
			i += n
		case c == '\'' && newline:
			return i + 1
		default:
			return 0
		}
	}
	return 0
}

// quoted reads the string whose text starts at i. With escapes a backslash
// escapes; without, only doubled quotes are special.
func (l *lexer) quoted(t *token, i int, escapes bool) {
	t.kind = tString
	src := l.src
	if n := strings.IndexByte(src[i:], '\''); n >= 0 {
		end := i + n
		simple := end+1 >= len(src) || src[end+1] != '\'' && l.continuation(end+1) == 0
		if simple && (!escapes || strings.IndexByte(src[i:end], '\\') < 0) {
			t.str, l.pos = src[i:end], end+1
			return
		}
	}
	buf := make([]byte, 0, 64)
	nonASCII := false
	for i < len(src) {
		switch c := src[i]; {
		case c == '\'' && i+1 < len(src) && src[i+1] == '\'':
			buf = append(buf, '\'')
			i += 2
		case c == '\'':
			next := l.continuation(i + 1)
			if next == 0 {
				if nonASCII {
					l.verifyUTF8(buf)
				}
				t.str, l.pos = string(buf), i+1
				return
			}
			i = next
		case c == '\\' && escapes && i+1 < len(src):
			var high bool
			buf, i, high = l.escape(buf, i)
			nonASCII = nonASCII || high
		default:
			buf = append(buf, c)
			i++
		}
	}
	l.failNear("unterminated quoted string", t.pos, len(src))
}

// escape resolves the backslash escape at i, and tells whether it made a byte
// that may have broken the encoding.
func (l *lexer) escape(buf []byte, i int) (_ []byte, next int, high bool) {
	switch c := l.src[i+1]; c {
	case 'b':
		return append(buf, '\b'), i + 2, false
	case 'f':
		return append(buf, '\f'), i + 2, false
	case 'n':
		return append(buf, '\n'), i + 2, false
	case 'r':
		return append(buf, '\r'), i + 2, false
	case 't':
		return append(buf, '\t'), i + 2, false
	case '0', '1', '2', '3', '4', '5', '6', '7':
		v, j := 0, i+1
		for j < len(l.src) && j < i+4 && l.src[j] >= '0' && l.src[j] <= '7' {
			v = v*8 + int(l.src[j]-'0')
			j++
		}
		return append(buf, byte(v)), j, byte(v) == 0 || byte(v) >= 0x80
	case 'x':
		v, j := 0, i+2
		for j < len(l.src) && j < i+4 && charClass[l.src[j]]&charHex != 0 {
			v = v*16 + hexValue(l.src[j])
			j++
		}
		if j == i+2 {
			return append(buf, 'x'), j, false
		}
		return append(buf, byte(v)), j, byte(v) == 0 || byte(v) >= 0x80
	case 'u', 'U':
		buf, next = l.unicodeEscape(buf, i)
		return buf, next, false
	default:
		// The whole character, so that its other bytes are not escapes.
		_, n := utf8.DecodeRuneInString(l.src[i+1:])
		return append(buf, l.src[i+1:i+1+n]...), i + 1 + n, false
	}
}

// hexValue is the value of a hexadecimal digit.
func hexValue(c byte) int {
	if c <= '9' {
		return int(c - '0')
	}
	return int(c|0x20-'a') + 10
}

// hexEscape reads \uXXXX or \UXXXXXXXX at i; next is 0 where it is malformed.
func (l *lexer) hexEscape(i int) (v rune, next int) {
	n := 4
	if l.src[i+1] == 'U' {
		n = 8
	}
	if i+2+n > len(l.src) {
		return 0, 0
	}
	u := uint32(0)
	for _, c := range []byte(l.src[i+2 : i+2+n]) {
		if charClass[c]&charHex == 0 {
			return 0, 0
		}
		u = u<<4 | uint32(hexValue(c))
	}
	if u > 0x7FFFFFFF {
		u = 0x7FFFFFFF
	}
	return rune(u), i + 2 + n
}

// unicodeEscape resolves \uXXXX, \UXXXXXXXX and pairs of surrogates in an E
// string.
func (l *lexer) unicodeEscape(buf []byte, i int) ([]byte, int) {
	v, next := l.hexEscape(i)
	if next == 0 {
		l.failUnicodeEscape(i, pgerr.InvalidEscapeSequence, `Unicode escapes must be \uXXXX or \UXXXXXXXX.`)
	}
	switch {
	case v >= 0xD800 && v <= 0xDBFF:
		low, after := rune(0), 0
		if next+1 < len(l.src) && l.src[next] == '\\' && l.src[next+1]|0x20 == 'u' {
			if low, after = l.hexEscape(next); after == 0 {
				l.failUnicodeEscape(next, pgerr.InvalidEscapeSequence, `Unicode escapes must be \uXXXX or \UXXXXXXXX.`)
			}
		}
		if low < 0xDC00 || low > 0xDFFF {
			end := max(after, min(next+1, len(l.src)))
			l.failNear("invalid Unicode surrogate pair", next, end)
		}
		v, next = (v-0xD800)<<10+(low-0xDC00)+0x10000, after
	case v >= 0xDC00 && v <= 0xDFFF:
		l.failNear("invalid Unicode surrogate pair", i, next)
	case v == 0 || v > utf8.MaxRune:
		l.failNear("invalid Unicode escape value", i, next)
	}
	return utf8.AppendRune(buf, v), next
}

// failUnicodeEscape ends the parse with "invalid Unicode escape" and a hint.
func (l *lexer) failUnicodeEscape(pos int, code, hint string) {
	err := pgerr.New(code, "invalid Unicode escape")
	err.Hint = hint
	panic(bailout{err.At(ast.Character(l.src, pos))})
}

// verifyUTF8 checks bytes that escapes made.
func (l *lexer) verifyUTF8(b []byte) {
	if err := checkUTF8(string(b)); err != nil {
		panic(bailout{err})
	}
}

// checkUTF8 returns the error for text that PostgreSQL does not take as UTF-8:
// NUL, and what is not valid.
func checkUTF8(s string) *pgerr.Error {
	nul := strings.IndexByte(s, 0)
	if nul < 0 && utf8.ValidString(s) {
		return nil
	}
	i := 0
	for i < len(s) && s[i] != 0 {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		i += n
	}
	var b strings.Builder
	for j := i; j < min(len(s), i+sequenceLen(s[i])); j++ {
		if j > i {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "0x%02x", s[j])
	}
	return pgerr.New(pgerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": %s", b.String())
}

// sequenceLen is the length that the first byte of a UTF-8 sequence promises.
func sequenceLen(c byte) int {
	switch {
	case c&0xE0 == 0xC0:
		return 2
	case c&0xF0 == 0xE0:
		return 3
	case c&0xF8 == 0xF0:
		return 4
	}
	return 1
}

// bitString reads B'…' or X'…'. The digits are checked by the type's input.
func (l *lexer) bitString(t *token, letter byte, k kind, unterminated string) {
	buf := []byte{letter}
	i := l.pos + 2
	for {
		n := strings.IndexByte(l.src[i:], '\'')
		if n < 0 {
			l.failNear(unterminated, t.pos, len(l.src))
		}
		buf = append(buf, l.src[i:i+n]...)
		i += n + 1
		next := l.continuation(i)
		if next == 0 {
			break
		}
		i = next
	}
	t.kind, t.str, l.pos = k, string(buf), i
}

// quotedIdent reads the identifier whose text starts at i.
func (l *lexer) quotedIdent(t *token, i int) {
	text, end := l.identText(t, i)
	t.kind, t.str, l.pos = tIdent, truncateName(text), end
}

// identText reads up to the closing double quote.
func (l *lexer) identText(t *token, i int) (string, int) {
	src, start := l.src, i
	var buf []byte
	for {
		n := strings.IndexByte(src[i:], '"')
		if n < 0 {
			l.failNear("unterminated quoted identifier", t.pos, len(src))
		}
		end := i + n
		if end+1 < len(src) && src[end+1] == '"' {
			buf = append(buf, src[i:end+1]...)
			i = end + 2
			continue
		}
		text := src[start:end]
		if buf != nil {
			text = string(append(buf, src[i:end]...))
		}
		if text == "" {
			l.failNear("zero-length delimited identifier", t.pos, end+1)
		}
		return text, end + 1
	}
}

// unicodeString reads U&'…' and the UESCAPE after it.
func (l *lexer) unicodeString(t *token, i int) {
	if l.escapes {
		err := pgerr.New(pgerr.FeatureNotSupported, "unsafe use of string constant with Unicode escapes").
			WithDetail("String constants with Unicode escapes cannot be used when standard_conforming_strings is off.")
		panic(bailout{err.At(ast.Character(l.src, t.pos))})
	}
	l.quoted(t, i, false)
	body, bodyEnd := t.str, l.pos
	t.str = l.unescapeUnicode(t, body, i, bodyEnd)
}

// unicodeIdent reads U&"…" and the UESCAPE after it.
func (l *lexer) unicodeIdent(t *token, i int) {
	text, end := l.identText(t, i)
	l.pos = end
	t.kind = tIdent
	t.str = truncateName(l.unescapeUnicode(t, text, i, end))
}

// uescape reads an optional UESCAPE 'c' after a Unicode string. It looks at the
// text, not at tokens: a run of Unicode strings must not make it call itself.
func (l *lexer) uescape() byte {
	const word = "uescape"
	const notSimple = "UESCAPE must be followed by a simple string literal"
	after := l.pos
	l.skipSpace()
	end := l.identEnd(l.pos)
	if end-l.pos != len(word) || foldCase(l.src[l.pos:end]) != word {
		l.pos = after
		return '\\'
	}
	l.pos = end
	l.skipSpace()
	if c := l.peek(0); (c == 'u' || c == 'U') && l.peek(1) == '&' {
		l.failNear(notSimple, l.pos, l.pos+2)
	}
	var w token
	l.next(&w)
	if w.kind != tString {
		l.failNear(notSimple, w.pos, l.pos)
	}
	if len(w.str) != 1 || charClass[w.str[0]]&(charHex|charSpace) != 0 || strings.ContainsAny(w.str, "+'\"") {
		l.failNear("invalid Unicode escape character", w.pos, l.pos)
	}
	return w.str[0]
}

// unescapeUnicode resolves \XXXX and \+XXXXXX in text, which stands at source
// offset base.
func (l *lexer) unescapeUnicode(t *token, text string, base, end int) string {
	esc := l.uescape()
	if strings.IndexByte(text, esc) < 0 {
		return text
	}
	u := unicodeText{l: l, text: text, base: base, start: t.pos, end: end, esc: esc}
	return u.resolve()
}

// unicodeText is the text of a U& literal being resolved.
type unicodeText struct {
	l          *lexer
	text       string
	base       int // source offset of text; near enough where quotes are doubled
	start, end int
	esc        byte
	high       rune // the first half of a pair, waiting for the second
}

func (u *unicodeText) resolve() string {
	buf := make([]byte, 0, len(u.text))
	for i := 0; i < len(u.text); {
		if u.text[i] != u.esc {
			u.failPair(i, u.high != 0)
			buf = append(buf, u.text[i])
			i++
			continue
		}
		if i+1 < len(u.text) && u.text[i+1] == u.esc {
			u.failPair(i, u.high != 0)
			buf = append(buf, u.esc)
			i += 2
			continue
		}
		v, n := u.code(i)
		switch {
		case v >= 0xD800 && v <= 0xDBFF:
			u.failPair(i, u.high != 0)
			u.high = v
		case v >= 0xDC00 && v <= 0xDFFF:
			u.failPair(i, u.high == 0)
			buf = utf8.AppendRune(buf, (u.high-0xD800)<<10+(v-0xDC00)+0x10000)
			u.high = 0
		default:
			u.failPair(i, u.high != 0)
			if v == 0 || v > utf8.MaxRune {
				u.l.fail(u.base+i, pgerr.SyntaxError, "invalid Unicode escape value")
			}
			buf = utf8.AppendRune(buf, v)
		}
		i += n
	}
	u.failPair(len(u.text), u.high != 0)
	return string(buf)
}

// failPair ends the parse where a surrogate has no partner.
func (u *unicodeText) failPair(i int, bad bool) {
	if bad {
		u.l.fail(u.base+i, pgerr.SyntaxError, "invalid Unicode surrogate pair")
	}
}

// code reads \XXXX or \+XXXXXX at i.
func (u *unicodeText) code(i int) (v rune, n int) {
	from, n := i+1, 5
	if i+1 < len(u.text) && u.text[i+1] == '+' {
		from, n = i+2, 8
	}
	if i+n > len(u.text) {
		u.l.failUnicodeEscape(u.base+i, pgerr.SyntaxError, `Unicode escapes must be \XXXX or \+XXXXXX.`)
	}
	for _, c := range []byte(u.text[from : i+n]) {
		if charClass[c]&charHex == 0 {
			u.l.failUnicodeEscape(u.base+i, pgerr.SyntaxError, `Unicode escapes must be \XXXX or \+XXXXXX.`)
		}
		v = v<<4 | rune(hexValue(c))
	}
	return v, n
}
