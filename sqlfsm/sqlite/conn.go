package sqlite

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// DefaultVFS keeps locks and wal-index in the process: the largest single win
// in speed (facts: an update transaction costs 9.6 µs instead of 16.8 µs), and
// other processes cannot open the file.
const DefaultVFS = "unix-excl"

// PageSize is the page size of the files this package creates.
const PageSize = 4096

const (
	statementCacheDefault = 256
	valueBytesMax         = 1_000_000_000 // SQLITE_MAX_LENGTH of the build
	exprDepthMax          = 1000
	triggerDepthMax       = 1000
)

// Config says what Open opens.
type Config struct {
	Path               string // file name, taken literally; ":memory:" is a private database
	VFS                string // default DefaultVFS
	ReadOnly           bool   // PRAGMA query_only: writes fail, the WAL is still used
	CacheKiB           int    // page cache; default SQLite's 2000 KiB
	StatementCacheSize int    // idle prepared statements kept; default 256, negative none
	ValueBytesMax      int    // longest string, blob or row; default and at most 1e9

	workspace bool // opened by Overlay
}

// Conn is a connection. It belongs to one goroutine at a time.
type Conn struct {
	tls     *libc.TLS
	db      uintptr
	scratch uintptr // scratchSize bytes of C memory for out parameters
	buffer  uintptr // lendBytesMax bytes of C memory for results; 0 until used
	config  Config

	cache     statementCache
	control   controls
	fault     error // what a callback failed with, until fail attaches it
	keep      []any // callbacks that SQLite holds pointers to
	hooks     hooks
	blocks    []uintptr // C memory to free after the connection is closed
	current   *Stmt     // the statement being stepped
	touched   []Access  // what the statement being prepared uses
	stepMax   int64     // VM steps a statement may use; 0 unlimited
	progress  bool      // the progress handler is installed
	trusted   bool      // the authorizer is not asked
	walPages  int       // frames in the WAL after the last commit here
	overlay   *Overlay
	walBuffer *walBuffer

	interrupted atomic.Bool
	// closeMu guards db against Interrupt while Close runs.
	closeMu sync.Mutex
}

const scratchSize = 64

// Open opens a connection and prepares it as the package doc says. A file that
// does not exist is created, in WAL mode with pages of PageSize.
func Open(cfg Config) (*Conn, error) {
	if err := initialize(); err != nil {
		return nil, err
	}
	if cfg.VFS == "" {
		cfg.VFS = DefaultVFS
	}
	if cfg.StatementCacheSize == 0 {
		cfg.StatementCacheSize = statementCacheDefault
	}
	if cfg.ValueBytesMax <= 0 || cfg.ValueBytesMax > valueBytesMax {
		cfg.ValueBytesMax = valueBytesMax
	}
	c := &Conn{tls: libc.NewTLS(), config: cfg}
	c.cache.limit = max(cfg.StatementCacheSize, 0)
	if err := c.open(); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("open %s: %w", cfg.Path, err)
	}
	return c, nil
}

func (c *Conn) open() error {
	c.scratch = libc.Xcalloc(c.tls, 1, scratchSize)
	path, err := cString(c.config.Path)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, path)
	vfs, err := cString(c.config.VFS)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, vfs)
	const flags = lib.SQLITE_OPEN_READWRITE | lib.SQLITE_OPEN_CREATE |
		lib.SQLITE_OPEN_NOMUTEX | lib.SQLITE_OPEN_EXRESCODE
	rc := lib.Xsqlite3_open_v2(c.tls, path, c.scratch, flags, vfs)
	c.db = *at[uintptr](c.scratch)
	if rc != lib.SQLITE_OK {
		return c.fail(rc)
	}
	if err := c.configure(); err != nil {
		return err
	}
	return c.pragmas()
}

