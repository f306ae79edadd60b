package raftlog

import (
	"slices"
	"strconv"
	"strings"
)

// DrawsSetting names the setting of an Entry with what its session drew from
// sequences in earlier transactions, for currval and lastval. It is there only
// where an operation asks.
const DrawsSetting = "polyreme.draws"

// FormatDraws returns the value of DrawsSetting: "OID=value" for each sequence
// in the order of OIDs and, at the end, the OID of the last drawn from.
func FormatDraws(draws map[uint32]int64, last uint32) string {
	oids := make([]uint32, 0, len(draws))
	for oid := range draws {
		oids = append(oids, oid)
	}
	slices.Sort(oids)
	var b []byte
	for _, oid := range oids {
		b = strconv.AppendUint(b, uint64(oid), 10)
		b = append(b, '=')
		b = strconv.AppendInt(b, draws[oid], 10)
		b = append(b, ',')
	}
	return string(strconv.AppendUint(b, uint64(last), 10))
}

// ParseDraws is the inverse of FormatDraws.
func ParseDraws(text string) (draws map[uint32]int64, last uint32, err error) {
	parts := strings.Split(text, ",")
	draws = make(map[uint32]int64, len(parts)-1)
	for _, part := range parts[:len(parts)-1] {
		name, value, _ := strings.Cut(part, "=")
		oid, err1 := strconv.ParseUint(name, 10, 32)
		n, err2 := strconv.ParseInt(value, 10, 64)
		if err1 != nil || err2 != nil {
			return nil, 0, corrupt("draws")
		}
		draws[uint32(oid)] = n
	}
	n, err := strconv.ParseUint(parts[len(parts)-1], 10, 32)
	if err != nil {
		return nil, 0, corrupt("draws")
	}
	return draws, uint32(n), nil
}
