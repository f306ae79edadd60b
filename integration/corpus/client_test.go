package corpus

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// answerLimit is the longest wait for the answer to one statement.
const answerLimit = 20 * time.Second

// client speaks the protocol by hand, to see every message.
type client struct {
	conn     *pgconn.HijackedConn
	frontend *pgproto3.Frontend
}

// An answer is what a server said to one statement.
type answer struct {
	results []result
	code    string // SQLSTATE, or empty
	message string
	status  byte // of the transaction, as in ReadyForQuery
}

// A result is one row set or tag.
type result struct {
	names []string
	types []uint32
	rows  [][]*string
	tag   string
}

func connect(t *testing.T, dsn string) *client {
	t.Helper()
	conn, err := pgconn.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatalf("connect to %s: %v", dsn, err)
	}
	raw, err := conn.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Conn.Close() })
	return &client{conn: raw, frontend: raw.Frontend}
}

// do sends one statement and reads the answer to its end.
func (c *client) do(s step) (answer, error) {
	if s.extended {
		bind := &pgproto3.Bind{Parameters: make([][]byte, len(s.params))}
		for i, p := range s.params {
			if p != nil {
				bind.Parameters[i] = []byte(*p)
			}
		}
		c.frontend.Send(&pgproto3.Parse{Query: s.sql})
		c.frontend.Send(bind)
		c.frontend.Send(&pgproto3.Describe{ObjectType: 'P'})
		c.frontend.Send(&pgproto3.Execute{})
		c.frontend.Send(&pgproto3.Sync{})
	} else {
		c.frontend.Send(&pgproto3.Query{String: s.sql})
	}
	if err := c.frontend.Flush(); err != nil {
		return answer{}, err
	}
	return c.read(s.extended)
}

func (c *client) read(extended bool) (answer, error) {
	var a answer
	var current result
	c.conn.Conn.SetReadDeadline(time.Now().Add(answerLimit))
	for {
		message, err := c.frontend.Receive()
		if err != nil {
			return a, fmt.Errorf("connection lost: %w", err)
		}
		switch m := message.(type) {
		case *pgproto3.RowDescription:
			current = result{}
			for _, f := range m.Fields {
				current.names = append(current.names, string(f.Name))
				current.types = append(current.types, f.DataTypeOID)
			}
		case *pgproto3.DataRow:
			row := make([]*string, len(m.Values))
			for i, v := range m.Values {
				if v != nil {
					text := string(v)
					row[i] = &text
				}
			}
			current.rows = append(current.rows, row)
		case *pgproto3.CommandComplete:
			current.tag = string(m.CommandTag)
			a.results = append(a.results, current)
			current = result{}
		case *pgproto3.CopyInResponse:
			c.frontend.Send(&pgproto3.CopyDone{})
			if extended {
				c.frontend.Send(&pgproto3.Sync{})
			}
			if err := c.frontend.Flush(); err != nil {
				return a, err
			}
		case *pgproto3.ErrorResponse:
			a.code, a.message = m.Code, m.Message
		case *pgproto3.ReadyForQuery:
			a.status = m.TxStatus
			return a, nil
		}
	}
}
