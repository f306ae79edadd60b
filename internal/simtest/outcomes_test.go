package simtest

import "testing"

func TestOutcomeChecker(t *testing.T) {
	one := func(told outcome, answers ...outcome) []*commit {
		return []*commit{{xact: "7", told: told, answers: answers}}
	}
	there := map[int][]string{0: {"7"}}
	for _, c := range []struct {
		name    string
		commits []*commit
		stored  map[int][]string
		want    string
	}{
		{"committed", one(committed, committed), there, ""},
		{"learnt", one(unknown, committed, committed), there, ""},
		{"learnt that it failed", one(unknown, failed), nil, ""},
		{"without id", []*commit{{told: failed}, {told: failed}}, nil, ""},
		{"lost", one(committed, committed), nil, "COMMIT said committed"},
		{"failed and there", one(failed, failed), there, "COMMIT said failed"},
		{"said to be committed", one(unknown, committed), nil, "pg_xact_status says committed"},
		{"said to be aborted", one(unknown, failed), there, "pg_xact_status says failed"},
		{"another mind", one(unknown, failed, committed), nil, "pg_xact_status says committed"},
		{"in doubt", one(unknown, unknown), nil, "pg_xact_status says unknown"},
		{"twice", one(unknown, committed), map[int][]string{0: {"7", "7"}}, "committed 2 times"},
		{"another id", one(committed, committed), map[int][]string{0: {"8"}}, "wrote 8"},
		{"id of two", append(one(failed), one(failed)...), nil, "both have id 7"},
		{"from nowhere", nil, there, "row 0 was never written"},
	} {
		expect(t, c.name, checkOutcomes(c.commits, c.stored), c.want)
	}
}
