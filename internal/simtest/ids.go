package simtest

import (
	"fmt"
	"sync"
)

// ids has tables whose keys are drawn from sequences, on all nodes at once.
type ids struct {
	tally
	mu      sync.Mutex // guards inserts
	inserts []*insert
}

// insert is an attempt to add a row to a table with ids. Its content is unique.
type insert struct {
	table, content string
	id             string // that was shown, "" for none
	outcome        outcome
}

// storedRow is a row of such a table at the end.
type storedRow struct{ table, id, content string }

// idTables have no unique constraint: the same id twice is to be seen.
var idTables = map[string]string{
	"by_serial":   "id bigserial, content text NOT NULL",
	"by_identity": "id bigint GENERATED ALWAYS AS IDENTITY, content text NOT NULL",
}

func (s *ids) tables() string {
	return fmt.Sprintf("CREATE TABLE by_serial(%s); CREATE TABLE by_identity(%s)", idTables["by_serial"], idTables["by_identity"])
}

func (s *ids) clients() int { return 3 }

func (s *ids) step(w *worker) {
	switch w.random.IntN(3) {
	case 0:
		i := s.plan(w)
		err := i.run(w)
		s.done("alone", outcomeOf(err), i)
	default:
		inserts := []*insert{s.plan(w)}
		for range w.random.IntN(6) { // more than the values that are drawn one by one
			inserts = append(inserts, s.plan(w))
		}
		gaveUp := fmt.Errorf("the client changed its mind")
		o, _ := w.block("BEGIN", func() error {
			for _, i := range inserts {
				if err := i.run(w); err != nil {
					return err
				}
			}
			if w.random.IntN(8) == 0 {
				return gaveUp
			}
			return nil
		})
		s.done("block", o, inserts...)
	}
}

// plan notes an insert before it is tried.
func (s *ids) plan(w *worker) *insert {
	table := "by_serial"
	if w.random.IntN(2) == 0 {
		table = "by_identity"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := &insert{table: table, content: fmt.Sprintf("content %d", len(s.inserts)), outcome: unknown}
	s.inserts = append(s.inserts, i)
	return i
}

func (i *insert) run(w *worker) error {
	id, err := w.value("INSERT INTO %s(content) VALUES ('%s') RETURNING id", i.table, i.content)
	if err == nil {
		i.id = id
	}
	return err
}

func (s *ids) done(kind string, o outcome, inserts ...*insert) {
	s.count(kind, o)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range inserts {
		i.outcome = o
	}
}

func (s *ids) judge(w *worker) (summary string, wrong []string) {
	var stored []storedRow
	for table := range idTables {
		for _, row := range w.rows("SELECT id, content FROM %s", table) {
			stored = append(stored, storedRow{table, row[0], row[1]})
		}
	}
	return s.String(), checkIDs(s.inserts, stored)
}

// checkIDs: no id was given out twice, not even one of a transaction that was
// rolled back, and the tables have what was acknowledged under the ids that were
// shown.
func checkIDs(inserts []*insert, stored []storedRow) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	type name struct{ table, value string }
	byContent, byID, owner := map[name]storedRow{}, map[name]storedRow{}, map[name]*insert{}
	for _, row := range stored {
		if other, twice := byID[name{row.table, row.id}]; twice {
			complain("id %s of %s is of %q and of %q", row.id, row.table, other.content, row.content)
		}
		if _, twice := byContent[name{row.table, row.content}]; twice {
			complain("%q was inserted once and is in %s twice", row.content, row.table)
		}
		byID[name{row.table, row.id}] = row
		byContent[name{row.table, row.content}] = row
	}
	for _, i := range inserts {
		row, there := byContent[name{i.table, i.content}]
		delete(byContent, name{i.table, i.content})
		switch {
		case i.outcome == committed && !there:
			complain("%q was acknowledged as %s of %s and is not there", i.content, i.id, i.table)
		case i.outcome == failed && there:
			complain("%q failed and is in %s", i.content, i.table)
		case there && i.id != "" && i.id != row.id:
			complain("%q has id %s in %s, and its client was shown %s", i.content, row.id, i.table, i.id)
		}
		if i.id == "" {
			continue
		}
		if other := owner[name{i.table, i.id}]; other != nil {
			complain("id %s of %s was shown for %q and for %q", i.id, i.table, other.content, i.content)
		}
		owner[name{i.table, i.id}] = i
		if row, taken := byID[name{i.table, i.id}]; taken && row.content != i.content {
			complain("id %s of %s was shown for %q and is of %q", i.id, i.table, i.content, row.content)
		}
	}
	for _, row := range byContent {
		complain("%q is in %s and nobody inserted it", row.content, row.table)
	}
	return wrong
}
