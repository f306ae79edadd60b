package types

import (
	"strconv"
	"strings"
	"time"

	"polyreme/pgwire/pgerr"
)

// dateKey is a pattern of to_char, to_date and to_timestamp.
type dateKey uint8

const (
	dateLiteral dateKey = iota
	dateSeparator
	dateSpace
	dateAD
	dateADDots
	dateAM
	dateAMDots
	dateCC
	dateDAY
	dateDY
	dateDDD
	dateDD
	dateD
	dateFX
	dateFraction // FF1 to FF6
	dateHH24
	dateHH12
	dateIDDD
	dateID
	dateIW
	dateIYYY
	dateIYY
	dateIY
	dateI
	dateJ
	dateMI
	dateMM
	dateMONTH
	dateMON
	dateMS
	dateOF
	dateQ
	dateRM
	dateSSSS
	dateSS
	dateTZH
	dateTZM
	dateTZ
	dateUS
	dateWW
	dateW
	dateYYYYComma
	dateYYYY
	dateYYY
	dateYY
	dateY
)

// letterCase is how a word is written.
type letterCase uint8

const (
	caseUpper letterCase = iota
	caseLower
	caseCapital
)

// datePatterns in the order in which they are tried: the longer first.
var datePatterns = [...]struct {
	text string
	key  dateKey
}{
	{"MONTH", dateMONTH},
	{"SSSSS", dateSSSS},
	{"Y,YYY", dateYYYYComma},
	{"A.D.", dateADDots},
	{"A.M.", dateAMDots},
	{"B.C.", dateADDots},
	{"P.M.", dateAMDots},
	{"HH12", dateHH12},
	{"HH24", dateHH24},
	{"IDDD", dateIDDD},
	{"IYYY", dateIYYY},
	{"SSSS", dateSSSS},
	{"YYYY", dateYYYY},
	{"DAY", dateDAY},
	{"DDD", dateDDD},
	{"FF1", dateFraction},
	{"FF2", dateFraction},
	{"FF3", dateFraction},
	{"FF4", dateFraction},
	{"FF5", dateFraction},
	{"FF6", dateFraction},
	{"IYY", dateIYY},
	{"MON", dateMON},
	{"TZH", dateTZH},
	{"TZM", dateTZM},
	{"YYY", dateYYY},
	{"AD", dateAD},
	{"AM", dateAM},
	{"BC", dateAD},
	{"CC", dateCC},
	{"DD", dateDD},
	{"DY", dateDY},
	{"FX", dateFX},
	{"HH", dateHH12},
	{"ID", dateID},
	{"IW", dateIW},
	{"IY", dateIY},
	{"MI", dateMI},
	{"MM", dateMM},
	{"MS", dateMS},
	{"OF", dateOF},
	{"PM", dateAM},
	{"RM", dateRM},
	{"SS", dateSS},
	{"TZ", dateTZ},
	{"US", dateUS},
	{"WW", dateWW},
	{"YY", dateYY},
	{"D", dateD},
	{"I", dateI},
	{"J", dateJ},
	{"Q", dateQ},
	{"W", dateW},
	{"Y", dateY},
}

type dateNode struct {
	key     dateKey
	letters letterCase
	literal string // of the pattern, or the text to copy
	fill    bool   // FM
	local   bool   // TM: names without padding
	ordinal string // "", "TH" or "th"
}

func parseDateFormat(pattern string) []dateNode {
	var nodes []dateNode
	for i := 0; i < len(pattern); {
		var n dateNode
		rest := pattern[i:]
		prefix := 0
		for len(rest) >= prefix+2 && (strings.EqualFold(rest[prefix:prefix+2], "FM") || strings.EqualFold(rest[prefix:prefix+2], "TM")) &&
			isOneCase(rest[prefix:prefix+2]) {
			n.fill = n.fill || rest[prefix]|0x20 == 'f'
			n.local = n.local || rest[prefix]|0x20 == 't'
			prefix += 2
		}
		if key, letters, size := matchDatePattern(rest[prefix:]); size > 0 {
			n.key, n.letters, n.literal = key, letters, rest[prefix:prefix+size]
			i += prefix + size
			if len(pattern) >= i+2 && (pattern[i:i+2] == "TH" || pattern[i:i+2] == "th") {
				n.ordinal = pattern[i : i+2]
				i += 2
			} else if len(pattern) >= i+2 && strings.EqualFold(pattern[i:i+2], "SP") {
				i += 2
			}
			nodes = append(nodes, n)
			continue
		}
		if prefix > 0 {
			i += prefix
			continue
		}
		if rest[0] == '"' {
			i++
			for i < len(pattern) && pattern[i] != '"' {
				if pattern[i] == '\\' && i+1 < len(pattern) {
					i++
				}
				nodes = append(nodes, dateNode{literal: pattern[i : i+1]})
				i++
			}
			i++
			continue
		}
		c := rest[0]
		switch {
		case c == '\\' && len(rest) > 1 && rest[1] == '"':
			nodes = append(nodes, dateNode{literal: rest[1:2]})
			i++
		case isSpace(c):
			nodes = append(nodes, dateNode{key: dateSpace, literal: rest[:1]})
		case isPunct(c):
			nodes = append(nodes, dateNode{key: dateSeparator, literal: rest[:1]})
		default:
			nodes = append(nodes, dateNode{literal: rest[:1]})
		}
		i++
	}
	return nodes
}

