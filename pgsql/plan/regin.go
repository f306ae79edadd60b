package plan

import (
	"strconv"
	"strings"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/parse"
	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// inputEnv is the environment for the input of type oid.
func (a *analyzer) inputEnv(oid types.OID) *types.Env {
	if foldable(oid) {
		return a.env
	}
	if a.regEnv == nil {
		env := *a.env
		env.RegIn = a.regIn
		a.regEnv = &env
	}
	return a.regEnv
}

// regIn resolves the text of a regclass, regtype and the like against the
// catalog of the plan: such constants are folded, as PostgreSQL folds them.
func (a *analyzer) regIn(oid types.OID, name string) (int64, error) {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		return int64(n), nil
	}
	if name == "-" {
		return 0, nil
	}
	a.wholeSchema = true
	switch oid {
	case types.RegclassOID:
		return a.regclassIn(name)
	case types.RegtypeOID:
		t, err := parse.ParseTypeName(name)
		if err != nil {
			return 0, err
		}
		found, _ := a.typeName(t)
		return int64(found), nil
	case types.RegnamespaceOID:
		if s := a.cat.Schema(unquote(name)); s != nil {
			return int64(s.OID), nil
		}
		return 0, pgerr.New(pgerr.InvalidSchemaName, "schema \"%s\" does not exist", unquote(name))
	case types.RegroleOID:
		if r := a.cat.Role(unquote(name)); r != nil {
			return int64(r.OID), nil
		}
		return 0, pgerr.New(pgerr.UndefinedObject, "role \"%s\" does not exist", unquote(name))
	case types.RegprocOID:
		return regprocIn(name)
	case types.RegprocedureOID:
		return a.regprocedureIn(name)
	}
	return 0, pgerr.Unsupported("input of type %s by name is not supported", types.FormatType(oid, -1))
}

func (a *analyzer) regclassIn(name string) (int64, error) {
	parts := splitName(name)
	if len(parts) == 0 || len(parts) > 3 {
		return 0, pgerr.New(pgerr.InvalidName, "invalid name syntax")
	}
	if len(parts) == 1 {
		if r := a.cat.Resolve(a.opt.SearchPath, parts[0]); r != nil {
			return int64(r.OID), nil
		}
		return 0, pgerr.New(pgerr.UndefinedTable, "relation \"%s\" does not exist", parts[0])
	}
	n := len(parts)
	if s := a.cat.SchemaNamed(a.opt.SearchPath, parts[n-2]); s != nil {
		if r := a.cat.Relation(s.OID, parts[n-1]); r != nil {
			return int64(r.OID), nil
		}
	}
	return 0, pgerr.New(pgerr.UndefinedTable, "relation \"%s\" does not exist", strings.Join(parts[n-2:], "."))
}

func regprocIn(name string) (int64, error) {
	parts := splitName(name)
	if len(parts) == 0 {
		return 0, pgerr.New(pgerr.InvalidName, "invalid name syntax")
	}
	fns := builtin.Functions(parts[len(parts)-1])
	switch len(fns) {
	case 0:
		return 0, pgerr.New(pgerr.UndefinedFunction, "function \"%s\" does not exist", name)
	case 1:
		return int64(fns[0].OID), nil
	}
	return 0, pgerr.New(pgerr.AmbiguousFunction, "more than one function named \"%s\"", name)
}

// regprocedureIn resolves name(type, …).
func (a *analyzer) regprocedureIn(name string) (int64, error) {
	head, list, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(name), ")"), "(")
	if !ok {
		return 0, pgerr.New(pgerr.InvalidTextRepresentation, "expected a left parenthesis")
	}
	var args []types.OID
	if strings.TrimSpace(list) != "" {
		for _, text := range strings.Split(list, ",") {
			t, err := parse.ParseTypeName(strings.TrimSpace(text))
			if err != nil {
				return 0, err
			}
			args = append(args, a.lookupType(t))
		}
	}
	parts := splitName(head)
	if len(parts) > 0 {
		for _, fn := range a.functionsNamed(parts) {
			if sameOIDs(fn.Args, args) {
				return int64(fn.OID), nil
			}
		}
	}
	return 0, pgerr.New(pgerr.UndefinedFunction, "function \"%s\" does not exist", name)
}

func unquote(name string) string {
	if parts := splitName(name); len(parts) == 1 {
		return parts[0]
	}
	return name
}

// splitName takes a qualified name apart: folded to lower case unless quoted.
// It returns nil where the syntax is wrong.
func splitName(text string) []string {
	var parts []string
	s := strings.TrimSpace(text)
	for {
		if s == "" {
			return nil
		}
		var part string
		if s[0] == '"' {
			end := 1
			var b strings.Builder
			for {
				i := strings.IndexByte(s[end:], '"')
				if i < 0 {
					return nil
				}
				b.WriteString(s[end : end+i])
				end += i + 1
				if end < len(s) && s[end] == '"' {
					b.WriteByte('"')
					end++
					continue
				}
				break
			}
			part, s = b.String(), s[end:]
		} else {
			end := strings.IndexAny(s, ". \t")
			if end < 0 {
				end = len(s)
			}
			part, s = strings.ToLower(s[:end]), s[end:]
		}
		if part == "" {
			return nil
		}
		parts = append(parts, part)
		s = strings.TrimLeft(s, " \t")
		if s == "" {
			return parts
		}
		if s[0] != '.' {
			return nil
		}
		s = strings.TrimLeft(s[1:], " \t")
	}
}
