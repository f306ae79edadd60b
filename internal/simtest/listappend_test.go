package simtest

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestSimulationOfTransactions runs blocks on clusters with faults: no anomaly at
// SERIALIZABLE and REPEATABLE READ, and at READ COMMITTED only those that
// PostgreSQL has there.
func TestSimulationOfTransactions(t *testing.T) {
	forSeeds(t, func(t *testing.T, seed int64, dir string) {
		l := [...]*lists{
			{isolation: "SERIALIZABLE", level: strictSerializable},
			{isolation: "REPEATABLE READ", level: strictSerializable},
			{isolation: "READ COMMITTED", level: readCommitted},
		}[seed%3]
		synctest.Test(t, func(t *testing.T) { simulateLoads(t, dir, seed, l) })
	})
}

// TestListChecker: the checker sees each anomaly, and none in a good history.
func TestListChecker(t *testing.T) {
	at := func(n int) time.Time { return time.UnixMilli(int64(n)) }
	app := func(key, element int) listOp { return listOp{key: key, append: true, element: element} }
	read := func(key int, list ...int) listOp { return listOp{key: key, list: list} }
	// tx makes a transaction that overlaps all others.
	tx := func(ops ...listOp) *listTx { return &listTx{ops: ops, began: at(0), ended: at(100)} }
	during := func(began, ended int) func(*listTx) *listTx {
		return func(x *listTx) *listTx { x.began, x.ended = at(began), at(ended); return x }
	}
	late, later, last, spanning := during(200, 300), during(400, 500), during(600, 700), during(0, 300)
	failed := func(x *listTx) *listTx { x.failed = true; return x }
	inDoubt := func(x *listTx) *listTx { x.doubt = true; return x }
	for _, c := range []struct {
		name               string
		txs                []*listTx
		committed, serious string // what is found at READ COMMITTED and at strict serializability
	}{
		{"good", []*listTx{tx(app(1, 1)), tx(read(1, 1), app(1, 2)), late(tx(read(1, 1, 2)))}, "", ""},
		{"own appends", []*listTx{tx(app(1, 1), read(1, 1)), late(tx(read(1, 1)))}, "", ""},
		{"G0", []*listTx{tx(app(1, 1), app(2, 2)), tx(app(1, 3), app(2, 4)), late(tx(read(1, 1, 3), read(2, 4, 2)))}, "G0:", "G0:"},
		{"G1a", []*listTx{failed(tx(app(1, 1))), tx(read(1, 1))}, "G1a:", "G1a:"},
		{"G1b", []*listTx{tx(app(1, 1), app(1, 2)), tx(read(1, 1)), late(tx(read(1, 1, 2)))}, "G1b:", "G1b:"},
		{"G1c", []*listTx{tx(app(1, 1), read(2, 2)), tx(app(2, 2), read(1, 1))}, "G1c:", "G1c:"},
		{"G-single", []*listTx{tx(read(1), read(2, 2)), tx(app(1, 1), app(2, 2)), late(tx(read(1, 1), read(2, 2)))}, "", "G-single:"},
		{"G2", []*listTx{tx(read(1), app(2, 2)), tx(read(2), app(1, 1)), late(tx(read(1, 1), read(2, 2)))}, "", "G2:"},
		{"lost update", []*listTx{tx(read(1), app(1, 1)), tx(read(1), app(1, 2)), late(tx(read(1, 1, 2)))}, "", "G-single:"},
		{"real-time G0", []*listTx{tx(app(1, 1)), late(tx(app(1, 2))), later(tx(read(1, 2, 1)))}, "G0-realtime:", "G0-realtime:"},
		{"real-time G1c", []*listTx{tx(read(1, 5)), late(tx(app(1, 5)))}, "G1c-realtime:", "G1c-realtime:"},
		{"stale read", []*listTx{tx(app(1, 1)), late(tx(read(1))), later(tx(read(1, 1)))}, "stale read:", "G-single-realtime:"},
		{"real-time G-single", []*listTx{
			tx(app(1, 1)), late(tx(app(2, 2))), spanning(tx(read(2, 2), read(1))), later(tx(read(1, 1), read(2, 2))),
		}, "", "G-single-realtime:"},
		{"real-time G2", []*listTx{
			tx(app(2, 2)), late(tx(read(1))), spanning(tx(app(1, 1), read(2))), later(tx(read(1, 1), read(2, 2))),
		}, "", "G2-realtime:"},
		{"real time through others", []*listTx{tx(app(1, 1)), late(tx(app(2, 2))), later(tx(read(1), read(2, 2))), last(tx(read(1, 1)))}, "stale read:", "G-single-realtime:"},
		{"in doubt", []*listTx{inDoubt(tx(app(1, 1))), late(tx(read(1))), later(tx(read(1, 1)))}, "", ""},
		{"lost write", []*listTx{tx(app(1, 1)), tx(read(1, 1)), late(tx(read(1, 2))), late(tx(app(1, 2)))}, "incompatible", "incompatible"},
		{"twice", []*listTx{tx(app(1, 1)), late(tx(read(1, 1, 1)))}, "an element was appended twice", "an element was appended twice"},
		{"from nowhere", []*listTx{tx(read(1, 9))}, "key 1 has element 9", "key 1 has element 9"},
	} {
		h := &listHistory{txs: c.txs}
		for _, l := range []struct {
			level level
			want  string
		}{{readCommitted, c.committed}, {strictSerializable, c.serious}} {
			if got := h.check(l.level); (got == "") != (l.want == "") || !strings.HasPrefix(got, l.want) {
				t.Errorf("%s: %q, want %q", c.name, got, l.want)
			}
		}
	}
}
