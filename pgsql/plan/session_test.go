package plan

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
	"polyreme/sqlfsm/sqlite"
)

// session runs PostgreSQL statements on a database file, as a node does, with
// nothing between: plan, SQLite, text of the values.
type session struct {
	t      testing.TB
	conn   *sqlite.Conn
	env    *builtin.Env
	cat    *catalog.Catalog
	params []types.Value
}

// sequences is the state of sequences. It is in memory: a failed statement keeps
// the values that it drew.
type sequences struct {
	s     *session
	last  int64
	seen  map[uint32]int64
	state map[uint32]sequenceState
}

type sequenceState struct {
	value  int64
	called bool
}

func (q *sequences) NextValue(oid uint32) (int64, error) {
	def := q.s.cat.Sequence(oid)
	if def == nil {
		return 0, pgerr.New(pgerr.UndefinedTable, "sequence %d does not exist", oid)
	}
	n, called := def.Start, false
	if st, ok := q.state[oid]; ok {
		n, called = st.value, st.called
	}
	if called {
		n += def.Increment
	}
	q.last, q.seen[oid] = n, n
	return n, q.SetValue(oid, n, true)
}

func (q *sequences) CurrentValue(oid uint32) (int64, error) {
	if n, ok := q.seen[oid]; ok {
		return n, nil
	}
	return 0, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "currval of sequence is not yet defined in this session")
}

func (q *sequences) LastValue() (int64, error) { return q.last, nil }

func (q *sequences) SetValue(oid uint32, value int64, called bool) error {
	q.state[oid] = sequenceState{value, called}
	return nil
}

