package types

import (
	"math"
	"strconv"
	"strings"

	"polyreme/pgwire/pgerr"
)

// dtError is what is wrong with date and time input, until the text of the
// whole input makes it an error.
type dtError uint8

const (
	dtOK dtError = iota
	dtBadFormat
	dtFieldOverflow
	dtMonthDayOverflow
	dtIntervalOverflow
	dtZoneOverflow
	dtBadZone
)

// report is DateTimeParseError.
func (e dtError) report(text []byte, typeName, zone string) error {
	switch e {
	case dtOK:
		return nil
	case dtFieldOverflow:
		return pgerr.New(pgerr.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", text)
	case dtMonthDayOverflow:
		return pgerr.New(pgerr.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", text).
			WithHint("Perhaps you need a different \"datestyle\" setting.")
	case dtIntervalOverflow:
		return pgerr.New(pgerr.IntervalFieldOverflow, "interval field value out of range: \"%s\"", text)
	case dtZoneOverflow:
		return pgerr.New(pgerr.InvalidTimeZoneDisplacement, "time zone displacement out of range: \"%s\"", text)
	case dtBadZone:
		return zoneNotRecognized(zone)
	}
	return pgerr.New(pgerr.InvalidDatetimeFormat, "invalid input syntax for type %s: \"%s\"", typeName, text)
}

// Bits for the fields that input has given so far.
type dtMask uint16

const (
	maskYear dtMask = 1 << iota
	maskMonth
	maskDay
	maskHour
	maskMinute
	maskSecond
	maskYearDay
	maskZone
	maskDST
	maskAMPM
	maskADBC
	maskWeekday

	maskDate = maskYear | maskMonth | maskDay
	maskTime = maskHour | maskMinute | maskSecond
)

// dtDecoder gives meaning to the fields of date and time input: PostgreSQL's
// DecodeDateTime and, with timeOnly, DecodeTimeOnly.
type dtDecoder struct {
	env      *Env
	timeOnly bool
	fields   []dtField

	c          civil
	mask       dtMask
	reserved   int // reservedEarly, Late or Epoch: nothing else counts
	isReserved bool
	label      int // unitJulian or unitTime: what the next field is
	hasLabel   bool
	textMonth  bool
	julian     bool
	twoDigits  bool
	bc         bool
	ampm       int // 0 none, 1 AM, 2 PM
	zone       zoneSpec
	hasZone    bool // zone came from the input
	named      bool // and is a location
	dstExtra   int
	badZone    string
}

func (d *dtDecoder) decode() dtError {
	for i := range d.fields {
		got, e := d.field(i)
		if e != dtOK {
			return e
		}
		if got&d.mask != 0 {
			return dtBadFormat
		}
		d.mask |= got
	}
	if d.hasLabel {
		return dtBadFormat
	}
	if d.isReserved {
		return dtOK
	}
	if e := d.validate(); e != dtOK {
		return e
	}
	return d.complete()
}

func (d *dtDecoder) field(i int) (dtMask, dtError) {
	f := d.fields[i]
	switch f.kind {
	case dtDate:
		return d.dateField(i)
	case dtTime:
		if d.hasLabel {
			if d.label != unitTime {
				return 0, dtBadFormat
			}
			d.hasLabel = false
		}
		e := d.time(f.text)
		if e == dtOK && !d.timeOnly && d.timeOverflows() {
			e = dtFieldOverflow
		}
		return maskTime, e
	case dtZone:
		return maskZone, d.numericZone(f.text)
	case dtNumber:
		if d.hasLabel {
			return d.labelled(f.text)
		}
		return d.numberField(i)
	}
	return d.word(i)
}

// dateField handles a field with delimiters: a date, or a time or zone that
// looks like one.
func (d *dtDecoder) dateField(i int) (dtMask, dtError) {
	text := d.fields[i].text
	if d.hasLabel && d.label == unitJulian && !d.timeOnly {
		return d.julianWithZone(text)
	}
	acceptDate := !d.hasLabel && d.mask&(maskMonth|maskDay) != maskMonth|maskDay
	if d.timeOnly {
		n := len(d.fields)
		acceptDate = i == 0 && n >= 2 && (d.fields[n-1].kind == dtDate || d.fields[1].kind == dtTime)
	}
	if acceptDate {
		return d.date(text)
	}
	if isDigit(text[0]) || d.hasLabel && !d.timeOnly {
		return d.timeWithZone(text)
	}
	return maskZone, d.namedZone(text)
}

// timeWithZone reads hhmmss-zz.
func (d *dtDecoder) timeWithZone(text string) (dtMask, dtError) {
	if d.hasLabel {
		if d.label != unitTime {
			return 0, dtBadFormat
		}
		d.hasLabel = false
	}
	dash := strings.IndexByte(text, '-')
	if d.mask&maskTime == maskTime || dash < 0 {
		return 0, dtBadFormat
	}
	if e := d.numericZone(text[dash:]); e != dtOK {
		return 0, e
	}
	mask := d.mask
	if d.timeOnly {
		mask |= maskDate
	}
	got, e := d.concatenated(text[:dash], mask)
	return got | maskZone, e
}

func (d *dtDecoder) julianWithZone(text string) (dtMask, dtError) {
	n := 0
	for n < len(text) && isDigit(text[n]) {
		n++
	}
	day, err := strconv.ParseInt(text[:n], 10, 32)
	if err != nil {
		return 0, dtFieldOverflow
	}
	d.hasLabel = false
	d.julian = true
	d.c.year, d.c.month, d.c.day = fromJulian(int(day))
	return maskDate | maskTime | maskZone, d.numericZone(text[n:])
}

// labelled handles the number after j or t.
func (d *dtDecoder) labelled(text string) (dtMask, dtError) {
	label := d.label
	d.hasLabel = false
	switch label {
	case unitJulian:
		whole, frac, hasFrac := strings.Cut(text, ".")
		day, err := strconv.ParseInt(whole, 10, 32)
		if err != nil {
			return 0, dtFieldOverflow
		}
		d.julian = true
		d.c.year, d.c.month, d.c.day = fromJulian(int(day))
		if !hasFrac {
			return maskDate, dtOK
		}
		part, err := strconv.ParseFloat("0."+frac, 64)
		if err != nil {
			part = 0
		}
		d.setTime(splitTime(int64(float64(part * usPerDay))))
		return maskDate | maskTime, dtOK
	case unitTime:
		got, e := d.concatenated(text, d.mask|maskDate)
		if e == dtOK && got != maskTime {
			e = dtBadFormat
		}
		return got, e
	}
	return d.labelledPart(label, text)
}

// labelledPart handles the number after y, m, d, h, mm or s.
func (d *dtDecoder) labelledPart(label int, text string) (dtMask, dtError) {
	value, rest, ok := leadingInt(text)
	if !ok {
		return 0, dtFieldOverflow
	}
	if rest != "" && (rest[0] != '.' || label != labelSecond) {
		return 0, dtBadFormat
	}
	switch label {
	case labelYear:
		d.c.year = value
		return maskYear, dtOK
	case labelMonth:
		if d.mask&maskMonth != 0 && d.mask&maskHour != 0 {
			d.c.minute = value
			return maskMinute, dtOK
		}
		d.c.month = value
		return maskMonth, dtOK
	case labelDay:
		d.c.day = value
		return maskDay, dtOK
	case labelHour:
		d.c.hour = value
		return maskHour, dtOK
	case labelMinute:
		d.c.minute = value
		return maskMinute, dtOK
	case labelSecond:
		d.c.second = value
		e := dtOK
		if rest != "" {
			d.c.micros, e = fractionMicros(rest)
		}
		return maskSecond, e
	}
	return 0, dtBadFormat
}

func (d *dtDecoder) setTime(t civil) {
	d.c.hour, d.c.minute, d.c.second, d.c.micros = t.hour, t.minute, t.second, t.micros
}

func (d *dtDecoder) numberField(i int) (dtMask, dtError) {
	text := d.fields[i].text
	point := strings.IndexByte(text, '.')
	if d.timeOnly {
		return d.timeOnlyNumber(i, text, point)
	}
	switch {
	case point >= 0 && d.mask&maskDate == 0:
		return d.date(text)
	case point > 2:
		return d.concatenated(text, d.mask)
	case len(text) >= 6 && (d.mask&maskDate == 0 || d.mask&maskTime == 0):
		return d.concatenated(text, d.mask)
	}
	return d.number(text, d.textMonth, d.mask)
}

func (d *dtDecoder) timeOnlyNumber(i int, text string, point int) (dtMask, dtError) {
	if point >= 0 {
		n := len(d.fields)
		if i == 0 && n >= 2 && d.fields[n-1].kind == dtDate {
			return d.date(text)
		}
		if point > 2 {
			return d.concatenated(text, d.mask|maskDate)
		}
		return 0, dtBadFormat
	}
	if len(text) > 4 {
		return d.concatenated(text, d.mask|maskDate)
	}
	return d.number(text, false, d.mask|maskDate)
}

// word handles a field of letters: a zone, a month, a special value, a label.
func (d *dtDecoder) word(i int) (dtMask, dtError) {
	text := d.fields[i].text
	if offset, dst, ok := ZoneAbbrev(text); ok {
		d.zone, d.hasZone = zoneSpec{offset: offset}, true
		if dst {
			return maskZone | maskDST, dtOK
		}
		return maskZone, dtOK
	}
	kind, value, _ := dateToken(text)
	switch kind {
	case wordIgnore:
		return 0, dtOK
	case wordReserved:
		return d.special(value)
	case wordMonth:
		return d.monthWord(value)
	case wordDST:
		d.dstExtra = value
		return maskDST, dtOK
	case wordAMPM:
		d.ampm = value + 1
		return maskAMPM, dtOK
	case wordADBC:
		d.bc = value == 1
		return maskADBC, dtOK
	case wordDayOfWeek:
		return maskWeekday, dtOK
	case wordUnits:
		if d.hasLabel {
			return 0, dtBadFormat
		}
		d.label, d.hasLabel = value, true
		return 0, dtOK
	case wordISOTime:
		return 0, d.isoTimeLabel(i)
	}
	if d.namedZone(text) != dtOK {
		return 0, dtBadFormat
	}
	return maskZone, dtOK
}

// isoTimeLabel accepts the t between date and time.
func (d *dtDecoder) isoTimeLabel(i int) dtError {
	if !d.timeOnly && d.mask&maskDate != maskDate || i >= len(d.fields)-1 || d.hasLabel {
		return dtBadFormat
	}
	switch d.fields[i+1].kind {
	case dtNumber, dtTime, dtDate:
		d.label, d.hasLabel = unitTime, true
		return dtOK
	}
	return dtBadFormat
}

func (d *dtDecoder) monthWord(month int) (dtMask, dtError) {
	got := maskMonth
	if d.timeOnly {
		return 0, dtBadFormat
	}
	if d.mask&maskMonth != 0 && !d.textMonth && d.mask&maskDay == 0 && d.c.month >= 1 && d.c.month <= 31 {
		d.c.day = d.c.month
		got = maskDay
	}
	d.textMonth = true
	d.c.month = month
	return got, dtOK
}

// special handles now, today and the like, in the time zone of the session.
func (d *dtDecoder) special(value int) (dtMask, dtError) {
	session := zoneSpec{loc: d.env.location()}
	local, offset := session.toLocal(orDefault(d.env).TransactionTime)
	now := splitTimestamp(local)
	if value == reservedZulu {
		d.setTime(civil{})
		d.zone, d.hasZone = zoneSpec{}, true
		return maskTime | maskZone, dtOK
	}
	if d.timeOnly {
		if value != reservedNow {
			return 0, dtBadFormat
		}
		d.setTime(now)
		return maskTime, dtOK
	}
	switch value {
	case reservedNow:
		d.c = now
		d.zone, d.hasZone = zoneSpec{offset: offset}, true
		return maskDate | maskTime | maskZone, dtOK
	case reservedToday, reservedTomorrow, reservedYesterday:
		jd := julianDay(now.year, now.month, now.day)
		switch value {
		case reservedTomorrow:
			jd++
		case reservedYesterday:
			jd--
		}
		d.c.year, d.c.month, d.c.day = fromJulian(jd)
		return maskDate, dtOK
	}
	d.reserved, d.isReserved = value, true
	return maskDate | maskTime | maskZone, dtOK
}

func (d *dtDecoder) namedZone(name string) dtError {
	loc, err := LoadZone(name)
	if err != nil {
		d.badZone = name
		return dtBadZone
	}
	d.zone, d.hasZone, d.named = zoneSpec{loc: loc}, true, true
	return dtOK
}

// numericZone is DecodeTimezone: [+-]hh[:mm[:ss]] or [+-]hhmm.
func (d *dtDecoder) numericZone(text string) dtError {
	if text == "" || text[0] != '+' && text[0] != '-' {
		return dtBadFormat
	}
	rest := text[1:]
	hour, rest, ok := leadingInt(rest)
	if !ok {
		return dtZoneOverflow
	}
	minute, second := 0, 0
	switch {
	case strings.HasPrefix(rest, ":"):
		if minute, rest, ok = leadingInt(rest[1:]); !ok {
			return dtZoneOverflow
		}
		if strings.HasPrefix(rest, ":") {
			if second, rest, ok = leadingInt(rest[1:]); !ok {
				return dtZoneOverflow
			}
		}
	case rest == "" && len(text) > 3:
		minute, hour = hour%100, hour/100
	}
	if hour < 0 || hour > timeZoneHourMax || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return dtZoneOverflow
	}
	offset := (hour*60+minute)*60 + second
	if text[0] == '-' {
		offset = -offset
	}
	d.zone, d.hasZone = zoneSpec{offset: offset}, true
	if rest != "" {
		return dtBadFormat
	}
	return dtOK
}

// leadingInt reads an integer as strtol does; ok is false beyond an int32. No
// digits at all are 0.
func leadingInt(s string) (n int, rest string, ok bool) {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	v, err := strconv.ParseInt(s[:i], 10, 32)
	if err != nil {
		if i > 0 && isDigit(s[i-1]) {
			return 0, s[i:], false
		}
		return 0, s, true
	}
	return int(v), s[i:], true
}

// date is DecodeDate.
func (d *dtDecoder) date(text string) (dtMask, dtError) {
	var parts [dtFieldsMax]string
	n := 0
	for i := 0; i < len(text); {
		for i < len(text) && !isAlnum(text[i]) {
			i++
		}
		if i == len(text) || n == len(parts) {
			return 0, dtBadFormat
		}
		from := i
		same := isAlpha
		if isDigit(text[i]) {
			same = isDigit
		}
		for i < len(text) && same(text[i]) {
			i++
		}
		parts[n] = text[from:i]
		n++
		if i < len(text) && !isAlnum(text[i]) {
			i++
		} else if i < len(text) {
			i++ // PostgreSQL drops the byte where letters and digits meet
		}
	}
	mask := d.mask
	if d.timeOnly {
		mask = 0
	}
	var got dtMask
	textMonth := false
	for i := range n {
		if !isAlpha(parts[i][0]) {
			continue
		}
		kind, value, _ := dateToken(parts[i])
		if kind == wordIgnore {
			continue
		}
		if kind != wordMonth || mask&maskMonth != 0 {
			return 0, dtBadFormat
		}
		d.c.month, textMonth = value, true
		mask |= maskMonth
		got |= maskMonth
		parts[i] = ""
	}
	for _, part := range parts[:n] {
		if part == "" {
			continue
		}
		part, e := d.number(part, textMonth, mask)
		if e != dtOK {
			return 0, e
		}
		if mask&part != 0 {
			return 0, dtBadFormat
		}
		mask |= part
		got |= part
	}
	if mask&^(maskYearDay|maskZone) != maskDate {
		return 0, dtBadFormat
	}
	return got, dtOK
}

// number is DecodeNumber: what a lone number is depends on what came before.
func (d *dtDecoder) number(text string, textMonth bool, mask dtMask) (dtMask, dtError) {
	value, rest, ok := leadingInt(text)
	if !ok {
		return 0, dtFieldOverflow
	}
	if len(rest) == len(text) {
		return 0, dtBadFormat
	}
	if strings.HasPrefix(rest, ".") {
		if len(text)-len(rest) > 2 {
			return d.concatenated(text, mask|maskDate)
		}
		micros, e := fractionMicros(rest)
		if e != dtOK {
			return 0, e
		}
		d.c.micros = micros
	} else if rest != "" {
		return 0, dtBadFormat
	}
	have := mask & maskDate
	if len(text) == 3 && have == maskYear && value >= 1 && value <= 366 {
		d.c.yday = value
		return maskYearDay | maskMonth | maskDay, dtOK
	}
	if have == maskDate {
		return d.concatenated(text, mask)
	}
	if have == maskYear|maskMonth && textMonth && len(text) >= 3 && d.twoDigits {
		// The first number was the day after all.
		d.c.day, d.c.year, d.twoDigits = d.c.year, value, false
		return maskDay, dtOK
	}
	got := d.nextDatePart(have, textMonth, len(text))
	switch got {
	case maskYear:
		d.c.year = value
		d.twoDigits = len(text) <= 2
	case maskMonth:
		d.c.month = value
	case maskDay:
		d.c.day = value
	}
	return got, dtOK
}

// nextDatePart decides whether a number is the year, the month or the day.
func (d *dtDecoder) nextDatePart(have dtMask, textMonth bool, length int) dtMask {
	order := orDefault(d.env).DateOrder
	switch have {
	case 0:
		switch {
		case length >= 3 || order == OrderYMD:
			return maskYear
		case order == OrderDMY:
			return maskDay
		}
		return maskMonth
	case maskYear, maskDay:
		return maskMonth
	case maskMonth:
		if textMonth && (length >= 3 || order == OrderYMD) {
			return maskYear
		}
		return maskDay
	case maskYear | maskMonth:
		return maskDay
	}
	return maskYear
}

// concatenated is DecodeNumberField: yyyymmdd, hhmmss or hhmm run together.
func (d *dtDecoder) concatenated(text string, mask dtMask) (dtMask, dtError) {
	if point := strings.IndexByte(text, '.'); point >= 0 {
		frac, err := strconv.ParseFloat("0"+text[point:], 64)
		if err != nil {
			frac = 0
		}
		d.c.micros = int(math.RoundToEven(float64(frac * usPerSecond)))
		text = text[:point]
	} else if mask&maskDate != maskDate && len(text) >= 6 {
		n := len(text)
		d.c.day = atoi(text[n-2:])
		d.c.month = atoi(text[n-4 : n-2])
		d.c.year = atoi(text[:n-4])
		if n-4 == 2 {
			d.twoDigits = true
		}
		return maskDate, dtOK
	}
	if mask&maskTime != maskTime {
		switch len(text) {
		case 6:
			d.c.hour, d.c.minute, d.c.second = atoi(text[:2]), atoi(text[2:4]), atoi(text[4:])
			return maskTime, dtOK
		case 4:
			d.c.hour, d.c.minute, d.c.second = atoi(text[:2]), atoi(text[2:]), 0
			return maskTime, dtOK
		}
	}
	return 0, dtBadFormat
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// fractionMicros is ParseFractionalSecond of ".digits".
func fractionMicros(s string) (int, dtError) {
	for _, c := range s[1:] {
		if c < '0' || c > '9' {
			return 0, dtBadFormat
		}
	}
	if len(s) == 1 {
		return 0, dtOK
	}
	f, err := strconv.ParseFloat("0"+s, 64)
	if err != nil {
		return 0, dtBadFormat
	}
	return int(math.RoundToEven(float64(f * usPerSecond))), dtOK
}

// time is DecodeTime: hh:mm[:ss[.ffffff]] or mm:ss.ffffff.
func (d *dtDecoder) time(text string) dtError {
	t, e := parseClock(text, false)
	if e == dtOK {
		if t[0] > math.MaxInt32 || t[0] < 0 || t[1] > 59 || t[2] > 60 {
			return dtFieldOverflow
		}
		d.setTime(civil{hour: int(t[0]), minute: int(t[1]), second: int(t[2]), micros: int(t[3])})
	}
	return e
}

// parseClock reads a time of day as hour, minute, second, microsecond. Two
// numbers are minutes and seconds where minuteToSecond is set or a fraction
// follows.
func parseClock(text string, minuteToSecond bool) (t [4]int64, e dtError) {
	var n [3]int64
	count := 0
	rest := text
	for {
		digits := 0
		for digits < len(rest) && isDigit(rest[digits]) {
			digits++
		}
		v := int64(0)
		if digits > 0 {
			var err error
			if v, err = strconv.ParseInt(rest[:digits], 10, 64); err != nil {
				return t, dtFieldOverflow
			}
		}
		n[count] = v
		count++
		rest = rest[digits:]
		if count == 3 || rest == "" || rest[0] != ':' {
			break
		}
		rest = rest[1:]
	}
	if count < 2 {
		return t, dtBadFormat
	}
	if rest != "" {
		if rest[0] != '.' {
			return t, dtBadFormat
		}
		micros, e := fractionMicros(rest)
		if e != dtOK {
			return t, e
		}
		t[3] = int64(micros)
	}
	if count == 2 && (minuteToSecond || rest != "") {
		n[0], n[1], n[2] = 0, n[0], n[1]
	}
	t[0], t[1], t[2] = n[0], n[1], n[2]
	if t[1] > 59 || t[2] > 60 {
		return t, dtFieldOverflow
	}
	return t, dtOK
}

// timeOverflows is time_overflows: 24:00:00 is the largest time of day.
func (d *dtDecoder) timeOverflows() bool {
	c := &d.c
	return c.hour < 0 || c.hour > 24 || c.minute < 0 || c.minute > 59 || c.second < 0 || c.second > 60 ||
		c.micros < 0 || c.micros > usPerSecond || c.timeOfDay() > usPerDay
}

// validate is ValidateDate, and what follows it for AM and PM.
func (d *dtDecoder) validate() dtError {
	c := &d.c
	if d.mask&maskYear != 0 && !d.julian {
		switch {
		case d.bc:
			if c.year <= 0 {
				return dtFieldOverflow
			}
			c.year = 1 - c.year
		case d.twoDigits:
			if c.year < 70 {
				c.year += 2000
			} else if c.year < 100 {
				c.year += 1900
			}
		case c.year <= 0:
			return dtFieldOverflow
		}
	}
	if d.mask&maskYearDay != 0 {
		c.year, c.month, c.day = fromJulian(julianDay(c.year, 1, 1) + c.yday - 1)
	}
	if d.mask&maskMonth != 0 && (c.month < 1 || c.month > 12) {
		return dtMonthDayOverflow
	}
	if d.mask&maskDay != 0 && (c.day < 1 || c.day > 31) {
		return dtMonthDayOverflow
	}
	if d.mask&maskDate == maskDate && c.day > monthDays(c.year, c.month) {
		return dtFieldOverflow
	}
	if d.ampm != 0 && c.hour > 12 {
		return dtFieldOverflow
	}
	switch {
	case d.ampm == 1 && c.hour == 12:
		c.hour = 0
	case d.ampm == 2 && c.hour != 12:
		c.hour += 12
	}
	return dtOK
}

// complete checks that nothing is missing and settles the zone.
func (d *dtDecoder) complete() dtError {
	if d.timeOnly {
		if d.timeOverflows() {
			return dtFieldOverflow
		}
		if d.mask&maskTime != maskTime {
			return dtBadFormat
		}
	} else if d.mask&maskDate != maskDate {
		return dtBadFormat
	}
	if d.dstExtra != 0 {
		if !d.hasZone || d.named {
			return dtBadFormat
		}
		d.zone.offset += d.dstExtra
	}
	if !d.hasZone {
		d.zone = zoneSpec{loc: d.env.location()}
	}
	if !d.timeOnly {
		return dtOK
	}
	return d.completeTimeZone()
}

// completeTimeZone turns the zone of a time of day into an offset: by the date
// given, or, for the session's zone, by the date of the transaction.
func (d *dtDecoder) completeTimeZone() dtError {
	if d.zone.loc == nil {
		return dtOK
	}
	c := d.c
	if d.mask&maskDate != maskDate {
		if d.named && !isConstantZone(d.zone) {
			return dtBadFormat
		}
		local, _ := d.zone.toLocal(orDefault(d.env).TransactionTime)
		now := splitTimestamp(local)
		c.year, c.month, c.day = now.year, now.month, now.day
	}
	local, ok := c.timestamp()
	if !ok {
		return dtFieldOverflow
	}
	d.zone = zoneSpec{offset: d.zone.offsetOfLocal(floorDiv64(local, usPerSecond) + epochUnixSeconds)}
	return dtOK
}

// isConstantZone tells whether a location never changes its offset.
func isConstantZone(z zoneSpec) bool {
	offset := z.offsetAt(math.MinInt32)
	for _, unix := range [...]int64{0, epochUnixSeconds, epochUnixSeconds + 182*secondsPerDay, math.MaxInt32} {
		if z.offsetAt(unix) != offset {
			return false
		}
	}
	return true
}
