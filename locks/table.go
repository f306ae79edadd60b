package locks

import (
	"context"
	"slices"
	"sync"

	"polyreme/raftlog"
)

// Owner is a transaction block: the run of its node and a number there, whose lower
// half is the PID that its session shows.
type Owner struct {
	Node string
	ID   uint64
}

// Key is what is claimed: a row by its SQLite rowid, or a whole table.
type Key struct {
	Relation uint32
	Row      int64
	Whole    bool
}

// Item is one claim.
type Item struct {
	Key  Key
	Mode Mode
}

// Wait says what a request does about a lock that another owner holds.
type Wait uint8

// The ways to wait.
const (
	Block Wait = iota // wait for it
	Fail              // NOWAIT: give up the request
	Skip              // SKIP LOCKED: leave the item out
)

// Outcome is how a request ended.
type Outcome uint8

// The outcomes of a request.
const (
	Granted   Outcome = iota
	Busy              // Fail met a lock of another owner
	Deadlock          // the wait would never end
	Abandoned         // the context ended first
)

// Claim is what an owner asks for.
type Claim struct {
	Items []Item
	Wait  Wait
	// Want, with Skip, is how many rows are enough: after so many, each of Width
	// items, the others are not tried. 0 is all.
	Want, Width int
}

// Grant answers a request.
type Grant struct {
	Outcome Outcome
	Missed  int           // Busy, Deadlock: the item
	Held    []bool        // Skip: which items were granted
	Waited  bool          // another owner had one of the locks meanwhile
	AsNewAs raftlog.Index // what the owner reads must contain this log entry
}

const (
	// rememberedMax is how many released keys the table remembers; an older one
	// is forgotten, and validation finds what it would have told.
	rememberedMax = 1 << 16
	endedMax      = 1 << 14
	listMax       = 1 << 16
	// ItemsMax bounds the locks of one request.
	ItemsMax = 4096
)

// Table is the leader's table of locks.
type Table struct {
	mu       sync.Mutex // guards all below
	locks    map[Key]*lock
	owners   map[Owner]map[Key]modeSet
	waits    map[Owner]*waiter     // an owner waits at one place at a time
	released map[Key]raftlog.Index // the last commit of an owner
	order    []Key                 // of released, oldest first
	// ended has the owners that released their locks last: a request of one of them
	// that comes after its release claims nothing.
	ended      map[Owner]struct{}
	endedOrder []Owner
}

// lock is a key that somebody holds or waits for.
type lock struct {
	holders map[Owner]modeSet
	queue   []*waiter // first come, first served
}

type waiter struct {
	owner   Owner
	item    Item
	granted chan struct{} // closed when it holds the lock, or its owner has ended
}

// NewTable returns an empty table.
func NewTable() *Table {
	return &Table{
		locks: map[Key]*lock{}, owners: map[Owner]map[Key]modeSet{}, waits: map[Owner]*waiter{},
		released: map[Key]raftlog.Index{}, ended: map[Owner]struct{}{},
	}
}

// Len returns how many owners hold locks.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.owners)
}

// Acquire claims the items one after the other, and keeps what it has when it
// ends early: locks last until Undo or Release.
func (t *Table) Acquire(ctx context.Context, owner Owner, c Claim) Grant {
	g := Grant{}
	if c.Wait == Skip {
		g.Held = make([]bool, len(c.Items))
	}
	for i, item := range c.Items {
		if c.enough(g.Held[:min(i, len(g.Held))]) {
			break
		}
		w, held := t.claim(owner, item, c.Wait)
		switch {
		case held:
		case c.Wait == Skip:
			continue
		case w == nil && c.Wait == Fail:
			g.Outcome, g.Missed = Busy, i
			return g
		case w == nil:
			g.Outcome, g.Missed = Deadlock, i
			return g
		default:
			g.Waited = true
			select {
			case <-w.granted:
			case <-ctx.Done():
				t.leave(w)
				g.Outcome, g.Missed = Abandoned, i
				return g
			}
		}
		if g.Held != nil {
			g.Held[i] = true
		}
		g.AsNewAs = max(g.AsNewAs, t.releasedAt(item.Key))
	}
	return g
}

