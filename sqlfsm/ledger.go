package sqlfsm

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// The Ledger makes each request take effect at most once (thesis §6.3).
//
// A request is (session, lane, sequence). A lane has one outstanding request,
// so only its last outcome is ever asked for again. Outcomes are kept where
// they were decided: one row of polyreme_outcome for each raft entry, with the
// outcomes of all requests packed in it, appended in one write. A row lives as
// long as it is the last word on some lane; when its last lane moves on, the
// row goes. Which rows live is a function of the log, not of how raft grouped
// it.
//
// The blob of a row is a sequence of
//
//	uvarint session, lane, sequence, length n
//	n bytes: the encoded Result
//
// Sessions end only by OpExpireSessions, whose bound is the log's clock.
type ledger struct {
	sessions map[uint64]*session
	uses     map[raftlog.Index]int // lanes whose last outcome is in the row

	// Of the raft entry being applied:
	index   raftlog.Index
	pending []byte          // its outcomes
	dead    []raftlog.Index // rows that nothing uses any more
	scratch []byte
}

// session is one incarnation of a front end.
type session struct {
	seen  int64 // the log's clock when it was last heard of, to about a minute
	lanes map[uint32]lane
}

// lane is the last decided request of a lane.
type lane struct {
	sequence uint64
	index    raftlog.Index // the row of its outcome
	offset   int           // of the outcome in the row's blob
}

const (
	// outcomeBytesMax bounds a kept outcome; a larger one is remembered as
	// ResultLost.
	outcomeBytesMax = 64 << 10
	// outcomesBytesMax bounds a row: beyond it only small outcomes are kept.
	outcomesBytesMax  = 1 << 20
	smallOutcomeBytes = 512

	// seenStep is how much the log's clock moves before a session's row is
	// written again.
	seenStep = 60 * 1_000_000 // µs
)

func loadLedger(conn *sqlite.Conn) (*ledger, error) {
	l := &ledger{sessions: make(map[uint64]*session), uses: make(map[raftlog.Index]int)}
	s, err := conn.Prepare("SELECT id, seen FROM polyreme_session")
	if err != nil {
		return nil, err
	}
	defer s.Release()
	for {
		row, err := s.Step()
		if err != nil {
			return nil, err
		}
		if !row {
			break
		}
		l.sessions[uint64(s.ColumnInt64(0))] = &session{seen: s.ColumnInt64(1), lanes: make(map[uint32]lane)}
	}
	return l, l.loadOutcomes(conn)
}

func (l *ledger) loadOutcomes(conn *sqlite.Conn) error {
	s, err := conn.Prepare("SELECT idx, outcomes FROM polyreme_outcome ORDER BY idx")
	if err != nil {
		return err
	}
	defer s.Release()
	for {
		row, err := s.Step()
		if err != nil || !row {
			return err
		}
		index, blob := raftlog.Index(s.ColumnInt64(0)), s.ColumnBytes(1)
		for offset := 0; offset < len(blob); {
			request, _, next, err := decodeOutcome(blob, offset)
			if err != nil {
				return err
			}
			if owner := l.sessions[request.Session]; owner != nil {
				if old, ok := owner.lanes[request.Lane]; ok {
					l.uses[old.index]--
				}
				owner.lanes[request.Lane] = lane{request.Sequence, index, offset}
				l.uses[index]++
			}
			offset = next
		}
	}
}

// decodeOutcome reads the outcome at offset of a row's blob and returns where
// the next one begins.
func decodeOutcome(blob []byte, offset int) (request raftlog.RequestID, outcome []byte, next int, err error) {
	var fields [4]uint64
	at := offset
	for i := range fields {
		v, n := binary.Uvarint(blob[at:])
		if n <= 0 {
			return request, nil, 0, errLedgerDamaged
		}
		fields[i] = v
		at += n
	}
	if fields[3] > uint64(len(blob)-at) {
		return request, nil, 0, errLedgerDamaged
	}
	next = at + int(fields[3])
	request = raftlog.RequestID{Session: fields[0], Lane: uint32(fields[1]), Sequence: fields[2]}
	return request, blob[at:next], next, nil
}

var errLedgerDamaged = errors.New("table polyreme_outcome is damaged")

// verdict is what the Ledger says about a request.
type verdict uint8

const (
	execute verdict = iota
	answered
	stale
	expired
)

// judge decides whether a request is to be executed. Sequences may leave gaps:
// a front end that gave up a request before it was proposed skips its number.
func (l *ledger) judge(request raftlog.RequestID) (verdict, lane) {
	owner := l.sessions[request.Session]
	if owner == nil {
		return expired, lane{}
	}
	last, ok := owner.lanes[request.Lane]
	switch {
	case !ok || request.Sequence > last.sequence:
		return execute, last
	case request.Sequence == last.sequence:
		return answered, last
	}
	return stale, last
}

// outcome returns the recorded outcome of a lane's last request.
func (l *ledger) outcome(conn *sqlite.Conn, last lane) (raftlog.Result, error) {
	blob := l.pending
	if last.index != l.index {
		s, err := conn.Prepare("SELECT outcomes FROM polyreme_outcome WHERE idx = ?1")
		if err != nil {
			return raftlog.Result{}, err
		}
		defer s.Release()
		if err := s.BindInt64(1, int64(last.index)); err != nil {
			return raftlog.Result{}, err
		}
		if row, err := s.Step(); err != nil || !row {
			return raftlog.Result{}, errors.Join(err, errLedgerDamaged)
		}
		blob = s.ColumnBytes(0)
	}
	if last.offset > len(blob) {
		return raftlog.Result{}, errLedgerDamaged
	}
	_, encoded, _, err := decodeOutcome(blob, last.offset)
	if err != nil {
		return raftlog.Result{}, err
	}
	result, err := raftlog.DecodeResult(slices.Clone(encoded))
	if err != nil {
		return raftlog.Result{}, fmt.Errorf("%w: %w", errLedgerDamaged, err)
	}
	return result, nil
}

