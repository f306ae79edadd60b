package builtin

import (
	"math"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

func integer(n int64, err error) (types.Value, error) {
	if err != nil {
		return types.Value{}, err
	}
	return types.IntValue(n), nil
}

func interval(i types.Interval, err error) (types.Value, error) {
	if err != nil {
		return types.Value{}, err
	}
	return i.Value(), nil
}

func isInfiniteTime(t int64) bool { return t == timeInfinity || t == timeMinusInfinity }
func isInfiniteDate(d int64) bool { return d == dateInfinity || d == dateMinusInfinity }

func registerDatetimes(r *registry) {
	registerDates(r)
	registerTimestampArithmetic(r)
	registerTimes(r)
	registerIntervals(r)
	registerDatetimeCasts(r)
	registerZones(r)
	registerExtract(r)
	registerMake(r)
	registerOverlaps(r)
}

func registerDates(r *registry) {
	r.scalar("date_pli", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.DateAdd(a[0].Int64(), a[1].Int64()))
	})
	r.scalar("date_mii", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.DateAdd(a[0].Int64(), -a[1].Int64()))
	})
	r.scalar("integer_pl_date(int4,date)", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.DateAdd(a[1].Int64(), a[0].Int64()))
	})
	r.scalar("date_mi", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.DateSub(a[0].Int64(), a[1].Int64()))
	})
	plus := func(date, i types.Value, negate bool) (types.Value, error) {
		ts, err := types.DateToTimestamp(date.Int64())
		if err != nil {
			return types.Value{}, err
		}
		return addToTimestamp(ts, i, negate)
	}
	r.scalar("date_pl_interval", func(_ *Env, a []types.Value) (types.Value, error) { return plus(a[0], a[1], false) })
	r.scalar("date_mi_interval", func(_ *Env, a []types.Value) (types.Value, error) { return plus(a[0], a[1], true) })
	r.scalar("interval_pl_date(interval,date)", func(_ *Env, a []types.Value) (types.Value, error) { return plus(a[1], a[0], false) })
	together := func(date, time types.Value) (types.Value, error) {
		ts, err := types.DateToTimestamp(date.Int64())
		if err != nil || isInfiniteTime(ts) {
			return integer(ts, err)
		}
		return types.IntValue(ts + time.Int64()), nil
	}
	r.scalar("datetime_timestamp", func(_ *Env, a []types.Value) (types.Value, error) { return together(a[0], a[1]) })
	r.scalar("timedate_pl(time,date)", func(_ *Env, a []types.Value) (types.Value, error) { return together(a[1], a[0]) })
	r.scalar("timestamptz(date,time)", func(e *Env, a []types.Value) (types.Value, error) {
		ts, err := together(a[0], a[1])
		if err != nil {
			return ts, err
		}
		return integer(types.TimestampToTimestamptz(ts.Int64(), e.Types.TimeZone))
	})
	zoned := func(date, time types.Value) (types.Value, error) {
		t := types.TimetzOf(time)
		ts, err := types.DateToTimestamp(date.Int64())
		if err != nil || isInfiniteTime(ts) {
			return integer(ts, err)
		}
		return types.IntValue(ts + t.Time - int64(t.Offset)*1000000), nil
	}
	r.scalar("datetimetz_timestamptz", func(_ *Env, a []types.Value) (types.Value, error) { return zoned(a[0], a[1]) })
	r.scalar("timetzdate_pl(timetz,date)", func(_ *Env, a []types.Value) (types.Value, error) { return zoned(a[1], a[0]) })
	r.scalar("date_finite", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.BoolValue(!isInfiniteDate(a[0].Int64())), nil
	})
	r.scalar("timestamp_finite", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.BoolValue(!isInfiniteTime(a[0].Int64())), nil
	})
	r.native("($1 IS NOT NULL OR NULL)", "interval_finite")
}

func addToTimestamp(ts int64, i types.Value, negate bool) (types.Value, error) {
	span, err := signed(i, negate)
	if err != nil {
		return types.Value{}, err
	}
	return integer(types.TimestampAdd(ts, span))
}

func signed(i types.Value, negate bool) (types.Interval, error) {
	span := types.IntervalOf(i)
	if negate {
		return span.Neg()
	}
	return span, nil
}

func addToTimestamptz(e *Env, ts int64, i types.Value, negate bool) (types.Value, error) {
	span, err := signed(i, negate)
	if err != nil {
		return types.Value{}, err
	}
	return integer(types.TimestamptzAdd(ts, span, e.Types.TimeZone))
}

