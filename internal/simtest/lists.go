package simtest

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const listKeys = 3

// lists are the clients whose history is checked for cycles.
type lists struct {
	tally
	isolation string // of their blocks
	level     level  // that it promises
	history   listHistory
	elements  atomic.Int64
}

func (l *lists) tables() string {
	sql := "CREATE TABLE list(key int PRIMARY KEY, elements text NOT NULL)"
	for key := range listKeys {
		sql += fmt.Sprintf("; INSERT INTO list VALUES (%d, '')", key)
	}
	return sql
}

func (l *lists) clients() int { return 5 }

// step runs a block of one to four operations.
func (l *lists) step(w *worker) {
	ops := make([]listOp, 1+w.random.IntN(4))
	for i := range ops {
		ops[i] = listOp{key: w.random.IntN(listKeys), append: w.random.IntN(2) == 0}
		if ops[i].append {
			ops[i].element = int(l.elements.Add(1))
		}
	}
	tx := &listTx{began: time.Now()}
	o, _ := w.block("BEGIN ISOLATION LEVEL "+l.isolation, func() error {
		for _, op := range ops {
			if w.random.IntN(8) == 0 {
				if err := l.changeMind(w); err != nil {
					return err
				}
			}
			if op.append {
				tx.ops = append(tx.ops, op) // also when it fails: nobody may see it
			}
			list, err := l.operate(w, op)
			if err != nil {
				return err
			}
			if op.list = list; !op.append {
				tx.ops = append(tx.ops, op)
			}
		}
		return nil
	})
	tx.ended, tx.failed, tx.doubt = time.Now(), o == failed, o == unknown
	l.history.add(tx)
	l.count("block", o)
}

// changeMind appends and rolls that back. No history has the element: whoever sees
// it sees what nobody appended.
func (l *lists) changeMind(w *worker) error {
	if _, err := w.query("SAVEPOINT mind"); err != nil {
		return err
	}
	op := listOp{key: w.random.IntN(listKeys), append: true, element: int(l.elements.Add(1))}
	if _, err := l.operate(w, op); err != nil {
		return err
	}
	_, err := w.query("ROLLBACK TO mind")
	return err
}

// operate runs an append or a read, and returns the list that is read.
func (l *lists) operate(w *worker, op listOp) ([]int, error) {
	if op.append {
		_, err := w.query("UPDATE list SET elements = elements || '%d,' WHERE key = %d", op.element, op.key)
		return nil, err
	}
	lock := [...]string{"", "", " FOR UPDATE", " FOR SHARE"}[w.random.IntN(4)]
	text, err := w.value("SELECT elements FROM list WHERE key = %d%s", op.key, lock)
	if err != nil {
		return nil, err
	}
	return w.listOf(text), nil
}

// listOf reads a list as it is stored.
func (w *worker) listOf(text string) (list []int) {
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil {
			w.cluster.t.Error(err)
		}
		list = append(list, n)
	}
	return list
}

func (l *lists) judge(w *worker) (summary string, wrong []string) {
	last := &listTx{began: time.Now()} // shows every element
	for key, row := range w.rows("SELECT elements FROM list ORDER BY key") {
		last.ops = append(last.ops, listOp{key: key, list: w.listOf(row[0])})
	}
	last.ended = time.Now()
	l.history.add(last)
	if found := l.history.check(l.level); found != "" {
		wrong = append(wrong, found)
	}
	return l.isolation + ": " + l.String(), wrong
}