// enough tells whether the items tried so far hold as many rows as wanted.
func (c *Claim) enough(held []bool) bool {
	if c.Want <= 0 || c.Width <= 0 || len(held)%c.Width != 0 {
		return false
	}
	rows := 0
	for ; len(held) > 0; held = held[c.Width:] {
		if !slices.Contains(held[:c.Width], false) {
			rows++
		}
	}
	return rows >= c.Want
}

// claim takes a lock if it is free. Else, with Block, it returns the waiter that
// it queued, or nil where waiting would close a circle.
func (t *Table) claim(owner Owner, item Item, wait Wait) (*waiter, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, over := t.ended[owner]; over {
		return nil, true
	}
	l := t.locks[item.Key]
	if l == nil {
		l = &lock{holders: map[Owner]modeSet{}}
		t.locks[item.Key] = l
	}
	_, known := l.holders[owner]
	// Who holds the lock in a weaker mode does not queue behind those who wait for it.
	if l.free(owner, item.Mode) && (known || !l.queued(item.Mode)) {
		t.hold(l, owner, item)
		return nil, true
	}
	if wait != Block {
		return nil, false
	}
	w := &waiter{owner: owner, item: item, granted: make(chan struct{})}
	at := len(l.queue)
	if known {
		at = 0
	}
	l.queue = slices.Insert(l.queue, at, w)
	if t.circular(owner) {
		l.queue = slices.Delete(l.queue, at, at+1)
		t.drop(item.Key, l)
		return nil, false
	}
	t.waits[owner] = w
	return w, false
}

// free tells whether no other holder excludes the mode.
func (l *lock) free(owner Owner, m Mode) bool {
	for other, held := range l.holders {
		if other != owner && held&conflicts[m] != 0 {
			return false
		}
	}
	return true
}

// queued tells whether somebody waits whom the mode would overtake.
func (l *lock) queued(m Mode) bool {
	for _, w := range l.queue {
		if w.item.Mode.bit()&conflicts[m] != 0 {
			return true
		}
	}
	return false
}

func (t *Table) hold(l *lock, owner Owner, item Item) {
	l.holders[owner] |= item.Mode.bit()
	keys := t.owners[owner]
	if keys == nil {
		keys = map[Key]modeSet{}
		t.owners[owner] = keys
	}
	keys[item.Key] |= item.Mode.bit()
}

// drop forgets a lock that nobody holds or waits for.
func (t *Table) drop(key Key, l *lock) {
	if len(l.holders) == 0 && len(l.queue) == 0 {
		delete(t.locks, key)
	}
}

// circular tells whether an owner waits, through others, for itself.
func (t *Table) circular(start Owner) bool {
	waits := map[Owner][]*waiter{}
	for _, l := range t.locks {
		for _, w := range l.queue {
			waits[w.owner] = append(waits[w.owner], w)
		}
	}
	seen := map[Owner]bool{}
	var reaches func(Owner) bool
	reaches = func(o Owner) bool {
		for _, w := range waits[o] {
			for _, blocker := range t.blockers(w) {
				if blocker == start {
					return true
				}
				if !seen[blocker] {
					seen[blocker] = true
					if reaches(blocker) {
						return true
					}
				}
			}
		}
		return false
	}
	return reaches(start)
}

// blockers are the owners that a waiter waits for: holders, and those before it
// in the queue.
func (t *Table) blockers(w *waiter) []Owner {
	l := t.locks[w.item.Key]
	var out []Owner
	for other, held := range l.holders {
		if other != w.owner && held&conflicts[w.item.Mode] != 0 {
			out = append(out, other)
		}
	}
	for _, before := range l.queue {
		if before == w {
			break
		}
		if before.owner != w.owner && before.item.Mode.bit()&conflicts[w.item.Mode] != 0 {
			out = append(out, before.owner)
		}
	}
	return out
}

// leave ends a wait. A lock that was granted meanwhile is kept: Release comes.
func (t *Table) leave(w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unqueue(w)
}

func (t *Table) unqueue(w *waiter) {
	l := t.locks[w.item.Key]
	if l == nil {
		return
	}
	if i := slices.Index(l.queue, w); i >= 0 {
		delete(t.waits, w.owner)
		l.queue = slices.Delete(l.queue, i, i+1)
		t.grant(w.item.Key, l)
	}
}

