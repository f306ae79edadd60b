package types

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"polyreme/pgwire/pgerr"
)

// dateReader is DCH_from_char: it reads text by a pattern of to_date and
// to_timestamp.
type dateReader struct {
	all   string
	text  string // what is left
	fixed bool   // FX
	skips int    // blanks skipped beyond the pattern's

	hour, minute, second, secondOfDay int
	millis, micros                    int
	day, month, year, yearDigits      int
	yearDay, week, weekOfMonth        int
	weekDay, century, julian          int
	clock12, pm, bc, iso              bool
	hasYear, hasZone                  bool
	zoneSign, zoneHour, zoneMinute    int
}

func readError(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.InvalidDatetimeFormat, format, args...)
}

func (r *dateReader) skipBlanks() int {
	n := 0
	for n < len(r.text) && isSpace(r.text[n]) {
		n++
	}
	r.text = r.text[n:]
	return n
}

func (r *dateReader) skipChar() {
	_, size := utf8.DecodeRuneInString(r.text)
	r.text = r.text[size:]
}

func (r *dateReader) read(nodes []dateNode) error {
	for i := 0; i < len(nodes) && r.text != ""; i++ {
		n := nodes[i]
		isField := n.key != dateLiteral && n.key != dateSeparator && n.key != dateSpace
		if !r.fixed && n.key != dateFX && (isField || i == 0) {
			r.skips += r.skipBlanks()
		}
		switch {
		case n.key == dateSeparator || n.key == dateSpace:
			r.separator()
		case !isField:
			if !r.fixed && r.skips > 0 {
				r.skips--
			} else {
				r.skipChar()
			}
		default:
			if err := r.field(nodes, i); err != nil {
				return err
			}
			if !r.fixed {
				r.skips = r.skipBlanks()
			}
		}
	}
	return nil
}

func (r *dateReader) separator() {
	if r.text == "" {
		return
	}
	if r.fixed {
		r.skipChar()
		return
	}
	r.skips--
	if c := r.text[0]; isSpace(c) || isPunct(c) {
		r.skipChar()
		r.skips++
	}
}

// slurps tells whether the number of node i may have any length: FM, or what
// follows is no digit.
func slurps(nodes []dateNode, i int) bool {
	if nodes[i].fill || nodes[i].ordinal != "" || i+1 == len(nodes) {
		return true
	}
	next := nodes[i+1]
	switch next.key {
	case dateLiteral, dateSeparator, dateSpace:
		return !isDigit(next.literal[0])
	case dateAD, dateADDots, dateAM, dateAMDots, dateDAY, dateDY, dateFX, dateMONTH, dateMON, dateRM, dateTZ, dateOF, dateTZH:
		return true
	}
	return false
}

// number reads an integer of at most width digits into *into; it returns how
// many bytes it took.
func (r *dateReader) number(nodes []dateNode, i, width int, into *int) (int, error) {
	n := nodes[i]
	r.skipBlanks()
	word := r.text
	limit := len(word)
	exact := !slurps(nodes, i)
	if exact {
		if len(word) < width {
			return 0, readError("source string too short for \"%s\" formatting field", n.literal).
				WithDetail("Field requires %d characters, but only %d remain.", width, len(word)).
				WithHint("If your source string is not fixed-width, try using the \"FM\" modifier.")
		}
		limit = width
	}
	used := 0
	if used < limit && (word[0] == '-' || word[0] == '+') {
		used++
	}
	for used < limit && isDigit(word[used]) {
		used++
	}
	shown := word[:min(width, len(word))]
	if used == 0 || !isDigit(word[used-1]) {
		return 0, readError("invalid value \"%s\" for \"%s\"", shown, n.literal).WithDetail("Value must be an integer.")
	}
	if exact && used < width {
		return 0, readError("invalid value \"%s\" for \"%s\"", shown, n.literal).
			WithDetail("Field requires %d characters, but only %d could be parsed.", width, used).
			WithHint("If your source string is not fixed-width, try using the \"FM\" modifier.")
	}
	value, err := strconv.ParseInt(word[:used], 10, 32)
	if err != nil {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "value for \"%s\" in source string is out of range", n.literal).
			WithDetail("Value must be in the range %d to %d.", math.MinInt32, math.MaxInt32)
	}
	r.text = word[used:]
	return used, r.set(n, into, int(value))
}

