package types

import (
	"encoding/binary"

	"polyreme/pgwire/pgerr"
)

// decodeDateTime reads text as a date and time, or with timeOnly as a time.
func decodeDateTime(text []byte, typeName string, timeOnly bool, env *Env) (dtDecoder, error) {
	var buf [dtFieldsMax]dtField
	fields, ok := splitDateTime(text, buf[:0])
	d := dtDecoder{env: env, timeOnly: timeOnly, fields: fields}
	if !ok || len(fields) == 0 {
		return d, dtBadFormat.report(text, typeName, "")
	}
	if e := d.decode(); e != dtOK {
		return d, e.report(text, typeName, d.badZone)
	}
	return d, nil
}

// isoTimestamp reads the form that clients send nearly always:
// YYYY-MM-DD[( |T)HH:MM:SS[.ffffff]], and what is left. ok is false for
// anything else, which the full decoder then reads or refuses.
func isoTimestamp(s []byte) (c civil, rest []byte, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return c, s, false
	}
	var valid [6]bool
	c.year, valid[0] = fourDigits(s)
	c.month, valid[1] = twoDigits(s[5:])
	c.day, valid[2] = twoDigits(s[8:])
	if !valid[0] || !valid[1] || !valid[2] || c.year == 0 || c.month < 1 || c.month > 12 ||
		c.day < 1 || c.day > monthDays(c.year, c.month) {
		return c, s, false
	}
	s = s[10:]
	if len(s) == 0 {
		return c, s, true
	}
	if len(s) < 9 || s[0] != ' ' && s[0] != 'T' || s[3] != ':' || s[6] != ':' {
		return c, s, false
	}
	c.hour, valid[3] = twoDigits(s[1:])
	c.minute, valid[4] = twoDigits(s[4:])
	c.second, valid[5] = twoDigits(s[7:])
	if !valid[3] || !valid[4] || !valid[5] || c.hour > 23 || c.minute > 59 || c.second > 59 {
		return c, s, false
	}
	s = s[9:]
	if len(s) > 0 && s[0] == '.' {
		n := 1
		for scale := usPerSecond / 10; n < len(s) && isDigit(s[n]); n++ {
			if scale == 0 {
				return c, s, false // more than six digits: rounding
			}
			c.micros += int(s[n]-'0') * scale
			scale /= 10
		}
		s = s[n:]
	}
	return c, s, true
}

func twoDigits(s []byte) (int, bool) {
	a, b := s[0]-'0', s[1]-'0'
	return int(a)*10 + int(b), a < 10 && b < 10
}

func fourDigits(s []byte) (int, bool) {
	a, ok1 := twoDigits(s)
	b, ok2 := twoDigits(s[2:])
	return a*100 + b, ok1 && ok2
}

// isoZone reads +hh, +hh:mm or nothing.
func isoZone(s []byte) (z zoneSpec, given, ok bool) {
	if len(s) == 0 {
		return z, false, true
	}
	if len(s) == 1 && s[0]|0x20 == 'z' {
		return z, true, true
	}
	if len(s) != 3 && (len(s) != 6 || s[3] != ':') || s[0] != '+' && s[0] != '-' {
		return z, false, false
	}
	hour, ok := twoDigits(s[1:])
	minute := 0
	if ok && len(s) == 6 {
		minute, ok = twoDigits(s[4:])
	}
	if !ok || hour > timeZoneHourMax || minute > 59 {
		return z, false, false
	}
	z.offset = (hour*60 + minute) * 60
	if s[0] == '-' {
		z.offset = -z.offset
	}
	return z, true, true
}

