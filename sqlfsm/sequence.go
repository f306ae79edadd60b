package sqlfsm

import (
	"slices"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// sequences serves nextval and its family on one connection. As in PostgreSQL
// a value once drawn is never given again, whatever becomes of the transaction:
// values are drawn in memory and written to polyreme_sequence by flush, outside
// every savepoint.
//
// The definitions are the rows of pg_sequence. Operations that write
// polyreme_sequence or pg_sequence by themselves belong to entries that change
// the schema, around which the state in memory is flushed and forgotten.
type sequences struct {
	conn  *sqlite.Conn
	known map[uint32]*sequence
	dirty []uint32
	drawn []*sequence    // since begin
	given []raftlog.Draw // since begin, whatever was forgotten
	named uint32         // the sequence of the last nextval since begin
	trail []step         // since mark
	moves uint64         // by other means than nextval

	// ahead has the values that the entry brings: nextval gives them before others.
	// source gives them to a workspace, with false for a sequence that is the
	// transaction's own.
	ahead  map[uint32][]int64
	source func(oid uint32) (value int64, ok bool, err error)

	before     map[uint32]int64 // what the session drew before the transaction
	beforeLast uint32           // of lastval, 0 for none
	last       *sequence        // of lastval
}

// step is what a sequence was before it moved.
type step struct {
	sequence *sequence
	value    int64
	called   bool
}

// sequence is the definition and the state of a sequence.
type sequence struct {
	oid                 uint32
	increment, min, max int64
	cycle               bool
	value               int64
	called              bool // value was given out
	dirty               bool
	current             int64 // of currval
	drawn               bool  // current is valid
}

var _ builtin.Sequences = (*sequences)(nil)

func newSequences(conn *sqlite.Conn) *sequences {
	return &sequences{conn: conn, known: make(map[uint32]*sequence)}
}

// forget makes the next call read the tables again. Call flush before, unless
// the values drawn are to be undone.
func (q *sequences) forget() {
	clear(q.known)
	q.dirty = q.dirty[:0]
	q.drawn = q.drawn[:0]
	q.trail = q.trail[:0]
	q.last = nil
}

// flush writes the state of the sequences that moved.
func (q *sequences) flush() error {
	if len(q.dirty) == 0 {
		return nil
	}
	slices.Sort(q.dirty)
	for _, oid := range q.dirty {
		s := q.known[oid]
		if err := runWith(q.conn, "UPDATE polyreme_sequence SET last_value = ?2, is_called = ?3 WHERE oid = ?1",
			types.IntValue(int64(oid)), types.IntValue(s.value), types.BoolValue(s.called)); err != nil {
			return err
		}
		s.dirty = false
	}
	q.dirty = q.dirty[:0]
	return nil
}

// NextValue is nextval.
func (q *sequences) NextValue(oid uint32) (int64, error) {
	s, err := q.get(oid)
	if err != nil {
		return 0, err
	}
	if given, ok, err := q.foreseen(oid); ok || err != nil {
		if err == nil {
			q.draw(s, given)
			q.last, q.named = s, oid
		}
		return given, err
	}
	next := s.value
	if s.called {
		if next, err = q.after(s); err != nil {
			return 0, err
		}
	}
	q.move(s, next, true)
	q.draw(s, next)
	q.last, q.named = s, oid
	return next, nil
}

// foreseen returns a value that was drawn before, through the log.
func (q *sequences) foreseen(oid uint32) (value int64, ok bool, err error) {
	if list := q.ahead[oid]; len(list) > 0 {
		q.ahead[oid] = list[1:]
		return list[0], true, nil
	}
	if q.source != nil {
		return q.source(oid)
	}
	return 0, false, nil
}

// after returns the value that follows the last one given out.
func (q *sequences) after(s *sequence) (int64, error) {
	next := s.value + s.increment
	if s.increment > 0 && (next > s.max || next < s.value) {
		if !s.cycle {
			return 0, pgerr.New(sequenceLimitExceeded, `nextval: reached maximum value of sequence "%s" (%d)`, q.name(s.oid), s.max)
		}
		return s.min, nil
	}
	if s.increment < 0 && (next < s.min || next > s.value) {
		if !s.cycle {
			return 0, pgerr.New(sequenceLimitExceeded, `nextval: reached minimum value of sequence "%s" (%d)`, q.name(s.oid), s.min)
		}
		return s.max, nil
	}
	return next, nil
}

// sequenceLimitExceeded is sequence_generator_limit_exceeded.
const sequenceLimitExceeded = "2200H"

// CurrentValue is currval within the transaction.
func (q *sequences) CurrentValue(oid uint32) (int64, error) {
	s, err := q.get(oid)
	if err != nil {
		return 0, err
	}
	if !s.drawn {
		if v, ok := q.before[oid]; ok {
			return v, nil
		}
		return 0, pgerr.New(pgerr.ObjectNotInPrerequisiteState, `currval of sequence "%s" is not yet defined in this session`, q.name(oid))
	}
	return s.current, nil
}

// LastValue is lastval within the transaction.
func (q *sequences) LastValue() (int64, error) {
	if q.last == nil || !q.last.drawn {
		if q.beforeLast != 0 {
			return q.CurrentValue(q.beforeLast)
		}
		return 0, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "lastval is not yet defined in this session")
	}
	return q.last.current, nil
}

