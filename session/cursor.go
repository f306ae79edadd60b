package session

import (
	"context"
	"math"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/types"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// cursor is the result of DECLARE, kept in memory so that it scrolls and
// outlives its transaction WITH HOLD.
type cursor struct {
	planned *planned
	sql     string
	made    int64 // when, in microseconds since 2000-01-01
	rows    [][]types.Value
	at      int // 0 before the first row, len(rows)+1 after the last
	hold    bool
	scroll  bool
}

// declare runs DECLARE: the query runs at once.
func (s *Session) declare(ctx context.Context, p *portal, t *ast.DeclareCursorStmt, r *pgwire.Reply) error {
	hold := t.Options&ast.CursorHold != 0
	if !hold && (s.block == nil || !s.block.explicit) {
		return pgerr.New(pgerr.NoActiveSQLTransaction, "DECLARE CURSOR can only be used in transaction blocks")
	}
	if s.cursors[t.Name] != nil || s.portals[t.Name] != nil {
		return pgerr.New(pgerr.DuplicateCursor, "cursor %q already exists", t.Name)
	}
	cat, err := s.catalog(ctx)
	if err != nil {
		return err
	}
	raw := p.planned.raw
	raw.Stmt = t.Query
	params := make([]uint32, len(p.planned.Params))
	for i, oid := range p.planned.Params {
		params[i] = uint32(oid)
	}
	planned, err := s.planRaw(ctx, raw, p.planned.sql, params, cat)
	if err != nil {
		return err
	}
	if planned.Kind != plan.Read {
		return pgerr.Unsupported("DECLARE CURSOR for a query that changes data is not supported")
	}
	if s.block != nil {
		s.block.queried = true
	}
	query := &portal{planned: planned, params: p.params, encoders: planned.text}
	if err := s.read(ctx, query, r); err != nil {
		return err
	}
	defer query.close()
	if running, ok := query.rows.(*stmtRows); ok {
		running.watch(ctx)
		defer running.unwatch()
	}
	c := &cursor{planned: query.planned, sql: p.planned.sql, made: s.clock(), hold: hold, scroll: t.Options&ast.CursorNoScroll == 0}
	if err := c.load(query.rows, s.settings.WorkspaceBytes); err != nil {
		return err
	}
	s.cursors[t.Name] = c
	r.CommandComplete("DECLARE CURSOR")
	return nil
}

// load takes all rows into memory, up to a limit of bytes.
func (c *cursor) load(source rows, bytesMax int64) error {
	const valueBytes = 40 // of a types.Value
	var size int64
	for {
		more, err := source.next()
		if err != nil || !more {
			return err
		}
		row := make([]types.Value, len(c.planned.columns))
		for i := range row {
			row[i] = source.column(i).Clone()
			size += valueBytes + int64(len(row[i].Bytes))
		}
		if size > bytesMax {
			return pgerr.New(pgerr.OutOfMemory, "the result of the cursor takes more than %d kB", bytesMax>>10).
				WithHint("Raise polyreme.workspace_mem, or fetch the rows through a portal of the extended protocol.")
		}
		c.rows = append(c.rows, row)
	}
}

// fetch runs FETCH and MOVE.
// https://www.postgresql.org/docs/15/sql-fetch.html
func (s *Session) fetch(p *portal, t *ast.FetchStmt, r *pgwire.Reply) (done bool, err error) {
	c := s.cursors[t.Cursor]
	if c == nil {
		return true, pgerr.New(pgerr.InvalidCursorName, "cursor %q does not exist", t.Cursor)
	}
	picked, err := c.move(t)
	if err != nil {
		return true, err
	}
	if t.Move {
		r.CommandCompleteCount("MOVE", int64(len(picked)))
		return true, nil
	}
	all := raftlog.Rows{Columns: len(c.planned.columns)}
	for _, row := range picked {
		all.Append(row)
	}
	if p.planned.columns == nil || !sameColumns(p.planned.columns, c.planned.columns) {
		own := *p.planned
		own.columns, own.text, own.binary = c.planned.columns, c.planned.text, c.planned.binary
		p.use(&own)
	}
	p.rows = newValueRows(all)
	return false, nil
}

// move changes the position of the cursor and returns the rows passed over.
func (c *cursor) move(t *ast.FetchStmt) ([][]types.Value, error) {
	n := len(c.rows)
	backward := t.Direction == ast.FetchBackward || t.Direction == ast.FetchForward && t.Count < 0 ||
		t.Direction == ast.FetchAbsolute && (t.Count < 0 || int(t.Count) < c.at) || t.Direction == ast.FetchRelative && t.Count < 0
	if backward && !c.scroll {
		return nil, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cursor can only scan forward").
			WithHint("Declare it with SCROLL option to enable backward scan.")
	}
	count := t.Count
	switch t.Direction {
	case ast.FetchAbsolute:
		to := count
		if to < 0 {
			to += int64(n) + 1
		}
		return c.jump(to), nil
	case ast.FetchRelative:
		return c.jump(int64(c.at) + count), nil
	case ast.FetchBackward:
		if count == ast.FetchAll {
			count = math.MaxInt32
		}
		count = -count
	}
	if count == 0 { // the current row again
		return c.jump(int64(c.at)), nil
	}
	var picked [][]types.Value
	if count > 0 {
		last := n
		if count < int64(n-min(c.at, n)) {
			last = c.at + int(count)
		}
		if c.at < last {
			picked = c.rows[c.at:last]
		}
		c.at = last
		if int64(len(picked)) < count {
			c.at = n + 1
		}
		return picked, nil
	}
	for i := count; i < 0 && c.at > 0; i++ {
		c.at--
		if c.at > 0 {
			picked = append(picked, c.rows[c.at-1])
		}
	}
	return picked, nil
}

// jump goes to one row and returns it, if it exists.
func (c *cursor) jump(to int64) [][]types.Value {
	n := int64(len(c.rows))
	c.at = int(max(0, min(to, n+1)))
	if to < 1 || to > n {
		return nil
	}
	return c.rows[to-1 : to]
}

func (s *Session) closeCursor(t *ast.ClosePortalStmt, r *pgwire.Reply) error {
	if t.Name == "" {
		clear(s.cursors)
		r.CommandComplete("CLOSE CURSOR ALL")
		return nil
	}
	if s.cursors[t.Name] == nil {
		return pgerr.New(pgerr.InvalidCursorName, "cursor %q does not exist", t.Name)
	}
	delete(s.cursors, t.Name)
	r.CommandComplete("CLOSE CURSOR")
	return nil
}

// portal gives the cursor to the extended protocol, whose messages may name
// cursors as well as portals. Its rows go on where the cursor stands.
func (c *cursor) portal() *portal {
	return &portal{planned: c.planned, encoders: c.planned.text, started: true, rows: &cursorRows{cursor: c}}
}

// cursorRows are the rows of a cursor from its position on.
type cursorRows struct {
	cursor *cursor
	row    []types.Value
}

func (q *cursorRows) next() (bool, error) {
	q.row = nil
	if rows := q.cursor.jump(int64(q.cursor.at) + 1); rows != nil {
		q.row = rows[0]
	}
	return q.row != nil, nil
}

func (q *cursorRows) column(i int) types.Value { return q.row[i] }
func (q *cursorRows) close()                   {}
