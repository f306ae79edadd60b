package sqlfsm

import (
	"context"
	"fmt"

	"polyreme/pgsql/types"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// Digest returns a hash of the content of every table in the committed state,
// by physical name, with that of polyreme_applied left out. Nodes that have
// applied the same entries have equal digests.
func (s *Store) Digest(ctx context.Context) (map[string][raftlog.DigestBytes]byte, error) {
	r, err := s.Reader(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Release()
	tables, err := tableNames(r.Conn)
	if err != nil {
		return nil, r.Err(err)
	}
	digests := make(map[string][raftlog.DigestBytes]byte, len(tables))
	for _, table := range tables {
		digest, err := tableDigest(r.Conn, table)
		if err != nil {
			return nil, fmt.Errorf("digest of %s: %w", table, r.Err(err))
		}
		digests[table] = digest
	}
	return digests, nil
}

// tableNames returns the ordinary tables of the file, and the schema itself.
func tableNames(conn *sqlite.Conn) ([]string, error) {
	stmt, err := conn.Prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'" +
		" AND name NOT IN ('polyreme_applied', 'sqlite_sequence') ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer stmt.Release()
	return firstColumn(stmt)
}

// firstColumn returns the texts of the first column of all rows.
func firstColumn(stmt *sqlite.Stmt) ([]string, error) {
	var names []string
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return names, err
		}
		names = append(names, string(stmt.ColumnBytes(0)))
	}
}

// tableDigest hashes the rows of a table in the order of their rowids.
func tableDigest(conn *sqlite.Conn, table string) (sum [raftlog.DigestBytes]byte, err error) {
	sql := "SELECT rowid, * FROM " + quote(table) + " ORDER BY rowid"
	if table == "sqlite_schema" {
		sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
	}
	stmt, err := conn.Prepare(sql)
	if err != nil {
		return sum, err
	}
	defer stmt.Release()
	digester := raftlog.NewDigester()
	row := make([]types.Value, stmt.ColumnCount())
	for {
		more, err := stmt.Step()
		if err != nil {
			return sum, err
		}
		if !more {
			copy(sum[:], digester.Sum(nil, len(row), 0))
			return sum, nil
		}
		for i := range row {
			row[i] = stmt.Column(i)
		}
		digester.Row(row)
	}
}