// grant gives the lock to those at the head of its queue that can have it.
func (t *Table) grant(key Key, l *lock) {
	for len(l.queue) > 0 {
		w := l.queue[0]
		if !l.free(w.owner, w.item.Mode) {
			break
		}
		l.queue = l.queue[1:]
		delete(t.waits, w.owner)
		t.hold(l, w.owner, w.item)
		close(w.granted)
	}
	t.drop(key, l)
}

// Release gives up all locks of an owner, whose transaction was committed at
// index; 0 means that it was not. It gets no others.
func (t *Table) Release(owner Owner, index raftlog.Index) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end(owner, index)
}

// Undo gives up some locks of an owner, which goes on.
func (t *Table) Undo(owner Owner, items []Item) {
	t.mu.Lock()
	defer t.mu.Unlock()
	keys := t.owners[owner]
	for _, it := range items {
		l, held := t.locks[it.Key], keys[it.Key]
		if l == nil || held&it.Mode.bit() == 0 {
			continue
		}
		if held &^= it.Mode.bit(); held != 0 {
			keys[it.Key], l.holders[owner] = held, held
		} else {
			delete(keys, it.Key)
			delete(l.holders, owner)
		}
		t.grant(it.Key, l)
	}
	if len(keys) == 0 {
		delete(t.owners, owner)
	}
}

// Keep gives up the locks of the owners of a node below a number that are not
// among those that live.
func (t *Table) Keep(node string, below uint64, live []uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lives := make(map[uint64]bool, len(live))
	for _, id := range live {
		lives[id] = true
	}
	var gone []Owner
	note := func(o Owner) {
		if o.Node == node && o.ID < below && !lives[o.ID] {
			gone = append(gone, o)
		}
	}
	for o := range t.owners {
		note(o)
	}
	for o := range t.waits {
		note(o)
	}
	for _, o := range gone {
		t.end(o, 0)
	}
}

func (t *Table) end(owner Owner, index raftlog.Index) {
	if _, over := t.ended[owner]; over {
		return
	}
	if w := t.waits[owner]; w != nil {
		t.unqueue(w)
		close(w.granted)
	}
	t.release(owner, index)
	if len(t.endedOrder) == endedMax {
		delete(t.ended, t.endedOrder[0])
		t.endedOrder = t.endedOrder[1:]
	}
	t.ended[owner] = struct{}{}
	t.endedOrder = append(t.endedOrder, owner)
}

func (t *Table) release(owner Owner, index raftlog.Index) {
	keys := t.owners[owner]
	delete(t.owners, owner)
	for key, held := range keys {
		if index > 0 && held&setOf(ForNoKeyUpdate, ForUpdate, RowExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive) != 0 {
			t.remember(key, index)
		}
		if l := t.locks[key]; l != nil {
			delete(l.holders, owner)
			t.grant(key, l)
		}
	}
}

// ReleaseNode gives up the locks of all owners of a node.
func (t *Table) ReleaseNode(node string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for owner, w := range t.waits {
		if owner.Node == node {
			t.unqueue(w)
			close(w.granted)
		}
	}
	for owner := range t.owners {
		if owner.Node == node {
			t.release(owner, 0)
		}
	}
}

// Nodes returns the nodes of all owners.
func (t *Table) Nodes() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []string
	for owner := range t.owners {
		if !slices.Contains(out, owner.Node) {
			out = append(out, owner.Node)
		}
	}
	slices.Sort(out)
	return out
}

func (t *Table) remember(key Key, index raftlog.Index) {
	if _, known := t.released[key]; !known {
		if len(t.order) == rememberedMax {
			delete(t.released, t.order[0])
			t.order = t.order[1:]
		}
		t.order = append(t.order, key)
	}
	t.released[key] = index
}

func (t *Table) releasedAt(key Key) raftlog.Index {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.released[key]
}

// Held is a row of pg_locks.
type Held struct {
	Owner   Owner
	Item    Item
	Granted bool
}

// List returns all locks and waits, in no order, of many only the first.
func (t *Table) List() []Held {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Held
	for key, l := range t.locks {
		if len(out) >= listMax {
			break
		}
		for owner, held := range l.holders {
			for m := range modes {
				if held&m.bit() != 0 {
					out = append(out, Held{owner, Item{key, m}, true})
				}
			}
		}
		for _, w := range l.queue {
			out = append(out, Held{w.owner, w.item, false})
		}
	}
	return out
}
