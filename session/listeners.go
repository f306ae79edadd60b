package session

import (
	"sync"

	"polyreme/pgwire/pgerr"
	"polyreme/sqlfsm"
)

// Listeners are the sessions of a node that listen for notifications. The state
// machine hands it those of each committed entry, which wait in a queue of each
// session that listens until its transaction is over.
type Listeners struct {
	mu       sync.Mutex // guards channels, relay and all of the listeners but wake
	channels map[string]map[*listener]struct{}
	relay    func() // told that notifications have come; may be nil
}

// listener is one session as the state machine sees it.
type listener struct {
	wake  func() // called when the queue is no longer empty
	queue []sqlfsm.Notification
	bytes int          // of the queue
	lost  *pgerr.Error // why it does not know all that was sent; the session ends
}

// queueBytesMax bounds what waits for one session. PostgreSQL bounds what waits
// for all (8 GB), and lets NOTIFY fail then; here one slow client would stop the
// writes of a cluster.
const queueBytesMax = 32 << 20

// NewListeners returns a Listeners for the sessions of one node.
func NewListeners() *Listeners {
	return &Listeners{channels: map[string]map[*listener]struct{}{}}
}

// Relay has f called after each Deliver, so that other nodes hear the same soon. It
// must not wait.
func (h *Listeners) Relay(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.relay = f
}

// Deliver queues notifications for those who listen. It does not wait for any of
// them.
func (h *Listeners) Deliver(sent []sqlfsm.Notification) {
	woken, relay := h.enqueue(sent)
	for _, l := range woken {
		l.wake()
	}
	if relay != nil {
		relay()
	}
}

// enqueue returns the listeners that have to be woken, and relay.
func (h *Listeners) enqueue(sent []sqlfsm.Notification) (woken []*listener, relay func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range sent {
		for l := range h.channels[sent[i].Channel] {
			if l.lost != nil {
				continue
			}
			if len(l.queue) == 0 {
				woken = append(woken, l)
			}
			l.queue = append(l.queue, sent[i])
			if l.bytes += sent[i].Bytes(); l.bytes > queueBytesMax {
				l.lose(errQueueFull())
				woken = append(woken, l)
			}
		}
	}
	return woken, h.relay
}

// lose gives up on a listener. Its session ends when it is told.
func (l *listener) lose(why *pgerr.Error) { l.queue, l.bytes, l.lost = nil, 0, why }

// Replaced ends the sessions that listen: what was sent between the old and the
// new state of the database is not known on this node.
func (h *Listeners) Replaced() {
	h.mu.Lock()
	woken := map[*listener]struct{}{}
	for _, listeners := range h.channels {
		for l := range listeners {
			if l.lost == nil {
				l.lose(errNotificationsMissed())
			}
			woken[l] = struct{}{}
		}
	}
	h.mu.Unlock()
	for l := range woken {
		l.wake()
	}
}

func errQueueFull() *pgerr.Error {
	e := pgerr.New(pgerr.ProgramLimitExceeded, "terminating connection because more than %d MB of notifications wait for it", queueBytesMax>>20).
		WithHint("Notifications are delivered between transactions, as fast as the client reads them.")
	e.Severity = "FATAL"
	return e
}

func errNotificationsMissed() *pgerr.Error {
	e := pgerr.New(pgerr.CannotConnectNow, "terminating connection because it may have missed notifications: the database of this node was replaced by a newer state").
		WithHint("Connect again, LISTEN, and read the data that the notifications are about.")
	e.Severity = "FATAL"
	return e
}

// join makes l listen on a channel.
func (h *Listeners) join(l *listener, channel string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	listeners := h.channels[channel]
	if listeners == nil {
		listeners = map[*listener]struct{}{}
		h.channels[channel] = listeners
	}
	listeners[l] = struct{}{}
}

// leave makes l not listen on channels any more.
func (h *Listeners) leave(l *listener, channels []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range channels {
		delete(h.channels[c], l)
		if len(h.channels[c]) == 0 {
			delete(h.channels, c)
		}
	}
}

// take returns what waits for l.
func (h *Listeners) take(l *listener) ([]sqlfsm.Notification, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.lost != nil {
		return nil, l.lost
	}
	queue := l.queue
	l.queue, l.bytes = nil, 0
	return queue, nil
}

// check returns why l has to end, or nil.
func (h *Listeners) check(l *listener) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.lost != nil {
		return l.lost
	}
	return nil
}

// usage is how full the fullest queue is, from 0 to 1.
func (h *Listeners) usage() float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	bytes := 0
	for _, listeners := range h.channels {
		for l := range listeners {
			bytes = max(bytes, l.bytes)
		}
	}
	return float64(bytes) / queueBytesMax
}
