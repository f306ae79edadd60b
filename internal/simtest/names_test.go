package simtest

import "testing"

func TestNameChecker(t *testing.T) {
	try := func(o outcome, code string) *attempt { return &attempt{outcome: o, code: code} }
	for _, c := range []struct {
		name     string
		attempts []*attempt // of name 0
		owners   []int
		want     string
	}{
		{"good", []*attempt{try(failed, "23505"), try(committed, ""), try(failed, "40001")}, []int{1}, ""},
		{"in doubt", []*attempt{try(unknown, ""), try(failed, "23505")}, []int{0}, ""},
		{"nobody", []*attempt{try(failed, "40001"), try(unknown, "08007")}, nil, ""},
		{"lost", []*attempt{try(committed, "")}, nil, "belongs to []"},
		{"two winners", []*attempt{try(committed, ""), try(committed, "")}, []int{1}, "was given to 0 and belongs to [1]"},
		{"two owners", []*attempt{try(committed, ""), try(unknown, "")}, []int{0, 1}, "has the owners [0 1]"},
		{"the loser has it", []*attempt{try(failed, "40001")}, []int{0}, "who was told 40001"},
		{"refused for nothing", []*attempt{try(failed, "23505")}, nil, "belongs to nobody"},
		{"from nowhere", nil, []int{7}, "who never wanted it"},
		{"another error", []*attempt{try(failed, "23503")}, nil, "was told 23503"},
	} {
		owners := map[int][]int{}
		if len(c.owners) > 0 {
			owners[0] = c.owners
		}
		for i, a := range c.attempts {
			a.owner = i
		}
		expect(t, c.name, checkNames(c.attempts, owners), c.want)
	}
}
