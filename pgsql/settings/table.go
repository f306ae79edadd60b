package settings

import "sort"

// Kind is the type of a parameter's value (pg_settings.vartype).
type Kind uint8

// The kinds of values.
const (
	Bool Kind = iota
	Integer
	Real
	String
	Enum
)

// String returns the name of the kind as pg_settings shows it.
func (k Kind) String() string {
	return [...]string{"bool", "integer", "real", "string", "enum"}[k]
}

// Context says who may change a parameter (pg_settings.context).
type Context uint8

// The contexts in use.
const (
	User     Context = iota // SET
	Internal                // never
	Server                  // at server start only
)

// String returns the name of the context as pg_settings shows it.
func (c Context) String() string { return [...]string{"user", "internal", "postmaster"}[c] }

// Parameter is one configuration parameter.
type Parameter struct {
	Name        string
	Default     string
	Kind        Kind
	Context     Context
	Unit        string   // "ms", "s", "kB", "8kB" or ""
	Min, Max    float64  // of Integer and Real, in Unit
	Values      []string // of Enum
	Report      bool     // told to the client by ParameterStatus
	Category    string
	Description string
	// check validates and canonicalises a String value.
	check func(value string) (string, error)
}

// lookup maps lower-case names to parameters.
var lookup = indexByName()

func indexByName() map[string]*Parameter {
	m := make(map[string]*Parameter, len(parameters))
	for i := range parameters {
		m[lower(parameters[i].Name)] = &parameters[i]
	}
	return m
}

// Lookup returns the parameter of that name in any letter case, or nil.
func Lookup(name string) *Parameter { return lookup[lower(name)] }

// All returns the parameters ordered by name.
func All() []*Parameter {
	all := make([]*Parameter, len(parameters))
	for i := range parameters {
		all[i] = &parameters[i]
	}
	sort.Slice(all, func(i, j int) bool { return lower(all[i].Name) < lower(all[j].Name) })
	return all
}

const (
	version    = "15.20"
	versionNum = "150020"

	maxInt = 2147483647
)

// ServerVersion is what server_version says: PostgreSQL's version whose
// behaviour is followed, and whose server this is.
const ServerVersion = version + " (Polyreme)"

const (
	locale     = "Client Connection Defaults / Locale and Formatting"
	statement  = "Client Connection Defaults / Statement Behavior"
	compatible = "Version and Platform Compatibility / Previous PostgreSQL Versions"
	planner    = "Query Tuning / Planner Method Configuration"
	cost       = "Query Tuning / Planner Cost Constants"
	memory     = "Resource Usage / Memory"
	preset     = "Preset Options"
	reporting  = "Reporting and Logging / What to Log"
	polyreme   = "Polyreme"
)

var isolationLevels = []string{"serializable", "repeatable read", "read committed", "read uncommitted"}

func boolean(name, value, category, description string) Parameter {
	return Parameter{Name: name, Default: value, Kind: Bool, Category: category, Description: description}
}

func number(name, value, unit string, least, most float64, category, description string) Parameter {
	return Parameter{Name: name, Default: value, Kind: Integer, Unit: unit, Min: least, Max: most, Category: category, Description: description}
}

func realNumber(name, value string, least, most float64, category, description string) Parameter {
	return Parameter{Name: name, Default: value, Kind: Real, Min: least, Max: most, Category: category, Description: description}
}

func text(name, value, category, description string, check func(string) (string, error)) Parameter {
	return Parameter{Name: name, Default: value, Kind: String, Category: category, Description: description, check: check}
}

func enum(name, value, category, description string, values ...string) Parameter {
	return Parameter{Name: name, Default: value, Kind: Enum, Values: values, Category: category, Description: description}
}

func reported(p Parameter) Parameter { p.Report = true; return p }
func internal(p Parameter) Parameter { p.Context = Internal; return p }
func server(p Parameter) Parameter   { p.Context = Server; return p }

