package types

import "math"

// Units of time in the storage forms.
const (
	usPerSecond = 1_000_000
	usPerMinute = 60 * usPerSecond
	usPerHour   = 60 * usPerMinute
	usPerDay    = 24 * usPerHour

	secondsPerDay = 86400
	daysPerMonth  = 30 // in comparisons and justifications of intervals
	monthsPerYear = 12

	// epochJulian is the Julian day of 2000-01-01, epochUnixDays its distance
	// from 1970-01-01.
	epochJulian      = 2451545
	epochUnixDays    = 10957
	epochUnixSeconds = epochUnixDays * secondsPerDay

	// julianMin and julianEnd bound dates that date2j computes right.
	julianMinYear   = -4713
	julianMinMonth  = 11
	julianMaxYear   = 5874898
	julianMaxMonth  = 6
	dateEndJulian   = 2147483494 // 5874898-01-01
	timestampMin    = -211813488000000000
	timestampEnd    = 9223371331200000000
	timeZoneHourMax = 15
)

// Storage forms of infinite dates and timestamps.
const (
	DateMinusInfinity      = math.MinInt32
	DateInfinity           = math.MaxInt32
	TimestampMinusInfinity = math.MinInt64
	TimestampInfinity      = math.MaxInt64
)

// civil is a local date and time taken apart.
type civil struct {
	year, month, day     int // year 0 is 1 BC
	hour, minute, second int
	micros               int
	yday                 int // day of the year, input only
}

var daysInMonth = [2][13]int{
	{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31},
	{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31},
}

func isLeap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func monthDays(year, month int) int { return daysInMonth[boolInt(isLeap(year))][month] }

// julianDay is date2j: the Julian day of a date of the Gregorian calendar.
func julianDay(year, month, day int) int {
	if month > 2 {
		month++
		year += 4800
	} else {
		month += 13
		year += 4799
	}
	century := floorDiv(year, 100)
	julian := year*365 - 32167
	julian += floorDiv(year, 4) - century + floorDiv(century, 4)
	return julian + 7834*month/256 + day
}

// fromJulian is j2date.
func fromJulian(jd int) (year, month, day int) {
	julian := uint64(jd) + 32044
	quad := julian / 146097
	extra := (julian-quad*146097)*4 + 3
	julian += 60 + quad*3 + extra/146097
	quad = julian / 1461
	julian -= quad * 1461
	y := julian * 4 / 1461
	if y != 0 {
		julian = (julian + 305) % 365
	} else {
		julian = (julian + 306) % 366
	}
	julian += 123
	y += quad * 4
	year = int(y) - 4800
	quad = julian * 2141 / 65536
	day = int(julian - 7834*quad/256)
	month = int((quad+10)%monthsPerYear) + 1
	return year, month, day
}

// weekday is j2day: 0 is Sunday.
func weekday(jd int) int {
	d := (jd + 1) % 7
	if d < 0 {
		d += 7
	}
	return d
}

// validJulian is IS_VALID_JULIAN.
func validJulian(year, month int) bool {
	return (year > julianMinYear || year == julianMinYear && month >= julianMinMonth) &&
		(year < julianMaxYear || year == julianMaxYear && month < julianMaxMonth)
}

// splitTimestamp takes a finite timestamp apart.
func splitTimestamp(ts int64) civil {
	days := floorDiv64(ts, usPerDay)
	c := splitTime(ts - days*usPerDay)
	c.year, c.month, c.day = fromJulian(int(days) + epochJulian)
	return c
}

// splitTime takes a time of day apart; 24:00:00 stays 24 hours.
func splitTime(us int64) civil {
	return civil{
		hour:   int(us / usPerHour),
		minute: int(us / usPerMinute % 60),
		second: int(us / usPerSecond % 60),
		micros: int(us % usPerSecond),
	}
}

func floorDiv64(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// timeOfDay returns the microseconds since midnight.
func (c *civil) timeOfDay() int64 {
	return (int64(c.hour)*60+int64(c.minute))*usPerMinute + int64(c.second)*usPerSecond + int64(c.micros)
}

// timestamp puts a local date and time together; ok is false out of range.
func (c *civil) timestamp() (ts int64, ok bool) {
	if !validJulian(c.year, c.month) {
		return 0, false
	}
	days := int64(julianDay(c.year, c.month, c.day) - epochJulian)
	const daysMax = math.MaxInt64/usPerDay + 1
	if days > daysMax || days < -daysMax {
		return 0, false
	}
	ts = days*usPerDay + c.timeOfDay()
	if days > 0 && ts < 0 || days < -1 && ts > 0 {
		return 0, false
	}
	return ts, validTimestamp(ts)
}

func validTimestamp(ts int64) bool { return ts >= timestampMin && ts < timestampEnd }

func validDate(days int64) bool {
	return days >= -epochJulian && days < dateEndJulian-epochJulian
}

// toUTC moves a local timestamp to UTC; local holds wall-clock time in loc.
func (z zoneSpec) toUTC(local int64) int64 {
	offset := z.offsetOfLocal(floorDiv64(local, usPerSecond) + epochUnixSeconds)
	return local - int64(offset)*usPerSecond
}

// toLocal moves a finite timestamptz to wall-clock time and gives the offset.
func (z zoneSpec) toLocal(utc int64) (local int64, offset int) {
	offset = z.offsetAt(floorDiv64(utc, usPerSecond) + epochUnixSeconds)
	return utc + int64(offset)*usPerSecond, offset
}

func isInfiniteTimestamp(ts int64) bool {
	return ts == TimestampInfinity || ts == TimestampMinusInfinity
}
