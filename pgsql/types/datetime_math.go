package types

import (
	"math"
	"time"

	"polyreme/pgwire/pgerr"
)

func timestampError() error { return outOfRangeDatetime("timestamp") }

// TimestampAdd returns ts + i: months first, then days, then the time.
func TimestampAdd(ts int64, i Interval) (int64, error) {
	return addInterval(ts, i, zoneSpec{})
}

// TimestamptzAdd returns ts + i, where months and days are those of the clock
// in loc (nil is UTC).
func TimestamptzAdd(ts int64, i Interval, loc *time.Location) (int64, error) {
	if loc == nil {
		loc = time.UTC
	}
	return addInterval(ts, i, zoneSpec{loc: loc})
}

func addInterval(ts int64, i Interval, zone zoneSpec) (int64, error) {
	if isInfiniteTimestamp(ts) {
		return ts, nil
	}
	if i.Months != 0 || i.Days != 0 {
		local, _ := zone.toLocal(ts)
		c := splitTimestamp(local)
		c.addMonths(int(i.Months))
		local, ok := c.timestamp()
		if !ok {
			return 0, timestampError()
		}
		if i.Days != 0 {
			shift, ok := mulSmall(int64(i.Days), usPerDay)
			sum := local + shift
			if !ok || (sum > local) != (shift > 0) || !validTimestamp(sum) {
				return 0, timestampError()
			}
			local = sum
		}
		ts = zone.toUTC(local)
	}
	sum := ts + i.Micros
	if (sum > ts) != (i.Micros > 0) && i.Micros != 0 || !validTimestamp(sum) {
		return 0, timestampError()
	}
	return sum, nil
}

// addMonths moves c by months; the day stays within the month.
func (c *civil) addMonths(months int) {
	if months == 0 {
		return
	}
	m := c.year*monthsPerYear + c.month - 1 + months
	c.year = floorDiv(m, monthsPerYear)
	c.month = m - c.year*monthsPerYear + 1
	c.day = min(c.day, monthDays(c.year, c.month))
}

// TimestampSub returns a - b in days and time.
func TimestampSub(a, b int64) (Interval, error) {
	if isInfiniteTimestamp(a) || isInfiniteTimestamp(b) {
		return Interval{}, pgerr.New(pgerr.DatetimeFieldOverflow, "cannot subtract infinite timestamps")
	}
	d := a - b
	if (d > 0) != (a > b) {
		return Interval{}, intervalOutOfRange()
	}
	return Interval{Micros: d}.JustifyHours()
}

// TimestampAge returns a - b in years, months, days and time: age(a, b).
func TimestampAge(a, b int64) (Interval, error) {
	if isInfiniteTimestamp(a) || isInfiniteTimestamp(b) {
		return Interval{}, timestampError()
	}
	x, y := splitTimestamp(a), splitTimestamp(b)
	sign := 1
	if a < b {
		sign = -1
	}
	d := [...]int{
		sign * (x.year - y.year), sign * (x.month - y.month), sign * (x.day - y.day), sign * (x.hour - y.hour),
		sign * (x.minute - y.minute), sign * (x.second - y.second), sign * (x.micros - y.micros),
	}
	borrow := [...]int{0, monthsPerYear, monthDays(y.year, y.month), 24, 60, 60, usPerSecond}
	if sign < 0 {
		borrow[2] = monthDays(x.year, x.month)
	}
	for k := len(d) - 1; k > 0; k-- {
		for d[k] < 0 {
			d[k] += borrow[k]
			d[k-1]--
		}
	}
	t := civil{hour: d[3], minute: d[4], second: d[5], micros: d[6]}
	s := int32(sign)
	return Interval{s * int32(d[0]*monthsPerYear+d[1]), s * int32(d[2]), int64(sign) * t.timeOfDay()}, nil
}

// TimestamptzAge is TimestampAge of the wall-clock times in loc (nil is UTC).
func TimestamptzAge(a, b int64, loc *time.Location) (Interval, error) {
	if isInfiniteTimestamp(a) || isInfiniteTimestamp(b) {
		return Interval{}, timestampError()
	}
	a, _ = zoneSpec{loc: orUTC(loc)}.toLocal(a)
	b, _ = zoneSpec{loc: orUTC(loc)}.toLocal(b)
	return TimestampAge(a, b)
}

func orUTC(loc *time.Location) *time.Location {
	if loc == nil {
		return time.UTC
	}
	return loc
}

