package types

import (
	"unicode/utf8"

	"polyreme/pgwire/pgerr"
)

// numberReader is NUM_processor where it reads.
type numberReader struct {
	f        *numberFormat
	text     string // what is left
	digits   []byte
	point    bool
	signed   bool
	negative bool
}

// ToNumber is to_number.
func ToNumber(text, pattern string) (Numeric, error) {
	f, err := parseNumberFormat(pattern)
	if err != nil {
		return Numeric{}, err
	}
	switch {
	case f.roman:
		return Numeric{}, pgerr.New(pgerr.FeatureNotSupported, "\"RN\" not supported for input")
	case f.exponent:
		return Numeric{}, pgerr.New(pgerr.FeatureNotSupported, "\"EEEE\" not supported for input")
	}
	r := numberReader{f: f, text: text}
	for _, n := range f.nodes {
		if r.text == "" {
			break
		}
		r.node(n)
	}
	if len(r.digits) == 0 || len(r.digits) == 1 && r.point {
		return Numeric{}, invalidSyntax("numeric", []byte(" "))
	}
	if r.negative {
		r.digits = append([]byte{'-'}, r.digits...)
	}
	n, err := ParseNumeric(r.digits)
	if err != nil || f.multi == 0 {
		return n, err
	}
	return n.Div(fromBig(pow10(f.multi), 0))
}

func (r *numberReader) skip() {
	_, size := utf8.DecodeRuneInString(r.text)
	r.text = r.text[size:]
}

func (r *numberReader) node(n numberNode) {
	switch n.key {
	case numberNine, numberZero, numberPoint:
		r.digit()
	case numberComma, numberGroup:
		if !r.f.fill && r.text[0] == ',' {
			r.skip()
		}
	case numberMinus, numberPlus, numberSign, numberLocaleSign, numberAngle:
		switch r.text[0] {
		case '-', '<':
			r.negative, r.signed = true, true
			r.skip()
		case '+', '>':
			r.signed = true
			r.skip()
		}
	case numberCurrency:
		if c := r.text[0]; !isDigit(c) && c != '-' && c != '.' {
			r.skip()
		}
	case numberLiteral:
		r.skip()
	case numberOrdinal, numberOrdinalLower:
		r.text = r.text[min(2, len(r.text)):]
	}
}

// digit reads a digit or the decimal point, whichever the pattern names, and
// skips anything else.
func (r *numberReader) digit() {
	if len(r.digits) == 0 {
		r.sign()
		if r.text == "" {
			return
		}
	}
	c := r.text[0]
	switch {
	case isDigit(c):
		r.digits = append(r.digits, c)
	case c == '.' && r.f.decimal && !r.point:
		r.digits = append(r.digits, c)
		r.point = true
	case r.f.localeSign && (c == '-' || c == '+'), r.f.angle && c == '>', r.f.minus && c == '-':
		return // the pattern's own sign comes later
	}
	r.skip()
}

func (r *numberReader) sign() {
	for r.text != "" && r.text[0] == ' ' {
		r.skip()
	}
	if r.signed || r.text == "" {
		return
	}
	switch r.text[0] {
	case '-':
		r.negative = true
	case '<':
		if !r.f.angle {
			return
		}
		r.negative = true
	case '+':
	default:
		return
	}
	r.signed = true
	r.skip()
}
