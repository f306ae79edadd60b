package session

import (
	"maps"

	"polyreme/raftlog"
)

// nextval in a block draws through the log, so that no other transaction is given
// the same value whenever the block commits: what the client was shown, of INSERT …
// RETURNING id for one, is then still true. The values travel with the entry, which
// gives them again. As in PostgreSQL they are lost when the block does not commit.

// drawnValues are the values that nextval gave in a block.
type drawnValues struct {
	values map[uint32][]int64 // in order, by sequence
	given  map[uint32]int     // of them, since the operations run (again)
	owned  map[uint32]bool    // sequences that setval has set
}

// again begins the operations anew: nextval gives the same values.
func (d *drawnValues) again() { clear(d.given) }

// own has the sequence go on by itself.
func (d *drawnValues) own(oid uint32) {
	if d.owned == nil {
		d.owned = map[uint32]bool{}
	}
	d.owned[oid] = true
}

func (d *drawnValues) counts() map[uint32]int { return maps.Clone(d.given) }

// cut forgets the values given after a savepoint.
func (d *drawnValues) cut(counts map[uint32]int) {
	for oid, list := range d.values {
		d.values[oid] = list[:min(len(list), counts[oid])]
		d.given[oid] = len(d.values[oid])
	}
}

// with adds the values to the settings of the entry.
func (d *drawnValues) with(settings []raftlog.Setting) []raftlog.Setting {
	text := raftlog.FormatValues(d.values)
	if text == "" {
		return settings
	}
	return append(settings, raftlog.Setting{Name: raftlog.ValuesSetting, Value: text})
}

// ownsSequences tells whether nextval may give values that were not drawn through
// the log.
func (b *block) ownsSequences() bool { return b.changesSchema || len(b.drawn.owned) > 0 }

// drawValue gives the next value of a sequence in the block; ok is false where the
// workspace's own state of the sequence counts.
func (s *Session) drawValue(oid uint32) (value int64, ok bool, err error) {
	b := s.block
	if b == nil || b.rehearsal {
		return 0, false, nil
	}
	d := &b.drawn
	if i := d.given[oid]; i < len(d.values[oid]) {
		d.given[oid]++
		return d.values[oid][i], true, nil
	}
	if b.changesSchema || d.owned[oid] {
		return 0, false, nil
	}
	if d.values == nil {
		d.values, d.given = map[uint32][]int64{}, map[uint32]int{}
	}
	if value, err = s.manager.drawer.next(s.watcher.running(), oid); err != nil {
		return 0, false, err
	}
	d.values[oid] = append(d.values[oid], value)
	d.given[oid]++
	s.currval[oid], s.lastSeq = value, oid // whatever becomes of the block
	return value, true, nil
}
