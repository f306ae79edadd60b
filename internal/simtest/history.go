package simtest

import (
	"fmt"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// kind is what a client did with a register.
type kind uint8

const (
	read kind = iota
	write
	swap // write when the value is the expected one
	add  // increment
)

// input is an operation on one register.
type input struct {
	kind     kind
	key      int
	value    int
	expected int // of swap
}

// output is what the client was told. unknown: nothing.
type output struct {
	value   int
	ok      bool // of swap
	unknown bool
}

// history gathers the operations of all clients.
type history struct {
	mu         sync.Mutex // guards what follows
	operations []porcupine.Operation
	doubts     int
}

// record adds an operation. One with an unknown outcome may take effect at any
// time after its begin.
func (h *history) record(client int, in input, out output, began, ended time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	end := ended.UnixNano()
	if out.unknown {
		if in.kind == read {
			return
		}
		h.doubts++
		end = 1<<62 - 1
	}
	h.operations = append(h.operations, porcupine.Operation{
		ClientId: client, Input: in, Call: began.UnixNano(), Output: out, Return: end,
	})
}

// registers is the sequential specification: one integer per key, 0 at first.
var registers = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[int][]porcupine.Operation{}
		for _, o := range history {
			key := o.Input.(input).key
			byKey[key] = append(byKey[key], o)
		}
		var parts [][]porcupine.Operation
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return 0 },
	Step: func(state, in, out any) (bool, any) {
		value, i, o := state.(int), in.(input), out.(output)
		switch i.kind {
		case read:
			return o.value == value, value
		case write:
			return true, i.value
		case add:
			return o.unknown || o.value == value+i.value, value + i.value
		}
		if value != i.expected {
			return o.unknown || !o.ok, value
		}
		return o.unknown || o.ok, i.value
	},
	DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v %+v", in, out) },
}
