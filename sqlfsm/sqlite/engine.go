package sqlite

import (
	"fmt"
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// initialize configures SQLite once for the process, before its first use.
//
// Memory statistics are switched off: they cost a global mutex for each
// allocation, and Conn.MemoryUsed does not need them.
var initialize = sync.OnceValue(func() error {
	tls := libc.NewTLS()
	defer tls.Close()
	va := libc.NewVaList(int32(0))
	defer libc.Xfree(tls, va)
	rc := lib.Xsqlite3_config(tls, lib.SQLITE_CONFIG_MEMSTATUS, va)
	if rc != lib.SQLITE_OK && rc != lib.SQLITE_MISUSE {
		return fmt.Errorf("configure sqlite: result code %d", rc)
	}
	if rc := lib.Xsqlite3_initialize(tls); rc != lib.SQLITE_OK {
		return fmt.Errorf("initialize sqlite: result code %d", rc)
	}
	return nil
})

// Version returns SQLite's version, "3.54.1".
func Version() string { return lib.SQLITE_VERSION }

// at views the memory at address p as a T. The memory is SQLite's, outside the
// Go heap, or kept alive by the owner of the address.
func at[T any](p uintptr) *T { return (*T)(*(*unsafe.Pointer)(unsafe.Pointer(&p))) }

// view returns the n bytes at p without a copy.
func view(p uintptr, n int) []byte {
	if p == 0 || n <= 0 {
		return []byte{}
	}
	return unsafe.Slice(at[byte](p), n)
}

// funcPointer returns f, a func value, as the function pointer that the
// translated C code calls. The caller keeps f alive for as long.
func funcPointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// cString copies s, which must not contain a NUL, to C memory with a final NUL.
func cString(s string) (uintptr, error) {
	for i := range len(s) {
		if s[i] == 0 {
			return 0, errNulByte
		}
	}
	return libc.CString(s)
}
