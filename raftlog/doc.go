// Package raftlog is the log: what is ordered (entries, batches, results and
// their encodings) and where it is kept (Store, over raft-wal).
//
// An Entry is one client transaction, or one control command. Entries that wait
// at the same time are packed into one Batch, which is the data of one raft log
// entry. The state machine answers each Entry with a Result.
//
// # Encodings
//
// Every encoding begins with a version byte (now 1) and uses these primitives:
//
//	uvarint   unsigned LEB128 (encoding/binary)
//	varint    zigzag LEB128
//	string    uvarint length, bytes
//	value     one tag byte, then
//	            0 NULL     nothing
//	            1 INTEGER  varint
//	            2 REAL     8 bytes, IEEE 754 bits, little endian
//	            3 TEXT     string
//	            4 BLOB     string
//
// Batch:
//
//	version   byte      1
//	clock     varint    the leader's clock, µs since 2000-01-01 UTC
//	count     uvarint
//	entries   count ×   uvarint length, Entry
//
// Entry:
//
//	version       byte   1
//	flags         byte   1 changes the schema, 2 has a request id
//	request       3 × uvarint session, lane, sequence (flag 2)
//	time          varint
//	seed          16 bytes
//	settings      uvarint count, then name and value strings; the last may be
//	              DrawsSetting, SenderSetting, SnapshotSetting, ValuesSetting
//	              and XactSetting
//	dependencies  uvarint count, then uvarint relation, uvarint version
//	operations    uvarint count, then Operation
//
// Operation:
//
//	kind       byte
//	flags      byte   1 counts, 2 returns, 4 read, 8 expect, 16 stage, 32 sets
//	statement  uvarint
//	stage      uvarint (flag 16)
//	expect     string (flag 8)
//	sets       uvarint (flag 32)
//	sql        string
//	params     uvarint count, then values
//
// The parameters of an operation on advisory locks (Advisory) are INTEGER action,
// TEXT node, INTEGER run, session, PID, holds, and for each lock INTEGER key and
// flags: 1 the key is two integers, 2 shared, or 4 alone for the lock of a schema of
// temporary relations. Its result has one statement, whose changed is 0 refused,
// 1 granted, 2 queued, or how many locks were released.
//
// Result:
//
//	version     byte   1
//	status      byte
//	statement   uvarint
//	session     uvarint
//	error       uvarint mask of the fields present, position first as uvarint,
//	            then the strings in the order of pgerr.Error; mask 0: no error
//	statements  uvarint count, then varint changed, string digest, Rows
//
// Rows:
//
//	columns  uvarint
//	count    uvarint
//	data     string: the values of all rows, row by row
//
// The state machine is a function of these bytes alone, so a field that the
// state machine reads never depends on the node that encodes it.
package raftlog
