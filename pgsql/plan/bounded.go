package plan

// boundedQuery tells whether the text of a query bounds its work: it reads no
// table, or one by a unique key.
func boundedQuery(q *query) bool {
	if q.op != 0 || q.srf != nil {
		return false
	}
	if q.values != nil {
		return true
	}
	for i := range q.targets {
		if hasQuery(q.targets[i].x) {
			return false
		}
	}
	if q.where != nil && hasQuery(q.where) {
		return false
	}
	return len(q.from) == 0 || boundedFrom(q)
}

func hasQuery(x expr) bool {
	found := false
	walk(x, func(y expr) bool {
		if _, ok := y.(*subLink); ok {
			found = true
		}
		return !found
	})
	return found
}
