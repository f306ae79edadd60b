package pgwire

import (
	"encoding/binary"
	"time"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

const (
	// flushBytes is how much output gathers before it is sent without being
	// asked for.
	flushBytes = 32 << 10
	// outputKeepBytes is the largest output buffer kept between messages.
	outputKeepBytes = 256 << 10
	// HoldsMax bounds the answers that may wait in one Sync batch. A session
	// that reaches it must settle them before it goes on.
	HoldsMax = 16 << 10
)

// Reply is the ordered stream of answers to one client. It is not safe for
// concurrent use: it belongs to the goroutine that serves the connection.
type Reply struct {
	conn *conn
	out  []byte // answers in order, up to the first held place
	// held are the places of answers not known yet, each with what follows it.
	held    []heldPlace
	filling int // the place being filled, or -1
	rowAt   int
	err     error // the first failed write; everything after it is dropped
}

type heldPlace struct {
	answer []byte
	after  []byte
}

// target returns the buffer that the next message belongs in.
func (r *Reply) target() *[]byte {
	switch {
	case r.filling >= 0:
		return &r.held[r.filling].answer
	case len(r.held) > 0:
		return &r.held[len(r.held)-1].after
	}
	return &r.out
}

// wrote sends the output when much has gathered and nothing holds it.
func (r *Reply) wrote() {
	if len(r.out) >= flushBytes && len(r.held) == 0 {
		r.flush()
	}
}

// flush sends what may be sent. A failed write is remembered and ends the
// connection at its next read.
func (r *Reply) flush() {
	if len(r.out) == 0 {
		return
	}
	if r.err == nil {
		r.conn.net.SetWriteDeadline(time.Now().Add(writeTimeout))
		_, r.err = r.conn.net.Write(r.out)
	}
	if cap(r.out) > outputKeepBytes {
		r.out = nil
	}
	r.out = r.out[:0]
}

// Err returns the first error of writing to the client, or nil. A session
// that produces many rows gives up when it is set.
func (r *Reply) Err() error { return r.err }

// Hold reserves the place of an answer that is not known yet and returns its
// number. Messages written later wait behind it.
func (r *Reply) Hold() int {
	r.held = append(r.held, heldPlace{})
	return len(r.held) - 1
}

// Holds returns how many places are held.
func (r *Reply) Holds() int { return len(r.held) }

// Fill directs what is written until EndFill into the held place i.
func (r *Reply) Fill(i int) { r.filling = i }

// EndFill ends Fill.
func (r *Reply) EndFill() { r.filling = -1 }

// Settle puts all held answers, in order, into the stream.
func (r *Reply) Settle() {
	for i := range r.held {
		r.out = append(r.out, r.held[i].answer...)
		r.out = append(r.out, r.held[i].after...)
	}
	clear(r.held)
	r.held = r.held[:0]
	r.wrote()
}

// SettleBefore puts the held answers before place i into the stream and drops
// place i and all that was written behind it.
func (r *Reply) SettleBefore(i int) {
	clear(r.held[i:])
	r.held = r.held[:i]
	r.Settle()
}

// RowDescription announces the columns of the rows that follow.
func (r *Reply) RowDescription(columns []Column, formats []int16) {
	t := r.target()
	*t = appendRowDescription(*t, columns, formats)
}

// ParameterDescription announces the parameter types of a statement.
func (r *Reply) ParameterDescription(params []types.OID) {
	t := r.target()
	*t = appendParameterDescription(*t, params)
}

// NoData tells that a statement returns no rows.
func (r *Reply) NoData() { r.empty('n') }

// StartRow begins a DataRow of n columns. The caller appends n values with
// AppendValue or AppendNull to the returned buffer and hands it to EndRow.
func (r *Reply) StartRow(n int) []byte {
	t := r.target()
	r.rowAt = len(*t) + 1
	dst := append(*t, 'D', 0, 0, 0, 0)
	return binary.BigEndian.AppendUint16(dst, uint16(n))
}

// EndRow ends the DataRow whose values are in dst.
func (r *Reply) EndRow(dst []byte) {
	*r.target() = closeMessage(dst, r.rowAt)
	r.wrote()
}

// CommandComplete ends the answer to a statement.
func (r *Reply) CommandComplete(tag string) {
	t := r.target()
	dst, at := open(*t, 'C')
	*t = closeMessage(appendString(dst, tag), at)
	r.wrote()
}

// CommandCompleteCount ends the answer to a statement whose tag ends with a
// number of rows.
func (r *Reply) CommandCompleteCount(tag string, rows int64) {
	t := r.target()
	dst, at := open(*t, 'C')
	dst = append(append(dst, tag...), ' ')
	dst = append(appendDecimal(dst, rows), 0)
	*t = closeMessage(dst, at)
	r.wrote()
}

// EmptyQueryResponse answers a query string without a statement.
func (r *Reply) EmptyQueryResponse() { r.empty('I') }

// PortalSuspended tells that a portal has more rows than were asked for.
func (r *Reply) PortalSuspended() { r.empty('s') }

// ParameterStatus reports the value of a setting that clients follow.
func (r *Reply) ParameterStatus(name, value string) {
	t := r.target()
	dst, at := open(*t, 'S')
	*t = closeMessage(appendString(appendString(dst, name), value), at)
}

// Notice sends a message that is not an error. Severity "" means NOTICE.
func (r *Reply) Notice(e *pgerr.Error) {
	if e.Severity == "" {
		c := *e
		c.Severity = "NOTICE"
		e = &c
	}
	t := r.target()
	*t = appendError(*t, 'N', e)
}

// Notification tells of a NOTIFY by the session pid.
func (r *Reply) Notification(pid uint32, channel, payload string) {
	t := r.target()
	dst, at := open(*t, 'A')
	dst = binary.BigEndian.AppendUint32(dst, pid)
	*t = closeMessage(appendString(appendString(dst, channel), payload), at)
	r.wrote()
}

// Error sends an ErrorResponse. Sessions return errors instead; this is for
// the answers of a batch that is settled late.
func (r *Reply) Error(e *pgerr.Error) {
	t := r.target()
	*t = appendError(*t, 'E', e)
}

func (r *Reply) readyForQuery(status byte) {
	t := r.target()
	*t = append(*t, 'Z', 0, 0, 0, 5, status)
}

// empty writes a message without a body.
func (r *Reply) empty(kind byte) {
	t := r.target()
	*t = append(*t, kind, 0, 0, 0, 4)
}
