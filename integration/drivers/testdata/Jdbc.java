import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;
import org.postgresql.util.PSQLException;

/** JDBC: the extended protocol, server-prepared statements, fetch size, batches, metadata. */
public class Jdbc {
    static Connection db;

    static void check(Object got, Object want, String what) {
        if (!Objects.equals(got, want)) throw new AssertionError(what + ": got " + got + ", want " + want);
    }

    static PSQLException fails(String sql, Object... params) throws SQLException {
        try (PreparedStatement s = db.prepareStatement(sql)) {
            for (int i = 0; i < params.length; i++) s.setObject(i + 1, params[i]);
            s.execute();
        } catch (PSQLException e) {
            return e;
        }
        throw new AssertionError("no error from " + sql);
    }

    static void run(String sql) throws SQLException {
        try (Statement s = db.createStatement()) { s.execute(sql); }
    }

    static PGobject object(String type, String value) throws SQLException {
        PGobject o = new PGobject();
        o.setType(type);
        o.setValue(value);
        return o;
    }

    static void types(String columns) throws SQLException {
        run("DROP TABLE IF EXISTS jdbc_all");
        run("CREATE TABLE jdbc_all (" + columns + ")");
        String marks = String.join(", ", Collections.nCopies(24, "?"));
        UUID uuid = UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
        LocalDateTime ts = LocalDateTime.of(1999, 12, 31, 23, 59, 59, 1000);
        OffsetDateTime tz = OffsetDateTime.of(2024, 2, 29, 12, 34, 56, 789012000, ZoneOffset.UTC);
        try (PreparedStatement s = db.prepareStatement("INSERT INTO jdbc_all VALUES (" + marks + ")")) {
            s.setInt(1, 1); s.setShort(2, Short.MIN_VALUE); s.setInt(3, Integer.MIN_VALUE); s.setLong(4, Long.MAX_VALUE);
            s.setFloat(5, 1.5f); s.setDouble(6, 0.1); s.setBigDecimal(7, new BigDecimal("-123456789.123")); s.setBoolean(8, true);
            s.setString(9, "it's \\ ünïcode ☃"); s.setString(10, "varchar"); s.setString(11, "abc"); s.setBytes(12, new byte[] {0, -1, 39, 92});
            s.setObject(13, uuid); s.setObject(14, LocalDate.of(2024, 2, 29)); s.setObject(15, LocalTime.of(12, 34, 56, 789012000));
            s.setObject(16, ts); s.setObject(17, tz); s.setObject(18, object("interval", "1 year 2 mons 3 days 04:05:06.7"));
            s.setObject(19, object("json", "{\"a\": [1, null]}")); s.setObject(20, object("jsonb", "{\"b\": {\"c\": 1.5}}"));
            s.setArray(21, db.createArrayOf("int4", new Integer[] {1, null, 3}));
            s.setArray(22, db.createArrayOf("text", new String[] {"a", "b c", "q\"uote", "", null}));
            s.setObject(23, object("name", "name")); s.setObject(24, 4294967295L, Types.BIGINT);
            check(s.executeUpdate(), 1, "inserted");
        }
        try (PreparedStatement s = db.prepareStatement("SELECT * FROM jdbc_all WHERE id = ?")) {
            for (int round = 0; round < 8; round++) { // from the sixth on server-prepared, in binary
                s.setInt(1, 1);
                ResultSet r = s.executeQuery();
                if (!r.next()) throw new AssertionError("no row");
                check(r.getShort(2), Short.MIN_VALUE, "int2"); check(r.getInt(3), Integer.MIN_VALUE, "int4"); check(r.getLong(4), Long.MAX_VALUE, "int8");
                check(r.getFloat(5), 1.5f, "float4"); check(r.getDouble(6), 0.1, "float8"); check(r.getBigDecimal(7), new BigDecimal("-123456789.123"), "numeric");
                check(r.getBoolean(8), true, "bool"); check(r.getString(9), "it's \\ ünïcode ☃", "text"); check(r.getString(10), "varchar", "varchar");
                check(r.getString(11), "abc  ", "char"); check(Arrays.toString(r.getBytes(12)), "[0, -1, 39, 92]", "bytea");
                check(r.getObject(13), uuid, "uuid"); check(r.getObject(14, LocalDate.class), LocalDate.of(2024, 2, 29), "date");
                check(r.getObject(15, LocalTime.class), LocalTime.of(12, 34, 56, 789012000), "time");
                check(r.getObject(16, LocalDateTime.class), ts, "timestamp");
                check(r.getObject(17, OffsetDateTime.class).toInstant(), tz.toInstant(), "timestamptz");
                check(r.getObject(18), new PGInterval("1 year 2 mons 3 days 04:05:06.7"), "interval");
                check(r.getString(19), "{\"a\": [1, null]}", "json"); check(r.getString(20), "{\"b\": {\"c\": 1.5}}", "jsonb");
                check(Arrays.toString((Object[]) r.getArray(21).getArray()), "[1, null, 3]", "int[]");
                check(Arrays.toString((Object[]) r.getArray(22).getArray()), "[a, b c, q\"uote, , null]", "text[]");
                check(r.getString(23), "name", "name"); check(r.getLong(24), 4294967295L, "oid");
            }
            ResultSetMetaData m = s.getMetaData();
            check(m.getColumnCount(), 24, "columns");
            check(m.getPrecision(7), 12, "precision of numeric");
            check(m.getColumnTypeName(10), "varchar", "type name");
            check(m.getTableName(1), "jdbc_all", "table name");
        }
        try (PreparedStatement s = db.prepareStatement("INSERT INTO jdbc_all VALUES (" + marks + ")")) {
            s.setInt(1, 2);
            for (int i = 2; i <= 24; i++) s.setNull(i, Types.NULL);
            s.executeUpdate();
        }
        try (ResultSet r = db.getMetaData().getColumns(null, "public", "jdbc_all", "%")) {
            int n = 0;
            while (r.next()) n++;
            check(n, 24, "columns by the metadata");
        }
        try (ResultSet r = db.getMetaData().getPrimaryKeys(null, "public", "jdbc_all")) {
            check(r.next(), true, "primary key");
            check(r.getString("COLUMN_NAME"), "id", "primary key");
        }
    }

