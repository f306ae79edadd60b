package corpus

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// firstUserOID is the first OID that a server gives away itself.
const firstUserOID = 16384

// volatileTypes are types whose values differ from one run to the next: dates
// and times, transaction ids, and UUIDs.
var volatileTypes = map[uint32]bool{28: true, 2950: true, 1114: true, 1184: true, 1083: true, 1266: true, 5069: true, 3220: true}

// volatileNames are columns whose values no two servers share.
var volatileNames = regexp.MustCompile(`(?i)^(version|server_version|pg_backend_pid|gen_random_uuid|size|pid|xmin|ctid|random|current_user|current_database|catalog_name|table_catalog|inet_.*)$`)

var (
	largeNumber = regexp.MustCompile(`\b[1-9]\d{4,}\b`)
	orderBy     = regexp.MustCompile(`(?i)order\s+by`)
)

// difference says in one line how two answers to a statement differ, or
// nothing.
func difference(s step, want, got answer) string {
	if want.code != got.code {
		return fmt.Sprintf("SQLSTATE %q, not %q (%s)", got.code, want.code, got.message)
	}
	if want.code != "" && maskOIDs(want.message) != maskOIDs(got.message) {
		return fmt.Sprintf("message %q, not %q", got.message, want.message)
	}
	if len(want.results) != len(got.results) {
		return fmt.Sprintf("%d results, not %d", len(got.results), len(want.results))
	}
	for i := range want.results {
		if d := resultDifference(s, want.results[i], got.results[i]); d != "" {
			return d
		}
	}
	return ""
}

func resultDifference(s step, want, got result) string {
	if w, g := columns(want), columns(got); w != g {
		return fmt.Sprintf("columns (%s), not (%s)", g, w)
	}
	if want.tag != got.tag {
		return fmt.Sprintf("tag %q, not %q", got.tag, want.tag)
	}
	w, g := rowTexts(want), rowTexts(got)
	if !ordered(s.sql) {
		sort.Strings(w)
		sort.Strings(g)
	}
	for i := range w {
		if i >= len(g) || w[i] != g[i] {
			have := "nothing"
			if i < len(g) {
				have = g[i]
			}
			return fmt.Sprintf("row %d is %s, not %s", i+1, have, w[i])
		}
	}
	if len(g) > len(w) {
		return fmt.Sprintf("%d rows, not %d; first %s", len(g), len(w), g[len(w)])
	}
	return ""
}

// ordered tells whether the outermost query of a statement has an ORDER BY.
func ordered(sql string) bool {
	for _, at := range orderBy.FindAllStringIndex(sql, -1) {
		if strings.Count(sql[:at[0]], "(") == strings.Count(sql[:at[0]], ")") {
			return true
		}
	}
	return false
}

func columns(r result) string {
	list := make([]string, len(r.names))
	for i, name := range r.names {
		list[i] = name + " " + strconv.Itoa(int(min(r.types[i], firstUserOID)))
	}
	return strings.Join(list, ", ")
}

// rowTexts writes each row as one line, with what may differ masked.
func rowTexts(r result) []string {
	lines := make([]string, 0, len(r.rows))
	for _, row := range r.rows {
		cells := make([]string, len(row))
		for i, v := range row {
			switch {
			case v == nil:
				cells[i] = "NULL"
			case volatileTypes[r.types[i]] || volatileNames.MatchString(r.names[i]):
				cells[i] = "?"
			default:
				cells[i] = maskOIDs(*v)
			}
		}
		lines = append(lines, "("+strings.Join(cells, "|")+")")
	}
	return lines
}

// maskOIDs hides numbers that may be OIDs given by the server.
func maskOIDs(text string) string {
	return largeNumber.ReplaceAllStringFunc(text, func(n string) string {
		if v, err := strconv.ParseUint(n, 10, 32); err == nil && v >= firstUserOID {
			return "#"
		}
		return n
	})
}
