package parse

import (
	"strings"
	"unicode/utf8"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// nameBytesMax is the length that identifiers are cut to: NAMEDATALEN - 1.
const nameBytesMax = 63

// lexer splits a source text into tokens by the rules of PostgreSQL's scan.l.
// The source is valid UTF-8 without NUL. Errors leave by panic(bailout).
type lexer struct {
	src string
	pos int
	// escapes is standard_conforming_strings = off: a backslash in a plain
	// string is an escape.
	escapes bool
}

// bailout carries an error out of the lexer and the parser.
type bailout struct{ err *pgerr.Error }

// Character classes of bytes.
const (
	charSpace = 1 << iota
	charIdentStart
	charDigit
	charOp
	charSelf
	charHex
	charUpper
)

// charClass gives the classes of each byte.
var charClass = makeCharClass()

func makeCharClass() (t [256]uint8) {
	for _, c := range " \t\n\r\f" {
		t[c] |= charSpace
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c] |= charIdentStart
	}
	for c := 'A'; c <= 'Z'; c++ {
		t[c] |= charIdentStart | charUpper
	}
	t['_'] |= charIdentStart
	for c := 0x80; c < 0x100; c++ {
		t[c] |= charIdentStart
	}
	for c := '0'; c <= '9'; c++ {
		t[c] |= charDigit | charHex
	}
	for _, c := range "abcdefABCDEF" {
		t[c] |= charHex
	}
	for _, c := range "~!@#^&|`?+-*/%<>=" {
		t[c] |= charOp
	}
	for _, c := range ",()[].;:+-*/%^<>=" {
		t[c] |= charSelf
	}
	return t
}

// fail ends the parse with an error at the byte offset pos.
func (l *lexer) fail(pos int, code, format string, args ...any) {
	err := pgerr.New(code, format, args...)
	panic(bailout{err.At(ast.Character(l.src, pos))})
}

// failNear ends the parse with "message at or near …" for src[pos:end], as
// PostgreSQL's scanner_yyerror words it.
func (l *lexer) failNear(message string, pos, end int) {
	if pos >= len(l.src) {
		l.fail(pos, pgerr.SyntaxError, "%s at end of input", message)
	}
	l.fail(pos, pgerr.SyntaxError, "%s at or near \"%s\"", message, l.src[pos:end])
}

// skipSpace moves over white space and comments.
func (l *lexer) skipSpace() {
	src := l.src
	for l.pos < len(src) {
		c := src[l.pos]
		switch {
		case charClass[c]&charSpace != 0:
			l.pos++
		case c == '-' && l.pos+1 < len(src) && src[l.pos+1] == '-':
			l.skipLine()
		case c == '/' && l.pos+1 < len(src) && src[l.pos+1] == '*':
			l.skipComment()
		default:
			return
		}
	}
}

// skipLine moves to the end of a -- comment's line.
func (l *lexer) skipLine() {
	n := strings.IndexAny(l.src[l.pos:], "\n\r")
	if n < 0 {
		l.pos = len(l.src)
		return
	}
	l.pos += n
}

// skipComment moves over a comment, which may hold others.
func (l *lexer) skipComment() {
	start, depth, i := l.pos, 0, l.pos
	for i+1 < len(l.src) {
		switch {
		case l.src[i] == '/' && l.src[i+1] == '*':
			depth++
			i += 2
		case l.src[i] == '*' && l.src[i+1] == '/':
			depth--
			i += 2
			if depth == 0 {
				l.pos = i
				return
			}
		default:
			i++
		}
	}
	l.failNear("unterminated /* comment", start, len(l.src))
}

// next reads the next token into t.
func (l *lexer) next(t *token) {
	l.skipSpace()
	src, start := l.src, l.pos
	t.pos = start
	if start >= len(src) {
		t.kind, t.end, t.str = tEOF, start, ""
		return
	}
	c := src[start]
	class := charClass[c]
	switch {
	case class&charIdentStart != 0:
		l.word(t, c)
	case class&charDigit != 0:
		l.number(t)
	case class&(charOp|charSelf) != 0:
		l.punctuation(t, c, class)
	case c == '\'':
		l.quoted(t, start+1, l.escapes)
	case c == '"':
		l.quotedIdent(t, start+1)
	case c == '$':
		l.dollar(t)
	default:
		l.char(t)
	}
	t.end = l.pos
}

