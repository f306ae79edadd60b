package pgwire

import (
	"encoding/binary"
	"io"
	"time"

	"polyreme/pgwire/pgerr"
)

// CopyIn is the data a client sends for COPY FROM STDIN.
type CopyIn struct {
	c    *conn
	done bool
}

// CopyIn asks the client for data in the format (FormatText, also for CSV, or
// FormatBinary) of a number of columns. Held answers must be settled before.
func (r *Reply) CopyIn(format int16, columns int) *CopyIn {
	t := r.target()
	*t = appendCopyResponse(*t, 'G', format, columns)
	return &CopyIn{c: r.conn}
}

// CopyOut announces rows of COPY TO STDOUT.
func (r *Reply) CopyOut(format int16, columns int) {
	t := r.target()
	*t = appendCopyResponse(*t, 'H', format, columns)
}

// CopyData sends one row of COPY TO STDOUT.
func (r *Reply) CopyData(row []byte) {
	t := r.target()
	dst, at := open(*t, 'd')
	*t = closeMessage(append(dst, row...), at)
	r.wrote()
}

// CopyDone ends the rows of COPY TO STDOUT.
func (r *Reply) CopyDone() { r.empty('c') }

func appendCopyResponse(dst []byte, kind byte, format int16, columns int) []byte {
	dst, at := open(dst, kind)
	dst = append(dst, byte(format))
	dst = binary.BigEndian.AppendUint16(dst, uint16(columns))
	for range columns {
		dst = binary.BigEndian.AppendUint16(dst, uint16(format))
	}
	return closeMessage(dst, at)
}

// Next returns the next piece of data, valid until the next call, or io.EOF
// when the client has sent all. It returns 57014 when the client gave up.
func (in *CopyIn) Next() ([]byte, error) {
	if in.done {
		return nil, io.EOF
	}
	for {
		in.c.busySince.Store(time.Now().UnixNano())
		kind, body, err := in.c.frames.next(in.c.server.config.MessageBytesMax)
		if err != nil {
			in.done = true
			return nil, in.readFailed(err)
		}
		switch kind {
		case 'd':
			return body, nil
		case 'c':
			in.done = true
			return nil, io.EOF
		case 'f':
			in.done = true
			reason, _, _ := cutString(body)
			return nil, pgerr.New(pgerr.QueryCanceled, "COPY from stdin failed: %s", reason)
		case 'H', 'S':
			// Flush and Sync are ignored during COPY, as PostgreSQL does.
		default:
			in.done = true
			return nil, &pgerr.Error{
				Severity: "FATAL", Code: pgerr.ProtocolViolation,
				Message: "unexpected message type 0x" + hexByte(kind) + " during COPY from stdin",
			}
		}
	}
}

func (in *CopyIn) readFailed(err error) error {
	if large, ok := err.(*errTooLarge); ok {
		return &pgerr.Error{Severity: "FATAL", Code: pgerr.ProgramLimitExceeded, Message: large.Error()}
	}
	return &pgerr.Error{Severity: "FATAL", Code: pgerr.ConnectionFailure, Message: "unexpected EOF on client connection during COPY from stdin"}
}

func hexByte(b byte) string {
	const digits = "0123456789ABCDEF"
	return string([]byte{digits[b>>4], digits[b&15]})
}