// TimestampToTimestamptz takes ts as wall-clock time in loc (nil is UTC).
func TimestampToTimestamptz(ts int64, loc *time.Location) (int64, error) {
	return localToUTC(ts, zoneSpec{loc: orUTC(loc)})
}

// TimestamptzToTimestamp returns the wall-clock time in loc (nil is UTC).
func TimestamptzToTimestamp(ts int64, loc *time.Location) (int64, error) {
	return utcToLocal(ts, zoneSpec{loc: orUTC(loc)})
}

func localToUTC(ts int64, zone zoneSpec) (int64, error) {
	if isInfiniteTimestamp(ts) {
		return ts, nil
	}
	if ts = zone.toUTC(ts); !validTimestamp(ts) {
		return 0, timestampError()
	}
	return ts, nil
}

func utcToLocal(ts int64, zone zoneSpec) (int64, error) {
	if isInfiniteTimestamp(ts) {
		return ts, nil
	}
	if ts, _ = zone.toLocal(ts); !validTimestamp(ts) {
		return 0, timestampError()
	}
	return ts, nil
}

// TimestampAtZone is timezone(zone, timestamp): a timestamptz.
func TimestampAtZone(zone string, ts int64) (int64, error) {
	if isInfiniteTimestamp(ts) {
		return ts, nil
	}
	z, ok := lookupZone(zone)
	if !ok {
		return 0, zoneNotRecognized(zone)
	}
	return localToUTC(ts, z)
}

// TimestamptzAtZone is timezone(zone, timestamptz): a timestamp.
func TimestamptzAtZone(zone string, ts int64) (int64, error) {
	if isInfiniteTimestamp(ts) {
		return ts, nil
	}
	z, ok := lookupZone(zone)
	if !ok {
		return 0, zoneNotRecognized(zone)
	}
	return utcToLocal(ts, z)
}

// intervalZone takes an interval for an offset.
func intervalZone(i Interval) (zoneSpec, error) {
	if i.Months != 0 || i.Days != 0 {
		return zoneSpec{}, pgerr.New(pgerr.InvalidParameterValue,
			"interval time zone \"%s\" must not include months or days", i.Append(nil, IntervalPostgres))
	}
	return zoneSpec{offset: int(i.Micros / usPerSecond)}, nil
}

// TimestampAtOffset is timezone(interval, timestamp): a timestamptz.
func TimestampAtOffset(zone Interval, ts int64) (int64, error) {
	z, err := intervalZone(zone)
	if err != nil {
		return 0, err
	}
	return localToUTC(ts, z)
}

// TimestamptzAtOffset is timezone(interval, timestamptz): a timestamp.
func TimestamptzAtOffset(zone Interval, ts int64) (int64, error) {
	z, err := intervalZone(zone)
	if err != nil {
		return 0, err
	}
	return utcToLocal(ts, z)
}

// TimetzAtZone is timezone(zone, timetz); a zone with rules has the offset of
// now, the time of the transaction.
func TimetzAtZone(zone string, t Timetz, now int64) (Timetz, error) {
	z, ok := lookupZone(zone)
	if !ok {
		return Timetz{}, zoneNotRecognized(zone)
	}
	_, offset := z.toLocal(now)
	return t.at(offset), nil
}

// TimetzAtOffset is timezone(interval, timetz).
func TimetzAtOffset(zone Interval, t Timetz) (Timetz, error) {
	z, err := intervalZone(zone)
	if err != nil {
		return Timetz{}, err
	}
	return t.at(z.offset), nil
}

func (t Timetz) at(offset int) Timetz {
	us := t.Time + int64(offset-int(t.Offset))*usPerSecond
	return Timetz{us - floorDiv64(us, usPerDay)*usPerDay, int32(offset)}
}

// TimeAdd returns t + i within the day; months and days do not count.
func TimeAdd(t int64, i Interval) int64 {
	us := t + i.Micros%usPerDay
	return us - floorDiv64(us, usPerDay)*usPerDay
}

// DateToTimestamp returns the midnight that starts the day.
func DateToTimestamp(days int64) (int64, error) {
	switch days {
	case DateInfinity:
		return TimestampInfinity, nil
	case DateMinusInfinity:
		return TimestampMinusInfinity, nil
	}
	if days >= timestampEnd/usPerDay {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "date out of range for timestamp")
	}
	return days * usPerDay, nil
}