// char reads one byte that means itself.
func (l *lexer) char(t *token) {
	t.kind, t.str = kind(l.src[l.pos]), l.src[l.pos:l.pos+1]
	l.pos++
}

// peek returns the byte n after the current one, or 0.
func (l *lexer) peek(n int) byte {
	if l.pos+n < len(l.src) {
		return l.src[l.pos+n]
	}
	return 0
}

// word reads an identifier, a key word, or a string with a prefix letter.
func (l *lexer) word(t *token, c byte) {
	switch c {
	case 'b', 'B', 'x', 'X', 'n', 'N', 'e', 'E', 'u', 'U':
		if l.prefixed(t, c) {
			return
		}
	}
	src, i := l.src, l.pos+1
	upper := charClass[c] & charUpper
	high := c & 0x80
	for i < len(src) {
		class := charClass[src[i]]
		if class&(charIdentStart|charDigit) == 0 && src[i] != '$' {
			break
		}
		upper |= class & charUpper
		high |= src[i] & 0x80
		i++
	}
	text := src[l.pos:i]
	l.pos = i
	if high == 0 && len(text) <= keywordLengthMax {
		if k := lookupFolded(text, upper != 0); k != 0 {
			t.kind, t.str = k, keywords[k-firstKeyword].word
			return
		}
	}
	if upper != 0 {
		text = foldCase(text)
	}
	t.kind, t.str = tIdent, truncateName(text)
}

// lookupFolded finds the key word that text is in any case.
func lookupFolded(text string, upper bool) kind {
	if !upper {
		return lookupKeyword(text)
	}
	var buf [keywordLengthMax]byte
	for i := 0; i < len(text); i++ {
		buf[i] = text[i]
		if charClass[text[i]]&charUpper != 0 {
			buf[i] |= 0x20
		}
	}
	return lookupKeyword(string(buf[:len(text)]))
}

