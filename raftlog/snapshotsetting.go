package raftlog

import "strconv"

// SnapshotSetting names the setting of an Entry with the index of the state in which
// the results were found that it expects. It is there only where a read is validated.
const SnapshotSetting = "polyreme.snapshot"

// FormatSnapshot returns the value of SnapshotSetting.
func FormatSnapshot(index Index) string { return strconv.FormatUint(uint64(index), 10) }

// ParseSnapshot is the inverse of FormatSnapshot.
func ParseSnapshot(text string) (Index, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, corrupt("snapshot")
	}
	return Index(n), nil
}