func registerTimestampArithmetic(r *registry) {
	r.scalar("timestamp_pl_interval", func(_ *Env, a []types.Value) (types.Value, error) { return addToTimestamp(a[0].Int64(), a[1], false) })
	r.scalar("timestamp_mi_interval", func(_ *Env, a []types.Value) (types.Value, error) { return addToTimestamp(a[0].Int64(), a[1], true) })
	r.scalar("interval_pl_timestamp(interval,timestamp)", func(_ *Env, a []types.Value) (types.Value, error) {
		return addToTimestamp(a[1].Int64(), a[0], false)
	})
	r.scalar("timestamptz_pl_interval", func(e *Env, a []types.Value) (types.Value, error) {
		return addToTimestamptz(e, a[0].Int64(), a[1], false)
	})
	r.scalar("timestamptz_mi_interval", func(e *Env, a []types.Value) (types.Value, error) {
		return addToTimestamptz(e, a[0].Int64(), a[1], true)
	})
	r.scalar("interval_pl_timestamptz(interval,timestamptz)", func(e *Env, a []types.Value) (types.Value, error) {
		return addToTimestamptz(e, a[1].Int64(), a[0], false)
	})
	r.scalar("timestamp_mi", func(_ *Env, a []types.Value) (types.Value, error) {
		return interval(types.TimestampSub(a[0].Int64(), a[1].Int64()))
	})
	r.scalar("timestamp_age", func(_ *Env, a []types.Value) (types.Value, error) {
		return interval(types.TimestampAge(a[0].Int64(), a[1].Int64()))
	})
	r.scalar("timestamptz_age", func(e *Env, a []types.Value) (types.Value, error) {
		return interval(types.TimestamptzAge(a[0].Int64(), a[1].Int64(), e.Types.TimeZone))
	})
	r.scalar("age(timestamp)", func(e *Env, a []types.Value) (types.Value, error) {
		today, err := midnight(e)
		if err != nil {
			return types.Value{}, err
		}
		return interval(types.TimestampAge(today, a[0].Int64()))
	})
	r.scalar("age(timestamptz)", func(e *Env, a []types.Value) (types.Value, error) {
		today, err := midnight(e)
		if err != nil {
			return types.Value{}, err
		}
		if today, err = types.TimestampToTimestamptz(today, e.Types.TimeZone); err != nil {
			return types.Value{}, err
		}
		return interval(types.TimestamptzAge(today, a[0].Int64(), e.Types.TimeZone))
	})
	r.scalar("timestamp_scale", scaleFunction(types.TimestampOID))
	r.scalar("timestamptz_scale", scaleFunction(types.TimestamptzOID))
	r.scalar("timestamp_bin", dateBin)
	r.scalar("timestamptz_bin", dateBin)
}

// midnight is current_date as a timestamp.
func midnight(e *Env) (int64, error) {
	ts, err := types.TimestamptzToTimestamp(e.Types.TransactionTime, e.Types.TimeZone)
	if err != nil {
		return 0, err
	}
	return types.DateToTimestamp(types.TimestampToDate(ts))
}

// scaleFunction is the length coercion of a type: f(value, typmod).
func scaleFunction(oid types.OID) Scalar {
	return func(_ *Env, a []types.Value) (types.Value, error) {
		return types.ApplyTypmod(oid, int32(a[1].Int64()), a[0], true)
	}
}

func dateBin(_ *Env, a []types.Value) (types.Value, error) {
	return integer(types.DateBin(types.IntervalOf(a[0]), a[1].Int64(), a[2].Int64()))
}

func registerTimes(r *registry) {
	plus := func(t, i types.Value, negate bool) (types.Value, error) {
		span, err := signed(i, negate)
		if err != nil {
			return types.Value{}, err
		}
		return types.IntValue(types.TimeAdd(t.Int64(), span)), nil
	}
	r.scalar("time_pl_interval", func(_ *Env, a []types.Value) (types.Value, error) { return plus(a[0], a[1], false) })
	r.scalar("time_mi_interval", func(_ *Env, a []types.Value) (types.Value, error) { return plus(a[0], a[1], true) })
	r.scalar("interval_pl_time(interval,time)", func(_ *Env, a []types.Value) (types.Value, error) { return plus(a[1], a[0], false) })
	r.scalar("time_mi_time", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.Interval{Micros: a[0].Int64() - a[1].Int64()}.Value(), nil
	})
	zoned := func(t, i types.Value, negate bool) (types.Value, error) {
		span, err := signed(i, negate)
		if err != nil {
			return types.Value{}, err
		}
		v := types.TimetzOf(t)
		v.Time = types.TimeAdd(v.Time, span)
		return v.Value(), nil
	}
	r.scalar("timetz_pl_interval", func(_ *Env, a []types.Value) (types.Value, error) { return zoned(a[0], a[1], false) })
	r.scalar("timetz_mi_interval", func(_ *Env, a []types.Value) (types.Value, error) { return zoned(a[0], a[1], true) })
	r.scalar("interval_pl_timetz(interval,timetz)", func(_ *Env, a []types.Value) (types.Value, error) { return zoned(a[1], a[0], false) })
	r.scalar("time_scale", scaleFunction(types.TimeOID))
	r.scalar("timetz_scale", scaleFunction(types.TimetzOID))
}

