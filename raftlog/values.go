package raftlog

import (
	"slices"
	"strconv"
	"strings"
)

// ValuesSetting names the setting of an Entry with the values that nextval gave
// while the transaction ran, in order: the entry gives the same ones again. They
// were drawn through the log before.
const ValuesSetting = "polyreme.values"

// valuesMax bounds the values of one entry.
const valuesMax = 1 << 20

// FormatValues returns the value of ValuesSetting: for each sequence, in the order
// of OIDs, "OID=first:step:count …;".
func FormatValues(values map[uint32][]int64) string {
	oids := make([]uint32, 0, len(values))
	for oid, list := range values {
		if len(list) > 0 {
			oids = append(oids, oid)
		}
	}
	slices.Sort(oids)
	var b []byte
	for _, oid := range oids {
		b = strconv.AppendUint(b, uint64(oid), 10)
		for sep, list := byte('='), values[oid]; len(list) > 0; sep = ' ' {
			step, n := int64(0), 1
			if len(list) > 1 {
				step = list[1] - list[0]
				for n < len(list) && list[n]-list[n-1] == step {
					n++
				}
			}
			b = strconv.AppendInt(append(b, sep), list[0], 10)
			b = strconv.AppendInt(append(b, ':'), step, 10)
			b = strconv.AppendInt(append(b, ':'), int64(n), 10)
			list = list[n:]
		}
		b = append(b, ';')
	}
	return string(b)
}

// ParseValues is the inverse of FormatValues.
func ParseValues(text string) (map[uint32][]int64, error) {
	values := map[uint32][]int64{}
	total := int64(0)
	for part := range strings.SplitSeq(strings.TrimSuffix(text, ";"), ";") {
		name, runs, _ := strings.Cut(part, "=")
		oid, err := strconv.ParseUint(name, 10, 32)
		if err != nil {
			return nil, corrupt("values")
		}
		for run := range strings.SplitSeq(runs, " ") {
			var n [3]int64
			fields := strings.Split(run, ":")
			if len(fields) != len(n) {
				return nil, corrupt("values")
			}
			for i, f := range fields {
				if n[i], err = strconv.ParseInt(f, 10, 64); err != nil {
					return nil, corrupt("values")
				}
			}
			if total += n[2]; n[2] < 1 || total > valuesMax {
				return nil, corrupt("values")
			}
			for v := n[0]; n[2] > 0; n[2]-- {
				values[uint32(oid)] = append(values[uint32(oid)], v)
				v += n[1]
			}
		}
	}
	return values, nil
}
