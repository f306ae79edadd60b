package catalog

import (
	"iter"
	"maps"
)

// layered is a map of which the next version is made cheaply: a large layer
// that versions share and a small one of their own on top. A version that is
// published is never written.
type layered[K comparable, V any] struct {
	base     map[K]V
	over     map[K]change[V]
	building bool // from nothing: the base is nobody else's yet
}

// change is an entry of the upper layer; one that is not live is a deletion.
type change[V any] struct {
	value V
	live  bool
}

// layeredOver is the size at which the upper layer is merged into the base:
// this and an eighth of the base.
const layeredOver = 64

func newLayered[K comparable, V any]() *layered[K, V] {
	return &layered[K, V]{base: map[K]V{}, building: true}
}

// next returns a copy that may be changed.
func (l *layered[K, V]) next() *layered[K, V] {
	if len(l.over) <= layeredOver+len(l.base)/8 {
		return &layered[K, V]{base: l.base, over: maps.Clone(l.over)}
	}
	return &layered[K, V]{base: maps.Collect(l.all()), over: map[K]change[V]{}}
}

// get returns the value of k, or the zero value.
func (l *layered[K, V]) get(k K) V {
	if c, ok := l.over[k]; ok {
		return c.value
	}
	return l.base[k]
}

// set changes the value of k.
func (l *layered[K, V]) set(k K, v V) {
	if l.building {
		l.base[k] = v
		return
	}
	l.over[k] = change[V]{v, true}
}

// drop removes k.
func (l *layered[K, V]) drop(k K) { l.over[k] = change[V]{} }

// settle ends building.
func (l *layered[K, V]) settle() {
	l.building, l.over = false, map[K]change[V]{}
}

// all yields the entries, in no order.
func (l *layered[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for k, c := range l.over {
			if c.live && !yield(k, c.value) {
				return
			}
		}
		for k, v := range l.base {
			if len(l.over) == 0 {
				if !yield(k, v) {
					return
				}
				continue
			}
			if _, changed := l.over[k]; !changed && !yield(k, v) {
				return
			}
		}
	}
}
