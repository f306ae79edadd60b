package builtin

import (
	"bytes"
	"unicode/utf8"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// registerStrings implements the functions that make text of other values.
func registerStrings(r *registry) {
	r.scalar("quote_ident", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.TextValue(QuoteIdentifier(string(a[0].Bytes))), nil
	})
	r.scalar("quote_literal", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.TextValue(QuoteLiteral(string(a[0].Bytes))), nil
	})
	r.scalar("quote_nullable", quoteNullable)
	r.native("quote_literal(cast_value(@1,25,$1,-1,1))", "quote_literal(anyelement)")
	r.native("quote_nullable(cast_value(@1,25,$1,-1,1))", "quote_nullable(anyelement)")
	r.typed("text_concat", "@*", func(e *Env, a []types.Value) (types.Value, error) { return concat(e, nil, a) })
	r.typed("text_concat_ws", "@*", func(e *Env, a []types.Value) (types.Value, error) {
		if a[1].IsNull() {
			return types.Value{}, nil
		}
		return concat(e, a[1].Bytes, a[2:])
	})
	r.typed("text_format", "@*", textFormat)
	r.typed("text_format_nv", "@*", textFormat)
	r.typed("pg_num_nulls", "@*", func(_ *Env, a []types.Value) (types.Value, error) { return countNulls(a, true) })
	r.typed("pg_num_nonnulls", "@*", func(_ *Env, a []types.Value) (types.Value, error) { return countNulls(a, false) })
	r.scalar("parse_ident", parseIdentifier)
	r.scalar("unistr", unistr)
	r.scalar("unicode_is_normalized", func(_ *Env, a []types.Value) (types.Value, error) {
		if !isASCII(a[0].Bytes) {
			return types.Value{}, unsupportedFunction("is_normalized")
		}
		return types.BoolValue(true), nil
	})
	r.scalar("unicode_normalize_func", func(_ *Env, a []types.Value) (types.Value, error) {
		if !isASCII(a[0].Bytes) {
			return types.Value{}, unsupportedFunction("normalize")
		}
		return a[0], nil
	})
}

func quoteNullable(_ *Env, a []types.Value) (types.Value, error) {
	if a[0].IsNull() {
		return types.TextValue("NULL"), nil
	}
	return types.TextValue(QuoteLiteral(string(a[0].Bytes))), nil
}

// argument is one of the arguments of a function with VARIADIC "any".
type argument struct {
	oid types.OID
	v   types.Value
}

// anyArguments reads pairs of type and value. Where the last type is negative
// the value is an array given with VARIADIC: its elements are the arguments.
func anyArguments(a []types.Value) ([]argument, error) {
	args := make([]argument, 0, len(a)/2)
	for i := 0; i+1 < len(a); i += 2 {
		oid := a[i].Int64()
		if oid >= 0 {
			args = append(args, argument{types.OID(oid), a[i+1]})
			continue
		}
		if a[i+1].IsNull() {
			return nil, nil
		}
		array, err := types.DecodeArray(a[i+1].Bytes)
		if err != nil {
			return nil, err
		}
		for _, v := range array.Elems {
			args = append(args, argument{types.ElemOf(types.OID(-oid)), v})
		}
	}
	return args, nil
}

func concat(e *Env, separator []byte, a []types.Value) (types.Value, error) {
	if n := len(a); n >= 2 && a[n-2].Int64() < 0 && a[n-1].IsNull() {
		return types.Value{}, nil
	}
	args, err := anyArguments(a)
	if err != nil {
		return types.Value{}, err
	}
	b, first := e.buffer(), true
	for _, x := range args {
		if x.v.IsNull() {
			continue
		}
		if !first {
			b = append(b, separator...)
		}
		first = false
		b = types.AppendText(b, x.oid, -1, x.v, &e.Types)
	}
	if b == nil {
		b = []byte{}
	}
	return e.text(b), nil
}

func countNulls(a []types.Value, nulls bool) (types.Value, error) {
	if n := len(a); n >= 2 && a[n-2].Int64() < 0 && a[n-1].IsNull() {
		return types.Value{}, nil
	}
	args, err := anyArguments(a)
	if err != nil {
		return types.Value{}, err
	}
	count := int64(0)
	for _, x := range args {
		if x.v.IsNull() == nulls {
			count++
		}
	}
	return types.IntValue(count), nil
}

// textFormat is format(): %s, %I, %L with a position, a width and the - flag.
func textFormat(e *Env, a []types.Value) (types.Value, error) {
	if len(a) < 2 || a[1].IsNull() {
		return types.Value{}, nil
	}
	args, err := anyArguments(a[2:])
	if err != nil {
		return types.Value{}, err
	}
	f := formatter{env: e, args: args, format: a[1].Bytes, out: make([]byte, 0, 2*len(a[1].Bytes))}
	if err := f.run(); err != nil {
		return types.Value{}, err
	}
	return types.TextBytes(f.out), nil
}

type formatter struct {
	env    *Env
	args   []argument
	format []byte
	out    []byte
	next   int // index of the argument after the last one used
}

