package ast

// CreateSchemaStmt is CREATE SCHEMA.
type CreateSchemaStmt struct {
	Name        string
	Role        *RoleSpec // AUTHORIZATION
	IfNotExists bool
	Elems       []Stmt
}

// DropStmt is DROP of anything that is named by itself; DROP TABLE a, b has two
// Names. Functions, procedures, routines and aggregates are in Functions, types
// and domains in Types. Owner is the table of DROP TRIGGER, RULE and POLICY ON.
type DropStmt struct {
	Object       ObjectType
	Names        [][]string
	Functions    []ObjectWithArgs
	Types        []*TypeName
	Owner        []string
	Behavior     DropBehavior
	MissingOk    bool
	Concurrently bool
}

// ObjectWithArgs is a function, procedure or aggregate with its input types.
type ObjectWithArgs struct {
	Name        []string
	Args        []*TypeName
	Params      []FunctionParameter
	Unspecified bool // no parentheses were written
}

// TruncateStmt is TRUNCATE.
type TruncateStmt struct {
	Rels            []*RangeVar
	RestartIdentity bool
	Behavior        DropBehavior
}

// RenameStmt is ALTER … RENAME. Object is what is renamed; for ObjectColumn,
// ObjectAttribute, ObjectTableConstraint, ObjectDomainConstraint, ObjectTrigger,
// ObjectRule and ObjectPolicy Sub is its old name and Rel or Names the parent.
type RenameStmt struct {
	Object    ObjectType
	Relation  ObjectType // for ObjectColumn: ObjectTable, ObjectView, …
	Rel       *RangeVar
	Names     []string
	Function  *ObjectWithArgs
	Sub       string
	NewName   string
	Behavior  DropBehavior
	MissingOk bool
}

// AlterOwnerStmt is ALTER … OWNER TO of objects other than relations.
type AlterOwnerStmt struct {
	Object   ObjectType
	Names    []string
	Function *ObjectWithArgs
	NewOwner RoleSpec
}

// AlterObjectSchemaStmt is ALTER … SET SCHEMA.
type AlterObjectSchemaStmt struct {
	Object    ObjectType
	Rel       *RangeVar
	Names     []string
	Function  *ObjectWithArgs
	NewSchema string
	MissingOk bool
}

// CommentStmt is COMMENT ON. Comment is nil for NULL. Exactly one of Names,
// Function and Type says which object; Names of a column is the qualified
// column, of a constraint, trigger, rule or policy the table followed by the
// name.
type CommentStmt struct {
	Object   ObjectType
	Names    []string
	Function *ObjectWithArgs
	Type     *TypeName
	Comment  *string
}

// CreateExtensionStmt is CREATE EXTENSION.
type CreateExtensionStmt struct {
	Name        string
	IfNotExists bool
	Options     []DefElem // schema, new_version, cascade
}

// CreateEnumStmt is CREATE TYPE … AS ENUM.
type CreateEnumStmt struct {
	Name   []string
	Labels []string
}

// AlterEnumStmt is ALTER TYPE … ADD VALUE or RENAME VALUE.
type AlterEnumStmt struct {
	Name        []string
	OldLabel    string // RENAME VALUE
	NewLabel    string
	Rename      bool
	Neighbor    string // BEFORE, AFTER
	HasNeighbor bool
	After       bool
	IfNotExists bool
}

// CompositeTypeStmt is CREATE TYPE … AS (columns).
type CompositeTypeStmt struct {
	Name    *RangeVar
	Columns []*ColumnDef
}

// CreateDomainStmt is CREATE DOMAIN.
type CreateDomainStmt struct {
	Name        []string
	Type        *TypeName
	Collation   []string
	Constraints []*Constraint
}

// AlterDomainKind is the action of an AlterDomainStmt.
type AlterDomainKind uint8

// Actions of ALTER DOMAIN.
const (
	DomainSetDefault AlterDomainKind = iota // Expr; nil drops
	DomainDropNotNull
	DomainSetNotNull
	DomainAddConstraint      // Constraint
	DomainDropConstraint     // Name, Behavior, MissingOk
	DomainValidateConstraint // Name
)

// AlterDomainStmt is ALTER DOMAIN.
type AlterDomainStmt struct {
	Names      []string
	Kind       AlterDomainKind
	Name       string
	Expr       Expr
	Constraint *Constraint
	Behavior   DropBehavior
	MissingOk  bool
}

// ParamMode is the mode of a function's parameter.
type ParamMode uint8

// Modes.
const (
	ParamDefault ParamMode = iota // none written: IN
	ParamIn
	ParamOut
	ParamInOut
	ParamVariadic
	ParamTable // a column of RETURNS TABLE
)

// FunctionParameter is a parameter of a function.
type FunctionParameter struct {
	At
	Name    string
	Mode    ParamMode
	Type    *TypeName
	Default Expr
}

// CreateFunctionStmt is CREATE FUNCTION and CREATE PROCEDURE. Options are named
// as PostgreSQL's: as (DefList of DefString), language, transform (DefList of
// *TypeName), window, volatility, strict, security, leakproof, cost, rows,
// support, parallel, set (DefSet).
type CreateFunctionStmt struct {
	Procedure bool
	Replace   bool
	Name      []string
	Params    []FunctionParameter
	Returns   *TypeName
	Options   []DefElem
	Body      []Stmt // BEGIN ATOMIC … END
	HasBody   bool
	Return    Expr // RETURN expression
}

// AlterFunctionStmt is ALTER FUNCTION with options.
type AlterFunctionStmt struct {
	Object   ObjectType
	Function ObjectWithArgs
	Options  []DefElem
}

// DefSet is a SET clause within the options of a function.
type DefSet struct{ Set *VariableSetStmt }

func (DefSet) defArg() {}

