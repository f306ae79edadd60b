package session

import (
	"context"

	"polyreme/pgsql/plan"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
)

// explain makes the rows of EXPLAIN from SQLite's query plan.
func (s *Session) explain(ctx context.Context, p *portal, r *pgwire.Reply) error {
	if err := s.settleBefore(ctx, p, r); err != nil {
		return err
	}
	e := p.planned.Explain
	if e.Analyze {
		return pgerr.Unsupported("EXPLAIN ANALYZE is not supported").WithHint("Use EXPLAIN without ANALYZE.")
	}
	var steps []plan.ExplainRow
	if e.SQL != "" {
		inner := *p.planned
		inner.Statement = &plan.Statement{Kind: plan.Read, SQL: e.SQL}
		query := &portal{planned: &inner, params: p.params}
		if err := s.read(ctx, query, r); err != nil {
			return err
		}
		defer query.close()
		for {
			more, err := query.rows.next()
			if err != nil {
				return err
			}
			if !more {
				break
			}
			steps = append(steps, plan.ExplainRow{
				ID: query.rows.column(0).Int64(), Parent: query.rows.column(1).Int64(),
				Detail: string(query.rows.column(3).Bytes),
			})
		}
	}
	p.rows = textRows(1, e.Lines(steps)...)
	return nil
}
