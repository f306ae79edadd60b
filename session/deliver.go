package session

import "polyreme/pgwire"

// Deliver implements pgwire.Session: nothing comes from elsewhere yet.
func (s *Session) Deliver(*pgwire.Reply) error { return nil }
