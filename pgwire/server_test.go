package pgwire

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// echo is a Session without a database: a statement is answered by its text.
// "fail" fails, "wait" waits for its context, "hold" is answered at Sync,
// "panic" panics, "copy" takes COPY data.
type echo struct {
	statements map[string]string
	portals    map[string]string
	held       []string
	failed     bool
	idle       bool
	post       chan string
}

// echoes makes sessions, and keeps the newest one's post box.
type echoes struct {
	post chan string
	wake *func()
}

func newEchoes() echoes { return echoes{post: make(chan string, 1<<16), wake: new(func())} }

func (s echoes) NewSession(_ context.Context, start Startup, r *Reply) (Session, error) {
	if start.Database == "missing" {
		return nil, &pgerr.Error{Severity: "FATAL", Code: pgerr.InvalidCatalogName, Message: `database "missing" does not exist`}
	}
	r.ParameterStatus("server_version", "15.0")
	*s.wake = start.Wake
	return &echo{statements: map[string]string{}, portals: map[string]string{}, post: s.post}, nil
}

func (e *echo) run(ctx context.Context, sql string, r *Reply) error {
	e.idle = sql == "idle"
	switch {
	case sql == "":
		r.EmptyQueryResponse()
	case strings.HasPrefix(sql, "fail"):
		return pgerr.New(pgerr.SyntaxError, "it failed")
	case sql == "wait":
		<-ctx.Done()
		return context.Cause(ctx)
	case sql == "panic":
		panic("on purpose")
	case sql == "copy":
		return e.copy(r)
	default:
		r.RowDescription([]Column{{Name: "text", Type: types.TextOID, Size: -1, Typmod: -1}}, nil)
		row := r.StartRow(1)
		r.EndRow(AppendValue(row, types.TextEncoder(types.TextOID, -1), types.TextValue(sql), nil))
		r.CommandCompleteCount("SELECT", 1)
	}
	return nil
}

func (e *echo) copy(r *Reply) error {
	in := r.CopyIn(FormatText, 1)
	n := 0
	for {
		b, err := in.Next()
		if errors.Is(err, io.EOF) {
			r.CommandCompleteCount("COPY", int64(n))
			return nil
		}
		if err != nil {
			return err
		}
		n += len(b)
	}
}

func (e *echo) Query(ctx context.Context, sql string, r *Reply) error { return e.run(ctx, sql, r) }

func (e *echo) Parse(_ context.Context, name, sql string, _ []uint32, _ *Reply) error {
	if strings.HasPrefix(sql, "fail parse") {
		e.failed = true
		return pgerr.New(pgerr.SyntaxError, "it failed")
	}
	e.statements[name] = sql
	return nil
}

func (e *echo) Bind(_ context.Context, m *pgproto3.Bind, _ *Reply) error {
	e.portals[m.DestinationPortal] = e.statements[m.PreparedStatement]
	return nil
}

func (e *echo) DescribeStatement(_ context.Context, _ string, r *Reply) error {
	r.ParameterDescription(nil)
	r.NoData()
	return nil
}

func (e *echo) DescribePortal(_ context.Context, _ string, r *Reply) error {
	r.NoData()
	return nil
}

func (e *echo) Execute(ctx context.Context, portal string, _ uint32, _ bool, r *Reply) error {
	sql := e.portals[portal]
	if strings.HasPrefix(sql, "hold") {
		r.Hold()
		e.held = append(e.held, sql)
		return nil
	}
	err := e.run(ctx, sql, r)
	e.failed = e.failed || err != nil
	return err
}

func (e *echo) CloseStatement(name string) error { delete(e.statements, name); return nil }
func (e *echo) ClosePortal(name string) error    { delete(e.portals, name); return nil }
func (e *echo) Flush(_ context.Context, r *Reply) error {
	return e.settle(r)
}

func (e *echo) settle(r *Reply) error {
	held := e.held
	e.held = nil
	for i, sql := range held {
		if sql == "hold fail" {
			r.SettleBefore(i)
			return pgerr.New(pgerr.UniqueViolation, "held and failed")
		}
		r.Fill(i)
		r.CommandComplete(sql)
		r.EndFill()
	}
	r.Settle()
	return nil
}

