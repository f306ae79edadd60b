package builtin

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// unnestColumnsMax is how many arrays unnest takes side by side.
const unnestColumnsMax = 16

func registerArraySets(r *registry) {
	r.set("array_unnest", "$1", []string{"value"}, unnest)
	r.supportSet("array_values", 1, []string{"value"}, func(e *Env, a []types.Value) (Rows, error) {
		if len(a) == 0 || a[0].IsNull() {
			return &valueRows{}, nil
		}
		return unnest(e, a)
	})
	columns := make([]string, unnestColumnsMax)
	for i := range columns {
		columns[i] = "v" + strconv.Itoa(i+1)
	}
	r.supportSet("array_unnest_many", unnestColumnsMax, columns, unnestMany)
	r.set("generate_subscripts", "$1,$2,$3", []string{"value"}, subscriptRows)
	r.set("generate_subscripts_nodir", "$1,$2", []string{"value"}, subscriptRows)
	r.set("_pg_expandarray(anyarray)", "$1", []string{"x", "n"}, expandArray)
	r.set("text_to_table", "$1,$2", []string{"value"}, textToTable)
	r.set("text_to_table_null", "$1,$2,$3", []string{"value"}, textToTable)
}

// arrayRows yields the elements of an array.
type arrayRows struct {
	reader types.ArrayReader
	row    [1]types.Value
}

func unnest(_ *Env, a []types.Value) (Rows, error) {
	return &arrayRows{reader: types.ReadArray(a[0].Bytes)}, nil
}

// Next implements Rows.
func (r *arrayRows) Next() ([]types.Value, error) {
	if !r.reader.Next() {
		return nil, r.reader.Err()
	}
	r.row[0] = r.reader.Elem
	return r.row[:], nil
}

// manyRows yields several arrays side by side, the shorter filled with NULL.
type manyRows struct {
	readers []types.ArrayReader
	row     [unnestColumnsMax]types.Value
}

func unnestMany(_ *Env, a []types.Value) (Rows, error) {
	rows := &manyRows{readers: make([]types.ArrayReader, len(a))}
	for i, v := range a {
		if v.IsNull() {
			v = (&types.Array{}).Value()
		}
		rows.readers[i] = types.ReadArray(v.Bytes)
	}
	return rows, nil
}

// Next implements Rows.
func (r *manyRows) Next() ([]types.Value, error) {
	more := false
	for i := range r.readers {
		r.row[i] = types.Value{}
		if r.readers[i].Next() {
			r.row[i] = r.readers[i].Elem
			more = true
		} else if err := r.readers[i].Err(); err != nil {
			return nil, err
		}
	}
	if !more {
		return nil, nil
	}
	return r.row[:], nil
}

// seriesRows yields integers from next to last, by step.
type seriesRows struct {
	next, last, step int64
	done             bool
	row              [1]types.Value
}

// Next implements Rows.
func (r *seriesRows) Next() ([]types.Value, error) {
	if r.done || r.step > 0 && r.next > r.last || r.step < 0 && r.next < r.last {
		return nil, nil
	}
	r.row[0] = types.IntValue(r.next)
	next, ok := addInt64(r.next, r.step)
	r.next, r.done = next, !ok
	return r.row[:], nil
}

func subscriptRows(_ *Env, a []types.Value) (Rows, error) {
	array, err := types.DecodeArray(a[0].Bytes)
	if err != nil {
		return nil, err
	}
	d, ok := dimension(array, a[1].Int64())
	if !ok {
		return &valueRows{}, nil
	}
	low, high := int64(d.Lower), int64(d.Lower)+int64(d.Len)-1
	if len(a) > 2 && a[2].Bool() {
		return &seriesRows{next: high, last: low, step: -1}, nil
	}
	return &seriesRows{next: low, last: high, step: 1}, nil
}

// pairRows yields elements with their number from 1.
type pairRows struct {
	reader types.ArrayReader
	row    [2]types.Value
	n      int64
}

func expandArray(_ *Env, a []types.Value) (Rows, error) {
	if a[0].IsNull() {
		return &valueRows{}, nil
	}
	return &pairRows{reader: types.ReadArray(a[0].Bytes)}, nil
}

// Next implements Rows.
func (r *pairRows) Next() ([]types.Value, error) {
	if !r.reader.Next() {
		return nil, r.reader.Err()
	}
	r.n++
	r.row[0], r.row[1] = r.reader.Elem, types.IntValue(r.n)
	return r.row[:], nil
}

func registerArrayText(r *registry) {
	r.typed("array_to_text", "$1,$2,@1", func(e *Env, a []types.Value) (types.Value, error) {
		return arrayToText(e, []types.Value{a[0], a[1], {}, a[2]})
	})
	r.typed("array_to_text_null", "$1,$2,$3,@1", arrayToText)
	r.scalar("text_to_array", textToArray)
	r.scalar("text_to_array_null", textToArray)
}

// arrayToText is array_to_string(array, delimiter, null text, type).
func arrayToText(e *Env, a []types.Value) (types.Value, error) {
	if a[0].IsNull() || a[1].IsNull() {
		return types.Value{}, nil
	}
	encode := types.TextEncoder(types.ElemOf(types.OID(a[3].Int64())), -1)
	b, first := e.buffer(), true
	r := types.ReadArray(a[0].Bytes)
	for r.Next() {
		if r.Elem.IsNull() && a[2].IsNull() {
			continue
		}
		if !first {
			b = append(b, a[1].Bytes...)
		}
		first = false
		if r.Elem.IsNull() {
			b = append(b, a[2].Bytes...)
		} else {
			b = encode(b, r.Elem, &e.Types)
		}
	}
	if err := r.Err(); err != nil {
		return types.Value{}, err
	}
	if b == nil {
		b = []byte{}
	}
	return e.text(b), nil
}

// splitText is string_to_array's: by a delimiter, into characters where it is
// NULL, not at all where it is empty. Parts equal to nullText are NULL.
func splitText(a []types.Value) []types.Value {
	s, delimiter := a[0].Bytes, a[1]
	if len(s) == 0 {
		return nil
	}
	part := func(b []byte) types.Value {
		if len(a) > 2 && !a[2].IsNull() && bytes.Equal(b, a[2].Bytes) {
			return types.Value{}
		}
		return types.TextBytes(b)
	}
	var parts []types.Value
	switch {
	case delimiter.IsNull():
		for len(s) > 0 {
			_, n := utf8.DecodeRune(s)
			parts = append(parts, part(s[:n]))
			s = s[n:]
		}
		return parts
	case len(delimiter.Bytes) == 0:
		return []types.Value{part(s)}
	}
	for {
		i := bytes.Index(s, delimiter.Bytes)
		if i < 0 {
			return append(parts, part(s))
		}
		parts = append(parts, part(s[:i]))
		s = s[i+len(delimiter.Bytes):]
	}
}

func textToArray(e *Env, a []types.Value) (types.Value, error) {
	if a[0].IsNull() {
		return types.Value{}, nil
	}
	array := types.NewArray(splitText(a))
	return e.array(&array), nil
}

func textToTable(_ *Env, a []types.Value) (Rows, error) {
	if a[0].IsNull() {
		return &valueRows{}, nil
	}
	return &valueRows{values: splitText(a)}, nil
}

// stepZero is the error of generate_series.
func stepZero() error { return pgerr.New(pgerr.InvalidParameterValue, "step size cannot equal zero") }