func registerIntervals(r *registry) {
	r.scalar("interval_pl", func(_ *Env, a []types.Value) (types.Value, error) {
		return interval(types.IntervalOf(a[0]).Add(types.IntervalOf(a[1])))
	})
	r.scalar("interval_mi", func(_ *Env, a []types.Value) (types.Value, error) {
		return interval(types.IntervalOf(a[0]).Sub(types.IntervalOf(a[1])))
	})
	r.scalar("interval_um", func(_ *Env, a []types.Value) (types.Value, error) { return interval(types.IntervalOf(a[0]).Neg()) })
	r.scalar("interval_mul", func(_ *Env, a []types.Value) (types.Value, error) {
		return interval(types.IntervalOf(a[0]).Mul(a[1].Float8()))
	})
	r.scalar("mul_d_interval", func(_ *Env, a []types.Value) (types.Value, error) {
		return interval(types.IntervalOf(a[1]).Mul(a[0].Float8()))
	})
	r.scalar("interval_div", func(_ *Env, a []types.Value) (types.Value, error) {
		return interval(types.IntervalOf(a[0]).Div(a[1].Float8()))
	})
	r.scalar("interval_justify_days", func(_ *Env, a []types.Value) (types.Value, error) {
		return interval(types.IntervalOf(a[0]).JustifyDays())
	})
	r.scalar("interval_justify_hours", func(_ *Env, a []types.Value) (types.Value, error) {
		return interval(types.IntervalOf(a[0]).JustifyHours())
	})
	r.scalar("interval_justify_interval", func(_ *Env, a []types.Value) (types.Value, error) { return interval(types.IntervalOf(a[0]).Justify()) })
	r.scalar("interval_scale", scaleFunction(types.IntervalOID))
	r.aggregate("sum(interval)", "$1", true, func() Aggregate { return &sumInterval{} })
	r.aggregate("avg(interval)", "$1", true, func() Aggregate { return &sumInterval{average: true} })
}

// sumInterval is sum and avg of intervals.
type sumInterval struct {
	sum     types.Interval
	count   int64
	average bool
}

func (s *sumInterval) Step(_ *Env, a []types.Value) (err error) {
	s.sum, err = s.sum.Add(types.IntervalOf(a[0]))
	s.count++
	return err
}

func (s *sumInterval) Inverse(_ *Env, a []types.Value) (err error) {
	s.sum, err = s.sum.Sub(types.IntervalOf(a[0]))
	s.count--
	return err
}

func (s *sumInterval) Result(*Env) (types.Value, error) {
	switch {
	case s.count == 0:
		return types.Value{}, nil
	case s.average:
		return interval(s.sum.Div(float64(s.count)))
	}
	return s.sum.Value(), nil
}

func registerDatetimeCasts(r *registry) {
	for key, pair := range map[string][2]types.OID{
		"timestamp_date": {types.TimestampOID, types.DateOID}, "timestamptz_date": {types.TimestamptzOID, types.DateOID},
		"date_timestamp": {types.DateOID, types.TimestampOID}, "date_timestamptz": {types.DateOID, types.TimestamptzOID},
		"timestamptz_timestamp": {types.TimestamptzOID, types.TimestampOID}, "timestamp_timestamptz": {types.TimestampOID, types.TimestamptzOID},
		"timestamp_time": {types.TimestampOID, types.TimeOID}, "timestamptz_time": {types.TimestamptzOID, types.TimeOID},
		"timestamptz_timetz": {types.TimestamptzOID, types.TimetzOID}, "time_timetz": {types.TimeOID, types.TimetzOID},
		"timetz_time": {types.TimetzOID, types.TimeOID}, "interval_time": {types.IntervalOID, types.TimeOID},
		"time_interval": {types.TimeOID, types.IntervalOID},
	} {
		r.scalar(key, castScalar(pair[0], pair[1]))
	}
	r.scalar("float8_timestamptz", func(_ *Env, a []types.Value) (types.Value, error) { return integer(types.ToTimestamp(a[0].Float8())) })
}

