package wire_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"polyreme/integration/harness"
)

const waitLimit = 30 * time.Second

// client is a connection whose bytes the test makes itself.
type client struct {
	t     *testing.T
	conn  net.Conn
	front *pgproto3.Frontend

	startedUp bool // parameter statuses are shown from now on
}

func dial(t *testing.T, n *harness.Node) *client {
	t.Helper()
	c, err := net.DialTimeout("tcp", n.SQL, waitLimit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(2 * waitLimit))
	return &client{t: t, conn: c, front: pgproto3.NewFrontend(c, c)}
}

// connect is dial with the startup done.
func connect(t *testing.T, n *harness.Node) *client {
	t.Helper()
	c := dial(t, n)
	c.send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: map[string]string{"user": "postgres"}})
	c.until("Ready")
	c.startedUp = true
	return c
}

func (c *client) send(messages ...pgproto3.FrontendMessage) {
	c.t.Helper()
	var b []byte
	for _, m := range messages {
		var err error
		if b, err = m.Encode(b); err != nil {
			c.t.Fatal(err)
		}
	}
	c.write(b)
}

func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Logf("write: %v", err)
	}
}

// until reads messages up to one that begins with last, or to the end, and
// returns them in short form, without what servers say at startup.
func (c *client) until(last string) string {
	var all []string
	startedUp := c.startedUp
	for {
		m, err := c.front.Receive()
		if err != nil {
			return strings.Join(append(all, "closed"), " ")
		}
		word := ""
		switch m := m.(type) {
		case *pgproto3.ErrorResponse:
			word = m.Severity + " " + m.Code
		case *pgproto3.CommandComplete:
			word = string(m.CommandTag)
		case *pgproto3.DataRow:
			word = "Row(" + string(bytes.Join(m.Values, []byte(","))) + ")"
		case *pgproto3.ReadyForQuery:
			word = fmt.Sprintf("Ready(%c)", m.TxStatus)
		case *pgproto3.NegotiateProtocolVersion:
			word = fmt.Sprintf("Negotiate(%d)", m.NewestMinorProtocol)
		case *pgproto3.PortalSuspended:
			word = "Suspended"
		case *pgproto3.NoData:
			word = "NoData"
		case *pgproto3.EmptyQueryResponse:
			word = "Empty"
		case *pgproto3.ParameterStatus:
			if startedUp {
				word = m.Name + "=" + m.Value
			}
		case *pgproto3.CopyInResponse:
			word = "CopyIn"
		}
		if word == "" {
			continue
		}
		if all = append(all, word); strings.HasPrefix(word, last) {
			return strings.Join(all, " ")
		}
	}
}

// query runs a simple query and returns the answer in short form.
func (c *client) query(sql string) string {
	c.t.Helper()
	c.send(&pgproto3.Query{String: sql})
	return c.until("Ready")
}

// alive makes sure that the node serves others.
func alive(t *testing.T, n *harness.Node) {
	t.Helper()
	if got, err := n.Query("SELECT 1"); err != nil || got != "1" {
		t.Fatalf("node %s does not answer others: %q %v", n.Name, got, err)
	}
}

// rss returns the resident memory of the node, in bytes.
func rss(t *testing.T, n *harness.Node) int64 {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.PID()))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "VmRSS:")
	kB, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kB << 10
}

