package builtin

import (
	"encoding/binary"
	"math"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// registerCollectors implements the aggregates that keep their input.
func registerCollectors(r *registry) {
	for _, t := range []struct {
		name string
		kind types.Kind
	}{{"text", types.Text}, {"bytea", types.Blob}} {
		key := "string_agg(" + t.name + "," + t.name + ")"
		r.aggregate(key, "$1,$2", false, func() Aggregate { return &stringAgg{kind: t.kind} })
		r.byKey[key].distinct = sqliteName(key) + "(string_pair($1,$2))"
	}
	r.support("string_pair", false, stringPair)
	r.aggregate("array_agg(anynonarray)", "$1", false, func() Aggregate { return &arrayAgg{} })
	r.aggregate("array_agg(anyarray)", "$1", false, func() Aggregate { return &arrayAggNested{} })
	registerOrderedSets(r)
}

// stringPair packs a value and its delimiter into one argument, so that DISTINCT
// can be applied to both: the length of the value, the value, the delimiter.
func stringPair(e *Env, a []types.Value) (types.Value, error) {
	if a[0].IsNull() {
		return types.Value{}, nil
	}
	b := binary.AppendUvarint(e.buffer(), uint64(len(a[0].Bytes)))
	b = append(append(b, a[0].Bytes...), a[1].Bytes...)
	e.scratch = b
	return types.BlobValue(b), nil
}

// stringAgg is string_agg: with one argument, of stringPair's form.
type stringAgg struct {
	kind types.Kind
	out  []byte
	any  bool
}

func (s *stringAgg) Step(_ *Env, a []types.Value) error {
	if a[0].IsNull() {
		return nil
	}
	var value, delimiter []byte
	if len(a) == 2 {
		value, delimiter = a[0].Bytes, a[1].Bytes
	} else {
		n, head := binary.Uvarint(a[0].Bytes)
		rest := a[0].Bytes[head:]
		value, delimiter = rest[:n], rest[n:]
	}
	if len(s.out)+len(value)+len(delimiter) > textBytesMax {
		return pgerr.New(pgerr.ProgramLimitExceeded, "out of memory").WithDetail(
			"Cannot enlarge string buffer containing %d bytes by %d more bytes.", len(s.out), len(value)+len(delimiter))
	}
	if s.any {
		s.out = append(s.out, delimiter...)
	}
	s.out = append(s.out, value...)
	s.any = true
	return nil
}

func (s *stringAgg) Result(*Env) (types.Value, error) {
	if !s.any {
		return types.Value{}, nil
	}
	v := types.TextBytes(s.out)
	v.Kind = s.kind
	return v, nil
}

// arrayAgg is array_agg of elements.
type arrayAgg struct {
	body  []byte
	count int32
}

func (s *arrayAgg) Step(_ *Env, a []types.Value) error {
	s.body = types.AppendArrayElem(s.body, a[0])
	s.count++
	return nil
}

func (s *arrayAgg) Result(*Env) (types.Value, error) {
	if s.count == 0 {
		return types.Value{}, nil
	}
	n := len(s.body)
	out := types.AppendArrayEnd(s.body, []types.ArrayDim{{Len: s.count, Lower: 1}})
	s.body = out[:n]
	return types.BlobValue(out), nil
}

// arrayAggNested is array_agg of arrays, all of the same dimensions.
type arrayAggNested struct{ array types.Array }

func (s *arrayAggNested) Step(_ *Env, a []types.Value) error {
	if a[0].IsNull() {
		return pgerr.New(pgerr.NullValueNotAllowed, "cannot accumulate null arrays")
	}
	part, err := types.DecodeArray(a[0].Clone().Bytes)
	if err != nil {
		return err
	}
	if len(part.Dims) == 0 {
		return arraySubscriptError("cannot accumulate empty arrays")
	}
	if s.array.Dims == nil {
		s.array.Dims = append([]types.ArrayDim{{Lower: 1}}, part.Dims...)
	}
	if !sameDims(s.array.Dims[1:], part.Dims) {
		return arraySubscriptError("cannot accumulate arrays of different dimensionality")
	}
	s.array.Dims[0].Len++
	s.array.Elems = append(s.array.Elems, part.Elems...)
	return nil
}

func (s *arrayAggNested) Result(*Env) (types.Value, error) {
	if s.array.Dims == nil {
		return types.Value{}, nil
	}
	return s.array.Value(), nil
}

// registerOrderedSets implements the WITHIN GROUP aggregates. Their call has the
// direct arguments first, then the sorted one; the caller adds ORDER BY to the
// argument list, so rows come in order. The direct argument is constant.
func registerOrderedSets(r *registry) {
	r.aggregate("mode(anyelement)", "$1", true, func() Aggregate { return &mode{} })
	r.aggregate("percentile_disc(float8,anyelement)", "$1,$2", false, func() Aggregate { return &percentile{} })
	r.aggregate("percentile_cont(float8,float8)", "$1,$2", false, func() Aggregate { return &percentile{continuous: true} })
	r.aggregate("percentile_cont(float8,interval)", "$1,$2", false, func() Aggregate { return &percentile{continuous: true, spans: true} })
	r.aggregate("percentile_cont(_float8,interval)", "$1,$2", false, func() Aggregate {
		return &percentile{continuous: true, spans: true, many: true}
	})
	r.aggregate("percentile_disc(_float8,anyelement)", "$1,$2", false, func() Aggregate { return &percentile{many: true} })
	r.aggregate("percentile_cont(_float8,float8)", "$1,$2", false, func() Aggregate { return &percentile{continuous: true, many: true} })
}

// mode keeps the most frequent value; of equals the first in order.
type mode struct {
	current, best           types.Value
	currentCount, bestCount int64
}

func (s *mode) Step(_ *Env, a []types.Value) error {
	if s.currentCount > 0 && types.CompareNative(s.current, a[0]) == 0 {
		s.currentCount++
	} else {
		s.current, s.currentCount = a[0].Clone(), 1
	}
	if s.currentCount > s.bestCount {
		s.best, s.bestCount = s.current, s.currentCount
	}
	return nil
}

func (s *mode) Result(*Env) (types.Value, error) { return s.best, nil }

type percentile struct {
	direct           types.Value
	values           []types.Value
	continuous, many bool
	spans            bool // of intervals
}

func (s *percentile) Step(_ *Env, a []types.Value) error {
	if s.direct.IsNull() {
		s.direct = a[0].Clone()
	}
	if !a[1].IsNull() {
		s.values = append(s.values, a[1].Clone())
	}
	return nil
}

func (s *percentile) Result(*Env) (types.Value, error) {
	if s.direct.IsNull() || len(s.values) == 0 {
		return types.Value{}, nil
	}
	if !s.many {
		return s.at(s.direct)
	}
	fractions, err := types.DecodeArray(s.direct.Bytes)
	if err != nil {
		return types.Value{}, err
	}
	for i, f := range fractions.Elems {
		if fractions.Elems[i], err = s.at(f); err != nil {
			return types.Value{}, err
		}
	}
	return fractions.Value(), nil
}

func (s *percentile) at(fraction types.Value) (types.Value, error) {
	if fraction.IsNull() {
		return types.Value{}, nil
	}
	p := fraction.Float8()
	if !(p >= 0 && p <= 1) {
		return types.Value{}, pgerr.New(pgerr.NumericValueOutOfRange, "percentile value %s is not between 0 and 1",
			types.AppendFloat(nil, p, 64, 0))
	}
	n := float64(len(s.values))
	if !s.continuous {
		return s.values[max(int(math.Ceil(p*n))-1, 0)], nil
	}
	first, second := int(math.Floor(p*(n-1))), int(math.Ceil(p*(n-1)))
	if s.spans {
		return s.span(first, second, p*(n-1)-float64(first))
	}
	low, high := s.values[first].Float8(), s.values[second].Float8()
	if first == second {
		return types.Float8Value(low), nil
	}
	return types.Float8Value(low + (p*(n-1)-float64(first))*(high-low)), nil
}

// span interpolates between two intervals.
func (s *percentile) span(first, second int, part float64) (types.Value, error) {
	low := types.IntervalOf(s.values[first])
	if first == second {
		return s.values[first], nil
	}
	step, err := types.IntervalOf(s.values[second]).Sub(low)
	if err == nil {
		step, err = step.Mul(part)
	}
	if err != nil {
		return types.Value{}, err
	}
	return interval(low.Add(step))
}
