package session

import (
	"context"
	"strconv"
	"strings"

	"polyreme/pgsql/catalog"
	"polyreme/pgsql/parse/ast"
	"polyreme/pgsql/settings"
	"polyreme/pgwire"
	"polyreme/pgwire/pgerr"
)

// set runs SET and RESET.
// https://www.postgresql.org/docs/15/sql-set.html
func (s *Session) set(ctx context.Context, t *ast.VariableSetStmt, r *pgwire.Reply) error {
	switch t.Kind {
	case ast.VarSetMulti:
		return s.setModes(t, r)
	case ast.VarSetSnapshot:
		return pgerr.Unsupported("SET TRANSACTION SNAPSHOT is not supported")
	case ast.VarSetCurrent:
		return pgerr.Unsupported("SET … FROM CURRENT is not supported")
	case ast.VarResetAll:
		keep := s.defaults
		for _, name := range []string{"session_authorization", "role"} {
			if v, _ := s.settings.Get(name); v != "" {
				keep = keep.Override(name, v)
			}
		}
		s.base = keep
		s.setSettings(keep)
		r.CommandComplete("RESET")
		return nil
	}
	value, isDefault, err := setValue(t)
	if err != nil {
		return err
	}
	if !isDefault {
		if err := s.checkNames(ctx, t.Name, value); err != nil {
			return err
		}
	}
	if err := s.assign(t.Name, value, isDefault, t.Local, r); err != nil {
		return err
	}
	tag := "SET"
	if t.Kind == ast.VarReset {
		tag = "RESET"
	}
	r.CommandComplete(tag)
	return nil
}

// checkNames validates the parameters whose values name roles.
func (s *Session) checkNames(ctx context.Context, name, value string) error {
	switch strings.ToLower(name) {
	case "role", "session_authorization":
		if value == "none" || value == s.start.User {
			return nil
		}
		cat, err := s.catalog(ctx)
		if err != nil {
			return err
		}
		if cat.Role(value) == nil {
			return pgerr.New(pgerr.InvalidParameterValue, "role %q does not exist", value)
		}
	}
	return nil
}

// assign sets one parameter for the session or, local, for the transaction.
func (s *Session) assign(name, value string, isDefault, local bool, r *pgwire.Reply) error {
	if handled, err := s.assignTransaction(name, value, isDefault); handled {
		return err
	}
	change := func(state *settings.State) (*settings.State, error) {
		if isDefault {
			return state.ResetTo(s.defaults, name)
		}
		return state.With(name, value)
	}
	next, err := change(s.settings)
	if err != nil {
		return err
	}
	if local {
		if s.block == nil || !s.block.explicit {
			s.notice(warning(pgerr.NoActiveSQLTransaction, "SET LOCAL can only be used in transaction blocks"), r)
			return nil
		}
	} else {
		base, err := change(s.base)
		if err != nil {
			return err
		}
		s.base = base
	}
	s.setSettings(next)
	return nil
}

// assignTransaction sets the parameters that are the modes of the current
// transaction.
func (s *Session) assignTransaction(name, value string, isDefault bool) (handled bool, err error) {
	name = strings.ToLower(name)
	if !isMode(name) {
		return false, nil
	}
	if isDefault || s.block == nil {
		return true, nil
	}
	checked, err := s.settings.With(name, value)
	if err != nil {
		return true, err
	}
	mode := ast.Off
	if v, _ := checked.Get(name); v == "on" {
		mode = ast.On
	}
	var m ast.TransactionModes
	switch name {
	case "transaction_isolation":
		m.Isolation = isolationOf(checked, name)
	case "transaction_read_only":
		m.ReadOnly = mode
	default:
		m.Deferrable = mode
	}
	return true, s.applyModes(m)
}

// setModes is SET TRANSACTION and SET SESSION CHARACTERISTICS.
func (s *Session) setModes(t *ast.VariableSetStmt, r *pgwire.Reply) error {
	if t.Name == "TRANSACTION" {
		if s.block == nil || !s.block.explicit {
			s.notice(warning(pgerr.NoActiveSQLTransaction, "SET TRANSACTION can only be used in transaction blocks"), r)
		} else if err := s.applyModes(t.Modes); err != nil {
			return err
		}
		r.CommandComplete("SET")
		return nil
	}
	assign := func(name, value string) error { return s.assign(name, value, false, false, r) }
	if t.Modes.Isolation != ast.IsolationDefault {
		if err := assign("default_transaction_isolation", isolationNames[t.Modes.Isolation]); err != nil {
			return err
		}
	}
	for name, mode := range map[string]ast.Tristate{
		"default_transaction_read_only": t.Modes.ReadOnly, "default_transaction_deferrable": t.Modes.Deferrable,
	} {
		if mode == ast.Unset {
			continue
		}
		if err := assign(name, map[ast.Tristate]string{ast.On: "on", ast.Off: "off"}[mode]); err != nil {
			return err
		}
	}
	r.CommandComplete("SET")
	return nil
}

var isolationNames = map[ast.Isolation]string{
	ast.ReadUncommitted: "read uncommitted", ast.ReadCommitted: "read committed",
	ast.RepeatableRead: "repeatable read", ast.Serializable: "serializable",
}

// setValue gives the value of a SET statement as one string.
func setValue(t *ast.VariableSetStmt) (value string, isDefault bool, err error) {
	if t.Kind == ast.VarSetDefault || t.Kind == ast.VarReset {
		return "", true, nil
	}
	quoteEach := strings.EqualFold(t.Name, "search_path")
	parts := make([]string, 0, len(t.Args))
	for _, arg := range t.Args {
		part, err := settingText(t.Name, arg)
		if err != nil {
			return "", false, err
		}
		if quoteEach {
			part = catalog.QuoteIdent(part)
		}
		parts = append(parts, part)
	}
	if len(parts) > 1 && !isList(t.Name) {
		return "", false, pgerr.New(pgerr.InvalidParameterValue, "SET %s takes only one argument", t.Name)
	}
	return strings.Join(parts, ", "), false, nil
}

func isList(name string) bool {
	switch strings.ToLower(name) {
	case "search_path", "datestyle":
		return true
	}
	return strings.Contains(name, ".")
}

func settingText(name string, arg ast.Expr) (string, error) {
	switch c := arg.(type) {
	case *ast.Const:
		switch c.Kind {
		case ast.ConstString, ast.ConstNumeric, ast.ConstBitString:
			return c.Text, nil
		case ast.ConstInt4, ast.ConstInt8:
			return strconv.FormatInt(c.Int, 10), nil
		case ast.ConstBool:
			return strconv.FormatBool(c.Bool()), nil
		}
	case *ast.TypeCast: // SET TIME ZONE INTERVAL '…'
		if inner, ok := c.X.(*ast.Const); ok {
			return "INTERVAL '" + inner.Text + "'", nil
		}
	}
	return "", pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter %q", name)
}

// setting is SHOW name.
func (s *Session) setting(name string) (string, error) {
	if lower := strings.ToLower(name); isMode(lower) {
		return s.mode(lower)
	}
	return s.settings.Show(name)
}

// show makes the rows of SHOW.
func (s *Session) show(p *portal, name string) error {
	if name != "all" {
		v, err := s.setting(name)
		if err != nil {
			return err
		}
		p.rows = textRows(1, v)
		return nil
	}
	var values []string
	for _, parameter := range settings.All() {
		v, err := s.setting(parameter.Name)
		if err != nil {
			return err
		}
		values = append(values, parameter.Name, v, parameter.Description)
	}
	p.rows = textRows(3, values...)
	return nil
}
