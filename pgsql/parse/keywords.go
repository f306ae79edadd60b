package parse

// The key words of PostgreSQL 15 (src/include/parser/kwlist.h): the word, its
// class, and whether it may be a column label without AS.

// Key word tokens, in alphabetical order.
const (
	kwAbort kind = firstKeyword + iota
	kwAbsolute
	kwAccess
	kwAction
	kwAdd
	kwAdmin
	kwAfter
	kwAggregate
	kwAll
	kwAlso
	kwAlter
	kwAlways
	kwAnalyse
	kwAnalyze
	kwAnd
	kwAny
	kwArray
	kwAs
	kwAsc
	kwAsensitive
	kwAssertion
	kwAssignment
	kwAsymmetric
	kwAt
	kwAtomic
	kwAttach
	kwAttribute
	kwAuthorization
	kwBackward
	kwBefore
	kwBegin
	kwBetween
	kwBigint
	kwBinary
	kwBit
	kwBoolean
	kwBoth
	kwBreadth
	kwBy
	kwCache
	kwCall
	kwCalled
	kwCascade
	kwCascaded
	kwCase
	kwCast
	kwCatalog
	kwChain
	kwChar
	kwCharacter
	kwCharacteristics
	kwCheck
	kwCheckpoint
	kwClass
	kwClose
	kwCluster
	kwCoalesce
	kwCollate
	kwCollation
	kwColumn
	kwColumns
	kwComment
	kwComments
	kwCommit
	kwCommitted
	kwCompression
	kwConcurrently
	kwConfiguration
	kwConflict
	kwConnection
	kwConstraint
	kwConstraints
	kwContent
	kwContinue
	kwConversion
	kwCopy
	kwCost
	kwCreate
	kwCross
	kwCsv
	kwCube
	kwCurrent
	kwCurrentCatalog
	kwCurrentDate
	kwCurrentRole
	kwCurrentSchema
	kwCurrentTime
	kwCurrentTimestamp
	kwCurrentUser
	kwCursor
	kwCycle
	kwData
	kwDatabase
	kwDay
	kwDeallocate
	kwDec
	kwDecimal
	kwDeclare
	kwDefault
	kwDefaults
	kwDeferrable
	kwDeferred
	kwDefiner
	kwDelete
	kwDelimiter
	kwDelimiters
	kwDepends
	kwDepth
	kwDesc
	kwDetach
	kwDictionary
	kwDisable
	kwDiscard
	kwDistinct
	kwDo
	kwDocument
	kwDomain
	kwDouble
	kwDrop
	kwEach
	kwElse
	kwEnable
	kwEncoding
	kwEncrypted
	kwEnd
	kwEnum
	kwEscape
	kwEvent
	kwExcept
	kwExclude
	kwExcluding
	kwExclusive
	kwExecute
	kwExists
	kwExplain
	kwExpression
	kwExtension
	kwExternal
	kwExtract
	kwFalse
	kwFamily
	kwFetch
	kwFilter
	kwFinalize
	kwFirst
	kwFloat
	kwFollowing
	kwFor
	kwForce
	kwForeign
	kwForward
	kwFreeze
	kwFrom
	kwFull
	kwFunction
	kwFunctions
	kwGenerated
	kwGlobal
	kwGrant
	kwGranted
	kwGreatest
	kwGroup
	kwGrouping
	kwGroups
	kwHandler
	kwHaving
	kwHeader
	kwHold
	kwHour
	kwIdentity
	kwIf
	kwIlike
	kwImmediate
	kwImmutable
	kwImplicit
	kwImport
	kwIn
	kwInclude
	kwIncluding
	kwIncrement
	kwIndex
	kwIndexes
	kwInherit
	kwInherits
	kwInitially
	kwInline
	kwInner
	kwInout
	kwInput
	kwInsensitive
	kwInsert
	kwInstead
	kwInt
	kwInteger
	kwIntersect
	kwInterval
	kwInto
	kwInvoker
	kwIs
	kwIsnull
	kwIsolation
	kwJoin
	kwKey
	kwLabel
	kwLanguage
	kwLarge
	kwLast
	kwLateral
	kwLeading
	kwLeakproof
	kwLeast
	kwLeft
	kwLevel
	kwLike
	kwLimit
	kwListen
	kwLoad
	kwLocal
	kwLocaltime
	kwLocaltimestamp
	kwLocation
	kwLock
	kwLocked
	kwLogged
	kwMapping
	kwMatch
	kwMatched
	kwMaterialized
	kwMaxvalue
	kwMerge
	kwMethod
	kwMinute
	kwMinvalue
	kwMode
	kwMonth
	kwMove
	kwName
	kwNames
	kwNational
	kwNatural
	kwNchar
	kwNew
	kwNext
	kwNfc
	kwNfd
	kwNfkc
	kwNfkd
	kwNo
	kwNone
	kwNormalize
	kwNormalized
	kwNot
	kwNothing
	kwNotify
	kwNotnull
	kwNowait
	kwNull
	kwNullif
	kwNulls
	kwNumeric
	kwObject
	kwOf
	kwOff
	kwOffset
	kwOids
	kwOld
	kwOn
	kwOnly
	kwOperator
	kwOption
	kwOptions
	kwOr
	kwOrder
	kwOrdinality
	kwOthers
	kwOut
	kwOuter
	kwOver
	kwOverlaps
	kwOverlay
	kwOverriding
	kwOwned
	kwOwner
	kwParallel
	kwParameter
	kwParser
	kwPartial
	kwPartition
	kwPassing
	kwPassword
	kwPlacing
	kwPlans
	kwPolicy
	kwPosition
	kwPreceding
	kwPrecision
	kwPrepare
	kwPrepared
	kwPreserve
	kwPrimary
	kwPrior
	kwPrivileges
	kwProcedural
	kwProcedure
	kwProcedures
	kwProgram
	kwPublication
	kwQuote
	kwRange
	kwRead
	kwReal
	kwReassign
	kwRecheck
	kwRecursive
	kwRef
	kwReferences
	kwReferencing
	kwRefresh
	kwReindex
	kwRelative
	kwRelease
	kwRename
	kwRepeatable
	kwReplace
	kwReplica
	kwReset
	kwRestart
	kwRestrict
	kwReturn
	kwReturning
	kwReturns
	kwRevoke
	kwRight
	kwRole
	kwRollback
	kwRollup
	kwRoutine
	kwRoutines
	kwRow
	kwRows
	kwRule
	kwSavepoint
	kwSchema
	kwSchemas
	kwScroll
	kwSearch
	kwSecond
	kwSecurity
	kwSelect
	kwSequence
	kwSequences
	kwSerializable
	kwServer
	kwSession
	kwSessionUser
	kwSet
	kwSetof
	kwSets
	kwShare
	kwShow
	kwSimilar
	kwSimple
	kwSkip
	kwSmallint
	kwSnapshot
	kwSome
	kwSql
	kwStable
	kwStandalone
	kwStart
	kwStatement
	kwStatistics
	kwStdin
	kwStdout
	kwStorage
	kwStored
	kwStrict
	kwStrip
	kwSubscription
	kwSubstring
	kwSupport
	kwSymmetric
	kwSysid
	kwSystem
	kwTable
	kwTables
	kwTablesample
	kwTablespace
	kwTemp
	kwTemplate
	kwTemporary
	kwText
	kwThen
	kwTies
	kwTime
	kwTimestamp
	kwTo
	kwTrailing
	kwTransaction
	kwTransform
	kwTreat
	kwTrigger
	kwTrim
	kwTrue
	kwTruncate
	kwTrusted
	kwType
	kwTypes
	kwUescape
	kwUnbounded
	kwUncommitted
	kwUnencrypted
	kwUnion
	kwUnique
	kwUnknown
	kwUnlisten
	kwUnlogged
	kwUntil
	kwUpdate
	kwUser
	kwUsing
	kwVacuum
	kwValid
	kwValidate
	kwValidator
	kwValue
	kwValues
	kwVarchar
	kwVariadic
	kwVarying
	kwVerbose
	kwVersion
	kwView
	kwViews
	kwVolatile
	kwWhen
	kwWhere
	kwWhitespace
	kwWindow
	kwWith
	kwWithin
	kwWithout
	kwWork
	kwWrapper
	kwWrite
	kwXml
	kwXmlattributes
	kwXmlconcat
	kwXmlelement
	kwXmlexists
	kwXmlforest
	kwXmlnamespaces
	kwXmlparse
	kwXmlpi
	kwXmlroot
	kwXmlserialize
	kwXmltable
	kwYear
	kwYes
	kwZone
)

