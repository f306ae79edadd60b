package sqlite

import (
	"encoding/binary"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// One write for each commit
//
// wal.c writes each frame of a commit with two system calls, 24 bytes of
// header and then the page. Half of the time of a small transaction goes there.
// walBuffer stands between wal.c and the WAL file of a connection and joins
// the contiguous frames of a commit into one pwrite.
//
// It holds back only appended frames, and only until the frame that carries
// the commit mark (a database size that is not 0 in its header) is complete;
// that write's error is the commit's error. Nobody misses what is held back:
// other connections read no frame before the wal-index header names it, which
// wal.c changes after the frames are written; this connection's own reads and
// every other operation on the file flush first.
//
// What remains is a header that wal.c writes alone (it computes checksums again
// after a spilled page was changed once more). If that is the last thing it
// does before the commit becomes visible, the barrier between the two writes of
// the wal-index header flushes it; an error there is kept and fails Commit.
type walBuffer struct {
	conn   *Conn
	wal    uintptr // lib.TWal
	memory uintptr // a walBufferMemory
	start  int64   // file offset of the first byte held back
	used   int
	commit bool // the last header held back carries the commit mark
	failed int32

	write func(tls *libc.TLS, file, p uintptr, n int32, off int64) int32
}

// walBufferBytes holds 31 frames; a longer commit takes more writes. SQLite's
// unix VFS writes at most 128 KiB - 1 at once.
const walBufferBytes = 31 * walFrameBytes

// walBufferMemory is C memory that lives as long as the connection.
type walBufferMemory struct {
	db, wal lib.Tsqlite3_io_methods
	bytes   [walBufferBytes]byte
}

const (
	walHeaderBytes      = 32
	walFrameHeaderBytes = 24
)

// bufferWAL installs a walBuffer. The WAL must be open.
func (c *Conn) bufferWAL() {
	wal := mainWAL(c)
	if wal == nil {
		return
	}
	b := &walBuffer{conn: c, wal: walAddress(c)}
	b.memory = libc.Xcalloc(c.tls, 1, libc.Tsize_t(unsafe.Sizeof(walBufferMemory{})))
	c.blocks = append(c.blocks, b.memory)
	c.walBuffer = b
	m := at[walBufferMemory](b.memory)

	file := at[lib.Tsqlite3_file](wal.FpWalFd)
	m.wal = *at[lib.Tsqlite3_io_methods](file.FpMethods)
	b.write = callable[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](m.wal.FxWrite)
	read := callable[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](m.wal.FxRead)
	truncate := callable[func(*libc.TLS, uintptr, int64) int32](m.wal.FxTruncate)
	sync := callable[func(*libc.TLS, uintptr, int32) int32](m.wal.FxSync)
	size := callable[func(*libc.TLS, uintptr, uintptr) int32](m.wal.FxFileSize)
	xWrite := b.add
	xRead := func(tls *libc.TLS, file, p uintptr, n int32, off int64) int32 {
		if rc := b.flush(tls, file); rc != lib.SQLITE_OK {
			return rc
		}
		return read(tls, file, p, n, off)
	}
	xTruncate := func(tls *libc.TLS, file uintptr, n int64) int32 {
		if rc := b.flush(tls, file); rc != lib.SQLITE_OK {
			return rc
		}
		return truncate(tls, file, n)
	}
	xSync := func(tls *libc.TLS, file uintptr, flags int32) int32 {
		if rc := b.flush(tls, file); rc != lib.SQLITE_OK {
			return rc
		}
		return sync(tls, file, flags)
	}
	xFileSize := func(tls *libc.TLS, file, out uintptr) int32 {
		if rc := b.flush(tls, file); rc != lib.SQLITE_OK {
			return rc
		}
		return size(tls, file, out)
	}
	c.keep = append(c.keep, xWrite, xRead, xTruncate, xSync, xFileSize)
	m.wal.FxWrite, m.wal.FxRead = funcPointer(xWrite), funcPointer(xRead)
	m.wal.FxTruncate, m.wal.FxSync = funcPointer(xTruncate), funcPointer(xSync)
	m.wal.FxFileSize = funcPointer(xFileSize)
	file.FpMethods = b.memory + unsafe.Offsetof(m.wal)

	file = at[lib.Tsqlite3_file](wal.FpDbFd)
	m.db = *at[lib.Tsqlite3_io_methods](file.FpMethods)
	barrier := callable[func(*libc.TLS, uintptr)](m.db.FxShmBarrier)
	walFile := wal.FpWalFd
	xBarrier := func(tls *libc.TLS, file uintptr) {
		if b.used > 0 {
			if rc := b.flush(tls, walFile); rc != lib.SQLITE_OK {
				b.failed = rc
			}
		}
		barrier(tls, file)
	}
	c.keep = append(c.keep, xBarrier)
	m.db.FxShmBarrier = funcPointer(xBarrier)
	file.FpMethods = b.memory + unsafe.Offsetof(m.db)
}

// callable is the inverse of funcPointer.
func callable[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) }

// add is xWrite of the WAL file.
func (b *walBuffer) add(tls *libc.TLS, file, p uintptr, n int32, off int64) int32 {
	joins := b.used > 0 && off == b.start+int64(b.used)
	if !joins || b.used+int(n) > walBufferBytes {
		if rc := b.flush(tls, file); rc != lib.SQLITE_OK {
			return rc
		}
		joins = joins || (n == walFrameHeaderBytes && off == b.next())
		if !joins || n > walBufferBytes {
			return b.write(tls, file, p, n, off)
		}
		b.start = off
	}
	data := view(p, int(n))
	copy(at[walBufferMemory](b.memory).bytes[b.used:], data)
	b.used += int(n)
	if n == walFrameHeaderBytes {
		b.commit = binary.BigEndian.Uint32(data[4:]) != 0
		return lib.SQLITE_OK
	}
	if b.commit {
		return b.flush(tls, file)
	}
	return lib.SQLITE_OK
}

// next returns the offset of the frame that follows the last one in the index.
func (b *walBuffer) next() int64 {
	return walHeaderBytes + int64(at[lib.TWal](b.wal).Fhdr.FmxFrame)*walFrameBytes
}

// flush writes what is held back.
func (b *walBuffer) flush(tls *libc.TLS, file uintptr) int32 {
	if b.used == 0 {
		return lib.SQLITE_OK
	}
	n := b.used
	b.used, b.commit = 0, false
	return b.write(tls, file, b.memory+unsafe.Offsetof(walBufferMemory{}.bytes), int32(n), b.start)
}

// err returns the error of a write that could not be reported when it happened.
func (b *walBuffer) err() error {
	if b == nil || b.failed == lib.SQLITE_OK {
		return nil
	}
	return failCode(b.failed, "write WAL")
}
