package sqlfsm

// Stats are numbers about a store that operators watch.
type Stats struct {
	LogBytes    int64  // in the write-ahead log after the last commit
	CopiedBytes int64  // of them in the database file
	Leases      int    // readers and workspaces open now
	Idle        int    // connections kept for the next ones
	Groups      uint64 // transactions applied
	Proposals   uint64 // entries packed in them, with those answered from the Ledger
	Checkpoints uint64
	Truncations uint64
}

// Stats returns the store's numbers.
func (s *Store) Stats() Stats {
	p := &s.readers
	p.mu.Lock()
	leases, idle := len(p.leases), len(p.idle.items)+len(p.views.items)
	p.mu.Unlock()
	return Stats{
		LogBytes: s.checkpoint.size.Load(), CopiedBytes: s.checkpoint.done.Load(),
		Leases: leases, Idle: idle,
		Groups: s.groups.Load(), Proposals: s.proposals.Load(),
		Checkpoints: s.checkpoint.passives.Load(), Truncations: s.checkpoint.truncations.Load(),
	}
}
