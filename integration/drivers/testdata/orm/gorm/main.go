// Gorm: Transaction, nested ones, SavePoint and RollbackTo, AutoMigrate, locking
// clauses and associations.
package main

import (
	"context"
	"database/sql"
	"time"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"orm/check"
)

// Author has what AutoMigrate makes tables of: keys, defaults, indexes, checks,
// foreign keys, a join table.
type Author struct {
	gorm.Model
	Name  string `gorm:"size:100;uniqueIndex;not null"`
	Stars int    `gorm:"default:3;check:stars_range,stars >= 0"`
	Born  *time.Time
	Books []Book
	Tags  []Tag `gorm:"many2many:gorm_author_tags"`
}

// Book belongs to an author.
type Book struct {
	ID       uint
	AuthorID uint   `gorm:"index:by_author,priority:1"`
	Title    string `gorm:"index:by_author,priority:2;comment:as printed"`
	Price    float64
	Meta     []byte `gorm:"type:jsonb"`
}

// Tag is of many authors.
type Tag struct {
	ID   uint
	Word string `gorm:"unique"`
}

// TableName implements gorm's Tabler.
func (Author) TableName() string { return "gorm_authors" }

// TableName implements gorm's Tabler.
func (Book) TableName() string { return "gorm_books" }

// TableName implements gorm's Tabler.
func (Tag) TableName() string { return "gorm_tags" }

var other = check.Addrs()[2]

func main() {
	ctx, done := check.Context()
	defer done()
	db, err := gorm.Open(postgres.Open(check.DSN(check.Addrs()[1])), &gorm.Config{Logger: logger.Default.LogMode(logger.Silent), TranslateError: true})
	check.NoError(err)
	db = db.WithContext(ctx)
	check.NoError(db.Migrator().DropTable("gorm_author_tags", &Book{}, &Tag{}, &Author{}))
	for range 2 { // the second finds everything in place
		check.NoError(db.AutoMigrate(&Author{}, &Tag{}, &Book{}))
	}
	for _, step := range []func(context.Context, *gorm.DB){migrated, commits, nests, savepoints, associations, locks, levels, conflicts} {
		step(ctx, db)
	}
	check.Done()
}

func sees(ctx context.Context, want, when string) {
	check.Sees(ctx, other, "SELECT coalesce(string_agg(name || '=' || stars, ' ' ORDER BY name), '') FROM gorm_authors WHERE deleted_at IS NULL", want, when)
}

// migrated asks the migrator, which asks the catalogs.
func migrated(ctx context.Context, db *gorm.DB) {
	m := db.Migrator()
	for what, there := range map[string]bool{
		"table":     m.HasTable("gorm_author_tags"),
		"column":    m.HasColumn(&Author{}, "stars"),
		"index":     m.HasIndex(&Book{}, "by_author"),
		"check":     m.HasConstraint(&Author{}, "stars_range"),
		"reference": m.HasConstraint(&Author{}, "Books"),
		"no column": !m.HasColumn(&Author{}, "nowhere"),
		"no table":  !m.HasTable("nowhere"),
		"no index":  !m.HasIndex(&Book{}, "nowhere"),
	} {
		check.Equal(there, true, what)
	}
	columns, err := m.ColumnTypes(&Book{})
	check.NoError(err)
	check.Equal(len(columns), 5, "columns")
	for _, c := range columns {
		comment, _ := c.Comment()
		check.Equal(comment == "as printed", c.Name() == "title", "the comment of "+c.Name())
		if key, _ := c.PrimaryKey(); key != (c.Name() == "id") {
			check.Errorf("primary key of %s: %v", c.Name(), key)
		}
	}
	check.NoError(db.Transaction(func(tx *gorm.DB) error { // DDL in a transaction
		check.NoError(tx.Migrator().AddColumn(&struct {
			Book  `gorm:"embedded"`
			Pages int `gorm:"not null;default:1"`
		}{}, "Pages"))
		return nil
	}))
	check.NoError(m.RenameColumn(&Book{}, "pages", "leaves"))
	check.NoError(m.DropColumn(&Book{}, "leaves"))
}

