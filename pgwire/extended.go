package pgwire

import (
	"context"

	"github.com/jackc/pgx/v5/pgproto3"

	"polyreme/pgwire/pgerr"
)

// extended runs one message of the extended query protocol.
// https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
func (c *conn) extended(kind byte, body []byte) error {
	ctx := c.statementContext()
	var err error
	switch kind {
	case 'P':
		err = c.runParse(ctx, body)
	case 'B':
		err = c.runBind(ctx, body)
	case 'D':
		err = c.runDescribe(ctx, body)
	case 'E':
		err = c.runExecute(ctx, body)
	case 'C':
		err = c.runClose(body)
	case 'H':
		err = c.session.Flush(ctx, &c.reply)
		if err == nil {
			c.reply.flush()
		}
	}
	if err == nil {
		return c.ended()
	}
	e := c.cause(err)
	if e.Severity == "FATAL" {
		return c.fatal(e)
	}
	c.reply.Error(e)
	c.skipToSync = true
	return c.ended()
}

func (c *conn) runParse(ctx context.Context, body []byte) error {
	if err := c.parse.Decode(body); err != nil {
		return badMessage(err)
	}
	if err := c.session.Parse(ctx, c.parse.Name, c.parse.Query, c.parse.ParameterOIDs, &c.reply); err != nil {
		return err
	}
	c.reply.empty('1')
	return nil
}

func (c *conn) runBind(ctx context.Context, body []byte) error {
	if err := c.bind.Decode(body); err != nil {
		return badMessage(err)
	}
	if err := c.session.Bind(ctx, &c.bind, &c.reply); err != nil {
		return err
	}
	c.reply.empty('2')
	return nil
}

func (c *conn) runDescribe(ctx context.Context, body []byte) error {
	var m pgproto3.Describe
	if err := m.Decode(body); err != nil {
		return badMessage(err)
	}
	switch m.ObjectType {
	case 'S':
		return c.session.DescribeStatement(ctx, m.Name, &c.reply)
	case 'P':
		return c.session.DescribePortal(ctx, m.Name, &c.reply)
	}
	return c.invalidSubtype("DESCRIBE", m.ObjectType)
}

func (c *conn) runExecute(ctx context.Context, body []byte) error {
	if err := c.execute.Decode(body); err != nil {
		return badMessage(err)
	}
	return c.session.Execute(ctx, c.execute.Portal, c.execute.MaxRows, c.frames.peek() == 'S', &c.reply)
}

func (c *conn) runClose(body []byte) error {
	var m pgproto3.Close
	if err := m.Decode(body); err != nil {
		return badMessage(err)
	}
	var err error
	switch m.ObjectType {
	case 'S':
		err = c.session.CloseStatement(m.Name)
	case 'P':
		err = c.session.ClosePortal(m.Name)
	default:
		err = c.invalidSubtype("CLOSE", m.ObjectType)
	}
	if err == nil {
		c.reply.empty('3')
	}
	return err
}

func (c *conn) invalidSubtype(message string, subtype byte) error {
	c.session.Fail()
	return pgerr.New(pgerr.ProtocolViolation, "invalid %s message subtype %d", message, subtype)
}
