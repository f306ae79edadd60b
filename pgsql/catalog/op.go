package catalog

import "polyreme/pgsql/types"

// Op is one SQLite statement on the database file. With Sets > 1 it runs once
// for each run of len(Params)/Sets parameters.
type Op struct {
	SQL    string
	Params []types.Value
	Sets   int // 0 means 1
}
