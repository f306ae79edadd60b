package simtest

import "testing"

func TestBankChecker(t *testing.T) {
	moved := func(id int, o outcome, began, ended int) *transfer {
		return &transfer{id: id, source: 0, target: 1, amount: 10, outcome: o, began: at(began), ended: at(ended)}
	}
	entry := func(id int) transfer { return transfer{id: id, source: 0, target: 1, amount: 10} }
	seen := func(began, ended int, balances [accounts]int, ledger ...transfer) *bankReading {
		return &bankReading{began: at(began), ended: at(ended), balances: balances[:], ledger: ledger}
	}
	before, after := [accounts]int{100, 100, 100, 100}, [accounts]int{90, 110, 100, 100}
	one := []*transfer{moved(1, committed, 10, 20)}
	for _, c := range []struct {
		name      string
		transfers []*transfer
		readings  []*bankReading
		want      string
	}{
		{"good", one, []*bankReading{seen(0, 5, before), seen(30, 40, after, entry(1))}, ""},
		{"while it runs", one, []*bankReading{seen(12, 15, after, entry(1))}, ""},
		{"in doubt and there", []*transfer{moved(1, unknown, 10, 20)}, []*bankReading{seen(30, 40, after, entry(1))}, ""},
		{"in doubt and not there", []*transfer{moved(1, unknown, 10, 20)}, []*bankReading{seen(30, 40, before)}, ""},
		{"half of a transfer", one, []*bankReading{seen(12, 15, [accounts]int{90, 100, 100, 100}, entry(1))}, "the total is 390"},
		{"lost update", one, []*bankReading{seen(30, 40, [accounts]int{90, 110, 150, 50}, entry(1))}, "by the ledger"},
		{"lost transfer", one, []*bankReading{seen(30, 40, before)}, "acknowledged, and is not seen"},
		{"stale reading", one, []*bankReading{seen(30, 40, before), seen(50, 60, after, entry(1))}, "acknowledged, and is not seen"},
		{"applied twice", one, []*bankReading{seen(30, 40, [accounts]int{80, 120, 100, 100}, entry(1), entry(1))}, "in the ledger twice"},
		{"failed", []*transfer{moved(1, failed, 10, 20)}, []*bankReading{seen(30, 40, after, entry(1))}, "failed and is in the ledger"},
		{"from nowhere", nil, []*bankReading{seen(30, 40, after, entry(1))}, "nobody made it"},
		{"too early", one, []*bankReading{seen(0, 5, after, entry(1))}, "seen before it began"},
		{"negative", []*transfer{{id: 1, source: 0, target: 1, amount: 110, began: at(0), ended: at(10)}}, []*bankReading{
			seen(30, 40, [accounts]int{-10, 210, 100, 100}, transfer{id: 1, source: 0, target: 1, amount: 110}),
		}, "the balance of account 0 is -10"},
		{"long fork", []*transfer{moved(1, committed, 0, 50), moved(2, committed, 0, 50)}, []*bankReading{
			seen(10, 20, after, entry(1)), seen(10, 20, after, entry(2)),
		}, "different orders"},
	} {
		expect(t, c.name, checkBank(c.transfers, c.readings), c.want)
	}
}
