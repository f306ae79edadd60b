package types

import (
	"math"
	"strings"
	"time"

	"polyreme/pgwire/pgerr"
)

// extractField is a field of EXTRACT and date_part, a unit of date_trunc.
type extractField uint8

// The fields beyond the units of intervals, which keep their numbers.
const (
	fieldEpoch = extractField(unitMillennium) + 1 + iota
	fieldJulian
	fieldISOYear
	fieldDow
	fieldISODow
	fieldDoy
	fieldTimezone
	fieldTimezoneHour
	fieldTimezoneMinute
)

// extractFieldNamed looks up the name of a field, as DecodeUnits and then
// DecodeSpecial do; 0 where there is none.
func extractFieldNamed(name string) extractField {
	name = strings.ToLower(name)
	if len(name) > zoneAbbrevMax {
		name = name[:zoneAbbrevMax]
	}
	if u := intervalUnitNamed(name); u != unitNone {
		return extractField(u)
	}
	switch name {
	case "epoch":
		return fieldEpoch
	case "j", "jd", "julian":
		return fieldJulian
	case "isoyear":
		return fieldISOYear
	case "dow":
		return fieldDow
	case "isodow":
		return fieldISODow
	case "doy":
		return fieldDoy
	case "timezone":
		return fieldTimezone
	case "timezone_h":
		return fieldTimezoneHour
	case "timezone_m":
		return fieldTimezoneMinute
	}
	return 0
}

// truncFieldNamed looks up a unit of date_trunc, which knows fewer names.
func truncFieldNamed(name string) extractField {
	switch f := extractFieldNamed(name); f {
	case fieldEpoch, fieldJulian, fieldISOYear, fieldDow, fieldISODow, fieldDoy:
		return 0
	default:
		return f
	}
}

func unitError(name string, field extractField, typeName string) error {
	if field == 0 {
		return pgerr.New(pgerr.InvalidParameterValue, "unit \"%s\" not recognized for type %s", strings.ToLower(name), typeName)
	}
	return pgerr.New(pgerr.FeatureNotSupported, "unit \"%s\" not supported for type %s", strings.ToLower(name), typeName)
}

// Extract is EXTRACT(name FROM v) for v of type oid, one of the date and time
// types; null is set for a field that an infinite value does not have.
// date_part is Extract as a float.
func Extract(name string, oid OID, v Value, env *Env) (n Numeric, null bool, err error) {
	field := extractFieldNamed(name)
	ok := true
	switch oid {
	case TimestampOID, TimestamptzOID:
		n, null, ok = extractTimestamp(field, v.Int64(), oid == TimestamptzOID, env)
	case DateOID:
		n, null, ok = extractDate(field, v.Int64())
	case TimeOID:
		n, ok = extractTime(field, v.Int64())
	case TimetzOID:
		n, ok = extractTimetz(field, TimetzOf(v))
	case IntervalOID:
		n, ok = extractInterval(field, IntervalOf(v))
	default:
		return Numeric{}, false, unsupportedType(oid)
	}
	if !ok {
		return Numeric{}, false, unitError(name, field, FormatType(oid, -1))
	}
	return n, null, nil
}

// extractInfinite gives a field of an infinite date or timestamp: fields that
// only grow are infinite, the others null.
func extractInfinite(field extractField, positive bool) (n Numeric, null, ok bool) {
	switch field {
	case 0:
		return n, false, false
	case extractField(unitYear), extractField(unitDecade), extractField(unitCentury), extractField(unitMillennium),
		fieldJulian, fieldISOYear, fieldEpoch:
		if positive {
			return NumericInf(1), false, true
		}
		return NumericInf(-1), false, true
	}
	return n, true, true
}