func (r *dateReader) set(n dateNode, into *int, value int) error {
	if into == nil {
		return nil
	}
	if *into != 0 && *into != value {
		return readError("conflicting values for \"%s\" field in formatting string", n.literal).
			WithDetail("This value contradicts a previous setting for the same field type.")
	}
	*into = value
	return nil
}

// choose reads one of words, without regard to case.
func (r *dateReader) choose(n dateNode, words []string) (int, error) {
	for i, w := range words {
		if len(r.text) >= len(w) && strings.EqualFold(r.text[:len(w)], w) {
			r.text = r.text[len(w):]
			return i, nil
		}
	}
	word := r.text
	if end := strings.IndexFunc(word, func(c rune) bool { return c < 0x80 && isSpace(byte(c)) }); end >= 0 {
		word = word[:end]
	}
	return 0, readError("invalid value \"%s\" for \"%s\"", word, n.literal).
		WithDetail("The given value did not match any of the allowed values for this field.")
}

func short(names []string) []string {
	s := make([]string, len(names))
	for i, n := range names {
		s[i] = n[:3]
	}
	return s
}

func (r *dateReader) field(nodes []dateNode, i int) error {
	n := nodes[i]
	if n.key == dateFX {
		r.fixed = true
		return nil
	}
	err := r.fieldValue(nodes, i)
	if err == nil && n.ordinal != "" && len(r.text) >= 2 {
		r.text = r.text[2:]
	}
	return err
}

func (r *dateReader) fieldValue(nodes []dateNode, i int) (err error) {
	n := nodes[i]
	var k int
	switch n.key {
	case dateAM:
		k, err = r.choose(n, []string{"am", "pm"})
		r.pm, r.clock12 = k == 1, true
	case dateAMDots:
		k, err = r.choose(n, []string{"a.m.", "p.m."})
		r.pm, r.clock12 = k == 1, true
	case dateAD:
		k, err = r.choose(n, []string{"ad", "bc"})
		r.bc = k == 1
	case dateADDots:
		k, err = r.choose(n, []string{"a.d.", "b.c."})
		r.bc = k == 1
	case dateHH12:
		r.clock12 = true
		_, err = r.number(nodes, i, 2, &r.hour)
	case dateHH24:
		_, err = r.number(nodes, i, 2, &r.hour)
	case dateMI:
		_, err = r.number(nodes, i, 2, &r.minute)
	case dateSS:
		_, err = r.number(nodes, i, 2, &r.second)
	case dateMS:
		k, err = r.number(nodes, i, 3, &r.millis)
		r.millis *= [...]int{1, 100, 10}[k%3*boolInt(k < 3)]
	case dateUS, dateFraction:
		width := 6
		if n.key == dateFraction {
			width = int(n.literal[2] - '0')
		}
		if k, err = r.number(nodes, i, width, &r.micros); err == nil && k < 6 {
			r.micros *= int(pow10Small[6-k])
		}
	case dateSSSS:
		_, err = r.number(nodes, i, 5, &r.secondOfDay)
	case dateTZ, dateOF:
		return pgerr.New(pgerr.FeatureNotSupported, "formatting field \"%s\" is only supported in to_char", n.literal)
	case dateTZH, dateTZM:
		err = r.zone(nodes, i)
	case dateMONTH:
		k, err = r.choose(n, monthNames[:])
		if err == nil {
			err = r.set(n, &r.month, k+1)
		}
	case dateMON:
		k, err = r.choose(n, short(monthNames[:]))
		if err == nil {
			err = r.set(n, &r.month, k+1)
		}
	case dateDAY:
		k, err = r.choose(n, weekdayNames[:])
		r.weekDay = k + 1
	case dateDY:
		k, err = r.choose(n, short(weekdayNames[:]))
		r.weekDay = k + 1
	case dateRM:
		k, err = r.choose(n, []string{"viii", "vii", "iii", "xii", "iv", "vi", "ii", "ix", "xi", "v", "x", "i"})
		if err == nil {
			err = r.set(n, &r.month, [...]int{8, 7, 3, 12, 4, 6, 2, 9, 11, 5, 10, 1}[k])
		}
	default:
		err = r.dateNumber(nodes, i)
	}
	return err
}

