package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"polyreme/pgsql/copyfmt"
	"polyreme/pgsql/plan"
	"polyreme/pgsql/types"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
	"polyreme/raftlog"
)

const (
	// copyBatchBytes is how much data one operation carries.
	copyBatchBytes = 512 << 10
	// copyEntryBytes is how much data COPY sends in one entry. What is larger
	// goes ahead in pieces that are kept aside and take effect together.
	copyEntryBytes = 8 << 20
)

// copy runs COPY FROM STDIN or COPY TO STDOUT.
func (s *Session) copy(ctx context.Context, p *portal, last bool, r *pgwire.Reply) error {
	if err := s.settleBefore(ctx, p, r); err != nil {
		return err
	}
	if !p.planned.Copy.From {
		return s.copyOut(ctx, p, r)
	}
	if !p.planned.Temporary {
		if err := s.checkWritable("COPY FROM"); err != nil {
			return err
		}
	}
	if s.block == nil && !last {
		s.beginBlock(false)
	}
	return s.copyIn(ctx, p, r)
}

// wireFormat gives the overall format of a COPY.
func wireFormat(c *plan.CopyPlan) int16 {
	if c.Format == plan.CopyBinary {
		return pgwire.FormatBinary
	}
	return pgwire.FormatText
}

func copyOptions(c *plan.CopyPlan) copyfmt.Options {
	o := copyfmt.Options{
		Delimiter: c.Delimiter, Null: c.Null, Quote: c.Quote, Escape: c.Escape,
		ForceQuote: c.ForceQuote, ForceNotNull: c.ForceNot, ForceNull: c.ForceNull,
	}
	switch c.Format {
	case plan.CopyCSV:
		o.Format = copyfmt.CSV
	case plan.CopyBinary:
		o.Format = copyfmt.Binary
	}
	switch {
	case c.HeaderOnly:
		o.Header = copyfmt.MatchHeader
	case c.Header:
		o.Header = copyfmt.SkipHeader
	}
	return o
}

