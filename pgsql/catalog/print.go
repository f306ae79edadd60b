package catalog

import (
	"strings"

	"polyreme/pgsql/types"
)

// Printer writes definitions as PostgreSQL's pg_get_*def functions do. Its zero
// value prints every name as if nothing were visible.
type Printer struct {
	Catalog *Catalog
	Path    []string // the session's search path

	// Expr and Query reprint a canonical expression or query for a session:
	// names bare where visible, and with pretty fewer parentheses. Nil
	// leaves the text as it is. (The language's printer is above this package.)
	Expr  func(text string, pretty bool) string
	Query func(view *Relation, pretty bool) string
}

// ExprText returns an expression of the catalog (a default, a check, ...) as
// pg_get_expr shows it.
func (p *Printer) ExprText(text string, pretty bool) string {
	text = ReplaceRelations(text, func(oid uint32) string {
		if r := p.Catalog.RelationByOID(oid); r != nil {
			return p.Catalog.RelationName(r, p.Path)
		}
		return oidText(oid)
	})
	if exprs := splitExprs(text); len(exprs) > 1 {
		for i, e := range exprs {
			exprs[i] = p.ExprText(e, pretty)
		}
		return strings.Join(exprs, ", ")
	}
	if p.Expr != nil {
		return p.Expr(text, pretty)
	}
	return text
}

// View returns pg_get_viewdef.
func (p *Printer) View(r *Relation, pretty bool) string {
	sql := r.View.SQL
	if p.Query != nil {
		sql = p.Query(r, pretty)
	}
	return sql + ";"
}

// Constraint returns pg_get_constraintdef.
func (p *Printer) Constraint(r *Relation, k *Constraint, pretty bool) string {
	var b strings.Builder
	switch k.Kind {
	case PrimaryKey, Unique:
		b.WriteString("PRIMARY KEY")
		if k.Kind == Unique {
			b.Reset()
			b.WriteString("UNIQUE")
		}
		i := r.IndexByOID(k.Index)
		if i != nil && i.NullsNotDistinct {
			b.WriteString(" NULLS NOT DISTINCT")
		}
		b.WriteString(" (" + columnNames(r, k.Columns) + ")")
		if i != nil && len(i.Include) > 0 {
			b.WriteString(" INCLUDE (" + columnNames(r, i.Include) + ")")
		}
	case Check:
		b.WriteString("CHECK (" + p.ExprText(k.Expr, pretty) + ")")
		if k.NoInherit {
			b.WriteString(" NO INHERIT")
		}
	case ForeignKey:
		p.foreignKey(&b, r, k)
	}
	if k.Deferrable {
		b.WriteString(" DEFERRABLE")
	}
	if k.Deferred {
		b.WriteString(" INITIALLY DEFERRED")
	}
	if !k.Validated {
		b.WriteString(" NOT VALID")
	}
	return b.String()
}

func (p *Printer) foreignKey(b *strings.Builder, r *Relation, k *Constraint) {
	b.WriteString("FOREIGN KEY (" + columnNames(r, k.Columns) + ") REFERENCES ")
	if ref := p.Catalog.RelationByOID(k.RefRelation); ref != nil {
		b.WriteString(p.Catalog.RelationName(ref, p.Path) + "(" + columnNames(ref, k.RefColumns) + ")")
	}
	if k.Match == 'f' {
		b.WriteString(" MATCH FULL")
	}
	for _, on := range [...]struct {
		event  string
		action byte
	}{{" ON UPDATE ", k.OnUpdate}, {" ON DELETE ", k.OnDelete}} {
		switch on.action {
		case 'r':
			b.WriteString(on.event + "RESTRICT")
		case 'c':
			b.WriteString(on.event + "CASCADE")
		case 'n':
			b.WriteString(on.event + "SET NULL")
		case 'd':
			b.WriteString(on.event + "SET DEFAULT")
		}
	}
}

// columnNames returns the names of the columns, quoted and separated by commas.
func columnNames(r *Relation, nums []int16) string {
	names := make([]string, 0, len(nums))
	for _, num := range nums {
		if column := r.ColumnByNum(num); column != nil {
			names = append(names, QuoteIdent(column.Name))
		}
	}
	return strings.Join(names, ", ")
}

