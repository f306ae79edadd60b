package types

import (
	"math"
	"strconv"
	"strings"

	"polyreme/pgwire/pgerr"
)

// numberKey is a pattern of to_char for numbers.
type numberKey uint8

const (
	numberLiteral numberKey = iota
	numberNine
	numberZero
	numberPoint // . and D
	numberComma
	numberGroup
	numberBlank
	numberCurrency
	numberMinus
	numberPlus
	numberSign // SG
	numberAngle
	numberRoman
	numberRomanLower
	numberOrdinal
	numberOrdinalLower
	numberLocaleSign // S
	numberShift      // V
	numberExponent
	numberFill // FM
	numberSpelled
)

// numberKeys in the order in which they are tried: the longer first.
var numberKeys = [...]struct {
	text string
	key  numberKey
}{
	{"EEEE", numberExponent},
	{"FM", numberFill},
	{"MI", numberMinus},
	{"PL", numberPlus},
	{"PR", numberAngle},
	{"RN", numberRoman},
	{"SG", numberSign},
	{"SP", numberSpelled},
	{"TH", numberOrdinal},
	{",", numberComma},
	{".", numberPoint},
	{"0", numberZero},
	{"9", numberNine},
	{"B", numberBlank},
	{"C", numberSpelled},
	{"D", numberPoint},
	{"G", numberGroup},
	{"L", numberCurrency},
	{"S", numberLocaleSign},
	{"V", numberShift},
}

type numberNode struct {
	key     numberKey
	literal string
}

// numberFormat is a parsed pattern: NUMDesc.
type numberFormat struct {
	nodes                          []numberNode
	pre, post, multi               int
	zeroStart, zeroEnd             int
	preSign                        int // digits before S
	signAt                         signPlace
	zero, decimal, fill            bool
	localeSign, minus, plus, angle bool
	roman, shift, exponent         bool
}

type signPlace uint8

const (
	signNowhere signPlace = iota
	signBefore
	signAfter
)

func formatError(format string, args ...any) error {
	return pgerr.New(pgerr.SyntaxError, format, args...)
}

