package simtest

import (
	"fmt"
	"sync"
	"time"
)

// schemaPause is the longest time between two changes of a client: they cost more
// than other transactions.
const schemaPause = 3 * time.Second / 2

// schemas has clients that create tables, some of them with a row.
type schemas struct {
	tally
	mu        sync.Mutex // guards creations
	creations []*creation
}

// creation is an attempt to create the table with its number, from 0.
type creation struct {
	rows    int // that are to be in it
	outcome outcome
	code    string // of the error, "" for none and for a broken connection
}

func (s *schemas) tables() string { return "SELECT 1" }

func (s *schemas) clients() int { return 1 }

func (s *schemas) step(w *worker) {
	s.mu.Lock()
	k, number := &creation{outcome: unknown}, len(s.creations)
	s.creations = append(s.creations, k)
	s.mu.Unlock()
	create := func() error {
		_, err := w.query("CREATE TABLE made_%d(n int PRIMARY KEY)", number)
		return err
	}
	var o outcome
	var err error
	kind := [...]string{"alone", "in a hurry", "block"}[w.random.IntN(3)]
	switch kind {
	case "alone":
		err = create()
		o = outcomeOf(err)
	case "in a hurry":
		err = w.hurried(create)
		o = outcomeOf(err)
	case "block":
		k.rows = 1
		o, err = w.block("BEGIN", func() error {
			if err := create(); err != nil {
				return err
			}
			_, err := w.query("INSERT INTO made_%d VALUES (1)", number)
			return err
		})
	}
	s.count(kind, o)
	s.mu.Lock()
	k.outcome, k.code = o, errorCode(err)
	s.mu.Unlock()
	w.pause(schemaPause)
}

func (s *schemas) judge(w *worker) (summary string, wrong []string) {
	made := map[int]int{}
	for _, row := range w.rows("SELECT substr(relname, 6) FROM pg_class WHERE relkind = 'r' AND relname LIKE 'made\\_%%'") {
		made[number(row[0])] = len(w.rows("SELECT n FROM made_%s", row[0]))
	}
	return s.String(), checkSchemas(s.creations, made)
}

// checkSchemas: a table is there with its rows where its client was told so, and
// is not where the client was told that it failed.
func checkSchemas(creations []*creation, made map[int]int) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for number, k := range creations {
		rows, there := made[number]
		switch {
		case k.outcome == committed && !there:
			complain("table %d was created and is not there", number)
		case k.outcome == failed && there:
			complain("the client that creates table %d was told %s, and the table is there", number, k.code)
		case there && rows != k.rows:
			complain("table %d has %d rows, want %d", number, rows, k.rows)
		}
	}
	for number := range made {
		if number < 0 || number >= len(creations) {
			complain("nobody created table %d", number)
		}
	}
	return wrong
}
