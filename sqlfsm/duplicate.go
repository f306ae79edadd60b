package sqlfsm

import (
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// uniqueIndexCondition returns the WHERE of a CREATE UNIQUE INDEX, "" without
// one; ok is false for any other statement.
func uniqueIndexCondition(sql string) (where string, ok bool) {
	rest, ok := strings.CutPrefix(sql, "CREATE UNIQUE INDEX ")
	if !ok {
		return "", false
	}
	open := strings.IndexByte(rest, '(')
	if open < 0 {
		return "", true
	}
	rest = rest[open+1:]
	_, where, _ = strings.Cut(rest[argumentsLength(rest):], " WHERE ")
	return where, true
}

// explainIndex finds the least key that is there twice.
func explainIndex(conn *sqlite.Conn, client *pgerr.Error, violated sqlite.Constraint, where string) error {
	if violated.Table == "" || len(violated.Columns) == 0 {
		return nil
	}
	var columns, present []string
	for _, c := range violated.Columns {
		columns = append(columns, quote(c))
		present = append(present, quote(c)+" IS NOT NULL")
	}
	if where != "" {
		present = append(present, "("+where+")")
	}
	list := strings.Join(columns, ", ")
	stmt, err := conn.Prepare("SELECT " + list + " FROM " + quote(violated.Table) + " WHERE " + strings.Join(present, " AND ") +
		" GROUP BY " + list + " HAVING count(*) > 1 ORDER BY " + list + " LIMIT 1")
	if err != nil {
		return err
	}
	defer stmt.Release()
	row, err := stmt.Step()
	if err != nil || !row {
		return err
	}
	key := make([]types.Value, len(columns))
	for i := range key {
		key[i] = stmt.Column(i)
	}
	client.Detail = string(raftlog.AppendValues(nil, key))
	return nil
}