func formatError(text string) *pgerr.Error { return pgerr.New(pgerr.InvalidParameterValue, "%s", text) }

func (f *formatter) run() error {
	for len(f.format) > 0 {
		i := bytes.IndexByte(f.format, '%')
		if i < 0 {
			f.out = append(f.out, f.format...)
			return nil
		}
		f.out = append(f.out, f.format[:i]...)
		f.format = f.format[i+1:]
		if len(f.format) == 0 {
			return f.unterminated()
		}
		if f.format[0] == '%' {
			f.out = append(f.out, '%')
			f.format = f.format[1:]
			continue
		}
		if err := f.directive(); err != nil {
			return err
		}
	}
	return nil
}

func (f *formatter) unterminated() error {
	return formatError("unterminated format() type specifier").WithHint(`For a single "%%" use "%%%%".`)
}

// number reads digits; ok is false where there are none.
func (f *formatter) number() (n int64, ok bool, err error) {
	for len(f.format) > 0 && f.format[0] >= '0' && f.format[0] <= '9' {
		n = n*10 + int64(f.format[0]-'0')
		if n > int4Type.high {
			return 0, false, pgerr.New(pgerr.NumericValueOutOfRange, "number is out of range")
		}
		f.format = f.format[1:]
		ok = true
	}
	return n, ok, nil
}

// directive reads [n$][-][width]type, where width is digits, * or *n$.
func (f *formatter) directive() error {
	position, width, left := int64(-1), int64(0), false
	n, ok, err := f.number()
	if err != nil {
		return err
	}
	switch {
	case ok && len(f.format) > 0 && f.format[0] == '$':
		if n == 0 {
			return formatError("format specifies argument 0, but arguments are numbered from 1")
		}
		position = n
		f.format = f.format[1:]
	case ok:
		width = n
	}
	if position > 0 || !ok {
		for len(f.format) > 0 && f.format[0] == '-' {
			left = true
			f.format = f.format[1:]
		}
		if width, err = f.width(); err != nil {
			return err
		}
	}
	if len(f.format) == 0 {
		return f.unterminated()
	}
	letter, size := utf8.DecodeRune(f.format)
	f.format = f.format[size:]
	if letter != 's' && letter != 'I' && letter != 'L' {
		return formatError("unrecognized format() type specifier \"" + string(letter) + "\"").WithHint(`For a single "%%" use "%%%%".`)
	}
	if width < 0 {
		left, width = true, -width
	}
	x, err := f.argument(position)
	if err != nil {
		return err
	}
	return f.write(letter, x, width, left)
}

func (f *formatter) width() (int64, error) {
	if len(f.format) == 0 || f.format[0] != '*' {
		n, _, err := f.number()
		return n, err
	}
	f.format = f.format[1:]
	position := int64(-1)
	n, ok, err := f.number()
	if err != nil {
		return 0, err
	}
	if ok {
		if len(f.format) == 0 || f.format[0] != '$' {
			return 0, formatError("width argument position must be ended by \"$\"")
		}
		if n == 0 {
			return 0, formatError("format specifies argument 0, but arguments are numbered from 1")
		}
		f.format = f.format[1:]
		position = n
	}
	x, err := f.argument(position)
	if err != nil || x.v.IsNull() {
		return 0, err
	}
	v, err := f.env.cast(x.oid, types.Int4OID, -1, x.v, true)
	return v.Int64(), err
}

func (f *formatter) argument(position int64) (argument, error) {
	if position < 0 {
		position = int64(f.next) + 1
	}
	if position > int64(len(f.args)) {
		return argument{}, formatError("too few arguments for format()")
	}
	f.next = int(position)
	return f.args[position-1], nil
}

func (f *formatter) write(letter rune, x argument, width int64, left bool) error {
	var text []byte
	if !x.v.IsNull() {
		text = types.AppendText(nil, x.oid, -1, x.v, &f.env.Types)
	}
	switch letter {
	case 'I':
		if x.v.IsNull() {
			return pgerr.New(pgerr.NullValueNotAllowed, "null values cannot be formatted as an SQL identifier")
		}
		text = []byte(QuoteIdentifier(string(text)))
	case 'L':
		if x.v.IsNull() {
			text = []byte("NULL")
		} else {
			text = []byte(QuoteLiteral(string(text)))
		}
	}
	blanks := int(width) - utf8.RuneCount(text)
	if !left {
		f.out = appendBlanks(f.out, blanks)
	}
	f.out = append(f.out, text...)
	if left {
		f.out = appendBlanks(f.out, blanks)
	}
	return nil
}

func appendBlanks(dst []byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, ' ')
	}
	return dst
}

// parseIdentifier is parse_ident(text, strict).
func parseIdentifier(e *Env, a []types.Value) (types.Value, error) {
	parts, err := splitIdentifier(string(a[0].Bytes), a[1].Bool())
	if err != nil {
		return types.Value{}, err
	}
	return e.textArray(parts), nil
}

