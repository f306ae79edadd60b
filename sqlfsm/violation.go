package sqlfsm

import (
	"errors"
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
	"polyreme/sqlfsm/sqlite"
)

// A violated constraint is reported raw: SQLite and this package know physical
// names and storage forms only. pgsql/plan makes PostgreSQL's message of it.
//
// The fields of a raw *pgerr.Error:
//
//	Code        23505, 23502, 23514, 23503, or 42804 (datatype)
//	Schema      RawSchema: marks the error as raw
//	Message     SQLite's text
//	Table       physical name of the table; for 23503 the referencing one; ""
//	            where it is not known
//	Column      physical names of the columns, separated by commas: of the key
//	            (23505; 23503: the referencing columns), the one column (23502),
//	            or all columns of the table (23514)
//	Constraint  physical name where it is known: k<oid> (23514), f<oid>
//	            (23503), i<oid> (23505 of an index on expressions)
//	DataType    23503: RawReferencing when a row names a key that is not there
//	            ("is not present in table"), RawReferenced when a key that is
//	            named was to go ("is still referenced from table")
//	Detail      the values of Column as raftlog.AppendValues encodes them, one
//	            for each; "" where they are not known
//	Where       23502 and 42804: physical names of all columns of the table, of
//	            which Detail then has the values
//
// The values are found by running the failed operation again inside a savepoint
// with the change hook on: this costs only those who fail, and is the same on
// every node.
const (
	RawSchema      = "polyreme.raw"
	RawReferencing = "referencing"
	RawReferenced  = "referenced"
)

// explainSavepoint is the savepoint around running an operation again.
const explainSavepoint = "explain"

// clientError makes the error of a deterministic failure, without looking for
// more than SQLite tells.
func clientError(err error) *pgerr.Error {
	var client *pgerr.Error
	if errors.As(err, &client) {
		return client
	}
	if errors.Is(err, sqlite.ErrStepLimit) {
		return pgerr.New(pgerr.ProgramLimitExceeded, "statement exceeds the limit of execution steps").
			WithHint("Split the statement into smaller ones.")
	}
	if violated, ok := violationOf(err); ok {
		return rawViolation(violated, err)
	}
	var engine *sqlite.Error
	if errors.As(err, &engine) {
		if strings.Contains(engine.Message, "too big") {
			return pgerr.New(pgerr.ProgramLimitExceeded, "row or value is too big")
		}
		return pgerr.New(pgerr.InternalError, "%s", engine.Message)
	}
	return pgerr.From(err)
}

// The texts of failures that SQLite gives no result code of their own.
const (
	foreignKeyText = "FOREIGN KEY constraint failed"
	mismatchText   = "datatype mismatch" // of an INTEGER PRIMARY KEY
)

// violationOf returns the constraint that err says is violated.
func violationOf(err error) (sqlite.Constraint, bool) {
	violated, ok := sqlite.ConstraintOf(err)
	var engine *sqlite.Error
	if !errors.As(err, &engine) {
		return violated, ok
	}
	switch engine.Message {
	case foreignKeyText: // also that of ON DELETE RESTRICT, which is a trigger's
		return sqlite.Constraint{Kind: sqlite.ForeignKeyConstraint}, true
	case mismatchText:
		return sqlite.Constraint{Kind: sqlite.DatatypeConstraint}, true
	}
	return violated, ok
}

// rawViolation is the raw error of a violated constraint.
func rawViolation(violated sqlite.Constraint, err error) *pgerr.Error {
	var engine *sqlite.Error
	errors.As(err, &engine)
	e := &pgerr.Error{
		Code: violationCode(violated.Kind), Message: engine.Message, Schema: RawSchema,
		Table: violated.Table, Column: strings.Join(violated.Columns, ","), Constraint: violated.Name,
	}
	return e
}

