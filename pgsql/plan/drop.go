package plan

import (
	"fmt"
	"slices"
	"strings"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgwire/pgerr"
)

// drop plans DROP TABLE, VIEW, INDEX, SEQUENCE and SCHEMA.
func (a *analyzer) drop(s *ast.DropStmt) *Statement {
	tag := ""
	switch s.Object {
	case ast.ObjectTable:
		tag = "DROP TABLE"
	case ast.ObjectView:
		tag = "DROP VIEW"
	case ast.ObjectIndex:
		tag = "DROP INDEX"
	case ast.ObjectSequence:
		tag = "DROP SEQUENCE"
	case ast.ObjectSchema:
		tag = "DROP SCHEMA"
	case ast.ObjectMatView:
		tag = "DROP MATERIALIZED VIEW"
	default:
		return a.dropOther(s)
	}
	d := &dropper{ddl: a.newDDL(), cascade: s.Behavior == ast.Cascade, gone: map[uint32]bool{}, going: map[uint32]bool{}}
	for _, names := range s.Names {
		d.target(s, names)
	}
	if len(d.roots) == 0 {
		return a.nothing(tag)
	}
	d.run()
	return d.statement(tag)
}

// dropOther answers for the kinds of objects that no user has.
func (a *analyzer) dropOther(s *ast.DropStmt) *Statement {
	if s.MissingOk {
		switch s.Object {
		case ast.ObjectFunction, ast.ObjectProcedure, ast.ObjectRoutine, ast.ObjectAggregate:
			for _, f := range s.Functions {
				a.notice(pgerr.SuccessfulCompletion, "function %s() does not exist, skipping", dotted(f.Name))
			}
			return a.nothing("DROP FUNCTION")
		case ast.ObjectType_, ast.ObjectDomain:
			for _, t := range s.Types {
				a.notice(pgerr.SuccessfulCompletion, "type \"%s\" does not exist, skipping", dotted(t.Names))
			}
			return a.nothing("DROP TYPE")
		case ast.ObjectExtension:
			for _, names := range s.Names {
				a.notice(pgerr.SuccessfulCompletion, "extension \"%s\" does not exist, skipping", dotted(names))
			}
			return a.nothing("DROP EXTENSION")
		}
	}
	a.fail(-1, pgerr.Unsupported("DROP of this kind of object is not supported"))
	return nil
}

// dropper drops objects with what depends on them.
type dropper struct {
	*ddl
	cascade bool
	quiet   bool // says nothing of what CASCADE drops
	roots   []root
	gone    map[uint32]bool // relations and schemas to be dropped
	going   map[uint32]bool // relations of schemas to be dropped
	order   []uint32        // relations, dependents first

	blockers []string // RESTRICT: what depends
	cascades []string // CASCADE: what goes too
}

// root is an object that the statement names: how messages call it.
type root struct {
	name     string // "table p"
	relation *catalog.Relation
	schema   *catalog.Schema
	index    *catalog.Index
}

// kindWord is the kind of a relation in messages.
func kindWord(kind byte) string {
	switch kind {
	case catalog.KindView:
		return "view"
	case catalog.KindIndex:
		return "index"
	case catalog.KindSequence:
		return "sequence"
	case catalog.KindMatview:
		return "materialized view"
	}
	return "table"
}

func objectKind(o ast.ObjectType) byte {
	switch o {
	case ast.ObjectView:
		return catalog.KindView
	case ast.ObjectIndex:
		return catalog.KindIndex
	case ast.ObjectSequence:
		return catalog.KindSequence
	case ast.ObjectMatView:
		return catalog.KindMatview
	}
	return catalog.KindTable
}

// target resolves one name of the statement.
func (d *dropper) target(s *ast.DropStmt, names []string) {
	if s.Object == ast.ObjectSchema {
		d.targetSchema(s, names[0])
		return
	}
	kind := objectKind(s.Object)
	rv := rangeVarOf(names)
	if rv.Schema != "" && d.cat.SchemaNamed(d.opt.SearchPath, rv.Schema) == nil {
		if !s.MissingOk {
			d.failf(-1, pgerr.InvalidSchemaName, "schema \"%s\" does not exist", rv.Schema)
		}
		d.notice(pgerr.SuccessfulCompletion, "schema \"%s\" does not exist, skipping", rv.Schema)
		return
	}
	r := d.findRelation(rv)
	if r == nil {
		if !s.MissingOk {
			d.failf(-1, missingCode(kind), "%s \"%s\" does not exist", kindWord(kind), dotted(names))
		}
		d.notice(pgerr.SuccessfulCompletion, "%s \"%s\" does not exist, skipping", kindWord(kind), dotted(names))
		return
	}
	if r.Kind != kind {
		word := kindWord(kind)
		d.fail(-1, pgerr.New(pgerr.WrongObjectType, "\"%s\" is not %s %s", r.Name, article(word), word).
			WithHint("Use DROP %s to remove %s %s.", strings.ToUpper(kindWord(r.Kind)), article(kindWord(r.Kind)), kindWord(r.Kind)))
	}
	if r.System {
		d.failf(-1, pgerr.InsufficientPrivilege, "permission denied: \"%s\" is a system catalog", r.Name)
	}
	d.roots = append(d.roots, root{name: d.describe(r), relation: r, index: r.Index})
}

