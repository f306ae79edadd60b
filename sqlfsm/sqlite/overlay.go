package sqlite

import (
	"errors"
	"fmt"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"polyreme/pgwire/pgerr"
)

// A workspace: a private, writable view of a read snapshot
//
// An interactive transaction must write, see its writes, use savepoints and
// even change the schema, while the one real writer goes on and other
// workspaces do the same; and nothing of it may reach the file.
//
// SQLite in WAL mode is almost there by itself. A write transaction changes
// pages only in the page cache of its connection; they go to the WAL when it
// commits, or earlier when the cache is full ("spill"). Its reads come from
// the cache or from the snapshot that it took at its start, exactly as a
// reader's. Only three things tie it to the others, and the workspace cuts
// them:
//
//  1. The write lock. sqlite3WalBeginWriteTransaction takes WAL_WRITE_LOCK and
//     checks that the snapshot is the newest. We let it run with
//     Wal.exclusiveMode set, which makes walLockExclusive succeed without a
//     lock, and, if the snapshot is not the newest any more, with a copy of
//     the snapshot's own header in place of the shared one. Then we clear
//     Wal.writeLock: the pager is in a write transaction, the WAL layer
//     believes that it reads. This matters for ROLLBACK, too: with writeLock
//     set, sqlite3WalUndo would clean up the hash tables of the shared
//     wal-index behind the real writer's back.
//  2. Spilling: PRAGMA cache_spill=OFF. What bounds the memory is the progress
//     handler, which compares the changed pages with the limit.
//  3. COMMIT: a commit hook refuses it, and SQLite rolls back.
//
// Outside a workspace transaction Wal.readOnly is set, so that a stray write
// fails before it could take the real write lock. And should all this be
// wrong some day, the connection's file methods are replaced by ones that
// refuse to write, truncate, or restart the WAL.
//
// The read lock is real: the checkpointer respects the snapshot. Everything
// else is plain SQLite: after ROLLBACK clean pages stay cached and are used
// again if nobody has committed since, the schema is parsed again only when
// it changed, prepared statements live on.
//
// The fields touched are those of the pinned version of modernc.org/sqlite;
// the compiler checks their names, overlay_test.go their meaning.

var (
	// ErrWorkspaceFull is within the error of a statement that drove a
	// workspace over its memory limit. The workspace's transaction is rolled
	// back. It is also a *pgerr.Error (53200) for the client.
	ErrWorkspaceFull = errors.New("workspace memory is exhausted")

	errNoMemory        = errors.New("out of memory")
	errWorkspaceCommit = errors.New("a workspace cannot commit")
)

// workspaceFullError gives the client 53200 and matches ErrWorkspaceFull.
type workspaceFullError struct{ client *pgerr.Error }

func (e workspaceFullError) Error() string   { return e.client.Message }
func (e workspaceFullError) Unwrap() []error { return []error{ErrWorkspaceFull, e.client} }

// Overlay makes a connection a workspace. It belongs to the goroutine of its
// connection.
type Overlay struct {
	pin      *Conn
	memLimit int64
	conn     *Conn

	memory uintptr // an overlayMemory
}

// overlayMemory is what SQLite reads, in C memory, while the connection is open.
type overlayMemory struct {
	dbMethods, walMethods lib.Tsqlite3_io_methods
	header                lib.TWalIndexHdr
	regions               [1]uintptr
}

// NewOverlay returns a workspace on the file of pin, which may use about
// memLimit bytes for changed pages: the limit is checked every 250 steps of
// SQLite's machine, so a single large value may exceed it for a moment, and
// what a sort or a savepoint keeps besides is not counted. While pin is in a read transaction the
// workspace sees its snapshot, otherwise the newest commit.
func NewOverlay(pin *Conn, memLimit int64) *Overlay {
	return &Overlay{pin: pin, memLimit: memLimit}
}

// Open opens the workspace's connection and begins its first transaction. The
// path and VFS are the pin's. Closing the connection ends the workspace.
func (o *Overlay) Open(cfg Config) (*Conn, error) {
	cfg.Path, cfg.VFS, cfg.ReadOnly = o.pin.config.Path, o.pin.config.VFS, false
	cfg.workspace = true
	c, err := Open(cfg)
	if err != nil {
		return nil, fmt.Errorf("open workspace: %w", err)
	}
	o.conn = c
	if err := o.attach(); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("open workspace: %w", err)
	}
	return c, nil
}