func isOneCase(s string) bool { return s == strings.ToUpper(s) || s == strings.ToLower(s) }

func matchDatePattern(s string) (dateKey, letterCase, int) {
	for _, p := range datePatterns {
		if len(s) < len(p.text) {
			continue
		}
		word := s[:len(p.text)]
		switch {
		case word == p.text:
			return p.key, caseUpper, len(word)
		case word == strings.ToLower(p.text):
			return p.key, caseLower, len(word)
		}
		if capital := p.text[:1] + strings.ToLower(p.text[1:]); word == capital {
			switch p.key {
			case dateDAY, dateDY, dateMONTH, dateMON:
				return p.key, caseCapital, len(word)
			}
		}
	}
	return dateLiteral, caseUpper, 0
}

// dateFields is what to_char shows: a point in time, or an interval.
type dateFields struct {
	civil
	interval bool
	zoned    bool
	offset   int
	abbrev   string
}

// ToChar is to_char for v of one of the date and time types; ok is false where
// PostgreSQL's result is NULL.
func ToChar(oid OID, v Value, pattern string, env *Env) (text string, ok bool, err error) {
	var d dateFields
	switch oid {
	case TimestampOID, TimestamptzOID:
		ts := v.Int64()
		if isInfiniteTimestamp(ts) {
			return "", false, nil
		}
		if oid == TimestamptzOID {
			d.zoned = true
			loc := env.location()
			d.abbrev, _ = time.Unix(floorDiv64(ts, usPerSecond)+epochUnixSeconds, 0).In(loc).Zone()
			ts, d.offset = zoneSpec{loc: loc}.toLocal(ts)
		}
		d.civil = splitTimestamp(ts)
		d.yday = julianDay(d.year, d.month, d.day) - julianDay(d.year, 1, 1) + 1
	case IntervalOID:
		p := IntervalOf(v).parts()
		d.interval = true
		d.civil = civil{
			year: int(p.years), month: int(p.months), day: int(p.days), hour: int(p.hours),
			minute: int(p.minutes), second: int(p.seconds), micros: int(p.micros),
		}
		d.yday = (d.year*monthsPerYear+d.month)*daysPerMonth + d.day
	default:
		return "", false, unsupportedType(oid)
	}
	if pattern == "" {
		return "", false, nil
	}
	var out []byte
	for _, n := range parseDateFormat(pattern) {
		from := len(out)
		if out, err = d.appendNode(out, n); err != nil {
			return "", false, err
		}
		if n.ordinal != "" {
			out = append(out, ordinalSuffix(string(out[from:]), n.ordinal == "TH")...)
		}
	}
	return string(out), true, nil
}

func setCase(s string, letters letterCase) string {
	switch letters {
	case caseUpper:
		return strings.ToUpper(s)
	case caseLower:
		return strings.ToLower(s)
	}
	return s
}

func (d *dateFields) appendNode(dst []byte, n dateNode) ([]byte, error) {
	switch n.key {
	case dateLiteral, dateSeparator, dateSpace:
		return append(dst, n.literal...), nil
	case dateFX:
		return dst, nil
	}
	if d.interval && !validForInterval(n.key) {
		return nil, pgerr.New(pgerr.InvalidDatetimeFormat, "invalid format specification for an interval value").
			WithHint("Intervals are not tied to specific calendar dates.")
	}
	if word, ok := d.word(n); ok {
		return append(dst, word...), nil
	}
	return d.appendNumber(dst, n), nil
}

func validForInterval(key dateKey) bool {
	switch key {
	case dateAD, dateADDots, dateDAY, dateDY, dateMONTH, dateMON, dateD, dateID, dateTZ, dateTZH, dateTZM, dateOF:
		return false
	}
	return true
}

// word gives the text of patterns that are not plain numbers.
func (d *dateFields) word(n dateNode) (string, bool) {
	s, width := "", 0
	switch n.key {
	case dateAD, dateADDots:
		s = "AD"
		if d.year <= 0 {
			s = "BC"
		}
		if n.key == dateADDots {
			s = s[:1] + "." + s[1:] + "."
		}
		return setCase(s, n.letters), true
	case dateAM, dateAMDots:
		s = "AM"
		if d.hour%24 >= 12 {
			s = "PM"
		}
		if n.key == dateAMDots {
			s = s[:1] + "." + s[1:] + "."
		}
		return setCase(s, n.letters), true
	case dateMONTH, dateMON:
		if d.month < 1 {
			return "", true
		}
		s, width = monthNames[d.month-1], 9
		if n.key == dateMON {
			s, width = s[:3], 0
		}
	case dateDAY, dateDY:
		s, width = weekdayNames[weekday(julianDay(d.year, d.month, d.day))], 9
		if n.key == dateDY {
			s, width = s[:3], 0
		}
	case dateRM:
		if d.month == 0 {
			return "", true
		}
		month := d.month
		if month < 0 {
			month += monthsPerYear + 1
		}
		s, width = romanNumber(int64(month)), 4
	case dateTZ:
		return setCase(d.abbrev, n.letters), true
	default:
		return "", false
	}
	s = setCase(s, n.letters)
	if !n.fill && !n.local && len(s) < width {
		s += strings.Repeat(" ", width-len(s))
	}
	return s, true
}

