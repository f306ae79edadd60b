package sqlite

import (
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"polyreme/pgsql/types"
)

// cell is SQLite's sqlite3_value ("Mem" in vdbeInt.h): a result column, a
// function argument, a row value of the preupdate hook. Reading it in place
// saves three or four calls for each value.
type cell = lib.Tsqlite3_value

const cellSize = unsafe.Sizeof(cell{})

// Type bits of cell.Fflags (vdbeInt.h).
const (
	flagNull    = 0x0001
	flagText    = 0x0002
	flagInt     = 0x0004
	flagReal    = 0x0008
	flagBlob    = 0x0010
	flagIntReal = 0x0020 // an integer that stands for a real
	flagZero    = 0x0400 // a blob with a tail of zeros not yet written out
)

func cellInt(m *cell) int64 { return int64(math.Float64bits(m.Fu.Fr)) }

// cellKind follows the table of sqlite3_value_type.
func cellKind(m *cell) types.Kind {
	switch f := m.Fflags; {
	case f&flagNull != 0:
		return types.Null
	case f&flagInt != 0:
		return types.Int
	case f&(flagReal|flagIntReal) != 0:
		return types.Float
	case f&flagText != 0:
		return types.Text
	case f&flagBlob != 0:
		return types.Blob
	}
	return types.Null
}

func cellFloat(m *cell) float64 {
	if m.Fflags&(flagInt|flagIntReal) != 0 {
		return float64(cellInt(m))
	}
	return m.Fu.Fr
}

// cellBytes returns the bytes of a text or blob without a copy, nil for
// another kind.
func cellBytes(tls *libc.TLS, m *cell) []byte {
	if m.Fflags&(flagText|flagBlob) == 0 || m.Fflags&flagNull != 0 {
		return nil
	}
	if m.Fflags&flagZero != 0 {
		p := uintptr(unsafe.Pointer(m)) // SQLite's memory: it does not move
		if lib.Xsqlite3_value_blob(tls, p) == 0 {
			return []byte{}
		}
	}
	return view(m.Fz, int(m.Fn))
}

// cellValue returns the content of m; text and blobs alias SQLite's memory.
func cellValue(tls *libc.TLS, m *cell) types.Value {
	switch cellKind(m) {
	case types.Int:
		return types.IntValue(cellInt(m))
	case types.Float:
		return types.FloatValue(cellFloat(m))
	case types.Text:
		return types.TextBytes(cellBytes(tls, m))
	case types.Blob:
		return types.BlobValue(cellBytes(tls, m))
	}
	return types.Value{}
}
