package types

import (
	"bytes"
	"strconv"

	"polyreme/pgwire/pgerr"
)

// arrayParser reads the text form of an array in one pass and appends the
// elements' storage forms as it goes.
type arrayParser struct {
	text    []byte
	pos     int
	elem    OID
	typmod  int32
	delim   byte
	env     *Env
	out     []byte
	scratch []byte

	level  int                 // braces open
	depth  int                 // dimensions, once the first element was met
	counts [arrayDimsMax]int32 // items so far in the open brace of each level
	lens   [arrayDimsMax]int32 // items in the first closed brace of each level; 0 none yet
	items  int
}

func malformedArray(text []byte, detail string, args ...any) error {
	return pgerr.New(pgerr.InvalidTextRepresentation, "malformed array literal: \"%s\"", text).WithDetail(detail, args...)
}

func arrayIn(t *Type, typmod int32, text []byte, env *Env) (Value, error) {
	p := arrayParser{text: text, elem: t.Elem, typmod: typmod, delim: ',', env: env}
	if e := ByOID(t.Elem); e != nil {
		p.delim = e.Delim
	}
	p.out = make([]byte, 0, len(text)+16)
	given, err := p.dimensions()
	if err != nil {
		return Value{}, err
	}
	if err := p.body(); err != nil {
		return Value{}, err
	}
	dims, err := p.result(given)
	if err != nil {
		return Value{}, err
	}
	return BlobValue(AppendArrayEnd(p.out, dims)), nil
}

func (p *arrayParser) malformed(detail string, args ...any) error {
	return malformedArray(p.text, detail, args...)
}

func (p *arrayParser) skipSpace() {
	for p.pos < len(p.text) && isSpace(p.text[p.pos]) {
		p.pos++
	}
}

