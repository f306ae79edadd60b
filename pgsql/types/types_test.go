package types_test

import (
	"testing"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

func TestTypeTable(t *testing.T) {
	count := 0
	for typ := range types.All {
		count++
		if types.ByOID(typ.OID) != typ || types.ByName(typ.Name) != typ {
			t.Errorf("%s: not found by OID and name", typ.Name)
		}
		if typ.Array != 0 && types.ElemOf(typ.Array) != typ.OID {
			t.Errorf("%s: array type %d has element %d", typ.Name, typ.Array, types.ElemOf(typ.Array))
		}
	}
	if count < 180 {
		t.Errorf("only %d types", count)
	}
	if types.ByOID(1<<31) != nil || types.ByOID(3) != nil {
		t.Error("found a type that does not exist")
	}
}

func TestFormatType(t *testing.T) {
	for _, c := range []struct {
		oid    types.OID
		typmod int32
		want   string
	}{
		{types.Int4OID, -1, "integer"},
		{types.VarcharOID, 14, "character varying(10)"},
		{types.BpcharOID, 14, "character(10)"},
		{types.BpcharOID, -1, "bpchar"},
		{types.BpcharOID, types.TypmodUnknown, "character"},
		{types.NumericOID, types.MakeNumericTypmod(10, 2), "numeric(10,2)"},
		{types.NumericOID, types.MakeNumericTypmod(3, -2), "numeric(3,-2)"},
		{types.TimestamptzOID, 3, "timestamp(3) with time zone"},
		{types.TimeOID, -1, "time without time zone"},
		{types.IntervalOID, 0x1c08<<16 | 2, "interval day to second(2)"},
		{types.TextArrayOID, -1, "text[]"},
		{types.CharOID, -1, `"char"`},
		{types.Int2vectorOID, -1, "int2vector"},
		{0, -1, "-"},
		{99999, -1, "???"},
	} {
		if got := types.FormatType(c.oid, c.typmod); got != c.want {
			t.Errorf("FormatType(%d, %d) = %q, want %q", c.oid, c.typmod, got, c.want)
		}
	}
}

func TestCastTable(t *testing.T) {
	count := 0
	for c := range types.AllCasts {
		count++
		if types.CastLookup(c.Source, c.Target) != c {
			t.Errorf("%d to %d: not found", c.Source, c.Target)
		}
	}
	if count != 229 {
		t.Errorf("%d casts, PostgreSQL 15 has 229", count)
	}
	if types.CastLookup(types.BoolOID, types.DateOID) != nil {
		t.Error("found a cast from boolean to date")
	}
}

func TestRecord(t *testing.T) {
	r := types.NewRecord([]types.OID{types.Int4OID, types.TextOID, types.TextOID, types.TextOID, types.BoolOID}, nil)
	row := []types.Value{types.IntValue(1), types.TextValue(`a "b\`), {}, types.TextValue(""), types.BoolValue(true)}
	if got, want := string(r.AppendText(nil, row, nil)), `(1,"a ""b\\",,"",t)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := len(r.AppendBinary(nil, row, nil)); got != 4+5*8+4+5+0+0+1 {
		t.Errorf("binary form has %d bytes", got)
	}
}

func TestSettings(t *testing.T) {
	env := types.DefaultEnv()
	for _, c := range []struct{ value, want string }{
		{"ISO, DMY", "ISO, DMY"},
		{"german", "German, DMY"},
		{"sql, mdy", "SQL, MDY"},
		{"Postgres", "Postgres, MDY"},
		{"ymd", "Postgres, YMD"},
		{"iso", "ISO, YMD"},
	} {
		if err := env.SetDateStyle(c.value); err != nil || env.DateStyle() != c.want {
			t.Errorf("SetDateStyle(%q): %q %v, want %q", c.value, env.DateStyle(), err, c.want)
		}
	}
	for _, bad := range []string{"x", "iso, sql", "dmy, mdy"} {
		if err := env.SetDateStyle(bad); pgerr.Code(err) != pgerr.InvalidParameterValue {
			t.Errorf("SetDateStyle(%q): %v", bad, err)
		}
	}
	for _, c := range []struct{ value, want string }{
		{"america/new_york", "America/New_York"}, {"-7", "<-07>+07"}, {"5.5", "<+05:30>-05:30"}, {"UTC", "UTC"}, {"FOO5", "FOO5"},
	} {
		if err := env.SetTimeZone(c.value); err != nil || env.TimeZone.String() != c.want {
			t.Errorf("SetTimeZone(%q): %v %v, want %q", c.value, env.TimeZone, err, c.want)
		}
	}
	if err := env.SetTimeZone("foo"); pgerr.Code(err) != pgerr.InvalidParameterValue {
		t.Errorf("SetTimeZone(foo): %v", err)
	}
}

func TestCheckUTF8(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"héllo", ""},
		{"a\xffb", `invalid byte sequence for encoding "UTF8": 0xff`},
		{"a\xc3(b", `invalid byte sequence for encoding "UTF8": 0xc3 0x28`},
		{"\xed\xa0\x80", `invalid byte sequence for encoding "UTF8": 0xed 0xa0 0x80`},
		{"a\x00", `invalid byte sequence for encoding "UTF8": 0x00`},
	} {
		err := types.CheckUTF8([]byte(c.text))
		if c.want == "" && err == nil {
			continue
		}
		if err == nil || pgerr.From(err).Message != c.want || pgerr.Code(err) != pgerr.CharacterNotInRepertoire {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestJSONReader(t *testing.T) {
	text := []byte(` {"a" : [1, {"b\u0063": "x\ny"}, null] , "d": {}, "a": [true, -1.5e3 ]}`)
	path := func(steps ...string) string {
		var p [][]byte
		for _, s := range steps {
			p = append(p, []byte(s))
		}
		v, ok := types.JSONPath(text, p)
		if !ok {
			return "none"
		}
		return string(v)
	}
	for _, c := range []struct {
		steps []string
		want  string
	}{
		{[]string{"a", "0"}, "true"},
		{[]string{"a", "-1"}, "-1.5e3"},
		{[]string{"a", "2"}, "none"},
		{[]string{"d"}, "{}"},
		{[]string{"d", "x"}, "none"},
		{[]string{"a", "x"}, "none"},
		{[]string{"a", "0", "0"}, "none"},
	} {
		if got := path(c.steps...); got != c.want {
			t.Errorf("%v: got %s, want %s", c.steps, got, c.want)
		}
	}
	if n := types.JSONLen(text); n != 3 {
		t.Errorf("%d members, want 3", n)
	}
	if v, ok := types.JSONKey([]byte(`{"b\u0063": "x\ny"}`), []byte("bc")); !ok || string(types.JSONUnquote(nil, v)) != "x\ny" {
		t.Errorf("escaped key: %s %v", v, ok)
	}
}

func TestJSONErrorContext(t *testing.T) {
	err := types.ValidateJSON([]byte("{\n\"a\": tru,\n\"b\": 1}"))
	if got, want := pgerr.From(err).Where, `JSON data, line 2: "a": tru...`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
