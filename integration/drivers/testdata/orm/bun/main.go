// Bun: RunInTx, nested ones, the builders of its schema and queries, by its own
// driver and by pgx.
package main

import (
	"context"
	"database/sql"
	"errors"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"

	"orm/check"
)

// User is a table with a key of its own, defaults, and arrays.
type User struct {
	bun.BaseModel `bun:"table:bun_users,alias:u"`

	ID      int64          `bun:",pk,autoincrement"`
	Name    string         `bun:",unique,notnull"`
	Score   int            `bun:",notnull,default:0"`
	Emails  []string       `bun:",array"`
	Prefs   map[string]any `bun:"type:jsonb"`
	Created time.Time      `bun:",nullzero,notnull,default:current_timestamp"`
	Posts   []Post         `bun:"rel:has-many,join:id=user_id"`
}

// Post belongs to a user.
type Post struct {
	bun.BaseModel `bun:"table:bun_posts"`

	ID     int64 `bun:",pk,autoincrement"`
	UserID int64
	User   *User `bun:"rel:belongs-to,join:user_id=id"`
	Title  string
}

var other = check.Addrs()[0]

func main() {
	ctx, done := check.Context()
	defer done()
	dsn := check.DSN(check.Addrs()[2])
	byPgx, err := sql.Open("pgx", dsn)
	check.NoError(err)
	for _, pool := range []*sql.DB{sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(dsn))), byPgx} {
		db := bun.NewDB(pool, pgdialect.New())
		schema(ctx, db)
		for _, step := range []func(context.Context, *bun.DB){commits, nests, relations, locks, levels, conflicts} {
			step(ctx, db)
		}
		check.NoError(db.Close())
	}
	check.Done()
}

// state reports an error without the SQLSTATE, by either driver.
func state(err error, want, what string) {
	var own pgdriver.Error
	if errors.As(err, &own) {
		check.Equal(own.Field('C'), want, what)
		return
	}
	check.State(err, want, what)
}

func sees(ctx context.Context, want, when string) {
	check.Sees(ctx, other, "SELECT coalesce(string_agg(name || '=' || score, ' ' ORDER BY name), '') FROM bun_users", want, when)
}

func schema(ctx context.Context, db *bun.DB) {
	check.NoError(db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		for _, model := range []any{(*Post)(nil), (*User)(nil)} {
			if _, err := tx.NewDropTable().Model(model).IfExists().Cascade().Exec(ctx); err != nil {
				return err
			}
		}
		_, err := tx.NewCreateTable().Model((*User)(nil)).Exec(ctx)
		check.NoError(err)
		_, err = tx.NewCreateTable().Model((*Post)(nil)).WithForeignKeys().IfNotExists().Exec(ctx)
		check.NoError(err)
		_, err = tx.NewCreateIndex().Model((*Post)(nil)).Index("bun_posts_user").Column("user_id", "title").Exec(ctx)
		return err
	}))
}

func add(ctx context.Context, tx bun.IDB, name string) error {
	_, err := tx.NewInsert().Model(&User{Name: name, Emails: []string{name + "@x", `"q"`}, Prefs: map[string]any{"k": name}}).Exec(ctx)
	return err
}

func commits(ctx context.Context, db *bun.DB) {
	check.NoError(db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return add(ctx, tx, "ann") }))
	sees(ctx, "ann=0", "after RunInTx")
	err := db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		check.NoError(add(ctx, tx, "bob"))
		return check.ErrGivenUp
	})
	check.Is(err, check.ErrGivenUp, "rolled back")
	err = db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		check.NoError(add(ctx, tx, "bob"))
		return add(ctx, tx, "ann")
	})
	state(err, "23505", "a duplicate")
	sees(ctx, "ann=0", "after errors")
	conn, err := db.Conn(ctx) // the same connection stands an error
	check.NoError(err)
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	check.NoError(err)
	state(add(ctx, tx, "ann"), "23505", "a duplicate")
	check.NoError(tx.Rollback())
	var n int
	check.NoError(conn.NewSelect().Model((*User)(nil)).ColumnExpr("count(*)").Scan(ctx, &n))
	check.Equal(n, 1, "rows seen by the connection")
}

