package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// The stream is what travels between nodes: the database file in chunks, each
// with its checksum, so that a broken transfer is found at once. All numbers
// are big-endian.
//
//	header   8 bytes  "plyrsnap"
//	         4        format version, now 1
//	         8        size of the database in bytes
//	         4        CRC-32C of the 20 bytes before
//	chunk    4        length n of the data, 1 to 1 MiB
//	         4        CRC-32C of the chunk's number (8 bytes) and its data
//	         n        data
//	trailer  4        0
//	         4        CRC-32C of the number of chunks (8 bytes)
//
// Every chunk but the last is chunkBytes long, so the stream's size follows
// from the database's: raft wants to know it before the first byte.
const (
	streamMagic   = "plyrsnap"
	streamVersion = 1
	headerBytes   = 24
	frameBytes    = 8
	chunkBytes    = 256 << 10
	chunkBytesMax = 1 << 20
)

// errStream is the class of all damage found in a stream.
var errStream = errors.New("snapshot stream is damaged")

// streamSize returns the size of the stream of a database.
func streamSize(database int64) int64 {
	chunks := (database + chunkBytes - 1) / chunkBytes
	return headerBytes + database + chunks*frameBytes + frameBytes
}

// checksum is the CRC-32C of a chunk's number and its data.
func checksum(number uint64, data []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], number)
	return crc32.Update(crc32.Update(0, table, n[:]), table, data)
}

// encoder turns the bytes of a database into a stream. One goroutine uses it.
type encoder struct {
	source io.ReadCloser
	left   int64  // bytes of the database not read yet
	number uint64 // of the next chunk
	buffer []byte // the frame being handed out
	out    []byte // what is left of it
	ended  bool
	onEnd  func()
}

// newEncoder streams size bytes of source; onEnd runs when it is closed.
func newEncoder(source io.ReadCloser, size int64, onEnd func()) *encoder {
	e := &encoder{source: source, left: size, onEnd: onEnd, buffer: make([]byte, frameBytes+chunkBytes)}
	header := e.buffer[:headerBytes]
	copy(header, streamMagic)
	binary.BigEndian.PutUint32(header[8:], streamVersion)
	binary.BigEndian.PutUint64(header[12:], uint64(size))
	binary.BigEndian.PutUint32(header[20:], checksum(0, header[:20]))
	e.out = header
	return e
}

// Read gives the next bytes of the stream.
func (e *encoder) Read(p []byte) (int, error) {
	if len(e.out) == 0 {
		if e.ended {
			return 0, io.EOF
		}
		if err := e.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, e.out)
	e.out = e.out[n:]
	return n, nil
}

// next fills the buffer with the next frame.
func (e *encoder) next() error {
	n := min(e.left, chunkBytes)
	data := e.buffer[frameBytes : frameBytes+n]
	if _, err := io.ReadFull(e.source, data); err != nil {
		return fmt.Errorf("read database for snapshot: %w", err)
	}
	binary.BigEndian.PutUint32(e.buffer, uint32(n))
	binary.BigEndian.PutUint32(e.buffer[4:], checksum(e.number, data))
	e.out = e.buffer[:frameBytes+n]
	e.left -= n
	e.number++
	e.ended = n == 0
	return nil
}

// Close ends the pinned read snapshot behind the stream.
func (e *encoder) Close() error {
	if e.onEnd != nil {
		e.onEnd()
		e.onEnd = nil
		return e.source.Close()
	}
	return nil
}

// decoder takes a stream in pieces of any size, verifies it and writes the
// database to its target.
type decoder struct {
	target io.Writer
	held   []byte // bytes of a frame that is not complete yet
	size   int64  // of the database, from the header; -1 before it
	wrote  int64
	number uint64
	ended  bool
}

func newDecoder(target io.Writer) *decoder { return &decoder{target: target, size: -1} }

// Write takes the next piece.
func (d *decoder) Write(p []byte) (int, error) {
	d.held = append(d.held, p...)
	rest := d.held
	for len(rest) > 0 {
		used, err := d.step(rest)
		if err != nil {
			return 0, err
		}
		if used == 0 {
			break
		}
		rest = rest[used:]
	}
	d.held = append(d.held[:0], rest...)
	return len(p), nil
}

// step consumes one whole frame of b, or nothing where b does not hold one.
func (d *decoder) step(b []byte) (int, error) {
	switch {
	case d.ended:
		return 0, fmt.Errorf("%w: bytes after its end", errStream)
	case d.size < 0:
		return d.header(b)
	case len(b) < frameBytes:
		return 0, nil
	}
	n, sum := int64(binary.BigEndian.Uint32(b)), binary.BigEndian.Uint32(b[4:])
	if n > chunkBytesMax || n > d.size-d.wrote {
		return 0, fmt.Errorf("%w: chunk %d of %d bytes", errStream, d.number, n)
	}
	if int64(len(b)) < frameBytes+n {
		return 0, nil
	}
	data := b[frameBytes : frameBytes+n]
	if checksum(d.number, data) != sum {
		return 0, fmt.Errorf("%w: checksum of chunk %d", errStream, d.number)
	}
	if n == 0 {
		d.ended = true
		return frameBytes, nil
	}
	if _, err := d.target.Write(data); err != nil {
		return 0, err
	}
	d.number++
	d.wrote += n
	return frameBytes + int(n), nil
}

// header reads the stream's first bytes.
func (d *decoder) header(b []byte) (int, error) {
	if len(b) < headerBytes {
		return 0, nil
	}
	if string(b[:8]) != streamMagic {
		return 0, fmt.Errorf("%w: it does not begin as one", errStream)
	}
	if checksum(0, b[:20]) != binary.BigEndian.Uint32(b[20:]) {
		return 0, fmt.Errorf("%w: checksum of the header", errStream)
	}
	if v := binary.BigEndian.Uint32(b[8:]); v != streamVersion {
		return 0, fmt.Errorf("%w: stream format %d, this version reads %d", ErrNewerFormat, v, streamVersion)
	}
	size := binary.BigEndian.Uint64(b[12:])
	if size == 0 || size > 1<<62 {
		return 0, fmt.Errorf("%w: database of %d bytes", errStream, size)
	}
	d.size = int64(size)
	return headerBytes, nil
}

// complete tells whether the whole database arrived.
func (d *decoder) complete() error {
	if !d.ended || d.wrote != d.size || len(d.held) != 0 {
		return fmt.Errorf("%w: it ends early, after %d bytes of the database", errStream, d.wrote)
	}
	return nil
}
