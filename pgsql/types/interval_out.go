package types

import "strconv"

// intervalParts is an interval taken apart; all its parts of the time have the
// same sign.
type intervalParts struct {
	years, months, days     int64
	hours, minutes, seconds int64
	micros                  int64
}

func (i Interval) parts() intervalParts {
	return intervalParts{
		years:   int64(i.Months / monthsPerYear),
		months:  int64(i.Months % monthsPerYear),
		days:    int64(i.Days),
		hours:   i.Micros / usPerHour,
		minutes: i.Micros / usPerMinute % 60,
		seconds: i.Micros / usPerSecond % 60,
		micros:  i.Micros % usPerSecond,
	}
}

func abs64(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

func intervalOut(dst []byte, v Value, env *Env) []byte {
	return IntervalOf(v).Append(dst, orDefault(env).IntervalStyle)
}

// Append appends i in the given style.
func (i Interval) Append(dst []byte, style IntervalStyle) []byte {
	p := i.parts()
	switch style {
	case IntervalPostgresVerbose:
		return p.appendVerbose(dst)
	case IntervalSQLStandard:
		return p.appendSQL(dst)
	case IntervalISO8601:
		return p.appendISO(dst)
	}
	return p.appendPostgres(dst)
}

func (p *intervalParts) hasTime() bool {
	return p.hours != 0 || p.minutes != 0 || p.seconds != 0 || p.micros != 0
}

func (p *intervalParts) negativeTime() bool {
	return p.hours < 0 || p.minutes < 0 || p.seconds < 0 || p.micros < 0
}

// appendSeconds appends the seconds without sign.
func (p *intervalParts) appendSeconds(dst []byte, pad bool) []byte {
	if pad {
		dst = append2(dst, int(abs64(p.seconds)))
	} else {
		dst = strconv.AppendInt(dst, abs64(p.seconds), 10)
	}
	return appendFraction(dst, int(abs64(p.micros)))
}

func (p *intervalParts) appendPostgres(dst []byte) []byte {
	from := len(dst)
	before := false // the last part was negative
	for k, n := range [...]int64{p.years, p.months, p.days} {
		if n == 0 {
			continue
		}
		if len(dst) > from {
			dst = append(dst, ' ')
		}
		if before && n > 0 {
			dst = append(dst, '+')
		}
		dst = strconv.AppendInt(dst, n, 10)
		dst = append(dst, [...]string{" year", " mon", " day"}[k]...)
		if n != 1 {
			dst = append(dst, 's')
		}
		before = n < 0
	}
	if len(dst) > from && !p.hasTime() {
		return dst
	}
	if len(dst) > from {
		dst = append(dst, ' ')
	}
	if p.negativeTime() {
		dst = append(dst, '-')
	} else if before {
		dst = append(dst, '+')
	}
	return p.appendClock(dst, true)
}

func (p *intervalParts) appendClock(dst []byte, padHours bool) []byte {
	if hours := abs64(p.hours); padHours && hours < 10 {
		dst = append2(dst, int(hours))
	} else {
		dst = strconv.AppendInt(dst, hours, 10)
	}
	dst = append2(append(dst, ':'), int(abs64(p.minutes)))
	return p.appendSeconds(append(dst, ':'), true)
}

func (p *intervalParts) appendVerbose(dst []byte) []byte {
	dst = append(dst, '@')
	zero, before := true, false
	for k, n := range [...]int64{p.years, p.months, p.days, p.hours, p.minutes} {
		if n == 0 {
			continue
		}
		if zero {
			before = n < 0
			n = abs64(n)
		} else if before {
			n = -n
		}
		dst = strconv.AppendInt(append(dst, ' '), n, 10)
		dst = append(dst, [...]string{" year", " mon", " day", " hour", " min"}[k]...)
		if n != 1 {
			dst = append(dst, 's')
		}
		zero = false
	}
	if p.seconds != 0 || p.micros != 0 {
		dst = append(dst, ' ')
		if p.seconds < 0 || p.micros < 0 {
			if zero {
				before = true
			} else if !before {
				dst = append(dst, '-')
			}
		} else if before {
			dst = append(dst, '-')
		}
		dst = append(p.appendSeconds(dst, false), " sec"...)
		if abs64(p.seconds) != 1 || p.micros != 0 {
			dst = append(dst, 's')
		}
		zero = false
	}
	if zero {
		dst = append(dst, " 0"...)
	}
	if before {
		dst = append(dst, " ago"...)
	}
	return dst
}

func (p *intervalParts) appendSQL(dst []byte) []byte {
	negative := p.years < 0 || p.months < 0 || p.days < 0 || p.negativeTime()
	positive := p.years > 0 || p.months > 0 || p.days > 0 || p.hasTime() && !p.negativeTime()
	yearMonth := p.years != 0 || p.months != 0
	dayTime := p.days != 0 || p.hasTime()
	standard := !(negative && positive) && !(yearMonth && dayTime)
	if !negative && !positive {
		return append(dst, '0')
	}
	sign := func(minus bool) {
		if minus {
			dst = append(dst, '-')
		} else {
			dst = append(dst, '+')
		}
	}
	if !standard {
		sign(p.years < 0 || p.months < 0)
		dst = strconv.AppendInt(dst, abs64(p.years), 10)
		dst = strconv.AppendInt(append(dst, '-'), abs64(p.months), 10)
		dst = append(dst, ' ')
		sign(p.days < 0)
		dst = append(strconv.AppendInt(dst, abs64(p.days), 10), ' ')
		sign(p.negativeTime())
		return p.appendClock(dst, false)
	}
	if negative {
		dst = append(dst, '-')
	}
	switch {
	case yearMonth:
		dst = strconv.AppendInt(dst, abs64(p.years), 10)
		return strconv.AppendInt(append(dst, '-'), abs64(p.months), 10)
	case p.days != 0:
		dst = append(strconv.AppendInt(dst, abs64(p.days), 10), ' ')
	}
	return p.appendClock(dst, false)
}

func (p *intervalParts) appendISO(dst []byte) []byte {
	if p.years == 0 && p.months == 0 && p.days == 0 && !p.hasTime() {
		return append(dst, "PT0S"...)
	}
	part := func(n int64, unit byte) {
		if n != 0 {
			dst = append(strconv.AppendInt(dst, n, 10), unit)
		}
	}
	dst = append(dst, 'P')
	part(p.years, 'Y')
	part(p.months, 'M')
	part(p.days, 'D')
	if p.hasTime() {
		dst = append(dst, 'T')
	}
	part(p.hours, 'H')
	part(p.minutes, 'M')
	if p.seconds != 0 || p.micros != 0 {
		if p.seconds < 0 || p.micros < 0 {
			dst = append(dst, '-')
		}
		dst = append(p.appendSeconds(dst, false), 'S')
	}
	return dst
}
