package simtest

import (
	"fmt"
	"sync"
	"time"
)

// hasteMax is the longest time that a client waits for the answer to COMMIT.
const hasteMax = 20 * time.Millisecond

// outcomes has clients that leave amid COMMIT, and ask others what became of
// their transactions: nothing may stay in doubt.
type outcomes struct {
	tally
	mu      sync.Mutex // guards commits
	commits []*commit
}

// commit is a transaction that writes the row with its number, from 0.
type commit struct {
	xact    string
	told    outcome // by the answer to COMMIT
	answers []outcome
}

func (s *outcomes) tables() string {
	return "CREATE TABLE outcome(number int NOT NULL, xact text NOT NULL)"
}

func (s *outcomes) clients() int { return 3 }

// errDropped is why a block has nothing to commit: its row is not written.
var errDropped = fmt.Errorf("rolled back")

func (s *outcomes) step(w *worker) {
	s.mu.Lock()
	k, number := &commit{told: unknown}, len(s.commits)
	s.commits = append(s.commits, k)
	s.mu.Unlock()
	level := []string{"READ COMMITTED", "SERIALIZABLE"}[w.random.IntN(2)]
	k.told = s.run(w, level, number)
	k.xact = w.xact
	if k.xact == "" {
		s.count("nothing asked", k.told)
		return
	}
	for range 1 + w.random.IntN(2) { // the answer is final: another node says the same
		k.answers = append(k.answers, w.settle(k.xact))
	}
	s.count("told", k.told)
	s.count("asked", k.answers[0])
}

// run is the block of a transaction. Most clients do not wait for the answer to
// COMMIT for long.
func (s *outcomes) run(w *worker, level string, number int) outcome {
	w.xact = ""
	if _, err := w.query("BEGIN ISOLATION LEVEL %s", level); err != nil {
		return failed
	}
	err := w.askXact()
	if err == nil {
		_, err = w.query("INSERT INTO outcome VALUES (%d, pg_current_xact_id()::text)", number)
	}
	if err == nil && w.random.IntN(8) == 0 {
		err = errDropped
	}
	if err != nil {
		if w.conn != nil {
			w.query("ROLLBACK")
		}
		return failed
	}
	limit := statementLimit
	if w.random.IntN(4) > 0 {
		limit = 1 + time.Duration(w.random.Int64N(int64(hasteMax)))
	}
	_, err = w.queryWithin(limit, "COMMIT")
	return outcomeOf(err)
}

func (s *outcomes) judge(w *worker) (summary string, wrong []string) {
	stored := map[int][]string{}
	for _, row := range w.rows("SELECT number, xact FROM outcome") {
		n := number(row[0])
		stored[n] = append(stored[n], row[1])
	}
	for _, k := range s.commits { // nobody changes his mind
		if k.xact != "" && w.random.IntN(4) == 0 {
			k.answers = append(k.answers, w.settle(k.xact))
		}
	}
	return s.String(), checkOutcomes(s.commits, stored)
}

// checkOutcomes: what COMMIT answered, whatever was answered later, and the table
// agree, and each id was given to one transaction.
func checkOutcomes(commits []*commit, stored map[int][]string) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	owner := map[string]int{}
	for number, k := range commits {
		rows := stored[number]
		if len(rows) > 1 {
			complain("transaction %d was committed %d times", number, len(rows))
		}
		there := len(rows) > 0
		if k.told != unknown && there != (k.told == committed) {
			complain("transaction %d: COMMIT said %v, and its row is there: %v", number, k.told, there)
		}
		for _, answer := range k.answers {
			if answer == unknown || there != (answer == committed) {
				complain("transaction %d (%s): pg_xact_status says %v, and its row is there: %v", number, k.xact, answer, there)
			}
		}
		if there && rows[0] != k.xact {
			complain("transaction %d was shown id %s and wrote %s", number, k.xact, rows[0])
		}
		if other, twice := owner[k.xact]; twice && k.xact != "" {
			complain("transactions %d and %d both have id %s", other, number, k.xact)
		}
		owner[k.xact] = number
	}
	for number := range stored {
		if number < 0 || number >= len(commits) {
			complain("row %d was never written", number)
		}
	}
	return wrong
}