func (e *echo) Sync(_ context.Context, r *Reply) error {
	defer func() { e.failed = false }()
	if e.failed {
		e.held = nil
		r.Settle()
		return nil
	}
	return e.settle(r)
}

func (e *echo) Fail()          { e.failed = true }
func (e *echo) TxStatus() byte { return 'I' }

// Deliver sends what the test has posted.
func (e *echo) Deliver(r *Reply) error {
	for {
		select {
		case payload := <-e.post:
			if payload == "fatal" {
				return &pgerr.Error{Severity: "FATAL", Code: pgerr.ProgramLimitExceeded, Message: "too much"}
			}
			r.Notification(7, "news", payload)
		default:
			return nil
		}
	}
}

// IdleLimit is a minute after a statement "idle", not within a batch.
func (e *echo) IdleLimit(ready bool) (time.Duration, *pgerr.Error) {
	if e.idle && ready {
		return time.Minute, &pgerr.Error{Severity: "FATAL", Code: pgerr.IdleSessionTimeout, Message: "idle for too long"}
	}
	return 0, nil
}

func (e *echo) Close() {}

// harness is a server with one raw client connection.
type harness struct {
	t      *testing.T
	server *Server
	echoes echoes
	client net.Conn
	front  *pgproto3.Frontend
}

// deliver has the session of the connection deliver something.
func (h *harness) deliver(payload string) {
	h.echoes.post <- payload
	(*h.echoes.wake)()
}

func newHarness(t *testing.T, config Config) *harness {
	t.Helper()
	sessions := newEchoes()
	config.Sessions = sessions
	config.Logger = slog.New(slog.DiscardHandler)
	s := NewServer(config)
	h := &harness{t: t, server: s, echoes: sessions}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if h.client != nil {
			h.client.Close()
		}
		s.Shutdown(ctx)
	})
	return h
}

// dial connects a raw client through a pipe.
func (h *harness) dial() net.Conn {
	a, b := net.Pipe()
	h.server.begin(b)
	return a
}

// connect connects and completes startup.
func (h *harness) connect() {
	h.t.Helper()
	h.client = h.dial()
	h.front = pgproto3.NewFrontend(h.client, h.client)
	go h.client.Write(startupMessage(3<<16, "user", "u", "database", "d"))
	h.until("ReadyForQuery")
}

func startupMessage(version uint32, pairs ...string) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 4), version)
	for _, p := range pairs {
		b = append(append(b, p...), 0)
	}
	b = append(b, 0)
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

func (h *harness) send(messages ...pgproto3.FrontendMessage) {
	var b []byte
	for _, m := range messages {
		b, _ = m.Encode(b)
	}
	go h.client.Write(b)
}

// until reads messages up to one of the kind and returns them in short form.
func (h *harness) until(kind string) string {
	h.t.Helper()
	var out []string
	for {
		m, err := h.front.Receive()
		if err != nil {
			return strings.Join(append(out, "closed"), " ")
		}
		out = append(out, describe(m))
		if strings.HasPrefix(out[len(out)-1], kind) {
			return strings.Join(out, " ")
		}
	}
}

func describe(m pgproto3.BackendMessage) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3.")
	switch m := m.(type) {
	case *pgproto3.ErrorResponse:
		return fmt.Sprintf("Error(%s %s %s)", m.Severity, m.Code, m.Message)
	case *pgproto3.CommandComplete:
		return fmt.Sprintf("Complete(%s)", m.CommandTag)
	case *pgproto3.DataRow:
		return fmt.Sprintf("Row(%s)", bytes.Join(m.Values, []byte(",")))
	case *pgproto3.NotificationResponse:
		return fmt.Sprintf("Notification(%d %s %s)", m.PID, m.Channel, m.Payload)
	case *pgproto3.ReadyForQuery:
		return fmt.Sprintf("ReadyForQuery(%c)", m.TxStatus)
	}
	return name
}

func extended(name, sql string) []pgproto3.FrontendMessage {
	return []pgproto3.FrontendMessage{
		&pgproto3.Parse{Name: name, Query: sql}, &pgproto3.Bind{PreparedStatement: name}, &pgproto3.Execute{},
	}
}