func commits(ctx context.Context, db *gorm.DB) {
	check.NoError(db.Transaction(func(tx *gorm.DB) error {
		a := Author{Name: "ann"}
		err := tx.Create(&a).Error
		check.Equal(a.Stars, 3, "the default comes back")
		return err
	}))
	sees(ctx, "ann=3", "after Transaction")
	err := db.Transaction(func(tx *gorm.DB) error {
		check.NoError(tx.Create(&Author{Name: "bob"}).Error)
		return check.ErrGivenUp
	})
	check.Is(err, check.ErrGivenUp, "rolled back")
	sees(ctx, "ann=3", "after an error of its own")
	err = db.Transaction(func(tx *gorm.DB) error {
		check.NoError(tx.Create(&Author{Name: "bob"}).Error)
		return tx.Create(&Author{Name: "ann"}).Error
	})
	check.Is(err, gorm.ErrDuplicatedKey, "a duplicate")
	err = db.Transaction(func(tx *gorm.DB) error { return tx.Create(&Author{Name: "neg", Stars: -1}).Error })
	check.Is(err, gorm.ErrCheckConstraintViolated, "a check")
	err = db.Transaction(func(tx *gorm.DB) error {
		return tx.Create(&Book{AuthorID: 999, Title: "orphan", Meta: []byte("{}")}).Error
	})
	check.Is(err, gorm.ErrForeignKeyViolated, "a reference")
	func() {
		defer func() { check.Equal(recover(), any("given up"), "the panic") }()
		db.Transaction(func(tx *gorm.DB) error {
			check.NoError(tx.Create(&Author{Name: "bob"}).Error)
			panic("given up")
		})
	}()
	sees(ctx, "ann=3", "after errors and a panic")
}

func nests(ctx context.Context, db *gorm.DB) {
	check.NoError(db.Transaction(func(tx *gorm.DB) error {
		check.NoError(tx.Create(&Author{Name: "bob"}).Error)
		err := tx.Transaction(func(tx *gorm.DB) error {
			check.NoError(tx.Create(&Author{Name: "carol"}).Error)
			return tx.Create(&Author{Name: "ann"}).Error
		})
		check.Is(err, gorm.ErrDuplicatedKey, "in the nested one")
		return tx.Transaction(func(tx *gorm.DB) error { return tx.Create(&Author{Name: "dave"}).Error })
	}))
	sees(ctx, "ann=3 bob=3 dave=3", "after nested transactions")
	err := db.Transaction(func(tx *gorm.DB) error {
		check.NoError(tx.Transaction(func(tx *gorm.DB) error { return tx.Delete(&Author{}, "name = ?", "dave").Error }))
		return check.ErrGivenUp
	})
	check.Is(err, check.ErrGivenUp, "the outer one")
	sees(ctx, "ann=3 bob=3 dave=3", "after the outer one failed")
}

func savepoints(ctx context.Context, db *gorm.DB) {
	tx := db.Begin()
	check.NoError(tx.Model(&Author{}).Where("name = ?", "ann").Update("stars", gorm.Expr("stars + ?", 1)).Error)
	check.NoError(tx.SavePoint("sp1").Error)
	check.NoError(tx.Where("name = ?", "bob").Delete(&Author{}).Error)
	check.Is(tx.Create(&Author{Name: "ann"}).Error, gorm.ErrDuplicatedKey, "a duplicate after SavePoint")
	check.NoError(tx.RollbackTo("sp1").Error)
	check.NoError(tx.Where("name = ?", "dave").Delete(&Author{}).Error)
	check.NoError(tx.Commit().Error)
	sees(ctx, "ann=4 bob=3", "after RollbackTo")
}

