package types

import (
	"strconv"
	"time"
)

// Names in English, the only language.
var (
	monthNames   = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	weekdayNames = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
)

func append2(dst []byte, n int) []byte { return append(dst, byte('0'+n/10%10), byte('0'+n%10)) }

// appendZeroPadded appends n >= 0 with zeros in front up to width.
func appendZeroPadded(dst []byte, n, width int) []byte {
	digits := 1
	for m := n; m >= 10; m /= 10 {
		digits++
	}
	for ; digits < width; digits++ {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

// displayYear turns year 0 into 1 BC.
func displayYear(year int) int {
	if year > 0 {
		return year
	}
	return 1 - year
}

func appendClock(dst []byte, c *civil) []byte {
	dst = append2(dst, c.hour)
	dst = append(dst, ':')
	dst = append2(dst, c.minute)
	dst = append(dst, ':')
	dst = append2(dst, c.second)
	return appendFraction(dst, c.micros)
}

// appendFraction appends .ffffff without zeros at the end.
func appendFraction(dst []byte, micros int) []byte {
	if micros == 0 {
		return dst
	}
	dst = append(dst, '.')
	for unit := usPerSecond / 10; micros > 0; unit /= 10 {
		dst = append(dst, byte('0'+micros/unit))
		micros %= unit
	}
	return dst
}

// appendDate appends the date in DateStyle, without BC.
func appendDate(dst []byte, c *civil, env *Env) []byte {
	year := displayYear(c.year)
	switch env.DateOutput {
	case DateSQL, DatePostgres:
		sep := byte('/')
		if env.DateOutput == DatePostgres {
			sep = '-'
		}
		first, second := c.month, c.day
		if env.DateOrder == OrderDMY {
			first, second = second, first
		}
		dst = append(append2(dst, first), sep)
		dst = append(append2(dst, second), sep)
		return appendZeroPadded(dst, year, 4)
	case DateGerman:
		dst = append(append2(dst, c.day), '.')
		dst = append(append2(dst, c.month), '.')
		return appendZeroPadded(dst, year, 4)
	}
	dst = appendZeroPadded(dst, year, 4)
	dst = append2(append(dst, '-'), c.month)
	return append2(append(dst, '-'), c.day)
}

func appendBC(dst []byte, c *civil) []byte {
	if c.year <= 0 {
		return append(dst, " BC"...)
	}
	return dst
}

func dateOut(dst []byte, v Value, env *Env) []byte {
	switch v.Int64() {
	case DateInfinity:
		return append(dst, "infinity"...)
	case DateMinusInfinity:
		return append(dst, "-infinity"...)
	}
	var c civil
	c.year, c.month, c.day = fromJulian(int(v.Int64()) + epochJulian)
	return appendBC(appendDate(dst, &c, orDefault(env)), &c)
}

func timeOut(dst []byte, v Value, _ *Env) []byte {
	c := splitTime(v.Int64())
	return appendClock(dst, &c)
}

func timetzOut(dst []byte, v Value, _ *Env) []byte {
	t := TimetzOf(v)
	c := splitTime(t.Time)
	return appendOffset(appendClock(dst, &c), int(t.Offset))
}

// appendOffset appends +hh[:mm[:ss]].
func appendOffset(dst []byte, offset int) []byte {
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = append2(append(dst, sign), offset/3600)
	if offset%3600 != 0 {
		dst = append2(append(dst, ':'), offset/60%60)
		if offset%60 != 0 {
			dst = append2(append(dst, ':'), offset%60)
		}
	}
	return dst
}

func appendInfinity(dst []byte, ts int64) []byte {
	if ts > 0 {
		return append(dst, "infinity"...)
	}
	return append(dst, "-infinity"...)
}

func timestampOut(dst []byte, v Value, env *Env) []byte {
	ts := v.Int64()
	if isInfiniteTimestamp(ts) {
		return appendInfinity(dst, ts)
	}
	c := splitTimestamp(ts)
	return appendTimestamp(dst, &c, orDefault(env), false, 0, "")
}

func timestamptzOut(dst []byte, v Value, env *Env) []byte {
	ts := v.Int64()
	if isInfiniteTimestamp(ts) {
		return appendInfinity(dst, ts)
	}
	env = orDefault(env)
	loc := env.location()
	local, offset := zoneSpec{loc: loc}.toLocal(ts)
	abbrev := ""
	if env.DateOutput != DateISO {
		abbrev, _ = time.Unix(floorDiv64(ts, usPerSecond)+epochUnixSeconds, 0).In(loc).Zone()
	}
	c := splitTimestamp(local)
	return appendTimestamp(dst, &c, env, true, offset, abbrev)
}

// appendTimestamp is EncodeDateTime.
func appendTimestamp(dst []byte, c *civil, env *Env, zoned bool, offset int, abbrev string) []byte {
	if env.DateOutput == DatePostgres {
		dst = append(dst, weekdayNames[weekday(julianDay(c.year, c.month, c.day))][:3]...)
		dst = append(dst, ' ')
		if env.DateOrder == OrderDMY {
			dst = append(append2(dst, c.day), ' ')
			dst = append(dst, monthNames[c.month-1][:3]...)
		} else {
			dst = append(append(dst, monthNames[c.month-1][:3]...), ' ')
			dst = append2(dst, c.day)
		}
		dst = appendClock(append(dst, ' '), c)
		dst = appendZeroPadded(append(dst, ' '), displayYear(c.year), 4)
	} else {
		dst = append(appendDate(dst, c, env), ' ')
		dst = appendClock(dst, c)
	}
	if zoned {
		switch {
		case env.DateOutput == DateISO:
			dst = appendOffset(dst, offset)
		case abbrev != "":
			dst = append(append(dst, ' '), abbrev...)
		case env.DateOutput == DatePostgres:
			dst = appendOffset(append(dst, ' '), offset)
		default:
			dst = appendOffset(dst, offset)
		}
	}
	return appendBC(dst, c)
}
