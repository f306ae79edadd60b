package builtin

import (
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// Notifier takes the notifications that a statement sends. It gets each as often
// as it is sent, in order.
type Notifier interface {
	Notify(channel, payload string) error
}

// Limits of a notification: PostgreSQL's with blocks of 8 kB.
const (
	channelBytesMax = 63
	payloadBytesMax = 7999
)

// CheckNotification answers the errors of a channel or payload that cannot be.
func CheckNotification(channel, payload string) error {
	switch {
	case channel == "":
		return pgerr.New(pgerr.InvalidParameterValue, "channel name cannot be empty")
	case len(channel) > channelBytesMax:
		return pgerr.New(pgerr.InvalidParameterValue, "channel name too long")
	case len(payload) > payloadBytesMax:
		return pgerr.New(pgerr.InvalidParameterValue, "payload string too long")
	}
	return nil
}

func registerNotify(r *registry) {
	r.scalar("pg_notify", func(e *Env, a []types.Value) (types.Value, error) {
		channel, payload := string(a[0].Bytes), string(a[1].Bytes)
		if err := CheckNotification(channel, payload); err != nil {
			return types.Value{}, err
		}
		if e.Notifier == nil {
			return types.Value{}, unsupportedFunction("pg_notify")
		}
		return types.TextValue(""), e.Notifier.Notify(channel, payload)
	})
	r.scalar("pg_notification_queue_usage", func(e *Env, _ []types.Value) (types.Value, error) {
		if e.Session != nil {
			if usage := e.Session.Fact("notification_queue_usage"); !usage.IsNull() {
				return usage, nil
			}
		}
		return types.FloatValue(0), nil
	})
}
