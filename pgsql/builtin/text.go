package builtin

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// textBytesMax is the largest text that a function makes (1 GB, MaxAllocSize).
const textBytesMax = 1<<30 - 1

func registerText(r *registry) {
	r.native("($1 || $2)", "textcat")
	r.native("(cast_value(@1,25,$1,-1,1) || $2)", "anytextcat(anynonarray,text)")
	r.native("($1 || cast_value(@2,25,$2,-1,1))", "textanycat(text,anynonarray)")
	r.scalar("textlen", textLength)
	r.scalar("bpcharlen", textLength)
	r.scalar("textoctetlen", func(_ *Env, a []types.Value) (types.Value, error) { return types.IntValue(int64(len(a[0].Bytes))), nil })
	r.scalar("bit_length(text)", bitLength)
	r.scalar("bit_length(bytea)", bitLength)
	r.scalar("lower", func(e *Env, a []types.Value) (types.Value, error) {
		return e.text(appendMapped(e.buffer(), a[0].Bytes, lowerRune)), nil
	})
	r.scalar("upper", func(e *Env, a []types.Value) (types.Value, error) {
		return e.text(appendMapped(e.buffer(), a[0].Bytes, upperRune)), nil
	})
	r.scalar("initcap", initcap)
	registerSubstrings(r)
	registerTrim(r)
	registerPad(r)
	r.scalar("replace_text", replaceText)
	r.scalar("translate", translate)
	r.scalar("text_reverse", func(e *Env, a []types.Value) (types.Value, error) {
		return e.text(appendReversed(e.buffer(), a[0].Bytes)), nil
	})
	r.scalar("split_part", splitPart)
	r.scalar("ascii", ascii)
	r.scalar("chr", chr)
	r.scalar("text_starts_with", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.BoolValue(bytes.HasPrefix(a[0].Bytes, a[1].Bytes)), nil
	})
	r.native("$1", "name_text")
	r.native("(CASE $1 WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)", "booltext")
	for key, pair := range map[string][2]types.OID{
		"text_name": {types.TextOID, types.NameOID}, "bpchar_name": {types.BpcharOID, types.NameOID},
		"name_bpchar": {types.NameOID, types.BpcharOID}, "char_text": {types.CharOID, types.TextOID},
		"text_char": {types.TextOID, types.CharOID}, "char_bpchar": {types.CharOID, types.BpcharOID},
	} {
		r.scalar(key, castScalar(pair[0], pair[1]))
	}
	r.scalar("varchar", lengthCoercion(types.VarcharOID))
	r.scalar("bpchar", lengthCoercion(types.BpcharOID))
}

// lengthCoercion is varchar(value, typmod, explicit).
func lengthCoercion(oid types.OID) Scalar {
	return func(e *Env, a []types.Value) (types.Value, error) {
		return e.cast(oid, oid, int32(a[1].Int64()), a[0], a[2].Bool())
	}
}

func textLength(_ *Env, a []types.Value) (types.Value, error) {
	return types.IntValue(int64(utf8.RuneCount(a[0].Bytes))), nil
}

func bitLength(_ *Env, a []types.Value) (types.Value, error) {
	return int4Type.value(int64(len(a[0].Bytes))*8, true)
}

func isASCII(s []byte) bool {
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func lowerRune(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}
	return unicode.ToLower(r)
}

func upperRune(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}
	return unicode.ToUpper(r)
}

func appendMapped(dst, s []byte, f func(rune) rune) []byte {
	for len(s) > 0 {
		c, n := utf8.DecodeRune(s)
		dst = utf8.AppendRune(dst, f(c))
		s = s[n:]
	}
	return dst
}

// initcap capitalises the letters that follow no letter or digit.
func initcap(e *Env, a []types.Value) (types.Value, error) {
	inWord := false
	return e.text(appendMapped(e.buffer(), a[0].Bytes, func(c rune) rune {
		if inWord {
			c = lowerRune(c)
		} else {
			c = upperRune(c)
		}
		inWord = unicode.IsLetter(c) || unicode.IsDigit(c)
		return c
	})), nil
}

