package pgwire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

const (
	readBufferBytes = 16 << 10
	// bodyStepBytes is how far a body's buffer grows ahead of the bytes that
	// have arrived.
	bodyStepBytes = 1 << 20
	// bodyKeepBytes is the largest body buffer kept for the next message.
	bodyKeepBytes = 1 << 20
)

// errTooLarge is returned for a message whose body exceeds the limit. Its
// bytes have been discarded: the stream goes on behind it.
type errTooLarge struct {
	kind byte
	size int
	max  int
}

func (e *errTooLarge) Error() string {
	return fmt.Sprintf("message of %d bytes exceeds the limit of %d bytes", e.size, e.max)
}

// errBadLength is returned for a length word that no message can have. The
// stream cannot be read any further.
var errBadLength = errors.New("invalid message length")

// frameReader reads messages: one kind byte, a four-byte length that counts
// itself, and the body.
//
//	byte  0      1..4             5..
//	      kind   length (BE)      body, length-4 bytes
type frameReader struct {
	src  io.Reader
	buf  []byte // bytes read ahead are buf[r:w]
	r, w int
	body []byte
	// beforeBlock runs before each read from src.
	beforeBlock func() error
	// interrupted is asked when a read's deadline has passed, and tells whether
	// to go on reading.
	interrupted func() bool
}

func newFrameReader(src io.Reader, beforeBlock func() error, interrupted func() bool) *frameReader {
	return &frameReader{src: src, buf: make([]byte, readBufferBytes), beforeBlock: beforeBlock, interrupted: interrupted}
}

// read reads what has come into b. An interrupt is a read of nothing.
func (f *frameReader) read(b []byte) (int, error) {
	if err := f.beforeBlock(); err != nil {
		return 0, err
	}
	n, err := f.src.Read(b)
	if n > 0 || errors.Is(err, os.ErrDeadlineExceeded) && f.interrupted() {
		return n, nil
	}
	return n, err
}

// next returns the next message. The body is valid until the next call.
func (f *frameReader) next(max int) (kind byte, body []byte, err error) {
	if err := f.fill(5); err != nil {
		return 0, nil, err
	}
	kind = f.buf[f.r]
	length := int(int32(binary.BigEndian.Uint32(f.buf[f.r+1:])))
	if length < 4 {
		return kind, nil, errBadLength
	}
	size := length - 4
	f.r += 5
	if size > max {
		if err := f.discard(size); err != nil {
			return kind, nil, err
		}
		return kind, nil, &errTooLarge{kind: kind, size: size, max: max}
	}
	if size <= len(f.buf) {
		if err := f.fill(size); err != nil {
			return kind, nil, unexpected(err)
		}
		body = f.buf[f.r : f.r+size]
		f.r += size
		return kind, body, nil
	}
	body, err = f.large(size)
	return kind, body, err
}

// peek returns the kind of the next message when it has arrived whole, or 0.
func (f *frameReader) peek() byte {
	if f.w-f.r < 5 {
		return 0
	}
	length := int(int32(binary.BigEndian.Uint32(f.buf[f.r+1:])))
	if length < 4 || f.w-f.r < 1+length {
		return 0
	}
	return f.buf[f.r]
}

// fill makes at least n bytes available at buf[r:]; n is at most len(buf).
func (f *frameReader) fill(n int) error {
	if f.w-f.r >= n {
		return nil
	}
	if f.r > 0 {
		copy(f.buf, f.buf[f.r:f.w])
		f.w -= f.r
		f.r = 0
	}
	for f.w < n {
		m, err := f.read(f.buf[f.w:])
		f.w += m
		if err != nil {
			if f.w > 0 {
				return unexpected(err)
			}
			return err
		}
	}
	return nil
}

// large reads a body that does not fit the read buffer, growing as it comes.
func (f *frameReader) large(size int) ([]byte, error) {
	if cap(f.body) > bodyKeepBytes && size <= bodyKeepBytes {
		f.body = nil
	}
	body := f.body[:0]
	body = append(body, f.buf[f.r:f.w]...)
	f.r, f.w = 0, 0
	for len(body) < size {
		if len(body) == cap(body) {
			grown := make([]byte, len(body), min(size, max(2*cap(body), len(body)+bodyStepBytes)))
			copy(grown, body)
			body = grown
		}
		n, err := f.read(body[len(body):min(size, cap(body))])
		body = body[:len(body)+n]
		if err != nil {
			return nil, unexpected(err)
		}
	}
	f.body = body
	return body, nil
}

func (f *frameReader) discard(size int) error {
	for size > 0 {
		if f.r == f.w {
			f.r, f.w = 0, 0
			if err := f.fill(1); err != nil {
				return unexpected(err)
			}
		}
		n := min(size, f.w-f.r)
		f.r += n
		size -= n
	}
	return nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