// SetValue is setval.
func (q *sequences) SetValue(oid uint32, value int64, called bool) error {
	s, err := q.get(oid)
	if err != nil {
		return err
	}
	if value < s.min || value > s.max {
		return pgerr.New(pgerr.NumericValueOutOfRange, `setval: value %d is out of bounds for sequence "%s" (%d..%d)`, value, q.name(oid), s.min, s.max)
	}
	q.move(s, value, called)
	q.moves++
	if called {
		q.draw(s, value)
	}
	return nil
}

// draw makes value the current one of s.
func (q *sequences) draw(s *sequence, value int64) {
	s.current = value
	if !s.drawn {
		s.drawn = true
		q.drawn = append(q.drawn, s)
	}
	for i := range q.given {
		if q.given[i].Sequence == s.oid {
			q.given[i].Value = value
			return
		}
	}
	q.given = append(q.given, raftlog.Draw{Sequence: s.oid, Value: value})
}

// draws returns what the entry's result says of sequences.
func (q *sequences) draws() ([]raftlog.Draw, uint32) {
	return slices.Clone(q.given), q.named
}

// move changes the state of a sequence.
func (q *sequences) move(s *sequence, value int64, called bool) {
	q.trail = append(q.trail, step{s, s.value, s.called})
	s.value, s.called = value, called
	if !s.dirty {
		s.dirty = true
		q.dirty = append(q.dirty, s.oid)
	}
}

// begin starts a transaction: currval and lastval know its own draws, and what
// remember says.
func (q *sequences) begin() {
	for _, s := range q.drawn {
		s.drawn = false
	}
	q.drawn = q.drawn[:0]
	q.given = q.given[:0]
	q.last, q.named = nil, 0
	q.before, q.beforeLast, q.ahead = nil, 0, nil
}

// remember tells what the session drew before the transaction: the value of
// the entry's DrawsSetting.
func (q *sequences) remember(draws string) (err error) {
	q.before, q.beforeLast, err = raftlog.ParseDraws(draws)
	return err
}

// mark is the place to which rewind goes back.
func (q *sequences) mark() { q.trail = q.trail[:0] }

// rewind takes all sequences back to where they were at mark, so that what was
// run since draws the same values again. restore puts them to where they are
// now.
func (q *sequences) rewind() (restore func()) {
	now := make([]step, 0, len(q.trail))
	for _, t := range q.trail {
		now = append(now, step{t.sequence, t.sequence.value, t.sequence.called})
	}
	for _, t := range slices.Backward(q.trail) {
		t.sequence.value, t.sequence.called = t.value, t.called
	}
	return func() {
		// A sequence that moves only now goes back to where it was at first.
		for _, t := range slices.Backward(q.trail) {
			t.sequence.value, t.sequence.called = t.value, t.called
		}
		for _, t := range now {
			t.sequence.value, t.sequence.called = t.value, t.called
		}
	}
}

// get returns the state of a sequence.
func (q *sequences) get(oid uint32) (*sequence, error) {
	if s := q.known[oid]; s != nil {
		return s, nil
	}
	stmt, err := q.conn.Prepare("SELECT d.seqincrement, d.seqmin, d.seqmax, d.seqcycle, s.last_value, s.is_called" +
		" FROM polyreme_sequence s JOIN pg_sequence d ON d.seqrelid = s.oid WHERE s.oid = ?1")
	if err != nil {
		return nil, err
	}
	defer stmt.Release()
	if err := stmt.BindInt64(1, int64(oid)); err != nil {
		return nil, err
	}
	row, err := stmt.Step()
	if err != nil {
		return nil, err
	}
	if !row {
		return nil, pgerr.New(pgerr.UndefinedTable, "could not open relation with OID %d", oid)
	}
	s := &sequence{
		oid: oid, increment: stmt.ColumnInt64(0), min: stmt.ColumnInt64(1), max: stmt.ColumnInt64(2),
		cycle: stmt.ColumnInt64(3) != 0, value: stmt.ColumnInt64(4), called: stmt.ColumnInt64(5) != 0,
	}
	q.known[oid] = s
	return s, nil
}

// name is the sequence's name for a message.
func (q *sequences) name(oid uint32) string {
	stmt, err := q.conn.Prepare("SELECT relname FROM pg_class WHERE oid = ?1")
	if err != nil {
		return ""
	}
	defer stmt.Release()
	if err := stmt.BindInt64(1, int64(oid)); err != nil {
		return ""
	}
	if row, err := stmt.Step(); err != nil || !row {
		return ""
	}
	return string(stmt.ColumnBytes(0))
}