func registerSubstrings(r *registry) {
	r.scalar("text_substr", func(_ *Env, a []types.Value) (types.Value, error) {
		return substring(a[0].Bytes, a[1].Int64(), a[2].Int64(), true)
	})
	r.scalar("text_substr_no_len", func(_ *Env, a []types.Value) (types.Value, error) {
		return substring(a[0].Bytes, a[1].Int64(), 0, false)
	})
	r.scalar("text_left", func(_ *Env, a []types.Value) (types.Value, error) {
		s, n := a[0].Bytes, a[1].Int64()
		if n < 0 {
			n = max(int64(utf8.RuneCount(s))+n, 0)
		}
		return types.TextBytes(s[:runeOffset(s, n)]), nil
	})
	r.scalar("text_right", func(_ *Env, a []types.Value) (types.Value, error) {
		s, n := a[0].Bytes, a[1].Int64()
		if n < 0 {
			n = -n
		} else {
			n = max(int64(utf8.RuneCount(s))-n, 0)
		}
		return types.TextBytes(s[runeOffset(s, n):]), nil
	})
	r.scalar("textpos", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.IntValue(position(a[0].Bytes, a[1].Bytes)), nil
	})
	r.scalar("textoverlay", func(e *Env, a []types.Value) (types.Value, error) {
		return overlay(e, a[0].Bytes, a[1].Bytes, a[2].Int64(), a[3].Int64())
	})
	r.scalar("textoverlay_no_len", func(e *Env, a []types.Value) (types.Value, error) {
		return overlay(e, a[0].Bytes, a[1].Bytes, a[2].Int64(), int64(utf8.RuneCount(a[1].Bytes)))
	})
}

// runeOffset returns the offset of character n (from 0) of s, at most len(s).
func runeOffset(s []byte, n int64) int {
	offset := 0
	for ; n > 0 && offset < len(s); n-- {
		if s[offset] < utf8.RuneSelf {
			offset++
			continue
		}
		_, size := utf8.DecodeRune(s[offset:])
		offset += size
	}
	return offset
}

func negativeSubstring() error {
	return pgerr.New(pgerr.SubstringError, "negative substring length not allowed")
}

// substringSpan turns the start (from 1) and length of SQL's substring into a
// number of elements to skip and to take; take is -1 for the whole rest.
func substringSpan(start, length int64, bounded bool) (skip, take int64, err error) {
	if !bounded {
		return max(start-1, 0), -1, nil
	}
	if length < 0 {
		return 0, 0, negativeSubstring()
	}
	end := start + length // both are int4: no overflow
	skip = max(start-1, 0)
	return skip, max(end-1-skip, 0), nil
}

// substring implements substring(s, start) and, where bounded, substring(s,
// start, length).
func substring(s []byte, start, length int64, bounded bool) (types.Value, error) {
	skip, take, err := substringSpan(start, length, bounded)
	if err != nil {
		return types.Value{}, err
	}
	s = s[runeOffset(s, skip):]
	if take >= 0 {
		s = s[:runeOffset(s, take)]
	}
	return types.TextBytes(s), nil
}

// position returns the character position of sub in s, from 1, or 0.
func position(s, sub []byte) int64 {
	i := bytes.Index(s, sub)
	if i < 0 {
		return 0
	}
	return int64(utf8.RuneCount(s[:i])) + 1
}

func overlay(e *Env, s, with []byte, start, length int64) (types.Value, error) {
	if start <= 0 {
		return types.Value{}, negativeSubstring()
	}
	tail := start + length
	if tail > int4Type.high {
		return types.Value{}, int4Type.outOfRange()
	}
	b := append(e.buffer(), s[:runeOffset(s, start-1)]...)
	b = append(b, with...)
	b = append(b, s[runeOffset(s, max(tail-1, 0)):]...)
	return e.text(b), nil
}

func registerTrim(r *registry) {
	both := func(s, set []byte) []byte { return trimRight(trimLeft(s, set), set) }
	space := []byte{' '}
	for key, trim := range map[string]func(s, set []byte) []byte{"btrim": both, "ltrim": trimLeft, "rtrim": trimRight} {
		r.scalar(key, func(_ *Env, a []types.Value) (types.Value, error) {
			return types.TextBytes(trim(a[0].Bytes, a[1].Bytes)), nil
		})
		r.scalar(key+"1", func(_ *Env, a []types.Value) (types.Value, error) {
			return types.TextBytes(trim(a[0].Bytes, space)), nil
		})
	}
}

func trimLeft(s, set []byte) []byte {
	for len(s) > 0 {
		_, n := utf8.DecodeRune(s)
		if !bytes.Contains(set, s[:n]) {
			break
		}
		s = s[n:]
	}
	return s
}

func trimRight(s, set []byte) []byte {
	for len(s) > 0 {
		_, n := utf8.DecodeLastRune(s)
		if !bytes.Contains(set, s[len(s)-n:]) {
			break
		}
		s = s[:len(s)-n]
	}
	return s
}

func requestedTooLarge() error {
	return pgerr.New(pgerr.ProgramLimitExceeded, "requested length too large")
}