// foldCase turns the ASCII capitals of s into small letters.
func foldCase(s string) string {
	b := []byte(s)
	for i, c := range b {
		if charClass[c]&charUpper != 0 {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// truncateName cuts a name at nameBytesMax, between characters.
func truncateName(s string) string {
	if len(s) <= nameBytesMax {
		return s
	}
	n := nameBytesMax
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// prefixed reads B”, X”, N”, E”, U&” and U&"" and tells whether there was
// one.
func (l *lexer) prefixed(t *token, c byte) bool {
	start := l.pos
	if l.peek(1) == '\'' {
		switch c {
		case 'b', 'B':
			l.bitString(t, 'b', tBitString, "unterminated bit string literal")
		case 'x', 'X':
			l.bitString(t, 'x', tHexString, "unterminated hexadecimal string literal")
		case 'n', 'N': // the N is the word NCHAR, the string a token of its own
			l.pos++
			t.kind, t.str = kwNchar, "nchar"
		case 'e', 'E':
			l.quoted(t, start+2, true)
		default:
			return false
		}
		return true
	}
	if (c == 'u' || c == 'U') && l.peek(1) == '&' {
		switch l.peek(2) {
		case '\'':
			l.unicodeString(t, start+3)
			return true
		case '"':
			l.unicodeIdent(t, start+3)
			return true
		}
	}
	return false
}

// number reads a number.
func (l *lexer) number(t *token) {
	src, i := l.src, l.pos
	for i < len(src) && charClass[src[i]]&charDigit != 0 {
		i++
	}
	t.kind = tInteger
	if i < len(src) && src[i] == '.' && (i+1 >= len(src) || src[i+1] != '.') {
		t.kind = tNumber
		i++
		for i < len(src) && charClass[src[i]]&charDigit != 0 {
			i++
		}
	}
	l.numberEnd(t, i)
}

// numberEnd reads the exponent after src[l.pos:i], and checks what follows.
func (l *lexer) numberEnd(t *token, i int) {
	src, start := l.src, l.pos
	if i < len(src) && (src[i] == 'e' || src[i] == 'E') {
		j := i + 1
		signed := j < len(src) && (src[j] == '+' || src[j] == '-')
		if signed {
			j++
		}
		digits := j
		for j < len(src) && charClass[src[j]]&charDigit != 0 {
			j++
		}
		switch {
		case j > digits:
			t.kind, i = tNumber, j
		case signed:
			l.failNear("trailing junk after numeric literal", start, digits)
		}
	}
	if i < len(src) && charClass[src[i]]&charIdentStart != 0 {
		l.failNear("trailing junk after numeric literal", start, l.identEnd(i))
	}
	l.pos, t.str = i, src[start:i]
	if t.kind == tInteger && !fitsInt4(t.str) {
		t.kind = tNumber
	}
}

// identEnd returns the end of the identifier that begins at i.
func (l *lexer) identEnd(i int) int {
	for i < len(l.src) && (charClass[l.src[i]]&(charIdentStart|charDigit) != 0 || l.src[i] == '$') {
		i++
	}
	return i
}

// fitsInt4 tells whether decimal digits are at most 2147483647.
func fitsInt4(digits string) bool {
	if len(digits) < 10 {
		return true
	}
	digits = strings.TrimLeft(digits, "0")
	return len(digits) < 10 || len(digits) == 10 && digits <= "2147483647"
}

// punctuation reads an operator or a character that means itself.
func (l *lexer) punctuation(t *token, c byte, class uint8) {
	next := l.peek(1)
	switch {
	case c == '.' && charClass[next]&charDigit != 0:
		t.kind = tNumber
		i := l.pos + 1
		for i < len(l.src) && charClass[l.src[i]]&charDigit != 0 {
			i++
		}
		l.numberEnd(t, i)
	case c == '.' && next == '.':
		l.pos += 2
		t.kind, t.str = tDotDot, ".."
	case c == ':' && next == ':':
		l.pos += 2
		t.kind, t.str = tTypecast, "::"
	case c == ':' && next == '=':
		l.pos += 2
		t.kind, t.str = tColonEquals, ":="
	case class&charOp != 0:
		l.operator(t, class)
	default:
		l.char(t)
	}
}

// operator reads a run of operator characters, less what the rules of the
// language take off its end.
func (l *lexer) operator(t *token, class uint8) {
	src, start := l.src, l.pos
	if charClass[l.peek(1)]&charOp == 0 {
		l.char(t)
		if class&charSelf == 0 {
			t.kind = tOp
		}
		return
	}
	end := start + 1
	for end < len(src) && charClass[src[end]]&charOp != 0 {
		if end+1 < len(src) && (src[end] == '-' && src[end+1] == '-' || src[end] == '/' && src[end+1] == '*') {
			break
		}
		end++
	}
	// '+' and '-' end an operator only where it has a character that no
	// operator of the standard has.
	if last := src[end-1]; end-start > 1 && (last == '+' || last == '-') && !strings.ContainsAny(src[start:end-1], "~!@#^&|`?%") {
		for end-start > 1 && (src[end-1] == '+' || src[end-1] == '-') {
			end--
		}
	}
	if end-start > nameBytesMax {
		l.failNear("operator too long", start, end)
	}
	l.pos = end
	t.str = src[start:end]
	t.kind = operatorKind(t.str)
	if t.kind == tNotEquals {
		t.str = "<>"
	}
}

// operatorKind returns the token kind of an operator's text.
func operatorKind(s string) kind {
	if len(s) == 1 {
		if charClass[s[0]]&charSelf != 0 {
			return kind(s[0])
		}
		return tOp
	}
	switch s {
	case "=>":
		return tEqualsGreater
	case "<=":
		return tLessEquals
	case ">=":
		return tGreaterEquals
	case "<>", "!=":
		return tNotEquals
	}
	return tOp
}

// dollar reads $n, a dollar-quoted string, or a lone dollar sign.
func (l *lexer) dollar(t *token) {
	src, start := l.src, l.pos
	i := start + 1
	if i < len(src) && charClass[src[i]]&charDigit != 0 {
		for i < len(src) && charClass[src[i]]&charDigit != 0 {
			i++
		}
		if i < len(src) && charClass[src[i]]&charIdentStart != 0 {
			l.failNear("trailing junk after parameter", start, l.identEnd(i))
		}
		l.pos = i
		t.kind, t.str = tParam, src[start+1:i]
		return
	}
	if i < len(src) && charClass[src[i]]&charIdentStart != 0 {
		for i < len(src) && charClass[src[i]]&(charIdentStart|charDigit) != 0 {
			i++
		}
	}
	if i >= len(src) || src[i] != '$' {
		l.char(t)
		return
	}
	delimiter := src[start : i+1]
	n := strings.Index(src[i+1:], delimiter)
	if n < 0 {
		l.failNear("unterminated dollar-quoted string", start, len(src))
	}
	t.kind, t.str = tString, src[i+1:i+1+n]
	l.pos = i + 1 + n + len(delimiter)
}
