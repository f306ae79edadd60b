package settings

import (
	"testing"
	"time"

	"polyreme/pgsql/types"
	"polyreme/pgwire/pgerr"
)

func TestSetAndShow(t *testing.T) {
	cases := []struct {
		name, value string
		want        string // what SHOW prints, or the SQLSTATE and message of the error
	}{
		{"application_name", "psql\x01é", "psql???"},
		{"statement_timeout", "90s", "90s"},
		{"statement_timeout", "90000", "90s"},
		{"statement_timeout", "2min", "2min"},
		{"statement_timeout", "0", "0"},
		{"statement_timeout", "-1", `22023 -1 ms is outside the valid range for parameter "statement_timeout" (0 .. 2147483647)`},
		{"statement_timeout", "1 fortnight", `22023 invalid value for parameter "statement_timeout": "1 fortnight"`},
		{"work_mem", "64MB", "64MB"},
		{"work_mem", "1GB", "1GB"},
		{"enable_seqscan", "of", "off"},
		{"enable_seqscan", "maybe", `22023 parameter "enable_seqscan" requires a Boolean value`},
		{"DateStyle", "German", "German, DMY"},
		{"datestyle", "iso, ymd", "ISO, YMD"},
		{"datestyle", "nonsense", `22023 invalid value for parameter "DateStyle": "nonsense"`},
		{"TimeZone", "europe/berlin", "Europe/Berlin"},
		{"timezone", "Nowhere/Land", `22023 invalid value for parameter "TimeZone": "Nowhere/Land"`},
		{"extra_float_digits", "3", "3"},
		{"client_encoding", "utf-8", "UTF8"},
		{"client_encoding", "latin1", `0A000 client encoding "latin1" is not supported`},
		{"server_version", "16", `55P02 parameter "server_version" cannot be changed`},
		{"max_connections", "5", `55P02 parameter "max_connections" cannot be changed without restarting the server`},
		{"my.own", "kept", "kept"},
		{"nonsense", "1", `42704 unrecognized configuration parameter "nonsense"`},
		{"polyreme.read_consistency", "LOCAL", "local"},
		{"polyreme.nonsense", "1", `42602 invalid configuration parameter name "polyreme.nonsense"`},
	}
	for _, c := range cases {
		got := ""
		state, err := New().With(c.name, c.value)
		if err == nil {
			got, err = state.Show(c.name)
		}
		if err != nil {
			e := pgerr.From(err)
			got = e.Code + " " + e.Message
		}
		if got != c.want {
			t.Errorf("SET %s TO %q: got %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

func TestDerived(t *testing.T) {
	s := New()
	for _, p := range [][2]string{
		{"search_path", `"$user", "My Schema", PUBLIC`},
		{"timezone", "America/New_York"},
		{"intervalstyle", "iso_8601"},
		{"polyreme.max_staleness", "1500ms"},
		{"statement_timeout", "2s"},
		{"polyreme.read_consistency", "bounded"},
	} {
		next, err := s.With(p[0], p[1])
		if err != nil {
			t.Fatal(err)
		}
		s = next
	}
	if got := s.SearchPath; len(got) != 3 || got[0] != "$user" || got[1] != "My Schema" || got[2] != "public" {
		t.Errorf("search path %q", got)
	}
	if s.Env.TimeZone.String() != "America/New_York" || s.Env.IntervalStyle != types.IntervalISO8601 {
		t.Errorf("environment %+v", s.Env)
	}
	if s.MaxStaleness != 1500*time.Millisecond || s.StatementTimeout != 2*time.Second || s.ReadConsistency != Bounded {
		t.Errorf("staleness %v, timeout %v, level %v", s.MaxStaleness, s.StatementTimeout, s.ReadConsistency)
	}
	if s.PlanKey == New().PlanKey {
		t.Error("states that plan differently have the same key")
	}
}

// TestReplay: what an entry carries gives the same state on another node.
func TestReplay(t *testing.T) {
	s, err := New().With("TimeZone", "Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	s = s.Override("session_authorization", "alice")
	if s, err = s.With("work_mem", "1MB"); err != nil {
		t.Fatal(err)
	}
	if len(s.Replayed) != 2 {
		t.Fatalf("replayed %v", s.Replayed)
	}
	other, err := FromPairs(s.Replayed)
	if err != nil {
		t.Fatal(err)
	}
	if other.PlanKey != s.PlanKey || other.Env.TimeZone.String() != "Asia/Kolkata" {
		t.Errorf("got %q, want %q", other.PlanKey, s.PlanKey)
	}
	if _, err := FromPairs([]Pair{{"nonsense", "1"}}); err == nil {
		t.Error("an unknown parameter was taken")
	}
}

func TestResetAndReport(t *testing.T) {
	base := New().Override("application_name", "at start")
	changed, err := base.With("application_name", "later")
	if err != nil {
		t.Fatal(err)
	}
	reported := map[string]string{}
	changed.Reported(base, func(name, value string) { reported[name] = value })
	if len(reported) != 1 || reported["application_name"] != "later" {
		t.Errorf("reported %v", reported)
	}
	reset, err := changed.ResetTo(base, "application_name")
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := reset.Show("application_name"); v != "at start" {
		t.Errorf("after RESET: %q", v)
	}
	all := map[string]string{}
	New().Reported(nil, func(name, value string) { all[name] = value })
	for _, name := range []string{
		"server_version", "server_encoding", "client_encoding", "application_name", "default_transaction_read_only",
		"in_hot_standby", "is_superuser", "session_authorization", "DateStyle", "IntervalStyle", "TimeZone",
		"integer_datetimes", "standard_conforming_strings",
	} {
		if _, ok := all[name]; !ok {
			t.Errorf("parameter %s is not reported, PostgreSQL 15 does", name)
		}
	}
}
