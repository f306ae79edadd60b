package types_test

import (
	"testing"

	"polyreme/pgsql/types"
)

// hotValues are what result rows are made of.
var hotValues = []struct {
	spec, text string
}{
	{"int4", "123456"},
	{"int8", "-9007199254740993"},
	{"bool", "t"},
	{"float8", "0.30000000000000004"},
	{"numeric", "12345.6700"},
	{"text", "the quick brown fox"},
	{"varchar(20)", "fox"},
	{"timestamp", "2024-02-29 13:14:15.678901"},
	{"timestamptz", "2024-02-29 13:14:15.678901+00"},
	{"date", "2024-02-29"},
	{"interval", "1 mon 2 days 03:04:05"},
	{"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
	{"bytea", "\\x00010203"},
	{"jsonb", `{"a": 1, "b": [true]}`},
	{"int4[]", "{1,2,3,NULL}"},
}

func BenchmarkText(b *testing.B) {
	env := types.DefaultEnv()
	for _, c := range hotValues {
		oid, typmod, v, err := literal(c.spec, c.text, env)
		if err != nil {
			b.Fatal(err)
		}
		encode := types.TextEncoder(oid, typmod)
		b.Run(c.spec, func(b *testing.B) {
			b.ReportAllocs()
			dst := make([]byte, 0, 256)
			for b.Loop() {
				dst = encode(dst[:0], v, env)
			}
		})
	}
}

func BenchmarkBinary(b *testing.B) {
	env := types.DefaultEnv()
	for _, c := range hotValues {
		oid, typmod, v, err := literal(c.spec, c.text, env)
		if err != nil {
			b.Fatal(err)
		}
		encode := types.BinaryEncoder(oid, typmod)
		b.Run(c.spec, func(b *testing.B) {
			b.ReportAllocs()
			dst := make([]byte, 0, 256)
			for b.Loop() {
				dst = encode(dst[:0], v, env)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	env := types.DefaultEnv()
	for _, c := range hotValues {
		oid, typmod := typeSpec(c.spec)
		text := []byte(c.text)
		b.Run(c.spec, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := types.ParseText(oid, typmod, text, env); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestEncodersDoNotAllocate holds the hot path to its budget.
func TestEncodersDoNotAllocate(t *testing.T) {
	env := types.DefaultEnv()
	dst := make([]byte, 0, 512)
	for _, c := range hotValues {
		oid, typmod, v, err := literal(c.spec, c.text, env)
		if err != nil {
			t.Fatal(err)
		}
		for name, encode := range map[string]types.Encoder{
			"text": types.TextEncoder(oid, typmod), "binary": types.BinaryEncoder(oid, typmod),
		} {
			if n := testing.AllocsPerRun(100, func() { dst = encode(dst[:0], v, env) }); n != 0 {
				t.Errorf("%s %s: %v allocations", c.spec, name, n)
			}
		}
	}
	a, b := []byte("123.4500"), []byte("123.45")
	if n := testing.AllocsPerRun(100, func() { types.CompareNumericText(a, b) }); n != 0 {
		t.Errorf("pg_numeric: %v allocations", n)
	}
	i, j := []byte("1 2 3"), []byte("0 32 3")
	if n := testing.AllocsPerRun(100, func() { types.CompareIntervalText(i, j) }); n != 0 {
		t.Errorf("pg_interval: %v allocations", n)
	}
	x, y := []byte(`{"a": [1, 2.0, "x"]}`), []byte(`{"a": [1, 2, "y"]}`)
	if n := testing.AllocsPerRun(100, func() { types.CompareJSONB(x, y) }); n != 0 {
		t.Errorf("pg_jsonb: %v allocations", n)
	}
}
