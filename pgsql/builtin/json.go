package builtin

import (
	"bytes"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// jsonNames are the two types whose functions differ only in their names.
var jsonNames = [...]string{"json", "jsonb"}

func jsonError(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.InvalidParameterValue, format, args...)
}

// registerJSON implements the functions that read json and jsonb. The text of a
// member of a stored value is itself a stored value, so they copy nothing.
func registerJSON(r *registry) {
	for _, j := range jsonNames {
		r.scalar(j+"_object_field", func(_ *Env, a []types.Value) (types.Value, error) {
			return jsonMember(types.JSONKey(a[0].Bytes, a[1].Bytes))
		})
		r.scalar(j+"_object_field_text", func(_ *Env, a []types.Value) (types.Value, error) {
			return jsonMemberText(types.JSONKey(a[0].Bytes, a[1].Bytes))
		})
		r.scalar(j+"_array_element", func(_ *Env, a []types.Value) (types.Value, error) {
			return jsonMember(jsonElement(a[0].Bytes, a[1].Int64(), j == "jsonb"))
		})
		r.scalar(j+"_array_element_text", func(_ *Env, a []types.Value) (types.Value, error) {
			return jsonMemberText(jsonElement(a[0].Bytes, a[1].Int64(), j == "jsonb"))
		})
		r.scalar(j+"_extract_path", func(_ *Env, a []types.Value) (types.Value, error) {
			path, null, err := textPath(a[1])
			if err != nil || null {
				return types.Value{}, err
			}
			return jsonMember(types.JSONPath(a[0].Bytes, path))
		})
		r.scalar(j+"_extract_path_text", func(_ *Env, a []types.Value) (types.Value, error) {
			path, null, err := textPath(a[1])
			if err != nil || null {
				return types.Value{}, err
			}
			return jsonMemberText(types.JSONPath(a[0].Bytes, path))
		})
		r.scalar(j+"_typeof", jsonTypeof)
		r.scalar(j+"_array_length", func(_ *Env, a []types.Value) (types.Value, error) {
			switch types.JSONKind(a[0].Bytes) {
			case '[':
				return types.IntValue(int64(types.JSONLen(a[0].Bytes))), nil
			case '{':
				return types.Value{}, jsonError("cannot get array length of a non-array")
			}
			return types.Value{}, jsonError("cannot get array length of a scalar")
		})
	}
	registerJSONBTests(r)
	registerJSONBCasts(r)
}

// jsonElement is -> with an index. A jsonb scalar counts as an array of one.
func jsonElement(text []byte, i int64, binary bool) ([]byte, bool) {
	switch types.JSONKind(text) {
	case '[':
		return types.JSONIndex(text, int(i))
	case '{':
		return nil, false
	}
	return text, binary && (i == 0 || i == -1)
}

func jsonMember(text []byte, ok bool) (types.Value, error) {
	if !ok {
		return types.Value{}, nil
	}
	return types.TextBytes(text), nil
}

// jsonMemberText is ->>: strings without their quotes, null as NULL.
func jsonMemberText(text []byte, ok bool) (types.Value, error) {
	if !ok {
		return types.Value{}, nil
	}
	switch types.JSONKind(text) {
	case 'z':
		return types.Value{}, nil
	case 's':
		s, err := types.JSONString(text)
		if s == nil {
			s = []byte{}
		}
		return types.TextBytes(s), err
	}
	return types.TextBytes(text), nil
}

// textPath decodes a text[]; null is set where an element is NULL.
func textPath(v types.Value) (path [][]byte, null bool, err error) {
	array, err := types.DecodeArray(v.Bytes)
	if err != nil {
		return nil, false, err
	}
	for _, elem := range array.Elems {
		null = null || elem.IsNull()
		path = append(path, elem.Bytes)
	}
	return path, null, nil
}

func jsonTypeof(_ *Env, a []types.Value) (types.Value, error) {
	return types.TextValue(jsonKindName(types.JSONKind(a[0].Bytes))), nil
}

func jsonKindName(kind byte) string {
	switch kind {
	case '{':
		return "object"
	case '[':
		return "array"
	case 's':
		return "string"
	case 'n':
		return "number"
	case 't', 'f':
		return "boolean"
	}
	return "null"
}