// attach cuts the connection off from the file and begins a transaction.
func (o *Overlay) attach() error {
	c := o.conn
	if err := c.Exec("PRAGMA cache_spill=OFF"); err != nil {
		return err
	}
	hook := func(*libc.TLS, uintptr) int32 {
		c.fault = errWorkspaceCommit
		return 1
	}
	c.keep = append(c.keep, hook)
	lib.Xsqlite3_commit_hook(c.tls, c.db, funcPointer(hook), 0)
	if err := c.BeginRead(); err != nil { // opens the WAL
		return err
	}
	if err := c.Rollback(); err != nil {
		return err
	}
	wal := o.wal()
	if wal == nil {
		return errors.New("the file is not in WAL mode")
	}
	wal.FreadOnly |= walReadOnly
	o.guard(wal)
	c.overlay = o
	c.watch()
	return o.Begin()
}

// walReadOnly is WAL_RDONLY of wal.c.
const walReadOnly = 1

// wal returns the WAL of the connection's main database, nil without one.
func (o *Overlay) wal() *lib.TWal { return mainWAL(o.conn) }

func mainWAL(c *Conn) *lib.TWal {
	p := walAddress(c)
	if p == 0 {
		return nil
	}
	return at[lib.TWal](p)
}

// walAddress returns where the lib.TWal of the main database is, or 0.
func walAddress(c *Conn) uintptr {
	db := at[lib.TDb](at[lib.Tsqlite3](c.db).FaDb)
	shared := at[lib.TBtShared](at[lib.TBtree](db.FpBt).FpBt)
	return at[lib.TPager](shared.FpPager).FpWal
}

// guard replaces the methods of the connection's two files.
func (o *Overlay) guard(wal *lib.TWal) {
	o.memory = libc.Xcalloc(o.conn.tls, 1, libc.Tsize_t(unsafe.Sizeof(overlayMemory{})))
	mem := at[overlayMemory](o.memory)
	refuse := func(*libc.TLS, uintptr, uintptr, int32, int64) int32 { return lib.SQLITE_IOERR_WRITE }
	refuseTruncate := func(*libc.TLS, uintptr, int64) int32 { return lib.SQLITE_IOERR_TRUNCATE }
	o.conn.keep = append(o.conn.keep, refuse, refuseTruncate)
	for _, f := range []struct {
		file    uintptr
		methods *lib.Tsqlite3_io_methods
	}{{wal.FpDbFd, &mem.dbMethods}, {wal.FpWalFd, &mem.walMethods}} {
		file := at[lib.Tsqlite3_file](f.file)
		*f.methods = *at[lib.Tsqlite3_io_methods](file.FpMethods)
		f.methods.FxWrite = funcPointer(refuse)
		f.methods.FxTruncate = funcPointer(refuseTruncate)
		file.FpMethods = uintptr(unsafe.Pointer(f.methods))
	}
	// walRestartLog takes the read locks 1 to 4 together, nobody else does.
	underlying := callable[func(*libc.TLS, uintptr, int32, int32, int32) int32](mem.dbMethods.FxShmLock)
	shmLock := func(tls *libc.TLS, file uintptr, offset, n, flags int32) int32 {
		if n == lib.WAL_NREADER-1 && flags&lib.SQLITE_SHM_LOCK != 0 {
			return lib.SQLITE_BUSY
		}
		return underlying(tls, file, offset, n, flags)
	}
	o.conn.keep = append(o.conn.keep, shmLock, underlying)
	mem.dbMethods.FxShmLock = funcPointer(shmLock)
}

// Begin takes a snapshot and makes it writable. The connection is then in a
// transaction (savepoints work as usual) until End or Reset.
func (o *Overlay) Begin() error {
	c := o.conn
	if err := o.beginRead(); err != nil {
		return fmt.Errorf("begin workspace: %w", err)
	}
	if err := o.makeWritable(); err != nil {
		_ = c.Rollback()
		return fmt.Errorf("begin workspace: %w", err)
	}
	return nil
}

// End drops all changes and lets the snapshot go.
func (o *Overlay) End() error { return o.conn.Rollback() }

// Reset drops all changes and begins again on a new snapshot.
func (o *Overlay) Reset() error {
	if err := o.End(); err != nil {
		return err
	}
	return o.Begin()
}