// newSession opens a new database file.
func newSession(t testing.TB) *session {
	t.Helper()
	conn, err := sqlite.Open(sqlite.Config{Path: filepath.Join(t.TempDir(), "db.sqlite")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	s := &session{t: t, conn: conn, env: builtin.NewEnv()}
	s.env.Sequences = &sequences{s: s, seen: map[uint32]int64{}, state: map[uint32]sequenceState{}}
	s.env.Begin(845_000_000_000_000, [16]byte{1})
	if err := builtin.Register(conn, s.env); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"BEGIN IMMEDIATE",
		"CREATE TABLE polyreme_sequence (oid INTEGER PRIMARY KEY, last_value INTEGER, is_called INTEGER) STRICT",
		"CREATE TABLE polyreme_relation_version (relation INTEGER PRIMARY KEY, version INTEGER) STRICT",
	} {
		if err := conn.Exec(sql); err != nil && !strings.Contains(err.Error(), "already exists") {
			t.Fatal(err)
		}
	}
	for _, op := range catalog.Genesis() {
		if err := s.run(Op{SQL: op.SQL, Params: op.Params, Sets: op.Sets}, nil, nil); err != nil {
			t.Fatalf("%s: %v", op.SQL, err)
		}
	}
	if err := conn.Exec("COMMIT"); err != nil {
		t.Fatal(err)
	}
	s.cat, err = catalog.Load(s.query)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *session) query(sql string, yield func([]types.Value) error) error {
	return s.run(Op{SQL: sql}, nil, yield)
}

// run runs one SQLite statement, once for each set of parameters.
func (s *session) run(op Op, params []types.Value, yield func([]types.Value) error) error {
	stmt, err := s.conn.Prepare(op.SQL)
	if err != nil {
		return fmt.Errorf("%s: %w", op.SQL, err)
	}
	defer stmt.Close()
	if op.Params != nil {
		params = op.Params
	}
	sets := max(op.Sets, 1)
	n := len(params) / sets
	for set := range sets {
		for i, v := range params[set*n : (set+1)*n] {
			if i >= stmt.ParameterCount() {
				break
			}
			if err := stmt.Bind(i+1, v); err != nil {
				return err
			}
		}
		for {
			more, err := stmt.Step()
			if err != nil {
				return err
			}
			if !more {
				break
			}
			row := make([]types.Value, stmt.ColumnCount())
			for i := range row {
				row[i] = stmt.Column(i).Clone()
			}
			if yield != nil {
				if err := yield(row); err != nil {
					return err
				}
			}
		}
		stmt.Reset()
	}
	return nil
}

func (s *session) options() Options {
	return Options{Catalog: s.cat, SearchPath: []string{"public"}, User: "postgres", Database: "postgres", Env: &s.env.Types}
}

// plan plans one statement.
func (s *session) plan(sql string) (*Statement, error) {
	stmts, err := parse.Parse(sql)
	if err != nil {
		return nil, err
	}
	if len(stmts) != 1 {
		return nil, fmt.Errorf("%d statements", len(stmts))
	}
	return Plan(stmts[0], sql, s.options())
}

// exec runs one statement and returns what a client would see of it, one line a
// row.
func (s *session) exec(sql string) string {
	st, err := s.plan(sql)
	if err != nil {
		return errorText(pgerr.From(err))
	}
	if st.Kind == Utility {
		return st.Tag + "\n"
	}
	if st.Kind == Read {
		st = &Statement{Kind: Read, Tag: st.Tag, TagCount: st.TagCount, Columns: st.Columns, Ops: []Op{{SQL: st.SQL, Returns: true}}}
	}
	var out strings.Builder
	if len(st.Columns) > 0 {
		for i, c := range st.Columns {
			if i > 0 {
				out.WriteString(" | ")
			}
			fmt.Fprintf(&out, "%s %s", c.Name, types.FormatType(c.Type, c.Typmod))
		}
		out.WriteString("\n")
	}
	rows, changed := 0, int64(0)
	if err := s.conn.Exec("SAVEPOINT statement"); err != nil {
		return err.Error()
	}
	for _, op := range st.Ops {
		err := s.run(op, s.params, func(row []types.Value) error {
			if op.Returns {
				rows++
				s.writeRow(&out, st.Columns, row[:len(st.Columns)])
			}
			return nil
		})
		if err != nil {
			s.conn.Exec("ROLLBACK TO statement")
			s.conn.Exec("RELEASE statement")
			return errorText(s.translate(st, err))
		}
		if op.Counts {
			changed += s.conn.Changes()
		}
	}
	if err := s.conn.Exec("RELEASE statement"); err != nil {
		s.conn.Exec("ROLLBACK TO statement")
		s.conn.Exec("RELEASE statement")
		return errorText(s.translate(st, err))
	}
	if st.NewCatalog != nil {
		s.cat = st.NewCatalog
	}
	out.WriteString(st.Tag)
	if st.TagCount {
		n := changed
		if st.Kind == Read || st.Kind == Write && st.Tag == "SELECT" { // that calls nextval()
			n = int64(rows)
		}
		fmt.Fprintf(&out, " %d", n)
	}
	out.WriteString("\n")
	return out.String()
}

func (s *session) writeRow(out *strings.Builder, columns []Column, row []types.Value) {
	if len(row) != len(columns) && len(columns) > 0 {
		fmt.Fprintf(out, "(%d values for %d columns)", len(row), len(columns))
	}
	for i := range columns {
		if i > 0 {
			out.WriteString(" | ")
		}
		if row[i].IsNull() {
			out.WriteString("∅")
			continue
		}
		out.Write(types.AppendText(nil, columns[i].Type, columns[i].Typmod, row[i], &s.env.Types))
	}
	out.WriteString("\n")
}

// translate makes the client's error as sqlfsm and the session would.
func (s *session) translate(st *Statement, err error) *pgerr.Error {
	var client *pgerr.Error
	if errors.As(err, &client) {
		return client
	}
	c, ok := sqlite.ConstraintOf(err)
	var engine *sqlite.Error
	if !ok && errors.As(err, &engine) {
		if engine.Message == "datatype mismatch" {
			c, ok = sqlite.Constraint{Kind: sqlite.DatatypeConstraint}, true
		}
	}
	if !ok {
		return pgerr.From(err)
	}
	code := map[sqlite.ConstraintKind]string{
		sqlite.UniqueConstraint: pgerr.UniqueViolation, sqlite.PrimaryKeyConstraint: pgerr.UniqueViolation,
		sqlite.NotNullConstraint: pgerr.NotNullViolation, sqlite.CheckConstraint: pgerr.CheckViolation,
		sqlite.ForeignKeyConstraint: pgerr.ForeignKeyViolation, sqlite.DatatypeConstraint: pgerr.DatatypeMismatch,
	}[c.Kind]
	raw := &pgerr.Error{
		Code: code, Message: err.Error(), Schema: rawSchema, Table: c.Table,
		Column: strings.Join(c.Columns, ","), Constraint: c.Name,
	}
	return TranslateError(s.cat, st, raw, nil, nil)
}

func errorText(e *pgerr.Error) string {
	text := fmt.Sprintf("ERROR %s: %s", e.Code, e.Message)
	if e.Position > 0 {
		text += fmt.Sprintf(" at %d", e.Position)
	}
	return text + "\n"
}