// configure sets what has no PRAGMA.
func (c *Conn) configure() error {
	for _, o := range []struct {
		op int32
		on int32
	}{
		{lib.SQLITE_DBCONFIG_DEFENSIVE, 1},
		{lib.SQLITE_DBCONFIG_DQS_DDL, 0},
		{lib.SQLITE_DBCONFIG_DQS_DML, 0},
		{lib.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
		{lib.SQLITE_DBCONFIG_ENABLE_QPSG, 1},
		{lib.SQLITE_DBCONFIG_ENABLE_FKEY, 1},
		{lib.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1},
		{lib.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
	} {
		if err := c.setConfig(o.op, o.on); err != nil {
			return err
		}
	}
	lib.Xsqlite3_limit(c.tls, c.db, lib.SQLITE_LIMIT_LENGTH, int32(c.config.ValueBytesMax))
	lib.Xsqlite3_limit(c.tls, c.db, lib.SQLITE_LIMIT_SQL_LENGTH, int32(c.config.ValueBytesMax))
	lib.Xsqlite3_limit(c.tls, c.db, lib.SQLITE_LIMIT_EXPR_DEPTH, exprDepthMax)
	lib.Xsqlite3_limit(c.tls, c.db, lib.SQLITE_LIMIT_TRIGGER_DEPTH, triggerDepthMax)
	lib.Xsqlite3_wal_autocheckpoint(c.tls, c.db, 0)
	hook := func(_ *libc.TLS, _, _, _ uintptr, pages int32) int32 {
		c.walPages = int(pages)
		return lib.SQLITE_OK
	}
	c.keep = append(c.keep, hook)
	lib.Xsqlite3_wal_hook(c.tls, c.db, funcPointer(hook), 0)
	return nil
}

// setConfig calls sqlite3_db_config with a switch.
func (c *Conn) setConfig(op, on int32) error {
	va := libc.NewVaList(on, uintptr(0))
	defer libc.Xfree(c.tls, va)
	if rc := lib.Xsqlite3_db_config(c.tls, c.db, op, va); rc != lib.SQLITE_OK {
		return failCode(rc, "db_config")
	}
	return nil
}

func (c *Conn) pragmas() error {
	script := "PRAGMA busy_timeout=0;PRAGMA page_size=" + strconv.Itoa(PageSize) +
		";PRAGMA synchronous=NORMAL;PRAGMA temp_store=MEMORY" +
		";PRAGMA recursive_triggers=ON;PRAGMA case_sensitive_like=ON"
	if c.config.CacheKiB > 0 {
		script += ";PRAGMA cache_size=-" + strconv.Itoa(c.config.CacheKiB)
	}
	if err := c.Exec(script); err != nil {
		return err
	}
	mode, err := c.QueryText("PRAGMA journal_mode=WAL")
	if err != nil {
		return err
	}
	if mode != "wal" && c.config.Path != ":memory:" {
		return fmt.Errorf("journal mode is %q, not wal", mode)
	}
	if c.config.ReadOnly {
		return c.Exec("PRAGMA query_only=ON")
	}
	if c.config.workspace || mode != "wal" {
		return nil
	}
	// The first read opens the WAL.
	if _, err := c.QueryInt64("PRAGMA schema_version"); err != nil {
		return err
	}
	c.bufferWAL()
	return nil
}

// Close rolls back an open transaction, finalizes all statements, also those
// not released, and closes the connection. It is idempotent.
func (c *Conn) Close() error {
	c.closeMu.Lock()
	db := c.db
	c.db = 0
	c.closeMu.Unlock()
	if c.tls == nil {
		return nil
	}
	var err error
	if db != 0 {
		for p := lib.Xsqlite3_next_stmt(c.tls, db, 0); p != 0; p = lib.Xsqlite3_next_stmt(c.tls, db, 0) {
			lib.Xsqlite3_finalize(c.tls, p)
		}
		if rc := lib.Xsqlite3_close(c.tls, db); rc != lib.SQLITE_OK {
			err = failCode(rc, "close")
		}
	}
	for s := c.cache.oldest; s != nil; s = s.newer {
		s.arena.free(c.tls)
	}
	c.control, c.cache = controls{}, statementCache{}
	for _, p := range c.blocks {
		libc.Xfree(c.tls, p)
	}
	if c.overlay != nil {
		c.overlay.free()
	}
	libc.Xfree(c.tls, c.scratch)
	libc.Xfree(c.tls, c.buffer)
	c.tls.Close()
	c.tls, c.keep, c.blocks = nil, nil, nil
	return err
}

// Path returns the name of the file.
func (c *Conn) Path() string { return c.config.Path }

// Exec runs the statements of script one after the other and drops their rows.
func (c *Conn) Exec(script string) error {
	text, err := cString(script)
	if err != nil {
		return err
	}
	defer func(tls *libc.TLS) { libc.Xfree(tls, text) }(c.tls)
	for p, end := text, text+uintptr(len(script)); p < end; {
		s, tail, err := c.compileText(p, int(end-p), 0)
		if err != nil {
			return err
		}
		p = tail
		if s == nil { // only blanks or a comment
			continue
		}
		err = s.run()
		s.finalize()
		if err != nil {
			return err
		}
	}
	return nil
}

// QueryText runs sql and returns its first column of its first row as text;
// "" without a row. It is meant for pragmas and tests.
func (c *Conn) QueryText(sql string) (string, error) {
	s, err := c.Prepare(sql)
	if err != nil {
		return "", err
	}
	defer s.Release()
	row, err := s.Step()
	if err != nil || !row {
		return "", err
	}
	return libc.GoString(lib.Xsqlite3_column_text(c.tls, s.p, 0)), nil
}

// QueryInt64 runs sql and returns its first column of its first row; 0 without
// a row.
func (c *Conn) QueryInt64(sql string) (int64, error) {
	s, err := c.Prepare(sql)
	if err != nil {
		return 0, err
	}
	defer s.Release()
	row, err := s.Step()
	if err != nil || !row {
		return 0, err
	}
	return lib.Xsqlite3_column_int64(c.tls, s.p, 0), nil
}

// Changes returns the number of rows that the last INSERT, UPDATE or DELETE of
// the connection changed, without those of triggers and foreign key actions.
func (c *Conn) Changes() int64 { return lib.Xsqlite3_changes64(c.tls, c.db) }

// TotalChanges returns the number of rows changed since Open, with those of
// triggers and foreign key actions.
func (c *Conn) TotalChanges() int64 { return lib.Xsqlite3_total_changes64(c.tls, c.db) }

// LastInsertRowID returns the rowid of the last row inserted.
func (c *Conn) LastInsertRowID() int64 { return lib.Xsqlite3_last_insert_rowid(c.tls, c.db) }

// InTransaction tells whether a transaction is open (BEGIN or SAVEPOINT).
// SQLite may close it by itself when a write fails (disk full, interrupt).
func (c *Conn) InTransaction() bool {
	return c.db != 0 && lib.Xsqlite3_get_autocommit(c.tls, c.db) == 0
}

// InSnapshot tells whether the connection holds a read snapshot or more.
func (c *Conn) InSnapshot() bool {
	return c.db != 0 && lib.Xsqlite3_txn_state(c.tls, c.db, 0) > lib.SQLITE_TXN_NONE
}

// SetForeignKeys switches the enforcement of foreign keys, on from the start.
// Unlike the PRAGMA it works inside a transaction.
func (c *Conn) SetForeignKeys(on bool) error {
	if on {
		return c.setConfig(lib.SQLITE_DBCONFIG_ENABLE_FKEY, 1)
	}
	return c.setConfig(lib.SQLITE_DBCONFIG_ENABLE_FKEY, 0)
}

// DeferredForeignKeys tells whether the open transaction violates foreign keys
// that are checked at its end.
func (c *Conn) DeferredForeignKeys() bool {
	return c.status(lib.SQLITE_DBSTATUS_DEFERRED_FKS) > 0
}

// MemoryUsed returns the bytes of page cache, schema and prepared statements
// that the connection holds.
func (c *Conn) MemoryUsed() int64 {
	var sum int64
	for _, op := range [...]int32{
		lib.SQLITE_DBSTATUS_CACHE_USED, lib.SQLITE_DBSTATUS_SCHEMA_USED, lib.SQLITE_DBSTATUS_STMT_USED,
	} {
		sum += c.status(op)
	}
	return sum
}

func (c *Conn) status(op int32) int64 {
	if lib.Xsqlite3_db_status(c.tls, c.db, op, c.scratch+32, c.scratch+40, 0) != lib.SQLITE_OK {
		return 0
	}
	return int64(*at[int32](c.scratch + 32))
}
