package simtest

import "testing"

func TestIDChecker(t *testing.T) {
	try := func(content, id string, o outcome) *insert { return &insert{"t", content, id, o} }
	row := func(id, content string) storedRow { return storedRow{"t", id, content} }
	for _, c := range []struct {
		name    string
		inserts []*insert
		stored  []storedRow
		want    string
	}{
		{"good", []*insert{try("a", "1", committed), try("b", "2", failed)}, []storedRow{row("1", "a")}, ""},
		{"in doubt", []*insert{try("a", "1", unknown), try("b", "", unknown), try("c", "", unknown)}, []storedRow{row("2", "b")}, ""},
		{"other tables have their own", []*insert{try("a", "1", committed), {"u", "b", "1", committed}}, []storedRow{row("1", "a"), {"u", "1", "b"}}, ""},
		{"lost", []*insert{try("a", "1", committed)}, nil, "is not there"},
		{"failed", []*insert{try("a", "1", failed)}, []storedRow{row("1", "a")}, "failed and is in"},
		{"other id", []*insert{try("a", "1", committed)}, []storedRow{row("2", "a")}, "its client was shown 1"},
		{"other id of one in doubt", []*insert{try("a", "1", unknown)}, []storedRow{row("2", "a")}, "its client was shown 1"},
		{"same id", []*insert{try("a", "1", committed), try("b", "", unknown)}, []storedRow{row("1", "a"), row("1", "b")}, `is of "a" and of "b"`},
		{"id shown twice", []*insert{try("a", "1", failed), try("b", "1", committed)}, []storedRow{row("1", "b")}, `was shown for "a" and for "b"`},
		{"id shown to one, used for another", []*insert{try("a", "1", failed), try("b", "", unknown)}, []storedRow{row("1", "b")}, `was shown for "a" and is of "b"`},
		{"twice", []*insert{try("a", "1", committed)}, []storedRow{row("1", "a"), row("2", "a")}, "twice"},
		{"from nowhere", nil, []storedRow{row("1", "a")}, "nobody inserted it"},
	} {
		expect(t, c.name, checkIDs(c.inserts, c.stored), c.want)
	}
}