// beginRead takes the pin's snapshot, or the newest.
func (o *Overlay) beginRead() error {
	c := o.conn
	if err := c.BeginRead(); err != nil {
		return err
	}
	if !o.pin.InSnapshot() {
		return nil
	}
	want := mainWAL(o.pin)
	if want == nil || o.wal().Fhdr == want.Fhdr {
		return nil
	}
	if err := c.Rollback(); err != nil {
		return err
	}
	name, err := cString("main")
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, name)
	if rc := lib.Xsqlite3_snapshot_get(c.tls, o.pin.db, name, c.scratch+24); rc != lib.SQLITE_OK {
		return failCode(rc, "get snapshot")
	}
	snapshot := *at[uintptr](c.scratch + 24)
	defer lib.Xsqlite3_snapshot_free(c.tls, snapshot)
	if err := c.Begin(); err != nil {
		return err
	}
	if rc := lib.Xsqlite3_snapshot_open(c.tls, c.db, name, snapshot); rc != lib.SQLITE_OK {
		_ = c.Rollback()
		return failCode(rc, "open snapshot")
	}
	return nil
}

// reserveSQL starts a write transaction and does nothing else in a file
// without auto_vacuum.
const reserveSQL = "PRAGMA incremental_vacuum"

// makeWritable turns the read transaction into a private write transaction.
func (o *Overlay) makeWritable() error {
	c := o.conn
	err := o.reserve(false)
	if Classify(err) == Busy {
		// Somebody has committed since the snapshot. A statement that is fresh
		// is not prepared again while the header is a copy.
		c.control.reserve.finalize()
		c.control.reserve = nil
		err = o.reserve(true)
	}
	if err != nil {
		return err
	}
	if lib.Xsqlite3_txn_state(c.tls, c.db, 0) != lib.SQLITE_TXN_WRITE {
		return errors.New("no write transaction after reserve")
	}
	return nil
}

// reserve begins the write transaction with the WAL's lock and, if stale, its
// check of the snapshot put out of action.
func (o *Overlay) reserve(stale bool) error {
	c := o.conn
	c.trusted = true
	defer c.untrust()
	if c.control.reserve == nil {
		s, err := c.Prepare(reserveSQL)
		if err != nil {
			return err
		}
		c.control.reserve = s
	}
	wal := o.wal()
	regions := wal.FapWiData
	if stale {
		mem := at[overlayMemory](o.memory)
		mem.header = wal.Fhdr
		mem.regions[0] = o.memory + unsafe.Offsetof(mem.header)
		wal.FapWiData = o.memory + unsafe.Offsetof(mem.regions)
	}
	wal.FreadOnly &^= walReadOnly
	wal.FexclusiveMode = 1
	err := c.control.reserve.run()
	wal.FexclusiveMode = 0
	wal.FwriteLock = 0
	wal.FreadOnly |= walReadOnly
	wal.FapWiData = regions
	return err
}

// free gives back the C memory of a closed connection.
func (o *Overlay) free() { libc.Xfree(o.conn.tls, o.memory) }

// full tells whether the changed pages exceed the limit.
func (o *Overlay) full() bool { return o.changedBytes() > o.memLimit }

// changedBytes returns the size of the pages that the page caches of the main
// and the temporary database cannot give away: those changed, and the few in
// use at the moment.
func (o *Overlay) changedBytes() int64 {
	db := at[lib.Tsqlite3](o.conn.db)
	var pages int64
	for i := range min(int(db.FnDb), 2) {
		tree := at[lib.TDb](db.FaDb + uintptr(i)*unsafe.Sizeof(lib.TDb{})).FpBt
		if tree == 0 {
			continue
		}
		pager := at[lib.TPager](at[lib.TBtShared](at[lib.TBtree](tree).FpBt).FpPager)
		cache := at[lib.TPCache1](at[lib.TPCache](pager.FpPCache).FpCache)
		pages += int64(cache.FnPage) - int64(cache.FnRecyclable)
	}
	return pages * PageSize
}

// fullError is the error of a workspace over its limit.
func (o *Overlay) fullError() error {
	e := pgerr.New(pgerr.OutOfMemory, "transaction changes more than the workspace memory of %d kB", o.memLimit>>10)
	return workspaceFullError{e.WithHint("Split the transaction into smaller ones or raise the workspace memory limit.")}
}
