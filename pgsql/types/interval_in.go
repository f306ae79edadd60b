package types

import (
	"math"
	"strconv"
	"strings"
)

// intervalUnit is a unit of time in interval input and in EXTRACT.
type intervalUnit uint8

const (
	unitNone intervalUnit = iota
	unitMicrosecond
	unitMillisecond
	unitSecond
	unitMinute
	unitHour
	unitDay
	unitWeek
	unitMonth
	unitQuarter
	unitYear
	unitDecade
	unitCentury
	unitMillennium
)

// intervalUnitNamed looks a lower-case word up in PostgreSQL's deltatktbl. Words
// count to their tenth letter.
func intervalUnitNamed(word string) intervalUnit {
	if len(word) > zoneAbbrevMax {
		word = word[:zoneAbbrevMax]
	}
	switch word {
	case "us", "usec", "usecs", "usecond", "useconds", "microsecon":
		return unitMicrosecond
	case "ms", "msec", "msecs", "msecond", "mseconds", "millisecon":
		return unitMillisecond
	case "s", "sec", "secs", "second", "seconds":
		return unitSecond
	case "m", "min", "mins", "minute", "minutes":
		return unitMinute
	case "h", "hr", "hrs", "hour", "hours":
		return unitHour
	case "d", "day", "days":
		return unitDay
	case "w", "week", "weeks":
		return unitWeek
	case "mon", "mons", "month", "months":
		return unitMonth
	case "qtr", "quarter":
		return unitQuarter
	case "y", "yr", "yrs", "year", "years":
		return unitYear
	case "dec", "decs", "decade", "decades":
		return unitDecade
	case "c", "cent", "century", "centuries":
		return unitCentury
	case "mil", "mils", "millennium", "millennia":
		return unitMillennium
	}
	return unitNone
}

// intervalSum is an interval in the making, with room to find an overflow.
type intervalSum struct {
	years, months, days int64
	micros              int64
	overflow            bool
}

func (s *intervalSum) addTo(field *int64, value, scale int64) {
	p, ok := mulSmall(value, scale)
	sum := *field + p
	if !ok || (sum > *field) != (p > 0) {
		s.overflow = true
		return
	}
	*field = sum
	if field != &s.micros && sum != int64(int32(sum)) {
		s.overflow = true
	}
}

// addFraction adds a fraction of a unit of scale microseconds, half to zero.
func (s *intervalSum) addFraction(f float64, scale int64) {
	f = float64(f * float64(scale))
	whole := math.Trunc(f)
	f -= whole
	if f > 0.5 {
		whole++
	} else if f < -0.5 {
		whole--
	}
	s.addTo(&s.micros, int64(whole), 1)
}

// addFractionDays adds a fraction of a unit of scale days.
func (s *intervalSum) addFractionDays(f float64, scale int64) {
	f = float64(f * float64(scale))
	whole := math.Trunc(f)
	s.addTo(&s.days, int64(whole), 1)
	s.addFraction(f-whole, usPerDay)
}

func (s *intervalSum) addFractionYears(f float64, scale int64) {
	s.addTo(&s.months, int64(math.RoundToEven(float64(float64(f*float64(scale))*monthsPerYear))), 1)
}

// add adds value and fraction, both with their sign, of unit; ok is false for a
// unit that intervals do not have.
func (s *intervalSum) add(value int64, fraction float64, unit intervalUnit) bool {
	switch unit {
	case unitMicrosecond:
		s.addTo(&s.micros, value, 1)
		s.addFraction(fraction, 1)
	case unitMillisecond:
		s.addTo(&s.micros, value, 1000)
		s.addFraction(fraction, 1000)
	case unitSecond:
		s.addTo(&s.micros, value, usPerSecond)
		s.addFraction(fraction, usPerSecond)
	case unitMinute:
		s.addTo(&s.micros, value, usPerMinute)
		s.addFraction(fraction, usPerMinute)
	case unitHour:
		s.addTo(&s.micros, value, usPerHour)
		s.addFraction(fraction, usPerHour)
	case unitDay:
		s.addTo(&s.days, value, 1)
		s.addFraction(fraction, usPerDay)
	case unitWeek:
		s.addTo(&s.days, value, 7)
		s.addFractionDays(fraction, 7)
	case unitMonth:
		s.addTo(&s.months, value, 1)
		s.addFractionDays(fraction, daysPerMonth)
	case unitYear, unitDecade, unitCentury, unitMillennium:
		scale := [...]int64{1, 10, 100, 1000}[unit-unitYear]
		s.addTo(&s.years, value, scale)
		s.addFractionYears(fraction, scale)
	default:
		return false
	}
	return true
}

func (s *intervalSum) negate() {
	s.years, s.months, s.days, s.micros = -s.years, -s.months, -s.days, -s.micros
}

// interval makes the result; ok is false where the months do not fit.
func (s *intervalSum) interval() (Interval, bool) {
	months := s.years*monthsPerYear + s.months
	if months != int64(int32(months)) {
		return Interval{}, false
	}
	return Interval{int32(months), int32(s.days), s.micros}, true
}

// Masks of what an interval's fields gave, each at most once.
type intervalMask uint16

