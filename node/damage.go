package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"polyreme/raftlog"
	"polyreme/sqlfsm"
	"polyreme/sqlfsm/sqlite"
)

// SQLite's primary result codes of a file that is not what it was.
const (
	sqliteCorrupt = 11
	sqliteNotADB  = 26
)

// joinAgain is what an operator can do about a data directory that is damaged.
const joinAgain = "remove this node from the cluster, clear its data directory and let it join again as a new node"

// explainDamage adds to the error of a damaged database what to do about it.
func explainDamage(dir string, err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && (e.Code == sqliteCorrupt || e.Code == sqliteNotADB) {
		return fmt.Errorf("database %s is damaged (%w): %s", filepath.Join(dir, sqlfsm.FileName), err, joinAgain)
	}
	return err
}

// checkLogPresent refuses a data directory whose log is gone, before an empty
// one is made in its place.
func checkLogPresent(dir string, applied raftlog.Index) error {
	path := filepath.Join(dir, logDir)
	if _, err := os.Stat(path); applied > 0 && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the log %s is missing, but the database holds its entries up to %d: restore it, or %s", path, applied, joinAgain)
	}
	return nil
}