func extractTimestamp(field extractField, ts int64, zoned bool, env *Env) (n Numeric, null, ok bool) {
	isZoneField := field == fieldTimezone || field == fieldTimezoneHour || field == fieldTimezoneMinute
	if isInfiniteTimestamp(ts) {
		return extractInfinite(field, ts > 0)
	}
	if isZoneField && !zoned {
		return n, false, false
	}
	if field == fieldEpoch {
		return epochOf(ts), false, true
	}
	offset := 0
	if zoned {
		ts, offset = zoneSpec{loc: env.location()}.toLocal(ts)
	}
	if isZoneField {
		n, ok = extractZone(field, offset)
		return n, false, ok
	}
	c := splitTimestamp(ts)
	if n, ok = extractClock(field, &c); ok {
		return n, false, true
	}
	if field == fieldJulian {
		day := NumericInt(int64(julianDay(c.year, c.month, c.day)))
		part, _ := NumericInt(c.timeOfDay()).Div(NumericInt(usPerDay))
		n, _ = day.Add(part)
		return n, false, true
	}
	n, ok = extractCalendar(field, &c)
	return n, false, ok
}

// epochOf returns the seconds since 1970 with six digits.
func epochOf(ts int64) Numeric {
	n, _ := NumericScaled(ts, 6).Add(NumericScaled(epochUnixSeconds*usPerSecond, 6))
	return n
}

// extractClock gives a field of the time of day.
func extractClock(field extractField, c *civil) (Numeric, bool) {
	micros := int64(c.second)*usPerSecond + int64(c.micros)
	switch field {
	case extractField(unitMicrosecond):
		return NumericInt(micros), true
	case extractField(unitMillisecond):
		return NumericScaled(micros, 3), true
	case extractField(unitSecond):
		return NumericScaled(micros, 6), true
	case extractField(unitMinute):
		return NumericInt(int64(c.minute)), true
	case extractField(unitHour):
		return NumericInt(int64(c.hour)), true
	}
	return Numeric{}, false
}

// extractCalendar gives a field of the date.
func extractCalendar(field extractField, c *civil) (Numeric, bool) {
	jd := julianDay(c.year, c.month, c.day)
	n := 0
	switch field {
	case extractField(unitDay):
		n = c.day
	case extractField(unitMonth):
		n = c.month
	case extractField(unitQuarter):
		n = (c.month-1)/3 + 1
	case extractField(unitWeek):
		n, _ = isoWeek(jd)
	case extractField(unitYear):
		n = signedYear(c.year)
	case extractField(unitDecade):
		n = floorDiv(c.year, 10)
	case extractField(unitCentury):
		n = centuryOf(c.year, 100)
	case extractField(unitMillennium):
		n = centuryOf(c.year, 1000)
	case fieldISOYear:
		_, year := isoWeek(jd)
		n = signedYear(year)
	case fieldDow:
		n = weekday(jd)
	case fieldISODow:
		n = (weekday(jd)+6)%7 + 1
	case fieldDoy:
		n = jd - julianDay(c.year, 1, 1) + 1
	default:
		return Numeric{}, false
	}
	return NumericInt(int64(n)), true
}

// signedYear returns the year with 1 BC as -1.
func signedYear(year int) int {
	if year > 0 {
		return year
	}
	return year - 1
}

// centuryOf counts spans of length years, from 1; there is no span 0.
func centuryOf(year, length int) int {
	if year > 0 {
		return (year + length - 1) / length
	}
	return -((length - 1 - (year - 1)) / length)
}

// isoWeek returns the ISO 8601 week and its year.
func isoWeek(jd int) (week, year int) {
	monday := jd - (weekday(jd)+6)%7
	year, _, _ = fromJulian(monday + 3) // the year of its Thursday
	return (monday+3-julianDay(year, 1, 1))/7 + 1, year
}

func extractZone(field extractField, offset int) (Numeric, bool) {
	switch field {
	case fieldTimezone:
		return NumericInt(int64(offset)), true
	case fieldTimezoneHour:
		return NumericInt(int64(offset / 3600)), true
	case fieldTimezoneMinute:
		return NumericInt(int64(offset / 60 % 60)), true
	}
	return Numeric{}, false
}

