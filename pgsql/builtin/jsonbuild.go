package builtin

import (
	"bytes"
	"strconv"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// appendJSON appends v of type oid as to_json() does.
func (e *Env) appendJSON(dst []byte, oid types.OID, v types.Value) []byte {
	if v.IsNull() {
		return append(dst, "null"...)
	}
	switch oid {
	case types.BoolOID:
		return strconv.AppendBool(dst, v.Bool())
	case types.Int2OID, types.Int4OID, types.Int8OID:
		return strconv.AppendInt(dst, v.Int64(), 10)
	case types.JSONOID, types.JSONBOID, types.RecordOID: // a record comes as row_json made it
		return append(dst, v.Bytes...)
	case types.Float4OID, types.Float8OID, types.NumericOID:
		from := len(dst)
		dst = types.AppendText(dst, oid, -1, v, &e.Types)
		if c := dst[len(dst)-1]; c >= '0' && c <= '9' {
			return dst
		}
		word := string(dst[from:]) // NaN, Infinity
		return append(append(append(dst[:from], '"'), word...), '"')
	case types.TextOID, types.VarcharOID, types.NameOID, types.UnknownOID:
		return types.AppendJSONString(dst, v.Bytes)
	case types.DateOID, types.TimestampOID, types.TimestamptzOID:
		return e.appendJSONTime(dst, oid, v)
	}
	if elem := types.ElemOf(oid); elem != 0 {
		return e.appendJSONArray(dst, elem, v, false)
	}
	return types.AppendJSONString(dst, types.AppendText(nil, oid, -1, v, &e.Types))
}

// appendJSONTime writes ISO 8601 with T, whatever DateStyle says.
func (e *Env) appendJSONTime(dst []byte, oid types.OID, v types.Value) []byte {
	env := e.Types
	env.DateOutput = types.DateISO
	text := types.AppendText(nil, oid, -1, v, &env)
	era := []byte{}
	if body, ok := bytes.CutSuffix(text, []byte(" BC")); ok {
		text, era = body, []byte(" BC")
	}
	if i := bytes.IndexByte(text, ' '); i > 0 {
		text[i] = 'T'
		if n := len(text); oid == types.TimestamptzOID && n > 3 && (text[n-3] == '+' || text[n-3] == '-') {
			text = append(text, ":00"...)
		}
	}
	dst = append(append(dst, '"'), text...)
	return append(append(dst, era...), '"')
}

// appendJSONArray writes an array, nested by its dimensions.
func (e *Env) appendJSONArray(dst []byte, elem types.OID, v types.Value, pretty bool) []byte {
	array, err := types.DecodeArray(v.Bytes)
	if err != nil || len(array.Dims) == 0 {
		return append(dst, "[]"...)
	}
	next := 0
	var level func(dim int)
	level = func(dim int) {
		dst = append(dst, '[')
		for i := range array.Dims[dim].Len {
			if i > 0 {
				dst = append(dst, ',')
				if pretty && dim == 0 {
					dst = append(dst, "\n "...)
				}
			}
			if dim+1 < len(array.Dims) {
				level(dim + 1)
				continue
			}
			dst = e.appendJSON(dst, elem, array.Elems[next])
			next++
		}
		dst = append(dst, ']')
	}
	level(0)
	return dst
}

func registerJSONBuild(r *registry) {
	r.typed("to_json", "$1,@1", func(e *Env, a []types.Value) (types.Value, error) {
		return e.text(e.appendJSON(e.buffer(), types.OID(a[1].Int64()), a[0])), nil
	})
	r.typed("to_jsonb", "$1,@1", func(e *Env, a []types.Value) (types.Value, error) {
		return canonical(e.appendJSON(nil, types.OID(a[1].Int64()), a[0]))
	})
	r.typed("array_to_json", "$1,@1", func(e *Env, a []types.Value) (types.Value, error) {
		return e.text(e.appendJSON(e.buffer(), types.OID(a[1].Int64()), a[0])), nil
	})
	r.typed("array_to_json_pretty", "$1,$2,@1", func(e *Env, a []types.Value) (types.Value, error) {
		return e.text(e.appendJSONArray(e.buffer(), types.ElemOf(types.OID(a[2].Int64())), a[0], a[1].Bool())), nil
	})
	for _, j := range jsonNames {
		finish := e2json
		if j == "jsonb" {
			finish = func(_ *Env, b []byte) (types.Value, error) { return canonical(b) }
		}
		r.typed(j+"_build_array", "@*", func(e *Env, a []types.Value) (types.Value, error) {
			if variadicNull(a) {
				return types.Value{}, nil
			}
			args, err := anyArguments(a)
			if err != nil {
				return types.Value{}, err
			}
			return finish(e, e.appendBuiltArray(nil, args))
		})
		r.typed(j+"_build_object", "@*", func(e *Env, a []types.Value) (types.Value, error) {
			if variadicNull(a) {
				return types.Value{}, nil
			}
			args, err := anyArguments(a)
			if err != nil {
				return types.Value{}, err
			}
			b, err := e.appendBuiltObject(nil, args, j == "jsonb")
			if err != nil {
				return types.Value{}, err
			}
			return finish(e, b)
		})
		r.native("'[]'", j+"_build_array_noargs")
		r.native("'{}'", j+"_build_object_noargs")
		r.scalar(j+"_object", func(e *Env, a []types.Value) (types.Value, error) {
			b, err := jsonObject(a[0])
			if err != nil {
				return types.Value{}, err
			}
			return finish(e, b)
		})
		r.scalar(j+"_object_two_arg", func(e *Env, a []types.Value) (types.Value, error) {
			b, err := jsonObjectTwo(a[0], a[1])
			if err != nil {
				return types.Value{}, err
			}
			return finish(e, b)
		})
	}
	registerJSONRows(r)
	registerJSONAggregates(r)
}

func registerJSONRows(r *registry) {
	// json_row(name, type, value, ...) is row_to_json of a row expression, which
	// the planner takes apart; json_row_pretty puts each member on a line.
	r.support("json_row", false, func(e *Env, a []types.Value) (types.Value, error) { return jsonRow(e, a, ",") })
	r.support("json_row_pretty", false, func(e *Env, a []types.Value) (types.Value, error) { return jsonRow(e, a, ",\n ") })
	r.support("jsonb_row", false, func(e *Env, a []types.Value) (types.Value, error) {
		v, err := jsonRow(e, a, ",")
		if err != nil {
			return v, err
		}
		return canonical(v.Bytes)
	})
}

func e2json(e *Env, b []byte) (types.Value, error) { return e.text(b), nil }

func jsonRow(e *Env, a []types.Value, separator string) (types.Value, error) {
	b := []byte{'{'}
	for i := 0; i+2 < len(a); i += 3 {
		if i > 0 {
			b = append(b, separator...)
		}
		b = append(types.AppendJSONString(b, a[i].Bytes), ':')
		b = e.appendJSON(b, types.OID(a[i+1].Int64()), a[i+2])
	}
	return types.TextBytes(append(b, '}')), nil
}

// variadicNull tells whether the call is f(VARIADIC NULL).
func variadicNull(a []types.Value) bool {
	n := len(a)
	return n >= 2 && a[n-2].Int64() < 0 && a[n-1].IsNull()
}

func (e *Env) appendBuiltArray(b []byte, args []argument) []byte {
	b = append(b, '[')
	for i, x := range args {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = e.appendJSON(b, x.oid, x.v)
	}
	return append(b, ']')
}

func (e *Env) appendBuiltObject(b []byte, args []argument, binary bool) ([]byte, error) {
	if len(args)%2 != 0 {
		function := "json_build_object()"
		if binary {
			function = "jsonb_build_object()"
		}
		return nil, jsonError("argument list must have even number of elements").WithHint(
			"The arguments of %s must consist of alternating keys and values.", function)
	}
	b = append(b, '{')
	for i := 0; i < len(args); i += 2 {
		if i > 0 {
			b = append(b, ", "...)
		}
		if args[i].v.IsNull() {
			if binary {
				return nil, jsonError("argument %d: key must not be null", i+1)
			}
			return nil, jsonError("argument %d cannot be null", i+1).WithHint("Object keys should be text.")
		}
		var err error
		if b, err = e.appendJSONKey(b, args[i]); err != nil {
			return nil, err
		}
		b = append(b, " : "...)
		b = e.appendJSON(b, args[i+1].oid, args[i+1].v)
	}
	return append(b, '}'), nil
}

// appendJSONKey writes a value as the key of an object.
func (e *Env) appendJSONKey(b []byte, x argument) ([]byte, error) {
	if x.oid == types.JSONOID || x.oid == types.JSONBOID || types.ElemOf(x.oid) != 0 {
		return nil, jsonError("key value must be scalar, not array, composite, or json")
	}
	switch x.oid {
	case types.BoolOID:
		return append(append(append(b, '"'), strconv.FormatBool(x.v.Bool())...), '"'), nil
	case types.DateOID, types.TimestampOID, types.TimestamptzOID:
		return e.appendJSONTime(b, x.oid, x.v), nil
	}
	return types.AppendJSONString(b, types.AppendText(nil, x.oid, -1, x.v, &e.Types)), nil
}

func nullKey() error {
	return pgerr.New(pgerr.NullValueNotAllowed, "null value not allowed for object key")
}

func appendJSONText(b []byte, v types.Value) []byte {
	if v.IsNull() {
		return append(b, "null"...)
	}
	return types.AppendJSONString(b, v.Bytes)
}

// jsonObject is json_object(text[]): pairs in one array, or rows of two.
func jsonObject(v types.Value) ([]byte, error) {
	array, err := types.DecodeArray(v.Bytes)
	if err != nil {
		return nil, err
	}
	switch {
	case len(array.Dims) > 2:
		return nil, arraySubscriptError("wrong number of array subscripts")
	case len(array.Dims) == 2 && array.Dims[1].Len != 2:
		return nil, arraySubscriptError("array must have two columns")
	case len(array.Elems)%2 != 0:
		return nil, arraySubscriptError("array must have even number of elements")
	}
	var keys, values []types.Value
	for i := 0; i < len(array.Elems); i += 2 {
		keys, values = append(keys, array.Elems[i]), append(values, array.Elems[i+1])
	}
	return appendTextObject(keys, values)
}

func jsonObjectTwo(k, v types.Value) ([]byte, error) {
	keys, err := types.DecodeArray(k.Bytes)
	if err != nil {
		return nil, err
	}
	values, err := types.DecodeArray(v.Bytes)
	if err != nil {
		return nil, err
	}
	if len(keys.Dims) > 1 || len(keys.Dims) != len(values.Dims) {
		return nil, arraySubscriptError("wrong number of array subscripts")
	}
	if len(keys.Elems) != len(values.Elems) {
		return nil, arraySubscriptError("mismatched array dimensions")
	}
	return appendTextObject(keys.Elems, values.Elems)
}

func appendTextObject(keys, values []types.Value) ([]byte, error) {
	b := []byte{'{'}
	for i := range keys {
		if keys[i].IsNull() {
			return nil, nullKey()
		}
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(types.AppendJSONString(b, keys[i].Bytes), " : "...)
		b = appendJSONText(b, values[i])
	}
	return append(b, '}'), nil
}

// registerJSONAggregates implements json_agg and its kin. Values are made JSON
// before they reach the aggregate, which leaves it one argument for DISTINCT.
func registerJSONAggregates(r *registry) {
	r.support("json_item", false, func(e *Env, a []types.Value) (types.Value, error) {
		v := e.text(e.appendJSON(e.buffer(), types.OID(a[1].Int64()), a[0]))
		if !a[0].IsNull() && types.ElemOf(types.OID(a[1].Int64())) != 0 || types.OID(a[1].Int64()) == types.RecordOID {
			v.Kind = types.Blob // json_agg begins a new line for an array
		}
		return v, nil
	})
	r.support("json_pair", false, func(e *Env, a []types.Value) (types.Value, error) {
		if a[0].IsNull() {
			return types.Value{}, nil
		}
		b, err := e.appendJSONKey(nil, argument{types.OID(a[1].Int64()), a[0]})
		if err != nil {
			return types.Value{}, err
		}
		b = append(b, " : "...)
		return types.TextBytes(e.appendJSON(b, types.OID(a[3].Int64()), a[2])), nil
	})
	for _, j := range jsonNames {
		r.aggregate(j+"_agg(anyelement)", "json_item($1,@1)", false, func() Aggregate {
			return &jsonAgg{binary: j == "jsonb", open: "[", shut: "]", nested: "\n "}
		})
		r.aggregate(j+"_object_agg(any,any)", "json_pair($1,@1,$2,@2)", false, func() Aggregate {
			if j == "jsonb" {
				return &jsonAgg{binary: true, open: "{", shut: "}"}
			}
			return &jsonAgg{open: "{ ", shut: " }"}
		})
	}
}

// jsonAgg joins items or pairs.
type jsonAgg struct {
	out        []byte
	open, shut string
	nested     string // goes before an array after the first item
	binary     bool
}

func (s *jsonAgg) Step(_ *Env, a []types.Value) error {
	if a[0].IsNull() {
		return jsonError("field name must not be null")
	}
	if s.out == nil {
		s.out = append(s.out, s.open...)
	} else {
		s.out = append(s.out, ", "...)
		if s.nested != "" && !s.binary && a[0].Kind == types.Blob {
			s.out = append(s.out, s.nested...)
		}
	}
	s.out = append(s.out, a[0].Bytes...)
	return nil
}

func (s *jsonAgg) Result(*Env) (types.Value, error) {
	if s.out == nil {
		return types.Value{}, nil
	}
	n := len(s.out)
	whole := append(s.out, s.shut...)
	s.out = whole[:n]
	if s.binary {
		return canonical(whole)
	}
	return types.TextBytes(whole), nil
}