func TestSimpleQuery(t *testing.T) {
	h := newHarness(t, Config{})
	h.connect()
	for _, c := range []struct{ sql, want string }{
		{"hello", "RowDescription Row(hello) Complete(SELECT 1) ReadyForQuery(I)"},
		{"", "EmptyQueryResponse ReadyForQuery(I)"},
		{"fail", "Error(ERROR 42601 it failed) ReadyForQuery(I)"},
	} {
		h.send(&pgproto3.Query{String: c.sql})
		if got := h.until("ReadyForQuery"); got != c.want {
			t.Errorf("%q: got %s, want %s", c.sql, got, c.want)
		}
	}
}

func TestHeldAnswersKeepTheirPlace(t *testing.T) {
	h := newHarness(t, Config{})
	h.connect()
	messages := append(extended("", "hold one"), extended("", "hold two")...)
	h.send(append(messages, &pgproto3.Sync{})...)
	want := "ParseComplete BindComplete Complete(hold one) ParseComplete BindComplete Complete(hold two) ReadyForQuery(I)"
	if got := h.until("ReadyForQuery"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	messages = append(extended("", "hold one"), extended("", "hold fail")...)
	messages = append(messages, extended("", "hold three")...)
	h.send(append(messages, &pgproto3.Sync{})...)
	want = "ParseComplete BindComplete Complete(hold one) ParseComplete BindComplete Error(ERROR 23505 held and failed) ReadyForQuery(I)"
	if got := h.until("ReadyForQuery"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestErrorSkipsToSync(t *testing.T) {
	h := newHarness(t, Config{})
	h.connect()
	messages := append(extended("", "fail"), extended("", "not run")...)
	messages = append(messages, &pgproto3.Sync{})
	h.send(append(messages, append(extended("", "run"), &pgproto3.Sync{})...)...)
	if got, want := h.until("ReadyForQuery"), "ParseComplete BindComplete Error(ERROR 42601 it failed) ReadyForQuery(I)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := h.until("ReadyForQuery"), "ParseComplete BindComplete RowDescription Row(run) Complete(SELECT 1) ReadyForQuery(I)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLargeMessages(t *testing.T) {
	h := newHarness(t, Config{MessageBytesMax: 100_000})
	h.connect()
	h.send(&pgproto3.Query{String: strings.Repeat("x", 90_000)})
	if got := h.until("ReadyForQuery"); !strings.HasSuffix(got, "ReadyForQuery(I)") || strings.Contains(got, "Error") {
		t.Errorf("a message below the limit: got %.80s", got)
	}
	h.send(&pgproto3.Query{String: strings.Repeat("x", 200_000)}, &pgproto3.Query{String: "after"})
	want := "Error(ERROR 54000 message of 200001 bytes exceeds the limit of 100000 bytes) ReadyForQuery(I)"
	if got := h.until("ReadyForQuery"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := h.until("ReadyForQuery"), "RowDescription Row(after) Complete(SELECT 1) ReadyForQuery(I)"; got != want {
		t.Errorf("after it: got %s, want %s", got, want)
	}
}

func TestPanicEndsOneConnection(t *testing.T) {
	h := newHarness(t, Config{})
	h.connect()
	h.send(&pgproto3.Query{String: "panic"})
	if got := h.until("ReadyForQuery"); !strings.HasPrefix(got, "Error(FATAL XX000") || !strings.HasSuffix(got, "closed") {
		t.Errorf("got %s", got)
	}
	h.connect()
	h.send(&pgproto3.Query{String: "alive"})
	if got := h.until("ReadyForQuery"); !strings.Contains(got, "Row(alive)") {
		t.Errorf("the next connection: got %s", got)
	}
}

func TestCopyIn(t *testing.T) {
	h := newHarness(t, Config{})
	h.connect()
	h.send(&pgproto3.Query{String: "copy"}, &pgproto3.CopyData{Data: []byte("abc")}, &pgproto3.CopyData{Data: []byte("de")}, &pgproto3.CopyDone{})
	if got, want := h.until("ReadyForQuery"), "CopyInResponse Complete(COPY 5) ReadyForQuery(I)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	h.send(&pgproto3.Query{String: "copy"}, &pgproto3.CopyFail{Message: "no more"})
	if got, want := h.until("ReadyForQuery"), "CopyInResponse Error(ERROR 57014 COPY from stdin failed: no more) ReadyForQuery(I)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestStartup sends raw first bytes.
func TestStartup(t *testing.T) {
	cases := []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"3.0", startupMessage(3<<16, "user", "u"), "AuthenticationOk ParameterStatus BackendKeyData ReadyForQuery(I)"},
		{"3.2", startupMessage(3<<16|2, "user", "u"), "AuthenticationOk ParameterStatus BackendKeyData ReadyForQuery(I)"},
		{"newer", startupMessage(3<<16|9999, "user", "u"), "NegotiateProtocolVersion AuthenticationOk ParameterStatus BackendKeyData ReadyForQuery(I)"},
		{"option", startupMessage(3<<16, "user", "u", "_pq_.x", "1"), "NegotiateProtocolVersion AuthenticationOk ParameterStatus BackendKeyData ReadyForQuery(I)"},
		{"2.0", startupMessage(2<<16, "user", "u"), "Error(FATAL 0A000 unsupported frontend protocol 2.0: server supports 3.0 to 3.2) closed"},
		{"no user", startupMessage(3 << 16), "Error(FATAL 28000 no PostgreSQL user name specified in startup packet) closed"},
		{"no database", startupMessage(3<<16, "user", "u", "database", "missing"), `Error(FATAL 3D000 database "missing" does not exist) closed`},
		{"http", []byte("GET / HTTP/1.1\r\n\r\n"), "Error(FATAL 08P01 invalid length of startup packet) closed"},
		{"zeros", make([]byte, 64), "Error(FATAL 08P01 invalid length of startup packet) closed"},
		{"unterminated", []byte{0, 0, 0, 10, 0, 3, 0, 0, 'u', 's'}, "Error(FATAL 08P01 invalid startup packet layout: expected terminator as last byte) closed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHarness(t, Config{})
			h.client = h.dial()
			h.front = pgproto3.NewFrontend(h.client, h.client)
			go h.client.Write(c.bytes)
			if got := h.until("ReadyForQuery"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestEncryptionIsDeclined(t *testing.T) {
	h := newHarness(t, Config{})
	h.client = h.dial()
	for _, code := range []uint32{sslRequestCode, gssRequestCode} {
		go h.client.Write(binary.BigEndian.AppendUint32([]byte{0, 0, 0, 8}, code))
		var b [1]byte
		if _, err := io.ReadFull(h.client, b[:]); err != nil || b[0] != 'N' {
			t.Fatalf("code %d: got %q, %v", code, b, err)
		}
	}
	h.front = pgproto3.NewFrontend(h.client, h.client)
	go h.client.Write(startupMessage(3<<16, "user", "u"))
	if got := h.until("ReadyForQuery"); !strings.HasSuffix(got, "ReadyForQuery(I)") {
		t.Errorf("got %s", got)
	}
}

func TestSlowStartupIsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, Config{StartupTimeout: 5 * time.Second})
		h.client = h.dial()
		began := time.Now()
		var err error
		for err == nil { // a byte a second, for ever
			time.Sleep(time.Second)
			_, err = h.client.Write([]byte{0})
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("a slow client was kept for %v", took)
		}
		h.server.Shutdown(context.Background())
	})
}

func TestIdleLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, Config{})
		h.connect()
		h.send(&pgproto3.Query{String: "idle"})
		h.until("ReadyForQuery")
		time.Sleep(59 * time.Second)
		h.send(&pgproto3.Query{String: "idle"}) // begins the minute again
		h.until("ReadyForQuery")
		time.Sleep(59 * time.Second)
		h.send(&pgproto3.Query{String: "no limit"})
		h.until("ReadyForQuery")
		time.Sleep(time.Hour)
		h.send(&pgproto3.Query{String: "idle"})
		h.until("ReadyForQuery")
		if got := h.until("ErrorResponse"); !strings.Contains(got, "57P05") {
			t.Errorf("after a minute: %s", got)
		}
	})
}

