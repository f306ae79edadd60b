package types

import (
	"bytes"
	"slices"

	"polyreme/pgwire/pgerr"
)

// jsonIn is json_in: the text is checked and kept as it is.
func jsonIn(text []byte) (Value, error) {
	if err := ValidateJSON(text); err != nil {
		return Value{}, err
	}
	return TextBytes(text), nil
}

func jsonbIn(text []byte) (Value, error) {
	out, err := CanonicalJSON(text)
	if err != nil {
		return Value{}, err
	}
	return TextBytes(out), nil
}

// jsonbVersion is the byte in front of jsonb's binary form.
const jsonbVersion = 1

func jsonbRecv(data []byte) (Value, error) {
	if len(data) == 0 {
		return Value{}, insufficientData()
	}
	if data[0] != jsonbVersion {
		return Value{}, pgerr.New(pgerr.InternalError, "unsupported jsonb version number %d", data[0])
	}
	if _, err := textRecv(data[1:]); err != nil {
		return Value{}, err
	}
	return jsonbIn(data[1:])
}

func jsonbSend(dst []byte, v Value, _ *Env) []byte {
	return append(append(dst, jsonbVersion), v.Bytes...)
}

// ValidateJSON returns 22P02 where text is not JSON.
func ValidateJSON(text []byte) error {
	p := jsonParser{lex: newJSONLexer(text, false)}
	return p.document()
}

// CanonicalJSON returns text in jsonb's output form, or 22P02.
func CanonicalJSON(text []byte) ([]byte, error) {
	p := jsonParser{lex: newJSONLexer(text, true), build: true, out: make([]byte, 0, len(text)+len(text)/8+8)}
	if err := p.document(); err != nil {
		return nil, err
	}
	return p.out, nil
}

// jsonParser checks a document and, with build set, writes its canonical form.
type jsonParser struct {
	lex     jsonLexer
	depth   int
	build   bool
	out     []byte
	pairs   []jsonPair // of all objects that are open
	scratch []byte
}

// jsonPair is a member of an object that is open: its key and where in out its
// value is.
type jsonPair struct {
	key      []byte
	from, to int
}

func (p *jsonParser) document() error {
	if err := p.lex.next(); err != nil {
		return err
	}
	if err := p.value(); err != nil {
		return err
	}
	if p.lex.tok != jsonEnd {
		return p.lex.unexpected("end of input")
	}
	return nil
}

// value parses the value that starts at the current token, and moves past it.
func (p *jsonParser) value() error {
	switch p.lex.tok {
	case '{', '[':
		if p.depth++; p.depth > jsonDepthMax {
			return pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded")
		}
		var err error
		if p.lex.tok == '{' {
			err = p.object()
		} else {
			err = p.array()
		}
		p.depth--
		return err
	case jsonString:
		if p.build {
			p.out = AppendJSONString(p.out, p.lex.value)
		}
	case jsonNumber:
		if p.build {
			if err := p.number(); err != nil {
				return err
			}
		}
	case jsonTrue, jsonFalse, jsonNull:
		if p.build {
			p.out = append(p.out, p.lex.token()...)
		}
	default:
		return p.lex.unexpected("JSON value")
	}
	return p.lex.next()
}

func (p *jsonParser) number() error {
	v, err := numericIn(-1, p.lex.token())
	if err != nil {
		return err
	}
	p.out = append(p.out, v.Bytes...)
	return nil
}

func (p *jsonParser) array() error {
	if err := p.lex.next(); err != nil {
		return err
	}
	p.put("[")
	for first := true; ; first = false {
		if first && p.lex.tok == ']' {
			break
		}
		if err := p.value(); err != nil {
			return err
		}
		if p.lex.tok == ']' {
			break
		}
		if p.lex.tok != ',' {
			return p.lex.unexpected("\",\" or \"]\"")
		}
		p.put(", ")
		if err := p.lex.next(); err != nil {
			return err
		}
	}
	p.put("]")
	return p.lex.next()
}

func (p *jsonParser) put(s string) {
	if p.build {
		p.out = append(p.out, s...)
	}
}

func (p *jsonParser) object() error {
	if err := p.lex.next(); err != nil {
		return err
	}
	firstPair, from := len(p.pairs), len(p.out)
	for first := true; ; first = false {
		if first && p.lex.tok == '}' {
			break
		}
		if p.lex.tok != jsonString {
			if first {
				return p.lex.unexpected("string or \"}\"")
			}
			return p.lex.unexpected("string")
		}
		if err := p.member(); err != nil {
			return err
		}
		if p.lex.tok == '}' {
			break
		}
		if p.lex.tok != ',' {
			return p.lex.unexpected("\",\" or \"}\"")
		}
		if err := p.lex.next(); err != nil {
			return err
		}
	}
	if p.build {
		p.finishObject(firstPair, from)
	}
	return p.lex.next()
}

func (p *jsonParser) member() error {
	key := p.lex.value
	if err := p.lex.next(); err != nil {
		return err
	}
	if p.lex.tok != ':' {
		return p.lex.unexpected("\":\"")
	}
	if err := p.lex.next(); err != nil {
		return err
	}
	from := len(p.out)
	if err := p.value(); err != nil {
		return err
	}
	if p.build {
		p.pairs = append(p.pairs, jsonPair{key, from, len(p.out)})
	}
	return nil
}

// finishObject replaces the values since from by the object of the pairs since
// firstPair: sorted, the last of equal keys kept.
func (p *jsonParser) finishObject(firstPair, from int) {
	pairs := p.pairs[firstPair:]
	slices.SortStableFunc(pairs, func(a, b jsonPair) int { return CompareJSONKeys(a.key, b.key) })
	p.scratch = append(p.scratch[:0], '{')
	for i, pair := range pairs {
		if i+1 < len(pairs) && bytes.Equal(pair.key, pairs[i+1].key) {
			continue
		}
		if len(p.scratch) > 1 {
			p.scratch = append(p.scratch, ", "...)
		}
		p.scratch = append(AppendJSONString(p.scratch, pair.key), ": "...)
		p.scratch = append(p.scratch, p.out[pair.from:pair.to]...)
	}
	p.scratch = append(p.scratch, '}')
	p.out = append(p.out[:from], p.scratch...)
	p.pairs = p.pairs[:firstPair]
}

// CompareJSONKeys orders keys as jsonb does: the shorter first, then by bytes.
func CompareJSONKeys(a, b []byte) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return bytes.Compare(a, b)
}

// AppendJSONString appends s as a JSON string, escaped as PostgreSQL does.
func AppendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	from := 0
	for i, c := range s {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
