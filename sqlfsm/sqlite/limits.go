package sqlite

import (
	"time"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// progressPeriod is the number of VM steps between two calls of the progress
// handler. It is part of what makes the step limit deterministic: every node
// uses the same.
const progressPeriod = 250

// Interrupt ends the running statement, and fails every later one until
// ClearInterrupt. It may be called from any goroutine. Never use it on a
// connection that applies the log: an interrupted write rolls back its whole
// transaction.
func (c *Conn) Interrupt() {
	c.interrupted.Store(true)
	c.closeMu.Lock()
	defer c.closeMu.Unlock()
	if c.db != 0 {
		lib.Xsqlite3_interrupt(c.tls, c.db)
	}
}

// ClearInterrupt makes the connection usable again after Interrupt.
func (c *Conn) ClearInterrupt() { c.interrupted.Store(false) }

// SetVMStepLimit bounds each later execution of a statement to about n steps
// of SQLite's virtual machine, rounded up to a multiple of 250; 0 lifts the
// bound. The statement that exceeds it fails with ErrStepLimit at the same
// step on every node.
func (c *Conn) SetVMStepLimit(n int64) {
	c.stepMax = n
	c.watch()
}

// watch installs or removes the progress handler.
func (c *Conn) watch() {
	want := c.stepMax > 0 || c.overlay != nil
	if want == c.progress {
		return
	}
	c.progress = want
	if !want {
		lib.Xsqlite3_progress_handler(c.tls, c.db, 0, 0, 0)
		return
	}
	if c.hooks.progress == nil {
		c.hooks.progress = func(*libc.TLS, uintptr) int32 { return c.tick() }
	}
	lib.Xsqlite3_progress_handler(c.tls, c.db, progressPeriod, funcPointer(c.hooks.progress), 0)
}

// tick is the progress handler: not 0 ends the statement.
func (c *Conn) tick() int32 {
	if c.interrupted.Load() {
		c.fault = ErrInterrupted
		return 1
	}
	if c.overlay != nil && c.overlay.full() {
		c.fault = c.overlay.fullError()
		return 1
	}
	if c.stepMax == 0 || c.current == nil {
		return 0
	}
	c.current.ticks++
	if c.current.ticks*progressPeriod >= c.stepMax {
		c.fault = ErrStepLimit
		return 1
	}
	return 0
}

// SetBusyTimeout makes statements wait for a lock that another connection holds,
// at most for the time, before they answer Busy. Without it they answer at once.
func (c *Conn) SetBusyTimeout(wait time.Duration) {
	lib.Xsqlite3_busy_timeout(c.tls, c.db, int32(wait.Milliseconds()))
}