// begin starts the raft entry at index.
func (l *ledger) begin(index raftlog.Index) {
	l.index = index
	l.pending = l.pending[:0]
	l.dead = l.dead[:0]
}

// record keeps the outcome of a request that judge said to execute.
func (l *ledger) record(request raftlog.RequestID, result *raftlog.Result) {
	l.scratch = raftlog.AppendResult(l.scratch[:0], result)
	encoded := l.scratch
	if n := len(encoded); n > outcomeBytesMax || n > smallOutcomeBytes && len(l.pending)+n > outcomesBytesMax {
		lost := raftlog.Result{Status: raftlog.ResultLost}
		if result.Status != raftlog.Applied {
			// What changed nothing is remembered as such.
			lost = raftlog.Result{Status: result.Status, Statement: result.Statement, Err: shortError(result.Err)}
		}
		l.scratch = raftlog.AppendResult(l.scratch[:0], &lost)
		encoded = l.scratch
	}
	offset := len(l.pending)
	l.pending = binary.AppendUvarint(l.pending, request.Session)
	l.pending = binary.AppendUvarint(l.pending, uint64(request.Lane))
	l.pending = binary.AppendUvarint(l.pending, request.Sequence)
	l.pending = binary.AppendUvarint(l.pending, uint64(len(encoded)))
	l.pending = append(l.pending, encoded...)

	owner := l.sessions[request.Session]
	if old, ok := owner.lanes[request.Lane]; ok {
		l.release(old.index)
	}
	owner.lanes[request.Lane] = lane{request.Sequence, l.index, offset}
	l.uses[l.index]++
}

// release says that one lane less needs the row.
func (l *ledger) release(index raftlog.Index) {
	n := l.uses[index] - 1
	if n > 0 {
		l.uses[index] = n
		return
	}
	delete(l.uses, index)
	if index != l.index {
		l.dead = append(l.dead, index)
	}
}

// flush writes what the raft entry changed.
func (l *ledger) flush(conn *sqlite.Conn) error {
	if l.uses[l.index] > 0 {
		if err := runWith(conn, "INSERT INTO polyreme_outcome(idx, outcomes) VALUES(?1, ?2)",
			types.IntValue(int64(l.index)), types.BlobValue(l.pending)); err != nil {
			return err
		}
	}
	slices.Sort(l.dead)
	for _, index := range l.dead {
		if err := runWith(conn, "DELETE FROM polyreme_outcome WHERE idx = ?1", types.IntValue(int64(index))); err != nil {
			return err
		}
	}
	return nil
}

// touch notes that a session was heard of.
func (l *ledger) touch(conn *sqlite.Conn, id uint64, clock int64) error {
	owner := l.sessions[id]
	if owner == nil || clock < owner.seen+seenStep {
		return nil
	}
	owner.seen = clock
	return runWith(conn, "UPDATE polyreme_session SET seen = ?2 WHERE id = ?1", types.IntValue(int64(id)), types.IntValue(clock))
}

// open adds a session.
func (l *ledger) open(conn *sqlite.Conn, id uint64, node types.Value, clock int64) error {
	l.sessions[id] = &session{seen: clock, lanes: make(map[uint32]lane)}
	return runWith(conn, "INSERT INTO polyreme_session(id, node, opened, seen) VALUES(?1, ?2, ?3, ?3)",
		types.IntValue(int64(id)), node, types.IntValue(clock))
}

// expire ends the sessions not heard of since before, with their staged rows,
// and drops all rows staged before it.
func (l *ledger) expire(conn *sqlite.Conn, before int64) error {
	var gone []uint64
	for id, s := range l.sessions {
		if s.seen < before {
			gone = append(gone, id)
		}
	}
	slices.Sort(gone)
	for _, id := range gone {
		lanes := make([]lane, 0, len(l.sessions[id].lanes))
		for _, last := range l.sessions[id].lanes {
			lanes = append(lanes, last)
		}
		slices.SortFunc(lanes, func(a, b lane) int { return cmp.Compare(a.index, b.index) })
		for _, last := range lanes {
			l.release(last.index)
		}
		delete(l.sessions, id)
		if err := runWith(conn, "DELETE FROM polyreme_session WHERE id = ?1", types.IntValue(int64(id))); err != nil {
			return err
		}
		if err := runWith(conn, "DELETE FROM polyreme_stage WHERE session = ?1", types.IntValue(int64(id))); err != nil {
			return err
		}
	}
	return runWith(conn, "DELETE FROM polyreme_stage WHERE written < ?1", types.IntValue(before))
}

// shortError is what is kept of an error whose outcome is too large.
func shortError(e *pgerr.Error) *pgerr.Error {
	if e == nil {
		return nil
	}
	return &pgerr.Error{Code: e.Code, Message: "the message of this error was too long to keep", Table: e.Table, Constraint: e.Constraint}
}

// runWith runs one of the state machine's own statements.
func runWith(conn *sqlite.Conn, sql string, params ...types.Value) error {
	s, err := conn.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Release()
	for i, p := range params {
		if err := s.Bind(i+1, p); err != nil {
			return err
		}
	}
	return s.Run()
}
