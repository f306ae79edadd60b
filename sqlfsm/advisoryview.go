package sqlfsm

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// advisoryView is the committed state of the advisory locks, for those who ask
// and for those who wait.
type advisoryView struct {
	mu      sync.Mutex // guards what follows
	rows    map[advisoryID]AdvisoryRow
	waiting map[advisoryID]chan struct{} // closed when the row changes
	ended   func(raftlog.AdvisoryHolder)
}

// advisoryID names a row: nobody has the same lock in the same mode twice.
type advisoryID struct {
	holder raftlog.AdvisoryHolder
	lock   raftlog.AdvisoryLock
}

// publish takes over what a committed group changed.
func (v *advisoryView) publish(c *advisoryChanges) {
	if len(c.rows) == 0 {
		return
	}
	v.mu.Lock()
	for i := range c.rows {
		row := &c.rows[i].row
		id := advisoryID{row.Holder, row.Lock}
		if c.rows[i].gone {
			delete(v.rows, id)
		} else {
			v.rows[id] = *row
		}
		v.wake(id)
	}
	tell := v.ended
	v.mu.Unlock()
	if tell != nil {
		for _, h := range c.ended {
			tell(h)
		}
	}
	c.reset()
}

func (v *advisoryView) wake(id advisoryID) {
	if c := v.waiting[id]; c != nil {
		close(c)
		delete(v.waiting, id)
	}
}

// replace takes over the rows of a file that was opened. Who had a lock before
// and has it no more is told: the log entries that say why were not applied
// here one by one.
func (v *advisoryView) replace(rows []AdvisoryRow) {
	v.mu.Lock()
	old := v.rows
	v.rows = make(map[advisoryID]AdvisoryRow, len(rows))
	for _, row := range rows {
		v.rows[advisoryID{row.Holder, row.Lock}] = row
	}
	var lost []raftlog.AdvisoryHolder
	for id := range old {
		if _, still := v.rows[id]; !still {
			lost = append(lost, id.holder)
		}
		v.wake(id)
	}
	tell := v.ended
	v.mu.Unlock()
	if tell != nil {
		for _, h := range lost {
			tell(h)
		}
	}
}

// WatchAdvisory has f called for each holder whose locks were released without
// its doing. It is called where entries are applied and must not wait.
func (s *Store) WatchAdvisory(f func(raftlog.AdvisoryHolder)) {
	s.advisory.mu.Lock()
	defer s.advisory.mu.Unlock()
	s.advisory.ended = f
}

// ErrAdvisoryLost ends the session of a holder that does not have the locks, or the
// place in a queue, that its client believes it has.
var ErrAdvisoryLost = &pgerr.Error{
	Severity: "FATAL", Code: pgerr.AdminShutdown, Message: "terminating connection because its advisory locks were released",
	Detail: "The other nodes of the cluster could not reach this node for too long.",
	Hint:   "Connect again and take the locks anew.",
}

// ErrAdvisoryStopped tells a waiter that it was told to stop.
var ErrAdvisoryStopped = errors.New("stopped waiting for an advisory lock")

// WaitAdvisory returns when the lock that the entry at index queued for is
// granted, ErrAdvisoryLost when the row is gone, ErrAdvisoryStopped when stop,
// which may be nil, is closed first.
func (s *Store) WaitAdvisory(ctx context.Context, stop <-chan struct{}, index raftlog.Index, h raftlog.AdvisoryHolder, l raftlog.AdvisoryLock) error {
	if err := s.WaitApplied(ctx, index); err != nil {
		return err
	}
	v := &s.advisory
	id := advisoryID{h, l}
	for {
		v.mu.Lock()
		row, ok := v.rows[id]
		changed := v.waiting[id]
		if ok && !row.Granted && changed == nil {
			changed = make(chan struct{})
			v.waiting[id] = changed
		}
		v.mu.Unlock()
		switch {
		case !ok:
			return ErrAdvisoryLost
		case row.Granted:
			return nil
		}
		select {
		case <-changed:
		case <-stop:
			return ErrAdvisoryStopped
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// AdvisoryLocks returns the locks that are held or waited for, in the order of
// asking.
func (s *Store) AdvisoryLocks() []AdvisoryRow {
	v := &s.advisory
	v.mu.Lock()
	rows := make([]AdvisoryRow, 0, len(v.rows))
	for _, row := range v.rows {
		rows = append(rows, row)
	}
	v.mu.Unlock()
	slices.SortFunc(rows, func(a, b AdvisoryRow) int { return cmp.Compare(a.ID, b.ID) })
	return rows
}

// AdvisoryHolders returns the holders of a node, in no order.
func (s *Store) AdvisoryHolders(node string) []raftlog.AdvisoryHolder {
	v := &s.advisory
	v.mu.Lock()
	defer v.mu.Unlock()
	seen := map[raftlog.AdvisoryHolder]bool{}
	var holders []raftlog.AdvisoryHolder
	for id := range v.rows {
		if id.holder.Node == node && !seen[id.holder] {
			seen[id.holder] = true
			holders = append(holders, id.holder)
		}
	}
	return holders
}

// AdvisoryNodes returns the nodes whose clients have advisory locks or wait for
// them.
func (s *Store) AdvisoryNodes() []string {
	v := &s.advisory
	v.mu.Lock()
	defer v.mu.Unlock()
	var nodes []string
	for id := range v.rows {
		if !slices.Contains(nodes, id.holder.Node) {
			nodes = append(nodes, id.holder.Node)
		}
	}
	slices.Sort(nodes)
	return nodes
}