// Index returns pg_get_indexdef.
func (p *Printer) Index(r *Relation, i *Index, pretty bool) string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if i.Unique {
		b.WriteString("UNIQUE ")
	}
	name := QualifiedName(temporaryName(r, p.Path), r.Name)
	if pretty {
		name = p.Catalog.RelationName(r, p.Path)
	}
	b.WriteString("INDEX " + QuoteIdent(i.Name) + " ON " + name + " USING " + QuoteIdent(i.Method) + " (")
	for n := range i.Columns {
		if n > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.IndexColumn(r, i, n, pretty))
		p.indexColumnOptions(&b, r, i, n)
	}
	b.WriteString(")")
	if len(i.Include) > 0 {
		b.WriteString(" INCLUDE (" + columnNames(r, i.Include) + ")")
	}
	if i.NullsNotDistinct {
		b.WriteString(" NULLS NOT DISTINCT")
	}
	if len(i.Options) > 0 {
		b.WriteString(" WITH (" + optionsText(i.Options) + ")")
	}
	if i.Where != "" {
		b.WriteString(" WHERE " + p.ExprText(i.Where, pretty))
	}
	return b.String()
}

// IndexColumn returns the key column n (from 0) of an index, without its options.
func (p *Printer) IndexColumn(r *Relation, i *Index, n int, pretty bool) string {
	if n >= len(i.Columns) {
		if n -= len(i.Columns); n < len(i.Include) {
			return columnNames(r, i.Include[n:n+1])
		}
		return ""
	}
	key := i.Columns[n]
	if key.Num != 0 {
		return columnNames(r, []int16{key.Num})
	}
	text := p.ExprText(key.Expr, pretty)
	if looksLikeCall(text) {
		return text
	}
	return "(" + text + ")"
}

func (p *Printer) indexColumnOptions(b *strings.Builder, r *Relation, i *Index, n int) {
	key := i.Columns[n]
	own := TypeCollation(key.Type)
	if column := r.ColumnByNum(key.Num); column != nil {
		own = column.Collation
	}
	if key.Collation != 0 && key.Collation != own {
		if name := CollationName(key.Collation); name != "" {
			b.WriteString(" COLLATE " + QuoteIdent(name))
		}
	}
	if c := OpClassByOID(key.OpClass); c != nil && c.OID != DefaultOpClass(i.Method, key.Type) {
		b.WriteString(" " + QuoteIdent(c.Name))
	}
	switch {
	case key.Desc && key.NullsFirst:
		b.WriteString(" DESC")
	case key.Desc:
		b.WriteString(" DESC NULLS LAST")
	case key.NullsFirst:
		b.WriteString(" NULLS FIRST")
	}
}

// looksLikeCall tells whether the expression is one function call, which an
// index definition shows without parentheses of its own.
func looksLikeCall(text string) bool {
	open := strings.IndexByte(text, '(')
	if open <= 0 || !strings.HasSuffix(text, ")") {
		return false
	}
	if _, ok := ParseName(text[:open]); !ok {
		return false
	}
	depth, quoted := 0, byte(0)
	for i := open; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '\'' || c == '"':
			quoted = c
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i == len(text)-1
			}
		}
	}
	return false
}

// optionsText prints reloptions as pg_get_indexdef does.
func optionsText(options []string) string {
	parts := make([]string, len(options))
	for i, option := range options {
		name, value, _ := strings.Cut(option, "=")
		parts[i] = QuoteIdent(name) + "=" + QuoteLiteral(value)
	}
	return strings.Join(parts, ", ")
}

// TypeName returns format_type for any type, user-defined ones included.
func (p *Printer) TypeName(oid types.OID, typmod int32) string {
	t := p.Catalog.TypeByOID(oid)
	if t == nil {
		return types.FormatType(oid, typmod)
	}
	if t.Kind == 'b' && t.Elem != 0 {
		return p.TypeName(t.Elem, -1) + "[]"
	}
	if p.Catalog.ResolveType(p.Path, t.Name) == t {
		return QuoteIdent(t.Name)
	}
	schema := p.Catalog.SchemaByOID(t.Schema)
	if schema == nil {
		return QuoteIdent(t.Name)
	}
	return QualifiedName(schema.Name, t.Name)
}
