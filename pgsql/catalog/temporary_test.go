package catalog

import (
	"slices"
	"strings"
	"testing"
)

func TestTemporaryNumber(t *testing.T) {
	for name, want := range map[string]int64{
		"pg_temp_1": 1, "pg_temp_1024": 1024,
		"pg_temp": 0, "pg_temp_": 0, "pg_temp_0": 0, "pg_temp_01": 0, "pg_temp_-1": 0, "pg_temp_x": 0, "public": 0,
	} {
		if n, ok := TemporaryNumber(name); ok != (want != 0) || ok && n != want {
			t.Errorf("TemporaryNumber(%s) = %d, %v", name, n, ok)
		}
	}
}

// TestSearchPath: PostgreSQL looks into pg_temp first, before pg_catalog, unless the
// path has it elsewhere; and creates where the path says.
func TestSearchPath(t *testing.T) {
	const own = "pg_temp_2"
	for _, test := range []struct{ path, own, named, effective string }{
		{"a public", "", "a public", "a public"},
		{"a public", own, "a public", "pg_temp_2 pg_catalog a public"},
		{"a pg_catalog", own, "a pg_catalog", "pg_temp_2 a pg_catalog"},
		{"pg_temp public", own, "pg_temp_2 public", "pg_temp_2 public"},
		{"public pg_temp", own, "public pg_temp_2", "public pg_temp_2"},
		{"public pg_temp_2", own, "public pg_temp_2", "public pg_temp_2"},
		{"pg_temp_3 public", own, "public", "pg_temp_2 pg_catalog public"},
		{"pg_temp_3 public", "", "public", "public"},
		{"pg_temp public", "", "pg_temp public", "pg_temp public"},
		{"", own, "", "pg_temp_2 pg_catalog"},
	} {
		path := strings.Fields(test.path)
		if got := NamedPath(path, test.own); !slices.Equal(got, strings.Fields(test.named)) {
			t.Errorf("NamedPath(%s, %s) = %v", test.path, test.own, got)
		}
		effective := EffectivePath(path, test.own)
		if !slices.Equal(effective, strings.Fields(test.effective)) {
			t.Errorf("EffectivePath(%s, %s) = %v", test.path, test.own, effective)
		}
		if got := OwnTemporary(effective); got != test.own {
			t.Errorf("OwnTemporary(%v) = %s, want %s", effective, got, test.own)
		}
	}
}