func registerJSONBTests(r *registry) {
	r.scalar("jsonb_contains", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.BoolValue(jsonContains(a[0].Bytes, a[1].Bytes, true)), nil
	})
	r.scalar("jsonb_contained", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.BoolValue(jsonContains(a[1].Bytes, a[0].Bytes, true)), nil
	})
	r.scalar("jsonb_exists", func(_ *Env, a []types.Value) (types.Value, error) {
		return types.BoolValue(jsonExists(a[0].Bytes, a[1].Bytes)), nil
	})
	exists := func(all bool) Scalar {
		return func(_ *Env, a []types.Value) (types.Value, error) {
			array, err := types.DecodeArray(a[1].Bytes)
			if err != nil {
				return types.Value{}, err
			}
			for _, key := range array.Elems {
				if !key.IsNull() && jsonExists(a[0].Bytes, key.Bytes) != all {
					return types.BoolValue(!all), nil
				}
			}
			return types.BoolValue(all), nil
		}
	}
	r.scalar("jsonb_exists_any", exists(false))
	r.scalar("jsonb_exists_all", exists(true))
}

// jsonExists tells whether key is a key of the object, or a string in the array.
func jsonExists(text, key []byte) bool {
	switch types.JSONKind(text) {
	case '{':
		_, ok := types.JSONKey(text, key)
		return ok
	case '[':
		for it := types.IterJSON(text); it.Next(); {
			if types.JSONKind(it.Value) == 's' && types.JSONKeyEqual(it.Value, key) {
				return true
			}
		}
	case 's':
		return types.JSONKeyEqual(text, key)
	}
	return false
}

// jsonContains is @>. An array contains a bare scalar at the top level only.
func jsonContains(whole, part []byte, top bool) bool {
	wk, pk := types.JSONKind(whole), types.JSONKind(part)
	switch {
	case wk == '{' && pk == '{':
		for it := types.IterJSON(part); it.Next(); {
			key, err := types.JSONString(it.Key)
			if err != nil {
				return false
			}
			value, ok := types.JSONKey(whole, key)
			if !ok || !jsonContains(value, it.Value, false) {
				return false
			}
		}
		return true
	case wk == '[' && pk == '[':
		for it := types.IterJSON(part); it.Next(); {
			if !arrayHas(whole, it.Value) {
				return false
			}
		}
		return true
	case wk == '[' && top && pk != '{':
		return arrayHas(whole, part)
	case wk == '{' || wk == '[' || pk == '{' || pk == '[':
		return false
	}
	return types.CompareJSONB(whole, part) == 0
}

func arrayHas(array, part []byte) bool {
	for it := types.IterJSON(array); it.Next(); {
		if jsonContains(it.Value, part, false) {
			return true
		}
	}
	return false
}

// registerJSONBCasts implements jsonb to numbers and boolean.
func registerJSONBCasts(r *registry) {
	for key, target := range map[string]types.OID{
		"jsonb_bool": types.BoolOID, "jsonb_int2": types.Int2OID, "jsonb_int4": types.Int4OID, "jsonb_int8": types.Int8OID,
		"jsonb_float4": types.Float4OID, "jsonb_float8": types.Float8OID, "jsonb_numeric": types.NumericOID,
	} {
		r.scalar(key, castScalar(types.JSONBOID, target))
	}
}

// canonical makes jsonb of JSON text in dst's form.
func canonical(text []byte) (types.Value, error) {
	out, err := types.CanonicalJSON(text)
	if err != nil {
		return types.Value{}, err
	}
	return types.TextBytes(out), nil
}

// compact writes text without blanks between its parts, leaving out the members
// of objects that are null.
func appendStripped(dst, text []byte) []byte {
	kind := types.JSONKind(text)
	if kind != '{' && kind != '[' {
		return append(dst, bytes.TrimSpace(text)...)
	}
	dst = append(dst, kind)
	first := true
	for it := types.IterJSON(text); it.Next(); {
		if kind == '{' && types.JSONKind(it.Value) == 'z' {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if kind == '{' {
			dst = append(append(dst, it.Key...), ':')
		}
		dst = appendStripped(dst, it.Value)
	}
	return append(dst, kind+2) // '}' is '{'+2, ']' is '['+2
}

// appendPretty writes jsonb_pretty's form.
func appendPretty(dst, text []byte, depth int) []byte {
	kind := types.JSONKind(text)
	if kind != '{' && kind != '[' {
		return append(dst, text...)
	}
	dst = append(dst, kind)
	first := true
	for it := types.IterJSON(text); it.Next(); {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendBlanks(append(dst, '\n'), 4*(depth+1))
		if kind == '{' {
			dst = append(append(dst, it.Key...), ": "...)
		}
		dst = appendPretty(dst, it.Value, depth+1)
	}
	dst = appendBlanks(append(dst, '\n'), 4*depth)
	return append(dst, kind+2)
}