// peek returns the next byte, 0 at the end.
func (p *arrayParser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

// dimensions reads the optional [lower:upper]...= in front.
func (p *arrayParser) dimensions() ([]ArrayDim, error) {
	var dims []ArrayDim
	for {
		p.skipSpace()
		if p.peek() != '[' {
			break
		}
		p.pos++
		if len(dims) >= arrayDimsMax {
			return nil, tooManyDimensions(len(dims) + 1)
		}
		d, err := p.dimension()
		if err != nil {
			return nil, err
		}
		dims = append(dims, d)
	}
	if len(dims) == 0 {
		if p.peek() != '{' {
			return nil, p.malformed("Array value must start with \"{\" or dimension information.")
		}
		return nil, nil
	}
	if p.peek() != '=' {
		return nil, p.malformed("Missing \"%s\" after array dimensions.", "=")
	}
	p.pos++
	p.skipSpace()
	if p.peek() != '{' {
		return nil, p.malformed("Array contents must start with \"{\".")
	}
	return dims, nil
}

func (p *arrayParser) dimension() (ArrayDim, error) {
	lower, ok := p.number()
	if !ok {
		return ArrayDim{}, p.malformed("\"[\" must introduce explicitly-specified array dimensions.")
	}
	upper := lower
	if p.peek() == ':' {
		p.pos++
		if upper, ok = p.number(); !ok {
			return ArrayDim{}, p.malformed("Missing array dimension value.")
		}
	} else {
		lower = 1
	}
	if p.peek() != ']' {
		return ArrayDim{}, p.malformed("Missing \"%s\" after array dimensions.", "]")
	}
	p.pos++
	if upper < lower {
		return ArrayDim{}, pgerr.New(pgerr.ArraySubscriptError, "upper bound cannot be less than lower bound")
	}
	if upper-lower >= arrayItemsMax {
		return ArrayDim{}, arrayTooLarge()
	}
	return ArrayDim{Len: int32(upper - lower + 1), Lower: int32(lower)}, nil
}

func arrayTooLarge() error {
	return pgerr.New(pgerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", arrayItemsMax)
}

func tooManyDimensions(n int) error {
	return pgerr.New(pgerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", n, arrayDimsMax)
}

// number reads an integer as atoi does after PostgreSQL found its end.
func (p *arrayParser) number() (int64, bool) {
	from := p.pos
	if c := p.peek(); c == '-' || c == '+' {
		p.pos++
	}
	digits := p.pos
	for p.peek() >= '0' && p.peek() <= '9' {
		p.pos++
	}
	if p.pos == digits {
		return 0, false
	}
	n, err := strconv.ParseInt(string(p.text[from:p.pos]), 10, 64)
	if err != nil {
		return -1, true
	}
	return int64(int32(n)), true
}

// body reads from the first brace to the end of the text.
func (p *arrayParser) body() error {
	expectItem := true // an item, or the brace that ends an empty array
	afterComma := false
	for {
		p.skipSpace()
		if p.pos >= len(p.text) {
			return p.malformed("Unexpected end of input.")
		}
		c := p.text[p.pos]
		switch {
		case c == '{':
			if !expectItem || p.depth > 0 && p.level >= p.depth {
				return p.malformed("Unexpected \"%c\" character.", c)
			}
			if err := p.open(); err != nil {
				return err
			}
			afterComma = false
		case c == '}':
			if expectItem && (afterComma || p.level > 1) {
				return p.malformed("Unexpected \"%c\" character.", c)
			}
			done, err := p.close()
			if done || err != nil {
				return err
			}
			expectItem = false
		case c == p.delim:
			if expectItem {
				return p.malformed("Unexpected \"%c\" character.", c)
			}
			p.pos++
			expectItem, afterComma = true, true
		default:
			if !expectItem || p.depth > 0 && p.level != p.depth {
				return p.malformed("Unexpected array element.")
			}
			if err := p.item(); err != nil {
				return err
			}
			expectItem = false
		}
	}
}

func (p *arrayParser) open() error {
	if p.level >= arrayDimsMax {
		return tooManyDimensions(p.level + 1)
	}
	p.pos++
	p.counts[p.level] = 0
	p.level++
	return nil
}

// close ends a brace; done means that it was the last and nothing follows.
func (p *arrayParser) close() (done bool, err error) {
	p.pos++
	p.level--
	n := p.counts[p.level]
	switch {
	case p.lens[p.level] == 0:
		p.lens[p.level] = n
	case p.lens[p.level] != n:
		return false, p.malformed("Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
	if p.level > 0 {
		p.counts[p.level-1]++
		return false, nil
	}
	p.skipSpace()
	if p.pos < len(p.text) {
		return false, p.malformed("Junk after closing right brace.")
	}
	return true, nil
}

// item reads one element, quoted or not, and appends its storage form.
func (p *arrayParser) item() error {
	p.depth = p.level
	p.counts[p.level-1]++
	p.items++
	word, null, err := p.word()
	if err != nil {
		return err
	}
	if null {
		p.out = append(p.out, arrayNull)
		return nil
	}
	v, err := ParseText(p.elem, p.typmod, word, p.env)
	if err != nil {
		return err
	}
	p.out = AppendArrayElem(p.out, v)
	return nil
}

func (p *arrayParser) word() (word []byte, null bool, err error) {
	if p.text[p.pos] == '"' {
		word, err = p.quoted()
		return word, false, err
	}
	p.scratch = p.scratch[:0]
	keep := 0 // up to the last byte that is not a trailing blank
	escaped := false
	for ; p.pos < len(p.text); p.pos++ {
		c := p.text[p.pos]
		switch {
		case c == '"':
			return nil, false, p.malformed("Unexpected array element.")
		case c == '{':
			return nil, false, p.malformed("Unexpected \"%c\" character.", c)
		case c == '}' || c == p.delim:
			word = p.scratch[:keep]
			return word, !escaped && bytes.EqualFold(word, []byte("null")), nil
		case c == '\\':
			p.pos++
			if p.pos >= len(p.text) {
				return nil, false, p.malformed("Unexpected end of input.")
			}
			escaped = true
			p.scratch = append(p.scratch, p.text[p.pos])
			keep = len(p.scratch)
		default:
			p.scratch = append(p.scratch, c)
			if !isSpace(c) {
				keep = len(p.scratch)
			}
		}
	}
	return nil, false, p.malformed("Unexpected end of input.")
}

func (p *arrayParser) quoted() ([]byte, error) {
	p.scratch = p.scratch[:0]
	for p.pos++; p.pos < len(p.text); p.pos++ {
		c := p.text[p.pos]
		switch c {
		case '"':
			p.pos++
			p.skipSpace()
			if next := p.peek(); p.pos < len(p.text) && next != p.delim && next != '}' && next != '{' {
				return nil, p.malformed("Unexpected array element.")
			}
			return p.scratch, nil
		case '\\':
			p.pos++
			if p.pos < len(p.text) {
				p.scratch = append(p.scratch, p.text[p.pos])
			}
		default:
			p.scratch = append(p.scratch, c)
		}
	}
	return nil, p.malformed("Unexpected end of input.")
}

// result checks the dimensions that were given against those that were found.
func (p *arrayParser) result(given []ArrayDim) ([]ArrayDim, error) {
	if p.items > arrayItemsMax {
		return nil, arrayTooLarge()
	}
	if p.items == 0 {
		if given != nil {
			return nil, p.malformed("Specified array dimensions do not match array contents.")
		}
		return nil, nil
	}
	if given == nil {
		dims := make([]ArrayDim, p.depth)
		for i := range dims {
			dims[i] = ArrayDim{Len: p.lens[i], Lower: 1}
		}
		return dims, nil
	}
	if len(given) != p.depth {
		return nil, p.malformed("Specified array dimensions do not match array contents.")
	}
	for i, d := range given {
		if d.Len != p.lens[i] {
			return nil, p.malformed("Specified array dimensions do not match array contents.")
		}
	}
	return given, nil
}

// arrayTextEncoder returns array_out for arrays of type t.
func arrayTextEncoder(t *Type, typmod int32) Encoder {
	elem := TextEncoder(t.Elem, typmod)
	delim := byte(',')
	if e := ByOID(t.Elem); e != nil {
		delim = e.Delim
	}
	return func(dst []byte, v Value, env *Env) []byte {
		return appendArrayText(dst, v.Bytes, elem, delim, env)
	}
}

func appendArrayText(dst, blob []byte, elem Encoder, delim byte, env *Env) []byte {
	var buf [arrayDimsMax]ArrayDim
	dims, err := arrayDims(blob, buf[:0])
	if err != nil || len(dims) == 0 {
		return append(dst, '{', '}')
	}
	dst = appendLowerBounds(dst, dims)
	var index [arrayDimsMax]int32
	r := ReadArray(blob)
	level := 0
	for r.Next() {
		for ; level < len(dims); level++ {
			dst = append(dst, '{')
		}
		if r.Elem.IsNull() {
			dst = append(dst, "NULL"...)
		} else {
			from := len(dst)
			dst = elem(dst, r.Elem, env)
			dst = quoteArrayItem(dst, from, delim)
		}
		for level > 0 {
			index[level-1]++
			if index[level-1] < dims[level-1].Len {
				dst = append(dst, delim)
				break
			}
			index[level-1] = 0
			dst = append(dst, '}')
			level--
		}
	}
	return dst
}

// appendLowerBounds appends [l:u]...= where a lower bound is not 1.
func appendLowerBounds(dst []byte, dims []ArrayDim) []byte {
	plain := true
	for _, d := range dims {
		plain = plain && d.Lower == 1
	}
	if plain {
		return dst
	}
	for _, d := range dims {
		dst = append(dst, '[')
		dst = strconv.AppendInt(dst, int64(d.Lower), 10)
		dst = append(dst, ':')
		dst = strconv.AppendInt(dst, int64(d.Lower)+int64(d.Len)-1, 10)
		dst = append(dst, ']')
	}
	return append(dst, '=')
}

// quoteArrayItem quotes dst[from:] in place where array_out would.
func quoteArrayItem(dst []byte, from int, delim byte) []byte {
	item := dst[from:]
	quote := len(item) == 0 || len(item) == 4 && bytes.EqualFold(item, []byte("null"))
	escapes := 0
	for _, c := range item {
		if c == '"' || c == '\\' {
			escapes++
		}
		if c == '"' || c == '\\' || c == '{' || c == '}' || c == delim || isSpace(c) {
			quote = true
		}
	}
	if !quote {
		return dst
	}
	return quoteInPlace(dst, from, escapes, '\\')
}

// quoteInPlace puts double quotes around dst[from:]; each of its escapes quotes
// and backslashes is preceded by escape, or doubled where escape is 0.
func quoteInPlace(dst []byte, from, escapes int, escape byte) []byte {
	n := len(dst) - from
	for range escapes + 2 {
		dst = append(dst, '"')
	}
	w := len(dst) - 2
	for i := from + n - 1; i >= from; i-- {
		c := dst[i]
		dst[w] = c
		w--
		if c == '"' || c == '\\' {
			if escape == 0 {
				dst[w] = c
			} else {
				dst[w] = escape
			}
			w--
		}
	}
	dst[from] = '"'
	return dst
}

// vectorIn reads int2vector or oidvector: numbers between blanks.
func vectorIn(oid OID, text []byte) (Value, error) {
	var out []byte
	n := int32(0)
	for _, field := range bytes.Fields(text) {
		v, err := ParseText(ElemOf(oid), -1, field, nil)
		if err != nil {
			return Value{}, err
		}
		out = AppendArrayElem(out, v)
		n++
	}
	if n == 0 {
		return BlobValue(AppendArrayEnd(out, nil)), nil
	}
	return BlobValue(AppendArrayEnd(out, []ArrayDim{{Len: n}})), nil
}

func vectorOut(dst []byte, v Value, _ *Env) []byte {
	r := ReadArray(v.Bytes)
	for first := true; r.Next(); first = false {
		if !first {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendInt(dst, r.Elem.Int64(), 10)
	}
	return dst
}