func missingCode(kind byte) string {
	if kind == catalog.KindIndex {
		return pgerr.UndefinedObject
	}
	return pgerr.UndefinedTable
}

func article(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an"
	}
	return "a"
}

func rangeVarOf(names []string) *ast.RangeVar {
	rv := &ast.RangeVar{At: ast.NoPos, Name: names[len(names)-1]}
	if len(names) > 1 {
		rv.Schema = names[len(names)-2]
	}
	if len(names) > 2 {
		rv.Catalog = names[len(names)-3]
	}
	return rv
}

func (d *dropper) targetSchema(s *ast.DropStmt, name string) {
	schema := d.cat.Schema(name)
	switch {
	case schema == nil && s.MissingOk:
		d.notice(pgerr.SuccessfulCompletion, "schema \"%s\" does not exist, skipping", name)
	case schema == nil:
		d.failf(-1, pgerr.InvalidSchemaName, "schema \"%s\" does not exist", name)
	case schema.System:
		d.failf(-1, pgerr.DependentObjectsStillExist, "cannot drop schema %s because it is required by the database system", name)
	default:
		d.roots = append(d.roots, root{name: "schema " + catalog.QuoteIdent(name), schema: schema})
	}
}

// describe is the relation in messages, qualified where it is not visible.
func (a *analyzer) describe(r *catalog.Relation) string {
	return kindWord(r.Kind) + " " + a.cat.RelationName(r, a.opt.SearchPath)
}

// run drops the roots.
func (d *dropper) run() {
	for _, r := range d.roots {
		if r.relation != nil && r.index == nil {
			d.gone[r.relation.OID] = true
		}
	}
	for _, r := range d.roots {
		switch {
		case r.schema != nil:
			d.schemaContents(r)
		case r.index != nil:
			d.dropIndexRoot(r)
		default:
			d.dependents(r.relation, r.name)
			d.order = append(d.order, r.relation.OID)
		}
	}
	d.report()
	for _, oid := range d.order {
		d.detachReferences(oid)
	}
	for _, oid := range d.order {
		d.dropRelation(oid)
	}
	for _, r := range d.roots {
		if r.schema != nil {
			d.edit.DropSchema(r.schema.OID)
		}
	}
}

// schemaContents collects all relations of a schema.
func (d *dropper) schemaContents(r root) {
	var contents []*catalog.Relation
	for _, relation := range d.cat.Relations() {
		if relation.Schema == r.schema.OID && relation.Kind != catalog.KindIndex && !d.gone[relation.OID] {
			contents = append(contents, relation)
		}
	}
	for _, relation := range contents {
		d.going[relation.OID] = true
	}
	for _, relation := range contents {
		if s := relation.Sequence; s != nil && s.OwnedBy != 0 {
			continue // goes with its table
		}
		d.depend(relation, d.describe(relation)+" depends on "+r.name)
	}
}

// depend notes that the relation goes too, and what depends on it.
func (d *dropper) depend(r *catalog.Relation, why string) {
	if d.gone[r.OID] {
		return
	}
	d.gone[r.OID] = true
	d.blockers = append(d.blockers, why)
	d.cascades = append(d.cascades, d.describe(r))
	d.dependents(r, d.describe(r))
	d.order = append(d.order, r.OID)
}

// dependents collects what depends on r: views, foreign keys of other tables,
// defaults over a sequence, and the sequences that it owns.
func (d *dropper) dependents(r *catalog.Relation, name string) {
	for _, s := range d.cat.OwnedSequences(r.OID) {
		if !d.gone[s.OID] {
			d.gone[s.OID] = true
			d.order = append(d.order, s.OID)
		}
	}
	for _, v := range d.cat.ViewsOver(r.OID) {
		d.depend(v, d.describe(v)+" depends on "+name)
	}
	for _, ref := range d.cat.ReferencingForeignKeys(r.OID) {
		if !d.gone[ref.Relation.OID] && !d.going[ref.Relation.OID] {
			text := "constraint " + catalog.QuoteIdent(ref.Constraint.Name) + " on " + d.describe(ref.Relation)
			d.blockers = append(d.blockers, text+" depends on "+name)
			d.cascades = append(d.cascades, text)
		}
	}
	if r.Sequence != nil {
		d.sequenceUsers(r, name)
	}
}