// DoStmt is DO.
type DoStmt struct {
	Body        string
	Language    string
	HasLanguage bool
}

// CallStmt is CALL.
type CallStmt struct{ Call *FuncCall }

// RoleKind is what a RoleSpec names.
type RoleKind uint8

// Roles.
const (
	RoleNamed RoleKind = iota
	RolePublic
	RoleCurrentRole
	RoleCurrentUser
	RoleSessionUser
)

// RoleSpec is a role.
type RoleSpec struct {
	At
	Kind RoleKind
	Name string
}

// CreateRoleStmt is CREATE ROLE, USER or GROUP. Options are named as
// PostgreSQL's: password (nil for NULL), superuser, inherit, createrole,
// createdb, canlogin, isreplication, bypassrls, connectionlimit, validUntil,
// sysid, addroleto, adminmembers, rolemembers (DefList of DefRole).
type CreateRoleStmt struct {
	Kind    string // "ROLE", "USER", "GROUP"
	Name    string
	Options []DefElem
}

// DefRole is a role within options.
type DefRole struct{ Role RoleSpec }

func (DefRole) defArg() {}

// AlterRoleStmt is ALTER ROLE with options, and ALTER GROUP ADD|DROP USER.
type AlterRoleStmt struct {
	Role    RoleSpec
	Options []DefElem
	Drop    bool // ALTER GROUP … DROP USER
}

// AlterRoleSetStmt is ALTER ROLE … SET.
type AlterRoleSetStmt struct {
	Role     *RoleSpec // nil: ALL
	Database string
	Set      *VariableSetStmt
}

// DropRoleStmt is DROP ROLE, USER or GROUP.
type DropRoleStmt struct {
	Roles     []RoleSpec
	MissingOk bool
}

// GrantTarget tells how the objects of a GRANT are named.
type GrantTarget uint8

// Targets.
const (
	GrantObject GrantTarget = iota
	GrantAllInSchema
	GrantDefaults // ALTER DEFAULT PRIVILEGES
)

// AccessPriv is one privilege, "" with no columns for ALL PRIVILEGES.
type AccessPriv struct {
	Name    string
	Columns []string
}

// GrantStmt is GRANT or REVOKE on objects. Relations are in Rels, functions in
// Functions, all else in Names.
type GrantStmt struct {
	Grant       bool
	Privileges  []AccessPriv // nil: ALL
	Target      GrantTarget
	Object      ObjectType
	Rels        []*RangeVar
	Names       [][]string
	Functions   []ObjectWithArgs
	Grantees    []RoleSpec
	GrantOption bool // WITH GRANT OPTION, GRANT OPTION FOR
	Grantor     *RoleSpec
	Behavior    DropBehavior
}

// GrantRoleStmt is GRANT or REVOKE of roles.
type GrantRoleStmt struct {
	Grant    bool
	Roles    []AccessPriv
	Grantees []RoleSpec
	AdminOpt bool
	Grantor  *RoleSpec
	Behavior DropBehavior
}

// AlterDefaultPrivilegesStmt is ALTER DEFAULT PRIVILEGES.
type AlterDefaultPrivilegesStmt struct {
	Roles   []RoleSpec
	Schemas []string
	Action  *GrantStmt
}

// DropOwnedStmt is DROP OWNED BY.
type DropOwnedStmt struct {
	Roles    []RoleSpec
	Behavior DropBehavior
}

// ReassignOwnedStmt is REASSIGN OWNED BY.
type ReassignOwnedStmt struct {
	Roles   []RoleSpec
	NewRole RoleSpec
}

// CreatedbStmt is CREATE DATABASE.
type CreatedbStmt struct {
	Name    string
	Options []DefElem
}

// DropdbStmt is DROP DATABASE.
type DropdbStmt struct {
	Name      string
	MissingOk bool
	Options   []DefElem
}

// AlterDatabaseStmt is ALTER DATABASE with options.
type AlterDatabaseStmt struct {
	Name    string
	Options []DefElem
	Refresh bool // REFRESH COLLATION VERSION
}

// AlterDatabaseSetStmt is ALTER DATABASE … SET.
type AlterDatabaseSetStmt struct {
	Name string
	Set  *VariableSetStmt
}

func (*CreateSchemaStmt) stmt()           {}
func (*DropStmt) stmt()                   {}
func (*TruncateStmt) stmt()               {}
func (*RenameStmt) stmt()                 {}
func (*AlterOwnerStmt) stmt()             {}
func (*AlterObjectSchemaStmt) stmt()      {}
func (*CommentStmt) stmt()                {}
func (*CreateExtensionStmt) stmt()        {}
func (*CreateEnumStmt) stmt()             {}
func (*AlterEnumStmt) stmt()              {}
func (*CompositeTypeStmt) stmt()          {}
func (*CreateDomainStmt) stmt()           {}
func (*AlterDomainStmt) stmt()            {}
func (*CreateFunctionStmt) stmt()         {}
func (*AlterFunctionStmt) stmt()          {}
func (*DoStmt) stmt()                     {}
func (*CallStmt) stmt()                   {}
func (*CreateRoleStmt) stmt()             {}
func (*AlterRoleStmt) stmt()              {}
func (*AlterRoleSetStmt) stmt()           {}
func (*DropRoleStmt) stmt()               {}
func (*GrantStmt) stmt()                  {}
func (*GrantRoleStmt) stmt()              {}
func (*AlterDefaultPrivilegesStmt) stmt() {}
func (*DropOwnedStmt) stmt()              {}
func (*ReassignOwnedStmt) stmt()          {}
func (*CreatedbStmt) stmt()               {}
func (*DropdbStmt) stmt()                 {}
func (*AlterDatabaseStmt) stmt()          {}
func (*AlterDatabaseSetStmt) stmt()       {}