func extractDate(field extractField, days int64) (n Numeric, null, ok bool) {
	c := civil{}
	switch field {
	case extractField(unitMicrosecond), extractField(unitMillisecond), extractField(unitSecond),
		extractField(unitMinute), extractField(unitHour), fieldTimezone, fieldTimezoneHour, fieldTimezoneMinute:
		return n, false, false
	}
	if days == DateInfinity || days == DateMinusInfinity {
		return extractInfinite(field, days > 0)
	}
	switch field {
	case fieldEpoch:
		return NumericInt((days + epochUnixDays) * secondsPerDay), false, true
	case fieldJulian:
		return NumericInt(days + epochJulian), false, true
	}
	c.year, c.month, c.day = fromJulian(int(days) + epochJulian)
	n, ok = extractCalendar(field, &c)
	return n, false, ok
}

func extractTime(field extractField, us int64) (Numeric, bool) {
	if field == fieldEpoch {
		return NumericScaled(us, 6), true
	}
	c := splitTime(us)
	return extractClock(field, &c)
}

func extractTimetz(field extractField, t Timetz) (Numeric, bool) {
	if field == fieldEpoch {
		return NumericScaled(t.Time-int64(t.Offset)*usPerSecond, 6), true
	}
	if n, ok := extractZone(field, int(t.Offset)); ok {
		return n, true
	}
	return extractTime(field, t.Time)
}

func extractInterval(field extractField, i Interval) (Numeric, bool) {
	p := i.parts()
	seconds := p.seconds*usPerSecond + p.micros
	n := int64(0)
	switch field {
	case extractField(unitMicrosecond):
		n = seconds
	case extractField(unitMillisecond):
		return NumericScaled(seconds, 3), true
	case extractField(unitSecond):
		return NumericScaled(seconds, 6), true
	case extractField(unitMinute):
		n = p.minutes
	case extractField(unitHour):
		n = p.hours
	case extractField(unitDay):
		n = p.days
	case extractField(unitMonth):
		n = p.months
	case extractField(unitQuarter):
		n = p.months/3 + 1
	case extractField(unitYear):
		n = p.years
	case extractField(unitDecade):
		n = p.years / 10
	case extractField(unitCentury):
		n = p.years / 100
	case extractField(unitMillennium):
		n = p.years / 1000
	case fieldEpoch:
		// A year has 365.25 days: everything times four.
		quarters := 1461*p.years + 4*daysPerMonth*p.months + 4*p.days
		whole, _ := NumericScaled(quarters*(secondsPerDay/4), 0).Add(NumericScaled(i.Micros, 6))
		return whole, true
	default:
		return Numeric{}, false
	}
	return NumericInt(n), true
}

// DateTrunc is date_trunc for a timestamp.
func DateTrunc(name string, ts int64) (int64, error) {
	return dateTrunc(name, ts, zoneSpec{}, TimestampOID)
}

// DateTruncTZ is date_trunc for a timestamptz, by the clock in loc (nil is UTC).
func DateTruncTZ(name string, ts int64, loc *time.Location) (int64, error) {
	return dateTrunc(name, ts, zoneSpec{loc: orUTC(loc)}, TimestamptzOID)
}

// DateTruncZone is date_trunc(name, timestamptz, zone).
func DateTruncZone(name string, ts int64, zone string) (int64, error) {
	z, ok := lookupZone(zone)
	if !ok {
		return 0, zoneNotRecognized(zone)
	}
	return dateTrunc(name, ts, z, TimestamptzOID)
}