func registerPad(r *registry) {
	space := []byte{' '}
	left := func(e *Env, a []types.Value) (types.Value, error) {
		with := space
		if len(a) > 2 {
			with = a[2].Bytes
		}
		return pad(e, a[0].Bytes, a[1].Int64(), with, true)
	}
	right := func(e *Env, a []types.Value) (types.Value, error) {
		with := space
		if len(a) > 2 {
			with = a[2].Bytes
		}
		return pad(e, a[0].Bytes, a[1].Int64(), with, false)
	}
	r.scalar("lpad", left)
	r.scalar("lpad(text,int4)", left)
	r.scalar("rpad", right)
	r.scalar("rpad(text,int4)", right)
	r.scalar("repeat", func(e *Env, a []types.Value) (types.Value, error) {
		n := max(a[1].Int64(), 0)
		if len(a[0].Bytes) > 0 && n > textBytesMax/int64(len(a[0].Bytes)) {
			return types.Value{}, requestedTooLarge()
		}
		b := e.buffer()
		for range n {
			b = append(b, a[0].Bytes...)
		}
		return e.text(b), nil
	})
}

func pad(e *Env, s []byte, width int64, with []byte, left bool) (types.Value, error) {
	width = max(width, 0)
	missing := width - int64(utf8.RuneCount(s))
	if missing <= 0 || len(with) == 0 {
		return types.TextBytes(s[:runeOffset(s, width)]), nil
	}
	if missing > textBytesMax/utf8.UTFMax {
		return types.Value{}, requestedTooLarge()
	}
	b := e.buffer()
	if !left {
		b = append(b, s...)
	}
	count := int64(utf8.RuneCount(with))
	for ; missing >= count; missing -= count {
		b = append(b, with...)
	}
	b = append(b, with[:runeOffset(with, missing)]...)
	if left {
		b = append(b, s...)
	}
	return e.text(b), nil
}

func replaceText(e *Env, a []types.Value) (types.Value, error) {
	s, from, to := a[0].Bytes, a[1].Bytes, a[2].Bytes
	if len(from) == 0 {
		return a[0], nil
	}
	b := e.buffer()
	for {
		i := bytes.Index(s, from)
		if i < 0 {
			break
		}
		b = append(append(b, s[:i]...), to...)
		s = s[i+len(from):]
	}
	return e.text(append(b, s...)), nil
}

// translate replaces each character of from by the one at its place in to, and
// removes those that have none.
func translate(e *Env, a []types.Value) (types.Value, error) {
	s, from, to := a[0].Bytes, a[1].Bytes, a[2].Bytes
	b := e.buffer()
	for len(s) > 0 {
		_, n := utf8.DecodeRune(s)
		i := bytes.Index(from, s[:n])
		if i < 0 {
			b = append(b, s[:n]...)
		} else if rest := to[runeOffset(to, int64(utf8.RuneCount(from[:i]))):]; len(rest) > 0 {
			_, size := utf8.DecodeRune(rest)
			b = append(b, rest[:size]...)
		}
		s = s[n:]
	}
	return e.text(b), nil
}

func appendReversed(dst, s []byte) []byte {
	for len(s) > 0 {
		_, n := utf8.DecodeLastRune(s)
		dst = append(dst, s[len(s)-n:]...)
		s = s[:len(s)-n]
	}
	return dst
}

func splitPart(_ *Env, a []types.Value) (types.Value, error) {
	s, separator, n := a[0].Bytes, a[1].Bytes, a[2].Int64()
	if n == 0 {
		return types.Value{}, pgerr.New(pgerr.InvalidParameterValue, "field position must not be zero")
	}
	empty := types.TextBytes([]byte{})
	if len(separator) == 0 {
		if n == 1 || n == -1 {
			return a[0], nil
		}
		return empty, nil
	}
	if n < 0 {
		if n += int64(bytes.Count(s, separator)) + 2; n <= 0 {
			return empty, nil
		}
	}
	for ; n > 1; n-- {
		i := bytes.Index(s, separator)
		if i < 0 {
			return empty, nil
		}
		s = s[i+len(separator):]
	}
	if i := bytes.Index(s, separator); i >= 0 {
		s = s[:i]
	}
	return types.TextBytes(s), nil
}

func ascii(_ *Env, a []types.Value) (types.Value, error) {
	if len(a[0].Bytes) == 0 {
		return types.IntValue(0), nil
	}
	c, _ := utf8.DecodeRune(a[0].Bytes)
	return types.IntValue(int64(c)), nil
}

func chr(e *Env, a []types.Value) (types.Value, error) {
	n := a[0].Int64()
	switch {
	case n < 0:
		return types.Value{}, pgerr.New(pgerr.InvalidParameterValue, "character number must be positive")
	case n == 0:
		return types.Value{}, pgerr.New(pgerr.ProgramLimitExceeded, "null character not permitted")
	case n > unicode.MaxRune:
		return types.Value{}, pgerr.New(pgerr.ProgramLimitExceeded, "requested character too large for encoding: %d", n)
	case !utf8.ValidRune(rune(n)):
		return types.Value{}, pgerr.New(pgerr.ProgramLimitExceeded, "requested character not valid for encoding: %d", n)
	}
	return e.text(utf8.AppendRune(e.buffer(), rune(n))), nil
}
