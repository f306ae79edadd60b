package raftlog

import "strconv"

// XactSetting names the setting of an Entry whose transaction was given an id:
// the id in decimal. It is the last of the settings.
const XactSetting = "polyreme.xact"

// WithXact returns the settings with those of a transaction's id, 0 for none.
func WithXact(settings []Setting, id int64) []Setting {
	if id == 0 {
		return settings
	}
	return append(settings, Setting{XactSetting, strconv.FormatInt(id, 10)})
}

// CutXact takes what WithXact added out of the settings again.
func CutXact(settings []Setting) (rest []Setting, id int64, err error) {
	n := len(settings) - 1
	if n < 0 || settings[n].Name != XactSetting {
		return settings, 0, nil
	}
	if id, err = strconv.ParseInt(settings[n].Value, 10, 64); err != nil || id <= 0 {
		return nil, 0, corrupt("transaction id")
	}
	return settings[:n], id, nil
}
