package sqlfsm

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// SQLite says only "FOREIGN KEY constraint failed". To name the constraint and
// the key the operation runs again with its checks deferred, the rows that it
// touches are noted, and then just those rows are checked.

// touchedMax bounds the rows noted.
const touchedMax = 4096

// touched is a row that an operation changed.
type touched struct {
	op       sqlite.ChangeOp
	table    string
	old, new []types.Value
}

// foreignKey is a constraint, in physical names.
type foreignKey struct {
	name        string
	child       string
	childKey    []string
	parent      string
	parentKey   []string
	childPlaces []int // of childKey in child
	places      []int // of parentKey in parent
}

// explainForeignKey finds the constraint that failed and its key.
func explainForeignKey(conn *sqlite.Conn, client *pgerr.Error, again rerun) error {
	keys, err := foreignKeys(conn)
	if err != nil {
		return err
	}
	if err := conn.Exec("PRAGMA defer_foreign_keys=ON"); err != nil {
		return err
	}
	var rows []touched
	conn.SetChangeHook(func(c *sqlite.Change) {
		if len(rows) < touchedMax && concerns(keys, c.Table) {
			rows = append(rows, note(c))
		}
	})
	failure := again(func(sql string) string { return sql }, never)
	conn.SetChangeHook(nil)
	if failure != nil && (sqlite.Classify(failure) != sqlite.Deterministic || !conn.InTransaction()) {
		return failure
	}
	err = findViolation(conn, client, keys, rows, failure != nil)
	// The setting would outlive the savepoint, up to the end of the transaction.
	return errors.Join(err, conn.Exec("PRAGMA defer_foreign_keys=OFF"))
}

// concerns tells whether a table is at either end of a foreign key.
func concerns(keys []foreignKey, table []byte) bool {
	for i := range keys {
		if string(table) == keys[i].child || string(table) == keys[i].parent {
			return true
		}
	}
	return false
}

// note copies a change.
func note(c *sqlite.Change) touched {
	t := touched{op: c.Op, table: string(c.Table)}
	n := c.Columns()
	for i := range n {
		if c.Op != sqlite.Insert {
			t.old = append(t.old, c.Old(i).Clone())
		}
		if c.Op != sqlite.Delete {
			t.new = append(t.new, c.New(i).Clone())
		}
	}
	return t
}

// findViolation checks the touched rows in order and completes the error with
// the first violation. When running again was cut short (ON DELETE RESTRICT
// cannot be deferred), what it did was undone, so that rows are there again.
func findViolation(conn *sqlite.Conn, client *pgerr.Error, keys []foreignKey, rows []touched, short bool) error {
	for i := range rows {
		for k := range keys {
			value, err := dangling(conn, &rows[i], &keys[k])
			if err != nil {
				return err
			}
			if value != nil {
				complete(client, &keys[k], RawReferencing, value)
				return nil
			}
			if value, err = orphaned(conn, &rows[i], &keys[k], short); err != nil {
				return err
			}
			if value != nil {
				complete(client, &keys[k], RawReferenced, value)
				return nil
			}
		}
	}
	return nil
}

// dangling returns the key that a new row names and that is not there.
func dangling(conn *sqlite.Conn, row *touched, key *foreignKey) ([]types.Value, error) {
	if row.new == nil || row.table != key.child {
		return nil, nil
	}
	value, ok := pick(row.new, key.childPlaces)
	if !ok {
		return nil, nil
	}
	if there, err := present(conn, key.parent, key.parentKey, value); there || err != nil {
		return nil, err
	}
	if names, err := present(conn, key.child, key.childKey, value); !names || err != nil {
		return nil, err
	}
	return value, nil
}

// orphaned returns the key that went with an old row and that is still named.
func orphaned(conn *sqlite.Conn, row *touched, key *foreignKey, short bool) ([]types.Value, error) {
	if row.old == nil || row.table != key.parent {
		return nil, nil
	}
	value, ok := pick(row.old, key.places)
	if !ok {
		return nil, nil
	}
	if !short || !moved(row, key.places) {
		if there, err := present(conn, key.parent, key.parentKey, value); there || err != nil {
			return nil, err
		}
	}
	if named, err := present(conn, key.child, key.childKey, value); !named || err != nil {
		return nil, err
	}
	return value, nil
}

// moved tells whether a change takes a key away from its row.
func moved(row *touched, places []int) bool {
	if row.new == nil {
		return true
	}
	before, _ := pick(row.old, places)
	after, _ := pick(row.new, places)
	return !bytes.Equal(raftlog.AppendValues(nil, before), raftlog.AppendValues(nil, after))
}

