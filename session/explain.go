package session

import (
	"context"
	"strings"

	"polyreme/pgwire"
)

// explain makes the rows of EXPLAIN from SQLite's query plan.
func (s *Session) explain(ctx context.Context, p *portal, r *pgwire.Reply) error {
	if s.block != nil {
		if err := s.settlePending(ctx, r); err != nil {
			return err
		}
	}
	reader, owned, err := s.reader(ctx)
	if err != nil {
		return err
	}
	if owned {
		defer reader.Release()
	}
	s.equip(reader.Env, p.planned.catalog)
	text, err := p.planned.Explain.Run(reader.Conn, p.params)
	if err != nil {
		return err
	}
	p.rows = textRows(1, strings.Split(strings.TrimRight(text, "\n"), "\n")...)
	return nil
}
