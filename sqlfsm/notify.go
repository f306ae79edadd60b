package sqlfsm

import (
	"slices"

	"polyreme/pgsql/builtin"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

// Notification is what a committed entry tells the sessions that listen on a
// channel.
type Notification struct {
	Channel string
	Payload string
	PID     uint32 // of the session that sent it
}

// notificationBytes is what a Notification takes without its texts.
const notificationBytes = 64

// Bytes is what the notification counts for where memory is limited.
func (n *Notification) Bytes() int { return notificationBytes + len(n.Channel) + len(n.Payload) }

// notificationsBytesMax bounds what one entry may send, which every node holds
// in memory.
const notificationsBytesMax = 8 << 20

// notifications collects what the entries of a group send. An entry sends each
// notification once, where it was first sent.
type notifications struct {
	sent  []Notification            // of the group, the running entry included
	first int                       // in sent: the first one of the running entry
	bytes int                       // of the running entry
	seen  map[Notification]struct{} // of the running entry; nil before its first
	pid   uint32                    // of the running entry's session
}

var _ builtin.Notifier = (*notifications)(nil)

// begin starts an entry.
func (q *notifications) begin() { q.first, q.bytes, q.seen, q.pid = len(q.sent), 0, nil, 0 }

// Notify is pg_notify.
func (q *notifications) Notify(channel, payload string) error {
	n := Notification{Channel: channel, Payload: payload, PID: q.pid}
	if _, twice := q.seen[n]; twice {
		return nil
	}
	if q.bytes += n.Bytes(); q.bytes > notificationsBytesMax {
		return pgerr.New(pgerr.ProgramLimitExceeded, "too many notifications in the NOTIFY queue").
			WithDetail("A transaction may send %d MB of notifications.", notificationsBytesMax>>20)
	}
	if q.seen == nil {
		q.seen = make(map[Notification]struct{})
	}
	q.seen[n] = struct{}{}
	q.sent = append(q.sent, n)
	return nil
}

// drop forgets what the running entry sent: it failed.
func (q *notifications) drop() { q.sent = q.sent[:q.first] }

// take returns what the group sent, and begins the next group.
func (q *notifications) take() []Notification {
	sent := q.sent
	q.sent = nil
	q.begin()
	return sent
}

// unheard is the Notifier of workspaces: only what is applied is sent.
type unheard struct{}

func (unheard) Notify(string, string) error { return nil }

var ownNames = []string{raftlog.DrawsSetting, raftlog.SenderSetting, raftlog.SnapshotSetting, raftlog.ValuesSetting}

// ownSettings splits what functions see as settings of an entry from what the
// entry carries for the state machine.
func ownSettings(settings []raftlog.Setting) (seen, own []raftlog.Setting) {
	n := len(settings)
	for n > 0 && slices.Contains(ownNames, settings[n-1].Name) {
		n--
	}
	return settings[:n], settings[n:]
}

// remember takes what the entry says of the session that it comes from.
func (a *applier) remember(own []raftlog.Setting) (err error) {
	a.snapshot = 0
	for _, s := range own {
		switch s.Name {
		case raftlog.DrawsSetting:
			err = a.sequences.remember(s.Value)
		case raftlog.SnapshotSetting:
			a.snapshot, err = raftlog.ParseSnapshot(s.Value)
		case raftlog.ValuesSetting:
			a.sequences.ahead, err = raftlog.ParseValues(s.Value)
		default:
			a.notifications.pid, err = raftlog.ParseSender(s.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