func dateTrunc(name string, ts int64, zone zoneSpec, oid OID) (int64, error) {
	if isInfiniteTimestamp(ts) {
		return ts, nil
	}
	field := truncFieldNamed(name)
	if field == 0 || field >= fieldEpoch {
		return 0, unitError(name, field, FormatType(oid, -1))
	}
	local, offset := zone.toLocal(ts)
	c := splitTimestamp(local)
	c.truncate(intervalUnit(field))
	local, ok := c.timestamp()
	if !ok {
		return 0, timestampError()
	}
	if intervalUnit(field) < unitDay {
		// Within the day the offset stays: a clock set back repeats an hour.
		return local - int64(offset)*usPerSecond, nil
	}
	if ts = zone.toUTC(local); !validTimestamp(ts) {
		return 0, timestampError()
	}
	return ts, nil
}

// truncate cuts c to the start of its unit.
func (c *civil) truncate(unit intervalUnit) {
	switch unit {
	case unitMicrosecond:
		return
	case unitMillisecond:
		c.micros = c.micros / 1000 * 1000
		return
	}
	c.micros = 0
	if unit >= unitMinute {
		c.second = 0
	}
	if unit >= unitHour {
		c.minute = 0
	}
	if unit >= unitDay {
		c.hour = 0
	}
	switch unit {
	case unitWeek:
		jd := julianDay(c.year, c.month, c.day)
		c.year, c.month, c.day = fromJulian(jd - (weekday(jd)+6)%7)
		return
	case unitQuarter:
		c.month = (c.month-1)/3*3 + 1
	case unitYear, unitDecade, unitCentury, unitMillennium:
		c.month = 1
	}
	if unit >= unitMonth {
		c.day = 1
	}
	switch unit {
	case unitDecade:
		c.year = floorDiv(c.year, 10) * 10
	case unitCentury:
		c.year = truncateYears(c.year, 100)
	case unitMillennium:
		c.year = truncateYears(c.year, 1000)
	}
}

func truncateYears(year, length int) int {
	n := centuryOf(year, length) * length
	if year > 0 {
		return n - (length - 1)
	}
	return n + 1
}

// DateTruncInterval is date_trunc for an interval.
func DateTruncInterval(name string, i Interval) (Interval, error) {
	field := truncFieldNamed(name)
	unit := intervalUnit(field)
	if field == 0 || field >= fieldEpoch {
		return Interval{}, unitError(name, field, "interval")
	}
	cut := func(n *int64, unit int64) { *n = *n / unit * unit }
	months, days := int64(i.Months), int64(i.Days)
	switch unit {
	case unitWeek:
		e := pgerr.From(unitError(name, field, "interval"))
		return Interval{}, e.WithDetail("Months usually have fractional weeks.")
	case unitMillennium:
		cut(&months, 1000*monthsPerYear)
	case unitCentury:
		cut(&months, 100*monthsPerYear)
	case unitDecade:
		cut(&months, 10*monthsPerYear)
	case unitYear:
		cut(&months, monthsPerYear)
	case unitQuarter:
		cut(&months, 3)
	case unitHour:
		cut(&i.Micros, usPerHour)
	case unitMinute:
		cut(&i.Micros, usPerMinute)
	case unitSecond:
		cut(&i.Micros, usPerSecond)
	case unitMillisecond:
		cut(&i.Micros, 1000)
	}
	if unit >= unitMonth {
		days = 0
	}
	if unit >= unitDay {
		i.Micros = 0
	}
	return Interval{int32(months), int32(days), i.Micros}, nil
}

// ToTimestamp is to_timestamp(double precision): seconds since 1970.
func ToTimestamp(seconds float64) (int64, error) {
	switch {
	case math.IsNaN(seconds):
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "timestamp cannot be NaN")
	case math.IsInf(seconds, 1):
		return TimestampInfinity, nil
	case math.IsInf(seconds, -1):
		return TimestampMinusInfinity, nil
	}
	us := math.RoundToEven(float64((seconds - epochUnixSeconds) * usPerSecond))
	if !(us >= timestampMin && us < timestampEnd) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "timestamp out of range: \"%g\"", seconds)
	}
	return int64(us), nil
}