func (r *dateReader) zone(nodes []dateNode, i int) error {
	r.hasZone = true
	if nodes[i].key == dateTZM {
		_, err := r.number(nodes, i, 2, &r.zoneMinute)
		return err
	}
	r.zoneSign = 1
	if r.text != "" && strings.IndexByte("+- ", r.text[0]) >= 0 {
		if r.text[0] == '-' {
			r.zoneSign = -1
		}
		r.text = r.text[1:]
	} else if at := len(r.all) - len(r.text); r.skips > 0 && at > 0 && r.all[at-1] == '-' {
		r.zoneSign = -1 // the pattern's separator took it
	}
	_, err := r.number(nodes, i, 2, &r.zoneHour)
	return err
}

// dateNumber reads the numbers of the date.
func (r *dateReader) dateNumber(nodes []dateNode, i int) (err error) {
	switch n := nodes[i]; n.key {
	case dateMM:
		_, err = r.number(nodes, i, 2, &r.month)
	case dateDDD:
		_, err = r.number(nodes, i, 3, &r.yearDay)
	case dateIDDD:
		r.iso = true
		_, err = r.number(nodes, i, 3, &r.yearDay)
	case dateDD:
		_, err = r.number(nodes, i, 2, &r.day)
	case dateD:
		_, err = r.number(nodes, i, 1, &r.weekDay)
	case dateID:
		r.iso = true
		_, err = r.number(nodes, i, 1, &r.weekDay)
		r.weekDay = r.weekDay%7 + 1 // Sunday is 1
	case dateWW:
		_, err = r.number(nodes, i, 2, &r.week)
	case dateIW:
		r.iso = true
		_, err = r.number(nodes, i, 2, &r.week)
	case dateQ:
		_, err = r.number(nodes, i, 1, nil)
	case dateCC:
		_, err = r.number(nodes, i, 2, &r.century)
	case dateW:
		_, err = r.number(nodes, i, 1, &r.weekOfMonth)
	case dateJ:
		_, err = r.number(nodes, i, math.MaxInt32, &r.julian)
	case dateYYYYComma:
		err = r.yearWithComma(n)
	case dateYYYY, dateIYYY:
		err = r.readYear(nodes, i, 4)
	case dateYYY, dateIYY:
		err = r.readYear(nodes, i, 3)
	case dateYY, dateIY:
		err = r.readYear(nodes, i, 2)
	case dateY, dateI:
		err = r.readYear(nodes, i, 1)
	}
	return err
}

func (r *dateReader) yearWithComma(n dateNode) error {
	thousands, rest, ok := strings.Cut(r.text, ",")
	t, err := strconv.Atoi(strings.TrimSpace(thousands))
	digits := 0
	for digits < min(len(rest), 3) && isDigit(rest[digits]) {
		digits++
	}
	if !ok || err != nil || digits == 0 {
		return readError("invalid input string for \"Y,YYY\"")
	}
	r.text = rest[digits:]
	r.yearDigits, r.hasYear = 4, true
	return r.set(n, &r.year, t*1000+atoi(rest[:digits]))
}

func (r *dateReader) readYear(nodes []dateNode, i, width int) error {
	switch nodes[i].key {
	case dateIYYY, dateIYY, dateIY, dateI:
		r.iso = true
	}
	before := r.year
	used, err := r.number(nodes, i, width, &r.year)
	if err == nil && width < 4 && used < 4 && before == 0 {
		r.year = nearYear(r.year)
	}
	r.yearDigits, r.hasYear = width, true
	return err
}

// nearYear is adjust_partial_year_to_2020.
func nearYear(year int) int {
	switch {
	case year < 70:
		return year + 2000
	case year < 100:
		return year + 1900
	case year < 520:
		return year + 2000
	case year < 1000:
		return year + 1000
	}
	return year
}

// readDate is do_to_timestamp.
func readDate(text, pattern string) (civil, *dateReader, error) {
	r := &dateReader{all: text, text: text}
	c := civil{month: 1, day: 1}
	if err := r.read(parseDateFormat(pattern)); err != nil {
		return c, r, err
	}
	overflow := func() error { return dtFieldOverflow.report([]byte(text), "timestamp", "") }
	if r.secondOfDay != 0 {
		c.hour, c.minute, c.second = r.secondOfDay/3600, r.secondOfDay/60%60, r.secondOfDay%60
	}
	for _, p := range [...]struct{ to, from *int }{{&c.hour, &r.hour}, {&c.minute, &r.minute}, {&c.second, &r.second}} {
		if *p.from != 0 {
			*p.to = *p.from
		}
	}
	if r.clock12 {
		if c.hour < 1 || c.hour > 12 {
			return c, r, readError("hour \"%d\" is invalid for the 12-hour clock", c.hour).
				WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
		}
		switch {
		case r.pm && c.hour < 12:
			c.hour += 12
		case !r.pm && c.hour == 12:
			c.hour = 0
		}
	}
	if err := r.date(&c); err != nil {
		return c, r, err
	}
	c.micros = r.millis*1000 + r.micros
	if c.month < 1 || c.month > 12 || c.day < 1 || c.day > monthDays(c.year, c.month) ||
		c.hour < 0 || c.hour > 23 || c.minute < 0 || c.minute > 59 || c.second < 0 || c.second > 59 ||
		c.micros < 0 || c.micros >= usPerSecond {
		return c, r, overflow()
	}
	return c, r, nil
}