// TestIdleLimitOfBatch: a client that pauses amid a batch is not idle, and one
// that sends half a message is.
func TestIdleLimitOfBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, Config{})
		h.connect()
		h.send(&pgproto3.Query{String: "idle"})
		h.until("ReadyForQuery")
		h.send(extended("", "idle")...)
		h.until("Complete")
		time.Sleep(time.Hour)
		h.send(&pgproto3.Sync{})
		if got, want := h.until("ReadyForQuery"), "ReadyForQuery(I)"; got != want {
			t.Errorf("after an hour amid a batch: got %s, want %s", got, want)
		}
		began := time.Now()
		time.Sleep(40 * time.Second)
		h.client.Write([]byte{'Q', 0, 0})
		if got := h.until("ErrorResponse"); !strings.Contains(got, "57P05") || time.Since(began) != time.Minute {
			t.Errorf("after half a message and %v: %s", time.Since(began), got)
		}
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, Config{})
		h.connect()
		h.send(&pgproto3.Query{String: "wait"})
		synctest.Wait()
		var pid uint32
		var secret []byte
		for id, c := range h.server.conns {
			pid, secret = id, c.secret
		}
		if h.server.Cancel(pid, []byte("guess")) {
			t.Error("a wrong secret was taken")
		}
		if !h.server.Cancel(pid, secret) {
			t.Error("the right secret was not taken")
		}
		if got, want := h.until("ReadyForQuery"), "Error(ERROR 57014 canceling statement due to user request) ReadyForQuery(I)"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		h.server.Cancel(pid, secret) // idle: no effect
		h.send(&pgproto3.Query{String: "next"})
		if got := h.until("ReadyForQuery"); !strings.Contains(got, "Row(next)") {
			t.Errorf("after it: got %s", got)
		}
		h.client.Close()
		h.server.Shutdown(context.Background())
	})
}

