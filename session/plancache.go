package session

import (
	"strings"
	"sync"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/types"
	"polyreme/pgwire"
	"polyreme/raftlog"
)

const (
	planCacheEntriesMax = 4096
	// planTextBytesMax is the longest statement whose plan is shared.
	planTextBytesMax = 64 << 10
)

// planned is a statement with its plan, ready to run. It is immutable and
// shared by sessions.
type planned struct {
	*plan.Statement
	raw      ast.RawStmt
	sql      string // the source text that raw's offsets refer to
	version  uint64 // of the catalog it was made for
	catalog  *catalog.Catalog
	private  bool // the catalog is that of a transaction with DDL: others may have its version too
	columns  []pgwire.Column
	text     []types.Encoder // of the columns, in text format
	binary   []types.Encoder
	depends  []raftlog.Dependency
	advisory bool // it may call functions on advisory locks
	asksXact bool // it may ask for the id of its transaction
}

// newPlanned wraps a plan with what running it needs.
func newPlanned(st *plan.Statement, raw ast.RawStmt, sql string, cat *catalog.Catalog) *planned {
	p := &planned{Statement: st, raw: raw, sql: sql, version: cat.Version, catalog: cat}
	if st.Kind != plan.Copy {
		p.describe(st.Columns)
	}
	p.advisory = isAdvisory(p.querySQL())
	for _, d := range st.Depends {
		p.depends = append(p.depends, raftlog.Dependency{Relation: d.Relation, Version: raftlog.SchemaVersion(d.Version)})
	}
	p.asksXact = asksXact(p.querySQL())
	for i := range st.Ops {
		p.asksXact = p.asksXact || asksXact(st.Ops[i].SQL)
	}
	return p
}

// statementTextMax is how much of a statement an error shows, in bytes.
const statementTextMax = 200

// source is the statement's text, as far as errors show it. Constants may be
// parameters in it.
func (p *planned) source() string {
	if p.raw.Start < 0 || p.raw.Start > p.raw.End || p.raw.End > len(p.sql) {
		return ""
	}
	text := strings.TrimSpace(p.sql[p.raw.Start:p.raw.End])
	if len(text) <= statementTextMax {
		return text
	}
	return strings.ToValidUTF8(text[:statementTextMax], "") + "…"
}

// describe sets the columns of the result.
func (p *planned) describe(columns []plan.Column) {
	p.columns = wireColumns(columns)
	p.text = make([]types.Encoder, len(columns))
	p.binary = make([]types.Encoder, len(columns))
	for i, c := range columns {
		p.text[i] = types.TextEncoder(c.Type, c.Typmod)
		p.binary[i] = types.BinaryEncoder(c.Type, c.Typmod)
	}
}

// querySQL is the SQLite query of a statement that reads.
func (p *planned) querySQL() string {
	if p.Kind == plan.Copy {
		return p.Copy.SQL
	}
	return p.SQL
}

// encoders returns the encoders of the columns in the formats of a Bind.
func (p *planned) encoders(formats []int16) []types.Encoder {
	switch {
	case len(formats) == 0 || len(formats) == 1 && formats[0] == pgwire.FormatText:
		return p.text
	case len(formats) == 1:
		return p.binary
	}
	mixed := make([]types.Encoder, len(p.columns))
	for i := range mixed {
		mixed[i] = p.text[i]
		if formats[i] == pgwire.FormatBinary {
			mixed[i] = p.binary[i]
		}
	}
	return mixed
}

// planKey is all that a plan depends on besides the catalog.
type planKey struct {
	sql      string
	settings string // user and search path included
	params   string // declared parameter types

	temporary int64 // number of the session's schema of temporary relations
}

// planCache holds the plans of recent statement texts, replacing at random
// when it is full.
type planCache struct {
	mu      sync.RWMutex // guards entries
	entries map[planKey]*planned
}

func newPlanCache() *planCache { return &planCache{entries: map[planKey]*planned{}} }

// get returns the plan for key that was made for the catalog version.
func (c *planCache) get(key planKey, version uint64) *planned {
	c.mu.RLock()
	p := c.entries[key]
	c.mu.RUnlock()
	if p == nil || p.version != version {
		return nil
	}
	return p
}

func (c *planCache) put(key planKey, p *planned) {
	if len(key.sql) > planTextBytesMax {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= planCacheEntriesMax {
		n := 0
		for k := range c.entries { // map order: some entries, whichever
			delete(c.entries, k)
			if n++; n >= planCacheEntriesMax/16 {
				break
			}
		}
	}
	c.entries[key] = p
}

// wireColumns gives the columns of a plan as RowDescription shows them.
func wireColumns(columns []plan.Column) []pgwire.Column {
	if len(columns) == 0 {
		return nil
	}
	out := make([]pgwire.Column, len(columns))
	for i, c := range columns {
		size := int16(-1)
		if t := types.ByOID(c.Type); t != nil {
			size = t.Len
		}
		out[i] = pgwire.Column{Name: c.Name, Relation: c.Relation, Attnum: c.Attnum, Type: c.Type, Size: size, Typmod: c.Typmod}
	}
	return out
}
