package builtin

import (
	"slices"
	"testing"
)

// heard is a Notifier that keeps what it gets.
type heard []string

func (h *heard) Notify(channel, payload string) error {
	*h = append(*h, channel+":"+payload)
	return nil
}

func TestNotify(t *testing.T) {
	conn, env := openTest(t)
	h := &harness{conn: conn, env: env}
	if got, want := h.run("pg_notify('a', 'b')"), `ERROR 0A000: "function pg_notify is not supported here"`; got != want {
		t.Errorf("without a Notifier: %s, want %s", got, want)
	}
	var sent heard
	env.Notifier = &sent
	for _, c := range []struct{ expression, want string }{
		{"pg_notify('a', 'b')", `""`},
		{"pg_notify('a', 'b')", `""`},
		{"pg_notify('a', NULL)", `""`},
		{"pg_notify('', 'b')", `ERROR 22023: "channel name cannot be empty"`},
		{"pg_notify(NULL, 'b')", `ERROR 22023: "channel name cannot be empty"`},
		{"pg_notify(repeat('c', 63), 'long')", `""`},
		{"pg_notify(repeat('c', 64), 'b')", `ERROR 22023: "channel name too long"`},
		{"length(pg_notify('a', repeat('p', 7999))::text)", `"0"`},
		{"pg_notify('a', repeat('p', 8000))", `ERROR 22023: "payload string too long"`},
		{"pg_notification_queue_usage()", `"0"`},
	} {
		if got := h.run(c.expression); got != c.want {
			t.Errorf("%s = %s, want %s", c.expression, got, c.want)
		}
	}
	if got, want := sent[:3], []string{"a:b", "a:b", "a:"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}
