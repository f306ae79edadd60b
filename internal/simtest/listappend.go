package simtest

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// List-append histories (Kingsbury and Alvaro, Elle, VLDB 2020): transactions
// append unique elements to lists and read whole lists. A list tells the order of
// all writes to its key, and a read which of them it saw, so every dependency
// between transactions is known, and an anomaly is a cycle of them.

// listOp is an append of element to key, or a read of key.
type listOp struct {
	key     int
	append  bool
	element int
	list    []int // read
}

// listTx is a transaction and what became of it.
type listTx struct {
	ops          []listOp
	began, ended time.Time
	failed       bool // certainly without effect
	doubt        bool // nobody knows
}

// listHistory gathers the transactions of all clients.
type listHistory struct {
	mu  sync.Mutex // guards txs
	txs []*listTx
}

func (h *listHistory) add(tx *listTx) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.txs = append(h.txs, tx)
}

// edge is why one transaction comes before another.
type edge uint8

const (
	ww       edge = 1 << iota // its element comes right before the other's
	wr                        // the other read its element
	rw                        // it did not see the other's element yet
	realTime                  // it had ended when the other began
)

// level says which cycles are anomalies: those of the edges in it. What PostgreSQL
// forbids at READ COMMITTED follows the order of the commits, and so real time.
type level edge

const (
	readCommitted      = level(ww | wr | realTime)
	strictSerializable = level(ww | wr | rw | realTime)
)

// anomalies are the cycles that have names (Adya, Weak Consistency, 1999), from
// the worst on: a cycle is named for the first that it is. With real time in it
// the name has -realtime behind it.
var anomalies = []struct {
	name  string
	kinds edge
	once  edge // exactly one edge of the cycle is of this kind
}{
	{"G0", ww, 0},
	{"G1c", ww | wr, 0},
	{"G-single", ww | wr, rw},
	{"G2", ww | wr | rw, 0},
	{"G0-realtime", ww | realTime, 0},
	{"G1c-realtime", ww | wr | realTime, 0},
	{"G-single-realtime", ww | wr | realTime, rw},
	{"G2-realtime", ww | wr | rw | realTime, 0},
}

// check returns what is wrong with the history at a level, "" for nothing.
func (h *listHistory) check(l level) string {
	writers := map[[2]int]*listTx{}
	for _, tx := range h.txs {
		for _, op := range tx.ops {
			if op.append {
				writers[[2]int{op.key, op.element}] = tx
			}
		}
	}
	orders, wrong := h.orders()
	if wrong != "" {
		return wrong
	}
	if wrong := h.checkReads(writers); wrong != "" {
		return wrong
	}
	if l&level(rw) == 0 {
		if wrong := h.checkStale(writers, orders); wrong != "" {
			return wrong
		}
	}
	return h.cycle(l, writers, orders)
}

// orders finds the order of the writes of each key: the longest list read, of
// which all others are the beginning.
func (h *listHistory) orders() (map[int][]int, string) {
	orders := map[int][]int{}
	for _, tx := range h.txs {
		for _, op := range tx.reads() {
			if len(op.list) > len(orders[op.key]) {
				orders[op.key] = op.list
			}
		}
	}
	for key, order := range orders {
		sorted := slices.Sorted(slices.Values(order))
		if len(slices.Compact(sorted)) != len(order) {
			return nil, fmt.Sprintf("an element was appended twice to key %d: %v", key, order)
		}
	}
	for _, tx := range h.txs {
		for _, op := range tx.reads() {
			// A transaction's own appends are at the end of what it reads.
			seen := op.list
			for len(seen) > 0 && tx.appends(op.key, seen[len(seen)-1]) {
				seen = seen[:len(seen)-1]
			}
			if order := orders[op.key]; !slices.Equal(seen, order[:min(len(seen), len(order))]) {
				return nil, fmt.Sprintf("incompatible order of key %d: %v and %v", op.key, seen, order)
			}
		}
	}
	return orders, ""
}