func timestampIn(typmod int32, text []byte, env *Env) (Value, error) {
	if c, rest, ok := isoTimestamp(text); ok {
		if _, _, ok = isoZone(rest); ok {
			if ts, ok := c.timestamp(); ok {
				return IntValue(roundTimestamp(ts, typmod)), nil
			}
		}
	}
	d, err := decodeDateTime(text, "timestamp", false, env)
	if err != nil {
		return Value{}, err
	}
	if d.isReserved {
		return IntValue(reservedTimestamp(d.reserved)), nil
	}
	ts, ok := d.c.timestamp()
	if !ok {
		return Value{}, timestampOutOfRange(text)
	}
	return IntValue(roundTimestamp(ts, typmod)), nil
}

func timestamptzIn(typmod int32, text []byte, env *Env) (Value, error) {
	if c, rest, ok := isoTimestamp(text); ok {
		if z, given, ok := isoZone(rest); ok {
			if !given {
				z = zoneSpec{loc: env.location()}
			}
			if ts, ok := c.timestamp(); ok {
				if ts = z.toUTC(ts); validTimestamp(ts) {
					return IntValue(roundTimestamp(ts, typmod)), nil
				}
			}
		}
	}
	d, err := decodeDateTime(text, "timestamp with time zone", false, env)
	if err != nil {
		return Value{}, err
	}
	if d.isReserved {
		return IntValue(reservedTimestamp(d.reserved)), nil
	}
	ts, ok := d.c.timestamp()
	if ok {
		ts = d.zone.toUTC(ts)
		ok = validTimestamp(ts)
	}
	if !ok {
		return Value{}, timestampOutOfRange(text)
	}
	return IntValue(roundTimestamp(ts, typmod)), nil
}

func timestampOutOfRange(text []byte) error {
	return pgerr.New(pgerr.DatetimeFieldOverflow, "timestamp out of range: \"%s\"", text)
}

func reservedTimestamp(reserved int) int64 {
	switch reserved {
	case reservedLate:
		return TimestampInfinity
	case reservedEarly:
		return TimestampMinusInfinity
	}
	return -epochUnixSeconds * usPerSecond
}

// roundTimestamp is AdjustTimestampForTypmod: typmod is the number of digits
// of the seconds' fraction, -1 for all.
func roundTimestamp(ts int64, typmod int32) int64 {
	if typmod < 0 || typmod >= 6 || isInfiniteTimestamp(ts) {
		return ts
	}
	return roundMicros(ts, typmod)
}

func roundMicros(us int64, digits int32) int64 {
	unit := pow10Small[6-digits]
	if us >= 0 {
		return (us + unit/2) / unit * unit
	}
	return -((-us + unit/2) / unit * unit)
}

func roundTime(us int64, typmod int32) int64 {
	if typmod < 0 || typmod >= 6 {
		return us
	}
	return roundMicros(us, typmod)
}

func dateIn(text []byte, env *Env) (Value, error) {
	if c, rest, ok := isoTimestamp(text); ok && len(rest) == 0 {
		return IntValue(int64(julianDay(c.year, c.month, c.day) - epochJulian)), nil
	}
	d, err := decodeDateTime(text, "date", false, env)
	if err != nil {
		return Value{}, err
	}
	if d.isReserved {
		switch d.reserved {
		case reservedLate:
			return IntValue(DateInfinity), nil
		case reservedEarly:
			return IntValue(DateMinusInfinity), nil
		}
		return IntValue(-epochUnixDays), nil
	}
	if !validJulian(d.c.year, d.c.month) {
		return Value{}, dateOutOfRange(text)
	}
	days := int64(julianDay(d.c.year, d.c.month, d.c.day) - epochJulian)
	if !validDate(days) {
		return Value{}, dateOutOfRange(text)
	}
	return IntValue(days), nil
}

func dateOutOfRange(text []byte) error {
	return pgerr.New(pgerr.DatetimeFieldOverflow, "date out of range: \"%s\"", text)
}

func timeIn(typmod int32, text []byte, env *Env) (Value, error) {
	d, err := decodeDateTime(text, "time", true, env)
	if err != nil {
		return Value{}, err
	}
	return IntValue(roundTime(d.c.timeOfDay(), typmod)), nil
}

