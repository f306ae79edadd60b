package types_test

import (
	"bytes"
	"testing"

	"polyreme/pgsql/types"
)

// implemented lists the types that have input functions.
func implemented() []types.OID {
	var oids []types.OID
	for t := range types.All {
		if t.Implemented && t.Kind != 'p' {
			oids = append(oids, t.OID)
		}
	}
	return oids
}

// FuzzParseText checks that input functions do not panic, and that what they
// accept reads back the same from its own output, in text and in binary.
func FuzzParseText(f *testing.F) {
	oids := implemented()
	for i := range oids {
		for _, s := range []string{"1", "{1,2}", "2024-01-02 03:04:05", "1 day", `{"a":[1]}`, "\\x00", "", "-1.5e3"} {
			f.Add(uint16(i), []byte(s))
		}
	}
	env := types.DefaultEnv()
	f.Fuzz(func(t *testing.T, which uint16, text []byte) {
		if types.CheckUTF8(text) != nil || len(text) > 4096 {
			return
		}
		oid := oids[int(which)%len(oids)]
		v, err := types.ParseText(oid, -1, text, env)
		if err != nil || v.IsNull() {
			return
		}
		out := types.AppendText(nil, oid, -1, v, env)
		again, err := types.ParseText(oid, -1, out, env)
		if err != nil {
			t.Fatalf("%s: %q printed as %q: %v", types.FormatType(oid, -1), text, out, err)
		}
		if out2 := types.AppendText(nil, oid, -1, again, env); !bytes.Equal(out, out2) {
			t.Fatalf("%s: %q printed as %q, then as %q", types.FormatType(oid, -1), text, out, out2)
		}
		if oid != types.PgNodeTreeOID && oid != types.AclitemOID && types.ElemOf(oid) != types.AclitemOID {
			checkBinary(t, oid, v, out, env)
		}
	})
}

func checkBinary(t *testing.T, oid types.OID, v types.Value, want []byte, env *types.Env) {
	t.Helper()
	data := types.AppendBinary(nil, oid, -1, v, env)
	back, err := types.ParseBinary(oid, -1, data, env)
	if err != nil {
		t.Fatalf("%s %q as %x: %v", types.FormatType(oid, -1), want, data, err)
	}
	if got := types.AppendText(nil, oid, -1, back, env); !bytes.Equal(got, want) {
		t.Fatalf("%s %q as %x read back as %q", types.FormatType(oid, -1), want, data, got)
	}
}

// FuzzParseBinary checks that receive functions do not panic and that their
// results can be printed.
func FuzzParseBinary(f *testing.F) {
	oids := implemented()
	for i := range oids {
		f.Add(uint16(i), []byte{0, 0, 0, 1})
		f.Add(uint16(i), []byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 7})
		f.Add(uint16(i), []byte{0, 1, 0, 0, 0, 0, 0, 2, 0, 1})
	}
	env := types.DefaultEnv()
	f.Fuzz(func(t *testing.T, which uint16, data []byte) {
		oid := oids[int(which)%len(oids)]
		v, err := types.ParseBinary(oid, -1, data, env)
		if err != nil {
			return
		}
		types.AppendText(nil, oid, -1, v, env)
		types.AppendBinary(nil, oid, -1, v, env)
	})
}

// FuzzStored checks that damaged stored values cannot make the readers panic
// or run away.
func FuzzStored(f *testing.F) {
	a := types.NewArray([]types.Value{types.IntValue(-5), {}, types.TextValue("a\x00b"), types.FloatValue(1.5)})
	f.Add(a.Value().Bytes, []byte(`{"a": [1, "x", null]}`))
	f.Add([]byte{0x30, 0, 0xff, 0}, []byte(`[`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if arr, err := types.DecodeArray(a); err == nil {
			if len(arr.Elems) > len(a) {
				t.Fatal("more elements than bytes")
			}
			if again := arr.Value().Bytes; !bytes.Equal(a, again) {
				if back, err := types.DecodeArray(again); err != nil || len(back.Elems) != len(arr.Elems) {
					t.Fatalf("%x became %x", a, again)
				}
			}
		}
		for t := range types.All {
			types.Compare(t.OID, types.TextBytes(a), types.TextBytes(b))
		}
		types.CompareJSONB(b, a)
		types.JSONPath(b, [][]byte{[]byte("a"), []byte("1")})
		for it := types.IterJSON(b); it.Next(); {
			types.JSONUnquote(nil, it.Value)
		}
		types.AppendText(nil, types.Int4ArrayOID, -1, types.BlobValue(a), nil)
		types.AppendBinary(nil, types.TextArrayOID, -1, types.BlobValue(a), nil)
	})
}
