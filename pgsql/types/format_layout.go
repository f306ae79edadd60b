package types

import "strings"

// numberLayout is the state of NUM_processor while it writes.
type numberLayout struct {
	f            *numberFormat
	number       string
	pos          int // in number
	sign         byte
	spaces       int // blanks before the number's first digit
	count        int
	current      int // digit patterns done
	signWritten  bool
	digitWritten bool // the last digit pattern wrote a digit
	lastRelevant int  // in number, -1 none
	zeroStart    int
	out          []byte
}

// render writes the digits of number, without sign, by the format's patterns.
func (f *numberFormat) render(number string, sign byte, spaces int) string {
	l := numberLayout{f: f, number: number, sign: sign, spaces: spaces, lastRelevant: -1, zeroStart: f.zeroStart}
	if l.zeroStart > 0 {
		l.zeroStart--
	}
	if f.roman {
		f.pre, f.post = 0, 0
		f.signAt, f.localeSign, f.minus, f.plus, f.angle, f.zero, f.decimal, f.shift = signNowhere, false, false, false, false, false, false, false
	}
	if f.plus || f.minus {
		l.signWritten = !(f.plus && !f.minus)
	} else {
		if sign != '-' && f.fill {
			f.angle = false
		}
		l.signWritten = sign == '+' && f.fill && !f.localeSign
		if f.signAt == signBefore && f.pre == f.preSign {
			f.signAt = signAfter
		}
	}
	l.count = f.post + f.pre - 1
	if f.fill && f.decimal {
		l.findLastRelevant()
	}
	if !l.signWritten && spaces == 0 {
		l.count++
	}
	for _, n := range f.nodes {
		l.node(n)
	}
	return string(l.out)
}

// findLastRelevant finds the last digit that FM keeps.
func (l *numberLayout) findLastRelevant() {
	point := strings.IndexByte(l.number, '.')
	if point < 0 {
		return
	}
	l.lastRelevant = point
	for i := point + 1; i < len(l.number); i++ {
		if l.number[i] != '0' {
			l.lastRelevant = i
		}
	}
	if l.f.zeroEnd > l.spaces {
		l.lastRelevant = max(l.lastRelevant, min(len(l.number)-1, l.f.zeroEnd-l.spaces))
	}
}

func (l *numberLayout) node(n numberNode) {
	f := l.f
	switch n.key {
	case numberLiteral:
		l.out = append(l.out, strings.TrimPrefix(n.literal, "\\")...)
	case numberNine, numberZero, numberPoint:
		l.digit(n.key)
	case numberComma, numberGroup:
		if l.digitWritten {
			l.out = append(l.out, ',')
		} else if !f.fill {
			l.out = append(l.out, ' ')
		}
	case numberCurrency:
		l.out = append(l.out, ' ')
	case numberRoman, numberRomanLower:
		text := l.number
		if n.key == numberRomanLower {
			text = strings.ToLower(text)
		}
		if !f.fill {
			const width = 15
			l.out = append(l.out, strings.Repeat(" ", max(width-len(text), 0))...)
		}
		l.out = append(l.out, text...)
	case numberOrdinal, numberOrdinalLower:
		if !f.roman && l.number[0] != '#' && l.sign != '-' && !f.decimal {
			l.out = append(l.out, ordinalSuffix(l.number, n.key == numberOrdinal)...)
		}
	case numberMinus:
		l.signOrBlank('-')
	case numberPlus:
		l.signOrBlank('+')
	case numberSign:
		l.out = append(l.out, l.sign)
	}
}

func (l *numberLayout) signOrBlank(sign byte) {
	if l.sign == sign {
		l.out = append(l.out, sign)
	} else if !l.f.fill {
		l.out = append(l.out, ' ')
	}
}

// leadingZero tells whether the next digit is the zero of 0.x where the format
// asks for none: 9.9 prints .1.
func (l *numberLayout) leadingZero() bool {
	return !l.f.zero && l.pos == 0 && l.number[0] == '0' && l.f.post != 0
}

func (l *numberLayout) lastIsPoint() bool {
	return l.lastRelevant >= 0 && l.number[l.lastRelevant] == '.'
}

// digit is NUM_numpart_to_char.
func (l *numberLayout) digit(key numberKey) {
	f := l.f
	if f.roman {
		return
	}
	l.digitWritten = false
	if !l.signWritten && (l.current >= l.spaces || f.zero && l.zeroStart == l.current) &&
		(!l.leadingZero() || l.lastIsPoint()) {
		l.leadingSign()
	}
	switch {
	case l.current < l.spaces && (l.zeroStart > l.current || !f.zero):
		if !f.fill {
			l.out = append(l.out, ' ')
		}
	case f.zero && l.current < l.spaces && l.zeroStart <= l.current:
		l.out = append(l.out, '0')
		l.digitWritten = true
	default:
		l.numberByte(key)
	}
	end := l.count + boolInt(l.spaces > 0) + boolInt(f.decimal)
	if l.lastRelevant >= 0 && l.lastRelevant == l.pos {
		end = l.current
	}
	if l.current+1 == end {
		l.trailingSign()
	}
	l.current++
}

func (l *numberLayout) leadingSign() {
	f := l.f
	switch {
	case f.localeSign:
		if f.signAt == signBefore {
			l.out = append(l.out, l.sign)
			l.signWritten = true
		}
		return
	case f.angle:
		if l.sign == '+' {
			l.out = append(l.out, ' ')
		} else {
			l.out = append(l.out, '<')
		}
	case l.sign == '+':
		if !f.fill {
			l.out = append(l.out, ' ')
		}
	case l.sign == '-':
		l.out = append(l.out, '-')
	default:
		return
	}
	l.signWritten = true
}

func (l *numberLayout) trailingSign() {
	switch {
	case l.signWritten && l.f.angle:
		if l.sign == '+' {
			l.out = append(l.out, ' ')
		} else {
			l.out = append(l.out, '>')
		}
	case l.f.localeSign && l.f.signAt == signAfter:
		l.out = append(l.out, l.sign)
	}
}

// numberByte writes the next byte of the number.
func (l *numberLayout) numberByte(key numberKey) {
	if l.pos >= len(l.number) {
		return
	}
	c := l.number[l.pos]
	switch {
	case c == '.':
		l.out = append(l.out, '.')
	case l.lastRelevant >= 0 && l.pos > l.lastRelevant && key != numberZero:
	case l.leadingZero():
		if !l.f.fill {
			l.out = append(l.out, ' ')
		} else if l.lastIsPoint() {
			l.out = append(l.out, '0')
		}
	default:
		l.out = append(l.out, c)
		l.digitWritten = true
	}
	l.pos++
}