// TimestampToDate returns the day of ts.
func TimestampToDate(ts int64) int64 {
	switch ts {
	case TimestampInfinity:
		return DateInfinity
	case TimestampMinusInfinity:
		return DateMinusInfinity
	}
	return floorDiv64(ts, usPerDay)
}

// DateAdd returns the date days after d.
func DateAdd(d, days int64) (int64, error) {
	if d == DateInfinity || d == DateMinusInfinity {
		return d, nil
	}
	if d += days; !validDate(d) {
		return 0, outOfRangeDatetime("date")
	}
	return d, nil
}

// DateSub returns the days from b to a.
func DateSub(a, b int64) (int64, error) {
	if a == DateInfinity || a == DateMinusInfinity || b == DateInfinity || b == DateMinusInfinity {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "cannot subtract infinite dates")
	}
	return a - b, nil
}

// MakeDate is make_date; a negative year is BC.
func MakeDate(year, month, day int) (int64, error) {
	d := dtDecoder{mask: maskDate, c: civil{year: year, month: month, day: day}}
	if year < 0 {
		d.bc = true
		d.c.year = -year
	}
	if d.validate() != dtOK {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "date field value out of range: %d-%02d-%02d", year, month, day)
	}
	days := int64(julianDay(d.c.year, d.c.month, d.c.day) - epochJulian)
	if !validJulian(d.c.year, d.c.month) || !validDate(days) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "date out of range: %d-%02d-%02d", year, month, day)
	}
	return days, nil
}

// MakeTime is make_time.
func MakeTime(hour, minute int, second float64) (int64, error) {
	t, ok := makeClock(hour, minute, second)
	if !ok {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "time field value out of range: %d:%02d:%02g", hour, minute, second)
	}
	return t, nil
}

func makeClock(hour, minute int, second float64) (int64, bool) {
	if math.IsNaN(second) || hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return 0, false
	}
	t := (int64(hour)*60+int64(minute))*usPerMinute + int64(math.RoundToEven(float64(second*usPerSecond)))
	return t, t <= usPerDay
}

// MakeTimestamp is make_timestamp.
func MakeTimestamp(year, month, day, hour, minute int, second float64) (int64, error) {
	date, err := MakeDate(year, month, day)
	if err != nil {
		return 0, err
	}
	t, ok := makeClock(hour, minute, second)
	if !ok {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "time field value out of range: %d:%02d:%02g", hour, minute, second)
	}
	ts := date*usPerDay + t
	if date > timestampEnd/usPerDay || !validTimestamp(ts) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "timestamp out of range: %d-%02d-%02d %d:%02d:%02g",
			year, month, day, hour, minute, second)
	}
	return ts, nil
}

// MakeInterval is make_interval.
func MakeInterval(years, months, weeks, days, hours, minutes int, seconds float64) (Interval, error) {
	if math.IsNaN(seconds) || math.IsInf(seconds, 0) {
		return Interval{}, intervalOutOfRange()
	}
	m := int64(years)*monthsPerYear + int64(months)
	d := int64(weeks)*7 + int64(days)
	us := float64(seconds * usPerSecond)
	if m != int64(int32(m)) || d != int64(int32(d)) || math.Abs(us) >= 1<<62 {
		return Interval{}, intervalOutOfRange()
	}
	return Interval{int32(m), int32(d), int64(hours)*usPerHour + int64(minutes)*usPerMinute + int64(math.RoundToEven(us))}, nil
}

// DateBin is date_bin: ts cut to strides from origin.
func DateBin(stride Interval, ts, origin int64) (int64, error) {
	switch {
	case isInfiniteTimestamp(ts):
		return ts, nil
	case isInfiniteTimestamp(origin):
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "origin out of range")
	case stride.Months != 0:
		return 0, pgerr.New(pgerr.FeatureNotSupported, "timestamps cannot be binned into intervals containing months or years")
	}
	us, ok := mulSmall(int64(stride.Days), usPerDay)
	if sum := us + stride.Micros; ok && (sum < us) == (stride.Micros < 0) {
		us = sum
	} else {
		return 0, intervalOutOfRange()
	}
	if us <= 0 {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "stride must be greater than zero")
	}
	distance := ts - origin
	if (distance < ts) != (origin > 0) {
		return 0, intervalOutOfRange()
	}
	bin := origin + floorDiv64(distance, us)*us
	if !validTimestamp(bin) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "timestamp out of range")
	}
	return bin, nil
}
