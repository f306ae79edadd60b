package simtest

import (
	"fmt"
	"sync"
	"time"
)

const (
	// rivals is how many clients want each name.
	rivals = 3
	// nameHold is the longest time between an INSERT and its COMMIT.
	nameHold = 200 * time.Millisecond
)

// names has a table with a natural key, for whose values clients race.
type names struct {
	tally
	mu       sync.Mutex // guards attempts
	attempts []*attempt
}

// attempt is a client's try to take a name.
type attempt struct {
	name    int
	owner   int // unique
	outcome outcome
	code    string // of the error, "" for none and for a broken connection
}

func (n *names) tables() string {
	return "CREATE TABLE name(name text PRIMARY KEY, owner int NOT NULL)"
}

func (n *names) clients() int { return rivals }

func (n *names) step(w *worker) {
	n.mu.Lock()
	a := &attempt{name: len(n.attempts) / rivals, owner: len(n.attempts), outcome: unknown}
	n.attempts = append(n.attempts, a)
	n.mu.Unlock()
	sql := fmt.Sprintf("INSERT INTO name VALUES ('name %d', %d)", a.name, a.owner)
	level := []string{"", "READ COMMITTED", "SERIALIZABLE"}[w.random.IntN(3)]
	var err error
	var o outcome
	if level == "" {
		_, err = w.query("%s", sql)
		o = outcomeOf(err)
	} else {
		o, err = w.block("BEGIN ISOLATION LEVEL "+level, func() error {
			_, err := w.query("%s", sql)
			w.pause(nameHold)
			return err
		})
	}
	n.count("insert "+level, o)
	n.mu.Lock()
	defer n.mu.Unlock()
	a.outcome, a.code = o, errorCode(err)
}

func (n *names) judge(w *worker) (summary string, wrong []string) {
	owners := map[int][]int{}
	for _, row := range w.rows("SELECT substr(name, 6), owner FROM name") {
		name := number(row[0])
		owners[name] = append(owners[name], number(row[1]))
	}
	return n.String(), checkNames(n.attempts, owners)
}

// checkNames: a name belongs to one, who was not told that he lost; everybody who
// was told that he has it does; who lost, lost to somebody.
func checkNames(attempts []*attempt, owners map[int][]int) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for name, all := range owners {
		if len(all) != 1 {
			complain("name %d has the owners %v", name, all)
		}
		for _, owner := range all {
			switch {
			case owner < 0 || owner >= len(attempts) || attempts[owner].name != name:
				complain("name %d belongs to %d, who never wanted it", name, owner)
			case attempts[owner].outcome == failed:
				complain("name %d belongs to %d, who was told %s", name, owner, attempts[owner].code)
			}
		}
	}
	for _, a := range attempts {
		owned := owners[a.name]
		switch {
		case a.outcome == committed && (len(owned) == 0 || owned[0] != a.owner):
			complain("name %d was given to %d and belongs to %v", a.name, a.owner, owned)
		case a.code == "23505" && len(owned) == 0:
			complain("name %d was refused to %d and belongs to nobody", a.name, a.owner)
		}
		switch a.code {
		case "", "23505", "40001", "08007", "57P01", "57P03":
		default:
			complain("the client that wanted name %d was told %s", a.name, a.code)
		}
	}
	return wrong
}