func registerZones(r *registry) {
	r.scalar("timestamp_zone", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.TimestampAtZone(string(a[0].Bytes), a[1].Int64()))
	})
	r.scalar("timestamptz_zone", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.TimestamptzAtZone(string(a[0].Bytes), a[1].Int64()))
	})
	r.scalar("timestamp_izone", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.TimestampAtOffset(types.IntervalOf(a[0]), a[1].Int64()))
	})
	r.scalar("timestamptz_izone", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.TimestamptzAtOffset(types.IntervalOf(a[0]), a[1].Int64()))
	})
	r.scalar("timetz_zone", func(e *Env, a []types.Value) (types.Value, error) {
		t, err := types.TimetzAtZone(string(a[0].Bytes), types.TimetzOf(a[1]), e.Types.TransactionTime)
		if err != nil {
			return types.Value{}, err
		}
		return t.Value(), nil
	})
	r.scalar("timetz_izone", func(_ *Env, a []types.Value) (types.Value, error) {
		t, err := types.TimetzAtOffset(types.IntervalOf(a[0]), types.TimetzOf(a[1]))
		if err != nil {
			return types.Value{}, err
		}
		return t.Value(), nil
	})
}

func registerExtract(r *registry) {
	for name, oid := range map[string]types.OID{
		"date": types.DateOID, "time": types.TimeOID, "timetz": types.TimetzOID, "timestamp": types.TimestampOID,
		"timestamptz": types.TimestamptzOID, "interval": types.IntervalOID,
	} {
		r.scalar("extract_"+name, func(e *Env, a []types.Value) (types.Value, error) {
			n, null, err := types.Extract(string(a[0].Bytes), oid, a[1], &e.Types)
			if err != nil || null {
				return types.Value{}, err
			}
			return e.numeric(n), nil
		})
		part := func(e *Env, a []types.Value) (types.Value, error) {
			n, null, err := types.Extract(string(a[0].Bytes), oid, a[1], &e.Types)
			if err != nil || null {
				return types.Value{}, err
			}
			return types.Float8Value(n.Float64()), nil
		}
		if name != "date" {
			r.scalar(name+"_part", part)
		}
	}
	r.scalar("date_part(text,date)", func(e *Env, a []types.Value) (types.Value, error) {
		ts, err := types.DateToTimestamp(a[1].Int64())
		if err != nil {
			return types.Value{}, err
		}
		n, null, err := types.Extract(string(a[0].Bytes), types.TimestampOID, types.IntValue(ts), &e.Types)
		if err != nil || null {
			return types.Value{}, err
		}
		return types.Float8Value(n.Float64()), nil
	})
	r.scalar("timestamp_trunc", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.DateTrunc(string(a[0].Bytes), a[1].Int64()))
	})
	r.scalar("timestamptz_trunc", func(e *Env, a []types.Value) (types.Value, error) {
		return integer(types.DateTruncTZ(string(a[0].Bytes), a[1].Int64(), e.Types.TimeZone))
	})
	r.scalar("timestamptz_trunc_zone", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.DateTruncZone(string(a[0].Bytes), a[1].Int64(), string(a[2].Bytes)))
	})
	r.scalar("interval_trunc", func(_ *Env, a []types.Value) (types.Value, error) {
		return interval(types.DateTruncInterval(string(a[0].Bytes), types.IntervalOf(a[1])))
	})
}

