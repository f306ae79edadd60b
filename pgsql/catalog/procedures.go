package catalog

import (
	"strconv"
	"strings"
	"sync"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// procedures is the names of pg_proc and pg_operator, for regproc and regoper.
type procedures struct {
	byOID      map[uint32]procedure
	byName     map[string][]uint32
	operators  map[uint32]procedure
	operatorOf map[string][]uint32
}

type procedure struct {
	name string
	args []types.OID
}

// loadProcedures reads the embedded dump when a regproc is first printed.
var loadProcedures = sync.OnceValue(func() *procedures {
	p := &procedures{
		byOID: map[uint32]procedure{}, byName: map[string][]uint32{},
		operators: map[uint32]procedure{}, operatorOf: map[string][]uint32{},
	}
	for _, section := range openDump(rowsDump) {
		switch section.table {
		case "pg_proc":
			for f := range section.rows() {
				one := procedure{name: string(f[1])}
				for _, arg := range fieldNumbers(f[19]) {
					one.args = append(one.args, types.OID(arg))
				}
				p.byOID[fieldOID(f[0])] = one
				p.byName[one.name] = append(p.byName[one.name], fieldOID(f[0]))
			}
		case "pg_operator":
			for f := range section.rows() {
				one := procedure{string(f[1]), []types.OID{types.OID(fieldOID(f[7])), types.OID(fieldOID(f[8]))}}
				p.operators[fieldOID(f[0])] = one
				p.operatorOf[one.name] = append(p.operatorOf[one.name], fieldOID(f[0]))
			}
		}
	}
	return p
})

// procedureByName resolves a function's name; regproc must be unique.
func procedureByName(name string, kind types.OID) (oid uint32, ok bool, err error) {
	oids := loadProcedures().byName[name]
	switch {
	case len(oids) == 0:
		return 0, false, nil
	case len(oids) > 1 && kind == types.RegprocOID:
		return 0, false, pgerr.New(pgerr.AmbiguousFunction, `more than one function named "%s"`, name)
	}
	return oids[0], true, nil
}

func procedureName(oid uint32, kind types.OID) (string, bool) {
	p := loadProcedures()
	one, ok := p.byOID[oid]
	switch {
	case !ok:
		return "", false
	case kind == types.RegprocOID && len(p.byName[one.name]) > 1:
		return "pg_catalog." + QuoteIdent(one.name), true
	case kind == types.RegprocOID:
		return QuoteIdent(one.name), true
	}
	return QuoteIdent(one.name) + "(" + argTypes(one.args, ",") + ")", true
}

func operatorByName(name string) (oid uint32, ok bool) {
	name = strings.TrimPrefix(strings.TrimSpace(name), "pg_catalog.")
	if oids := loadProcedures().operatorOf[name]; len(oids) > 0 {
		return oids[0], true
	}
	return 0, false
}

func operatorName(oid uint32, kind types.OID) (string, bool) {
	p := loadProcedures()
	one, ok := p.operators[oid]
	switch {
	case !ok:
		return strconv.FormatUint(uint64(oid), 10), false
	case kind == types.RegoperOID && len(p.operatorOf[one.name]) > 1:
		return "pg_catalog." + one.name, true
	case kind == types.RegoperOID:
		return one.name, true
	}
	return one.name + "(" + argTypes(one.args, ",") + ")", true
}

func argTypes(args []types.OID, separator string) string {
	names := make([]string, len(args))
	for i, arg := range args {
		names[i] = "NONE"
		if arg != 0 {
			names[i] = types.FormatType(arg, -1)
		}
	}
	return strings.Join(names, separator)
}