    static void batches() throws Exception {
        run("DROP TABLE IF EXISTS jdbc_batch");
        run("CREATE TABLE jdbc_batch (a int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, b text NOT NULL)");
        try (PreparedStatement s = db.prepareStatement("INSERT INTO jdbc_batch (b) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
            s.setString(1, "first");
            s.executeUpdate();
            ResultSet keys = s.getGeneratedKeys();
            keys.next();
            check(keys.getInt(1), 1, "generated key");
        }
        try (PreparedStatement s = db.prepareStatement("INSERT INTO jdbc_batch VALUES (?, ?)")) {
            for (int i = 100; i < 400; i++) { s.setInt(1, i); s.setString(2, "b" + i); s.addBatch(); }
            check(s.executeBatch().length, 300, "batch");
        }
        try (PreparedStatement s = db.prepareStatement("INSERT INTO jdbc_batch VALUES (?, ?)")) {
            for (int i : new int[] {500, 501, 100, 502}) { s.setInt(1, i); s.setString(2, "x"); s.addBatch(); }
            s.executeBatch();
            throw new AssertionError("the batch did not fail");
        } catch (BatchUpdateException e) {
            check(e.getSQLState(), "23505", "batch");
        }
        db.setAutoCommit(false);
        try (Statement s = db.createStatement()) {
            s.setFetchSize(50); // a portal that is suspended
            ResultSet r = s.executeQuery("SELECT a, b FROM jdbc_batch WHERE a >= 100 ORDER BY a");
            int n = 0;
            while (r.next()) check(r.getInt(1), 100 + n++, "fetched");
            check(n, 300, "fetched rows");
        }
        db.commit();
        var copy = db.unwrap(PGConnection.class).getCopyAPI();
        check(copy.copyIn("COPY jdbc_batch FROM STDIN WITH (FORMAT csv)", new StringReader("1000,\"a,b\"\n1001,c\n")), 2L, "copied in");
        StringWriter out = new StringWriter();
        copy.copyOut("COPY (SELECT * FROM jdbc_batch WHERE a >= 1000 ORDER BY a) TO STDOUT", out);
        check(out.toString(), "1000\ta,b\n1001\tc\n", "copied out");
        db.rollback();
    }

    static void transactions() throws SQLException {
        run("INSERT INTO jdbc_batch VALUES (6000, 'kept')");
        Savepoint s = db.setSavepoint("s");
        PSQLException e = fails("INSERT INTO jdbc_batch VALUES (?, 'again')", 6000);
        check(e.getSQLState(), "23505", "duplicate");
        check(e.getServerErrorMessage().getConstraint(), "jdbc_batch_pkey", "constraint");
        check(fails("SELECT 1").getSQLState(), "25P02", "failed block");
        db.rollback(s);
        db.commit();
        run("INSERT INTO jdbc_batch VALUES (6001, 'lost')");
        db.rollback();
        try (ResultSet r = db.createStatement().executeQuery("SELECT count(*) FROM jdbc_batch WHERE a >= 6000")) {
            r.next();
            check(r.getInt(1), 1, "rows after commit and rollback");
        }
        db.commit();
        db.setAutoCommit(true);
        e = fails("SELECT 1 FROM FROM x");
        check(e.getSQLState(), "42601", "syntax");
        check(e.getServerErrorMessage().getPosition(), 15, "position");
        check(fails("SELECT CAST(? AS int)", "x").getSQLState(), "22P02", "invalid text");
        e = fails("INSERT INTO jdbc_batch VALUES (?, NULL)", 7000);
        check(e.getSQLState(), "23502", "not null");
        check(e.getServerErrorMessage().getColumn(), "b", "column");
        db.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        db.setReadOnly(true);
        db.setAutoCommit(false); // the driver tells the server in its next BEGIN
        check(fails("DELETE FROM jdbc_batch").getSQLState(), "25006", "read only");
    }

    public static void main(String[] args) throws Exception {
        String url = "jdbc:postgresql://" + args[0] + ":" + args[1] + "/postgres?user=postgres&sslmode=disable";
        db = DriverManager.getConnection(url);
        types(args[2]);
        batches();
        transactions();
        db.close();
        db = DriverManager.getConnection(url + "&preferQueryMode=simple");
        try (PreparedStatement s = db.prepareStatement("SELECT b FROM jdbc_batch WHERE a = ?")) {
            s.setInt(1, 6000);
            ResultSet r = s.executeQuery();
            r.next();
            check(r.getString(1), "kept", "after reconnecting");
        }
        System.out.println("all good");
    }
}
