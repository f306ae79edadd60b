package sqlfsm

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/hashicorp/raft"

	"polyreme/sqlfsm/sqlite"
)

// OpenImage pins the committed state and returns its place in the log, its size
// and its bytes as a database file. Writes go on meanwhile. Close the reader.
func (s *Store) OpenImage() (raft.SnapshotMeta, int64, io.ReadCloser, error) {
	i := &image{store: s}
	meta, err := i.open()
	if err != nil {
		return raft.SnapshotMeta{}, 0, nil, errors.Join(fmt.Errorf("open image: %w", err), i.Close())
	}
	return meta, i.bytes, i, nil
}

// image reads the pages of a pinned state in order. They come from the file and
// its log through SQLite (sqlite_dbpage), so nothing is copied beforehand.
type image struct {
	store  *Store
	conn   *sqlite.Conn
	lease  lease
	leased bool
	bytes  int64
	pages  *sqlite.Stmt
	rest   []byte // of the current page
}

func (i *image) open() (raft.SnapshotMeta, error) {
	var meta raft.SnapshotMeta
	pool := &i.store.readers
	i.lease.stream = true
	if _, err := pool.admit(context.Background(), &i.lease, false); err != nil {
		return meta, err
	}
	i.leased = true
	conn, err := sqlite.Open(sqlite.Config{Path: i.store.path, ReadOnly: true, CacheKiB: 256})
	if err != nil {
		return meta, err
	}
	i.conn = conn
	pool.started(&i.lease, conn.Interrupt)
	if err := conn.BeginRead(); err != nil {
		return meta, err
	}
	if meta, err = describe(conn); err != nil {
		return meta, err
	}
	count, err := conn.QueryInt64("PRAGMA page_count")
	if err != nil {
		return meta, err
	}
	i.bytes = count * sqlite.PageSize
	i.pages, err = conn.Prepare("SELECT data FROM sqlite_dbpage ORDER BY pgno")
	return meta, err
}

// Read gives the next bytes of the file.
func (i *image) Read(p []byte) (int, error) {
	if len(i.rest) == 0 {
		row, err := i.pages.Step()
		if err != nil {
			return 0, i.lease.err(err)
		}
		if !row {
			return 0, io.EOF
		}
		i.rest = i.pages.ColumnBytes(0)
	}
	n := copy(p, i.rest)
	i.rest = i.rest[n:]
	return n, nil
}

// Close lets the state go.
func (i *image) Close() error {
	var err error
	if i.pages != nil {
		i.pages.Close()
		i.pages = nil
	}
	if i.conn != nil {
		err = i.conn.Rollback()
	}
	if i.leased {
		i.leased = false
		i.store.readers.finished(&i.lease)
	}
	if i.conn != nil {
		err = errors.Join(err, i.conn.Close())
		i.conn = nil
	}
	return err
}
