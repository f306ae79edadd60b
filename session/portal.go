package session

import (
	"context"

	"github.com/jackc/pgx/v5/pgproto3"

	"polyreme/pgsql/types"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// portal is a statement bound to its parameters, and its rows once it runs.
type portal struct {
	planned   *planned
	statement *prepared // it came from, or nil
	params    []types.Value
	formats   []int16 // of the result
	encoders  []types.Encoder
	described bool // the client knows the columns

	started  bool
	finished bool
	rows     rows // nil when there are none (left)
}

// rows is a source of result rows.
type rows interface {
	// next moves to the next row; false at the end.
	next() (bool, error)
	// column returns a column of the row, valid until the next call of next.
	column(i int) types.Value
	// close releases what the rows hold. It is idempotent.
	close()
}

// use makes p run another plan of the same statement.
func (p *portal) use(next *planned) {
	p.planned = next
	p.encoders = next.encoders(p.formats)
}

func (p *portal) close() {
	if p.rows != nil {
		p.rows.close()
		p.rows = nil
	}
}

// Bind implements pgwire.Session.
func (s *Session) Bind(ctx context.Context, m *pgproto3.Bind, r *pgwire.Reply) error {
	if err := s.bind(ctx, m); err != nil {
		return s.failBatch(ctx, err, r)
	}
	return nil
}

func (s *Session) bind(ctx context.Context, m *pgproto3.Bind) error {
	st, err := s.statement(m.PreparedStatement)
	if err != nil {
		return err
	}
	if name := m.DestinationPortal; name != "" && (s.portals[name] != nil || s.cursors[name] != nil) {
		return pgerr.New(pgerr.DuplicateCursor, "cursor %q already exists", m.DestinationPortal)
	}
	if st.planned != nil {
		if err := s.refusal(st.planned.raw.Stmt); err != nil {
			return err
		}
	}
	p := &portal{planned: st.planned, statement: st}
	if st.planned == nil {
		s.setPortal(m.DestinationPortal, p)
		return nil
	}
	if cat, err := s.catalog(ctx); err != nil {
		return err
	} else if err := s.refresh(ctx, p, cat); err != nil {
		return err
	}
	if err := s.bindParams(p, m); err != nil {
		return err
	}
	columns := len(p.planned.columns)
	if n := len(m.ResultFormatCodes); n > 1 && n != columns {
		return pgerr.New(pgerr.ProtocolViolation, "bind message has %d result formats but query has %d columns", n, columns)
	}
	for _, f := range m.ResultFormatCodes {
		if f != pgwire.FormatText && f != pgwire.FormatBinary {
			return pgerr.New(pgerr.InvalidParameterValue, "unsupported format code: %d", f)
		}
	}
	if len(m.ResultFormatCodes) > 0 {
		p.formats = append([]int16(nil), m.ResultFormatCodes...)
	}
	p.encoders = p.planned.encoders(p.formats)
	s.setPortal(m.DestinationPortal, p)
	return nil
}

func (s *Session) setPortal(name string, p *portal) {
	if old := s.portals[name]; old != nil {
		old.close()
	}
	s.portals[name] = p
}

// bindParams decodes the parameter values into storage form.
func (s *Session) bindParams(p *portal, m *pgproto3.Bind) error {
	want := p.planned.Params
	if n := len(m.ParameterFormatCodes); n > 1 && n != len(m.Parameters) {
		return pgerr.New(pgerr.ProtocolViolation, "bind message has %d parameter formats but %d parameters", n, len(m.Parameters))
	}
	if len(m.Parameters) != len(want) {
		return pgerr.New(pgerr.ProtocolViolation, "bind message supplies %d parameters, but prepared statement %q requires %d",
			len(m.Parameters), m.PreparedStatement, len(want))
	}
	if len(want) == 0 {
		return nil
	}
	size := 0
	for _, v := range m.Parameters {
		size += len(v)
	}
	memory := make([]byte, 0, size)
	p.params = make([]types.Value, len(want))
	env := s.valueEnv(p.planned.catalog)
	for i, data := range m.Parameters {
		if data == nil {
			continue
		}
		at := len(memory)
		memory = append(memory, data...)
		own := memory[at:len(memory):len(memory)]
		var err error
		switch f := pgwire.FormatOf(m.ParameterFormatCodes, i); f {
		case pgwire.FormatText:
			if err = types.CheckUTF8(own); err == nil {
				p.params[i], err = types.ParseText(want[i], -1, own, env)
			}
		case pgwire.FormatBinary:
			p.params[i], err = types.ParseBinary(want[i], -1, own, env)
			if pgerr.Code(err) == pgerr.InvalidBinaryRepresentation {
				err = pgerr.New(pgerr.InvalidBinaryRepresentation, "incorrect binary data format in bind parameter %d", i+1)
			}
		default:
			err = pgerr.New(pgerr.InvalidParameterValue, "unsupported format code: %d", f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// DescribePortal implements pgwire.Session.
func (s *Session) DescribePortal(ctx context.Context, name string, r *pgwire.Reply) error {
	p, err := s.portal(name)
	if err != nil {
		return s.failBatch(ctx, err, r)
	}
	p.described = true
	if p.planned == nil {
		r.NoData()
		return nil
	}
	describeColumns(p.planned.columns, p.formats, r)
	return nil
}

// ClosePortal implements pgwire.Session.
func (s *Session) ClosePortal(name string) error {
	if p := s.portals[name]; p != nil {
		p.close()
		delete(s.portals, name)
	}
	delete(s.cursors, name)
	return nil
}

func (s *Session) portal(name string) (*portal, error) {
	if p, ok := s.portals[name]; ok {
		return p, nil
	}
	if c, ok := s.cursors[name]; ok {
		return c.portal(), nil
	}
	return nil, pgerr.New(pgerr.InvalidCursorName, "portal %q does not exist", name)
}

// Execute implements pgwire.Session.
func (s *Session) Execute(ctx context.Context, name string, rowsMax uint32, last bool, r *pgwire.Reply) error {
	p, err := s.portal(name)
	if err == nil {
		limited, done := s.limit(ctx)
		err = s.failure(limited, s.execute(limited, p, int64(rowsMax), last, r))
		done()
	}
	if err != nil {
		return s.failBatch(ctx, err, r)
	}
	return nil
}

// failBatch ends the batch of the extended protocol with err. The answers of
// the writes before go first: one of them may have failed first.
func (s *Session) failBatch(ctx context.Context, err error, r *pgwire.Reply) error {
	err = s.settleFirst(ctx, err, r)
	s.Fail()
	return s.failure(ctx, err)
}

// execute runs a portal up to rowsMax rows, 0 for all.
func (s *Session) execute(ctx context.Context, p *portal, rowsMax int64, last bool, r *pgwire.Reply) error {
	if p.planned == nil {
		r.EmptyQueryResponse()
		return nil
	}
	if p.finished {
		if p.planned.columns == nil {
			return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "portal cannot be run anymore")
		}
		s.complete(p, 0, r)
		return nil
	}
	if !p.started {
		p.started = true
		for _, n := range p.planned.Notices {
			s.notice(n, r)
		}
		done, err := s.begin(ctx, p, rowsMax, last, r)
		if err != nil || done {
			p.finished = true
			return err
		}
	}
	return s.sendRows(ctx, p, rowsMax, r)
}

// sendRows sends rows of a started portal.
func (s *Session) sendRows(ctx context.Context, p *portal, rowsMax int64, r *pgwire.Reply) error {
	if running, ok := p.rows.(*stmtRows); ok {
		running.watch(ctx)
		defer running.unwatch()
	}
	var n int64
	env := s.valueEnv(p.planned.catalog)
	columns := len(p.encoders)
	for rowsMax == 0 || n < rowsMax {
		more, err := p.rows.next()
		s.sendNotices(r)
		if err != nil {
			p.close()
			return err
		}
		if !more {
			p.close()
			p.finished = true
			s.complete(p, n, r)
			return nil
		}
		dst := r.StartRow(columns)
		for i, encode := range p.encoders {
			dst = pgwire.AppendValue(dst, encode, p.rows.column(i), env)
		}
		r.EndRow(dst)
		n++
		if err := r.Err(); err != nil {
			p.close()
			return err
		}
	}
	r.PortalSuspended()
	return nil
}

// complete sends the tag of a statement that returned n rows.
func (s *Session) complete(p *portal, n int64, r *pgwire.Reply) {
	if p.planned.TagCount {
		r.CommandCompleteCount(p.planned.Tag, n)
		return
	}
	r.CommandComplete(p.planned.Tag)
}

// valueRows are rows in memory.
type valueRows struct {
	left raftlog.Rows
	row  []types.Value
}

func newValueRows(r raftlog.Rows) *valueRows {
	return &valueRows{left: r, row: make([]types.Value, r.Columns)}
}

func (v *valueRows) next() (bool, error)      { return v.left.Next(v.row) }
func (v *valueRows) column(i int) types.Value { return v.row[i] }
func (v *valueRows) close()                   {}
