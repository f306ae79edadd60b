package raftlog

import (
	"encoding/binary"
	"math"

	"polyreme/pgwire/pgerr"
)

// Status is how the state machine decided an entry.
type Status uint8

// The statuses. Only Applied and ResultLost changed the database.
const (
	Applied        Status = iota + 1
	Failed                // an operation failed: Err, Statement; nothing was changed
	SchemaChanged         // a dependency has another version now: plan again
	SessionExpired        // the request's session is not in the Ledger: nothing was changed by this entry
	Conflict              // a digest differed: 40001
	Fenced                // the request was given up before it applied: it never will
	ResultLost            // applied before, but the outcome was too large to keep
	Stale                 // a later request of the lane was applied: this one was decided long ago
	statusEnd
)

var statusNames = [...]string{"none", "applied", "failed", "schema changed", "session expired", "conflict", "fenced", "result lost", "stale"}

// String names the status.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "unknown"
}

// StatementResult is what one client statement of an entry did.
type StatementResult struct {
	Changed int64
	Rows    Rows   // RETURNING rows
	Digest  []byte // of its result, for Operation.Expect; may be empty
}

// Result is the state machine's answer to an Entry.
type Result struct {
	Status     Status
	Err        *pgerr.Error // Failed, Conflict
	Statement  int          // the client statement that failed
	Session    uint64       // OpOpenSession; the first id of OpDrawXacts
	Statements []StatementResult
	Draws      []Draw // what nextval and setval gave, for currval
	LastDrawn  uint32 // the sequence of lastval, 0 for none
}

// A Draw is the last value that a sequence gave to an entry.
type Draw struct {
	Sequence uint32
	Value    int64
}

// EncodeResult returns the encoding of r in a slice of its own.
func EncodeResult(r *Result) []byte {
	n := 32
	for i := range r.Statements {
		n += 48 + len(r.Statements[i].Rows.Data)
	}
	return AppendResult(make([]byte, 0, n), r)
}

// AppendResult appends the encoding of r to dst.
func AppendResult(dst []byte, r *Result) []byte {
	dst = append(dst, Version, byte(r.Status))
	dst = binary.AppendUvarint(dst, uint64(r.Statement))
	dst = binary.AppendUvarint(dst, r.Session)
	dst = AppendError(dst, r.Err)
	dst = binary.AppendUvarint(dst, uint64(len(r.Statements)))
	for i := range r.Statements {
		s := &r.Statements[i]
		dst = binary.AppendVarint(dst, s.Changed)
		dst = appendBytes(dst, s.Digest)
		dst = s.Rows.append(dst)
	}
	return appendDraws(dst, r)
}

// appendDraws appends nothing where no sequence moved.
func appendDraws(dst []byte, r *Result) []byte {
	if len(r.Draws) == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.Draws)))
	for _, d := range r.Draws {
		dst = binary.AppendUvarint(dst, uint64(d.Sequence))
		dst = binary.AppendVarint(dst, d.Value)
	}
	return binary.AppendUvarint(dst, uint64(r.LastDrawn))
}

func (r *Result) readDraws(in *reader) {
	if in.err != nil || len(in.b) == 0 {
		return
	}
	r.Draws = make([]Draw, in.count(2))
	for i := range r.Draws {
		r.Draws[i].Sequence = in.oid()
		r.Draws[i].Value = in.varint()
	}
	r.LastDrawn = in.oid()
	if in.err == nil && len(r.Draws) == 0 {
		in.fail("draws")
	}
}

// DecodeResult decodes b. Rows and digests alias b.
func DecodeResult(b []byte) (Result, error) {
	in := reader{b: b}
	var r Result
	if err := in.version("result"); err != nil {
		return r, err
	}
	r.Status = Status(in.byte())
	if r.Status == 0 || r.Status >= statusEnd {
		in.fail("status")
	}
	r.Statement = in.int()
	r.Session = in.uvarint()
	r.Err = in.error()
	n := in.count(5)
	if n > 0 {
		r.Statements = make([]StatementResult, n)
	}
	for i := range r.Statements {
		s := &r.Statements[i]
		s.Changed = in.varint()
		if d := in.bytes(); len(d) > 0 {
			s.Digest = d
		}
		s.Rows.read(&in)
	}
	r.readDraws(&in)
	if err := in.end("result"); err != nil {
		return Result{}, err
	}
	return r, nil
}

func (r *reader) oid() uint32 {
	v := r.uvarint()
	if v > math.MaxUint32 {
		r.fail("OID")
	}
	return uint32(v)
}

// errorFields lists the strings of e in encoding order.
func errorFields(e *pgerr.Error) [11]*string {
	return [11]*string{
		&e.Severity, &e.Code, &e.Message, &e.Detail, &e.Hint, &e.Where,
		&e.Schema, &e.Table, &e.Column, &e.DataType, &e.Constraint,
	}
}

const errorPresent = 1 << 11 // set in every mask of an error, so that 0 is none

// AppendError appends the encoding of e, which may be nil, to dst.
func AppendError(dst []byte, e *pgerr.Error) []byte {
	if e == nil {
		return append(dst, 0)
	}
	fields := errorFields(e)
	mask := uint64(errorPresent)
	for i, f := range fields {
		if *f != "" {
			mask |= 1 << i
		}
	}
	dst = binary.AppendUvarint(dst, mask)
	dst = binary.AppendUvarint(dst, uint64(e.Position))
	for _, f := range fields {
		if *f != "" {
			dst = appendString(dst, *f)
		}
	}
	return dst
}

// DecodeError decodes what AppendError appended: nil for no error. It reads b
// to its end.
func DecodeError(b []byte) (*pgerr.Error, error) {
	in := reader{b: b}
	e := in.error()
	if err := in.end("error"); err != nil {
		return nil, err
	}
	return e, nil
}

func (r *reader) error() *pgerr.Error {
	mask := r.uvarint()
	if mask == 0 {
		return nil
	}
	if mask&errorPresent == 0 || mask >= errorPresent<<1 {
		r.fail("error mask")
		return nil
	}
	e := &pgerr.Error{Position: r.int()}
	for i, f := range errorFields(e) {
		if mask&(1<<i) != 0 {
			*f = string(r.bytes())
		}
	}
	return e
}
