package builtin

import (
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// arrayArgsMax is how many elements one call of the constructor takes.
const arrayArgsMax = 900

// ArrayConstructor returns the SQL of ARRAY[elems...] with one dimension. The
// elements are in the storage form of the element type.
func ArrayConstructor(elems []string) string {
	if len(elems) <= arrayArgsMax {
		return "array_make(" + strings.Join(elems, ",") + ")"
	}
	var parts []string
	for len(elems) > 0 {
		n := min(len(elems), arrayArgsMax)
		parts = append(parts, "array_make("+strings.Join(elems[:n], ",")+")")
		elems = elems[n:]
	}
	return "array_join(" + strings.Join(parts, ",") + ")"
}

// NestedArrayConstructor returns the SQL of ARRAY[...] whose elements are
// arrays: they become the first dimension of the result.
func NestedArrayConstructor(arrays []string) string {
	return "array_nest(" + strings.Join(arrays, ",") + ")"
}

func (e *Env) array(a *types.Array) types.Value {
	e.scratch = types.AppendArray(e.buffer(), a)
	return types.BlobValue(e.scratch)
}

func registerArrays(r *registry) {
	r.support("array_make", false, func(e *Env, a []types.Value) (types.Value, error) {
		array := types.NewArray(a)
		return e.array(&array), nil
	})
	r.support("array_join", false, arrayJoin)
	r.support("array_nest", false, arrayNest)
	registerArrayFacts(r)
	registerArrayChanges(r)
	registerArraySearch(r)
	registerSubscripts(r)
	registerQuantifiers(r)
	registerArraySets(r)
	registerArrayText(r)
}

// arrayJoin appends one-dimensional arrays to one.
func arrayJoin(e *Env, a []types.Value) (types.Value, error) {
	var elems []types.Value
	for _, v := range a {
		part, err := types.DecodeArray(v.Bytes)
		if err != nil {
			return types.Value{}, err
		}
		elems = append(elems, part.Elems...)
	}
	array := types.NewArray(elems)
	return e.array(&array), nil
}

// arrayDimsMax is MAXDIM.
const arrayDimsMax = 6

func arraySubscriptError(text string) *pgerr.Error {
	return pgerr.New(pgerr.ArraySubscriptError, "%s", text)
}

func dimensionMismatch() error {
	return arraySubscriptError("multidimensional arrays must have array expressions with matching dimensions")
}

// arrayNest is ARRAY[a, b, ...] of arrays with equal dimensions.
func arrayNest(e *Env, a []types.Value) (types.Value, error) {
	var result types.Array
	empty := 0
	for i, v := range a {
		if v.IsNull() {
			empty++
			continue
		}
		part, err := types.DecodeArray(v.Bytes)
		if err != nil {
			return types.Value{}, err
		}
		if len(part.Dims) == 0 {
			empty++
			continue
		}
		if i == empty && result.Dims == nil {
			result.Dims = append([]types.ArrayDim{{Lower: 1}}, part.Dims...)
		}
		if !sameDims(result.Dims[1:], part.Dims) {
			return types.Value{}, dimensionMismatch()
		}
		result.Elems = append(result.Elems, part.Elems...)
		result.Dims[0].Len++
	}
	switch {
	case empty > 0 && result.Dims != nil:
		return types.Value{}, dimensionMismatch()
	case len(result.Dims) > arrayDimsMax:
		return types.Value{}, pgerr.New(pgerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(result.Dims), arrayDimsMax)
	}
	return e.array(&result), nil
}

func sameDims(a, b []types.ArrayDim) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
