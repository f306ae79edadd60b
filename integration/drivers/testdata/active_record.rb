# Active Record: transaction with requires_new, locks, levels, and migrations, which
# take an advisory lock.
require "active_record"
require "logger"

HERE, THERE, THIRD = ARGV.map do |addr|
  host, port = addr.split(":")
  { adapter: "postgresql", host: host, port: port.to_i, username: "postgres", database: "postgres", pool: 8 }
end

# Each class of connections has its node.
class Other < ActiveRecord::Base
  self.abstract_class = true
  establish_connection THERE
end
ActiveRecord::Base.establish_connection HERE
ActiveRecord::Migration.verbose = false

class Person < ActiveRecord::Base
  self.table_name = "ar_people"
  has_many :posts, dependent: :destroy
  validates :name, presence: true
end

class Post < ActiveRecord::Base
  self.table_name = "ar_posts"
  belongs_to :person
end

def check(got, want, what)
  raise "#{what}: got #{got.inspect}, want #{want.inspect}" unless got == want
end

def fails(kind)
  yield
rescue kind => e
  e
else
  raise "no #{kind}"
end

def sees(want, moment)
  got = Other.connection.select_rows("SELECT name, score FROM ar_people ORDER BY name").to_h
  check got, want, "what the other node has #{moment}"
end

def db
  ActiveRecord::Base.connection
end

# Migrations by the schema builder: up, down, and up again.
class CreatePeople < ActiveRecord::Migration[6.1]
  def change
    create_table :ar_people do |t|
      t.string :name, null: false, limit: 60, index: { unique: true }
      t.integer :score, null: false, default: 0
      t.decimal :money, precision: 12, scale: 2
      t.boolean :active, default: true
      t.jsonb :prefs, default: {}
      t.text :words, array: true, default: []
      t.uuid :key, default: -> { "gen_random_uuid()" }
      t.integer :lock_version, default: 0, null: false
      t.timestamps
    end
    create_table :ar_posts do |t|
      t.references :person, null: false, foreign_key: { to_table: :ar_people }
      t.text :title, comment: "as shown"
      t.timestamps
    end
  end
end

class ChangePosts < ActiveRecord::Migration[6.1]
  def up
    add_column :ar_posts, :views, :bigint, null: false, default: 0
    add_index :ar_posts, [:person_id, :title], name: "ar_posts_titles", where: "(views > 0)"
    change_column :ar_posts, :title, :string
    change_column_null :ar_posts, :title, false, "untitled"
    rename_column :ar_posts, :views, :seen
    add_check_constraint :ar_posts, "seen >= 0", name: "ar_posts_seen"
  end

  def down
    remove_column :ar_posts, :seen
    change_column :ar_posts, :title, :text, null: true
  end
end

class Concurrently < ActiveRecord::Migration[6.1]
  disable_ddl_transaction!

  def change
    add_index :ar_people, :score, algorithm: :concurrently
  end
end

class Breaks < ActiveRecord::Migration[6.1]
  def up
    create_table(:ar_half) { |t| t.text :x }
    execute "SELECT 1/0"
  end
end

MIGRATIONS = [[CreatePeople, 1], [ChangePosts, 2], [Concurrently, 3]].map { |m, v| m.new(m.name, v) }

def migrator(direction, migrations = MIGRATIONS, target = nil)
  ActiveRecord::Migrator.new(direction, migrations, ActiveRecord::SchemaMigration, target)
end