func parseNumberFormat(pattern string) (*numberFormat, error) {
	f := &numberFormat{}
	for i := 0; i < len(pattern); {
		if pattern[i] == '"' {
			i++
			for i < len(pattern) && pattern[i] != '"' {
				if pattern[i] == '\\' && i+1 < len(pattern) {
					i++
				}
				f.nodes = append(f.nodes, numberNode{literal: pattern[i : i+1]})
				i++
			}
			i++
			continue
		}
		key, size := matchNumberKey(pattern[i:])
		f.nodes = append(f.nodes, numberNode{key: key, literal: pattern[i : i+size]})
		i += size
		if err := f.prepare(key); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func matchNumberKey(s string) (numberKey, int) {
	for _, k := range numberKeys {
		if len(s) < len(k.text) {
			continue
		}
		word := s[:len(k.text)]
		if word == k.text {
			return k.key, len(word)
		}
		if word == strings.ToLower(k.text) {
			switch k.key {
			case numberRoman:
				return numberRomanLower, len(word)
			case numberOrdinal:
				return numberOrdinalLower, len(word)
			}
			return k.key, len(word)
		}
	}
	if s[0] == '\\' && len(s) > 1 && s[1] == '"' {
		return numberLiteral, 2
	}
	return numberLiteral, 1
}

// prepare is NUMDesc_prepare for one pattern.
func (f *numberFormat) prepare(key numberKey) error {
	if f.exponent && key != numberExponent && key != numberLiteral {
		return formatError("\"EEEE\" must be the last pattern used")
	}
	switch key {
	case numberNine, numberZero:
		return f.prepareDigit(key)
	case numberPoint:
		if f.decimal {
			return formatError("multiple decimal points")
		}
		if f.shift {
			return formatError("cannot use \"V\" and decimal point together")
		}
		f.decimal = true
	case numberFill:
		f.fill = true
	case numberLocaleSign:
		if f.localeSign {
			return formatError("cannot use \"S\" twice")
		}
		if f.plus || f.minus || f.angle {
			return formatError("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together")
		}
		f.localeSign = true
		f.signAt = signAfter
		if !f.decimal {
			f.signAt = signBefore
			f.preSign = f.pre
		}
	case numberMinus, numberPlus, numberSign:
		if f.localeSign {
			name := map[numberKey]string{numberMinus: "MI", numberPlus: "PL", numberSign: "SG"}[key]
			return formatError("cannot use \"S\" and \"%s\" together", name)
		}
		f.minus = f.minus || key != numberPlus
		f.plus = f.plus || key != numberMinus
	case numberAngle:
		if f.localeSign || f.plus || f.minus {
			return formatError("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together")
		}
		f.angle = true
	case numberRoman, numberRomanLower:
		f.roman = true
	case numberShift:
		if f.decimal {
			return formatError("cannot use \"V\" and decimal point together")
		}
		f.shift = true
	case numberExponent:
		if f.exponent {
			return formatError("cannot use \"EEEE\" twice")
		}
		if f.fill || f.localeSign || f.angle || f.minus || f.plus || f.roman || f.shift {
			return pgerr.New(pgerr.SyntaxError, "\"EEEE\" is incompatible with other formats").
				WithDetail("\"EEEE\" may only be used together with digit and decimal point patterns.")
		}
		f.exponent = true
	}
	return nil
}

func (f *numberFormat) prepareDigit(key numberKey) error {
	if f.angle {
		return formatError("\"%s\" must be ahead of \"PR\"", map[numberKey]string{numberNine: "9", numberZero: "0"}[key])
	}
	if key == numberNine {
		switch {
		case f.shift:
			f.multi++
		case f.decimal:
			f.post++
		default:
			f.pre++
		}
		return nil
	}
	if !f.zero && !f.decimal {
		f.zero = true
		f.zeroStart = f.pre + 1
	}
	if f.decimal {
		f.post++
	} else {
		f.pre++
	}
	f.zeroEnd = f.pre + f.post
	return nil
}

// NumericToChar is to_char for numeric and the integers.
func NumericToChar(n Numeric, pattern string) (string, error) {
	f, err := parseNumberFormat(pattern)
	if err != nil || pattern == "" {
		return "", err
	}
	switch {
	case f.roman:
		v, err := numericToInt(n, math.MinInt32, math.MaxInt32, "integer")
		if err != nil {
			return "", err
		}
		return f.render(romanNumber(v.Int64()), 0, 0), nil
	case f.exponent:
		return f.renderExponent(n), nil
	}
	if f.multi > 0 {
		if n, err = n.Mul(fromBig(pow10(f.multi), 0)); err != nil {
			return "", err
		}
		f.pre += f.multi
	}
	if n, err = n.Round(f.post); err != nil {
		return "", err
	}
	return f.renderText(n.String()), nil
}

// Float8ToChar is to_char for floats of the given bits.
func Float8ToChar(v float64, bits int, pattern string) (string, error) {
	f, err := parseNumberFormat(pattern)
	if err != nil || pattern == "" {
		return "", err
	}
	digits := float8Digits
	if bits == 32 {
		digits = float4Digits
	}
	switch {
	case f.roman:
		return f.render(romanNumber(int64(math.RoundToEven(v))), 0, 0), nil
	case f.exponent:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return f.renderExponent(NumericNaN()), nil
		}
		text := strconv.FormatFloat(v, 'e', f.post, 64)
		if text[0] != '-' {
			text = " " + text
		}
		return text, nil
	}
	if f.multi > 0 {
		v *= math.Pow10(f.multi)
		f.pre += f.multi
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return f.renderText(string(AppendFloat(nil, v, 64, 1))), nil
	}
	whole := len(strconv.FormatFloat(math.Abs(v), 'f', 0, 64))
	if whole >= digits {
		f.post = 0
	} else {
		f.post = min(f.post, digits-whole)
	}
	return f.renderText(strconv.FormatFloat(v, 'f', f.post, 64)), nil
}

// renderText lays out a decimal number with its sign.
func (f *numberFormat) renderText(text string) string {
	sign := byte('+')
	if text[0] == '-' {
		sign, text = '-', text[1:]
	}
	whole := strings.IndexByte(text, '.')
	if whole < 0 {
		whole = len(text)
	}
	spaces := 0
	if whole < f.pre {
		spaces = f.pre - whole
	} else if whole > f.pre {
		text = strings.Repeat("#", f.pre) + "." + strings.Repeat("#", f.post)
	}
	return f.render(text, sign, spaces)
}

func (f *numberFormat) renderExponent(n Numeric) string {
	if !n.IsFinite() {
		return " " + strings.Repeat("#", f.pre) + "." + strings.Repeat("#", f.post+4)
	}
	text := numericScientific(n, f.post)
	if text[0] != '-' {
		return " " + text
	}
	return text
}

// numericScientific is numeric_out_sci.
func numericScientific(n Numeric, scale int) string {
	exponent := 0
	if n.Sign() != 0 {
		exponent = n.decimalExponent()
	}
	m := n
	if shift := int(m.scale) + exponent; shift >= 0 {
		m.scale = int32(shift)
	} else {
		m = m.scaleUp(-shift)
		m.scale = 0
	}
	// Like PostgreSQL 15, 99.995 with two digits is 10.00e+01.
	text := append(m.rescale(scale, false).Append(nil), 'e')
	if exponent < 0 {
		text = append(text, '-')
	} else {
		text = append(text, '+')
	}
	return string(appendZeroPadded(text, int(abs64(int64(exponent))), 2))
}

func romanNumber(n int64) string {
	if n < 1 || n > 3999 {
		return strings.Repeat("#", 15)
	}
	var b strings.Builder
	for _, r := range [...]struct {
		value int64
		text  string
	}{
		{1000, "M"},
		{900, "CM"},
		{500, "D"},
		{400, "CD"},
		{100, "C"},
		{90, "XC"},
		{50, "L"},
		{40, "XL"},
		{10, "X"},
		{9, "IX"},
		{5, "V"},
		{4, "IV"},
		{1, "I"},
	} {
		for ; n >= r.value; n -= r.value {
			b.WriteString(r.text)
		}
	}
	return b.String()
}

// ordinalSuffix is get_th.
func ordinalSuffix(number string, upper bool) string {
	suffix := "th"
	n := len(number)
	if n > 0 && (n < 2 || number[n-2] != '1') {
		switch number[n-1] {
		case '1':
			suffix = "st"
		case '2':
			suffix = "nd"
		case '3':
			suffix = "rd"
		}
	}
	if upper {
		return strings.ToUpper(suffix)
	}
	return suffix
}
