package node

import "runtime/debug"

// Version is the release.
const Version = "0.1.0"

// Revision returns the commit that the binary was built from, or "".
func Revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
