package sqlite

import (
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"polyreme/pgsql/types"
)

// Bind sets parameter i, from 1, to a copy of v. Bindings last until Reset.
func (s *Stmt) Bind(i int, v types.Value) error {
	switch v.Kind {
	case types.Int:
		return s.BindInt64(i, v.Int64())
	case types.Float:
		return s.BindFloat64(i, v.Float64())
	case types.Text:
		return s.BindText(i, v.Bytes)
	case types.Blob:
		return s.BindBlob(i, v.Bytes)
	}
	return s.BindNull(i)
}

// BindNull sets parameter i to NULL.
func (s *Stmt) BindNull(i int) error {
	return s.bindResult(lib.Xsqlite3_bind_null(s.conn.tls, s.p, int32(i)))
}

// BindInt64 sets parameter i to an integer.
func (s *Stmt) BindInt64(i int, v int64) error {
	s.bound = true
	return s.bindResult(lib.Xsqlite3_bind_int64(s.conn.tls, s.p, int32(i), v))
}

// BindFloat64 sets parameter i to a real; SQLite makes NULL of a NaN.
func (s *Stmt) BindFloat64(i int, v float64) error {
	s.bound = true
	return s.bindResult(lib.Xsqlite3_bind_double(s.conn.tls, s.p, int32(i), v))
}

// BindText sets parameter i to a copy of the UTF-8 text v.
func (s *Stmt) BindText(i int, v []byte) error {
	p := s.store(v)
	return s.bindResult(lib.Xsqlite3_bind_text64(s.conn.tls, s.p, int32(i), p, uint64(len(v)), 0, lib.SQLITE_UTF8))
}

// BindString is BindText of a string.
func (s *Stmt) BindString(i int, v string) error {
	return s.BindText(i, unsafe.Slice(unsafe.StringData(v), len(v)))
}

// BindBlob sets parameter i to a copy of v.
func (s *Stmt) BindBlob(i int, v []byte) error {
	p := s.store(v)
	return s.bindResult(lib.Xsqlite3_bind_blob64(s.conn.tls, s.p, int32(i), p, uint64(len(v)), 0))
}

// store copies v into the arena and returns its address, never 0.
func (s *Stmt) store(v []byte) uintptr {
	s.bound = true
	if len(v) == 0 {
		return s.conn.scratch // an address that is not NULL
	}
	return s.arena.add(s.conn.tls, v)
}

func (s *Stmt) bindResult(rc int32) error {
	if rc == lib.SQLITE_OK {
		return nil
	}
	return s.conn.fail(rc)
}

// arena holds the text and blobs bound to a statement, which SQLite reads in
// place. It is C memory: SQLite's translated pointer arithmetic must not meet
// Go objects (checkptr refuses it under the race detector).
type arena struct {
	block     uintptr
	used, cap int
	full      []uintptr // earlier blocks, still bound
}

const (
	arenaBytesMin  = 256
	arenaBytesKept = 64 << 10 // the most that an idle statement keeps
)

// add returns the address of a copy of v.
func (a *arena) add(tls *libc.TLS, v []byte) uintptr {
	if a.used+len(v) > a.cap {
		if a.used > 0 {
			a.full = append(a.full, a.block)
		} else if a.block != 0 {
			libc.Xfree(tls, a.block)
		}
		a.used, a.cap = 0, max(2*a.cap, len(v), arenaBytesMin)
		a.block = libc.Xmalloc(tls, libc.Tsize_t(a.cap))
		if a.block == 0 {
			a.cap = 0
			panic(errNoMemory)
		}
	}
	p := a.block + uintptr(a.used)
	a.used += copy(view(p, len(v)), v)
	return p
}

// reset forgets what was added.
func (a *arena) reset(tls *libc.TLS) {
	for _, p := range a.full {
		libc.Xfree(tls, p)
	}
	a.full, a.used = a.full[:0], 0
	if a.cap > arenaBytesKept {
		a.free(tls)
	}
}

func (a *arena) free(tls *libc.TLS) {
	for _, p := range a.full {
		libc.Xfree(tls, p)
	}
	if a.block != 0 {
		libc.Xfree(tls, a.block)
	}
	*a = arena{}
}
