package builtin

import "polyreme/pgsql/types"

// registerJSONSets implements the functions that take JSON apart into rows, and
// json_field, with which the planner builds json_to_record and
// json_populate_record: json_field(json, key, type, typmod) is the member as a
// value of that type, NULL where it is missing or null.
func registerJSONSets(r *registry) {
	for _, j := range jsonNames {
		binary := j == "jsonb"
		r.set(j+"_each", "$1", []string{"key", "value"}, func(_ *Env, a []types.Value) (Rows, error) {
			return jsonEach(a[0].Bytes, j+"_each", binary, false)
		})
		r.set(j+"_each_text", "$1", []string{"key", "value"}, func(_ *Env, a []types.Value) (Rows, error) {
			return jsonEach(a[0].Bytes, j+"_each_text", binary, true)
		})
		r.set(j+"_object_keys", "$1", []string{"value"}, func(_ *Env, a []types.Value) (Rows, error) {
			switch types.JSONKind(a[0].Bytes) {
			case '{':
				return &jsonRows{iter: types.IterJSON(a[0].Bytes), keys: true}, nil
			case '[':
				return nil, jsonError("cannot call %s_object_keys on an array", j)
			}
			return nil, jsonError("cannot call %s_object_keys on a scalar", j)
		})
		r.set(j+"_array_elements", "$1", []string{"value"}, func(_ *Env, a []types.Value) (Rows, error) {
			return jsonElements(a[0].Bytes, j+"_array_elements", binary, false)
		})
		r.set(j+"_array_elements_text", "$1", []string{"value"}, func(_ *Env, a []types.Value) (Rows, error) {
			return jsonElements(a[0].Bytes, j+"_array_elements_text", binary, true)
		})
	}
	r.support("json_field", true, jsonField)
}

// jsonRows yields the members of an object or the elements of an array.
type jsonRows struct {
	iter types.JSONIter
	keys bool // only the keys
	pair bool // key and value
	text bool // values as ->> gives them
	row  [2]types.Value
}

func jsonEach(text []byte, function string, binary, asText bool) (Rows, error) {
	switch kind := types.JSONKind(text); {
	case kind == '{':
		return &jsonRows{iter: types.IterJSON(text), pair: true, text: asText}, nil
	case binary:
		return nil, jsonError("cannot call %s on a non-object", function)
	case kind == '[':
		return nil, jsonError("cannot deconstruct an array as an object")
	}
	return nil, jsonError("cannot deconstruct a scalar")
}

func jsonElements(text []byte, function string, binary, asText bool) (Rows, error) {
	switch kind := types.JSONKind(text); {
	case kind == '[':
		return &jsonRows{iter: types.IterJSON(text), text: asText}, nil
	case binary && kind == '{':
		return nil, jsonError("cannot extract elements from an object")
	case binary:
		return nil, jsonError("cannot extract elements from a scalar")
	case kind == '{':
		return nil, jsonError("cannot call %s on a non-array", function)
	}
	return nil, jsonError("cannot call %s on a scalar", function)
}

// Next implements Rows.
func (r *jsonRows) Next() ([]types.Value, error) {
	if !r.iter.Next() {
		return nil, nil
	}
	value, err := types.TextBytes(r.iter.Value), error(nil)
	if r.text {
		if value, err = jsonMemberText(r.iter.Value, true); err != nil {
			return nil, err
		}
	}
	if !r.keys && !r.pair {
		r.row[0] = value
		return r.row[:1], nil
	}
	key, err := types.JSONString(r.iter.Key)
	if err != nil {
		return nil, err
	}
	if key == nil {
		key = []byte{}
	}
	r.row[0], r.row[1] = types.TextBytes(key), value
	return r.row[:], nil
}

func jsonField(e *Env, a []types.Value) (types.Value, error) {
	text, ok := types.JSONKey(a[0].Bytes, a[1].Bytes)
	if !ok || types.JSONKind(text) == 'z' {
		return types.Value{}, nil
	}
	return e.fromJSON(text, types.OID(a[2].Int64()), int32(a[3].Int64()))
}

// fromJSON reads a JSON value as a value of a type.
func (e *Env) fromJSON(text []byte, oid types.OID, typmod int32) (types.Value, error) {
	switch oid {
	case types.JSONOID:
		return types.TextBytes(text), nil
	case types.JSONBOID:
		return canonical(text)
	}
	if elem := types.ElemOf(oid); elem != 0 && types.JSONKind(text) == '[' {
		return e.arrayFromJSON(text, elem, typmod)
	}
	v, err := jsonMemberText(text, true)
	if err != nil || v.IsNull() {
		return types.Value{}, err
	}
	return types.ParseText(oid, typmod, v.Bytes, &e.Types)
}

func (e *Env) arrayFromJSON(text []byte, elem types.OID, typmod int32) (types.Value, error) {
	var elems []types.Value
	for it := types.IterJSON(text); it.Next(); {
		if types.JSONKind(it.Value) == '[' && elem != types.JSONOID && elem != types.JSONBOID {
			return types.Value{}, unsupportedFunction("json_populate_record with nested arrays")
		}
		v := types.Value{}
		if types.JSONKind(it.Value) != 'z' || elem == types.JSONOID || elem == types.JSONBOID {
			var err error
			if v, err = e.fromJSON(it.Value, elem, typmod); err != nil {
				return types.Value{}, err
			}
		}
		elems = append(elems, v)
	}
	array := types.NewArray(elems)
	return array.Value(), nil
}