// pick returns the values at places, false if one is NULL.
func pick(row []types.Value, places []int) ([]types.Value, bool) {
	values := make([]types.Value, 0, len(places))
	for _, p := range places {
		if p >= len(row) || row[p].IsNull() {
			return nil, false
		}
		values = append(values, row[p])
	}
	return values, true
}

// present tells whether a table has a row with the key.
func present(conn *sqlite.Conn, table string, columns []string, key []types.Value) (bool, error) {
	if len(key) != len(columns) {
		return false, nil
	}
	var sql strings.Builder
	sql.WriteString("SELECT 1 FROM " + quote(table) + " WHERE ")
	for i, c := range columns {
		if i > 0 {
			sql.WriteString(" AND ")
		}
		sql.WriteString(quote(c) + " = ?" + strconv.Itoa(i+1))
	}
	stmt, err := conn.Prepare(sql.String())
	if err != nil {
		return false, err
	}
	defer stmt.Release()
	if err := bindAll(stmt, key); err != nil {
		return false, err
	}
	return stmt.Step()
}

// danglingKey returns a key that a row of the child names and that is not there.
func danglingKey(conn *sqlite.Conn, key *foreignKey) ([]types.Value, error) {
	var columns, match, named []string
	for i, c := range key.childKey {
		columns = append(columns, "c."+quote(c))
		match = append(match, "p."+quote(key.parentKey[i])+" = c."+quote(c))
		named = append(named, "c."+quote(c)+" IS NOT NULL")
	}
	stmt, err := conn.Prepare("SELECT " + strings.Join(columns, ", ") + " FROM " + quote(key.child) + " c WHERE " + strings.Join(named, " AND ") +
		" AND NOT EXISTS (SELECT 1 FROM " + quote(key.parent) + " p WHERE " + strings.Join(match, " AND ") + ") LIMIT 1")
	if err != nil {
		return nil, err
	}
	defer stmt.Release()
	if row, err := stmt.Step(); err != nil || !row {
		return nil, err
	}
	value := make([]types.Value, len(columns))
	for i := range value {
		value[i] = stmt.Column(i).Clone()
	}
	return value, nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func complete(client *pgerr.Error, key *foreignKey, side string, value []types.Value) {
	client.Table, client.Constraint = key.child, key.name
	client.Column = strings.Join(key.childKey, ",")
	client.DataType = side
	client.Detail = string(raftlog.AppendValues(nil, value))
}

// foreignKeys reads all foreign keys of the file, those of a table together, in
// the order of their tables' names.
func foreignKeys(conn *sqlite.Conn) ([]foreignKey, error) {
	stmt, err := conn.Prepare(`SELECT m.name, m.sql, f.id, f."table", f."from", f."to"` +
		` FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq`)
	if err != nil {
		return nil, err
	}
	defer stmt.Release()
	var keys []foreignKey
	child, id := "", int64(-1)
	var names []string
	for {
		row, err := stmt.Step()
		if err != nil {
			return nil, err
		}
		if !row {
			break
		}
		if name := string(stmt.ColumnBytes(0)); name != child {
			child, id = name, -1
			names = constraintNames(stmt.ColumnBytes(1))
		}
		if n := stmt.ColumnInt64(2); n != id {
			id = n
			keys = append(keys, foreignKey{child: child, parent: string(stmt.ColumnBytes(3))})
			// SQLite numbers a table's foreign keys from the last declared.
			if at := len(names) - 1 - int(id); at >= 0 {
				keys[len(keys)-1].name = names[at]
			}
		}
		k := &keys[len(keys)-1]
		k.childKey = append(k.childKey, string(stmt.ColumnBytes(4)))
		k.parentKey = append(k.parentKey, string(stmt.ColumnBytes(5)))
	}
	return keys, placeKeys(conn, keys)
}

// placeKeys fills in the positions of the keys' columns.
func placeKeys(conn *sqlite.Conn, keys []foreignKey) error {
	var failure error
	for i := range keys {
		k := &keys[i]
		var err1, err2 error
		k.childPlaces, err1 = columnNumbers(conn, k.child, k.childKey)
		k.places, err2 = columnNumbers(conn, k.parent, k.parentKey)
		failure = errors.Join(failure, err1, err2)
	}
	return failure
}

// foreignKeyDeclaration matches a named foreign key in a table's text.
var foreignKeyDeclaration = regexp.MustCompile(`(?i)CONSTRAINT\s+"?(f[0-9]+)"?\s+FOREIGN\s+KEY`)

// constraintNames returns the names of a table's foreign keys as declared.
func constraintNames(sql []byte) []string {
	var names []string
	for _, m := range foreignKeyDeclaration.FindAllSubmatch(sql, -1) {
		names = append(names, string(bytes.ToLower(m[1])))
	}
	return names
}
