package session

import (
	"slices"
	"strings"
	"testing"

	"polyreme/pgwire/pgerr"
	"polyreme/sqlfsm"
)

// heard is a listener that counts how often it is woken.
func heard(woken *int) *listener { return &listener{wake: func() { *woken++ }} }

func payloads(t *testing.T, h *Listeners, l *listener) string {
	t.Helper()
	queue, err := h.take(l)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, n := range queue {
		all = append(all, n.Channel+n.Payload)
	}
	return strings.Join(all, " ")
}

func TestListeners(t *testing.T) {
	h := NewListeners()
	var wokenA, wokenB int
	a, b := heard(&wokenA), heard(&wokenB)
	h.join(a, "x")
	h.join(b, "x")
	h.join(b, "y")
	h.Deliver([]sqlfsm.Notification{{Channel: "x", Payload: "1"}, {Channel: "y", Payload: "2"}, {Channel: "z", Payload: "3"}})
	h.Deliver([]sqlfsm.Notification{{Channel: "x", Payload: "4"}})
	if wokenA != 1 || wokenB != 1 {
		t.Errorf("woken %d and %d times, want once before their queues are taken", wokenA, wokenB)
	}
	if got := payloads(t, h, a); got != "x1 x4" {
		t.Errorf("a got %q", got)
	}
	if got := payloads(t, h, b); got != "x1 y2 x4" {
		t.Errorf("b got %q", got)
	}
	h.leave(b, []string{"x", "never"})
	h.Deliver([]sqlfsm.Notification{{Channel: "x", Payload: "5"}, {Channel: "y", Payload: "6"}})
	if got := payloads(t, h, b); got != "y6" || wokenB != 2 {
		t.Errorf("b got %q, woken %d times", got, wokenB)
	}
	h.leave(a, []string{"x"})
	h.leave(b, []string{"y"})
	if len(h.channels) != 0 {
		t.Errorf("%d channels are left", len(h.channels))
	}
}

// TestListenerFallsBehind: who does not take what it hears is given up on, and
// takes no memory any more.
func TestListenerFallsBehind(t *testing.T) {
	h := NewListeners()
	var wokenSlow, wokenFast int
	slow, fast := heard(&wokenSlow), heard(&wokenFast)
	h.join(slow, "x")
	h.join(fast, "x")
	sent := slices.Repeat([]sqlfsm.Notification{{Channel: "x", Payload: strings.Repeat("p", 7999)}}, 1000)
	n := 0
	for range 6 {
		h.Deliver(sent)
		queue, err := h.take(fast)
		if err != nil {
			t.Fatal(err)
		}
		n += len(queue)
	}
	if n != 6000 || wokenFast != 6 {
		t.Errorf("the fast one got %d, woken %d times", n, wokenFast)
	}
	if _, err := h.take(slow); pgerr.Code(err) != pgerr.ProgramLimitExceeded {
		t.Errorf("the slow one got %v", err)
	}
	if err := h.check(slow); pgerr.Code(err) != pgerr.ProgramLimitExceeded {
		t.Errorf("the slow one, in a transaction, got %v", err)
	}
	if slow.queue != nil || wokenSlow != 2 {
		t.Errorf("%d are kept, woken %d times", len(slow.queue), wokenSlow)
	}
}

func TestListenersOfAReplacedDatabase(t *testing.T) {
	h := NewListeners()
	var woken int
	l, idle := heard(&woken), heard(&woken)
	h.join(l, "x")
	h.join(l, "y")
	h.join(idle, "x")
	h.leave(idle, []string{"x"})
	h.Replaced()
	if _, err := h.take(l); pgerr.Code(err) != pgerr.CannotConnectNow {
		t.Errorf("the listener got %v", err)
	}
	if err := h.check(idle); err != nil || woken != 1 {
		t.Errorf("who listens to nothing got %v; %d were woken", err, woken)
	}
}

func TestQueueUsage(t *testing.T) {
	h := NewListeners()
	var woken int
	l := heard(&woken)
	h.join(l, "x")
	for range 4 {
		h.Deliver(slices.Repeat([]sqlfsm.Notification{{Channel: "x", Payload: strings.Repeat("p", 959)}}, 1024))
	}
	if got, want := h.usage(), 4.0/32; got != want {
		t.Errorf("usage is %v, want %v", got, want)
	}
}