// associations are saved in one transaction, by upserts.
func associations(ctx context.Context, db *gorm.DB) {
	eve := Author{
		Name: "eve", Stars: 5,
		Books: []Book{{Title: "One", Price: 1.5, Meta: []byte(`{"a": 1}`)}, {Title: "Two", Meta: []byte("{}")}},
		Tags:  []Tag{{Word: "x"}, {Word: "y"}},
	}
	check.NoError(db.Create(&eve).Error)
	var got Author
	check.NoError(db.Preload("Books", func(db *gorm.DB) *gorm.DB { return db.Order("title") }).Preload("Tags").First(&got, "name = ?", "eve").Error)
	check.Equal(len(got.Books), 2, "books")
	check.Equal(got.Books[0].Price, 1.5, "price")
	check.Equal(len(got.Tags), 2, "tags")
	check.NoError(db.Model(&got).Association("Tags").Delete(&got.Tags[0]))
	check.Equal(db.Model(&got).Association("Tags").Count(), 1, "tags after Delete")
	upsert := []Author{{Name: "eve", Stars: 1}, {Name: "fay", Stars: 2}}
	check.NoError(db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"stars"})}).Create(&upsert).Error)
	sees(ctx, "ann=4 bob=3 eve=1 fay=2", "after an upsert")
	var found Author
	check.NoError(db.Where(Author{Name: "gil"}).FirstOrCreate(&found).Error)
	check.NoError(db.Unscoped().Delete(&found).Error)
}

func locks(ctx context.Context, db *gorm.DB) {
	check.NoError(db.Transaction(func(tx *gorm.DB) error {
		var a Author
		check.NoError(tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).First(&a, "name = ?", "ann").Error)
		err := db.Transaction(func(rival *gorm.DB) error {
			return rival.Clauses(clause.Locking{Strength: "UPDATE", Options: clause.LockingOptionsNoWait}).First(&Author{}, "name = ?", "ann").Error
		})
		check.State(err, "55P03", "NOWAIT")
		var free []Author
		check.NoError(db.Transaction(func(rival *gorm.DB) error {
			return rival.Clauses(clause.Locking{Strength: "UPDATE", Options: clause.LockingOptionsSkipLocked}).Order("name").Find(&free).Error
		}))
		check.Equal(len(free), 3, "rows that are not locked")
		a.Stars = 40
		return tx.Save(&a).Error
	}))
	sees(ctx, "ann=40 bob=3 eve=1 fay=2", "after locks")
}

func levels(_ context.Context, db *gorm.DB) {
	for level, want := range map[sql.IsolationLevel]string{
		sql.LevelDefault: "read committed", sql.LevelReadCommitted: "read committed",
		sql.LevelRepeatableRead: "repeatable read", sql.LevelSerializable: "serializable",
	} {
		check.NoError(db.Transaction(func(tx *gorm.DB) error {
			var got string
			err := tx.Raw("SHOW transaction_isolation").Scan(&got).Error
			check.Equal(got, want, "level")
			return err
		}, &sql.TxOptions{Isolation: level}))
	}
	err := db.Transaction(func(tx *gorm.DB) error { return tx.Create(&Author{Name: "no"}).Error }, &sql.TxOptions{ReadOnly: true})
	check.State(err, "25006", "a write in a read-only transaction")
}

func conflicts(ctx context.Context, db *gorm.DB) {
	add := func(disturb bool) error {
		return db.Transaction(func(tx *gorm.DB) error {
			var a Author
			check.NoError(tx.First(&a, "name = ?", "ann").Error)
			if disturb {
				check.Elsewhere(ctx, other, "UPDATE gorm_authors SET stars = 100 WHERE name = 'ann'")
			}
			return tx.Model(&a).Update("stars", a.Stars+1).Error
		}, &sql.TxOptions{Isolation: sql.LevelSerializable})
	}
	check.State(add(true), "40001", "a lost update")
	check.NoError(add(false))
	sees(ctx, "ann=101 bob=3 eve=1 fay=2", "after a conflict")
}