// appendWidth appends n as printf's %0*d, with the sign counted in the width.
func appendWidth(dst []byte, n, width int, fill bool) []byte {
	if fill {
		width = 0
	}
	if n < 0 {
		return appendZeroPadded(append(dst, '-'), -n, width-1)
	}
	return appendZeroPadded(dst, n, width)
}

// signedWidth is one more for a negative number.
func signedWidth(n, width int) int { return width + boolInt(n < 0) }

func (d *dateFields) appendNumber(dst []byte, n dateNode) []byte {
	put := func(value, width int) []byte { return appendWidth(dst, value, width, n.fill) }
	jd := julianDay(d.year, d.month, d.day)
	switch n.key {
	case dateHH12:
		hour := d.hour % 12
		if hour == 0 {
			hour = 12
		}
		return put(hour, signedWidth(d.hour, 2))
	case dateHH24:
		return put(d.hour, signedWidth(d.hour, 2))
	case dateMI:
		return put(d.minute, signedWidth(d.minute, 2))
	case dateSS:
		return put(d.second, signedWidth(d.second, 2))
	case dateFraction:
		digits := int(n.literal[2] - '0')
		return appendWidth(dst, d.micros/int(pow10Small[6-digits]), digits, false)
	case dateMS:
		return appendWidth(dst, d.micros/1000, 3, false)
	case dateUS:
		return appendWidth(dst, d.micros, 6, false)
	case dateSSSS:
		return strconv.AppendInt(dst, int64((d.hour*60+d.minute)*60+d.second), 10)
	case dateOF, dateTZH, dateTZM:
		return d.appendZone(dst, n)
	case dateMM:
		return put(d.month, signedWidth(d.month, 2))
	case dateDDD:
		return put(d.yday, 3)
	case dateIDDD:
		_, year := isoWeek(jd)
		monday := julianDay(year, 1, 4)
		return put(jd-(monday-(weekday(monday)+6)%7)+1, 3)
	case dateDD:
		return put(d.day, 2)
	case dateD:
		return strconv.AppendInt(dst, int64(weekday(jd)+1), 10)
	case dateID:
		return strconv.AppendInt(dst, int64((weekday(jd)+6)%7+1), 10)
	case dateWW:
		return put((d.yday-1)/7+1, 2)
	case dateIW:
		week, _ := isoWeek(jd)
		return put(week, 2)
	case dateQ:
		if d.month == 0 {
			return dst
		}
		return strconv.AppendInt(dst, int64((d.month-1)/3+1), 10)
	case dateW:
		return strconv.AppendInt(dst, int64((d.day-1)/7+1), 10)
	case dateJ:
		return strconv.AppendInt(dst, int64(jd), 10)
	}
	return d.appendYear(dst, n, jd)
}

func (d *dateFields) appendZone(dst []byte, n dateNode) []byte {
	offset := d.offset
	minute := int(abs64(int64(offset))) / 60 % 60
	if n.key == dateTZM {
		return append2(dst, minute)
	}
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = appendWidth(append(dst, sign), offset/3600, 2, n.fill && n.key == dateOF)
	if n.key == dateOF && minute != 0 {
		dst = append2(append(dst, ':'), minute)
	}
	return dst
}

func (d *dateFields) appendYear(dst []byte, n dateNode, jd int) []byte {
	year := d.year
	sign := boolInt(d.interval && d.year < 0) // widens the field
	switch n.key {
	case dateIYYY, dateIYY, dateIY, dateI:
		_, year = isoWeek(jd)
	case dateCC:
		return d.appendCentury(dst, n)
	}
	if !d.interval {
		year = displayYear(year)
	}
	switch n.key {
	case dateYYYYComma:
		dst = strconv.AppendInt(dst, int64(year/1000), 10)
		return appendWidth(append(dst, ','), year%1000, 3, false)
	case dateYYYY, dateIYYY:
		return appendWidth(dst, year, 4+sign, n.fill)
	case dateYYY, dateIYY:
		return appendWidth(dst, year%1000, 3+sign, n.fill)
	case dateYY, dateIY:
		return appendWidth(dst, year%100, 2+sign, n.fill)
	}
	return strconv.AppendInt(dst, int64(year%10), 10)
}

func (d *dateFields) appendCentury(dst []byte, n dateNode) []byte {
	c := d.year / 100
	if !d.interval {
		if d.year > 0 {
			c = (d.year-1)/100 + 1
		} else {
			c = d.year/100 - 1
		}
	}
	if c > 99 || c < -99 {
		return strconv.AppendInt(dst, int64(c), 10)
	}
	return appendWidth(dst, c, signedWidth(c, 2), n.fill)
}