func violationCode(kind sqlite.ConstraintKind) string {
	switch kind {
	case sqlite.UniqueConstraint, sqlite.PrimaryKeyConstraint:
		return pgerr.UniqueViolation
	case sqlite.NotNullConstraint:
		return pgerr.NotNullViolation
	case sqlite.CheckConstraint:
		return pgerr.CheckViolation
	case sqlite.ForeignKeyConstraint:
		return pgerr.ForeignKeyViolation
	case sqlite.DatatypeConstraint:
		return pgerr.DatatypeMismatch
	}
	return pgerr.IntegrityConstraintViolation
}

// rerun runs what failed once more, with its statements changed by edit, until it has
// shown enough: the rest of a large COPY would take long, with the log standing still.
type rerun func(edit func(sql string) string, enough func() bool) error

// errEnough ends a rerun.
var errEnough = pgerr.New(pgerr.InternalError, "the failure is explained")

func never() bool { return false }

// explain is clientError with the values of a violated key. What again does is
// undone. sql is the text of the operation that failed. A local fault on the
// way is the error: a node must not answer less than the others.
func explain(conn *sqlite.Conn, err error, sql string, again rerun) (*pgerr.Error, error) {
	client := new(pgerr.Error)
	*client = *clientError(err)
	violated, ok := violationOf(err)
	if errors.Is(err, errDeferred) {
		violated, ok = sqlite.Constraint{Kind: sqlite.ForeignKeyConstraint}, true
	}
	if !ok || client.Schema != RawSchema {
		return client, nil
	}
	return client, withNulls(conn, violated, sql, func(watch *nullRow) error {
		return explainUndone(conn, client, violated, sql, watch, again)
	})
}

// explainUndone explains within a savepoint that is undone.
func explainUndone(conn *sqlite.Conn, client *pgerr.Error, violated sqlite.Constraint, sql string, watch *nullRow, again rerun) error {
	if err := conn.Savepoint(explainSavepoint); err != nil {
		return err
	}
	var fault error
	switch violated.Kind {
	case sqlite.UniqueConstraint, sqlite.PrimaryKeyConstraint:
		if where, ok := uniqueIndexCondition(sql); ok {
			fault = explainIndex(conn, client, violated, where)
		} else {
			fault = explainUnique(conn, client, violated, again)
		}
	case sqlite.CheckConstraint:
		fault = explainCheck(conn, client, again)
	case sqlite.ForeignKeyConstraint:
		fault = explainForeignKey(conn, client, again)
	case sqlite.NotNullConstraint, sqlite.DatatypeConstraint:
		fault = watch.explain(conn, client, again)
	}
	if sqlite.Classify(fault) == sqlite.Deterministic {
		fault = nil // the run itself fails, and may use up its steps
	}
	if fault != nil || !conn.InTransaction() {
		return fault
	}
	if err := conn.RollbackTo(explainSavepoint); err != nil {
		return err
	}
	return conn.Release(explainSavepoint)
}

// explainUnique finds the key that exists already: with OR REPLACE the failing
// row is the first to be stored after a row of the table was deleted to make
// room for it.
func explainUnique(conn *sqlite.Conn, client *pgerr.Error, violated sqlite.Constraint, again rerun) error {
	columns, err := columnNumbers(conn, violated.Table, violated.Columns)
	if err != nil || len(columns) == 0 {
		return err
	}
	var key []types.Value
	stored := false
	conn.SetChangeHook(func(c *sqlite.Change) {
		if stored || c.Depth() != 0 || string(c.Table) != violated.Table || key == nil && c.Op != sqlite.Delete {
			return
		}
		// The deleted row has an equal key; it stands in where a foreign key
		// keeps the row from going.
		key = key[:0]
		for _, n := range columns {
			if c.Op == sqlite.Delete {
				key = append(key, c.Old(n).Clone())
			} else {
				key = append(key, c.New(n).Clone())
			}
		}
		stored = c.Op != sqlite.Delete
	})
	err = again(orReplace, func() bool { return stored })
	conn.SetChangeHook(nil)
	if key != nil {
		client.Detail = string(raftlog.AppendValues(nil, key))
	}
	return err
}