// textArray returns a text[] of parts.
func (e *Env) textArray(parts []string) types.Value {
	if len(parts) == 0 {
		e.scratch = types.AppendArrayEnd(e.buffer(), nil)
		return types.BlobValue(e.scratch)
	}
	b := e.buffer()
	for _, p := range parts {
		b = types.AppendArrayElem(b, types.TextValue(p))
	}
	e.scratch = types.AppendArrayEnd(b, []types.ArrayDim{{Len: int32(len(parts)), Lower: 1}})
	return types.BlobValue(e.scratch)
}

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// splitIdentifier reads a dotted name: quoted parts as they are, others folded
// to lower case. Text after it is an error where strict.
func splitIdentifier(s string, strict bool) ([]string, error) {
	whole := s
	invalid := func(detail string) error {
		e := pgerr.New(pgerr.InvalidParameterValue, "string is not a valid identifier: %s", `"`+whole+`"`)
		e.Detail = detail
		return e
	}
	skip := func() {
		for s != "" && isBlank(s[0]) {
			s = s[1:]
		}
	}
	var parts []string
	afterDot := false
	for skip(); ; skip() {
		missing := true
		if s != "" && s[0] == '"' {
			part, rest, ok := quotedPart(s[1:])
			if !ok {
				return nil, invalid("String has unclosed double quotes.")
			}
			if part == "" {
				return nil, invalid("Quoted identifier must not be empty.")
			}
			parts, s, missing = append(parts, part), rest, false
		} else if n := identifierLength(s); n > 0 {
			parts, s, missing = append(parts, string(appendMapped(nil, []byte(s[:n]), asciiLower))), s[n:], false
		}
		if missing {
			switch {
			case s != "" && s[0] == '.':
				return nil, invalid(`No valid identifier before ".".`)
			case afterDot:
				return nil, invalid(`No valid identifier after ".".`)
			}
			return nil, invalid("")
		}
		skip()
		if s == "" {
			return parts, nil
		}
		if s[0] != '.' {
			if strict {
				return nil, invalid("")
			}
			return parts, nil
		}
		afterDot, s = true, s[1:]
	}
}

func asciiLower(r rune) rune {
	if r >= 'A' && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

func quotedPart(s string) (part, rest string, ok bool) {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '"' {
			b = append(b, s[i])
			continue
		}
		if i+1 == len(s) || s[i+1] != '"' {
			return string(b), s[i+1:], true
		}
		b = append(b, '"')
		i++
	}
	return "", "", false
}

func identifierLength(s string) int {
	n := 0
	for n < len(s) {
		c := s[n]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
		if !letter && (n == 0 || c != '$' && (c < '0' || c > '9')) {
			break
		}
		n++
	}
	return n
}

// unistr replaces \XXXX, \+XXXXXX, \uXXXX and \UXXXXXXXX.
func unistr(e *Env, a []types.Value) (types.Value, error) {
	s := a[0].Bytes
	b := e.buffer()
	high := rune(-1)
	for len(s) > 0 {
		c, n, err := unicodeEscape(s)
		if err != nil {
			return types.Value{}, err
		}
		if n == 0 {
			if high >= 0 {
				return types.Value{}, invalidSurrogate()
			}
			c, n = utf8.DecodeRune(s)
		}
		s = s[n:]
		switch {
		case high >= 0 && (c < 0xdc00 || c > 0xdfff), high < 0 && c >= 0xdc00 && c <= 0xdfff:
			return types.Value{}, invalidSurrogate()
		case high >= 0:
			c = (high-0xd800)<<10 + c - 0xdc00 + 0x10000
			high = -1
		case c >= 0xd800 && c <= 0xdbff:
			high = c
			continue
		}
		b = utf8.AppendRune(b, c)
	}
	if high >= 0 {
		return types.Value{}, invalidSurrogate()
	}
	return e.text(b), nil
}

func invalidSurrogate() error { return pgerr.New(pgerr.SyntaxError, "invalid Unicode surrogate pair") }

// unicodeEscape reads an escape at the start of s; n is 0 where there is none.
func unicodeEscape(s []byte) (c rune, n int, err error) {
	if s[0] != '\\' {
		return 0, 0, nil
	}
	if len(s) > 1 && s[1] == '\\' {
		return '\\', 2, nil
	}
	skip, digits := 1, 4
	if len(s) > 1 {
		switch s[1] {
		case '+':
			skip, digits = 2, 6
		case 'u':
			skip = 2
		case 'U':
			skip, digits = 2, 8
		}
	}
	if len(s) < skip+digits {
		return 0, 0, invalidUnicodeEscape()
	}
	for _, d := range s[skip : skip+digits] {
		v, ok := hexDigit(d)
		if !ok {
			return 0, 0, invalidUnicodeEscape()
		}
		c = c<<4 | rune(v)
	}
	if c <= 0 || c > utf8.MaxRune {
		return 0, 0, pgerr.New(pgerr.InvalidParameterValue, "invalid Unicode code point: %04X", c)
	}
	return c, skip + digits, nil
}

func invalidUnicodeEscape() error {
	return pgerr.New(pgerr.SyntaxError, "invalid Unicode escape").WithHint(
		`Unicode escapes must be \XXXX, \+XXXXXX, \uXXXX, or \UXXXXXXXX.`)
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
