// Package sqlite is the one door to the embedded SQLite engine
// (modernc.org/sqlite/lib, SQLite in pure Go). No other package calls it.
//
// It assumes the exact versions of modernc.org/sqlite and modernc.org/libc in
// go.mod: result rows and function arguments are read straight from SQLite's
// own value cells, and a workspace (Overlay) relies on the internals of wal.c
// that its file explains. The tests of this package are the conformance suite
// for a new version of either module.
//
// Invariants:
//
//  1. A Conn and everything made from it belong to one goroutine at a time.
//     Only Conn.Interrupt may be called from another.
//  2. Every connection of the process opens a file with the same VFS
//     ("unix-excl": locks and wal-index live in the process, other processes
//     are kept out).
//  3. No connection checkpoints by itself, neither on commit nor on close:
//     the bytes of the database file change only in Conn.Checkpoint.
//  4. Go memory that SQLite may reach after a call has returned (callbacks,
//     bound values) is referenced from the Conn or Stmt for as long as SQLite
//     may reach it. Go's collector does not move heap objects.
//  5. A panic in a callback never unwinds through SQLite: it becomes an error.
//
// A row, an argument or a bound value costs no allocation. Views handed out
// (Stmt.Column, Args.Bytes, Row.Old …) are valid until the next Step or Reset
// of the statement, or the return of the callback.
package sqlite
