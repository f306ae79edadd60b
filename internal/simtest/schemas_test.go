package simtest

import "testing"

func TestSchemaChecker(t *testing.T) {
	for _, c := range []struct {
		name  string
		first creation
		made  map[int]int // rows by table
		want  string
	}{
		{"good", creation{rows: 1}, map[int]int{0: 1}, ""},
		{"in doubt", creation{outcome: unknown}, nil, ""},
		{"failed", creation{outcome: failed, code: "57014"}, nil, ""},
		{"lost", creation{}, nil, "was created and is not there"},
		{"failed and there", creation{outcome: failed, code: "57014"}, map[int]int{0: 0}, "told 57014, and the table is there"},
		{"half", creation{rows: 1}, map[int]int{0: 0}, "has 0 rows, want 1"},
		{"from nowhere", creation{}, map[int]int{0: 0, 1: 0}, "nobody created table 1"},
	} {
		expect(t, c.name, checkSchemas([]*creation{&c.first}, c.made), c.want)
	}
}