%w[ar_posts ar_people ar_half schema_migrations ar_internal_metadata].each { |t| db.drop_table(t, if_exists: true) }
check db.supports_advisory_locks?, true, "advisory locks"
migrator(:up).migrate
migrator(:down, MIGRATIONS, 1).migrate
check db.column_exists?(:ar_posts, :seen), false, "the column after migrating down"
migrator(:up).migrate
check migrator(:up).current_version, 3, "version"
half = [Breaks.new("Breaks", 4)]
fails(StandardError) { migrator(:up, MIGRATIONS + half).migrate }
check db.table_exists?(:ar_half), false, "the table of a migration that failed"
check migrator(:up).current_version, 3, "version after a failure"
# Another node's migration excludes this one.
lock = migrator(:up).send(:generate_migrator_advisory_lock_id)
check Other.connection.get_advisory_lock(lock), true, "the lock through the other node"
fails(ActiveRecord::ConcurrentMigrationError) { migrator(:down, MIGRATIONS, 2).migrate }
check Other.connection.release_advisory_lock(lock), true, "its release"
check db.primary_key("ar_people"), "id", "primary key"
check db.indexes("ar_posts").map(&:name).sort, %w[ar_posts_titles index_ar_posts_on_person_id], "indexes"
check db.indexes("ar_posts").find { |i| i.name == "ar_posts_titles" }.where, "(seen > 0)", "the index's condition"
check db.foreign_keys("ar_posts").map(&:to_table), ["ar_people"], "foreign keys"
check db.check_constraints("ar_posts").map(&:expression), ["seen >= 0"], "checks"
check db.columns("ar_people").map { |c| [c.name, [c.sql_type, c.array?]] }.to_h.values_at("name", "money", "words"),
      [["character varying(60)", false], ["numeric(12,2)", false], ["text", true]], "types"
[Person, Post].each(&:reset_column_information)

# commit, rollback by an exception, by ActiveRecord::Rollback, by an error
Person.transaction { Person.create!(name: "ann", prefs: { a: [1] }, words: ["x", "y z"]) }
sees({ "ann" => 0 }, "after transaction")
ann = Person.find_by!(name: "ann")
check [ann.prefs, ann.words, ann.key.size], [{ "a" => [1] }, ["x", "y z"], 36], "what was read"
fails(ZeroDivisionError) { Person.transaction { Person.create!(name: "bob") && 1 / 0 } }
Person.transaction do
  Person.create!(name: "bob")
  raise ActiveRecord::Rollback
end
fails(ActiveRecord::RecordNotUnique) { Person.transaction { Person.create!(name: "bob") && Person.create!(name: "ann") } }
sees({ "ann" => 0 }, "after rollbacks")
fails(ActiveRecord::InvalidForeignKey) { Person.transaction { Post.insert({ person_id: 99, title: "t", created_at: Time.now, updated_at: Time.now }) } }
fails(ActiveRecord::NotNullViolation) { Person.transaction { db.execute("INSERT INTO ar_people (name) VALUES (NULL)") } }
fails(ActiveRecord::ValueTooLong) { Person.transaction { Person.create!(name: "x" * 61) } }
fails(ActiveRecord::StatementInvalid) { Person.transaction { (db.execute("SELECT 1/0") rescue nil); Person.count } }
check Person.count, 1, "on the same connection"

# nested: joined without requires_new, a savepoint with it
Person.transaction do
  Person.create!(name: "bob", score: 2)
  Person.transaction(requires_new: true) do
    Person.create!(name: "carol")
    raise ActiveRecord::Rollback
  end
  fails(ActiveRecord::RecordNotUnique) do
    Person.transaction(requires_new: true) { Person.create!(name: "carol") && Person.create!(name: "ann") }
  end
  Person.transaction(requires_new: true) do
    Person.create!(name: "dave", score: 4)
    Person.transaction(requires_new: true) { Person.delete_all && raise(ActiveRecord::Rollback) }
  end
  Person.transaction { Person.find_by!(name: "dave").update!(score: 5) }
end
sees({ "ann" => 0, "bob" => 2, "dave" => 5 }, "after nested transactions")
fails(ZeroDivisionError) { Person.transaction { Person.transaction(requires_new: true) { Person.delete_all } && 1 / 0 } }
sees({ "ann" => 0, "bob" => 2, "dave" => 5 }, "after the outer one failed")
check Person.create_or_find_by!(name: "ann").id, ann.id, "create_or_find_by!" # a savepoint of its own in a block
Person.transaction { check Person.create_or_find_by!(name: "bob").score, 2, "create_or_find_by! in a block" }
commits = []
Post.after_commit { |post| commits << post.title }
Post.after_rollback { |post| commits << "no #{post.title}" }
Person.transaction do
  ann.posts.create!(title: "kept")
  Person.transaction(requires_new: true) { ann.posts.create!(title: "lost") && raise(ActiveRecord::Rollback) }
