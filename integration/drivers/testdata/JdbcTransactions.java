import java.sql.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.util.PSQLException;

/** JDBC: setAutoCommit, savepoints, levels, batches and fetch size in transactions, autosave. */
public class JdbcTransactions {
    static String here, there, third;
    static Connection db;

    interface Block { void run() throws SQLException; }

    static void check(Object got, Object want, String what) {
        if (!Objects.equals(got, want)) throw new AssertionError(what + ": got " + got + ", want " + want);
    }

    static Connection connect(String addr, String options) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://" + addr + "/postgres?user=postgres&sslmode=disable" + options);
    }

    static int run(String sql) throws SQLException {
        try (Statement s = db.createStatement()) {
            s.execute(sql);
            return s.getUpdateCount();
        }
    }

    static void insert(int id, int n) throws SQLException {
        try (PreparedStatement s = db.prepareStatement("INSERT INTO jdbc_tx VALUES (?, ?)")) {
            s.setInt(1, id);
            s.setInt(2, n);
            check(s.executeUpdate(), 1, "inserted");
        }
    }

    static String text(Connection c, String sql) throws SQLException {
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery(sql)) {
            r.next();
            return r.getString(1);
        }
    }

    static void sees(String want, String when) throws SQLException {
        try (Connection other = connect(there, "")) {
            check(text(other, "SELECT coalesce(string_agg(id || '=' || n, ' ' ORDER BY id), '') FROM jdbc_tx"), want, "what the other node has " + when);
        }
    }

    static PSQLException fails(String state, Block block) throws SQLException {
        try {
            block.run();
        } catch (PSQLException e) {
            check(e.getSQLState(), state, "SQLSTATE of " + e.getMessage());
            return e;
        }
        throw new AssertionError("no error " + state);
    }

    static void commits() throws SQLException {
        run("DROP TABLE IF EXISTS jdbc_tx");
        run("CREATE TABLE jdbc_tx (id int PRIMARY KEY, n int NOT NULL)");
        db.setAutoCommit(false);
        insert(1, 10);
        sees("", "before commit");
        db.commit();
        sees("1=10", "after commit");
        insert(2, 20);
        db.rollback();
        insert(2, 20);
        fails("23505", () -> insert(1, 11));
        fails("25P02", () -> run("SELECT 1"));
        db.rollback();
        check(text(db, "SELECT count(*) FROM jdbc_tx"), "1", "on the same connection");
        insert(2, 20);
        fails("23505", () -> insert(1, 11));
        db.commit(); // Debian's version of the driver does not say that this was a rollback
        sees("1=10", "after commit of a failed block");
        insert(3, 30);
        db.setAutoCommit(true); // commits
        sees("1=10 3=30", "after setAutoCommit(true)");
    }

    static void savepoints() throws SQLException {
        db.setAutoCommit(false);
        insert(4, 40);
        Savepoint a = db.setSavepoint("a");
        insert(5, 50);
        Savepoint unnamed = db.setSavepoint();
        fails("23505", () -> insert(1, 11));
        db.rollback(unnamed);
        insert(6, 60);
        db.releaseSavepoint(unnamed);
        Savepoint c = db.setSavepoint("c \"quoted\"");
        run("DELETE FROM jdbc_tx");
        db.rollback(c);
        db.rollback(a);
        insert(7, 70);
        db.commit();
        sees("1=10 3=30 4=40 7=70", "after savepoints");
        fails("3B001", () -> run("ROLLBACK TO a"));
        db.rollback();
        db.setAutoCommit(true);
    }

    static int[] batch(int... ids) throws SQLException {
        try (PreparedStatement s = db.prepareStatement("INSERT INTO jdbc_tx VALUES (?, 0)")) {
            for (int id : ids) {
                s.setInt(1, id);
                s.addBatch();
            }
            return s.executeBatch();
        }
    }

    static void batches() throws SQLException {
        db.setAutoCommit(false);
        check(batch(10, 11, 12).length, 3, "counts");
        Savepoint s = db.setSavepoint();
        try {
            batch(13, 10, 14);
            throw new AssertionError("a batch with a duplicate");
        } catch (BatchUpdateException e) {
            check(e.getSQLState(), "23505", "the batch");
        }
        db.rollback(s);
        run("UPDATE jdbc_tx SET n = -1 WHERE id = 10");
        try (PreparedStatement q = db.prepareStatement("SELECT id FROM jdbc_tx WHERE n <= 0 ORDER BY id FOR UPDATE")) {
            q.setFetchSize(1); // a portal that is read while the block goes on
            ResultSet r = q.executeQuery();
            List<Integer> ids = new ArrayList<>();
            while (r.next()) {
                ids.add(r.getInt(1));
                run("UPDATE jdbc_tx SET n = n + 1 WHERE id = " + r.getInt(1));
            }
            check(ids, List.of(10, 11, 12), "rows fetched one by one");
        }
        try (Statement u = db.createStatement()) {
            u.addBatch("DELETE FROM jdbc_tx WHERE id = 11");
            u.addBatch("UPDATE jdbc_tx SET n = n + 1 WHERE id >= 10");
            check(Arrays.toString(u.executeBatch()), "[1, 2]", "counts");
        }
        db.commit();
        sees("1=10 3=30 4=40 7=70 10=1 12=2", "after batches");
        run("DELETE FROM jdbc_tx WHERE id > 3");
        db.commit();
        db.setAutoCommit(true);
        try { // with autocommit a batch is one transaction
            batch(20, 1, 21);
            throw new AssertionError("a batch with a duplicate");
        } catch (BatchUpdateException e) {
            check(e.getSQLState(), "23505", "the batch");
        }
        sees("1=10 3=30", "after a batch that failed");
    }

    static void levels() throws SQLException {
        Map<Integer, String> levels = Map.of(
            Connection.TRANSACTION_READ_UNCOMMITTED, "read uncommitted", Connection.TRANSACTION_READ_COMMITTED, "read committed",
            Connection.TRANSACTION_REPEATABLE_READ, "repeatable read", Connection.TRANSACTION_SERIALIZABLE, "serializable");
        check(db.getTransactionIsolation(), Connection.TRANSACTION_READ_COMMITTED, "default level");
        for (var level : levels.entrySet()) {
            db.setTransactionIsolation(level.getKey());
            db.setAutoCommit(false);
            check(text(db, "SHOW transaction_isolation"), level.getValue(), "level");
            check(db.getTransactionIsolation(), level.getKey(), "level by the driver");
            fails("25001", () -> db.setTransactionIsolation(Connection.TRANSACTION_NONE + 1));
            db.commit();
            db.setAutoCommit(true);
        }
        db.setReadOnly(true);
        db.setAutoCommit(false);
        fails("25006", () -> insert(9, 90));
        db.rollback();
        db.setReadOnly(false);
        db.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        for (boolean disturb : new boolean[] {true, false}) {
            Block add = () -> {
                int n = Integer.parseInt(text(db, "SELECT n FROM jdbc_tx WHERE id = 1"));
                if (disturb) {
                    try (Connection other = connect(third, ""); Statement s = other.createStatement()) {
                        s.execute("UPDATE jdbc_tx SET n = n + 100 WHERE id = 1");
                    }
                }
                run("UPDATE jdbc_tx SET n = " + (n + 1) + " WHERE id = 1");
                db.commit();
            };
            if (disturb) {
                fails("40001", add);
                db.rollback();
            } else {
                add.run();
            }
        }
        db.setAutoCommit(true);
        sees("1=111 3=30", "after a conflict");
    }

    /** The driver sets a savepoint before each statement, and returns to it after an error. */
    static void autosave(boolean cleanup, int id) throws SQLException {
        try (Connection saving = connect(here, "&autosave=always&cleanupSavepoints=" + cleanup)) {
            db = saving;
            db.setAutoCommit(false);
            insert(id, 0);
            fails("23505", () -> insert(1, 11));
            fails("22012", () -> run("SELECT 1/0"));
            fails("42P01", () -> run("SELECT * FROM nowhere"));
            insert(id + 1, 0);
            try {
                batch(id + 2, 1);
                throw new AssertionError("a batch with a duplicate");
            } catch (BatchUpdateException e) {
                check(e.getSQLState(), "23505", "the batch");
            }
            check(text(db, "SELECT count(*) FROM jdbc_tx WHERE id >= " + id), "2", "rows after errors");
            db.commit();
            sees("1=111 3=30 " + id + "=0 " + (id + 1) + "=0", "with autosave");
            run("DELETE FROM jdbc_tx WHERE id >= " + id);
            db.commit();
        }
    }

    /** A prepared statement stands a change of its table: the driver tries again. */
    static void replans() throws SQLException {
        try (Connection saving = connect(here, "&autosave=conservative&prepareThreshold=1")) {
            saving.setAutoCommit(false);
            try (PreparedStatement s = saving.prepareStatement("SELECT * FROM jdbc_tx WHERE id = 1")) {
                for (int columns : new int[] {2, 2, 2, 3}) {
                    if (columns == 3) {
                        try (Statement alter = saving.createStatement()) { alter.execute("ALTER TABLE jdbc_tx ADD COLUMN more int DEFAULT 5"); }
                    }
                    ResultSet r = s.executeQuery();
                    check(r.getMetaData().getColumnCount(), columns, "columns");
                    r.close();
                }
            }
            saving.rollback();
        }
    }

    public static void main(String[] args) throws Exception {
        here = args[0];
        there = args[1];
        third = args[2];
        db = connect(here, "");
        commits();
        savepoints();
        batches();
        levels();
        db.close();
        autosave(false, 30);
        autosave(true, 30);
        replans();
        System.out.println("all good");
    }
}