func registerMake(r *registry) {
	n := func(v types.Value) int { return int(v.Int64()) }
	r.scalar("make_date", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.MakeDate(n(a[0]), n(a[1]), n(a[2])))
	})
	r.scalar("make_time", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.MakeTime(n(a[0]), n(a[1]), a[2].Float8()))
	})
	r.scalar("make_timestamp", func(_ *Env, a []types.Value) (types.Value, error) {
		return integer(types.MakeTimestamp(n(a[0]), n(a[1]), n(a[2]), n(a[3]), n(a[4]), a[5].Float8()))
	})
	r.scalar("make_timestamptz", func(e *Env, a []types.Value) (types.Value, error) {
		ts, err := types.MakeTimestamp(n(a[0]), n(a[1]), n(a[2]), n(a[3]), n(a[4]), a[5].Float8())
		if err != nil {
			return types.Value{}, err
		}
		return integer(types.TimestampToTimestamptz(ts, e.Types.TimeZone))
	})
	r.scalar("make_timestamptz_at_timezone", func(_ *Env, a []types.Value) (types.Value, error) {
		ts, err := types.MakeTimestamp(n(a[0]), n(a[1]), n(a[2]), n(a[3]), n(a[4]), a[5].Float8())
		if err != nil {
			return types.Value{}, err
		}
		return integer(types.TimestampAtZone(string(a[6].Bytes), ts))
	})
	r.scalar("make_interval", func(_ *Env, a []types.Value) (types.Value, error) {
		if s := a[6].Float8(); math.IsNaN(s) || math.IsInf(s, 0) {
			return types.Value{}, pgerr.New(pgerr.DatetimeFieldOverflow, "interval out of range")
		}
		return interval(types.MakeInterval(n(a[0]), n(a[1]), n(a[2]), n(a[3]), n(a[4]), n(a[5]), a[6].Float8()))
	})
}

// registerOverlaps implements OVERLAPS: periods of two ends, or of a start and a
// length.
func registerOverlaps(r *registry) {
	type end func(e *Env, start, v types.Value) (types.Value, error)
	same := func(_ *Env, _, v types.Value) (types.Value, error) { return v, nil }
	for _, t := range []struct {
		key, name string
		oid       types.OID
		plus      end
	}{
		{"overlaps_timestamp", "timestamp", types.TimestampOID, func(_ *Env, s, v types.Value) (types.Value, error) { return addToTimestamp(s.Int64(), v, false) }},
		{"", "timestamptz", types.TimestamptzOID, func(e *Env, s, v types.Value) (types.Value, error) { return addToTimestamptz(e, s.Int64(), v, false) }},
		{"overlaps_time", "time", types.TimeOID, func(_ *Env, s, v types.Value) (types.Value, error) {
			return types.IntValue(types.TimeAdd(s.Int64(), types.IntervalOf(v))), nil
		}},
		{"overlaps_timetz", "timetz", types.TimetzOID, nil},
	} {
		register := func(key string, first, second end) {
			r.scalar(key, func(e *Env, a []types.Value) (types.Value, error) {
				e1, err := endOf(e, a[0], a[1], first)
				if err != nil {
					return types.Value{}, err
				}
				e2, err := endOf(e, a[2], a[3], second)
				if err != nil {
					return types.Value{}, err
				}
				return overlaps(t.oid, a[0], e1, a[2], e2), nil
			})
		}
		if t.key != "" {
			register(t.key, same, same)
		}
		if t.plus == nil {
			continue
		}
		prefix := "overlaps(" + t.name + ","
		register(prefix+"interval,"+t.name+",interval)", t.plus, t.plus)
		register(prefix+t.name+","+t.name+",interval)", same, t.plus)
		register(prefix+"interval,"+t.name+","+t.name+")", t.plus, same)
	}
}

func endOf(e *Env, start, v types.Value, f func(e *Env, start, v types.Value) (types.Value, error)) (types.Value, error) {
	if start.IsNull() || v.IsNull() {
		return types.Value{}, nil
	}
	return f(e, start, v)
}

// overlaps follows PostgreSQL's overlaps_timestamp, NULLs included.
func overlaps(oid types.OID, s1, e1, s2, e2 types.Value) types.Value {
	order := func(s, e types.Value) (types.Value, types.Value, bool) {
		switch {
		case s.IsNull() && e.IsNull():
			return s, e, false
		case s.IsNull():
			return e, s, true
		case !e.IsNull() && types.Compare(oid, s, e) > 0:
			return e, s, true
		}
		return s, e, true
	}
	s1, e1, ok1 := order(s1, e1)
	s2, e2, ok2 := order(s2, e2)
	if !ok1 || !ok2 {
		return types.Value{}
	}
	c := types.Compare(oid, s1, s2)
	if c < 0 {
		s1, e1, s2, e2 = s2, e2, s1, e1
	}
	if c == 0 {
		if e1.IsNull() || e2.IsNull() {
			return types.Value{}
		}
		return types.BoolValue(true)
	}
	// s1 is the later start: the periods overlap where the other ends after it.
	switch {
	case e2.IsNull():
		return types.Value{}
	case types.Compare(oid, s1, e2) < 0:
		return types.BoolValue(true)
	case e1.IsNull():
		return types.Value{}
	}
	return types.BoolValue(false)
}