// sequenceUsers collects the defaults that call nextval on the sequence.
func (d *dropper) sequenceUsers(r *catalog.Relation, name string) {
	if s := r.Sequence; s.Identity && !d.gone[s.OwnedBy] {
		table := d.cat.RelationByOID(s.OwnedBy)
		column := "column " + catalog.QuoteIdent(table.Columns[s.OwnedColumn-1].Name) + " of " + d.describe(table)
		d.fail(-1, pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop %s because %s requires it", name, column).
			WithHint("You can drop %s instead.", column))
	}
	for _, table := range d.cat.Relations() {
		if d.gone[table.OID] || d.going[table.OID] || table.System {
			continue
		}
		for _, c := range table.Columns {
			if !slices.Contains(catalog.UsedRelations(c.Default), r.OID) {
				continue
			}
			text := "default value for column " + catalog.QuoteIdent(c.Name) + " of " + d.describe(table)
			d.blockers = append(d.blockers, text+" depends on "+name)
			d.cascades = append(d.cascades, text)
			if d.cascade {
				d.edit.SetDefault(d.edit.Relation(table.OID).Columns[c.Num-1], "")
			}
		}
	}
}

// report raises 2BP01 for RESTRICT, or tells what CASCADE drops.
func (d *dropper) report() {
	if len(d.blockers) == 0 {
		return
	}
	if !d.cascade {
		e := &pgerr.Error{Code: pgerr.DependentObjectsStillExist, Message: "cannot drop desired object(s) because other objects depend on them"}
		if len(d.roots) == 1 {
			e.Message = "cannot drop " + d.roots[0].name + " because other objects depend on it"
		}
		e.Detail = strings.Join(d.blockers, "\n")
		e.Hint = "Use DROP ... CASCADE to drop the dependent objects too."
		d.fail(-1, e)
	}
	if !d.quiet {
		d.cascadeNotice()
	}
}

// cascadeNotice tells what CASCADE drops.
func (d *dropper) cascadeNotice() {
	if len(d.cascades) == 1 {
		d.notice(pgerr.SuccessfulCompletion, "drop cascades to %s", d.cascades[0])
		return
	}
	d.notice(pgerr.SuccessfulCompletion, "drop cascades to %d other objects", len(d.cascades))
	lines := make([]string, len(d.cascades))
	for i, c := range d.cascades {
		lines[i] = "drop cascades to " + c
	}
	d.notices[len(d.notices)-1].Detail = strings.Join(lines, "\n")
}

// detachReferences takes away the foreign keys that point to the table: DROP
// TABLE in SQLite would act on the rows that they refer from.
func (d *dropper) detachReferences(oid uint32) {
	for _, ref := range d.cat.ReferencingForeignKeys(oid) {
		if ref.Relation.OID == oid {
			continue
		}
		d.sqlite(fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", ref.Relation.Physical, ref.Constraint.Physical()))
		if !d.gone[ref.Relation.OID] {
			d.edit.DropConstraint(d.edit.Relation(ref.Relation.OID), ref.Constraint.OID)
		}
	}
}

// dropRelation drops one relation.
func (d *dropper) dropRelation(oid uint32) {
	r := d.cat.RelationByOID(oid)
	switch r.Kind {
	case catalog.KindTable:
		d.sqlite("DROP TABLE " + r.Physical)
	case catalog.KindSequence:
		if s := r.Sequence; s.OwnedBy != 0 && !d.gone[s.OwnedBy] {
			d.edit.Relation(s.OwnedBy).Columns[s.OwnedColumn-1].OwnedSequence = 0
		}
	}
	d.edit.DropRelation(oid)
}

// dropIndexRoot drops an index that is not a constraint's.
func (d *dropper) dropIndexRoot(r root) {
	table, index := d.edit.Index(r.index.OID)
	if index.Constraint != 0 {
		k := table.ConstraintByOID(index.Constraint)
		text := "constraint " + catalog.QuoteIdent(k.Name) + " on " + d.describe(table)
		d.fail(-1, pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop %s because %s requires it", r.name, text).
			WithHint("You can drop %s instead.", text))
	}
	for _, ref := range d.cat.ReferencingForeignKeys(table.OID) {
		if ref.Constraint.Index != index.OID {
			continue
		}
		text := "constraint " + catalog.QuoteIdent(ref.Constraint.Name) + " on " + d.describe(ref.Relation)
		d.blockers = append(d.blockers, text+" depends on "+r.name)
		d.cascades = append(d.cascades, text)
		if d.cascade {
			d.sqlite(fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s", ref.Relation.Physical, ref.Constraint.Physical()))
			d.edit.DropConstraint(d.edit.Relation(ref.Relation.OID), ref.Constraint.OID)
		}
	}
	if index.Physical != "" {
		d.sqlite("DROP INDEX " + index.Physical)
	}
	d.edit.DropIndex(table, index.OID)
}