// reads are the reads of a transaction that tell of the database: those of a
// failed one were shown to its client, and count too.
func (tx *listTx) reads() []listOp {
	var out []listOp
	for _, op := range tx.ops {
		if !op.append && (!tx.failed || !tx.wrote()) {
			out = append(out, op)
		}
	}
	return out
}

func (tx *listTx) wrote() bool {
	return slices.ContainsFunc(tx.ops, func(op listOp) bool { return op.append })
}

func (tx *listTx) appends(key, element int) bool {
	return slices.ContainsFunc(tx.ops, func(op listOp) bool { return op.append && op.key == key && op.element == element })
}

// checkReads looks for aborted reads (G1a) and intermediate ones (G1b).
func (h *listHistory) checkReads(writers map[[2]int]*listTx) string {
	for _, tx := range h.txs {
		for _, op := range tx.reads() {
			for i, element := range op.list {
				from := writers[[2]int{op.key, element}]
				switch {
				case from == nil:
					return fmt.Sprintf("key %d has element %d, which nobody appended", op.key, element)
				case from.failed:
					return fmt.Sprintf("G1a: element %d of key %d is of a transaction that failed", element, op.key)
				}
				last := i == len(op.list)-1
				if last && from != tx && from.lastAppend(op.key) != element {
					return fmt.Sprintf("G1b: key %d was read between two appends of a transaction: %v", op.key, op.list)
				}
			}
		}
	}
	return ""
}

// checkStale looks for reads that miss what had been committed when their
// transaction began. At READ COMMITTED what is missing is otherwise no anomaly.
func (h *listHistory) checkStale(writers map[[2]int]*listTx, orders map[int][]int) string {
	for _, tx := range h.txs {
		for _, op := range tx.reads() {
			n := len(op.list)
			for n > 0 && tx.appends(op.key, op.list[n-1]) {
				n--
			}
			for _, element := range orders[op.key][min(n, len(orders[op.key])):] {
				missed := writers[[2]int{op.key, element}]
				if missed != tx && !missed.doubt && missed.ended.Before(tx.began) {
					return fmt.Sprintf("stale read: %v of key %d misses element %d", op.list, op.key, element)
				}
			}
		}
	}
	return ""
}

func (tx *listTx) lastAppend(key int) int {
	element := 0
	for _, op := range tx.ops {
		if op.append && op.key == key {
			element = op.element
		}
	}
	return element
}

// cycle looks for transactions each of which comes before the next.
func (h *listHistory) cycle(l level, writers map[[2]int]*listTx, orders map[int][]int) string {
	g := &txGraph{edges: map[*listTx]map[*listTx]edge{}}
	seen := map[*listTx]bool{}
	for key, order := range orders {
		for i, element := range order {
			tx := writers[[2]int{key, element}]
			seen[tx] = true
			if i > 0 {
				g.add(writers[[2]int{key, order[i-1]}], tx, ww)
			}
		}
	}
	for _, tx := range h.txs {
		if tx.failed && tx.wrote() {
			continue
		}
		for _, op := range tx.reads() {
			n := len(op.list)
			for n > 0 && tx.appends(op.key, op.list[n-1]) {
				n--
			}
			if n > 0 {
				g.add(writers[[2]int{op.key, op.list[n-1]}], tx, wr)
			}
			if order := orders[op.key]; n < len(order) {
				g.add(tx, writers[[2]int{op.key, order[n]}], rw)
			}
		}
	}
	h.addRealTime(g, seen)
	if g.cycle(h.txs, edge(l)) == nil {
		return ""
	}
	return g.name(h.txs, edge(l))
}

