package pgwire

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

func TestDeliverToIdleClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, Config{})
		h.connect()
		synctest.Wait() // the connection waits for its client
		for i := range 3 {
			h.deliver(fmt.Sprint(i))
			if got, want := h.until("Notification"), fmt.Sprintf("Notification(7 news %d)", i); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		h.send(&pgproto3.Query{String: "alive"})
		if got := h.until("ReadyForQuery"); !strings.Contains(got, "Row(alive)") {
			t.Errorf("after it: got %s", got)
		}
	})
}

func TestDeliverBeforeReadyForQuery(t *testing.T) {
	h := newHarness(t, Config{})
	h.connect()
	h.echoes.post <- "one"
	h.send(&pgproto3.Query{String: "q"})
	want := "RowDescription Row(q) Complete(SELECT 1) Notification(7 news one) ReadyForQuery(I)"
	if got := h.until("ReadyForQuery"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestNothingIsDeliveredWithinABatch: a batch of the extended protocol ends with
// Sync, whenever that comes.
func TestNothingIsDeliveredWithinABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, Config{})
		h.connect()
		h.send(append(extended("s", "in batch"), &pgproto3.Flush{})...)
		h.until("Complete")
		h.deliver("one")
		synctest.Wait()
		h.send(&pgproto3.Sync{})
		if got, want := h.until("ReadyForQuery"), "Notification(7 news one) ReadyForQuery(I)"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// TestDeliverWithinAMessage: a wake-up that comes while a message arrives bit by
// bit loses nothing of it, short or long.
func TestDeliverWithinAMessage(t *testing.T) {
	for _, size := range []int{10, 100_000} {
		synctest.Test(t, func(t *testing.T) {
			h := newHarness(t, Config{})
			h.connect()
			sql := strings.Repeat("x", size)
			message, _ := (&pgproto3.Query{String: sql}).Encode(nil)
			received := make(chan string, 1)
			go func() { received <- h.until("ReadyForQuery") }()
			step := max(1, size/7)
			for len(message) > 0 {
				n := min(step, len(message))
				h.client.Write(message[:n])
				message = message[n:]
				synctest.Wait()
				h.deliver("more")
				synctest.Wait()
			}
			got := <-received
			if n := strings.Count(got, "Notification(7 news more)"); n < 7 {
				t.Errorf("%d notifications: %.200s", n, got)
			}
			if !strings.Contains(got, "Row("+sql+")") {
				t.Errorf("the statement was lost: %.200s", got)
			}
		})
	}
}

// TestWakeDuringCopy: the data of COPY comes while the connection is busy.
func TestWakeDuringCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, Config{})
		h.connect()
		h.send(&pgproto3.Query{String: "copy"})
		h.until("CopyInResponse")
		h.server.mu.Lock()
		for _, c := range h.server.conns {
			c.net.SetReadDeadline(time.Now()) // as a wake-up that was decided before
		}
		h.server.mu.Unlock()
		h.deliver("one")
		synctest.Wait()
		h.send(&pgproto3.CopyData{Data: []byte("abc")}, &pgproto3.CopyDone{})
		if got, want := h.until("ReadyForQuery"), "Complete(COPY 3) Notification(7 news one) ReadyForQuery(I)"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestDeliverFailsFatally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, Config{})
		h.connect()
		synctest.Wait()
		h.deliver("fatal")
		if got, want := h.until("ReadyForQuery"), "Error(FATAL 54000 too much) closed"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// TestIdleLimitWithDeliveries: what is delivered is no sign of life of the
// client.
func TestIdleLimitWithDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, Config{})
		h.connect()
		h.send(&pgproto3.Query{String: "idle"}) // a minute
		h.until("ReadyForQuery")
		began := time.Now()
		for range 5 {
			time.Sleep(10 * time.Second)
			h.deliver("tick")
			h.until("Notification")
		}
		if got := h.until("ErrorResponse"); !strings.Contains(got, "57P05") {
			t.Errorf("got %s", got)
		}
		if took := time.Since(began); took != time.Minute {
			t.Errorf("the limit came after %v", took)
		}
	})
}

// TestClientThatDoesNotRead: its connection ends after the limit of a write, and
// the others go on.
func TestClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, Config{})
		h.connect()
		synctest.Wait()
		h.deliver("one") // the pipe has no buffer: the write waits
		synctest.Wait()
		time.Sleep(writeTimeout + time.Second)
		synctest.Wait()
		if n := h.server.Connections(); n != 0 {
			t.Errorf("%d connections", n)
		}
	})
}

func TestShutdownBetweenDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, Config{})
		h.connect()
		synctest.Wait()
		done := make(chan struct{})
		go func() {
			h.server.Shutdown(context.Background())
			close(done)
		}()
		h.deliver("one")
		if got := h.until("ReadyForQuery"); !strings.HasSuffix(got, "Error(FATAL 57P01 terminating connection due to administrator command) closed") {
			t.Errorf("got %s", got)
		}
		<-done
	})
}

// TestDeliverWhileBusy wakes a connection at all times while statements run on
// it: everything arrives, in order.
func TestDeliverWhileBusy(t *testing.T) {
	const notifications, queries = 2000, 500
	h := newHarness(t, Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go h.server.Serve(l)
	if h.client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	h.front = pgproto3.NewFrontend(h.client, h.client)
	h.send(&pgproto3.StartupMessage{ProtocolVersion: 3 << 16, Parameters: map[string]string{"user": "u", "database": "d"}})
	h.until("ReadyForQuery")
	go func() {
		for i := range notifications {
			h.deliver(fmt.Sprint(i))
		}
	}()
	go func() {
		query, _ := (&pgproto3.Query{String: "q"}).Encode(nil)
		for range queries {
			h.client.Write(query[:3])
			h.client.Write(query[3:])
		}
	}()
	next, ready := 0, 0
	for next < notifications || ready < queries {
		h.client.SetReadDeadline(time.Now().Add(20 * time.Second))
		m, err := h.front.Receive()
		if err != nil {
			t.Fatalf("after %d notifications and %d answers: %v", next, ready, err)
		}
		switch m := m.(type) {
		case *pgproto3.NotificationResponse:
			if m.Payload != fmt.Sprint(next) {
				t.Fatalf("notification %s instead of %d", m.Payload, next)
			}
			next++
		case *pgproto3.ReadyForQuery:
			ready++
		}
	}
}
