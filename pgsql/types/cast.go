package types

import "sort"

// CastEntry is one row of pg_cast.
type CastEntry struct {
	Source   OID
	Target   OID
	Func     uint32 // castfunc, 0 where none
	FuncName string
	Args     int  // arguments of the function
	Context  byte // castcontext: i implicit, a assignment, e explicit
	Method   byte // castmethod: f function, i input and output, b binary
}

// CastLookup returns the row of pg_cast from source to target, or nil.
func CastLookup(source, target OID) *CastEntry {
	i := sort.Search(len(castTable), func(i int) bool {
		c := &castTable[i]
		return c.Source > source || c.Source == source && c.Target >= target
	})
	if i < len(castTable) && castTable[i].Source == source && castTable[i].Target == target {
		return &castTable[i]
	}
	return nil
}

// AllCasts calls yield with each row of pg_cast, ordered by source and target.
func AllCasts(yield func(*CastEntry) bool) {
	for i := range castTable {
		if !yield(&castTable[i]) {
			return
		}
	}
}

// Cast converts v, which is not NULL, from one type to another. Typmod is the
// target's; an explicit cast truncates text to a length where an assignment
// raises 22001. The pairs are those of pg_cast and, to and from text, the
// input and output functions.
func Cast(from, to OID, typmod int32, v Value, explicit bool, env *Env) (Value, error) {
	if from == to && typmod < 0 {
		return v, nil
	}
	text := AppendText(nil, from, -1, v, env)
	return ParseText(to, typmod, text, env)
}
