package plan

import (
	"testing"

	"polyreme/pgwire/pgerr"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"name", "nmae", 2}, {"name", "names", 1}, {"kitten", "sitting", 3}, {"", "abc", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestMissingColumnHint(t *testing.T) {
	s := newSession(t)
	s.exec("create table people (id int, name text, nome text)")
	for sql, want := range map[string]string{
		"select nam from people":        `Perhaps you meant to reference the column "people.name".`,
		"select nxme from people":       `Perhaps you meant to reference the column "people.name" or the column "people.nome".`,
		"select p.nam from people p":    `Perhaps you meant to reference the column "p.name".`,
		"select entirely from people":   "",
		"select id from people where x": "",
	} {
		_, err := s.plan(sql)
		if err == nil {
			t.Fatalf("%s: no error", sql)
		}
		if got := pgerr.From(err).Hint; got != want {
			t.Errorf("%s: hint %q, want %q", sql, got, want)
		}
	}
}