end
check commits, ["no lost", "kept"], "callbacks"
Person.upsert_all([{ name: "dave", score: 6, created_at: Time.now, updated_at: Time.now }], unique_by: :name)
check Person.includes(:posts).order(:name).map { |p| p.posts.size }, [1, 0, 0], "posts"
sees({ "ann" => 0, "bob" => 2, "dave" => 6 }, "after upsert_all")

# locks: with_lock, NOWAIT, SKIP LOCKED, lock_version
class Rival < Other
  self.table_name = "ar_people"
end
ann.with_lock do
  fails(ActiveRecord::LockWaitTimeout) { Rival.transaction { Rival.lock("FOR UPDATE NOWAIT").find_by(name: "ann") } }
  Rival.transaction { check Rival.lock("FOR UPDATE SKIP LOCKED").order(:name).pluck(:name), %w[bob dave], "free rows" }
  Rival.transaction do
    Rival.connection.execute("SET LOCAL lock_timeout = '50ms'")
    fails(ActiveRecord::LockWaitTimeout) { Rival.lock.find_by(name: "ann") }
    raise ActiveRecord::Rollback
  end
  ann.update!(score: 1)
end
waiter = nil
Person.transaction do # the other waits, and sees what it waited for
  Person.lock.find(ann.id).increment!(:score)
  waiter = Thread.new { Rival.transaction { Rival.lock.find(ann.id).tap { |r| r.update!(score: r.score + 10) } } }
  50.times { sleep 0.02 unless Other.connection.select_value("SELECT count(*) FROM pg_locks WHERE NOT granted").positive? }
  check waiter.alive?, true, "the other waits"
end
waiter.join
sees({ "ann" => 12, "bob" => 2, "dave" => 6 }, "after with_lock")
stale = Person.find(ann.id)
Person.find(ann.id).update!(score: 13)
fails(ActiveRecord::StaleObjectError) { stale.update!(score: 14) }

# levels, and a conflict
%i[read_uncommitted read_committed repeatable_read serializable].each do |level|
  Person.transaction(isolation: level) do
    check db.select_value("SHOW transaction_isolation"), level.to_s.tr("_", " "), "level"
  end
end
add = lambda do |disturb|
  Person.transaction(isolation: :serializable) do
    score = Person.find(ann.id).score
    Other.connection.execute("UPDATE ar_people SET score = score + 100 WHERE name = 'ann'") if disturb
    Person.where(id: ann.id).update_all(score: score + 1)
  end
end
e = fails(ActiveRecord::SerializationFailure) { add.call(true) }
check e.is_a?(ActiveRecord::TransactionRollbackError), true, "its class"
add.call(false)
sees({ "ann" => 114, "bob" => 2, "dave" => 6 }, "after a conflict")

# a deadlock has a class of its own
results = [["ann", "bob", Person], ["bob", "ann", Rival]].map do |first, second, model|
  Thread.new do
    model.transaction do
      model.lock.find_by!(name: first)
      Thread.current[:has] = true
      sleep 0.01 until Thread.list.count { |t| t[:has] } == 2
      model.lock.find_by!(name: second)
      :done
    end
  rescue ActiveRecord::Deadlocked => e
    e.class
  end
end.map(&:value)
check results.sort_by(&:to_s), [ActiveRecord::Deadlocked, :done], "a deadlock"

# statements that Active Record has prepared stand a change of their table
first = -> { Post.where(title: "kept").order(:id).first.title }
2.times { first.call }
Other.connection.add_column :ar_posts, :added, :integer, default: 1
check first.call, "kept", "after a column was added"
fails(ActiveRecord::PreparedStatementCacheExpired) do
  Post.transaction do
    first.call
    db.execute("ALTER TABLE ar_posts ADD COLUMN more int")
    first.call
  end
end
Post.transaction { check first.call, "kept", "when the column was taken back" }
ActiveRecord::Base.connection.disconnect!
puts "all good"
