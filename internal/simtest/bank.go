package simtest

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	accounts       = 4
	openingBalance = 100
	transferMax    = 60
)

// bank has accounts between which clients transfer money, and a ledger of the
// transfers. Balances are written as the client computed them, so that whatever a
// block did not see is lost and makes them differ from the ledger.
type bank struct {
	tally
	mu        sync.Mutex // guards what follows
	transfers []*transfer
	readings  []*bankReading
	early     []string // what was wrong while the clients ran
}

// transfer is one attempt to move money.
type transfer struct {
	id, source, target, amount int
	outcome                    outcome
	began, ended               time.Time
}

// bankReading is what a block saw of the bank at one moment.
type bankReading struct {
	began, ended time.Time
	balances     []int
	ledger       []transfer // without outcomes and times
}

func (b *bank) tables() string {
	// The ledger has no key: what applies twice is to be seen.
	sql := "CREATE TABLE account(id int PRIMARY KEY, balance int NOT NULL);" +
		"CREATE TABLE transfer(id int NOT NULL, source int NOT NULL, target int NOT NULL, amount int NOT NULL)"
	for i := range accounts {
		sql += fmt.Sprintf("; INSERT INTO account VALUES (%d, %d)", i, openingBalance)
	}
	return sql
}

func (b *bank) clients() int { return 5 }

func (b *bank) step(w *worker) {
	if w.number == 0 {
		b.read(w)
		return
	}
	b.transfer(w)
}

// ways are how a transfer makes sure that what it read is still so when it
// writes.
var ways = []struct {
	level, lock string
	ordered     bool
}{
	{"SERIALIZABLE", "", false},
	{"REPEATABLE READ", "", false},
	{"SERIALIZABLE", " FOR UPDATE", true},
	{"READ COMMITTED", " FOR UPDATE", true},
	{"READ COMMITTED", " FOR UPDATE", false}, // two of them may wait for each other
	{"READ COMMITTED", " FOR NO KEY UPDATE", true},
}

// transfer moves money, if there is enough.
func (b *bank) transfer(w *worker) {
	t := &transfer{source: w.random.IntN(accounts), amount: 1 + w.random.IntN(transferMax), began: time.Now()}
	t.target = (t.source + 1 + w.random.IntN(accounts-1)) % accounts
	b.mu.Lock()
	b.transfers = append(b.transfers, t)
	t.id = len(b.transfers)
	t.outcome = unknown
	b.mu.Unlock()
	way := ways[w.random.IntN(len(ways))]
	o, _ := w.block("BEGIN ISOLATION LEVEL "+way.level, func() error {
		first := w.random.IntN(2) == 0
		if first {
			if err := b.enter(w, t); err != nil {
				return err
			}
		}
		if err := b.move(w, t, way.lock, way.ordered); err != nil || first {
			return err
		}
		return b.enter(w, t)
	})
	b.mu.Lock()
	t.outcome, t.ended = o, time.Now()
	b.mu.Unlock()
	b.count(way.level+way.lock, o)
}

// enter writes a transfer into the ledger.
func (b *bank) enter(w *worker, t *transfer) error {
	_, err := w.query("INSERT INTO transfer VALUES (%d, %d, %d, %d)", t.id, t.source, t.target, t.amount)
	return err
}

// errTooPoor is why a transfer does not happen.
var errTooPoor = fmt.Errorf("the balance is too low")

func (b *bank) move(w *worker, t *transfer, lock string, ordered bool) error {
	order := []int{t.source, t.target}
	if ordered {
		slices.Sort(order)
	}
	balances := map[int]int{}
	for _, id := range order {
		balance, err := w.value("SELECT balance FROM account WHERE id = %d%s", id, lock)
		if err != nil {
			return err
		}
		balances[id] = number(balance)
		w.pause(20 * time.Millisecond)
	}
	if balances[t.source] < t.amount {
		return errTooPoor
	}
	balances[t.source] -= t.amount
	balances[t.target] += t.amount
	for _, id := range order {
		if _, err := w.query("UPDATE account SET balance = %d WHERE id = %d", balances[id], id); err != nil {
			return err
		}
	}
	return nil
}

