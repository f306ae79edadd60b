package cluster

import "syscall"

// pause waits for pauseTime.
func pause() {
	t := syscall.NsecToTimespec(int64(pauseTime))
	syscall.Nanosleep(&t, nil) // a signal may end it early: no harm
}