func TestTooManyConnections(t *testing.T) {
	h := newHarness(t, Config{ConnectionsMax: 1})
	h.connect()
	second := h.dial()
	defer second.Close()
	front := pgproto3.NewFrontend(second, second)
	go second.Write(startupMessage(3<<16, "user", "u"))
	m, err := front.Receive()
	if err != nil || describe(m) != "Error(FATAL 53300 sorry, too many clients already)" {
		t.Errorf("got %v, %v", m, err)
	}
}

func TestShutdownTellsIdleClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, Config{})
		h.connect()
		synctest.Wait()
		done := make(chan struct{})
		go func() {
			h.server.Shutdown(context.Background())
			close(done)
		}()
		want := "Error(FATAL 57P01 terminating connection due to administrator command) closed"
		if got := h.until("ReadyForQuery"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		<-done
	})
}

// FuzzConnection sends arbitrary bytes after a valid startup: the connection
// may end, but nothing panics or hangs.
func FuzzConnection(f *testing.F) {
	seed := func(messages ...pgproto3.FrontendMessage) {
		var b []byte
		for _, m := range messages {
			b, _ = m.Encode(b)
		}
		f.Add(b)
	}
	seed(&pgproto3.Query{String: "hello"})
	seed(append(extended("s", "hold one"), &pgproto3.Describe{ObjectType: 'S', Name: "s"}, &pgproto3.Sync{})...)
	seed(&pgproto3.Query{String: "copy"}, &pgproto3.CopyData{Data: []byte("x")}, &pgproto3.CopyDone{})
	seed(&pgproto3.Close{ObjectType: 'P'}, &pgproto3.Flush{}, &pgproto3.Terminate{})
	f.Add([]byte{'Q', 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{'B', 0x7f, 0xff, 0xff, 0xff, 1, 2, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := NewServer(Config{Sessions: newEchoes(), Logger: slog.New(slog.DiscardHandler), MessageBytesMax: 1 << 16})
		a, b := net.Pipe()
		s.begin(b)
		go io.Copy(io.Discard, a)
		a.Write(startupMessage(3<<16, "user", "u"))
		a.Write(bytes.ReplaceAll(data, []byte("wait"), nil))
		a.Close()
		s.Shutdown(context.Background())
	})
}
