package sqlfsm

import (
	"errors"
	"math"
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// SQLite refuses a NULL before the change hook hears of its row. To see the row
// the operation runs again with temporary triggers on its table, which fire
// before the row is checked and hand it to the hook as a row of noteTable.
//
// The triggers are made and dropped outside the savepoint of explain: rolling
// back a change of the schema, even of the temporary one, makes SQLite read the
// whole schema again.
const (
	noteTable     = "polyreme_note"
	noteOnInsert  = "polyreme_note_insert"
	noteOnUpdate  = "polyreme_note_update"
	nullRowNumber = math.MinInt64 // stands for a NULL in the rowid
)

// nullRow is the explanation of a NULL where there may be none.
type nullRow struct {
	table   string
	columns []string
	rowID   int // position of the rowid among columns, -1 if it has no name
}

// watchNulls prepares the explanation of a NULL that an operation with the text
// sql was to store; nil if its table cannot be told.
func watchNulls(conn *sqlite.Conn, violated sqlite.Constraint, sql string) (*nullRow, error) {
	n := &nullRow{table: violated.Table, rowID: -1}
	if violated.Kind == sqlite.DatatypeConstraint {
		n.table = targetTable(sql)
	}
	if n.table == "" {
		return nil, nil
	}
	var err error
	if n.columns, err = columnNames(conn, n.table); err != nil || len(n.columns) == 0 {
		return nil, err
	}
	if n.rowID, err = rowIDColumn(conn, n.table); err != nil {
		return nil, err
	}
	if err := conn.Exec(n.script()); err != nil {
		return nil, err
	}
	return n, nil
}

// script creates the table and the triggers.
func (n *nullRow) script() string {
	var names, news strings.Builder
	for i, c := range n.columns {
		if i > 0 {
			names.WriteString(", ")
			news.WriteString(", ")
		}
		names.WriteString(quote(c))
		news.WriteString("NEW." + quote(c))
	}
	on := " ON main." + quote(n.table) + " BEGIN INSERT INTO " + noteTable + " VALUES(" + news.String() + "); END;"
	return "CREATE TEMP TABLE " + noteTable + "(" + names.String() + ");" +
		"CREATE TEMP TRIGGER " + noteOnInsert + " BEFORE INSERT" + on +
		"CREATE TEMP TRIGGER " + noteOnUpdate + " BEFORE UPDATE" + on
}

// end drops what watchNulls made.
func (n *nullRow) end(conn *sqlite.Conn) error {
	if n == nil || !conn.InTransaction() {
		return nil // what a transaction made goes with it
	}
	return conn.Exec("DROP TRIGGER temp." + noteOnInsert + ";DROP TRIGGER temp." + noteOnUpdate + ";DROP TABLE temp." + noteTable)
}

// explain finds the row: the last that was about to be stored, or the first
// that would have had a NULL for its rowid.
func (n *nullRow) explain(conn *sqlite.Conn, client *pgerr.Error, again rerun) error {
	if n == nil {
		return nil
	}
	var row []types.Value
	numberless := false
	conn.SetChangeHook(func(c *sqlite.Change) {
		if numberless || string(c.Table) != noteTable || c.Op != sqlite.Insert {
			return
		}
		row = row[:0]
		for i := range c.Columns() {
			row = append(row, c.New(i).Clone())
		}
		if n.rowID >= 0 && n.rowID < len(row) && row[n.rowID].Kind == types.Int && row[n.rowID].Int64() == nullRowNumber {
			row[n.rowID], numberless = types.Value{}, true
		}
	})
	err := again(numberNulls, never)
	conn.SetChangeHook(nil)
	if len(row) == len(n.columns) && (numberless || client.Code == pgerr.NotNullViolation) {
		client.Table = n.table
		client.Where = strings.Join(n.columns, ",")
		client.Detail = string(raftlog.AppendValues(nil, row))
	}
	return err
}

// rowIDColumn returns the position of a table's INTEGER PRIMARY KEY, -1 if it
// has none.
func rowIDColumn(conn *sqlite.Conn, table string) (int, error) {
	stmt, err := conn.Prepare("SELECT cid FROM pragma_table_info(?1) WHERE pk = 1 AND type = 'INTEGER'" +
		" AND NOT EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE pk > 1)")
	if err != nil {
		return -1, err
	}
	defer stmt.Release()
	if err := stmt.BindString(1, table); err != nil {
		return -1, err
	}
	if row, err := stmt.Step(); err != nil || !row {
		return -1, err
	}
	return int(stmt.ColumnInt64(0)), nil
}

// targetTable returns the table that a statement's own INSERT or UPDATE writes.
func targetTable(sql string) string {
	at := changeWord(sql)
	if at < 0 {
		return ""
	}
	for word := range strings.FieldsSeq(sql[at:]) {
		switch word {
		case "INSERT", "UPDATE", "OR", "REPLACE", "IGNORE", "ABORT", "INTO":
			continue
		}
		if end := strings.IndexAny(word, "( "); end > 0 {
			word = word[:end]
		}
		return strings.Trim(word, `"`)
	}
	return ""
}

// numberNulls puts nullRowNumber in the place of the empty text in every
// ifnull(value, empty text), with which a NULL is kept out of the rowid.
func numberNulls(sql string) string {
	const call, guard = "ifnull(", ", '')"
	var b strings.Builder
	for {
		start := strings.Index(sql, call)
		if start < 0 {
			break
		}
		start += len(call)
		length := argumentsLength(sql[start:])
		b.WriteString(sql[:start])
		inner := sql[start : start+length]
		sql = sql[start+length:]
		if before, ok := strings.CutSuffix(inner+")", guard); ok && strings.HasPrefix(sql, ")") {
			b.WriteString(numberNulls(before) + ", -9223372036854775808")
		} else {
			b.WriteString(numberNulls(inner))
		}
	}
	b.WriteString(sql)
	return b.String()
}

// argumentsLength is the number of bytes up to the parenthesis that closes a
// call.
func argumentsLength(sql string) int {
	depth := 0
	for i := 0; i < len(sql); i++ {
		switch c := sql[i]; c {
		case '\'', '"':
			end := strings.IndexByte(sql[i+1:], c)
			if end < 0 {
				return len(sql)
			}
			i += end + 1
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return i
			}
		}
	}
	return len(sql)
}

// withNulls runs explain between watchNulls and end.
func withNulls(conn *sqlite.Conn, violated sqlite.Constraint, sql string, explain func(*nullRow) error) error {
	if violated.Kind != sqlite.NotNullConstraint && violated.Kind != sqlite.DatatypeConstraint {
		return explain(nil)
	}
	watch, err := watchNulls(conn, violated, sql)
	if err != nil {
		return err
	}
	return errors.Join(explain(watch), watch.end(conn))
}
