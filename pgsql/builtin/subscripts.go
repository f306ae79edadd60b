package builtin

import (
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// registerSubscripts registers what the planner emits for subscripts:
//
//	array_get(array, i, ...)                      array[i][...]
//	array_slice(array, mask, low, high, ...)      array[low:high][...]
//	array_set(array, value, i, ...)               SET array[i][...] = value
//	array_set_slice(array, value, mask, low, high, ...)
//
// Bit 2n of mask says that the lower bound of dimension n is left out (it is the
// array's), bit 2n+1 the upper one.
func registerSubscripts(r *registry) {
	r.support("array_get", true, arrayGet)
	r.support("array_slice", true, arraySlice)
	r.support("array_set", false, arraySet)
	r.support("array_set_slice", false, arraySetSlice)
}

func arrayGet(_ *Env, a []types.Value) (types.Value, error) {
	array, err := types.DecodeArray(a[0].Bytes)
	if err != nil || len(array.Dims) != len(a)-1 {
		return types.Value{}, err
	}
	at := int64(0)
	for i, d := range array.Dims {
		n := a[i+1].Int64() - int64(d.Lower)
		if n < 0 || n >= int64(d.Len) {
			return types.Value{}, nil
		}
		at = at*int64(d.Len) + n
	}
	return array.Elems[at], nil
}

// span is one dimension of a slice, as offsets into the array's dimension.
type span struct{ from, count int64 }

func arraySlice(e *Env, a []types.Value) (types.Value, error) {
	array, err := types.DecodeArray(a[0].Bytes)
	if err != nil {
		return types.Value{}, err
	}
	bounds := a[2:]
	empty := types.Array{}
	if len(bounds)/2 > len(array.Dims) {
		return e.array(&empty), nil
	}
	spans := make([]span, len(array.Dims))
	for i, d := range array.Dims {
		low, high := int64(d.Lower), int64(d.Lower)+int64(d.Len)-1
		if 2*i+1 < len(bounds) {
			mask := a[1].Int64() >> (2 * i)
			if mask&1 == 0 {
				low = max(low, bounds[2*i].Int64())
			}
			if mask&2 == 0 {
				high = min(high, bounds[2*i+1].Int64())
			}
		}
		if low > high {
			return e.array(&empty), nil
		}
		spans[i] = span{low - int64(d.Lower), high - low + 1}
	}
	result := types.Array{}
	for _, s := range spans {
		result.Dims = append(result.Dims, types.ArrayDim{Len: int32(s.count), Lower: 1})
	}
	eachInSlice(array.Dims, spans, func(at int64) { result.Elems = append(result.Elems, array.Elems[at]) })
	return e.array(&result), nil
}

// eachInSlice calls visit with the offset of each element of a slice, in order.
func eachInSlice(dims []types.ArrayDim, spans []span, visit func(at int64)) {
	var walk func(dim int, base int64)
	walk = func(dim int, base int64) {
		if dim == len(dims) {
			visit(base)
			return
		}
		for i := range spans[dim].count {
			walk(dim+1, base*int64(dims[dim].Len)+spans[dim].from+i)
		}
	}
	walk(0, 0)
}

func subscriptNull() error {
	return pgerr.New(pgerr.NullValueNotAllowed, "array subscript in assignment must not be null")
}

func arraySet(e *Env, a []types.Value) (types.Value, error) {
	array, err := decodeOrEmpty(a[0])
	if err != nil {
		return types.Value{}, err
	}
	subscripts := a[2:]
	for _, s := range subscripts {
		if s.IsNull() {
			return types.Value{}, subscriptNull()
		}
	}
	if len(array.Dims) == 0 {
		for _, s := range subscripts {
			array.Dims = append(array.Dims, types.ArrayDim{Len: 1, Lower: int32(s.Int64())})
		}
		array.Elems = []types.Value{a[1]}
		return e.array(&array), nil
	}
	if len(array.Dims) != len(subscripts) {
		return types.Value{}, arraySubscriptError("wrong number of array subscripts")
	}
	if len(subscripts) == 1 {
		if err := extend(&array, subscripts[0].Int64(), subscripts[0].Int64()); err != nil {
			return types.Value{}, err
		}
	}
	at := int64(0)
	for i, d := range array.Dims {
		n := subscripts[i].Int64() - int64(d.Lower)
		if n < 0 || n >= int64(d.Len) {
			return types.Value{}, arraySubscriptError("array subscript out of range")
		}
		at = at*int64(d.Len) + n
	}
	array.Elems[at] = a[1]
	return e.array(&array), nil
}

// extend grows a one-dimensional array with NULLs to hold low to high.
func extend(array *types.Array, low, high int64) error {
	d := &array.Dims[0]
	before := max(int64(d.Lower)-low, 0)
	after := max(high-(int64(d.Lower)+int64(d.Len)-1), 0)
	if before+after+int64(d.Len) > arrayItemsMax {
		return pgerr.New(pgerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", arrayItemsMax)
	}
	if before > 0 {
		array.Elems = append(make([]types.Value, before), array.Elems...)
		d.Lower = int32(low)
	}
	array.Elems = append(array.Elems, make([]types.Value, after)...)
	d.Len = int32(len(array.Elems))
	return nil
}

// arraySetSlice assigns to a slice of a one-dimensional array, or to a slice
// within an array of more dimensions.
func arraySetSlice(e *Env, a []types.Value) (types.Value, error) {
	if a[1].IsNull() {
		return a[0], nil
	}
	array, err := decodeOrEmpty(a[0])
	if err != nil {
		return types.Value{}, err
	}
	source, err := types.DecodeArray(a[1].Bytes)
	if err != nil {
		return types.Value{}, err
	}
	mask, bounds := a[2].Int64(), a[3:]
	created := len(array.Dims) == 0
	if created {
		array.Dims = make([]types.ArrayDim, len(bounds)/2)
	}
	if len(bounds)/2 > len(array.Dims) {
		return types.Value{}, arraySubscriptError("wrong number of array subscripts")
	}
	spans, err := assignmentSpans(&array, mask, bounds, created)
	if err != nil {
		return types.Value{}, err
	}
	count := int64(1)
	for _, s := range spans {
		count *= s.count
	}
	if int64(len(source.Elems)) < count {
		return types.Value{}, arraySubscriptError("source array too small")
	}
	if created {
		array.Elems = make([]types.Value, count)
	}
	next := 0
	eachInSlice(array.Dims, spans, func(at int64) {
		array.Elems[at] = source.Elems[next]
		next++
	})
	if count == 0 {
		array = types.Array{}
	}
	return e.array(&array), nil
}

func assignmentSpans(array *types.Array, mask int64, bounds []types.Value, created bool) ([]span, error) {
	spans := make([]span, len(array.Dims))
	for i := range array.Dims {
		d := &array.Dims[i]
		low, high := int64(d.Lower), int64(d.Lower)+int64(d.Len)-1
		if 2*i+1 < len(bounds) {
			omitted := mask >> (2 * i)
			if omitted&1 == 0 {
				if bounds[2*i].IsNull() {
					return nil, subscriptNull()
				}
				low = bounds[2*i].Int64()
			} else if created {
				return nil, arraySubscriptError("array slice subscript must provide both boundaries").WithDetail(
					"When assigning to a slice of an empty array value, slice boundaries must be fully specified.")
			}
			if omitted&2 == 0 {
				if bounds[2*i+1].IsNull() {
					return nil, subscriptNull()
				}
				high = bounds[2*i+1].Int64()
			}
		}
		if low > high+1 || low > high && !created {
			return nil, arraySubscriptError("upper bound cannot be less than lower bound")
		}
		switch {
		case created:
			*d = types.ArrayDim{Len: int32(high - low + 1), Lower: int32(low)}
		case len(array.Dims) == 1:
			if err := extend(array, low, high); err != nil {
				return nil, err
			}
		case low < int64(d.Lower) || high > int64(d.Lower)+int64(d.Len)-1:
			return nil, arraySubscriptError("array subscript out of range")
		}
		spans[i] = span{low - int64(d.Lower), high - low + 1}
	}
	return spans, nil
}
