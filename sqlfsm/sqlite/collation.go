package sqlite

import (
	"fmt"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// CreateCollation makes compare the collating sequence name of this
// connection. compare must be a total order that never changes: indexes are
// built with it. A panic in it counts as equal and fails the statement.
func (c *Conn) CreateCollation(name string, compare func(a, b []byte) int) error {
	z, err := cString(name)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, z)
	f := func(_ *libc.TLS, _ uintptr, n1 int32, p1 uintptr, n2 int32, p2 uintptr) (r int32) {
		defer func() {
			if e := recover(); e != nil {
				c.failLater(panicError(e))
				r = 0
			}
		}()
		return int32(compare(view(p1, int(n1)), view(p2, int(n2))))
	}
	c.keep = append(c.keep, f)
	rc := lib.Xsqlite3_create_collation_v2(c.tls, c.db, z, lib.SQLITE_UTF8, 0, funcPointer(f), 0)
	if rc != lib.SQLITE_OK {
		return fmt.Errorf("create collation %s: %w", name, c.fail(rc))
	}
	return nil
}
