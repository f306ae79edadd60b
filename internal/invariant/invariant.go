// Package invariant asserts what must hold. An assertion that fails is a defect
// of ours, and going on would spread it: the process stops with the reason.
package invariant

import "fmt"

// True panics with the message unless ok. The arguments are evaluated always:
// keep them cheap.
func True(ok bool, format string, args ...any) {
	if !ok {
		panic("invariant: " + fmt.Sprintf(format, args...))
	}
}