func length(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// TestBadStartup: what is no startup message is refused.
func TestBadStartup(t *testing.T) {
	n := harness.Start(t, 1).Nodes[0]
	startup := func(code uint32, pairs ...string) []byte {
		b := binary.BigEndian.AppendUint32(nil, code)
		for _, s := range pairs {
			b = append(append(b, s...), 0)
		}
		b = append(b, 0)
		return append(length(len(b)+4), b...)
	}
	for _, test := range []struct {
		name string
		sent []byte
		want string
	}{
		{"HTTP", []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), "FATAL 08P01 closed"},
		{"length too large", length(1 << 30), "FATAL 08P01 closed"},
		{"length too small", length(3), "FATAL 08P01 closed"},
		{"length negative", length(-1), "FATAL 08P01 closed"},
		{"protocol 2.0", startup(2<<16, "user", "postgres"), "FATAL 0A000 closed"},
		{"protocol 4.0", startup(4<<16, "user", "postgres"), "FATAL 0A000 closed"},
		{"protocol 3.9999", startup(3<<16|9999, "user", "postgres"), "Negotiate(196610) Ready(I)"},
		{"protocol option", startup(3<<16, "user", "postgres", "_pq_.nothing", "1"), "Negotiate(196608) Ready(I)"},
		{"no user", startup(3<<16, "database", "postgres"), "FATAL 28000 closed"},
		{"no terminator", append(append(length(4+4+8), 0, 3, 0, 0), "user\x00bob"...), "FATAL 08P01 closed"},
		{"invalid UTF-8", startup(3<<16, "user", "\xff\xfe"), "FATAL 08P01 closed"},
		{"unknown parameter", startup(3<<16, "user", "postgres", "nonsense", "1"), "FATAL 42704 closed"},
		{"invalid parameter", startup(3<<16, "user", "postgres", "datestyle", "nonsense"), "FATAL 22023 closed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := dial(t, n)
			c.write(test.sent)
			if got := c.until("Ready"); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	alive(t, n)
}

// TestGarbage: random bytes end one connection, at whatever point they come.
func TestGarbage(t *testing.T) {
	n := harness.Start(t, 1).Nodes[0]
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(size int) []byte {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	for i := range 100 {
		c := dial(t, n)
		if i%2 == 0 {
			c = connect(t, n)
			kinds := "QPBEDCHSFdcfp"
			c.write([]byte{kinds[i/2%len(kinds)]})
			body := noise(random.IntN(200))
			c.write(append(length(len(body)+4), body...))
		}
		c.write(noise(1 + random.IntN(2000)))
		c.conn.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, c.conn)
		c.conn.Close()
	}
	alive(t, n)
	if strings.Contains(n.Log(), "panic") {
		t.Error("a panic is in the log")
	}
}

// TestMalformed: messages that are well framed and wrong inside.
func TestMalformed(t *testing.T) {
	n := harness.Start(t, 1).Nodes[0]
	n.MustQuery("CREATE TABLE t (a int PRIMARY KEY, b text)")
	parse := func(sql string) pgproto3.FrontendMessage { return &pgproto3.Parse{Query: sql} }
	execute, sync := &pgproto3.Execute{}, &pgproto3.Sync{}
	bind := func(formats []int16, values ...string) pgproto3.FrontendMessage {
		b := &pgproto3.Bind{ParameterFormatCodes: formats}
		for _, v := range values {
			b.Parameters = append(b.Parameters, []byte(v))
		}
		return b
	}
	binaryFormat := []int16{1}
	for _, test := range []struct {
		name string
		sent []pgproto3.FrontendMessage
		want string
	}{
		{"too few parameters", []pgproto3.FrontendMessage{parse("SELECT $1::int, $2::int"), bind(nil, "1"), execute, sync}, "ERROR 08P01 Ready(I)"},
		{"too many parameters", []pgproto3.FrontendMessage{parse("SELECT $1::int"), bind(nil, "1", "2"), execute, sync}, "ERROR 08P01 Ready(I)"},
		{"binary too short", []pgproto3.FrontendMessage{parse("SELECT $1::int"), bind(binaryFormat, "abc"), execute, sync}, "ERROR 08P01 Ready(I)"},
		{"binary too long", []pgproto3.FrontendMessage{parse("SELECT $1::int"), bind(binaryFormat, "abcde"), execute, sync}, "ERROR 22P03 Ready(I)"},
		{"binary numeric", []pgproto3.FrontendMessage{parse("SELECT $1::numeric"), bind(binaryFormat, "\x00\x01\x00\x00\x7f\x00\x00\x00\x00\x01"), execute, sync}, "ERROR 22P03 Ready(I)"},
		{"unknown format", []pgproto3.FrontendMessage{parse("SELECT $1::int"), bind([]int16{7}, "1"), execute, sync}, "ERROR 22023 Ready(I)"},
		{"invalid UTF-8", []pgproto3.FrontendMessage{parse("SELECT $1::text"), bind(nil, "\xff"), execute, sync}, "ERROR 22021 Ready(I)"},
		{"NUL in text", []pgproto3.FrontendMessage{parse("SELECT $1::text"), bind(nil, "a\x00b"), execute, sync}, "ERROR 22021 Ready(I)"},
		{"invalid UTF-8 in SQL", []pgproto3.FrontendMessage{&pgproto3.Query{String: "SELECT '\xc3\x28'"}}, "ERROR 22021 Ready(I)"},
		{"no such statement", []pgproto3.FrontendMessage{&pgproto3.Bind{PreparedStatement: "nothing"}, sync}, "ERROR 26000 Ready(I)"},
		{"no such portal", []pgproto3.FrontendMessage{&pgproto3.Execute{Portal: "nothing"}, sync}, "ERROR 34000 Ready(I)"},
		{"describe what", []pgproto3.FrontendMessage{&pgproto3.Describe{ObjectType: 'X'}, sync}, "ERROR 08P01 Ready(I)"},
		{"two statements", []pgproto3.FrontendMessage{parse("SELECT 1; SELECT 2"), sync}, "ERROR 42601 Ready(I)"},
		{"function call", []pgproto3.FrontendMessage{&pgproto3.FunctionCall{Function: 1}}, "ERROR 0A000 Ready(I)"},
		{"COPY data out of place", []pgproto3.FrontendMessage{&pgproto3.CopyData{Data: []byte("x")}, &pgproto3.CopyDone{}, sync}, "Ready(I)"},
		{"query within COPY", []pgproto3.FrontendMessage{&pgproto3.Query{String: "COPY t FROM STDIN"}, &pgproto3.Query{String: "SELECT 1"}}, "CopyIn FATAL 08P01 closed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, n)
			c.send(test.sent...)
			got := c.until("Ready")
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if strings.HasSuffix(got, "closed") {
				return
			}
			if got := c.query("SELECT 1"); got != "Row(1) SELECT 1 Ready(I)" {
				t.Errorf("after it: %s", got)
			}
		})
	}
	for _, sent := range []string{"Q\x00\x00\x00\x03", "Q\xff\xff\xff\xff", "B\x00\x00\x00\x05\x00", "Q\x00\x00\x00\x0aSELECT", "z\x00\x00\x00\x04"} {
		c := connect(t, n)
		c.write([]byte(sent))
		if got := c.until("closed"); !strings.HasPrefix(got, "FATAL 08P01") && !strings.HasPrefix(got, "ERROR 08P01") {
			t.Errorf("%q: got %s", sent, got)
		}
	}
	alive(t, n)
}
