package simtest

import "testing"

func TestQueueChecker(t *testing.T) {
	added := []*job{{committed}}
	took := func(o outcome) *take { return &take{job: 0, outcome: o} }
	once := []doneJob{{0, 0}}
	for _, c := range []struct {
		name  string
		jobs  []*job
		takes []*take
		left  string // the state of job 0, "" where its row is gone
		done  []doneJob
		want  string
	}{
		{"good", added, []*take{took(committed)}, "", once, ""},
		{"marked", added, []*take{took(committed)}, "done", once, ""},
		{"second try", added, []*take{took(failed), took(committed)}, "done", []doneJob{{0, 1}}, ""},
		{"in doubt", added, []*take{took(unknown)}, "", once, ""},
		{"never added", []*job{{unknown}, {failed}}, nil, "", nil, ""},
		{"nothing to do", added, []*take{took(committed), {number: 1, job: -1}}, "", once, ""},
		{"lost", added, nil, "", nil, "job 0 is lost"},
		{"left", added, nil, "new", nil, "never taken"},
		{"half", added, []*take{took(committed)}, "mine", once, "half done"},
		{"marked only", []*job{{unknown}}, nil, "done", nil, "nobody did it"},
		{"twice", added, []*take{took(committed), took(unknown)}, "", []doneJob{{0, 0}, {0, 1}}, "done 2 times"},
		{"applied twice", added, []*take{took(committed)}, "", []doneJob{{0, 0}, {0, 0}}, "recorded 2 times"},
		{"record lost", added, []*take{took(committed), took(committed)}, "", []doneJob{{0, 1}}, "take 0 of job 0 was acknowledged and was recorded 0 times"},
		{"by one that failed", added, []*take{took(failed)}, "", once, "which failed"},
		{"by another", added, []*take{{job: -1}}, "", once, "which did not take it"},
		{"that was not added", []*job{{failed}}, []*take{took(committed)}, "", once, "nobody added it"},
	} {
		left := map[int]string{}
		if c.left != "" {
			left[0] = c.left
		}
		expect(t, c.name, checkQueue(c.jobs, c.takes, left, c.done), c.want)
	}
}

func TestDrainChecker(t *testing.T) {
	took := func(job, began, ended int, code string) *take {
		return &take{job: job, began: at(began), ended: at(ended), code: code}
	}
	for _, c := range []struct {
		name  string
		takes []*take
		want  string
	}{
		{"good", []*take{took(1, 0, 10, ""), took(2, 5, 15, ""), took(-1, 0, 10, ""), took(-1, 5, 15, "")}, ""},
		{"again later", []*take{took(1, 0, 10, ""), took(1, 10, 15, "")}, ""},
		{"both have it", []*take{took(1, 0, 10, ""), took(1, 5, 15, "")}, "job 1 at the same time"},
		{"refused", []*take{took(1, 0, 10, "40001")}, "told 40001"},
	} {
		expect(t, c.name, checkDrain(c.takes), c.want)
	}
}
