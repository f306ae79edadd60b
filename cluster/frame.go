package cluster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// A connection to the peer port begins with a preface of four bytes:
//
//	magic    2 bytes  "PR"
//	version  byte     1
//	kind     byte     'R' raft, 'C' calls, 'A' appends
//
// After 'R' follow raft's own RPCs. After 'C' and 'A', which carries appends to
// the log only, follow frames, in both directions:
//
//	length   uint32   of what follows the length, little endian
//	type     byte     1 call, 2 reply, 3 error
//	method   byte     of the call
//	id       uint64   chosen by the caller, little endian
//	payload  bytes
//
// The payload of an error frame is one byte of fault, then an encoded
// pgerr.Error (raftlog.AppendError).
const (
	peerVersion  = 1
	prefaceBytes = 4
	kindRaft     = 'R'
	kindCalls    = 'C'
	kindAppends  = 'A'

	frameHeaderBytes = 4 + 1 + 1 + 8
	// PayloadBytesMax bounds the payload of one call or reply.
	PayloadBytesMax = raftlog.EntryBytesMax + 2<<20
)

type frameType uint8

const (
	frameCall frameType = iota + 1
	frameReply
	frameError
	frameLost // never sent: what a waiting function gets when the connection ends
)

// fault classifies an error that crossed the network.
type fault uint8

const (
	faultError     fault = iota // a pgerr.Error
	faultNotLeader              // the node asked does not lead (or is not ready to)
	faultClosing                // the node asked is stopping
	faultMethod                 // the node asked has no such method
)

// Errors of this package. Callers inside the package retry the first two.
var (
	errNotLeader  = errors.New("this node does not lead the cluster")
	errClosing    = errors.New("this node is stopping")
	errConnection = errors.New("connection to the peer lost")
	errMethod     = errors.New("no such method on the peer: it runs another version")
)

func preface(kind byte) []byte { return []byte{'P', 'R', peerVersion, kind} }

// readPreface reads the preface and returns the connection's kind.
func readPreface(r io.Reader) (byte, error) {
	var b [prefaceBytes]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, fmt.Errorf("read preface: %w", err)
	}
	switch {
	case b[0] != 'P' || b[1] != 'R':
		return 0, errors.New("read preface: not a peer")
	case b[2] != peerVersion:
		return 0, fmt.Errorf("read preface: the peer speaks version %d, this node %d", b[2], peerVersion)
	}
	return b[3], nil
}

type frame struct {
	kind    frameType
	method  uint8
	id      uint64
	payload []byte
}

func appendFrame(dst []byte, kind frameType, method uint8, id uint64, payload []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(frameHeaderBytes-4+len(payload)))
	dst = append(dst, byte(kind), method)
	dst = binary.LittleEndian.AppendUint64(dst, id)
	return append(dst, payload...)
}

// readFrame reads one frame. Its payload is a slice of its own.
func readFrame(r io.Reader) (frame, error) {
	var h [frameHeaderBytes]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return frame{}, err
	}
	n := int64(binary.LittleEndian.Uint32(h[:])) - (frameHeaderBytes - 4)
	if n < 0 || n > PayloadBytesMax {
		return frame{}, fmt.Errorf("frame of %d bytes", n)
	}
	f := frame{kind: frameType(h[4]), method: h[5], id: binary.LittleEndian.Uint64(h[6:])}
	if f.kind < frameCall || f.kind > frameError {
		return frame{}, fmt.Errorf("frame of type %d", f.kind)
	}
	if n > 0 {
		f.payload = make([]byte, n)
		if _, err := io.ReadFull(r, f.payload); err != nil {
			return frame{}, fmt.Errorf("read frame: %w", err)
		}
	}
	return f, nil
}

func encodeFault(err error) []byte {
	switch {
	case errors.Is(err, errNotLeader):
		return []byte{byte(faultNotLeader)}
	case errors.Is(err, errClosing):
		return []byte{byte(faultClosing)}
	case errors.Is(err, errMethod):
		return []byte{byte(faultMethod)}
	}
	return raftlog.AppendError([]byte{byte(faultError)}, pgerr.From(err))
}

func decodeFault(b []byte) error {
	if len(b) == 0 {
		return errors.New("empty error from peer")
	}
	switch fault(b[0]) {
	case faultNotLeader:
		return errNotLeader
	case faultClosing:
		return errClosing
	case faultMethod:
		return errMethod
	}
	e, err := raftlog.DecodeError(b[1:])
	if err != nil {
		return fmt.Errorf("error from peer: %w", err)
	}
	if e == nil {
		return errors.New("error from peer without a reason")
	}
	return e
}