// parameters is the table. A String parameter without check takes any value.
var parameters = []Parameter{
	reported(text("application_name", "", reporting, "Sets the application name to be reported in statistics and logs.", checkApplicationName)),
	boolean("array_nulls", "on", compatible, "Enable input of NULL elements in arrays."),
	enum("backslash_quote", "safe_encoding", compatible, "Sets whether \"\\'\" is allowed in string literals.", "safe_encoding", "on", "off"),
	internal(number("block_size", "4096", "", 4096, 4096, preset, "Shows the size of a disk block.")),
	enum("bytea_output", "hex", statement, "Sets the output format for bytea.", "escape", "hex"),
	boolean("check_function_bodies", "on", statement, "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE."),
	number("client_connection_check_interval", "0", "ms", 0, maxInt, "Connections and Authentication / Connection Settings", "Sets the time interval between checks for disconnection while running queries."),
	reported(text("client_encoding", "UTF8", locale, "Sets the client's character set encoding.", checkClientEncoding)),
	enum("client_min_messages", "notice", statement, "Sets the message levels that are sent to the client.", "debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"),
	enum("constraint_exclusion", "partition", planner, "Enables the planner to use constraints to optimize queries.", "partition", "on", "off"),
	realNumber("cursor_tuple_fraction", "0.1", 0, 1, planner, "Sets the planner's estimate of the fraction of a cursor's rows that will be retrieved."),
	reported(text("DateStyle", "ISO, MDY", locale, "Sets the display format for date and time values.", checkDateStyle)),
	number("deadlock_timeout", "1000", "ms", 1, maxInt, "Lock Management", "Sets the time to wait on a lock before checking for deadlock."),
	number("default_statistics_target", "100", "", 1, 10000, planner, "Sets the default statistics target."),
	enum("default_table_access_method", "heap", statement, "Sets the default table access method for new tables.", "heap"),
	text("default_tablespace", "", statement, "Sets the default tablespace to create tables and indexes in.", checkEmpty),
	text("default_text_search_config", "pg_catalog.simple", locale, "Sets default text search configuration.", nil),
	enum("default_toast_compression", "pglz", statement, "Sets the default compression method for compressible values.", "pglz"),
	boolean("default_transaction_deferrable", "off", statement, "Sets the default deferrable status of new transactions."),
	enum("default_transaction_isolation", "read committed", statement, "Sets the transaction isolation level of each new transaction.", isolationLevels...),
	reported(boolean("default_transaction_read_only", "off", statement, "Sets the default read-only status of new transactions.")),
	boolean("default_with_oids", "off", compatible, "Create new tables with OIDs by default."),
	number("effective_cache_size", "524288", "8kB", 1, maxInt, cost, "Sets the planner's assumption about the total size of the data caches."),
	boolean("enable_bitmapscan", "on", planner, "Enables the planner's use of bitmap-scan plans."),
	boolean("enable_hashagg", "on", planner, "Enables the planner's use of hashed aggregation plans."),
	boolean("enable_hashjoin", "on", planner, "Enables the planner's use of hash join plans."),
	boolean("enable_indexonlyscan", "on", planner, "Enables the planner's use of index-only-scan plans."),
	boolean("enable_indexscan", "on", planner, "Enables the planner's use of index-scan plans."),
	boolean("enable_material", "on", planner, "Enables the planner's use of materialization."),
	boolean("enable_mergejoin", "on", planner, "Enables the planner's use of merge join plans."),
	boolean("enable_nestloop", "on", planner, "Enables the planner's use of nested-loop join plans."),
	boolean("enable_seqscan", "on", planner, "Enables the planner's use of sequential-scan plans."),
	boolean("enable_sort", "on", planner, "Enables the planner's use of explicit sort steps."),
	boolean("escape_string_warning", "on", compatible, "Warn about backslash escapes in ordinary string literals."),
	number("extra_float_digits", "1", "", -15, 3, locale, "Sets the number of digits displayed for floating-point values."),
	boolean("geqo", "on", planner, "Enables genetic query optimization."),
	number("gin_pending_list_limit", "4096", "kB", 64, maxInt, statement, "Sets the maximum size of the pending list for GIN index."),
	number("idle_in_transaction_session_timeout", "300000", "ms", 0, maxInt, statement, "Sets the maximum allowed idle time between queries, when in a transaction."),
	number("idle_session_timeout", "0", "ms", 0, maxInt, statement, "Sets the maximum allowed idle time between queries, when not in a transaction."),
	reported(internal(boolean("in_hot_standby", "off", preset, "Shows whether hot standby is currently active."))),
	reported(internal(boolean("integer_datetimes", "on", preset, "Shows whether datetimes are integer based."))),
	reported(enum("IntervalStyle", "postgres", locale, "Sets the display format for interval values.", "postgres", "postgres_verbose", "sql_standard", "iso_8601")),
	reported(internal(boolean("is_superuser", "on", preset, "Shows whether the current user is a superuser."))),
	boolean("jit", "off", planner, "Allow JIT compilation."),
	internal(text("lc_collate", "C", preset, "Shows the collation order locale.", nil)),
	internal(text("lc_ctype", "C", preset, "Shows the character classification and case conversion locale.", nil)),
	text("lc_messages", "C", locale, "Sets the language in which messages are displayed.", checkLocale),
	text("lc_monetary", "C", locale, "Sets the locale for formatting monetary amounts.", checkLocale),
	text("lc_numeric", "C", locale, "Sets the locale for formatting numbers.", checkLocale),
	text("lc_time", "C", locale, "Sets the locale for formatting date and time values.", checkLocale),
	number("lock_timeout", "0", "ms", 0, maxInt, statement, "Sets the maximum allowed duration of any wait for a lock."),
	number("log_min_duration_statement", "-1", "ms", -1, maxInt, reporting, "Sets the minimum execution time above which all statements will be logged."),
	enum("log_min_messages", "warning", reporting, "Sets the message levels that are logged.", "debug5", "debug4", "debug3", "debug2", "debug1", "info", "notice", "warning", "error", "log", "fatal", "panic"),
	enum("log_statement", "none", reporting, "Sets the type of statements logged.", "none", "ddl", "mod", "all"),
	boolean("lo_compat_privileges", "off", compatible, "Enables backward compatibility mode for privilege checks on large objects."),
	number("maintenance_work_mem", "65536", "kB", 1024, maxInt, memory, "Sets the maximum memory to be used for maintenance operations."),
	server(number("max_connections", "1000", "", 1, 262143, "Connections and Authentication / Connection Settings", "Sets the maximum number of concurrent connections.")),
	internal(number("max_function_args", "100", "", 100, 100, preset, "Shows the maximum number of function arguments.")),
	internal(number("max_identifier_length", "63", "", 63, 63, preset, "Shows the maximum identifier length.")),
	internal(number("max_index_keys", "32", "", 32, 32, preset, "Shows the maximum number of index keys.")),
	server(number("max_prepared_transactions", "0", "", 0, 262143, memory, "Sets the maximum number of simultaneously prepared transactions.")),
	enum("password_encryption", "scram-sha-256", "Connections and Authentication / Authentication", "Chooses the algorithm for encrypting passwords.", "scram-sha-256"),
	enum("plan_cache_mode", "auto", planner, "Controls the planner's selection of custom or generic plan.", "auto", "force_generic_plan", "force_custom_plan"),
	text("polyreme.max_staleness", "10s", polyreme, "Sets how old the data may be that reads at the level bounded see.", checkDuration),
	enum("polyreme.read_consistency", "linearizable", polyreme, "Sets what reads outside of the log see.", "linearizable", "bounded", "local"),
	text("polyreme.commit_timeout", "30s", polyreme, "Sets how long a write waits for a quorum before its outcome is reported as unknown.", checkDuration),
	number("polyreme.workspace_mem", "262144", "kB", 1024, maxInt, polyreme, "Sets how much memory the uncommitted pages of one transaction may take."),
	boolean("quote_all_identifiers", "off", compatible, "When generating SQL fragments, quote all identifiers."),
	realNumber("random_page_cost", "4", 0, 1.79769e308, cost, "Sets the planner's estimate of the cost of a nonsequentially fetched disk page."),
	text("role", "none", "", "Sets the current role.", nil),
	boolean("row_security", "on", statement, "Enable row security."),
	text("search_path", "\"$user\", public", statement, "Sets the schema search order for names that are not schema-qualified.", checkSearchPath),
	realNumber("seq_page_cost", "1", 0, 1.79769e308, cost, "Sets the planner's estimate of the cost of a sequentially fetched disk page."),
	reported(internal(text("server_encoding", "UTF8", preset, "Shows the server (database) character set encoding.", nil))),
	reported(internal(text("server_version", ServerVersion, preset, "Shows the server version.", nil))),
	internal(number("server_version_num", versionNum, "", 0, maxInt, preset, "Shows the server version as an integer.")),
	reported(text("session_authorization", "postgres", "", "Sets the session user name.", nil)),
	enum("session_replication_role", "origin", statement, "Sets the session's behavior for triggers and rewrite rules.", "origin"),
	boolean("ssl", "off", "Connections and Authentication / SSL", "Enables SSL connections."),
	reported(enum("standard_conforming_strings", "on", compatible, "Causes '...' strings to treat backslashes literally.", "on", "off")),
	number("statement_timeout", "0", "ms", 0, maxInt, statement, "Sets the maximum allowed duration of any statement."),
	enum("synchronous_commit", "on", "Write-Ahead Log / Settings", "Sets the current transaction's synchronization level.", "local", "remote_write", "remote_apply", "on", "off"),
	boolean("synchronize_seqscans", "on", compatible, "Enable synchronized sequential scans."),
	number("temp_buffers", "1024", "8kB", 100, 1073741823, memory, "Sets the maximum number of temporary buffers used by each session."),
	reported(text("TimeZone", "UTC", locale, "Sets the time zone for displaying and interpreting time stamps.", checkTimeZone)),
	text("timezone_abbreviations", "Default", locale, "Selects a file of time zone abbreviations.", nil),
	boolean("transaction_deferrable", "off", statement, "Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures."),
	enum("transaction_isolation", "read committed", statement, "Sets the current transaction's isolation level.", isolationLevels...),
	boolean("transaction_read_only", "off", statement, "Sets the current transaction's read-only status."),
	number("transaction_timeout", "0", "ms", 0, maxInt, statement, "Sets the maximum allowed duration of any transaction within a session (not a prepared transaction)."),
	boolean("transform_null_equals", "off", "Version and Platform Compatibility / Other Platforms and Clients", "Treats \"expr=NULL\" as \"expr IS NULL\"."),
	number("vacuum_freeze_min_age", "50000000", "", 0, 1000000000, statement, "Minimum age at which VACUUM should freeze a table row."),
	internal(enum("wal_level", "replica", "Write-Ahead Log / Settings", "Sets the level of information written to the WAL.", "minimal", "replica", "logical")),
	number("work_mem", "4096", "kB", 64, maxInt, memory, "Sets the maximum memory to be used for query workspaces."),
	enum("xmlbinary", "base64", statement, "Sets how binary values are to be encoded in XML.", "base64", "hex"),
	enum("xmloption", "content", statement, "Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.", "content", "document"),
}
