//go:build !linux

package cluster

import "time"

// pause waits for pauseTime or somewhat longer.
func pause() { time.Sleep(pauseTime) }
