package catalog

import (
	"strings"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

// Functions answers what SQL functions ask about the schema: the reg* types,
// pg_get_*def, *_is_visible, obj_description, has_*_privilege. It is the
// Catalog that pgsql/builtin's Env wants.
type Functions struct {
	// Current returns the catalog of the snapshot that the connection reads.
	Current func() *Catalog
	// Path returns the session's search path, for the printing of names where
	// the caller does not give one. Nil is an empty path.
	Path func() []string
	// Expr and Query are the Printer's.
	Expr  func(c *Catalog, path []string, text string, pretty bool) string
	Query func(c *Catalog, path []string, view *Relation, pretty bool) string
	// Size returns the bytes that a relation ("main", "indexes", "total", ...)
	// takes; nil answers 0.
	Size func(part string, oid uint32) int64
}

func (f *Functions) path() []string {
	if f.Path == nil {
		return nil
	}
	return f.Path()
}

// printer returns a Printer for the search path.
func (f *Functions) printer(path []string) *Printer {
	c := f.Current()
	p := &Printer{Catalog: c, Path: path}
	if f.Expr != nil {
		p.Expr = func(text string, pretty bool) string { return f.Expr(c, path, text, pretty) }
	}
	if f.Query != nil {
		p.Query = func(view *Relation, pretty bool) string { return f.Query(c, path, view, pretty) }
	}
	return p
}

// Resolve looks up the object that an identifier names for the reg* type kind.
func (f *Functions) Resolve(kind types.OID, name string, path []string) (oid uint32, ok bool, err error) {
	c := f.Current()
	if kind == types.RegtypeOID {
		oid, ok = c.typeByText(name, path)
		return oid, ok, nil
	}
	if kind == types.RegprocedureOID || kind == types.RegoperatorOID {
		name, _, _ = strings.Cut(name, "(")
	}
	if kind == types.RegoperOID || kind == types.RegoperatorOID {
		oid, ok = operatorByName(name)
		return oid, ok, nil
	}
	parts, valid := ParseName(name)
	if !valid {
		return 0, false, pgerr.New(pgerr.InvalidName, "invalid name syntax")
	}
	switch kind {
	case types.RegclassOID:
		return c.classByParts(parts, path)
	case types.RegnamespaceOID:
		if s := c.Schema(parts[0]); s != nil && len(parts) == 1 {
			return s.OID, true, nil
		}
	case types.RegroleOID:
		if r := c.Role(parts[0]); r != nil && len(parts) == 1 {
			return r.OID, true, nil
		}
	case types.RegcollationOID:
		oid = CollationOID(parts[len(parts)-1])
		return oid, oid != 0, nil
	case types.RegprocOID, types.RegprocedureOID:
		return procedureByName(parts[len(parts)-1], kind)
	}
	return 0, false, nil
}

// classByParts resolves a name of one to three parts to a relation.
func (c *Catalog) classByParts(parts, path []string) (oid uint32, ok bool, err error) {
	var r *Relation
	switch len(parts) {
	case 1:
		r = c.Resolve(path, parts[0])
	case 2, 3:
		if s := c.SchemaNamed(path, parts[len(parts)-2]); s != nil {
			r = c.Relation(s.OID, parts[len(parts)-1])
		}
	default:
		return 0, false, pgerr.New(pgerr.SyntaxError, "improper relation name (too many dotted names): %s", strings.Join(parts, "."))
	}
	if r == nil {
		return 0, false, nil
	}
	return r.OID, true, nil
}

// typeByText resolves a type's name, SQL's spellings, modifiers and [] included.
func (c *Catalog) typeByText(name string, path []string) (oid uint32, ok bool) {
	name = strings.TrimSpace(name)
	array := false
	for strings.HasSuffix(name, "]") {
		open := strings.LastIndexByte(name, '[')
		if open < 0 {
			return 0, false
		}
		name, array = strings.TrimSpace(name[:open]), true
	}
	if open := strings.IndexByte(name, '('); open >= 0 && !strings.HasPrefix(name, `"`) {
		end := strings.IndexByte(name, ')')
		if end < open {
			return 0, false
		}
		name = strings.TrimSpace(name[:open]) + name[end+1:]
	}
	found := c.typeByBareName(name, path)
	if found != 0 && array {
		if found = uint32(types.ArrayOf(types.OID(found))); found == 0 {
			if t := c.ResolveType(path, name); t != nil {
				found = uint32(t.Array)
			}
		}
	}
	return found, found != 0
}

func (c *Catalog) typeByBareName(name string, path []string) uint32 {
	if sql := types.SQLName(strings.Join(strings.Fields(asciiLower(name)), " ")); sql != "" {
		return uint32(types.ByName(sql).OID)
	}
	parts, ok := ParseName(name)
	if !ok || len(parts) > 2 {
		return 0
	}
	last := parts[len(parts)-1]
	if len(parts) == 1 || parts[0] == "pg_catalog" {
		if t := types.ByName(last); t != nil {
			return uint32(t.OID)
		}
	}
	var t *Type
	if len(parts) == 1 {
		t = c.ResolveType(path, last)
	} else if s := c.SchemaNamed(path, parts[0]); s != nil {
		t = c.Type(s.OID, last)
	}
	if t == nil {
		return 0
	}
	return uint32(t.OID)
}

// Name is the inverse of Resolve: the name as the search path requires it.
func (f *Functions) Name(kind types.OID, oid uint32, path []string) (name string, ok bool) {
	c := f.Current()
	switch kind {
	case types.RegclassOID:
		if r := c.RelationByOID(oid); r != nil {
			return c.RelationName(r, path), true
		}
	case types.RegtypeOID:
		if types.ByOID(types.OID(oid)) != nil || c.TypeByOID(types.OID(oid)) != nil {
			return f.printer(path).TypeName(types.OID(oid), -1), true
		}
	case types.RegnamespaceOID:
		if s := c.SchemaByOID(oid); s != nil {
			return QuoteIdent(s.Name), true
		}
	case types.RegroleOID:
		if r := c.RoleByOID(oid); r != nil {
			return QuoteIdent(r.Name), true
		}
	case types.RegcollationOID:
		if n := CollationName(oid); n != "" {
			return QuoteIdent(n), true
		}
	case types.RegprocOID, types.RegprocedureOID:
		return procedureName(oid, kind)
	case types.RegoperOID, types.RegoperatorOID:
		return operatorName(oid, kind)
	}
	return "", false
}

// FormatType names types that are not built in.
func (f *Functions) FormatType(oid types.OID, typmod int32) (string, bool) {
	if d, ok := loadSystem().domains[oid]; ok {
		return QualifiedName("information_schema", d.name), true
	}
	if f.Current().TypeByOID(oid) == nil {
		return "", false
	}
	return f.printer(f.path()).TypeName(oid, typmod), true
}

// Visible tells whether an object is found by its bare name.
func (f *Functions) Visible(class string, oid uint32, path []string) (visible, ok bool) {
	c := f.Current()
	switch class {
	case "pg_class":
		r := c.RelationByOID(oid)
		if r == nil {
			return false, false
		}
		return c.Resolve(path, r.Name) == r, true
	case "pg_type":
		if types.ByOID(types.OID(oid)) != nil {
			return true, true
		}
		t := c.TypeByOID(types.OID(oid))
		if t == nil {
			return false, false
		}
		return types.ByName(t.Name) == nil && c.ResolveType(path, t.Name) == t, true
	}
	return oid < FirstUserOID, oid < FirstUserOID
}

// Definition is the text of pg_get_<what>def.
func (f *Functions) Definition(what string, oid uint32, sub int, pretty bool) (text string, ok bool) {
	c, p := f.Current(), f.printer(f.path())
	switch what {
	case "constraint":
		if r, k := c.ConstraintByOID(oid); k != nil {
			return p.Constraint(r, k, pretty), true
		}
	case "index":
		i := c.Index(oid)
		if i == nil {
			return "", false
		}
		r := c.RelationByOID(i.Table)
		if sub > 0 {
			return p.IndexColumn(r, i, sub-1, pretty), true
		}
		return p.Index(r, i, pretty), true
	case "view":
		if r := c.RelationByOID(oid); r != nil && r.View != nil {
			return p.View(r, pretty), true
		}
	}
	return "", false
}

// ExprText is pg_get_expr of an expression of the catalog.
func (f *Functions) ExprText(text string, pretty bool) string {
	return f.printer(f.path()).ExprText(text, pretty)
}

// RoleName is pg_get_userbyid.
func (f *Functions) RoleName(oid uint32) (name string, ok bool) {
	if r := f.Current().RoleByOID(oid); r != nil {
		return r.Name, true
	}
	return "", false
}

// RoleByName is the inverse of RoleName.
func (f *Functions) RoleByName(name string) (oid uint32, ok bool) {
	if r := f.Current().Role(name); r != nil {
		return r.OID, true
	}
	return 0, false
}

// SerialSequence is pg_get_serial_sequence.
func (f *Functions) SerialSequence(relation uint32, column string) (name string, ok bool, err error) {
	c := f.Current()
	r := c.RelationByOID(relation)
	if r == nil {
		return "", false, nil
	}
	found := r.Column(column)
	if found == nil {
		return "", false, pgerr.New(pgerr.UndefinedColumn, `column "%s" of relation "%s" does not exist`, column, r.Name)
	}
	for _, s := range c.OwnedSequences(relation) {
		if s.Sequence.OwnedColumn == found.Num {
			return QualifiedName(temporaryName(s, f.path()), s.Name), true, nil
		}
	}
	return "", false, nil
}

// HasPrivilege decides the has_*_privilege family. There are no grants yet: a
// superuser and an owner may all, anybody else may read.
func (f *Functions) HasPrivilege(what string, role, object uint32, column string, privileges string) (has, ok bool, err error) {
	c := f.Current()
	r := c.RoleByOID(role)
	if r == nil {
		return false, false, nil
	}
	var owner uint32
	switch what {
	case "table", "column", "any_column", "sequence":
		relation := c.RelationByOID(object)
		if relation == nil {
			return false, false, nil
		}
		owner = relation.Owner
		if what == "column" && column != "" && relation.Column(column) == nil {
			return false, false, pgerr.New(pgerr.UndefinedColumn, `column "%s" of relation "%s" does not exist`, column, relation.Name)
		}
	case "schema":
		schema := c.SchemaByOID(object)
		if schema == nil {
			return false, false, nil
		}
		owner = schema.Owner
	}
	if r.Superuser || owner == role {
		return true, true, nil
	}
	for _, privilege := range strings.FieldsFunc(strings.ToUpper(privileges), func(r rune) bool { return r == ',' }) {
		switch strings.TrimSpace(privilege) {
		case "SELECT", "USAGE", "CONNECT", "EXECUTE":
			return true, true, nil
		}
	}
	return false, true, nil
}

// RelationSize is the size in bytes.
func (f *Functions) RelationSize(part string, oid uint32) (size int64, ok bool) {
	if f.Current().RelationByOID(oid) == nil {
		return 0, false
	}
	if f.Size == nil {
		return 0, true
	}
	return f.Size(part, oid), true
}
