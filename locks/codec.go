package locks

import (
	"encoding/binary"
	"errors"

	"polyreme/raftlog"
)

// A request to the leader:
//
//	op     byte      1 acquire, 2 release, 3 abandon, 4 alive, 5 active, 6 list, 7 undo
//	node   uvarint length, bytes
//	owner  uvarint   of an alive: the first number not given out yet
//	index  uvarint   of a release
//	wait   byte      of an acquire, as what follows
//	want   uvarint
//	width  uvarint
//	over   uvarint number, of each uvarint owner, uvarint index
//	items  × uvarint relation, varint row, byte mode, byte 1 for a whole table
//	live   × uvarint  of an alive, in place of items: its owners
//
// and the answer to an acquire:
//
//	outcome  byte
//	flags    byte     1 waited, 2 held follows
//	missed   uvarint
//	index    uvarint
//	held     × byte
//
// and to a list, for each lock:
//
//	owner     uvarint
//	item      as above
//	granted   byte
type request struct {
	op    byte
	owner Owner
	index raftlog.Index
	claim Claim
	over  []ending
	live  []uint64
}

// ending is a release that goes before an acquire, since the words of a node can
// overtake each other.
type ending struct {
	id    uint64
	index raftlog.Index
}

const (
	opAcquire = iota + 1
	opRelease
	opAbandon
	opAlive
	opActive
	opList
	opUndo

	nodeBytesMax = 256
	// liveMax bounds the owners that an alive names.
	liveMax = 1 << 16
	// overMax bounds the releases that an acquire brings.
	overMax = 1 << 10
)

var errBadRequest = errors.New("lock request not understood")

func (r *request) encode() []byte {
	b := make([]byte, 0, 64+8*len(r.claim.Items))
	b = append(b, r.op)
	b = binary.AppendUvarint(b, uint64(len(r.owner.Node)))
	b = append(b, r.owner.Node...)
	b = binary.AppendUvarint(b, r.owner.ID)
	b = binary.AppendUvarint(b, uint64(r.index))
	b = append(b, byte(r.claim.Wait))
	b = binary.AppendUvarint(b, uint64(r.claim.Want))
	b = binary.AppendUvarint(b, uint64(r.claim.Width))
	b = binary.AppendUvarint(b, uint64(len(r.over)))
	for _, e := range r.over {
		b = binary.AppendUvarint(binary.AppendUvarint(b, e.id), uint64(e.index))
	}
	for _, it := range r.claim.Items {
		b = appendItem(b, it)
	}
	for _, id := range r.live {
		b = binary.AppendUvarint(b, id)
	}
	return b
}

func appendItem(b []byte, it Item) []byte {
	b = binary.AppendUvarint(b, uint64(it.Key.Relation))
	b = binary.AppendVarint(b, it.Key.Row)
	return append(b, byte(it.Mode), flag(it.Key.Whole))
}

// item reads what appendItem wrote.
func (d *reader) item() Item {
	it := Item{Key: Key{Relation: uint32(d.uvarint()), Row: d.varint()}, Mode: Mode(d.byte())}
	it.Key.Whole = d.byte() != 0
	if it.Mode >= modes {
		d.bad = true
	}
	return it
}

func encodeList(list []Held) []byte {
	var b []byte
	for _, h := range list {
		b = binary.AppendUvarint(b, h.Owner.ID)
		b = append(appendItem(b, h.Item), flag(h.Granted))
	}
	return b
}

func decodeList(b []byte) ([]Held, error) {
	d := reader{b: b}
	var list []Held
	for len(d.b) > 0 && !d.bad {
		list = append(list, Held{Owner: Owner{ID: d.uvarint()}, Item: d.item(), Granted: d.byte() != 0})
	}
	if d.bad {
		return nil, errBadRequest
	}
	return list, nil
}

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}

func decodeRequest(b []byte) (request, error) {
	d := reader{b: b}
	r := request{op: d.byte()}
	n := d.uvarint()
	if n > nodeBytesMax {
		return r, errBadRequest
	}
	r.owner.Node = string(d.take(int(n)))
	r.owner.ID = d.uvarint()
	r.index = raftlog.Index(d.uvarint())
	r.claim.Wait = Wait(d.byte())
	want, width := d.uvarint(), d.uvarint()
	if max(want, width) > 2*ItemsMax {
		return r, errBadRequest
	}
	r.claim.Want, r.claim.Width = int(want), int(width)
	over := d.uvarint()
	if over > overMax {
		return r, errBadRequest
	}
	for range over {
		r.over = append(r.over, ending{d.uvarint(), raftlog.Index(d.uvarint())})
	}
	for r.op == opAlive && len(d.b) > 0 && !d.bad {
		if len(r.live) == liveMax {
			return r, errBadRequest
		}
		r.live = append(r.live, d.uvarint())
	}
	for len(d.b) > 0 && !d.bad {
		if len(r.claim.Items) == 2*ItemsMax {
			return r, errBadRequest
		}
		r.claim.Items = append(r.claim.Items, d.item())
	}
	if d.bad || r.claim.Wait > Skip {
		return r, errBadRequest
	}
	return r, nil
}

func (g *Grant) encode() []byte {
	b := make([]byte, 0, 24+len(g.Held))
	b = append(b, byte(g.Outcome), flag(g.Waited)|flag(g.Held != nil)<<1)
	b = binary.AppendUvarint(b, uint64(g.Missed))
	b = binary.AppendUvarint(b, uint64(g.AsNewAs))
	for _, h := range g.Held {
		b = append(b, flag(h))
	}
	return b
}

func decodeGrant(b []byte, items int) (Grant, error) {
	d := reader{b: b}
	g := Grant{Outcome: Outcome(d.byte())}
	flags := d.byte()
	g.Waited = flags&1 != 0
	missed := d.uvarint()
	g.AsNewAs = raftlog.Index(d.uvarint())
	if flags&2 != 0 {
		for _, h := range d.take(items) {
			g.Held = append(g.Held, h != 0)
		}
	}
	if d.bad || len(d.b) > 0 || g.Outcome > Abandoned || missed > uint64(items) {
		return g, errBadRequest
	}
	g.Missed = int(missed)
	return g, nil
}

// reader reads fields; bad says that one was not there.
type reader struct {
	b   []byte
	bad bool
}

func (d *reader) take(n int) []byte {
	if d.bad || n > len(d.b) {
		d.bad = true
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *reader) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *reader) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	d.take(max(n, 0))
	d.bad = d.bad || n <= 0
	return v
}

func (d *reader) varint() int64 {
	v, n := binary.Varint(d.b)
	d.take(max(n, 0))
	d.bad = d.bad || n <= 0
	return v
}
