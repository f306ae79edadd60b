package builtin

import (
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// The object identifier types read and print names of functions, operators and
// built-in types from this table, and of everything else through Env.Catalog.

func (e *Env) searchPath() []string {
	if e.Session == nil {
		return []string{"public"}
	}
	return e.Session.SearchPath()
}

func (e *Env) namedPath() []string {
	if e.Session == nil {
		return []string{"public"}
	}
	return e.Session.NamedPath()
}

// regIn is types.Env.RegIn.
func (e *Env) regIn(kind types.OID, name string) (int64, error) {
	oid, ok, err := e.lookup(kind, name)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, undefinedName(kind, name)
	}
	return int64(oid), nil
}

// lookup finds the object that a name stands for.
func (e *Env) lookup(kind types.OID, name string) (oid uint32, ok bool, err error) {
	switch kind {
	case types.RegclassOID, types.RegprocOID, types.RegnamespaceOID, types.RegroleOID, types.RegcollationOID:
		if !isNameList(name) {
			return 0, false, pgerr.New(pgerr.InvalidName, "invalid name syntax")
		}
	}
	switch kind {
	case types.RegtypeOID:
		if t := builtinType(name); t != nil {
			return uint32(t.OID), true, nil
		}
	case types.RegprocOID, types.RegprocedureOID:
		if oid, ok, err := lookupFunction(kind, name); ok || err != nil {
			return oid, ok, err
		}
	case types.RegoperOID, types.RegoperatorOID:
		if oid, ok, err := lookupOperator(kind, name); ok || err != nil {
			return oid, ok, err
		}
	}
	if e.Catalog == nil {
		return 0, false, nil
	}
	return e.Catalog.Resolve(kind, name, e.searchPath())
}

// isNameList tells whether s is a dotted list of names: quoted, or of anything
// but blanks and dots.
func isNameList(s string) bool {
	for {
		s = strings.TrimLeft(s, " \t\n\v\f\r")
		if strings.HasPrefix(s, `"`) {
			part, rest, ok := quotedPart(s[1:])
			if !ok || part == "" {
				return false
			}
			s = rest
		} else {
			n := strings.IndexAny(s, ". \t\n\v\f\r")
			if n < 0 {
				n = len(s)
			}
			if n == 0 {
				return false
			}
			s = s[n:]
		}
		if s = strings.TrimLeft(s, " \t\n\v\f\r"); s == "" {
			return true
		}
		if s[0] != '.' {
			return false
		}
		s = s[1:]
	}
}

func undefinedName(kind types.OID, name string) error {
	switch kind {
	case types.RegclassOID:
		return pgerr.New(pgerr.UndefinedTable, "relation \"%s\" does not exist", name)
	case types.RegtypeOID:
		return pgerr.New(pgerr.UndefinedObject, "type \"%s\" does not exist", name)
	case types.RegprocOID, types.RegprocedureOID:
		return pgerr.New(pgerr.UndefinedFunction, "function \"%s\" does not exist", name)
	case types.RegoperOID, types.RegoperatorOID:
		return pgerr.New(pgerr.UndefinedFunction, "operator does not exist: %s", name)
	case types.RegnamespaceOID:
		return pgerr.New(pgerr.InvalidSchemaName, "schema \"%s\" does not exist", name)
	case types.RegroleOID:
		return pgerr.New(pgerr.UndefinedObject, "role \"%s\" does not exist", name)
	}
	return pgerr.New(pgerr.UndefinedObject, "%s \"%s\" does not exist", types.FormatType(kind, -1), name)
}

// builtinType reads a type name: SQL's spelling or pg_type's, pg_catalog before
// it, [] and a length after it.
func builtinType(name string) *types.Type {
	s := strings.TrimSpace(name)
	base, array := strings.CutSuffix(s, "[]")
	if array {
		base = strings.TrimSpace(base)
	}
	if open := strings.IndexByte(base, '('); open > 0 {
		if shut := strings.IndexByte(base, ')'); shut > open {
			base = base[:open] + base[shut+1:]
		}
	}
	folded := strings.Join(strings.Fields(strings.ToLower(base)), " ")
	folded = strings.TrimPrefix(folded, "pg_catalog.")
	if len(base) > 1 && strings.HasPrefix(folded, `"`) && strings.HasSuffix(folded, `"`) {
		folded = base[strings.IndexByte(base, '"')+1 : len(base)-1]
	} else if spelled := types.SQLName(folded); spelled != "" {
		folded = spelled
	} else if folded == "char" {
		folded = "bpchar"
	}
	t := types.ByName(folded)
	if t != nil && array {
		return types.ByOID(t.Array)
	}
	return t
}

