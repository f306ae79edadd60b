package session

import (
	"maps"
	"slices"
	"strconv"

	"polyreme/pgsql/builtin"
	"polyreme/pgsql/settings"
	"polyreme/pgsql/types"
)

var _ builtin.Lister = (*sessionFacts)(nil)

// List serves pg_settings, pg_prepared_statements, pg_cursors, pg_stat_activity,
// pg_listening_channels() and pg_locks.
func (f *sessionFacts) List(function string, args []types.Value) [][]types.Value {
	s := (*Session)(f)
	switch function {
	case "show_all_settings":
		return s.listSettings()
	case "pg_prepared_statement":
		return s.listPrepared()
	case "pg_cursor":
		return s.listCursors()
	case "pg_lock_status":
		return s.listLocks()
	case "pg_stat_get_activity":
		return s.listActivity(args[0])
	case "pg_listening_channels":
		return s.listChannels()
	}
	return nil
}

// listActivity has a row for each session of this node. Of the others it shows
// only what never changes: the rest is theirs alone.
func (s *Session) listActivity(pid types.Value) [][]types.Value {
	const columns, postgresRole = 30, 10
	m := s.manager
	m.mu.Lock()
	defer m.mu.Unlock()
	rows := make([][]types.Value, 0, len(m.sessions))
	for other := range m.sessions {
		if !pid.IsNull() && pid.Int64() != int64(other.start.PID) {
			continue
		}
		row := make([]types.Value, columns)
		row[0], row[2] = types.IntValue(postgresDatabase), types.IntValue(postgresRole)
		row[1] = types.IntValue(int64(other.start.PID))
		row[10] = types.IntValue(microseconds(other.began))
		row[17] = types.TextValue("client backend")
		row[18], row[25], row[27] = types.BoolValue(false), types.BoolValue(false), types.BoolValue(false)
		if other == s {
			name, _ := s.settings.Get("application_name")
			row[3], row[4] = types.TextValue(name), types.TextValue("active")
			row[8], row[9] = types.IntValue(s.statementMoment().Time), types.IntValue(s.clock())
		}
		rows = append(rows, row)
	}
	return rows
}

func (s *Session) listChannels() [][]types.Value {
	rows := make([][]types.Value, len(s.channels))
	for i, channel := range s.channels {
		rows[i] = []types.Value{types.TextValue(channel)}
	}
	return rows
}

// textOrNull is NULL for an empty text.
func textOrNull(text string) types.Value {
	if text == "" {
		return types.Value{}
	}
	return types.TextValue(text)
}

func textArray(texts []string) types.Value {
	elements := make([]types.Value, len(texts))
	for i, t := range texts {
		elements[i] = types.TextValue(t)
	}
	array := types.NewArray(elements)
	return array.Value()
}

func (s *Session) listSettings() [][]types.Value {
	all := settings.All()
	rows := make([][]types.Value, 0, len(all))
	for _, p := range all {
		value, _ := s.settings.Get(p.Name)
		reset, _ := s.base.Get(p.Name)
		if isMode(p.Name) {
			value, _ = s.mode(p.Name)
		}
		source := "default"
		if value != p.Default {
			source = "session"
		}
		var least, most, choices types.Value
		switch p.Kind {
		case settings.Integer, settings.Real:
			least = types.TextValue(strconv.FormatFloat(p.Min, 'f', -1, 64))
			most = types.TextValue(strconv.FormatFloat(p.Max, 'g', -1, 64))
			if p.Kind == settings.Integer {
				most = types.TextValue(strconv.FormatFloat(p.Max, 'f', -1, 64))
			}
		case settings.Enum:
			choices = textArray(p.Values)
		}
		rows = append(rows, []types.Value{
			types.TextValue(p.Name), types.TextValue(value), textOrNull(p.Unit), types.TextValue(p.Category),
			types.TextValue(p.Description),
			{},
			types.TextValue(p.Context.String()), types.TextValue(p.Kind.String()),
			types.TextValue(source), least, most, choices, types.TextValue(p.Default), types.TextValue(reset),
			{},
			{},
			types.BoolValue(false),
		})
	}
	return rows
}

func (s *Session) listPrepared() [][]types.Value {
	rows := make([][]types.Value, 0, len(s.statements))
	for _, name := range slices.Sorted(maps.Keys(s.statements)) {
		st := s.statements[name]
		if name == "" || st.planned == nil {
			continue
		}
		oids := make([]types.Value, len(st.planned.Params))
		for i, oid := range st.planned.Params {
			oids[i] = types.IntValue(int64(oid))
		}
		array := types.NewArray(oids)
		rows = append(rows, []types.Value{
			types.TextValue(name), types.TextValue(st.sql), types.IntValue(st.made), array.Value(),
			types.BoolValue(st.fromSQL), types.IntValue(0), types.IntValue(0),
		})
	}
	return rows
}

func (s *Session) listCursors() [][]types.Value {
	rows := make([][]types.Value, 0, len(s.cursors))
	for _, name := range slices.Sorted(maps.Keys(s.cursors)) {
		c := s.cursors[name]
		rows = append(rows, []types.Value{
			types.TextValue(name), types.TextValue(c.sql), types.BoolValue(c.hold), types.BoolValue(false),
			types.BoolValue(c.scroll), types.IntValue(c.made),
		})
	}
	return rows
}