// explainCheck finds the row that a check refuses: without the checks it is the
// first to be stored beyond those that were stored with them.
func explainCheck(conn *sqlite.Conn, client *pgerr.Error, again rerun) error {
	same := func(sql string) string { return sql }
	stored := 0
	conn.SetChangeHook(func(*sqlite.Change) { stored++ })
	err := again(same, never)
	conn.SetChangeHook(nil)
	if sqlite.Classify(err) != sqlite.Deterministic || !conn.InTransaction() {
		return err
	}
	if err := conn.RollbackTo(explainSavepoint); err != nil {
		return err
	}
	if err := conn.Exec("PRAGMA ignore_check_constraints=ON"); err != nil {
		return err
	}
	var row *touched
	conn.SetChangeHook(func(c *sqlite.Change) {
		if stored == 0 && row == nil && c.Op != sqlite.Delete {
			refused := note(c)
			row = &refused
		}
		stored--
	})
	err = again(same, func() bool { return row != nil })
	conn.SetChangeHook(nil)
	if reset := conn.Exec("PRAGMA ignore_check_constraints=OFF"); reset != nil {
		return reset
	}
	if row == nil {
		return err
	}
	columns, failure := columnNames(conn, row.table)
	if failure != nil {
		return failure
	}
	if len(columns) == len(row.new) {
		client.Table, client.Column = row.table, strings.Join(columns, ",")
		client.Detail = string(raftlog.AppendValues(nil, row.new))
	}
	return err
}

// columnNames returns the columns of a table in order.
func columnNames(conn *sqlite.Conn, table string) ([]string, error) {
	stmt, err := conn.Prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")
	if err != nil {
		return nil, err
	}
	defer stmt.Release()
	if err := stmt.BindString(1, table); err != nil {
		return nil, err
	}
	return firstColumn(stmt)
}

// columnNumbers returns the positions of columns in a table.
func columnNumbers(conn *sqlite.Conn, table string, columns []string) ([]int, error) {
	stmt, err := conn.Prepare("SELECT cid FROM pragma_table_info(?1) WHERE name = ?2")
	if err != nil {
		return nil, err
	}
	defer stmt.Release()
	numbers := make([]int, 0, len(columns))
	for _, name := range columns {
		if err := errors.Join(stmt.BindString(1, table), stmt.BindString(2, name)); err != nil {
			return nil, err
		}
		row, err := stmt.Step()
		if err != nil {
			return nil, err
		}
		if !row {
			return nil, nil // the rowid of a table without a name for it
		}
		numbers = append(numbers, int(stmt.ColumnInt64(0)))
		stmt.Reset()
	}
	return numbers, nil
}

// orReplace makes the statement's own INSERT or UPDATE replace the rows that
// are in its way. Other statements are returned as they are.
func orReplace(sql string) string {
	if at := changeWord(sql); at >= 0 {
		return replaceConflict(sql, at+len("INSERT"))
	}
	return sql
}

// changeWord returns the place of the statement's own INSERT or UPDATE, words
// of the same length; -1 if there is none.
func changeWord(sql string) int {
	depth := 0
	for i := 0; i < len(sql); i++ {
		switch c := sql[i]; {
		case c == '\'' || c == '"':
			end := strings.IndexByte(sql[i+1:], c)
			if end < 0 {
				return -1
			}
			i += end + 1
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && (wordAt(sql, i, "INSERT") || wordAt(sql, i, "UPDATE")):
			return i
		}
	}
	return -1
}

// replaceConflict puts OR REPLACE at a place, unless there is an OR already.
func replaceConflict(sql string, at int) string {
	if strings.HasPrefix(strings.TrimLeft(sql[at:], " \n\t"), "OR ") {
		return sql
	}
	return sql[:at] + " OR REPLACE" + sql[at:]
}

// wordAt tells whether the word is at place i of sql, on its own.
func wordAt(sql string, i int, word string) bool {
	if !strings.HasPrefix(sql[i:], word) || i > 0 && isWord(sql[i-1]) {
		return false
	}
	end := i + len(word)
	return end == len(sql) || !isWord(sql[end])
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