// copyIn takes the client's rows. They all take effect or none.
func (s *Session) copyIn(ctx context.Context, p *portal, r *pgwire.Reply) error {
	c := p.planned.Copy
	names := make([]string, len(c.Columns))
	for i := range names {
		names[i] = c.Columns[i].Name
	}
	l := &copyLoader{
		session: s, portal: p, plan: c, binary: c.Format == plan.CopyBinary,
		decoder: copyfmt.NewDecoder(copyOptions(c), names), env: s.valueEnv(p.planned.catalog),
	}
	in := r.CopyIn(wireFormat(c), len(c.Columns))
	defer l.abandon()
	for {
		piece, err := in.Next()
		if errors.Is(err, io.EOF) {
			l.decoder.End()
			if err := l.take(ctx); err != nil {
				return err
			}
			break
		}
		if err != nil {
			return err
		}
		l.decoder.Feed(piece)
		if err := l.take(ctx); err != nil {
			return err
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
	if err := l.finish(ctx); err != nil {
		return err
	}
	r.CommandCompleteCount("COPY", l.rows)
	return nil
}

// copyLoader turns rows of text into operations.
type copyLoader struct {
	session *Session
	portal  *portal
	plan    *plan.CopyPlan
	binary  bool
	decoder copyfmt.Decoder
	env     *types.Env

	rows   int64
	params []types.Value // of the rows of the next operation
	sets   int
	memory []byte // that the params refer to

	kept  []raftlog.Operation // not sent yet, while all fit one entry
	bytes int
	stage uint64 // number of the rows kept aside, 0 while there are none
	sent  chan error
	index raftlog.Index // of the last piece, once sent has its outcome
}

// take parses the rows that have arrived.
func (l *copyLoader) take(ctx context.Context) error {
	for {
		fields, err := l.decoder.Next()
		if err != nil {
			return l.where(err, -1, nil)
		}
		if fields == nil {
			return nil
		}
		if len(l.memory) >= copyBatchBytes {
			if err := l.flush(ctx); err != nil {
				return err
			}
		}
		for i, field := range fields {
			v, err := l.value(i, field)
			if err != nil {
				return l.where(err, i, field)
			}
			l.params = append(l.params, v)
		}
		l.sets++
		l.rows++
	}
}

// value converts a field to storage form, in memory of its own.
func (l *copyLoader) value(i int, field copyfmt.Field) (types.Value, error) {
	if field == nil {
		return types.Value{}, nil
	}
	column := &l.plan.Columns[i]
	if cap(l.memory)-len(l.memory) < len(field) {
		l.memory = make([]byte, 0, max(copyBatchBytes+copyBatchBytes/4, len(field)))
	}
	at := len(l.memory)
	l.memory = append(l.memory, field...)
	own := l.memory[at:len(l.memory):len(l.memory)]
	if l.binary {
		return types.ParseBinary(column.Type, column.Typmod, own, l.env)
	}
	if err := types.CheckUTF8(own); err != nil {
		return types.Value{}, err
	}
	return types.ParseText(column.Type, column.Typmod, own, l.env)
}

// where adds the place in the data to an error.
func (l *copyLoader) where(err error, column int, field copyfmt.Field) error {
	e := *pgerr.From(err)
	e.Where = fmt.Sprintf("COPY %s, line %d", l.plan.Relation.Name, l.decoder.Line())
	shown := []byte(field)
	if column >= 0 {
		e.Where += ", column " + l.plan.Columns[column].Name
	} else {
		shown = l.decoder.Record()
	}
	if shown != nil && !l.binary && utf8.Valid(shown) {
		e.Where += ": \"" + clip(shown) + "\""
	}
	return &e
}

// clip cuts data shown in a message to PostgreSQL's length, between characters.
func clip(data []byte) string {
	const shownMax = 100 // bytes
	if len(data) <= shownMax {
		return string(data)
	}
	n := shownMax
	for n > 0 && !utf8.RuneStart(data[n]) {
		n--
	}
	return string(data[:n]) + "..."
}

// flush makes an operation of the rows so far.
func (l *copyLoader) flush(ctx context.Context) error {
	if l.sets == 0 {
		return nil
	}
	op := raftlog.Operation{Kind: raftlog.OpExec, SQL: l.plan.SQL, Params: l.params, Sets: l.sets, Counts: true}
	size := len(l.memory) + 3*len(l.params)
	if l.stage == 0 && l.bytes+size > copyEntryBytes {
		if err := l.startStage(ctx); err != nil {
			return err
		}
	}
	if l.stage != 0 {
		op.Kind, op.Stage, op.SQL, op.Counts = raftlog.OpStageAppend, l.stage, "", false
		if err := l.send(ctx, op); err != nil {
			return err
		}
	} else {
		l.kept = append(l.kept, op)
		l.bytes += size
	}
	l.params = make([]types.Value, 0, cap(l.params))
	l.memory = make([]byte, 0, cap(l.memory))
	l.sets = 0
	return nil
}

// startStage begins to keep rows aside, those held so far first.
func (l *copyLoader) startStage(ctx context.Context) error {
	l.stage = l.session.random.Uint64()>>1 | 1
	for _, op := range l.kept {
		op.Kind, op.Stage, op.SQL, op.Counts = raftlog.OpStageAppend, l.stage, "", false
		if err := l.send(ctx, op); err != nil {
			return err
		}
	}
	l.kept = nil
	return nil
}

// send proposes one piece while the next one is being read.
func (l *copyLoader) send(ctx context.Context, op raftlog.Operation) error {
	if err := l.settle(); err != nil {
		return err
	}
	moment := l.session.moment()
	log := l.session.manager.config.Log
	sent := make(chan error, 1)
	l.sent = sent
	go func() { // settle waits for it
		result, index, err := log.Propose(ctx, &raftlog.Entry{Moment: moment, Operations: []raftlog.Operation{op}})
		l.index = index
		if err == nil && result.Status != raftlog.Applied && result.Status != raftlog.ResultLost {
			err = unexpectedStatus(&result)
		}
		sent <- err
	}()
	return nil
}

// settle waits for the piece that is under way.
func (l *copyLoader) settle() error {
	if l.sent == nil {
		return nil
	}
	err := <-l.sent
	l.sent = nil
	l.session.lastIndex = max(l.session.lastIndex, l.index)
	return err
}

// abandon drops what was kept aside and not used. Where that fails, it
// expires.
func (l *copyLoader) abandon() {
	l.settle()
	if l.stage == 0 {
		return
	}
	s := l.session
	op := raftlog.Operation{Kind: raftlog.OpStageDiscard, Stage: l.stage}
	ctx, done := context.WithTimeout(context.Background(), s.settings.CommitTimeout)
	defer done()
	s.manager.config.Log.Propose(ctx, &raftlog.Entry{Moment: s.moment(), Operations: []raftlog.Operation{op}})
}

// finish lets the rows take effect: at once outside of a transaction block.
func (l *copyLoader) finish(ctx context.Context) error {
	if err := l.flush(ctx); err != nil {
		return err
	}
	if err := l.settle(); err != nil {
		return err
	}
	operations := l.kept
	if l.stage != 0 {
		operations = []raftlog.Operation{{Kind: raftlog.OpStageExec, SQL: l.plan.SQL, Stage: l.stage, Counts: true}}
	}
	if len(operations) == 0 {
		return nil
	}
	s := l.session
	if s.block != nil {
		if err := l.finishInBlock(ctx, operations); err != nil {
			return err
		}
		l.stage = 0
		return nil
	}
	xact, err := s.drawAsked(ctx, l.portal.planned)
	if err != nil {
		return err
	}
	defer s.manager.xacts.release(xact)
	settings := s.settingsFor(operations, l.portal.planned.Notifies)
	after, err := s.onCommitAlone(l.portal.planned)
	if err != nil {
		return err
	}
	result, err := s.propose(ctx, &raftlog.Entry{
		Moment: s.moment(), Settings: raftlog.WithXact(settings, xact),
		Dependencies: l.portal.planned.depends, Operations: append(operations, after...),
	})
	if err != nil {
		return err
	}
	switch result.Status {
	case raftlog.Applied, raftlog.ResultLost:
		l.stage = 0
		return nil
	case raftlog.Failed:
		return s.translate(l.portal, result.Err)
	case raftlog.SchemaChanged:
		return pgerr.New(pgerr.SerializationFailure, "the table was changed while the data was read").
			WithHint("Repeat the COPY.")
	}
	return unexpectedStatus(&result)
}

// finishInBlock makes the rows part of the transaction in progress.
func (l *copyLoader) finishInBlock(ctx context.Context, operations []raftlog.Operation) error {
	s := l.session
	b := s.block
	first, statement := len(b.operations), s.note(l.portal)
	for i := range operations {
		operations[i].Statement = statement
	}
	b.operations = append(b.operations, operations...)
	if l.stage != 0 {
		b.unseen = len(b.operations) // most often nothing follows but COMMIT
		return nil
	}
	w, err := s.openWorkspace(ctx)
	if err != nil {
		return err
	}
	s.equipWrite(w.Env, l.portal.planned.catalog)
	if _, err := s.runInWorkspace(ctx, w, b.operations[first:]); err != nil {
		return s.translate(l.portal, err)
	}
	return nil
}