// addRealTime adds what ended before something else began, without what follows
// from others that lie between. seen are those whose effects were.
func (h *listHistory) addRealTime(g *txGraph, seen map[*listTx]bool) {
	var order []*listTx // by their beginnings
	for _, tx := range h.txs {
		if !tx.failed && (!tx.doubt || seen[tx]) {
			order = append(order, tx)
		}
	}
	slices.SortFunc(order, func(a, b *listTx) int { return a.began.Compare(b.began) })
	for _, a := range order {
		if a.doubt {
			continue // nobody knows when it took effect
		}
		first, _ := slices.BinarySearchFunc(order, a.ended, func(tx *listTx, ended time.Time) int {
			if tx.began.After(ended) {
				return 1
			}
			return -1
		})
		var between time.Time // when the first that lies between ended
		for _, b := range order[first:] {
			if !between.IsZero() && b.began.After(between) {
				break
			}
			g.add(a, b, realTime)
			if !b.doubt && (between.IsZero() || b.ended.Before(between)) {
				between = b.ended
			}
		}
	}
}

// txGraph has the dependencies between transactions.
type txGraph struct {
	edges map[*listTx]map[*listTx]edge
}

func (g *txGraph) add(from, to *listTx, e edge) {
	if from == nil || to == nil || from == to {
		return
	}
	if g.edges[from] == nil {
		g.edges[from] = map[*listTx]edge{}
	}
	g.edges[from][to] |= e
}

// cycle returns a cycle of the kinds of edges, its first transaction again at the
// end, or nil.
func (g *txGraph) cycle(txs []*listTx, kinds edge) []*listTx {
	const underWay, done = 1, 2
	state := map[*listTx]int{}
	var path []*listTx
	var visit func(*listTx) []*listTx
	visit = func(tx *listTx) []*listTx {
		state[tx] = underWay
		path = append(path, tx)
		for to, e := range g.edges[tx] {
			if e&kinds == 0 || state[to] == done {
				continue
			}
			if state[to] == underWay {
				return append(path[slices.Index(path, to):], to)
			}
			if found := visit(to); found != nil {
				return found
			}
		}
		path = path[:len(path)-1]
		state[tx] = done
		return nil
	}
	for _, tx := range txs {
		if state[tx] == 0 {
			if found := visit(tx); found != nil {
				return found
			}
		}
	}
	return nil
}

// closedBy returns a cycle of an edge of the one kind and a path of the others.
func (g *txGraph) closedBy(txs []*listTx, kinds, once edge) []*listTx {
	for _, from := range txs {
		for to, e := range g.edges[from] {
			if e&once != 0 {
				if path := g.path(to, from, kinds); path != nil {
					return append([]*listTx{from}, path...)
				}
			}
		}
	}
	return nil
}

// path returns the shortest path of the kinds of edges, or nil.
func (g *txGraph) path(from, to *listTx, kinds edge) []*listTx {
	before := map[*listTx]*listTx{from: nil}
	for queue := []*listTx{from}; len(queue) > 0; queue = queue[1:] {
		for next, e := range g.edges[queue[0]] {
			if _, known := before[next]; known || e&kinds == 0 {
				continue
			}
			before[next] = queue[0]
			if next != to {
				queue = append(queue, next)
				continue
			}
			path := []*listTx{to}
			for tx := before[to]; tx != nil; tx = before[tx] {
				path = append(path, tx)
			}
			slices.Reverse(path)
			return path
		}
	}
	return nil
}

// name describes the worst cycle of those kinds of edges.
func (g *txGraph) name(txs []*listTx, kinds edge) string {
	for _, a := range anomalies {
		if (a.kinds|a.once)&^kinds != 0 {
			continue
		}
		found := []*listTx(nil)
		if a.once != 0 {
			found = g.closedBy(txs, a.kinds, a.once)
		} else {
			found = g.cycle(txs, a.kinds)
		}
		if found != nil {
			return a.name + g.describe(found)
		}
	}
	return "a cycle without a name"
}

// describe writes down a cycle.
func (g *txGraph) describe(cycle []*listTx) string {
	out := ":"
	for i, tx := range cycle {
		out += fmt.Sprintf("\n  %v", tx.ops)
		if i+1 < len(cycle) {
			e := g.edges[tx][cycle[i+1]]
			for _, k := range []struct {
				e    edge
				name string
			}{{ww, "ww"}, {wr, "wr"}, {rw, "rw"}, {realTime, "real time"}} {
				if e&k.e != 0 {
					out += " " + k.name
				}
			}
		}
	}
	return out
}