func (u intervalUnit) mask() intervalMask { return 1 << u }

const (
	intervalSeconds = intervalMask(1<<unitSecond | 1<<unitMillisecond | 1<<unitMicrosecond)
	intervalClock   = intervalMask(1<<unitHour|1<<unitMinute) | intervalSeconds
)

func intervalIn(typmod int32, text []byte, env *Env) (Value, error) {
	i, err := ParseInterval(text, typmod, env)
	if err != nil {
		return Value{}, err
	}
	return i.Value(), nil
}

// ParseInterval is interval_in.
func ParseInterval(text []byte, typmod int32, env *Env) (Interval, error) {
	fields, _ := splitIntervalTypmod(typmod)
	sum, e := decodeInterval(text, fields, orDefault(env).IntervalStyle)
	if e == dtBadFormat {
		sum, e = decodeISOInterval(string(text))
	}
	if e == dtOK && sum.overflow {
		e = dtFieldOverflow
	}
	if e == dtFieldOverflow {
		e = dtIntervalOverflow
	}
	if e != dtOK {
		return Interval{}, e.report(text, "interval", "")
	}
	i, ok := sum.interval()
	if !ok {
		return Interval{}, intervalOutOfRange()
	}
	return i.ApplyTypmod(typmod), nil
}

// decodeInterval is DecodeInterval. It reads the fields backwards, to meet a
// unit before its number.
func decodeInterval(text []byte, allowed int32, style IntervalStyle) (sum intervalSum, e dtError) {
	var buf [dtFieldsMax]dtField
	fields, ok := splitDateTime(text, buf[:0])
	if !ok {
		return sum, dtBadFormat
	}
	var have intervalMask
	unit := unitNone
	ago := false
	for i := len(fields) - 1; i >= 0; i-- {
		f := fields[i].text
		var got intervalMask
		switch fields[i].kind {
		case dtTime:
			if got, e = sum.clock(f, allowed, 1); e != dtOK {
				return sum, e
			}
			unit = unitDay
		case dtString, dtSpecial:
			if f == "ago" {
				ago = true
				unit = unitNone
				continue
			}
			if unit = intervalUnitNamed(f); unit == unitNone {
				return sum, dtBadFormat
			}
			continue
		default:
			if fields[i].kind == dtZone && strings.IndexByte(f, ':') > 0 {
				sign := int64(1)
				if f[0] == '-' {
					sign = -1
				}
				if got, e = sum.clock(f[1:], allowed, sign); e == dtOK {
					unit = unitDay
					break
				}
			}
			if got, unit, e = sum.number(f, unit, allowed); e != dtOK {
				return sum, e
			}
		}
		if got&have != 0 {
			return sum, dtBadFormat
		}
		have |= got
	}
	if have == 0 {
		return sum, dtBadFormat
	}
	if style == IntervalSQLStandard && fields[0].text[0] == '-' && !laterSigns(fields) {
		sum.forceNegative()
	}
	if ago {
		sum.negate()
	}
	return sum, dtOK
}

func laterSigns(fields []dtField) bool {
	for _, f := range fields[1:] {
		if f.text[0] == '-' || f.text[0] == '+' {
			return true
		}
	}
	return false
}

func (s *intervalSum) forceNegative() {
	for _, field := range [...]*int64{&s.years, &s.months, &s.days, &s.micros} {
		if *field > 0 {
			*field = -*field
		}
	}
}

// clock adds hh:mm[:ss[.ffffff]].
func (s *intervalSum) clock(text string, allowed int32, sign int64) (intervalMask, dtError) {
	t, e := parseClock(text, allowed == intervalMinute|intervalSecond)
	if e != dtOK {
		return 0, e
	}
	before := *s
	s.addTo(&s.micros, sign*t[0], usPerHour)
	s.addTo(&s.micros, sign*(t[1]*usPerMinute+t[2]*usPerSecond+t[3]), 1)
	if s.overflow {
		*s = before
		return 0, dtFieldOverflow
	}
	return intervalClock, dtOK
}

// number adds a number of unit; it returns the unit that a number before it has
// by default.
func (s *intervalSum) number(text string, unit intervalUnit, allowed int32) (intervalMask, intervalUnit, dtError) {
	if unit == unitNone {
		unit = defaultIntervalUnit(allowed)
	}
	n := 0
	if text[0] == '-' || text[0] == '+' {
		n++
	}
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	negative := text[0] == '-'
	value := int64(0)
	if n > 0 && isDigit(text[n-1]) {
		var err error
		if value, err = strconv.ParseInt(text[:n], 10, 64); err != nil {
			return 0, unit, dtFieldOverflow
		}
	}
	fraction := 0.0
	switch rest := text[n:]; {
	case rest == "":
	case rest[0] == '-':
		months, err := strconv.ParseUint(rest[1:], 10, 16)
		if err != nil {
			return 0, unit, dtBadFormat
		}
		if months >= monthsPerYear {
			return 0, unit, dtFieldOverflow
		}
		unit = unitMonth
		if negative {
			months = -months
		}
		product, ok := mulSmall(value, monthsPerYear)
		if !ok {
			return 0, unit, dtFieldOverflow
		}
		value = product + int64(months)
	case rest[0] == '.':
		for _, c := range rest[1:] {
			if c < '0' || c > '9' {
				return 0, unit, dtBadFormat
			}
		}
		if len(rest) > 1 {
			fraction, _ = strconv.ParseFloat("0"+rest, 64)
		}
		if negative {
			fraction = -fraction
		}
	default:
		return 0, unit, dtBadFormat
	}
	if !s.add(value, fraction, unit) {
		return 0, unit, dtBadFormat
	}
	if s.overflow {
		return 0, unit, dtFieldOverflow
	}
	got := unit.mask()
	next := unit
	switch unit {
	case unitSecond:
		if fraction != 0 {
			got = intervalSeconds
		}
	case unitHour:
		next = unitDay
	}
	return got, next, dtOK
}

