package simtest

import (
	"fmt"
	"sync"
	"time"
)

const blindRows = 2

// blind has rows that clients count up without a look at them. Such an increment
// has no conflict with another, whatever the order.
type blind struct {
	tally
	mu         sync.Mutex // guards what follows
	increments []*increment
	readings   []blindReading
	early      []string // what was wrong while the clients ran
}

// increment is an attempt to count some rows up by one.
type increment struct {
	keys         []int
	outcome      outcome
	began, ended time.Time
}

// blindReading is what a query saw of a row.
type blindReading struct {
	key, n       int
	began, ended time.Time
}

func (b *blind) tables() string {
	sql := "CREATE TABLE blind(key int PRIMARY KEY, n int NOT NULL)"
	for key := range blindRows {
		sql += fmt.Sprintf("; INSERT INTO blind VALUES (%d, 0)", key)
	}
	return sql
}

func (b *blind) clients() int { return 3 }

func (b *blind) step(w *worker) {
	key := w.random.IntN(blindRows)
	switch w.random.IntN(5) {
	case 0:
		b.read(w, key)
	case 1:
		b.add(w, "alone", key)
	case 2:
		b.add(w, "block", key)
	case 3:
		b.add(w, "block of two", 0, 1) // always in this order: no deadlock
	case 4:
		b.add(w, "in a hurry", key)
	}
}

func (b *blind) read(w *worker, key int) {
	r := blindReading{key: key, began: time.Now()}
	n, err := w.value("SELECT n FROM blind WHERE key = %d", key)
	if err != nil {
		return
	}
	r.n, r.ended = number(n), time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readings = append(b.readings, r)
}

// add counts rows up.
func (b *blind) add(w *worker, kind string, keys ...int) {
	i := &increment{keys: keys, outcome: unknown, began: time.Now()}
	b.mu.Lock()
	b.increments = append(b.increments, i)
	b.mu.Unlock()
	all := func() error {
		for _, key := range keys {
			if _, err := w.query("UPDATE blind SET n = n + 1 WHERE key = %d", key); err != nil {
				return err
			}
		}
		return nil
	}
	var o outcome
	var err error
	switch kind {
	case "alone":
		err = all()
		o = outcomeOf(err)
	case "in a hurry":
		err = w.hurried(all)
		o = outcomeOf(err)
	default:
		o, err = w.block("BEGIN ISOLATION LEVEL READ COMMITTED", all)
	}
	b.count(kind, o)
	b.mu.Lock()
	defer b.mu.Unlock()
	i.outcome, i.ended = o, time.Now()
	if code := errorCode(err); code == "40001" || code == "40P01" {
		b.early = append(b.early, fmt.Sprintf("a blind increment (%s) is refused: %v", kind, err))
	}
}

func (b *blind) judge(w *worker) (summary string, wrong []string) {
	began := time.Now()
	for key, row := range w.rows("SELECT n FROM blind ORDER BY key") {
		b.readings = append(b.readings, blindReading{key: key, n: number(row[0]), began: began, ended: time.Now()})
	}
	return b.String(), append(b.early, checkBlind(b.increments, b.readings)...)
}

// checkBlind: each reading counts all increments that had been acknowledged when
// it began, and none that failed or had not begun when it ended.
func checkBlind(increments []*increment, readings []blindReading) (wrong []string) {
	for _, r := range readings {
		least, most := 0, 0
		for _, i := range increments {
			for _, key := range i.keys {
				if key != r.key || i.outcome == failed {
					continue
				}
				if i.outcome == committed && i.ended.Before(r.began) {
					least++
				}
				if !i.began.After(r.ended) {
					most++
				}
			}
		}
		if r.n < least || r.n > most {
			wrong = append(wrong, fmt.Sprintf("row %d is %d after %d to %d increments", r.key, r.n, least, most))
		}
	}
	return wrong
}
