package sqlfsm

import (
	"errors"
	"fmt"

	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// formatVersion is the version of the tables below and of what is in them.
const formatVersion = 1

// ErrNewerFormat tells that the file was written by a newer release: run that
// release, or a later one, on it.
var ErrNewerFormat = errors.New("database file was written by a newer version of Polyreme")

// ErrForeignFile tells that the file is an SQLite database but not Polyreme's.
var ErrForeignFile = errors.New("file is not a Polyreme database")

// The tables of the state machine. They are made when the file is created, in
// the same way on every node, and are part of snapshots.
const ownTables = `
CREATE TABLE polyreme_applied(
  id INTEGER PRIMARY KEY CHECK (id = 1),
  format INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  term INTEGER NOT NULL,
  clock INTEGER NOT NULL,
  schema INTEGER NOT NULL,
  configuration_index INTEGER NOT NULL,
  configuration BLOB NOT NULL
) STRICT;
CREATE TABLE polyreme_session(
  id INTEGER PRIMARY KEY,
  node TEXT NOT NULL,
  opened INTEGER NOT NULL,
  seen INTEGER NOT NULL
) STRICT;
CREATE TABLE polyreme_outcome(
  idx INTEGER PRIMARY KEY,
  outcomes BLOB NOT NULL
) STRICT;
CREATE TABLE polyreme_stage(
  id INTEGER PRIMARY KEY,
  session INTEGER NOT NULL,
  stage INTEGER NOT NULL,
  written INTEGER NOT NULL,
  columns INTEGER NOT NULL,
  count INTEGER NOT NULL,
  data BLOB NOT NULL
) STRICT;
CREATE INDEX polyreme_stage_key ON polyreme_stage(session, stage);
CREATE TABLE polyreme_sequence(
  oid INTEGER PRIMARY KEY,
  last_value INTEGER NOT NULL,
  is_called INTEGER NOT NULL
) STRICT;
CREATE TABLE polyreme_relation_version(
  relation INTEGER PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT;
INSERT INTO polyreme_applied VALUES(1, 1, 0, 0, 0, 0, 0, x'');
`

// prepareFile creates the tables in an empty file and refuses a file that is
// not this version's.
func prepareFile(conn *sqlite.Conn) error {
	tables, err := conn.QueryInt64("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return err
	}
	if tables == 0 {
		return createTables(conn)
	}
	if err := checkFormat(conn); err != nil {
		return err
	}
	return conn.Exec(advisoryTables + xactTables) // a file of a release that had none
}

func createTables(conn *sqlite.Conn) error {
	if err := conn.BeginImmediate(); err != nil {
		return err
	}
	if err := conn.Exec(ownTables + advisoryTables + xactTables); err != nil {
		return errors.Join(err, conn.Rollback())
	}
	return conn.Commit()
}

func checkFormat(conn *sqlite.Conn) error {
	own, err := conn.QueryInt64("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'polyreme_applied'")
	if err != nil {
		return err
	}
	if own == 0 {
		return ErrForeignFile
	}
	format, err := conn.QueryInt64("SELECT format FROM polyreme_applied")
	if err != nil {
		return err
	}
	if format > formatVersion {
		return fmt.Errorf("%w: format %d, this version reads up to %d", ErrNewerFormat, format, formatVersion)
	}
	return nil
}

// applied is the row of polyreme_applied.
type applied struct {
	index              raftlog.Index
	term               raftlog.Term
	clock              int64
	configurationIndex raftlog.Index
	configuration      []byte
}

// loadApplied reads the row of polyreme_applied.
func loadApplied(conn *sqlite.Conn) (applied, error) {
	var a applied
	s, err := conn.Prepare("SELECT idx, term, clock, configuration_index, configuration FROM polyreme_applied WHERE id = 1")
	if err != nil {
		return a, err
	}
	defer s.Release()
	row, err := s.Step()
	if err != nil {
		return a, err
	}
	if !row {
		return a, errors.New("table polyreme_applied is empty")
	}
	a.index = raftlog.Index(s.ColumnInt64(0))
	a.term = raftlog.Term(s.ColumnInt64(1))
	a.clock = s.ColumnInt64(2)
	a.configurationIndex = raftlog.Index(s.ColumnInt64(3))
	a.configuration = append([]byte(nil), s.ColumnBytes(4)...)
	return a, nil
}
