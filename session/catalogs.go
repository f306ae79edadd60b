package session

import (
	"context"
	"fmt"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/types"
	"polyreme/sqlfsm"
	"polyreme/sqlfsm/sqlite"
)

// current returns the catalog at the schema version that this node has
// applied.
func (m *Manager) current(ctx context.Context) (*catalog.Catalog, error) {
	if c := m.catalog.Load(); c != nil && c.Version == uint64(m.config.Store.SchemaVersion()) {
		return c, nil
	}
	return m.load(ctx)
}

// load reads the catalog from the database. One goroutine loads at a time.
func (m *Manager) load(ctx context.Context) (*catalog.Catalog, error) {
	select {
	case m.loadMutex <- struct{}{}:
		defer func() { <-m.loadMutex }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c := m.catalog.Load(); c != nil && c.Version == uint64(m.config.Store.SchemaVersion()) {
		return c, nil
	}
	reader, err := m.config.Store.Reader(ctx)
	if err != nil {
		return nil, err
	}
	defer reader.Release()
	c, err := loadCatalog(reader)
	if err != nil {
		return nil, fmt.Errorf("load catalog: %w", err)
	}
	m.catalog.Store(c)
	return c, nil
}

// at returns the catalog that the snapshot of reader has.
func (m *Manager) at(ctx context.Context, reader *sqlfsm.Reader) (*catalog.Catalog, error) {
	if c := m.catalog.Load(); c != nil && c.Version == uint64(reader.Schema) {
		return c, nil
	}
	if uint64(reader.Schema) == uint64(m.config.Store.SchemaVersion()) {
		return m.load(ctx)
	}
	return loadCatalog(reader)
}

// loadCatalog reads the catalog in the snapshot of reader.
func loadCatalog(reader *sqlfsm.Reader) (*catalog.Catalog, error) { return LoadCatalog(reader.Conn) }

// LoadCatalog reads the catalog that conn sees.
func LoadCatalog(conn *sqlite.Conn) (*catalog.Catalog, error) {
	return catalog.Load(func(sql string, row func([]types.Value) error) error {
		stmt, err := conn.Prepare(sql)
		if err != nil {
			return err
		}
		defer stmt.Release()
		values := make([]types.Value, stmt.ColumnCount())
		for {
			more, err := stmt.Step()
			if err != nil || !more {
				return err
			}
			for i := range values {
				values[i] = stmt.Column(i)
			}
			if err := row(values); err != nil {
				return err
			}
		}
	})
}
