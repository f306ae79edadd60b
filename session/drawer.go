package session

import (
	"context"
	crand "crypto/rand"
	"sync"
	"time"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// drawer draws values of sequences through the log for all blocks of this node. How
// many at once follows from the demand: single values, without gaps, at first and
// for a client that asks now and then, and for a busy sequence what is used within
// drawSpan. What is left after spareAgeMax is lost, as with CACHE in PostgreSQL, so
// that the values of different nodes do not drift far apart.
type drawer struct {
	propose    func(ctx context.Context, oid uint32, n int) ([]int64, error)
	moves      func() uint64 // Store.SequenceMoves
	now        func() time.Time
	definition func(oid uint32) *catalog.Sequence // nil: not known

	mu        sync.Mutex // guards what follows
	sequences map[uint32]*drawnSequence
}

// drawnSequence is what the drawer has of one sequence.
type drawnSequence struct {
	spare   []int64
	last    int64         // of them
	moves   uint64        // from before they were drawn
	at      time.Time     // when they were
	batch   int           // how many were
	quick   int           // draws one after the other without a pause
	waiting int           // blocks that wait for the draw under way
	drawing chan struct{} // closed when it ends; nil without one
	stale   bool          // forget was called meanwhile
}

const (
	drawSpan     = 100 * time.Millisecond
	drawSingles  = 8
	drawBatchMax = 1024
	spareAgeMax  = time.Second

	// sequencesMax is how many sequences are remembered that nobody draws from:
	// those of temporary tables come and go.
	sequencesMax = 1024
)

func newDrawer(m *Manager) *drawer {
	return &drawer{
		propose: m.drawValues, moves: m.config.Store.SequenceMoves, now: m.config.Now, definition: m.sequence,
		sequences: map[uint32]*drawnSequence{},
	}
}

// next returns a value that nobody else is given.
func (d *drawer) next(ctx context.Context, oid uint32) (int64, error) {
	for {
		d.mu.Lock()
		q := d.sequences[oid]
		if q == nil {
			d.prune()
			q = &drawnSequence{}
			d.sequences[oid] = q
		}
		if q.moves != d.moves() {
			q.reset()
		} else if d.now().Sub(q.at) > spareAgeMax {
			q.spare = nil
		}
		if len(q.spare) > 0 {
			value := q.spare[0]
			q.spare = q.spare[1:]
			d.mu.Unlock()
			return value, nil
		}
		drawing := q.drawing
		if drawing == nil {
			return d.draw(ctx, oid, q)
		}
		q.waiting++
		d.mu.Unlock()
		select {
		case <-drawing:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// prune forgets the sequences that have no value left, when there are many.
func (d *drawer) prune() {
	if len(d.sequences) < sequencesMax {
		return
	}
	for oid, q := range d.sequences {
		if q.drawing == nil && d.now().Sub(q.at) > spareAgeMax {
			delete(d.sequences, oid)
		}
	}
}

// draw draws a batch, keeps the first value and leaves the others to all. It
// releases mu.
func (d *drawer) draw(ctx context.Context, oid uint32, q *drawnSequence) (int64, error) {
	now := d.now()
	n := q.demand(now.Sub(q.at))
	if n > 1 {
		n = min(n, d.room(oid, q.last))
	}
	drawing := make(chan struct{})
	q.drawing, q.waiting, q.stale = drawing, 0, false
	d.mu.Unlock()

	moves := d.moves()
	values, err := d.propose(ctx, oid, n)

	d.mu.Lock()
	defer d.mu.Unlock()
	close(drawing)
	q.drawing = nil
	if err != nil {
		return 0, err
	}
	q.spare, q.last, q.moves, q.at, q.batch = values[1:], values[n-1], moves, now, n
	if q.stale {
		q.reset()
	}
	return values[0], nil
}

// demand is how many values to draw when the last batch has lasted for a while.
func (q *drawnSequence) demand(lasted time.Duration) int {
	if q.quick++; q.batch == 0 || lasted > spareAgeMax {
		q.quick = 0
	}
	if q.quick < drawSingles {
		return 1
	}
	n := 2 * q.batch
	if lasted > 0 {
		n = int(min(int64(n), int64(q.batch)*int64(drawSpan)/int64(lasted)))
	}
	return max(n, q.waiting, 1)
}

// reset gives up what is left, and begins with single values again.
func (q *drawnSequence) reset() { q.spare, q.batch, q.quick = nil, 0, 0 }

// room is how many values may be drawn at once after the last one, at most
// drawBatchMax: no batch may fail because the sequence ends within it, for its values
// would be lost.
func (d *drawer) room(oid uint32, last int64) int {
	def := d.definition(oid)
	switch {
	case def == nil:
		return 1
	case def.Cycle:
		return drawBatchMax
	}
	var left uint64
	if def.Increment > 0 {
		left = (uint64(def.Max) - uint64(last)) / uint64(def.Increment)
	} else {
		left = (uint64(last) - uint64(def.Min)) / -uint64(def.Increment)
	}
	return int(min(max(left, 1), drawBatchMax))
}

// forget gives up what is left of a sequence whose values somebody here has drawn by
// other means: later values must not be given before earlier ones.
func (d *drawer) forget(oid uint32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if q := d.sequences[oid]; q != nil {
		q.reset()
		q.stale = true
	}
}

// drawValues draws n values through the log.
func (m *Manager) drawValues(ctx context.Context, oid uint32, n int) ([]int64, error) {
	op := raftlog.Operation{Kind: raftlog.OpExec, SQL: "SELECT nextval_oid(?1)", Sets: n, Returns: true}
	for range n {
		op.Params = append(op.Params, types.IntValue(int64(oid)))
	}
	moment := raftlog.Moment{Time: microseconds(m.config.Now())}
	crand.Read(moment.Seed[:])
	result, _, err := m.config.Log.Propose(ctx, &raftlog.Entry{Moment: moment, Operations: []raftlog.Operation{op}})
	switch {
	case pgerr.Code(err) == pgerr.TransactionResolutionUnknown: // drawn or not, nobody was given them
		return nil, pgerr.New(pgerr.CannotConnectNow, "no values of the sequence could be drawn").
			WithDetail("No majority of the nodes could be asked. Nothing was changed.")
	case err != nil:
		return nil, err
	case result.Err != nil && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case result.Err != nil:
		return nil, result.Err
	case result.Status != raftlog.Applied || len(result.Statements) != 1:
		return nil, pgerr.New(pgerr.SerializationFailure, "no values of the sequence could be drawn").WithHint("Try again.")
	}
	values := make([]int64, 0, n)
	for rows := newValueRows(result.Statements[0].Rows); ; {
		more, err := rows.next()
		if err != nil || !more {
			return values, err
		}
		values = append(values, rows.column(0).Int64())
	}
}

// sequence returns the definition of a sequence, or nil.
func (m *Manager) sequence(oid uint32) *catalog.Sequence {
	if cat := m.catalog.Load(); cat != nil {
		if r := cat.RelationByOID(oid); r != nil {
			return r.Sequence
		}
	}
	return nil
}
