package types

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"strconv"

	"polyreme/pgwire/pgerr"
)

// Interval is PostgreSQL's interval. Its storage form is the TEXT of the three
// numbers in decimal with a blank between.
type Interval struct {
	Months int32
	Days   int32
	Micros int64
}

// Value returns the storage form of i.
func (i Interval) Value() Value { return TextBytes(i.appendStored(nil)) }

func (i Interval) appendStored(dst []byte) []byte {
	dst = strconv.AppendInt(dst, int64(i.Months), 10)
	dst = strconv.AppendInt(append(dst, ' '), int64(i.Days), 10)
	return strconv.AppendInt(append(dst, ' '), i.Micros, 10)
}

// IntervalOf returns the interval that v holds.
func IntervalOf(v Value) Interval { return parseStoredInterval(v.Bytes) }

func parseStoredInterval(s []byte) Interval {
	var n [3]int64
	for k := range n {
		end := bytes.IndexByte(s, ' ')
		if end < 0 || k == 2 {
			end = len(s)
		}
		v, _, ok := parseInt(s[:end])
		if !ok {
			return Interval{}
		}
		n[k] = v
		s = s[min(end+1, len(s)):]
	}
	return Interval{int32(n[0]), int32(n[1]), n[2]}
}

// CompareIntervalText orders two intervals in storage form; it is the collation
// pg_interval. A month counts 30 days, a day 24 hours.
func CompareIntervalText(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	return parseStoredInterval(a).Compare(parseStoredInterval(b))
}

// Compare orders i and j.
func (i Interval) Compare(j Interval) int {
	daysi, microsi := i.span()
	daysj, microsj := j.span()
	if c := cmp.Compare(daysi, daysj); c != 0 {
		return c
	}
	return cmp.Compare(microsi, microsj)
}

// span returns the length in days, and the microseconds within the last.
func (i Interval) span() (days, micros int64) {
	whole := floorDiv64(i.Micros, usPerDay)
	return int64(i.Months)*daysPerMonth + int64(i.Days) + whole, i.Micros - whole*usPerDay
}

func intervalOutOfRange() error {
	return pgerr.New(pgerr.DatetimeFieldOverflow, "interval out of range")
}

// Neg returns -i.
func (i Interval) Neg() (Interval, error) {
	if i.Months == math.MinInt32 || i.Days == math.MinInt32 || i.Micros == math.MinInt64 {
		return Interval{}, intervalOutOfRange()
	}
	return Interval{-i.Months, -i.Days, -i.Micros}, nil
}

// Add returns i + j, field by field.
func (i Interval) Add(j Interval) (Interval, error) {
	months, days := int64(i.Months)+int64(j.Months), int64(i.Days)+int64(j.Days)
	micros := i.Micros + j.Micros
	if months != int64(int32(months)) || days != int64(int32(days)) || (micros > i.Micros) != (j.Micros > 0) {
		return Interval{}, intervalOutOfRange()
	}
	return Interval{int32(months), int32(days), micros}, nil
}

// Sub returns i - j.
func (i Interval) Sub(j Interval) (Interval, error) {
	months, days := int64(i.Months)-int64(j.Months), int64(i.Days)-int64(j.Days)
	micros := i.Micros - j.Micros
	if months != int64(int32(months)) || days != int64(int32(days)) || (micros < i.Micros) != (j.Micros > 0) {
		return Interval{}, intervalOutOfRange()
	}
	return Interval{int32(months), int32(days), micros}, nil
}

// Mul returns i times factor; fractions of months and days go down to days and
// microseconds.
func (i Interval) Mul(factor float64) (Interval, error) {
	return i.scale(func(x float64) float64 { return float64(x * factor) })
}

// Div returns i divided by divisor.
func (i Interval) Div(divisor float64) (Interval, error) {
	if divisor == 0 {
		return Interval{}, divisionByZero()
	}
	return i.scale(func(x float64) float64 { return float64(x / divisor) })
}

