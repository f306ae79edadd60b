// Package pgwire speaks the PostgreSQL frontend/backend protocol, versions 3.0
// and 3.2: it knows messages, not SQL. A Server accepts connections, carries
// each through startup and hands its messages to a Session, which answers
// through a Reply.
//
// What it guarantees:
//
//  1. Nothing is allocated for a length that a client merely claims: bodies
//     grow as their bytes arrive, up to a limit that differs before and after
//     startup.
//  2. Answers leave in the order of the requests. An answer that is not known
//     yet holds its place (Reply.Hold) and everything behind it waits.
//  3. After an error in the extended protocol all messages up to Sync are
//     skipped. A panic inside a session ends that connection alone, with
//     XX000.
//  4. Output is sent at the latest before the connection blocks for input.
//  5. What a session has for its client from elsewhere (notifications) is sent
//     before ReadyForQuery or while the client is idle, and never within a batch.
//
// https://www.postgresql.org/docs/15/protocol.html
package pgwire
