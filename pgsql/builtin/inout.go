package builtin

import (
	"strings"

	"polyreme/pgsql/types"
)

// registerInputOutput implements the input, output and send functions of the
// types, which can be called by name like any other.
func registerInputOutput(r *registry) {
	for t := range types.All {
		if !t.Implemented || t.IsArray() || t.Kind != 'b' {
			continue
		}
		oid := t.OID
		if r.byKey[t.Output] == nil && t.Output != "array_out" {
			r.scalar(t.Output, func(e *Env, a []types.Value) (types.Value, error) {
				return e.text(types.AppendText(e.buffer(), oid, -1, a[0], &e.Types)), nil
			})
		}
		if r.byKey[t.Input] == nil && t.Input != "array_in" {
			r.scalar(t.Input, func(e *Env, a []types.Value) (types.Value, error) {
				return types.ParseText(oid, int32(intArg(a, 2, -1)), a[0].Bytes, &e.Types)
			})
		}
		if r.byKey[t.Send] == nil && t.Send != "array_send" && t.Send != "" {
			r.scalar(t.Send, func(e *Env, a []types.Value) (types.Value, error) {
				return e.blob(types.AppendBinary(e.buffer(), oid, -1, a[0], &e.Types)), nil
			})
		}
		if t.ModOut != "" && r.byKey[t.ModOut] == nil {
			r.scalar(t.ModOut, func(_ *Env, a []types.Value) (types.Value, error) {
				name := types.FormatType(oid, int32(a[0].Int64()))
				if i := strings.IndexByte(name, '('); i >= 0 {
					return types.TextValue(name[i:]), nil
				}
				if i := strings.Index(name, " with"); i >= 0 {
					return types.TextValue(name[i:]), nil
				}
				return types.TextValue(""), nil
			})
		}
	}
	for _, key := range []string{"array_out", "anyarray_out", "anycompatiblearray_out"} {
		r.typed(key, "$1,@1", func(e *Env, a []types.Value) (types.Value, error) {
			return e.text(types.AppendText(e.buffer(), types.OID(a[1].Int64()), -1, a[0], &e.Types)), nil
		})
	}
	for _, key := range []string{"array_send", "anyarray_send", "anycompatiblearray_send"} {
		r.typed(key, "$1,@1", func(e *Env, a []types.Value) (types.Value, error) {
			return e.blob(types.AppendBinary(e.buffer(), types.OID(a[1].Int64()), -1, a[0], &e.Types)), nil
		})
	}
}

// registerFormatting implements to_char and its inverses.
func registerFormatting(r *registry) {
	for key, oid := range map[string]types.OID{
		"timestamp_to_char": types.TimestampOID, "timestamptz_to_char": types.TimestamptzOID, "interval_to_char": types.IntervalOID,
	} {
		r.scalar(key, func(e *Env, a []types.Value) (types.Value, error) {
			text, ok, err := types.ToChar(oid, a[0], string(a[1].Bytes), &e.Types)
			if err != nil || !ok {
				return types.Value{}, err
			}
			return types.TextValue(text), nil
		})
	}
	text := func(s string, err error) (types.Value, error) {
		if err != nil {
			return types.Value{}, err
		}
		return types.TextValue(s), nil
	}
	for _, key := range []string{"int4_to_char", "int8_to_char"} {
		r.scalar(key, func(_ *Env, a []types.Value) (types.Value, error) {
			return text(types.NumericToChar(types.NumericInt(a[0].Int64()), string(a[1].Bytes)))
		})
	}
	r.scalar("numeric_to_char", func(_ *Env, a []types.Value) (types.Value, error) {
		return text(types.NumericToChar(types.NumericOf(a[0]), string(a[1].Bytes)))
	})
	r.scalar("float8_to_char", func(_ *Env, a []types.Value) (types.Value, error) {
		return text(types.Float8ToChar(a[0].Float8(), 64, string(a[1].Bytes)))
	})
	r.scalar("float4_to_char", func(_ *Env, a []types.Value) (types.Value, error) {
		return text(types.Float8ToChar(a[0].Float8(), 32, string(a[1].Bytes)))
	})
	r.scalar("to_date", func(e *Env, a []types.Value) (types.Value, error) {
		return integer(types.ToDate(string(a[0].Bytes), string(a[1].Bytes), &e.Types))
	})
	r.scalar("to_timestamp", func(e *Env, a []types.Value) (types.Value, error) {
		return integer(types.ToTimestampFormat(string(a[0].Bytes), string(a[1].Bytes), &e.Types))
	})
	r.scalar("numeric_to_number", func(e *Env, a []types.Value) (types.Value, error) {
		if len(a[1].Bytes) == 0 {
			return types.Value{}, nil
		}
		n, err := types.ToNumber(string(a[0].Bytes), string(a[1].Bytes))
		if err != nil {
			return types.Value{}, err
		}
		return e.numeric(n), nil
	})
}