func (i Interval) scale(apply func(float64) float64) (Interval, error) {
	months, days := apply(float64(i.Months)), apply(float64(i.Days))
	if !fitsInt32(months) || !fitsInt32(days) {
		return Interval{}, intervalOutOfRange()
	}
	r := Interval{Months: int32(months), Days: int32(days)}
	monthRest := roundMicro(float64((months - float64(r.Months)) * daysPerMonth))
	seconds := roundMicro(float64((days - float64(r.Days) + monthRest - math.Trunc(monthRest)) * secondsPerDay))
	if math.Abs(seconds) >= secondsPerDay {
		whole := math.Trunc(seconds / secondsPerDay)
		r.Days += int32(whole)
		seconds -= float64(whole * secondsPerDay)
	}
	r.Days += int32(monthRest)
	micros := math.RoundToEven(apply(float64(i.Micros)) + float64(seconds*usPerSecond))
	if !(micros >= -1<<63 && micros < 1<<63) {
		return Interval{}, intervalOutOfRange()
	}
	r.Micros = int64(micros)
	return r, nil
}

func fitsInt32(f float64) bool { return f >= math.MinInt32 && f < -float64(math.MinInt32) }

// roundMicro is TSROUND.
func roundMicro(f float64) float64 { return math.RoundToEven(float64(f*usPerSecond)) / usPerSecond }

// JustifyHours turns each 24 hours into a day.
func (i Interval) JustifyHours() (Interval, error) {
	whole := i.Micros / usPerDay
	micros := i.Micros - whole*usPerDay
	days := int64(i.Days) + whole
	if days != int64(int32(days)) {
		return Interval{}, intervalOutOfRange()
	}
	r := Interval{i.Months, int32(days), micros}
	r.alignDays()
	return r, nil
}

// alignDays gives days and microseconds the same sign.
func (i *Interval) alignDays() {
	switch {
	case i.Days > 0 && i.Micros < 0:
		i.Micros += usPerDay
		i.Days--
	case i.Days < 0 && i.Micros > 0:
		i.Micros -= usPerDay
		i.Days++
	}
}

// JustifyDays turns each 30 days into a month.
func (i Interval) JustifyDays() (Interval, error) {
	whole := i.Days / daysPerMonth
	months := int64(i.Months) + int64(whole)
	if months != int64(int32(months)) {
		return Interval{}, intervalOutOfRange()
	}
	r := Interval{int32(months), i.Days - whole*daysPerMonth, i.Micros}
	switch {
	case r.Months > 0 && r.Days < 0:
		r.Days += daysPerMonth
		r.Months--
	case r.Months < 0 && r.Days > 0:
		r.Days -= daysPerMonth
		r.Months++
	}
	return r, nil
}

// Justify is justify_interval: hours, days, and signs that agree.
func (i Interval) Justify() (Interval, error) {
	whole := i.Micros / usPerDay
	days := int64(i.Days) + whole
	micros := i.Micros - whole*usPerDay
	wholeMonths := days / daysPerMonth
	days -= wholeMonths * daysPerMonth
	months := int64(i.Months) + wholeMonths
	if months > 0 && (days < 0 || days == 0 && micros < 0) {
		days += daysPerMonth
		months--
	} else if months < 0 && (days > 0 || days == 0 && micros > 0) {
		days -= daysPerMonth
		months++
	}
	if months != int64(int32(months)) || days != int64(int32(days)) {
		return Interval{}, intervalOutOfRange()
	}
	r := Interval{int32(months), int32(days), micros}
	r.alignDays()
	return r, nil
}

const intervalBytes = 16

func intervalSend(dst []byte, v Value, _ *Env) []byte {
	i := IntervalOf(v)
	dst = binary.BigEndian.AppendUint64(dst, uint64(i.Micros))
	dst = binary.BigEndian.AppendUint32(dst, uint32(i.Days))
	return binary.BigEndian.AppendUint32(dst, uint32(i.Months))
}

