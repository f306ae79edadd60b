package builtin

import (
	"bytes"
	"strconv"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// registerJSONChanges implements the functions that make a new jsonb of another.
// They write JSON text with the changes and bring it into canonical form.
func registerJSONChanges(r *registry) {
	r.scalar("jsonb_concat", func(_ *Env, a []types.Value) (types.Value, error) { return jsonConcat(a[0].Bytes, a[1].Bytes) })
	r.scalar("jsonb_delete", func(_ *Env, a []types.Value) (types.Value, error) {
		return jsonDelete(a[0].Bytes, [][]byte{a[1].Bytes})
	})
	r.scalar("jsonb_delete_array", func(_ *Env, a []types.Value) (types.Value, error) {
		array, err := types.DecodeArray(a[1].Bytes)
		if err != nil {
			return types.Value{}, err
		}
		if len(array.Dims) > 1 {
			return types.Value{}, arraySubscriptError("wrong number of array subscripts")
		}
		var keys [][]byte
		for _, k := range array.Elems {
			if !k.IsNull() {
				keys = append(keys, k.Bytes)
			}
		}
		return jsonDelete(a[0].Bytes, keys)
	})
	r.scalar("jsonb_delete_idx", jsonDeleteIndex)
	r.scalar("jsonb_delete_path", func(_ *Env, a []types.Value) (types.Value, error) {
		return jsonEdit(a[0], a[1], edit{what: editDelete})
	})
	r.scalar("jsonb_set", func(_ *Env, a []types.Value) (types.Value, error) {
		return jsonEdit(a[0], a[1], edit{what: editReplace, value: a[2].Bytes, create: a[3].Bool()})
	})
	r.scalar("jsonb_set_lax", jsonSetLax)
	r.scalar("jsonb_insert", func(_ *Env, a []types.Value) (types.Value, error) {
		e := edit{what: editInsert, value: a[2].Bytes, create: true}
		if a[3].Bool() {
			e.what = editInsertAfter
		}
		return jsonEdit(a[0], a[1], e)
	})
	r.scalar("json_strip_nulls", func(e *Env, a []types.Value) (types.Value, error) {
		return e.text(appendStripped(e.buffer(), a[0].Bytes)), nil
	})
	r.scalar("jsonb_strip_nulls", func(_ *Env, a []types.Value) (types.Value, error) { return canonical(appendStripped(nil, a[0].Bytes)) })
	r.scalar("jsonb_pretty", func(e *Env, a []types.Value) (types.Value, error) {
		return e.text(appendPretty(e.buffer(), a[0].Bytes, 0)), nil
	})
}

// inside returns what is between the brackets.
func inside(text []byte) []byte {
	text = bytes.TrimSpace(text)
	return bytes.TrimSpace(text[1 : len(text)-1])
}

// jsonConcat is ||: objects are merged, everything else becomes arrays.
func jsonConcat(x, y []byte) (types.Value, error) {
	xk, yk := types.JSONKind(x), types.JSONKind(y)
	if xk == '{' && yk == '{' {
		return canonical(joined('{', inside(x), inside(y)))
	}
	part := func(text []byte, kind byte) []byte {
		if kind == '[' {
			return inside(text)
		}
		return text
	}
	return canonical(joined('[', part(x, xk), part(y, yk)))
}

func joined(kind byte, x, y []byte) []byte {
	b := append([]byte{kind}, x...)
	if len(x) > 0 && len(y) > 0 {
		b = append(b, ", "...)
	}
	return append(append(b, y...), kind+2)
}

// list builds an object or array of chosen members.
type list struct {
	out  []byte
	kind byte
}

func newList(kind byte) *list { return &list{out: []byte{kind}, kind: kind} }

func (l *list) separate() {
	if len(l.out) > 1 {
		l.out = append(l.out, ", "...)
	}
}

func (l *list) add(key, value []byte) {
	l.separate()
	if l.kind == '{' {
		l.out = append(append(l.out, key...), ": "...)
	}
	l.out = append(l.out, value...)
}

func (l *list) shut() []byte { return append(l.out, l.kind+2) }

func jsonDelete(text []byte, keys [][]byte) (types.Value, error) {
	kind := types.JSONKind(text)
	if kind != '{' && kind != '[' {
		return types.Value{}, jsonError("cannot delete from scalar")
	}
	l := newList(kind)
	for it := types.IterJSON(text); it.Next(); {
		token := it.Key
		if kind == '[' {
			token = nil
			if types.JSONKind(it.Value) == 's' {
				token = it.Value
			}
		}
		if !anyKey(token, keys) {
			l.add(it.Key, it.Value)
		}
	}
	return canonical(l.shut())
}

func anyKey(token []byte, keys [][]byte) bool {
	for _, k := range keys {
		if types.JSONKeyEqual(token, k) {
			return true
		}
	}
	return false
}

func jsonDeleteIndex(_ *Env, a []types.Value) (types.Value, error) {
	text, n := a[0].Bytes, a[1].Int64()
	switch types.JSONKind(text) {
	case '{':
		return types.Value{}, jsonError("cannot delete from object using integer index")
	case '[':
	default:
		return types.Value{}, jsonError("cannot delete from scalar")
	}
	if n < 0 {
		n += int64(types.JSONLen(text))
	}
	l := newList('[')
	for it := types.IterJSON(text); it.Next(); n-- {
		if n != 0 {
			l.add(nil, it.Value)
		}
	}
	return canonical(l.shut())
}

// What an edit does at the end of its path.
const (
	editReplace = iota
	editDelete
	editInsert
	editInsertAfter
)

type edit struct {
	what   int
	value  []byte
	create bool // add a member that is missing
	path   []types.Value
}

// jsonEdit applies an edit at a path, as PostgreSQL's setPath does.
func jsonEdit(target, path types.Value, e edit) (types.Value, error) {
	array, err := types.DecodeArray(path.Bytes)
	if err != nil {
		return types.Value{}, err
	}
	if len(array.Dims) > 1 {
		return types.Value{}, arraySubscriptError("wrong number of array subscripts")
	}
	kind := types.JSONKind(target.Bytes)
	if kind != '{' && kind != '[' {
		if e.what == editDelete {
			return types.Value{}, jsonError("cannot delete path in scalar")
		}
		return types.Value{}, jsonError("cannot set path in scalar")
	}
	if len(array.Elems) == 0 || types.JSONLen(target.Bytes) == 0 && !e.create {
		return target, nil
	}
	e.path = array.Elems
	out, err := e.apply(target.Bytes, 0)
	if err != nil {
		return types.Value{}, err
	}
	return canonical(out)
}

func (e *edit) apply(text []byte, level int) ([]byte, error) {
	kind := types.JSONKind(text)
	if kind != '{' && kind != '[' {
		return text, nil
	}
	if e.path[level].IsNull() {
		return nil, pgerr.New(pgerr.NullValueNotAllowed, "path element at position %d is null", level+1)
	}
	if kind == '{' {
		return e.object(text, level)
	}
	return e.array(text, level)
}

func (e *edit) object(text []byte, level int) ([]byte, error) {
	key, last := e.path[level].Bytes, level == len(e.path)-1
	l := newList('{')
	found := false
	for it := types.IterJSON(text); it.Next(); {
		if !types.JSONKeyEqual(it.Key, key) {
			l.add(it.Key, it.Value)
			continue
		}
		found = true
		if !last {
			value, err := e.apply(it.Value, level+1)
			if err != nil {
				return nil, err
			}
			l.add(it.Key, value)
			continue
		}
		switch e.what {
		case editInsert, editInsertAfter:
			return nil, jsonError("cannot replace existing key").WithHint("Try using the function jsonb_set to replace key value.")
		case editReplace:
			l.add(it.Key, e.value)
		}
	}
	if !found && last && e.create && e.what != editDelete {
		l.add(types.AppendJSONString(nil, key), e.value)
	}
	return l.shut(), nil
}

func (e *edit) array(text []byte, level int) ([]byte, error) {
	last := level == len(e.path)-1
	at, err := strconv.ParseInt(string(e.path[level].Bytes), 10, 32)
	if err != nil {
		return nil, pgerr.New(pgerr.InvalidTextRepresentation, "path element at position %d is not an integer: \"%s\"", level+1, e.path[level].Bytes)
	}
	count := int64(types.JSONLen(text))
	if at < 0 {
		at += count
	}
	adds := last && e.create && e.what != editDelete
	l := newList('[')
	if at < 0 && adds {
		l.add(nil, e.value)
	}
	i := int64(0)
	for it := types.IterJSON(text); it.Next(); i++ {
		switch {
		case i != at:
			l.add(nil, it.Value)
		case !last:
			value, err := e.apply(it.Value, level+1)
			if err != nil {
				return nil, err
			}
			l.add(nil, value)
		default:
			e.place(l, it.Value)
		}
	}
	if at >= count && adds {
		l.add(nil, e.value)
	}
	return l.shut(), nil
}

// place writes the element at the end of the path.
func (e *edit) place(l *list, old []byte) {
	switch e.what {
	case editReplace:
		l.add(nil, e.value)
	case editInsert:
		l.add(nil, e.value)
		l.add(nil, old)
	case editInsertAfter:
		l.add(nil, old)
		l.add(nil, e.value)
	}
}

// jsonSetLax is jsonb_set_lax(target, path, value, create, null treatment).
func jsonSetLax(_ *Env, a []types.Value) (types.Value, error) {
	if a[0].IsNull() || a[1].IsNull() || a[3].IsNull() {
		return types.Value{}, nil
	}
	if a[4].IsNull() {
		return types.Value{}, jsonError("null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"")
	}
	e := edit{what: editReplace, value: a[2].Bytes, create: a[3].Bool()}
	if !a[2].IsNull() {
		return jsonEdit(a[0], a[1], e)
	}
	switch string(a[4].Bytes) {
	case "raise_exception":
		return types.Value{}, pgerr.New(pgerr.NullValueNotAllowed, "JSON value must not be null").
			WithDetail("Exception was raised because null_value_treatment is \"raise_exception\".").
			WithHint("To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.")
	case "use_json_null":
		e.value = []byte("null")
		return jsonEdit(a[0], a[1], e)
	case "delete_key":
		return jsonEdit(a[0], a[1], edit{what: editDelete})
	case "return_target":
		return a[0], nil
	}
	return types.Value{}, jsonError("null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"")
}
