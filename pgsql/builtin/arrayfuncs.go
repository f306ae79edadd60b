package builtin

import (
	"strconv"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// onArray makes a function of a decoded array; extra arguments follow it.
func onArray(f func(e *Env, array types.Array, a []types.Value) (types.Value, error)) Scalar {
	return func(e *Env, a []types.Value) (types.Value, error) {
		array, err := types.DecodeArray(a[0].Bytes)
		if err != nil {
			return types.Value{}, err
		}
		return f(e, array, a)
	}
}

// dimension returns dimension n (from 1) of an array.
func dimension(array types.Array, n int64) (types.ArrayDim, bool) {
	if n < 1 || n > int64(len(array.Dims)) {
		return types.ArrayDim{}, false
	}
	return array.Dims[n-1], true
}

func registerArrayFacts(r *registry) {
	ofDimension := func(f func(d types.ArrayDim) int64) Scalar {
		return onArray(func(_ *Env, array types.Array, a []types.Value) (types.Value, error) {
			d, ok := dimension(array, a[1].Int64())
			if !ok {
				return types.Value{}, nil
			}
			return types.IntValue(f(d)), nil
		})
	}
	r.scalar("array_length", ofDimension(func(d types.ArrayDim) int64 { return int64(d.Len) }))
	r.scalar("array_lower", ofDimension(func(d types.ArrayDim) int64 { return int64(d.Lower) }))
	r.scalar("array_upper", ofDimension(func(d types.ArrayDim) int64 { return int64(d.Lower) + int64(d.Len) - 1 }))
	r.scalar("array_cardinality", onArray(func(_ *Env, array types.Array, _ []types.Value) (types.Value, error) {
		return types.IntValue(int64(len(array.Elems))), nil
	}))
	r.scalar("array_ndims", onArray(func(_ *Env, array types.Array, _ []types.Value) (types.Value, error) {
		if len(array.Dims) == 0 {
			return types.Value{}, nil
		}
		return types.IntValue(int64(len(array.Dims))), nil
	}))
	r.scalar("array_dims", onArray(func(e *Env, array types.Array, _ []types.Value) (types.Value, error) {
		if len(array.Dims) == 0 {
			return types.Value{}, nil
		}
		b := e.buffer()
		for _, d := range array.Dims {
			b = strconv.AppendInt(append(b, '['), int64(d.Lower), 10)
			b = strconv.AppendInt(append(b, ':'), int64(d.Lower)+int64(d.Len)-1, 10)
			b = append(b, ']')
		}
		return e.text(b), nil
	}))
	for _, key := range []string{"array_larger", "array_smaller"} {
		sign := map[string]int{"array_larger": 1, "array_smaller": -1}[key]
		r.typed(key, "$1,$2,@1", func(_ *Env, a []types.Value) (types.Value, error) {
			elem := types.ElemOf(types.OID(a[2].Int64()))
			if types.CompareArrays(elem, a[0].Bytes, a[1].Bytes)*sign > 0 {
				return a[0], nil
			}
			return a[1], nil
		})
	}
}

// decodeOrEmpty reads an array where NULL counts as an empty one.
func decodeOrEmpty(v types.Value) (types.Array, error) {
	if v.IsNull() {
		return types.Array{}, nil
	}
	return types.DecodeArray(v.Bytes)
}

// lengthened decodes an array of at most one dimension whose bounds have room
// for one more element, which the caller adds.
func lengthened(v types.Value) (types.Array, error) {
	array, err := decodeOrEmpty(v)
	if err != nil {
		return array, err
	}
	if len(array.Dims) > 1 {
		return array, pgerr.New("22000", "argument must be empty or one-dimensional array")
	}
	if len(array.Dims) == 0 {
		array.Dims = []types.ArrayDim{{Lower: 1}}
	}
	array.Dims[0].Len++
	return array, nil
}

func registerArrayChanges(r *registry) {
	r.scalar("array_append", func(e *Env, a []types.Value) (types.Value, error) {
		array, err := lengthened(a[0])
		if err != nil {
			return types.Value{}, err
		}
		array.Elems = append(array.Elems, a[1])
		return e.array(&array), nil
	})
	r.scalar("array_prepend", func(e *Env, a []types.Value) (types.Value, error) {
		array, err := lengthened(a[1])
		if err != nil {
			return types.Value{}, err
		}
		array.Elems = append([]types.Value{a[0]}, array.Elems...)
		return e.array(&array), nil
	})
	r.scalar("array_cat", arrayCat)
	r.typed("array_remove", "$1,$2,@1", arrayRemove)
	r.typed("array_replace", "$1,$2,$3,@1", func(e *Env, a []types.Value) (types.Value, error) {
		if a[0].IsNull() {
			return types.Value{}, nil
		}
		array, err := types.DecodeArray(a[0].Bytes)
		if err != nil {
			return types.Value{}, err
		}
		elem := types.ElemOf(types.OID(a[3].Int64()))
		for i, v := range array.Elems {
			if sameElement(elem, v, a[1]) {
				array.Elems[i] = a[2]
			}
		}
		return e.array(&array), nil
	})
	registerArrayShapes(r)
}

// registerArrayShapes implements what changes the dimensions.
func registerArrayShapes(r *registry) {
	r.scalar("trim_array", onArray(func(e *Env, array types.Array, a []types.Value) (types.Value, error) {
		length := int64(0)
		if len(array.Dims) > 0 {
			length = int64(array.Dims[0].Len)
		}
		n := a[1].Int64()
		if n < 0 || n > length {
			return types.Value{}, pgerr.New(pgerr.ArraySubscriptError, "number of elements to trim must be between 0 and %d", length)
		}
		if n == length {
			return e.array(&types.Array{}), nil
		}
		array.Elems = array.Elems[:int64(len(array.Elems))/length*(length-n)]
		array.Dims[0] = types.ArrayDim{Len: int32(length - n), Lower: 1}
		for i := range array.Dims {
			array.Dims[i].Lower = 1
		}
		return e.array(&array), nil
	}))
	r.scalar("array_fill", func(e *Env, a []types.Value) (types.Value, error) {
		return arrayFill(e, a[0], a[1], types.Value{}, false)
	})
	r.scalar("array_fill_with_lower_bounds", func(e *Env, a []types.Value) (types.Value, error) {
		return arrayFill(e, a[0], a[1], a[2], true)
	})
}

// sameElement is IS NOT DISTINCT FROM.
func sameElement(elem types.OID, a, b types.Value) bool {
	if a.IsNull() || b.IsNull() {
		return a.IsNull() && b.IsNull()
	}
	return types.Compare(elem, a, b) == 0
}

// arrayCat joins two arrays, or an array and one of its slices.
func arrayCat(e *Env, a []types.Value) (types.Value, error) {
	if a[0].IsNull() {
		return a[1], nil
	}
	if a[1].IsNull() {
		return a[0], nil
	}
	x, err := types.DecodeArray(a[0].Bytes)
	if err != nil {
		return types.Value{}, err
	}
	y, err := types.DecodeArray(a[1].Bytes)
	if err != nil {
		return types.Value{}, err
	}
	if len(x.Dims) == 0 {
		return a[1], nil
	}
	if len(y.Dims) == 0 {
		return a[0], nil
	}
	mismatch := func(detail string) error {
		return pgerr.New(pgerr.ArraySubscriptError, "cannot concatenate incompatible arrays").WithDetail("%s", detail)
	}
	const inner = "Arrays with differing element dimensions are not compatible for concatenation."
	const outer = "Arrays with differing dimensions are not compatible for concatenation."
	result := types.Array{Elems: append(x.Elems[:len(x.Elems):len(x.Elems)], y.Elems...)}
	switch len(x.Dims) - len(y.Dims) {
	case 0:
		if !sameDims(x.Dims[1:], y.Dims[1:]) {
			return types.Value{}, mismatch(inner)
		}
		result.Dims = x.Dims
		result.Dims[0].Len += y.Dims[0].Len
	case 1:
		if !sameDims(x.Dims[1:], y.Dims) {
			return types.Value{}, mismatch(outer)
		}
		result.Dims = x.Dims
		result.Dims[0].Len++
	case -1:
		if !sameDims(x.Dims, y.Dims[1:]) {
			return types.Value{}, mismatch(outer)
		}
		result.Dims = y.Dims
		result.Dims[0].Len++
	default:
		return types.Value{}, pgerr.New(pgerr.ArraySubscriptError, "cannot concatenate incompatible arrays").WithDetail(
			"Arrays of %d and %d dimensions are not compatible for concatenation.", len(x.Dims), len(y.Dims))
	}
	return e.array(&result), nil
}

func arrayRemove(e *Env, a []types.Value) (types.Value, error) {
	if a[0].IsNull() {
		return types.Value{}, nil
	}
	array, err := types.DecodeArray(a[0].Bytes)
	if err != nil {
		return types.Value{}, err
	}
	if len(array.Dims) > 1 {
		return types.Value{}, pgerr.New(pgerr.FeatureNotSupported, "removing elements from multidimensional arrays is not supported")
	}
	elem := types.ElemOf(types.OID(a[2].Int64()))
	kept := array.Elems[:0]
	for _, v := range array.Elems {
		if !sameElement(elem, v, a[1]) {
			kept = append(kept, v)
		}
	}
	array.Elems = kept
	if len(kept) == 0 {
		array.Dims = nil
	} else {
		array.Dims[0].Len = int32(len(kept))
	}
	return e.array(&array), nil
}

// arrayItemsMax is PostgreSQL's MaxArraySize.
const arrayItemsMax = 1<<27 - 1

func arrayFill(e *Env, v, lengths, lowers types.Value, bounded bool) (types.Value, error) {
	if lengths.IsNull() || bounded && lowers.IsNull() {
		return types.Value{}, pgerr.New(pgerr.NullValueNotAllowed, "dimension array or low bound array cannot be null")
	}
	sizes, err := types.DecodeArray(lengths.Bytes)
	if err != nil {
		return types.Value{}, err
	}
	var bounds types.Array
	if bounded {
		if bounds, err = types.DecodeArray(lowers.Bytes); err != nil {
			return types.Value{}, err
		}
		if len(bounds.Elems) != len(sizes.Elems) {
			return types.Value{}, arraySubscriptError("wrong number of array subscripts")
		}
	}
	if len(sizes.Dims) > 1 {
		return types.Value{}, arraySubscriptError("wrong number of array subscripts")
	}
	if len(sizes.Elems) > arrayDimsMax {
		return types.Value{}, pgerr.New(pgerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(sizes.Elems), arrayDimsMax)
	}
	var result types.Array
	count := int64(1)
	for i, n := range sizes.Elems {
		if n.IsNull() {
			return types.Value{}, pgerr.New(pgerr.NullValueNotAllowed, "dimension values cannot be null")
		}
		lower := int64(1)
		if bounded {
			lower = bounds.Elems[i].Int64()
		}
		if n.Int64() < 0 || count*n.Int64() > arrayItemsMax {
			return types.Value{}, pgerr.New(pgerr.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", arrayItemsMax)
		}
		count *= n.Int64()
		result.Dims = append(result.Dims, types.ArrayDim{Len: int32(n.Int64()), Lower: int32(lower)})
	}
	if count == 0 || len(result.Dims) == 0 {
		return e.array(&types.Array{}), nil
	}
	result.Elems = make([]types.Value, count)
	for i := range result.Elems {
		result.Elems[i] = v
	}
	return e.array(&result), nil
}

func registerArraySearch(r *registry) {
	r.typed("array_position", "$1,$2,1,@1", arrayPosition)
	r.typed("array_position_start", "$1,$2,$3,@1", arrayPosition)
	r.typed("array_positions", "$1,$2,@1", func(e *Env, a []types.Value) (types.Value, error) {
		if a[0].IsNull() {
			return types.Value{}, nil
		}
		array, err := searchable(a[0])
		if err != nil {
			return types.Value{}, err
		}
		elem := types.ElemOf(types.OID(a[2].Int64()))
		var found []types.Value
		for i, v := range array.Elems {
			if sameElement(elem, v, a[1]) {
				found = append(found, types.IntValue(int64(array.Dims[0].Lower)+int64(i)))
			}
		}
		result := types.NewArray(found)
		return e.array(&result), nil
	})
	r.typed("arraycontains", "$1,$2,@1", func(_ *Env, a []types.Value) (types.Value, error) { return containsAll(a[2], a[0], a[1]) })
	r.typed("arraycontained", "$1,$2,@1", func(_ *Env, a []types.Value) (types.Value, error) { return containsAll(a[2], a[1], a[0]) })
	r.typed("arrayoverlap", "$1,$2,@1", func(_ *Env, a []types.Value) (types.Value, error) {
		x, err := types.DecodeArray(a[0].Bytes)
		if err != nil {
			return types.Value{}, err
		}
		y, err := types.DecodeArray(a[1].Bytes)
		if err != nil {
			return types.Value{}, err
		}
		elem := types.ElemOf(types.OID(a[2].Int64()))
		for _, v := range x.Elems {
			if !v.IsNull() && hasElement(elem, y.Elems, v) {
				return types.BoolValue(true), nil
			}
		}
		return types.BoolValue(false), nil
	})
	r.typed("width_bucket_array", "$1,$2,@2", func(_ *Env, a []types.Value) (types.Value, error) {
		array, err := types.DecodeArray(a[1].Bytes)
		if err != nil {
			return types.Value{}, err
		}
		if len(array.Dims) > 1 {
			return types.Value{}, arraySubscriptError("thresholds must be one-dimensional array")
		}
		elem := types.ElemOf(types.OID(a[2].Int64()))
		low, high := 0, len(array.Elems)
		for low < high {
			mid := (low + high) / 2
			if array.Elems[mid].IsNull() {
				return types.Value{}, pgerr.New(pgerr.NullValueNotAllowed, "thresholds array must not contain NULLs")
			}
			if types.Compare(elem, a[0], array.Elems[mid]) < 0 {
				high = mid
			} else {
				low = mid + 1
			}
		}
		return types.IntValue(int64(low)), nil
	})
}

func searchable(v types.Value) (types.Array, error) {
	array, err := types.DecodeArray(v.Bytes)
	if err == nil && len(array.Dims) > 1 {
		err = pgerr.New(pgerr.FeatureNotSupported, "searching for elements in multidimensional arrays is not supported")
	}
	return array, err
}

// arrayPosition is array_position(array, element, start, type).
func arrayPosition(_ *Env, a []types.Value) (types.Value, error) {
	if a[0].IsNull() {
		return types.Value{}, nil
	}
	array, err := searchable(a[0])
	if err != nil {
		return types.Value{}, err
	}
	if a[2].IsNull() {
		return types.Value{}, pgerr.New(pgerr.NullValueNotAllowed, "initial position must not be null")
	}
	elem := types.ElemOf(types.OID(a[3].Int64()))
	start := a[2].Int64()
	if len(array.Dims) > 0 && start == 1 && array.Dims[0].Lower != 1 {
		start = int64(array.Dims[0].Lower)
	}
	for i, v := range array.Elems {
		at := int64(array.Dims[0].Lower) + int64(i)
		if at >= start && sameElement(elem, v, a[1]) {
			return types.IntValue(at), nil
		}
	}
	return types.Value{}, nil
}

func hasElement(elem types.OID, list []types.Value, v types.Value) bool {
	for _, x := range list {
		if !x.IsNull() && types.Compare(elem, x, v) == 0 {
			return true
		}
	}
	return false
}

// containsAll tells whether every element of part is in whole; NULL never is.
func containsAll(arrayType, whole, part types.Value) (types.Value, error) {
	x, err := types.DecodeArray(whole.Bytes)
	if err != nil {
		return types.Value{}, err
	}
	y, err := types.DecodeArray(part.Bytes)
	if err != nil {
		return types.Value{}, err
	}
	elem := types.ElemOf(types.OID(arrayType.Int64()))
	for _, v := range y.Elems {
		if v.IsNull() || !hasElement(elem, x.Elems, v) {
			return types.BoolValue(false), nil
		}
	}
	return types.BoolValue(true), nil
}
