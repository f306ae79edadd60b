package raftlog

import "strconv"

// SenderSetting names the setting of an Entry with the number of the session
// that it comes from, as its client knows it: who receives a notification is
// told who sent it. It is there only where an operation notifies.
const SenderSetting = "polyreme.sender"

// FormatSender returns the value of SenderSetting.
func FormatSender(pid uint32) string { return strconv.FormatUint(uint64(pid), 10) }

// ParseSender is the inverse of FormatSender.
func ParseSender(text string) (pid uint32, err error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, corrupt("sender")
	}
	return uint32(n), nil
}
