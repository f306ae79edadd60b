package sqlfsm

import "fmt"

// stopped is why the state machine stopped.
type stopped struct{ err error }

// Fault returns why the state machine stopped for ever, or nil.
func (s *Store) Fault() error {
	if f := s.fault.Load(); f != nil {
		return f.err
	}
	return nil
}

// fatal stops the state machine. Only the first cause counts and is reported.
func (s *Store) fatal(err error) error {
	f := &stopped{fmt.Errorf("state machine stopped: %w", err)}
	if !s.fault.CompareAndSwap(nil, f) {
		return s.Fault()
	}
	s.log.Error("this node cannot apply the log any more and stops; its data is in its last good state", "file", s.path, "error", err)
	s.progress.close()
	s.config.OnFatal(f.err)
	return f.err
}
