package builtin

import (
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// registerSeries implements generate_series and the other sets that are in no
// other room.
func registerSeries(r *registry) {
	column := []string{"value"}
	for _, t := range []intType{int4Type, int8Type} {
		name := map[intType]string{int4Type: "int4", int8Type: "int8"}[t]
		rows := func(_ *Env, a []types.Value) (Rows, error) {
			step := intArg(a, 2, 1)
			if step == 0 {
				return nil, stepZero()
			}
			return &seriesRows{next: a[0].Int64(), last: a[1].Int64(), step: step}, nil
		}
		r.set("generate_series_"+name, "$1,$2", column, rows)
		r.set("generate_series_step_"+name, "$1,$2,$3", column, rows)
	}
	r.set("generate_series_numeric", "$1,$2", column, numericSeries)
	r.set("generate_series_step_numeric", "$1,$2,$3", column, numericSeries)
	r.set("generate_series_timestamp", "$1,$2,$3", column, func(e *Env, a []types.Value) (Rows, error) { return timeSeries(e, a, false) })
	r.set("generate_series_timestamptz", "$1,$2,$3", column, func(e *Env, a []types.Value) (Rows, error) { return timeSeries(e, a, true) })
	r.set("pg_get_keywords", "", []string{"word", "catcode", "barelabel", "catdesc", "baredesc"}, func(*Env, []types.Value) (Rows, error) {
		return &keywordRows{}, nil
	})
	r.set("pg_options_to_table", "$1", []string{"option_name", "option_value"}, optionRows)
}

type numericRows struct {
	next, last, step types.Numeric
	row              [1]types.Value
	env              *Env
}

func numericSeries(e *Env, a []types.Value) (Rows, error) {
	rows := &numericRows{env: e, next: types.NumericOf(a[0]), last: types.NumericOf(a[1]), step: types.NumericInt(1)}
	if len(a) > 2 {
		rows.step = types.NumericOf(a[2])
	}
	for _, bound := range []struct {
		name string
		n    types.Numeric
	}{{"start value", rows.next}, {"stop value", rows.last}, {"step size", rows.step}} {
		if bound.n.IsNaN() {
			return nil, pgerr.New(pgerr.InvalidParameterValue, "%s cannot be NaN", bound.name)
		}
		if bound.n.IsInf() {
			return nil, pgerr.New(pgerr.InvalidParameterValue, "%s cannot be infinity", bound.name)
		}
	}
	if rows.step.Sign() == 0 {
		return nil, stepZero()
	}
	return rows, nil
}

// Next implements Rows.
func (r *numericRows) Next() (row []types.Value, err error) {
	if c := r.next.Compare(r.last); r.step.Sign() > 0 && c > 0 || r.step.Sign() < 0 && c < 0 {
		return nil, nil
	}
	r.row[0] = r.next.Value()
	r.next, err = r.next.Add(r.step)
	return r.row[:], err
}

type timeRows struct {
	next, last int64
	step       types.Interval
	down       bool
	zoned      bool
	env        *Env
	row        [1]types.Value
}

func timeSeries(e *Env, a []types.Value, zoned bool) (Rows, error) {
	rows := &timeRows{env: e, next: a[0].Int64(), last: a[1].Int64(), step: types.IntervalOf(a[2]), zoned: zoned}
	switch rows.step.Compare(types.Interval{}) {
	case 0:
		return nil, stepZero()
	case -1:
		rows.down = true
	}
	return rows, nil
}

// Next implements Rows.
func (r *timeRows) Next() (row []types.Value, err error) {
	if !r.down && r.next > r.last || r.down && r.next < r.last {
		return nil, nil
	}
	r.row[0] = types.IntValue(r.next)
	if r.zoned {
		r.next, err = types.TimestamptzAdd(r.next, r.step, r.env.Types.TimeZone)
	} else {
		r.next, err = types.TimestampAdd(r.next, r.step)
	}
	return r.row[:], err
}

type keywordRows struct {
	next int
	row  [5]types.Value
}

// Next implements Rows.
func (r *keywordRows) Next() ([]types.Value, error) {
	list := keywords()
	if r.next == len(list) {
		return nil, nil
	}
	k := list[r.next]
	r.next++
	r.row = [5]types.Value{
		types.TextValue(k.word), types.TextValue(string(k.category)), types.BoolValue(k.bare),
		types.TextValue(map[byte]string{
			'U': "unreserved", 'C': "unreserved (cannot be function or type name)",
			'T': "reserved (can be function or type name)", 'R': "reserved",
		}[k.category]), types.TextValue("can be bare label"),
	}
	if !k.bare {
		r.row[4] = types.TextValue("requires AS")
	}
	return r.row[:], nil
}

// optionRows is pg_options_to_table(text[]): name=value pairs.
func optionRows(_ *Env, a []types.Value) (Rows, error) {
	rows := &optionTable{reader: types.ReadArray(a[0].Bytes)}
	return rows, nil
}

type optionTable struct {
	reader types.ArrayReader
	row    [2]types.Value
}

// Next implements Rows.
func (r *optionTable) Next() ([]types.Value, error) {
	if !r.reader.Next() {
		return nil, r.reader.Err()
	}
	option := r.reader.Elem.Bytes
	r.row[0], r.row[1] = types.TextBytes(option), types.Value{}
	for i, c := range option {
		if c == '=' {
			r.row[0], r.row[1] = types.TextBytes(option[:i]), types.TextBytes(option[i+1:])
			break
		}
	}
	return r.row[:], nil
}