func nests(ctx context.Context, db *bun.DB) {
	check.NoError(db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		check.NoError(add(ctx, tx, "bob"))
		err := tx.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { // a savepoint
			check.NoError(add(ctx, tx, "carol"))
			return tx.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return add(ctx, tx, "ann") })
		})
		state(err, "23505", "in the nested one")
		return tx.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return add(ctx, tx, "dave") })
	}))
	sees(ctx, "ann=0 bob=0 dave=0", "after nested transactions")
	err := db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		check.NoError(tx.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return add(ctx, tx, "eve") }))
		return check.ErrGivenUp
	})
	check.Is(err, check.ErrGivenUp, "the outer one")
	sees(ctx, "ann=0 bob=0 dave=0", "after the outer one failed")
}

func relations(ctx context.Context, db *bun.DB) {
	check.NoError(db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		var ann User
		check.NoError(tx.NewSelect().Model(&ann).Where("name = ?", "ann").Scan(ctx))
		check.Equal(len(ann.Emails), 2, "emails")
		check.Equal(ann.Emails[1], `"q"`, "an element of an array")
		check.Equal(ann.Prefs["k"], any("ann"), "jsonb")
		posts := []Post{{UserID: ann.ID, Title: "b"}, {UserID: ann.ID, Title: "a"}}
		_, err := tx.NewInsert().Model(&posts).Exec(ctx)
		check.Equal(posts[1].ID > 0, true, "keys come back")
		return err
	}))
	var users []User
	check.NoError(db.NewSelect().Model(&users).Relation("Posts", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("title") }).Order("name").Scan(ctx))
	check.Equal(len(users), 3, "users")
	check.Equal(len(users[0].Posts), 2, "posts")
	check.Equal(users[0].Posts[0].Title, "a", "title")
	var post Post
	check.NoError(db.NewSelect().Model(&post).Relation("User").Where("title = ?", "a").Scan(ctx))
	check.Equal(post.User.Name, "ann", "the post's user")
	upsert := &User{Name: "bob", Score: 7}
	_, err := db.NewInsert().Model(upsert).On("CONFLICT (name) DO UPDATE").Set("score = EXCLUDED.score").Exec(ctx)
	check.NoError(err)
	values := db.NewValues(&[]User{{Name: "dave", Score: 9}}).Column("name", "score")
	_, err = db.NewUpdate().With("_data", values).Model((*User)(nil)).TableExpr("_data").Set("score = _data.score").Where("u.name = _data.name").Exec(ctx)
	check.NoError(err)
	sees(ctx, "ann=0 bob=7 dave=9", "after an upsert and an update by values")
}

func locks(ctx context.Context, db *bun.DB) {
	check.NoError(db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		var ann User
		check.NoError(tx.NewSelect().Model(&ann).Where("name = ?", "ann").For("UPDATE").Scan(ctx))
		err := db.RunInTx(ctx, nil, func(ctx context.Context, rival bun.Tx) error {
			return rival.NewSelect().Model(&User{}).Where("name = ?", "ann").For("UPDATE NOWAIT").Scan(ctx)
		})
		state(err, "55P03", "NOWAIT")
		_, err = tx.NewUpdate().Model(&ann).Set("score = score + 1").WherePK().Exec(ctx)
		return err
	}))
	sees(ctx, "ann=1 bob=7 dave=9", "after a lock")
}

func levels(ctx context.Context, db *bun.DB) {
	for level, want := range map[sql.IsolationLevel]string{
		sql.LevelDefault: "read committed", sql.LevelRepeatableRead: "repeatable read", sql.LevelSerializable: "serializable",
	} {
		check.NoError(db.RunInTx(ctx, &sql.TxOptions{Isolation: level}, func(ctx context.Context, tx bun.Tx) error {
			var got string
			err := tx.QueryRowContext(ctx, "SHOW transaction_isolation").Scan(&got)
			check.Equal(got, want, "level")
			return err
		}))
	}
	err := db.RunInTx(ctx, &sql.TxOptions{ReadOnly: true}, func(ctx context.Context, tx bun.Tx) error { return add(ctx, tx, "no") })
	state(err, "25006", "a write in a read-only transaction")
}

func conflicts(ctx context.Context, db *bun.DB) {
	more := func(disturb bool) error {
		return db.RunInTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(ctx context.Context, tx bun.Tx) error {
			var ann User
			check.NoError(tx.NewSelect().Model(&ann).Where("name = ?", "ann").Scan(ctx))
			if disturb {
				check.Elsewhere(ctx, other, "UPDATE bun_users SET score = score + 100 WHERE name = 'ann'")
			}
			ann.Score++
			_, err := tx.NewUpdate().Model(&ann).Column("score").WherePK().Exec(ctx)
			return err
		})
	}
	state(more(true), "40001", "a lost update")
	check.NoError(more(false))
	sees(ctx, "ann=102 bob=7 dave=9", "after a conflict")
}