// defaultIntervalUnit is the unit of a number without one: the last field of
// the interval's typmod, or seconds.
func defaultIntervalUnit(allowed int32) intervalUnit {
	if allowed == intervalFullRange {
		return unitSecond
	}
	switch {
	case allowed&intervalSecond != 0:
		return unitSecond
	case allowed&intervalMinute != 0:
		return unitMinute
	case allowed&intervalHour != 0:
		return unitHour
	case allowed&intervalDay != 0:
		return unitDay
	case allowed&intervalMonth != 0:
		return unitMonth
	}
	return unitYear
}

// decodeISOInterval is DecodeISO8601Interval: PnYnMnWnDTnHnMnS, or the
// alternative form PYYYY-MM-DDTHH:MM:SS.
func decodeISOInterval(s string) (sum intervalSum, e dtError) {
	if len(s) < 2 || s[0] != 'P' {
		return sum, dtBadFormat
	}
	s = s[1:]
	datePart, haveField := true, false
	for s != "" {
		if s[0] == 'T' {
			datePart, haveField = false, false
			s = s[1:]
			continue
		}
		value, fraction, rest, ok := isoNumber(s)
		if !ok {
			return sum, dtBadFormat
		}
		designator := byte(0)
		if rest != "" {
			designator = rest[0]
			rest = rest[1:]
		}
		unit := unitNone
		if datePart {
			switch designator {
			case 'Y':
				unit = unitYear
			case 'M':
				unit = unitMonth
			case 'W':
				unit = unitWeek
			case 'D':
				unit = unitDay
			}
		} else {
			switch designator {
			case 'H':
				unit = unitHour
			case 'M':
				unit = unitMinute
			case 'S':
				unit = unitSecond
			}
		}
		if unit == unitNone {
			if haveField {
				return sum, dtBadFormat
			}
			return decodeISOAlternative(sum, s, datePart)
		}
		sum.add(value, fraction, unit)
		if sum.overflow {
			return sum, dtFieldOverflow
		}
		haveField = true
		s = rest
	}
	return sum, dtOK
}

// isoNumber reads a number with an optional fraction.
func isoNumber(s string) (value int64, fraction float64, rest string, ok bool) {
	n := 0
	if n < len(s) && (s[n] == '-' || s[n] == '+') {
		n++
	}
	for n < len(s) && (isDigit(s[n]) || s[n] == '.') {
		n++
	}
	f, err := strconv.ParseFloat(s[:n], 64)
	if err != nil || math.Abs(f) > 1e15 {
		return 0, 0, s, false
	}
	whole := math.Trunc(f)
	return int64(whole), f - whole, s[n:], true
}

// decodeISOAlternative reads YYYY-MM-DD, YYYYMMDD, HH:MM:SS or HHMMSS, and a
// time after a date.
func decodeISOAlternative(sum intervalSum, s string, datePart bool) (intervalSum, dtError) {
	part, rest, hasTime := strings.Cut(s, "T")
	units := [...]intervalUnit{unitYear, unitMonth, unitDay}
	sep := "-"
	if !datePart {
		units, sep = [...]intervalUnit{unitHour, unitMinute, unitSecond}, ":"
	}
	pieces := strings.Split(part, sep)
	if len(pieces) == 1 && len(part) == 8 && datePart {
		pieces = []string{part[:4], part[4:6], part[6:]}
	} else if len(pieces) == 1 && len(part) == 6 && !datePart {
		pieces = []string{part[:2], part[2:4], part[4:]}
	}
	if len(pieces) > 3 {
		return sum, dtBadFormat
	}
	for k, piece := range pieces {
		value, fraction, left, ok := isoNumber(piece)
		if !ok || left != "" {
			return sum, dtBadFormat
		}
		sum.add(value, fraction, units[k])
	}
	if sum.overflow {
		return sum, dtFieldOverflow
	}
	if hasTime && datePart && rest != "" {
		return decodeISOTime(sum, rest)
	}
	return sum, dtOK
}

// decodeISOTime reads the time after the date of the alternative form.
func decodeISOTime(sum intervalSum, s string) (intervalSum, dtError) {
	more, e := decodeISOInterval("PT" + s)
	if e != dtOK {
		return sum, e
	}
	sum.addTo(&sum.micros, more.micros, 1)
	return sum, dtOK
}
