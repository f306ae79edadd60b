package types

import (
	"bytes"
	"cmp"
)

// The functions of this file read JSON that was checked when it was stored.
// They take json as the client wrote it and jsonb alike, and neither copy nor
// allocate. On damaged text they end early.

// JSONKind returns the kind of the value that text holds: '{', '[', 's' string,
// 'n' number, 't', 'f', 'z' null; 0 for no value.
func JSONKind(text []byte) byte {
	i := skipJSONSpace(text, 0)
	if i >= len(text) {
		return 0
	}
	switch c := text[i]; c {
	case '{', '[', 't', 'f':
		return c
	case '"':
		return 's'
	case 'n':
		return 'z'
	}
	return 'n'
}

func skipJSONSpace(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

// skipJSONString returns the position after the string that starts at i.
func skipJSONString(s []byte, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(s)
}

// skipJSONValue returns the position after the value that starts at i.
func skipJSONValue(s []byte, i int) int {
	depth := 0
	for i < len(s) {
		switch c := s[i]; c {
		case '"':
			i = skipJSONString(s, i)
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ' ', '\n', '\t', '\r', ',', ':':
			i++
			continue
		default:
			for i < len(s) && (isJSONWordByte(s[i]) || s[i] == '-' || s[i] == '+' || s[i] == '.') {
				i++
			}
			if i < len(s) && s[i] == c { // no progress: damaged
				return len(s)
			}
		}
		if depth <= 0 {
			return i
		}
	}
	return i
}

// JSONIter walks the members of an object or the elements of an array:
//
//	for it := IterJSON(text); it.Next(); { use(it.Key, it.Value) }
type JSONIter struct {
	Key   []byte // the key as written, with quotes; nil in an array
	Value []byte // the value as written

	text   []byte
	pos    int
	object bool
}

// IterJSON starts to walk the object or array text; there is nothing to walk in
// any other value.
func IterJSON(text []byte) JSONIter {
	i := skipJSONSpace(text, 0)
	if i >= len(text) || text[i] != '{' && text[i] != '[' {
		return JSONIter{}
	}
	return JSONIter{text: text, pos: i + 1, object: text[i] == '{'}
}

// Next moves to the next member; it returns false after the last.
func (it *JSONIter) Next() bool {
	s := it.text
	i := skipJSONSpace(s, it.pos)
	if i < len(s) && s[i] == ',' {
		i = skipJSONSpace(s, i+1)
	}
	if i >= len(s) || s[i] == '}' || s[i] == ']' {
		return false
	}
	if it.object {
		end := skipJSONString(s, i)
		it.Key = s[i:end]
		i = skipJSONSpace(s, end)
		if i < len(s) && s[i] == ':' {
			i = skipJSONSpace(s, i+1)
		}
	}
	end := skipJSONValue(s, i)
	if end <= i {
		return false
	}
	it.Value = s[i:end]
	it.pos = end
	return true
}

// JSONLen returns the number of members or elements.
func JSONLen(text []byte) int {
	n := 0
	for it := IterJSON(text); it.Next(); {
		n++
	}
	return n
}

// JSONKeyEqual tells whether the key token (with quotes) stands for key.
func JSONKeyEqual(token, key []byte) bool {
	if len(token) < 2 {
		return false
	}
	body := token[1 : len(token)-1]
	if bytes.IndexByte(body, '\\') < 0 {
		return bytes.Equal(body, key)
	}
	return bytes.Equal(JSONUnquote(nil, token), key)
}

// JSONUnquote appends the value of the string token. Text of type json may hold
// escapes without a character in UTF-8 (\u0000, lone surrogates): they become
// U+FFFD; use JSONString to have PostgreSQL's error instead.
func JSONUnquote(dst, token []byte) []byte {
	if len(token) < 2 {
		return dst
	}
	body := token[1 : len(token)-1]
	if bytes.IndexByte(body, '\\') < 0 {
		return append(dst, body...)
	}
	value, err := JSONString(token)
	if err != nil {
		return append(dst, "\ufffd"...)
	}
	return append(dst, value...)
}

// JSONString returns the value of the string token: it aliases token where the
// string has no escapes.
func JSONString(token []byte) ([]byte, error) {
	l := newJSONLexer(token, true)
	if err := l.next(); err != nil {
		return nil, err
	}
	return l.value, nil
}

// JSONKey returns the value of the object's last member named key.
func JSONKey(text, key []byte) (value []byte, ok bool) {
	it := IterJSON(text)
	if !it.object {
		return nil, false
	}
	for it.Next() {
		if JSONKeyEqual(it.Key, key) {
			value, ok = it.Value, true
		}
	}
	return value, ok
}

// JSONIndex returns element i of an array; a negative i counts from the end.
func JSONIndex(text []byte, i int) (value []byte, ok bool) {
	if JSONKind(text) != '[' {
		return nil, false
	}
	if i < 0 {
		if i += JSONLen(text); i < 0 {
			return nil, false
		}
	}
	for it := IterJSON(text); it.Next(); i-- {
		if i == 0 {
			return it.Value, true
		}
	}
	return nil, false
}

// JSONPath follows keys and indexes, as #> does.
func JSONPath(text []byte, path [][]byte) (value []byte, ok bool) {
	value = bytes.TrimSpace(text)
	for _, step := range path {
		switch JSONKind(value) {
		case '{':
			value, ok = JSONKey(value, step)
		case '[':
			n, overflow, isInt := parseInt(trimSpace(step))
			if !isInt || overflow || n != int64(int32(n)) {
				return nil, false
			}
			value, ok = JSONIndex(value, int(n))
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
	}
	return value, true
}

// Ranks of jsonb values: objects are the largest.
func jsonRank(kind byte) int {
	switch kind {
	case '{':
		return 6
	case '[':
		return 5
	case 't', 'f':
		return 4
	case 'n':
		return 3
	case 's':
		return 2
	}
	return 1
}

// CompareJSONB orders two jsonb values in storage form as jsonb's btree
// operators do; it is the collation pg_jsonb. At the top level PostgreSQL takes
// a scalar for an array of one element, hence an empty array is before it.
func CompareJSONB(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	kinda, kindb := JSONKind(a), JSONKind(b)
	if kinda == '[' && kindb != '[' && kindb != '{' {
		if JSONLen(a) == 0 {
			return -1
		}
		return 1
	}
	if kindb == '[' && kinda != '[' && kinda != '{' {
		return -CompareJSONB(b, a)
	}
	return compareJSON(a, b)
}

func compareJSON(a, b []byte) int {
	kinda, kindb := JSONKind(a), JSONKind(b)
	if c := cmp.Compare(jsonRank(kinda), jsonRank(kindb)); c != 0 {
		return c
	}
	switch kinda {
	case '{', '[':
		return compareJSONContainers(a, b)
	case 's':
		return compareJSONStrings(a, b)
	case 'n':
		return CompareNumericText(a, b)
	}
	return compareBool(kinda == 't', kindb == 't')
}

func compareJSONContainers(a, b []byte) int {
	if c := cmp.Compare(JSONLen(a), JSONLen(b)); c != 0 {
		return c
	}
	ita, itb := IterJSON(a), IterJSON(b)
	for ita.Next() && itb.Next() {
		if ita.object {
			if c := compareJSONStrings(ita.Key, itb.Key); c != 0 {
				return c
			}
		}
		if c := compareJSON(ita.Value, itb.Value); c != 0 {
			return c
		}
	}
	return 0
}

func compareJSONStrings(a, b []byte) int {
	if bytes.IndexByte(a, '\\') < 0 && bytes.IndexByte(b, '\\') < 0 && len(a) >= 2 && len(b) >= 2 {
		return bytes.Compare(a[1:len(a)-1], b[1:len(b)-1])
	}
	return bytes.Compare(JSONUnquote(nil, a), JSONUnquote(nil, b))
}