func timetzIn(typmod int32, text []byte, env *Env) (Value, error) {
	d, err := decodeDateTime(text, "time with time zone", true, env)
	if err != nil {
		return Value{}, err
	}
	return Timetz{roundTime(d.c.timeOfDay(), typmod), int32(d.zone.offset)}.Value(), nil
}

func timestampRecv(oid OID, typmod int32, data []byte) (Value, error) {
	v, err := int8Recv(data)
	if err != nil {
		return v, err
	}
	ts := v.Int64()
	if !isInfiniteTimestamp(ts) && !validTimestamp(ts) {
		return Value{}, outOfRangeDatetime("timestamp")
	}
	return IntValue(roundTimestamp(ts, typmod)), nil
}

func outOfRangeDatetime(typeName string) error {
	return pgerr.New(pgerr.DatetimeFieldOverflow, "%s out of range", typeName)
}

func dateRecv(data []byte) (Value, error) {
	v, err := int4Recv(data)
	if err != nil {
		return v, err
	}
	if days := v.Int64(); days != DateInfinity && days != DateMinusInfinity && !validDate(days) {
		return Value{}, outOfRangeDatetime("date")
	}
	return v, nil
}

func timeRecv(typmod int32, data []byte) (Value, error) {
	v, err := int8Recv(data)
	if err != nil {
		return v, err
	}
	if v.Int64() < 0 || v.Int64() > usPerDay {
		return Value{}, outOfRangeDatetime("time")
	}
	return IntValue(roundTime(v.Int64(), typmod)), nil
}

// Timetz is a time of day with its offset from UTC. Its storage form is a BLOB
// whose byte order is PostgreSQL's order, by UTC time and then by zone, west
// last:
//
//	8 bytes  time less offset in microseconds, big-endian, sign bit flipped
//	4 bytes  seconds west of Greenwich, big-endian, sign bit flipped
type Timetz struct {
	Time   int64 // microseconds since midnight
	Offset int32 // seconds east of Greenwich
}

const timetzBytes = 12

// Value returns the storage form of t.
func (t Timetz) Value() Value {
	b := make([]byte, 0, timetzBytes)
	b = binary.BigEndian.AppendUint64(b, uint64(t.Time-int64(t.Offset)*usPerSecond)^1<<63)
	b = binary.BigEndian.AppendUint32(b, uint32(-t.Offset)^1<<31)
	return BlobValue(b)
}

// TimetzOf returns the time that v holds.
func TimetzOf(v Value) Timetz {
	if len(v.Bytes) != timetzBytes {
		return Timetz{}
	}
	offset := -int32(binary.BigEndian.Uint32(v.Bytes[8:]) ^ 1<<31)
	utc := int64(binary.BigEndian.Uint64(v.Bytes) ^ 1<<63)
	return Timetz{utc + int64(offset)*usPerSecond, offset}
}

func timetzRecv(typmod int32, data []byte) (Value, error) {
	if err := checkLength(data, timetzBytes); err != nil {
		return Value{}, err
	}
	us := int64(binary.BigEndian.Uint64(data))
	if us < 0 || us > usPerDay {
		return Value{}, outOfRangeDatetime("time")
	}
	west := int32(binary.BigEndian.Uint32(data[8:]))
	if limit := int32(16 * 3600); west <= -limit || west >= limit {
		return Value{}, pgerr.New(pgerr.InvalidTimeZoneDisplacement, "time zone displacement out of range")
	}
	return Timetz{roundTime(us, typmod), -west}.Value(), nil
}

func timetzSend(dst []byte, v Value, _ *Env) []byte {
	t := TimetzOf(v)
	dst = binary.BigEndian.AppendUint64(dst, uint64(t.Time))
	return binary.BigEndian.AppendUint32(dst, uint32(-t.Offset))
}