// date settles the date from whatever parts were given.
func (r *dateReader) date(c *civil) error {
	r.settleYear(c)
	if r.julian != 0 {
		c.year, c.month, c.day = fromJulian(r.julian)
	}
	if r.week != 0 {
		if r.iso {
			monday := isoWeekStart(c.year, r.week)
			if r.weekDay != 0 {
				monday += (r.weekDay + 5) % 7
			}
			c.year, c.month, c.day = fromJulian(monday)
		} else {
			r.yearDay = (r.week-1)*7 + 1
		}
	}
	if r.weekOfMonth != 0 {
		r.day = (r.weekOfMonth-1)*7 + 1
	}
	if r.day != 0 {
		c.day = r.day
	}
	if r.month != 0 {
		c.month = r.month
	}
	if r.yearDay != 0 && (c.month <= 1 || c.day <= 1) {
		if c.year == 0 && !r.bc {
			return readError("cannot calculate day of year without year information")
		}
		start := julianDay(c.year, 1, 1)
		if r.iso {
			start = isoWeekStart(c.year, 1)
		} else if r.yearDay > 365+boolInt(isLeap(c.year)) {
			return dtFieldOverflow.report([]byte(r.all), "timestamp", "")
		}
		c.year, c.month, c.day = fromJulian(start + r.yearDay - 1)
	}
	return nil
}

// isoWeekStart returns the Julian day of the Monday of an ISO 8601 week.
func isoWeekStart(year, week int) int {
	fourth := julianDay(year, 1, 4)
	return fourth - (weekday(fourth)+6)%7 + (week-1)*7
}

func (r *dateReader) settleYear(c *civil) {
	century := r.century
	if r.bc {
		century = -century
	}
	switch {
	case r.hasYear && r.year != 0 && r.century != 0 && r.yearDigits <= 2:
		c.year = r.year % 100
		switch {
		case c.year == 0:
			c.year = century*100 + boolInt(century < 0)
		case century < 0:
			c.year = (century+1)*100 - c.year + 1
		default:
			c.year = (century-1)*100 + c.year
		}
	case r.hasYear && r.year != 0:
		c.year = r.year
		if r.bc {
			c.year = -c.year
		}
		if c.year < 0 {
			c.year++
		}
	case r.century != 0 && century >= 0:
		c.year = (century-1)*100 + 1
	case r.century != 0:
		c.year = century*100 + 1
	}
}

// ToDate is to_date.
func ToDate(text, pattern string, _ *Env) (int64, error) {
	c, _, err := readDate(text, pattern)
	if err != nil {
		return 0, err
	}
	days := int64(julianDay(c.year, c.month, c.day) - epochJulian)
	if !validJulian(c.year, c.month) || !validDate(days) {
		return 0, dateOutOfRange([]byte(text))
	}
	return days, nil
}

// ToTimestampFormat is to_timestamp(text, text).
func ToTimestampFormat(text, pattern string, env *Env) (int64, error) {
	c, r, err := readDate(text, pattern)
	if err != nil {
		return 0, err
	}
	zone := zoneSpec{loc: env.location()}
	if r.hasZone {
		sign := 1
		if r.zoneSign < 0 {
			sign = -1
		}
		if r.zoneHour > timeZoneHourMax || r.zoneMinute > 59 {
			return 0, dtZoneOverflow.report([]byte(text), "timestamp", "")
		}
		zone = zoneSpec{offset: sign * (r.zoneHour*60 + r.zoneMinute) * 60}
	}
	ts, ok := c.timestamp()
	if ok {
		ts = zone.toUTC(ts)
	}
	if !ok || !validTimestamp(ts) {
		return 0, timestampError()
	}
	return ts, nil
}