func intervalRecv(typmod int32, data []byte) (Value, error) {
	if err := checkLength(data, intervalBytes); err != nil {
		return Value{}, err
	}
	i := Interval{
		Micros: int64(binary.BigEndian.Uint64(data)),
		Days:   int32(binary.BigEndian.Uint32(data[8:])),
		Months: int32(binary.BigEndian.Uint32(data[12:])),
	}
	return i.ApplyTypmod(typmod).Value(), nil
}

// Bits of the fields in an interval's typmod.
const (
	intervalMonth  = 1 << 1
	intervalYear   = 1 << 2
	intervalDay    = 1 << 3
	intervalHour   = 1 << 10
	intervalMinute = 1 << 11
	intervalSecond = 1 << 12

	intervalFullRange     = 0x7fff
	intervalFullPrecision = 0xffff
)

// intervalFields are the field clauses of the interval type, in the words of
// format_type.
var intervalFields = [...]struct {
	mask int32
	name string
}{
	{intervalYear, "year"},
	{intervalMonth, "month"},
	{intervalDay, "day"},
	{intervalHour, "hour"},
	{intervalMinute, "minute"},
	{intervalSecond, "second"},
	{intervalYear | intervalMonth, "year to month"},
	{intervalDay | intervalHour, "day to hour"},
	{intervalDay | intervalHour | intervalMinute, "day to minute"},
	{intervalDay | intervalHour | intervalMinute | intervalSecond, "day to second"},
	{intervalHour | intervalMinute, "hour to minute"},
	{intervalHour | intervalMinute | intervalSecond, "hour to second"},
	{intervalMinute | intervalSecond, "minute to second"},
}

// MakeIntervalTypmod returns the typmod of interval with the fields clause
// ("day to second", "" for none) and precision (-1 for none); ok is false for
// an unknown clause.
func MakeIntervalTypmod(fields string, precision int) (typmod int32, ok bool) {
	p := int32(precision)
	if precision < 0 {
		p = intervalFullPrecision
	}
	if fields == "" {
		if precision < 0 {
			return -1, true
		}
		return intervalFullRange<<16 | p, true
	}
	for _, f := range intervalFields {
		if f.name == fields {
			return f.mask<<16 | p, true
		}
	}
	return 0, false
}

func splitIntervalTypmod(typmod int32) (fields, precision int32) {
	if typmod < 0 {
		return intervalFullRange, intervalFullPrecision
	}
	return typmod >> 16 & 0x7fff, typmod & 0xffff
}

func appendIntervalMod(dst []byte, typmod int32) []byte {
	fields, precision := splitIntervalTypmod(typmod)
	for _, f := range intervalFields {
		if f.mask == fields {
			dst = append(append(dst, ' '), f.name...)
		}
	}
	if precision != intervalFullPrecision {
		dst = appendLengthMod(dst, precision)
	}
	return dst
}

// ApplyTypmod cuts i to the fields of the typmod and rounds its seconds.
func (i Interval) ApplyTypmod(typmod int32) Interval {
	if typmod < 0 {
		return i
	}
	fields, precision := splitIntervalTypmod(typmod)
	if fields != intervalFullRange {
		switch {
		case fields&intervalSecond != 0:
		case fields&intervalMinute != 0:
			i.Micros = i.Micros / usPerMinute * usPerMinute
		case fields&intervalHour != 0:
			i.Micros = i.Micros / usPerHour * usPerHour
		case fields&intervalDay != 0:
			i.Micros = 0
		case fields&intervalMonth != 0:
			i.Micros, i.Days = 0, 0
		case fields&intervalYear != 0:
			i.Micros, i.Days = 0, 0
			i.Months = i.Months / monthsPerYear * monthsPerYear
		}
	}
	if precision < 6 {
		i.Micros = roundMicros(i.Micros, precision)
	}
	return i
}
