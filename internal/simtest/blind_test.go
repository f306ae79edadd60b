package simtest

import "testing"

func TestBlindChecker(t *testing.T) {
	added := func(o outcome, began, ended int) *increment {
		return &increment{keys: []int{0}, outcome: o, began: at(began), ended: at(ended)}
	}
	seen := func(n, began, ended int) []blindReading {
		return []blindReading{{key: 0, n: n, began: at(began), ended: at(ended)}}
	}
	one := []*increment{added(committed, 10, 20)}
	for _, c := range []struct {
		name       string
		increments []*increment
		readings   []blindReading
		want       string
	}{
		{"good", one, seen(1, 30, 40), ""},
		{"before", one, seen(0, 0, 5), ""},
		{"while it runs", one, append(seen(0, 12, 15), seen(1, 12, 15)...), ""},
		{"in doubt", []*increment{added(unknown, 10, 20)}, append(seen(0, 30, 40), seen(1, 30, 40)...), ""},
		{"another row", []*increment{{keys: []int{1}, ended: at(20)}}, seen(0, 30, 40), ""},
		{"lost", one, seen(0, 30, 40), "row 0 is 0 after 1 to 1"},
		{"twice", one, seen(2, 30, 40), "row 0 is 2 after 1 to 1"},
		{"failed", []*increment{added(failed, 10, 20)}, seen(1, 30, 40), "row 0 is 1 after 0 to 0"},
		{"too early", one, seen(1, 0, 5), "row 0 is 1 after 0 to 0"},
	} {
		expect(t, c.name, checkBlind(c.increments, c.readings), c.want)
	}
}
