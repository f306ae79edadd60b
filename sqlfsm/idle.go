package sqlfsm

// idleStack keeps what is not in use for whoever needs it next. The last that came
// back is the first to be taken, so what is in excess stays at the bottom, where trim
// finds it. Its owner's mutex guards it.
type idleStack[T any] struct {
	items  []T
	unused int // at the bottom, not taken since the last trim
}

// idleMin is how many idle connections of each kind are kept however long nobody
// needs them.
const idleMin = 8

func (s *idleStack[T]) put(item T) { s.items = append(s.items, item) }

// take returns the last item that fits.
func (s *idleStack[T]) take(fits func(T) bool) (item T, ok bool) {
	for i := len(s.items) - 1; i >= 0; i-- {
		if item = s.items[i]; fits(item) {
			last := len(s.items) - 1
			copy(s.items[i:], s.items[i+1:])
			clear(s.items[last:])
			s.items = s.items[:last]
			s.unused = min(s.unused, i)
			return item, true
		}
	}
	var none T
	return none, false
}

// trim takes away what nobody needed since the last time, but for idleMin.
func (s *idleStack[T]) trim() []T {
	n := max(0, min(s.unused, len(s.items)-idleMin))
	gone := append([]T(nil), s.items[:n]...)
	kept := copy(s.items, s.items[n:])
	clear(s.items[kept:])
	s.items = s.items[:kept]
	s.unused = kept
	return gone
}

// drain takes away all.
func (s *idleStack[T]) drain() []T {
	all := s.items
	s.items, s.unused = nil, 0
	return all
}
