package plan

import "polyreme/pgwire/pgerr"

// missingColumn raises 42703, with PostgreSQL's hint where a column of a similar
// name is visible (errorMissingColumn).
func (a *analyzer) missingColumn(s *scope, rel, name string, pos int) {
	err := pgerr.New(pgerr.UndefinedColumn, "column \"%s\" does not exist", name)
	if rel != "" {
		err = pgerr.New(pgerr.UndefinedColumn, "column %s.%s does not exist", rel, name)
	}
	if hint := similarColumn(s, rel, name); hint != "" {
		err = err.WithHint("%s", hint)
	}
	a.fail(pos, err)
}

// similarMax is the largest distance of names that are taken to be alike
// (MAX_FUZZY_DISTANCE).
const similarMax = 3

// similarColumn makes the hint; it is "" where no name, or more than two, are
// near enough.
func similarColumn(s *scope, rel, name string) string {
	best := similarMax + 1
	var found []string
	for level := s; level != nil; level = level.parent {
		for i := range level.items {
			it := &level.items[i]
			if it.rte == nil || it.name == "" {
				continue
			}
			penalty := 0
			if rel != "" {
				penalty = distance(rel, it.name)
			}
			for c, n := 0, it.count(); c < n; c++ {
				d := penalty + distance(name, it.colName(c))
				switch {
				case d < best:
					best, found = d, []string{it.name + "." + it.colName(c)}
				case d == best:
					found = append(found, it.name+"."+it.colName(c))
				}
			}
		}
	}
	if best > similarMax || best > len(name)/2 {
		return ""
	}
	switch len(found) {
	case 1:
		return "Perhaps you meant to reference the column \"" + found[0] + "\"."
	case 2:
		return "Perhaps you meant to reference the column \"" + found[0] + "\" or the column \"" + found[1] + "\"."
	}
	return ""
}

// distance is the Levenshtein distance of two names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