// splitSignature takes name(type, type) apart.
func splitSignature(s string) (name string, args []types.OID, ok bool) {
	open := strings.IndexByte(s, '(')
	if open < 0 || !strings.HasSuffix(strings.TrimSpace(s), ")") {
		return s, nil, false
	}
	inner := strings.TrimSpace(strings.TrimSpace(s)[open+1:])
	inner = strings.TrimSpace(strings.TrimSuffix(inner, ")"))
	if inner == "" {
		return strings.TrimSpace(s[:open]), nil, true
	}
	for _, part := range strings.Split(inner, ",") {
		if strings.EqualFold(strings.TrimSpace(part), "none") {
			args = append(args, 0)
			continue
		}
		t := builtinType(part)
		if t == nil {
			return s, nil, false
		}
		args = append(args, t.OID)
	}
	return strings.TrimSpace(s[:open]), args, true
}

func foldName(name string) string {
	parts, err := splitIdentifier(name, true)
	if err != nil || len(parts) == 0 || len(parts) > 2 || len(parts) == 2 && parts[0] != "pg_catalog" {
		return ""
	}
	return parts[len(parts)-1]
}

func lookupFunction(kind types.OID, name string) (oid uint32, ok bool, err error) {
	if kind == types.RegprocOID {
		switch list := Functions(foldName(name)); len(list) {
		case 0:
			return 0, false, nil
		case 1:
			return uint32(list[0].OID), true, nil
		}
		return 0, false, pgerr.New(pgerr.AmbiguousFunction, "more than one function named \"%s\"", name)
	}
	bare, args, ok := splitSignature(name)
	if !ok {
		return 0, false, nil
	}
	for _, f := range Functions(foldName(bare)) {
		if sameTypes(f.Args, args) {
			return uint32(f.OID), true, nil
		}
	}
	return 0, false, nil
}

func sameTypes(a, b []types.OID) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func lookupOperator(kind types.OID, name string) (oid uint32, ok bool, err error) {
	if kind == types.RegoperOID {
		bare := strings.TrimPrefix(strings.TrimSpace(name), "pg_catalog.")
		switch list := Operators(bare); len(list) {
		case 0:
			return 0, false, nil
		case 1:
			return uint32(list[0].OID), true, nil
		}
		return 0, false, pgerr.New(pgerr.AmbiguousFunction, "more than one operator named %s", bare)
	}
	bare, args, ok := splitSignature(name)
	if !ok || len(args) != 2 {
		return 0, false, nil
	}
	for _, o := range Operators(strings.TrimPrefix(bare, "pg_catalog.")) {
		if o.Left == args[0] && o.Right == args[1] {
			return uint32(o.OID), true, nil
		}
	}
	return 0, false, nil
}

// regOut is types.Env.RegOut.
func (e *Env) regOut(kind types.OID, object int64) string {
	oid := types.OID(object)
	switch kind {
	case types.RegtypeOID:
		if types.ByOID(oid) != nil {
			return types.FormatType(oid, types.TypmodUnknown)
		}
	case types.RegprocOID:
		if f := FunctionByOID(oid); f != nil {
			return qualifiedFunction(f)
		}
	case types.RegprocedureOID:
		if f := FunctionByOID(oid); f != nil {
			return f.Signature()
		}
	case types.RegoperOID:
		if o := OperatorByOID(oid); o != nil {
			if len(Operators(o.Name)) == 1 {
				return o.Name
			}
			return "pg_catalog." + o.Name
		}
	case types.RegoperatorOID:
		if o := OperatorByOID(oid); o != nil {
			left := "NONE"
			if o.Left != 0 {
				left = types.FormatType(o.Left, -1)
			}
			return o.Name + "(" + left + "," + types.FormatType(o.Right, -1) + ")"
		}
	}
	if e.Catalog == nil {
		return ""
	}
	name, _ := e.Catalog.Name(kind, uint32(object), e.searchPath())
	return name
}

// qualifiedFunction is regproc's output: with the schema where the name alone
// would not find the function.
func qualifiedFunction(f *Function) string {
	switch {
	case f.Schema != "":
		return f.Schema + "." + QuoteIdentifier(f.Name)
	case len(Functions(f.Name)) > 1:
		return "pg_catalog." + QuoteIdentifier(f.Name)
	}
	return QuoteIdentifier(f.Name)
}
