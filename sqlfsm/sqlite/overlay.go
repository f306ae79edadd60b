package sqlite

import "errors"

// ErrWorkspaceFull is within the error of a statement that drove a workspace
// over its memory limit.
var ErrWorkspaceFull = errors.New("workspace memory is exhausted")

var errNoMemory = errors.New("out of memory")

// Overlay is a workspace.
type Overlay struct{}

func (o *Overlay) full() bool { return false }
