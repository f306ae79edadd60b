package session

import (
	"context"
	"encoding/binary"

	"polyreme/pgsql/copyfmt"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/types"
	"polyreme/pgwire"
)

// copyOut sends the rows of a query or table.
func (s *Session) copyOut(ctx context.Context, p *portal, r *pgwire.Reply) error {
	query := &portal{planned: p.planned, params: p.params}
	if err := s.read(ctx, query, r); err != nil {
		return err
	}
	defer query.close()
	if running, ok := query.rows.(*stmtRows); ok {
		running.watch(ctx)
		defer running.unwatch()
	}
	c := query.planned.Copy
	o := &copyOutput{options: copyOptions(c), env: s.valueEnv(query.planned.catalog)}
	for _, column := range c.Columns {
		if c.Format == plan.CopyBinary {
			o.encoders = append(o.encoders, types.BinaryEncoder(column.Type, column.Typmod))
		} else {
			o.encoders = append(o.encoders, types.TextEncoder(column.Type, column.Typmod))
		}
	}
	r.CopyOut(wireFormat(c), len(c.Columns))
	o.begin(c, r)
	var n int64
	for {
		more, err := query.rows.next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		o.row(query.rows)
		r.CopyData(o.buf)
		n++
		if err := r.Err(); err != nil {
			return err
		}
	}
	if c.Format == plan.CopyBinary {
		r.CopyData(copyfmt.AppendTrailer(o.start()))
	}
	r.CopyDone()
	r.CommandCompleteCount("COPY", n)
	return nil
}

// copyOutput formats rows.
type copyOutput struct {
	options  copyfmt.Options
	encoders []types.Encoder
	env      *types.Env
	buf      []byte
	header   []byte // of the binary format: it goes into one message with the first row
	field    []byte
}

// start empties buf for a row.
func (o *copyOutput) start() []byte {
	o.buf = append(o.buf[:0], o.header...)
	o.header = nil
	return o.buf
}

// begin makes what comes before the rows.
func (o *copyOutput) begin(c *plan.CopyPlan, r *pgwire.Reply) {
	switch {
	case c.Format == plan.CopyBinary:
		o.header = copyfmt.AppendHeader(nil)
	case c.Header:
		for i, column := range c.Columns {
			if i > 0 {
				o.buf = append(o.buf, o.options.Delimiter)
			}
			if c.Format == plan.CopyCSV {
				plain := o.options
				plain.ForceQuote = nil
				o.buf = copyfmt.AppendCSV(o.buf, []byte(column.Name), i, len(c.Columns) == 1, &plain)
			} else {
				o.buf = copyfmt.AppendText(o.buf, []byte(column.Name), &o.options)
			}
		}
		r.CopyData(append(o.buf, '\n'))
	}
}

// row formats one row into buf.
func (o *copyOutput) row(source rows) {
	o.buf = o.start()
	if o.options.Format == copyfmt.Binary {
		o.buf = binary.BigEndian.AppendUint16(o.buf, uint16(len(o.encoders)))
		for i, encode := range o.encoders {
			o.buf = pgwire.AppendValue(o.buf, encode, source.column(i), o.env)
		}
		return
	}
	for i, encode := range o.encoders {
		if i > 0 {
			o.buf = append(o.buf, o.options.Delimiter)
		}
		var field []byte
		if v := source.column(i); v.Kind != types.Null {
			if o.field == nil {
				o.field = make([]byte, 0, 64)
			}
			o.field = encode(o.field[:0], v, o.env)
			field = o.field
		}
		if o.options.Format == copyfmt.CSV {
			o.buf = copyfmt.AppendCSV(o.buf, field, i, len(o.encoders) == 1, &o.options)
		} else {
			o.buf = copyfmt.AppendText(o.buf, field, &o.options)
		}
	}
	o.buf = append(o.buf, '\n')
}