// Tokens that the lexer makes of a key word and the one after it, as
// PostgreSQL's base_yylex does.
const (
	kwNotLA   kind = kwZone + 1 + iota // NOT before BETWEEN, IN, LIKE, ILIKE, SIMILAR
	kwNullsLA                          // NULLS before FIRST, LAST
	kwWithLA                           // WITH before TIME, ORDINALITY
)

// keywordLengthMax is the length of the longest key word.
const keywordLengthMax = 17

// keywords describes each key word token, by its distance from firstKeyword.
var keywords = [...]keyword{
	{"abort", classUnreserved | bareLabel},
	{"absolute", classUnreserved | bareLabel},
	{"access", classUnreserved | bareLabel},
	{"action", classUnreserved | bareLabel},
	{"add", classUnreserved | bareLabel},
	{"admin", classUnreserved | bareLabel},
	{"after", classUnreserved | bareLabel},
	{"aggregate", classUnreserved | bareLabel},
	{"all", classReserved | bareLabel},
	{"also", classUnreserved | bareLabel},
	{"alter", classUnreserved | bareLabel},
	{"always", classUnreserved | bareLabel},
	{"analyse", classReserved | bareLabel},
	{"analyze", classReserved | bareLabel},
	{"and", classReserved | bareLabel},
	{"any", classReserved | bareLabel},
	{"array", classReserved},
	{"as", classReserved},
	{"asc", classReserved | bareLabel},
	{"asensitive", classUnreserved | bareLabel},
	{"assertion", classUnreserved | bareLabel},
	{"assignment", classUnreserved | bareLabel},
	{"asymmetric", classReserved | bareLabel},
	{"at", classUnreserved | bareLabel},
	{"atomic", classUnreserved | bareLabel},
	{"attach", classUnreserved | bareLabel},
	{"attribute", classUnreserved | bareLabel},
	{"authorization", classTypeFuncName | bareLabel},
	{"backward", classUnreserved | bareLabel},
	{"before", classUnreserved | bareLabel},
	{"begin", classUnreserved | bareLabel},
	{"between", classColName | bareLabel},
	{"bigint", classColName | bareLabel},
	{"binary", classTypeFuncName | bareLabel},
	{"bit", classColName | bareLabel},
	{"boolean", classColName | bareLabel},
	{"both", classReserved | bareLabel},
	{"breadth", classUnreserved | bareLabel},
	{"by", classUnreserved | bareLabel},
	{"cache", classUnreserved | bareLabel},
	{"call", classUnreserved | bareLabel},
	{"called", classUnreserved | bareLabel},
	{"cascade", classUnreserved | bareLabel},
	{"cascaded", classUnreserved | bareLabel},
	{"case", classReserved | bareLabel},
	{"cast", classReserved | bareLabel},
	{"catalog", classUnreserved | bareLabel},
	{"chain", classUnreserved | bareLabel},
	{"char", classColName},
	{"character", classColName},
	{"characteristics", classUnreserved | bareLabel},
	{"check", classReserved | bareLabel},
	{"checkpoint", classUnreserved | bareLabel},
	{"class", classUnreserved | bareLabel},
	{"close", classUnreserved | bareLabel},
	{"cluster", classUnreserved | bareLabel},
	{"coalesce", classColName | bareLabel},
	{"collate", classReserved | bareLabel},
	{"collation", classTypeFuncName | bareLabel},
	{"column", classReserved | bareLabel},
	{"columns", classUnreserved | bareLabel},
	{"comment", classUnreserved | bareLabel},
	{"comments", classUnreserved | bareLabel},
	{"commit", classUnreserved | bareLabel},
	{"committed", classUnreserved | bareLabel},
	{"compression", classUnreserved | bareLabel},
	{"concurrently", classTypeFuncName | bareLabel},
	{"configuration", classUnreserved | bareLabel},
	{"conflict", classUnreserved | bareLabel},
	{"connection", classUnreserved | bareLabel},
	{"constraint", classReserved | bareLabel},
	{"constraints", classUnreserved | bareLabel},
	{"content", classUnreserved | bareLabel},
	{"continue", classUnreserved | bareLabel},
	{"conversion", classUnreserved | bareLabel},
	{"copy", classUnreserved | bareLabel},
	{"cost", classUnreserved | bareLabel},
	{"create", classReserved},
	{"cross", classTypeFuncName | bareLabel},
	{"csv", classUnreserved | bareLabel},
	{"cube", classUnreserved | bareLabel},
	{"current", classUnreserved | bareLabel},
	{"current_catalog", classReserved | bareLabel},
	{"current_date", classReserved | bareLabel},
	{"current_role", classReserved | bareLabel},
	{"current_schema", classTypeFuncName | bareLabel},
	{"current_time", classReserved | bareLabel},
	{"current_timestamp", classReserved | bareLabel},
	{"current_user", classReserved | bareLabel},
	{"cursor", classUnreserved | bareLabel},
	{"cycle", classUnreserved | bareLabel},
	{"data", classUnreserved | bareLabel},
	{"database", classUnreserved | bareLabel},
	{"day", classUnreserved},
	{"deallocate", classUnreserved | bareLabel},
	{"dec", classColName | bareLabel},
	{"decimal", classColName | bareLabel},
	{"declare", classUnreserved | bareLabel},
	{"default", classReserved | bareLabel},
	{"defaults", classUnreserved | bareLabel},
	{"deferrable", classReserved | bareLabel},
	{"deferred", classUnreserved | bareLabel},
	{"definer", classUnreserved | bareLabel},
	{"delete", classUnreserved | bareLabel},
	{"delimiter", classUnreserved | bareLabel},
	{"delimiters", classUnreserved | bareLabel},
	{"depends", classUnreserved | bareLabel},
	{"depth", classUnreserved | bareLabel},
	{"desc", classReserved | bareLabel},
	{"detach", classUnreserved | bareLabel},
	{"dictionary", classUnreserved | bareLabel},
	{"disable", classUnreserved | bareLabel},
	{"discard", classUnreserved | bareLabel},
	{"distinct", classReserved | bareLabel},
	{"do", classReserved | bareLabel},
	{"document", classUnreserved | bareLabel},
	{"domain", classUnreserved | bareLabel},
	{"double", classUnreserved | bareLabel},
	{"drop", classUnreserved | bareLabel},
	{"each", classUnreserved | bareLabel},
	{"else", classReserved | bareLabel},
	{"enable", classUnreserved | bareLabel},
	{"encoding", classUnreserved | bareLabel},
	{"encrypted", classUnreserved | bareLabel},
	{"end", classReserved | bareLabel},
	{"enum", classUnreserved | bareLabel},
	{"escape", classUnreserved | bareLabel},
	{"event", classUnreserved | bareLabel},
	{"except", classReserved},
	{"exclude", classUnreserved | bareLabel},
	{"excluding", classUnreserved | bareLabel},
	{"exclusive", classUnreserved | bareLabel},
	{"execute", classUnreserved | bareLabel},
	{"exists", classColName | bareLabel},
	{"explain", classUnreserved | bareLabel},
	{"expression", classUnreserved | bareLabel},
	{"extension", classUnreserved | bareLabel},
	{"external", classUnreserved | bareLabel},
	{"extract", classColName | bareLabel},
	{"false", classReserved | bareLabel},
	{"family", classUnreserved | bareLabel},
	{"fetch", classReserved},
	{"filter", classUnreserved},
	{"finalize", classUnreserved | bareLabel},
	{"first", classUnreserved | bareLabel},
	{"float", classColName | bareLabel},
	{"following", classUnreserved | bareLabel},
	{"for", classReserved},
	{"force", classUnreserved | bareLabel},
	{"foreign", classReserved | bareLabel},
	{"forward", classUnreserved | bareLabel},
	{"freeze", classTypeFuncName | bareLabel},
	{"from", classReserved},
	{"full", classTypeFuncName | bareLabel},
	{"function", classUnreserved | bareLabel},
	{"functions", classUnreserved | bareLabel},
	{"generated", classUnreserved | bareLabel},
	{"global", classUnreserved | bareLabel},
	{"grant", classReserved},
	{"granted", classUnreserved | bareLabel},
	{"greatest", classColName | bareLabel},
	{"group", classReserved},
	{"grouping", classColName | bareLabel},
	{"groups", classUnreserved | bareLabel},
	{"handler", classUnreserved | bareLabel},
	{"having", classReserved},
	{"header", classUnreserved | bareLabel},
	{"hold", classUnreserved | bareLabel},
	{"hour", classUnreserved},
	{"identity", classUnreserved | bareLabel},
	{"if", classUnreserved | bareLabel},
	{"ilike", classTypeFuncName | bareLabel},
	{"immediate", classUnreserved | bareLabel},
	{"immutable", classUnreserved | bareLabel},
	{"implicit", classUnreserved | bareLabel},
	{"import", classUnreserved | bareLabel},
	{"in", classReserved | bareLabel},
	{"include", classUnreserved | bareLabel},
	{"including", classUnreserved | bareLabel},
	{"increment", classUnreserved | bareLabel},
	{"index", classUnreserved | bareLabel},
	{"indexes", classUnreserved | bareLabel},
	{"inherit", classUnreserved | bareLabel},
	{"inherits", classUnreserved | bareLabel},
	{"initially", classReserved | bareLabel},
	{"inline", classUnreserved | bareLabel},
	{"inner", classTypeFuncName | bareLabel},
	{"inout", classColName | bareLabel},
	{"input", classUnreserved | bareLabel},
	{"insensitive", classUnreserved | bareLabel},
	{"insert", classUnreserved | bareLabel},
	{"instead", classUnreserved | bareLabel},
	{"int", classColName | bareLabel},
	{"integer", classColName | bareLabel},
	{"intersect", classReserved},
	{"interval", classColName | bareLabel},
	{"into", classReserved},
	{"invoker", classUnreserved | bareLabel},
	{"is", classTypeFuncName | bareLabel},
	{"isnull", classTypeFuncName},
	{"isolation", classUnreserved | bareLabel},
	{"join", classTypeFuncName | bareLabel},
	{"key", classUnreserved | bareLabel},
	{"label", classUnreserved | bareLabel},
	{"language", classUnreserved | bareLabel},
	{"large", classUnreserved | bareLabel},
	{"last", classUnreserved | bareLabel},
	{"lateral", classReserved | bareLabel},
	{"leading", classReserved | bareLabel},
	{"leakproof", classUnreserved | bareLabel},
	{"least", classColName | bareLabel},
	{"left", classTypeFuncName | bareLabel},
	{"level", classUnreserved | bareLabel},
	{"like", classTypeFuncName | bareLabel},
	{"limit", classReserved},
	{"listen", classUnreserved | bareLabel},
	{"load", classUnreserved | bareLabel},
	{"local", classUnreserved | bareLabel},
	{"localtime", classReserved | bareLabel},
	{"localtimestamp", classReserved | bareLabel},
	{"location", classUnreserved | bareLabel},
	{"lock", classUnreserved | bareLabel},
	{"locked", classUnreserved | bareLabel},
	{"logged", classUnreserved | bareLabel},
	{"mapping", classUnreserved | bareLabel},
	{"match", classUnreserved | bareLabel},
	{"matched", classUnreserved | bareLabel},
	{"materialized", classUnreserved | bareLabel},
	{"maxvalue", classUnreserved | bareLabel},
	{"merge", classUnreserved | bareLabel},
	{"method", classUnreserved | bareLabel},
	{"minute", classUnreserved},
	{"minvalue", classUnreserved | bareLabel},
	{"mode", classUnreserved | bareLabel},
	{"month", classUnreserved},
	{"move", classUnreserved | bareLabel},
	{"name", classUnreserved | bareLabel},
	{"names", classUnreserved | bareLabel},
	{"national", classColName | bareLabel},
	{"natural", classTypeFuncName | bareLabel},
	{"nchar", classColName | bareLabel},
	{"new", classUnreserved | bareLabel},
	{"next", classUnreserved | bareLabel},
	{"nfc", classUnreserved | bareLabel},
	{"nfd", classUnreserved | bareLabel},
	{"nfkc", classUnreserved | bareLabel},
	{"nfkd", classUnreserved | bareLabel},
	{"no", classUnreserved | bareLabel},
	{"none", classColName | bareLabel},
	{"normalize", classColName | bareLabel},
	{"normalized", classUnreserved | bareLabel},
	{"not", classReserved | bareLabel},
	{"nothing", classUnreserved | bareLabel},
	{"notify", classUnreserved | bareLabel},
	{"notnull", classTypeFuncName},
	{"nowait", classUnreserved | bareLabel},
	{"null", classReserved | bareLabel},
	{"nullif", classColName | bareLabel},
	{"nulls", classUnreserved | bareLabel},
	{"numeric", classColName | bareLabel},
	{"object", classUnreserved | bareLabel},
	{"of", classUnreserved | bareLabel},
	{"off", classUnreserved | bareLabel},
	{"offset", classReserved},
	{"oids", classUnreserved | bareLabel},
	{"old", classUnreserved | bareLabel},
	{"on", classReserved},
	{"only", classReserved | bareLabel},
	{"operator", classUnreserved | bareLabel},
	{"option", classUnreserved | bareLabel},
	{"options", classUnreserved | bareLabel},
	{"or", classReserved | bareLabel},
	{"order", classReserved},
	{"ordinality", classUnreserved | bareLabel},
	{"others", classUnreserved | bareLabel},
	{"out", classColName | bareLabel},
	{"outer", classTypeFuncName | bareLabel},
	{"over", classUnreserved},
	{"overlaps", classTypeFuncName},
	{"overlay", classColName | bareLabel},
	{"overriding", classUnreserved | bareLabel},
	{"owned", classUnreserved | bareLabel},
	{"owner", classUnreserved | bareLabel},
	{"parallel", classUnreserved | bareLabel},
	{"parameter", classUnreserved | bareLabel},
	{"parser", classUnreserved | bareLabel},
	{"partial", classUnreserved | bareLabel},
	{"partition", classUnreserved | bareLabel},
	{"passing", classUnreserved | bareLabel},
	{"password", classUnreserved | bareLabel},
	{"placing", classReserved | bareLabel},
	{"plans", classUnreserved | bareLabel},
	{"policy", classUnreserved | bareLabel},
	{"position", classColName | bareLabel},
	{"preceding", classUnreserved | bareLabel},
	{"precision", classColName},
	{"prepare", classUnreserved | bareLabel},
	{"prepared", classUnreserved | bareLabel},
	{"preserve", classUnreserved | bareLabel},
	{"primary", classReserved | bareLabel},
	{"prior", classUnreserved | bareLabel},
	{"privileges", classUnreserved | bareLabel},
	{"procedural", classUnreserved | bareLabel},
	{"procedure", classUnreserved | bareLabel},
	{"procedures", classUnreserved | bareLabel},
	{"program", classUnreserved | bareLabel},
	{"publication", classUnreserved | bareLabel},
	{"quote", classUnreserved | bareLabel},
	{"range", classUnreserved | bareLabel},
	{"read", classUnreserved | bareLabel},
	{"real", classColName | bareLabel},
	{"reassign", classUnreserved | bareLabel},
	{"recheck", classUnreserved | bareLabel},
	{"recursive", classUnreserved | bareLabel},
	{"ref", classUnreserved | bareLabel},
	{"references", classReserved | bareLabel},
	{"referencing", classUnreserved | bareLabel},
	{"refresh", classUnreserved | bareLabel},
	{"reindex", classUnreserved | bareLabel},
	{"relative", classUnreserved | bareLabel},
	{"release", classUnreserved | bareLabel},
	{"rename", classUnreserved | bareLabel},
	{"repeatable", classUnreserved | bareLabel},
	{"replace", classUnreserved | bareLabel},
	{"replica", classUnreserved | bareLabel},
	{"reset", classUnreserved | bareLabel},
	{"restart", classUnreserved | bareLabel},
	{"restrict", classUnreserved | bareLabel},
	{"return", classUnreserved | bareLabel},
	{"returning", classReserved},
	{"returns", classUnreserved | bareLabel},
	{"revoke", classUnreserved | bareLabel},
	{"right", classTypeFuncName | bareLabel},
	{"role", classUnreserved | bareLabel},
	{"rollback", classUnreserved | bareLabel},
	{"rollup", classUnreserved | bareLabel},
	{"routine", classUnreserved | bareLabel},
	{"routines", classUnreserved | bareLabel},
	{"row", classColName | bareLabel},
	{"rows", classUnreserved | bareLabel},
	{"rule", classUnreserved | bareLabel},
	{"savepoint", classUnreserved | bareLabel},
	{"schema", classUnreserved | bareLabel},
	{"schemas", classUnreserved | bareLabel},
	{"scroll", classUnreserved | bareLabel},
	{"search", classUnreserved | bareLabel},
	{"second", classUnreserved},
	{"security", classUnreserved | bareLabel},
	{"select", classReserved | bareLabel},
	{"sequence", classUnreserved | bareLabel},
	{"sequences", classUnreserved | bareLabel},
	{"serializable", classUnreserved | bareLabel},
	{"server", classUnreserved | bareLabel},
	{"session", classUnreserved | bareLabel},
	{"session_user", classReserved | bareLabel},
	{"set", classUnreserved | bareLabel},
	{"setof", classColName | bareLabel},
	{"sets", classUnreserved | bareLabel},
	{"share", classUnreserved | bareLabel},
	{"show", classUnreserved | bareLabel},
	{"similar", classTypeFuncName | bareLabel},
	{"simple", classUnreserved | bareLabel},
	{"skip", classUnreserved | bareLabel},
	{"smallint", classColName | bareLabel},
	{"snapshot", classUnreserved | bareLabel},
	{"some", classReserved | bareLabel},
	{"sql", classUnreserved | bareLabel},
	{"stable", classUnreserved | bareLabel},
	{"standalone", classUnreserved | bareLabel},
	{"start", classUnreserved | bareLabel},
	{"statement", classUnreserved | bareLabel},
	{"statistics", classUnreserved | bareLabel},
	{"stdin", classUnreserved | bareLabel},
	{"stdout", classUnreserved | bareLabel},
	{"storage", classUnreserved | bareLabel},
	{"stored", classUnreserved | bareLabel},
	{"strict", classUnreserved | bareLabel},
	{"strip", classUnreserved | bareLabel},
	{"subscription", classUnreserved | bareLabel},
	{"substring", classColName | bareLabel},
	{"support", classUnreserved | bareLabel},
	{"symmetric", classReserved | bareLabel},
	{"sysid", classUnreserved | bareLabel},
	{"system", classUnreserved | bareLabel},
	{"table", classReserved | bareLabel},
	{"tables", classUnreserved | bareLabel},
	{"tablesample", classTypeFuncName | bareLabel},
	{"tablespace", classUnreserved | bareLabel},
	{"temp", classUnreserved | bareLabel},
	{"template", classUnreserved | bareLabel},
	{"temporary", classUnreserved | bareLabel},
	{"text", classUnreserved | bareLabel},
	{"then", classReserved | bareLabel},
	{"ties", classUnreserved | bareLabel},
	{"time", classColName | bareLabel},
	{"timestamp", classColName | bareLabel},
	{"to", classReserved},
	{"trailing", classReserved | bareLabel},
	{"transaction", classUnreserved | bareLabel},
	{"transform", classUnreserved | bareLabel},
	{"treat", classColName | bareLabel},
	{"trigger", classUnreserved | bareLabel},
	{"trim", classColName | bareLabel},
	{"true", classReserved | bareLabel},
	{"truncate", classUnreserved | bareLabel},
	{"trusted", classUnreserved | bareLabel},
	{"type", classUnreserved | bareLabel},
	{"types", classUnreserved | bareLabel},
	{"uescape", classUnreserved | bareLabel},
	{"unbounded", classUnreserved | bareLabel},
	{"uncommitted", classUnreserved | bareLabel},
	{"unencrypted", classUnreserved | bareLabel},
	{"union", classReserved},
	{"unique", classReserved | bareLabel},
	{"unknown", classUnreserved | bareLabel},
	{"unlisten", classUnreserved | bareLabel},
	{"unlogged", classUnreserved | bareLabel},
	{"until", classUnreserved | bareLabel},
	{"update", classUnreserved | bareLabel},
	{"user", classReserved | bareLabel},
	{"using", classReserved | bareLabel},
	{"vacuum", classUnreserved | bareLabel},
	{"valid", classUnreserved | bareLabel},
	{"validate", classUnreserved | bareLabel},
	{"validator", classUnreserved | bareLabel},
	{"value", classUnreserved | bareLabel},
	{"values", classColName | bareLabel},
	{"varchar", classColName | bareLabel},
	{"variadic", classReserved | bareLabel},
	{"varying", classUnreserved},
	{"verbose", classTypeFuncName | bareLabel},
	{"version", classUnreserved | bareLabel},
	{"view", classUnreserved | bareLabel},
	{"views", classUnreserved | bareLabel},
	{"volatile", classUnreserved | bareLabel},
	{"when", classReserved | bareLabel},
	{"where", classReserved},
	{"whitespace", classUnreserved | bareLabel},
	{"window", classReserved},
	{"with", classReserved},
	{"within", classUnreserved},
	{"without", classUnreserved},
	{"work", classUnreserved | bareLabel},
	{"wrapper", classUnreserved | bareLabel},
	{"write", classUnreserved | bareLabel},
	{"xml", classUnreserved | bareLabel},
	{"xmlattributes", classColName | bareLabel},
	{"xmlconcat", classColName | bareLabel},
	{"xmlelement", classColName | bareLabel},
	{"xmlexists", classColName | bareLabel},
	{"xmlforest", classColName | bareLabel},
	{"xmlnamespaces", classColName | bareLabel},
	{"xmlparse", classColName | bareLabel},
	{"xmlpi", classColName | bareLabel},
	{"xmlroot", classColName | bareLabel},
	{"xmlserialize", classColName | bareLabel},
	{"xmltable", classColName | bareLabel},
	{"year", classUnreserved},
	{"yes", classUnreserved | bareLabel},
	{"zone", classUnreserved | bareLabel},
	{"not", 0},
	{"nulls", 0},
	{"with", 0},
}
