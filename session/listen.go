package session

import (
	"context"
	"slices"
	"time"

	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire"
	"polyreme/raftlog"
)

// A session listens from the commit of its LISTEN on. It joins a channel before
// that, because its own transaction's notifications come back to it, and filters
// by what it listens to when it delivers.

// listenChange is LISTEN or UNLISTEN in a transaction.
type listenChange struct {
	channel string // "" is UNLISTEN *
	listen  bool
}

// listening is what the session will listen to when its transaction commits.
type listening struct {
	channels []string // in the order of LISTEN
	joined   []string // those that are new
	left     []string // those that are over then
}

func (s *Session) listen(ctx context.Context, t *ast.ListenStmt, last bool, r *pgwire.Reply) error {
	if err := s.changeListening(ctx, listenChange{channel: t.Channel, listen: true}, last); err != nil {
		return err
	}
	r.CommandComplete("LISTEN")
	return nil
}

func (s *Session) unlisten(ctx context.Context, t *ast.UnlistenStmt, last bool, r *pgwire.Reply) error {
	if err := s.changeListening(ctx, listenChange{channel: t.Channel}, last); err != nil {
		return err
	}
	r.CommandComplete("UNLISTEN")
	return nil
}

// changeListening makes a change in the transaction in progress, or at once.
// last tells that nothing of its transaction follows.
func (s *Session) changeListening(ctx context.Context, c listenChange, last bool) error {
	if s.block == nil && last {
		next, err := s.prepareListening(ctx, []listenChange{c})
		if err == nil {
			s.commitListening(next)
		}
		return err
	}
	if s.block == nil {
		s.beginBlock(false)
	}
	s.block.listens = append(s.block.listens, c)
	return nil
}

// prepareListening joins the channels of a transaction that is about to commit.
// What was notified before is not for the session: this node knows it first.
func (s *Session) prepareListening(ctx context.Context, changes []listenChange) (listening, error) {
	next := s.afterChanges(changes)
	if len(next.joined) == 0 {
		return next, nil
	}
	if err := s.reach(ctx); err != nil {
		return listening{}, err
	}
	if s.listener == nil {
		s.listener = &listener{wake: s.start.Wake}
	}
	for _, channel := range next.joined {
		s.manager.config.Listeners.join(s.listener, channel)
	}
	return next, nil
}

// afterChanges returns what the session listens to after changes.
func (s *Session) afterChanges(changes []listenChange) listening {
	if len(changes) == 0 {
		return listening{channels: s.channels}
	}
	next := listening{channels: slices.Clone(s.channels)}
	for _, c := range changes {
		at := slices.Index(next.channels, c.channel)
		switch {
		case c.listen && at < 0:
			next.channels = append(next.channels, c.channel)
		case c.listen:
		case c.channel == "":
			next.channels = nil
		case at >= 0:
			next.channels = slices.Delete(next.channels, at, at+1)
		}
	}
	before, after := set(s.channels), set(next.channels)
	for _, channel := range next.channels {
		if !before[channel] {
			next.joined = append(next.joined, channel)
		}
	}
	for _, channel := range s.channels {
		if !after[channel] {
			next.left = append(next.left, channel)
		}
	}
	return next
}

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, name := range names {
		m[name] = true
	}
	return m
}

// commitListening puts a change into force.
func (s *Session) commitListening(next listening) {
	s.channels = next.channels
	if len(next.left) > 0 {
		s.manager.config.Listeners.leave(s.listener, next.left)
	}
}

// undoListening leaves the channels of a transaction that did not commit.
func (s *Session) undoListening(next listening) {
	if len(next.joined) > 0 {
		s.manager.config.Listeners.leave(s.listener, next.joined)
	}
}

// stopListening is UNLISTEN *, at once.
func (s *Session) stopListening() { s.commitListening(s.afterChanges([]listenChange{{}})) }

// Deliver implements pgwire.Session: it sends the notifications that have come.
func (s *Session) Deliver(r *pgwire.Reply) error {
	switch {
	case s.listener == nil:
		return nil
	case s.block != nil:
		return s.manager.config.Listeners.check(s.listener)
	}
	queue, err := s.manager.config.Listeners.take(s.listener)
	for i := range queue {
		if n := &queue[i]; slices.Contains(s.channels, n.Channel) {
			r.Notification(n.PID, n.Channel, n.Payload)
		}
		if r.Err() != nil {
			break
		}
	}
	return err
}

// ownNotificationsWait bounds how long a session waits for its own notifications
// to come back to its node.
const ownNotificationsWait = time.Second

// awaitOwn waits until this node has applied the session's entry, so that a
// client which listens has its own notifications before it is told that its
// transaction is committed, as in PostgreSQL. Those that take longer come later.
func (s *Session) awaitOwn(ctx context.Context, e *raftlog.Entry, index raftlog.Index) {
	if s.listener == nil || !notifies(e) {
		return
	}
	ctx, done := context.WithTimeout(ctx, ownNotificationsWait)
	defer done()
	s.manager.config.Store.WaitApplied(ctx, index)
}

// notifies tells whether an entry says who sends its notifications.
func notifies(e *raftlog.Entry) bool {
	return slices.ContainsFunc(e.Settings, func(s raftlog.Setting) bool { return s.Name == raftlog.SenderSetting })
}