// readingBlocks see one state in all their statements.
var readingBlocks = []string{
	"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	"BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
	"BEGIN ISOLATION LEVEL SERIALIZABLE",
}

// read reads all accounts and the ledger in one block.
func (b *bank) read(w *worker) {
	begin := readingBlocks[w.random.IntN(len(readingBlocks))]
	r := &bankReading{began: time.Now()}
	o, err := w.block(begin, func() error {
		for id := range accounts {
			balance, err := w.value("SELECT balance FROM account WHERE id = %d", id)
			if err != nil {
				return err
			}
			r.balances = append(r.balances, number(balance))
			w.pause(20 * time.Millisecond)
		}
		rows, err := w.query("SELECT id, source, target, amount FROM transfer")
		r.ledger = ledgerOf(rows)
		return err
	})
	r.ended = time.Now()
	b.count("reading", o)
	b.mu.Lock()
	defer b.mu.Unlock()
	if errorCode(err) == "40001" {
		b.early = append(b.early, fmt.Sprintf("%q that only reads is refused: %v", begin, err))
	}
	if o == committed {
		b.readings = append(b.readings, r)
	}
}

func ledgerOf(rows [][]string) (ledger []transfer) {
	for _, row := range rows {
		ledger = append(ledger, transfer{id: number(row[0]), source: number(row[1]), target: number(row[2]), amount: number(row[3])})
	}
	return ledger
}

func (b *bank) judge(w *worker) (summary string, wrong []string) {
	last := &bankReading{began: time.Now(), ended: time.Now()}
	for _, row := range w.rows("SELECT balance FROM account ORDER BY id") {
		last.balances = append(last.balances, number(row[0]))
	}
	last.ledger = ledgerOf(w.rows("SELECT id, source, target, amount FROM transfer"))
	b.readings = append(b.readings, last)
	return b.String(), append(b.early, checkBank(b.transfers, b.readings)...)
}

// checkBank judges what blocks saw of the bank. The transfers' numbers count from 1.
func checkBank(transfers []*transfer, readings []*bankReading) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, r := range readings {
		balances := slices.Repeat([]int{openingBalance}, accounts)
		seen := map[int]bool{}
		for _, t := range r.ledger {
			balances[t.source] -= t.amount
			balances[t.target] += t.amount
			switch {
			case seen[t.id]:
				complain("transfer %d is in the ledger twice", t.id)
			case t.id < 1 || t.id > len(transfers):
				complain("transfer %d is in the ledger, and nobody made it", t.id)
			case transfers[t.id-1].outcome == failed:
				complain("transfer %d failed and is in the ledger", t.id)
			case transfers[t.id-1].began.After(r.ended):
				complain("transfer %d was seen before it began", t.id)
			}
			seen[t.id] = true
		}
		for _, t := range transfers {
			if t.outcome == committed && t.ended.Before(r.began) && !seen[t.id] {
				complain("transfer %d was acknowledged, and is not seen later", t.id)
			}
		}
		total := 0
		for i, balance := range r.balances {
			total += balance
			if balance < 0 {
				complain("the balance of account %d is %d", i, balance)
			}
		}
		if total != accounts*openingBalance {
			complain("the total is %d: %v", total, r.balances)
		}
		if !slices.Equal(balances, r.balances) {
			complain("the balances are %v, by the ledger %v", r.balances, balances)
		}
	}
	return append(wrong, checkOneOrder(readings)...)
}

// checkOneOrder makes sure that the states that were seen are stages of one
// history: each contains all smaller ones.
func checkOneOrder(readings []*bankReading) (wrong []string) {
	sorted := slices.SortedFunc(slices.Values(readings), func(a, b *bankReading) int { return len(a.ledger) - len(b.ledger) })
	for i := 1; i < len(sorted); i++ {
		larger := map[int]bool{}
		for _, t := range sorted[i].ledger {
			larger[t.id] = true
		}
		for _, t := range sorted[i-1].ledger {
			if !larger[t.id] {
				wrong = append(wrong, fmt.Sprintf("two readings saw transfers in different orders: %d is only in the shorter ledger", t.id))
			}
		}
	}
	return wrong
}
