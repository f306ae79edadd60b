package raftlog

import (
	"sync"

	"github.com/hashicorp/raft"
)

// cache keeps the newest log entries in memory: the replicators read each entry
// once per follower soon after it was stored. It is bounded by entries and by
// bytes.
type cache struct {
	mu       sync.RWMutex // guards all below
	ring     []*raft.Log  // the entry at index i is in ring[i % len(ring)]
	low      uint64       // the oldest index kept
	high     uint64       // the newest index kept; low > high: empty
	bytes    int
	bytesMax int
}

func newCache(entries, bytesMax int) *cache {
	return &cache{ring: make([]*raft.Log, entries), low: 1, bytesMax: bytesMax}
}

func (c *cache) slot(index uint64) **raft.Log { return &c.ring[index%uint64(len(c.ring))] }

func (c *cache) get(index uint64, log *raft.Log) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if index < c.low || index > c.high {
		return false
	}
	*log = **c.slot(index)
	return true
}

func (c *cache) put(logs []*raft.Log) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range logs {
		if c.low > c.high || l.Index != c.high+1 {
			c.clearLocked()
			c.low = l.Index
		}
		for c.low <= c.high && (l.Index-c.low >= uint64(len(c.ring)) || c.bytes+len(l.Data) > c.bytesMax) {
			c.dropLowLocked()
		}
		*c.slot(l.Index) = l
		c.high = l.Index
		c.bytes += len(l.Data)
	}
}

func (c *cache) dropLowLocked() {
	s := c.slot(c.low)
	c.bytes -= len((*s).Data)
	*s = nil
	c.low++
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clearLocked()
}

func (c *cache) clearLocked() {
	clear(c.ring)
	c.low, c.high, c.bytes = 1, 0, 0
}
