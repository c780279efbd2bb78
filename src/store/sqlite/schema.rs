//! The tables, and how they came to be.

use rusqlite::{Connection, TransactionBehavior};

use super::error::SqliteError;

/// "nect": tells our files from those of other applications.
const APPLICATION_ID: i32 = 0x6E65_6374;

/// `STEPS[n]` makes schema version `n + 1` of version `n`; version 0 is an empty
/// file. A step that a release had is never changed.
pub(super) const STEPS: &[&str] = &[
    // Values of 1 KiB make a table with row ids a third of one without, and three
    // times as fast to read. The generation counts batches: with it, two processes
    // that share a file could tell that it moved on.
    "CREATE TABLE record (key BLOB NOT NULL PRIMARY KEY, value BLOB NOT NULL);
     CREATE TABLE generation (number INTEGER NOT NULL);
     INSERT INTO generation VALUES (0);",
];

/// Whether the file is ours, or empty, and none of a newer release. Reads only.
pub(super) fn check(connection: &Connection, steps: &[&str]) -> Result<(), SqliteError> {
    let application_id = pragma(connection, "application_id")?;
    let version = version(connection)?;
    let empty: bool = connection.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)",
        (),
        |row| row.get(0),
    )?;
    let untouched = application_id == 0 && version == 0 && empty;
    if application_id != APPLICATION_ID && !untouched {
        return Err(SqliteError::OtherApplication { application_id });
    }
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    if version > known {
        return Err(SqliteError::NewerSchema { version, known });
    }
    Ok(())
}

/// Takes the steps that the file has not taken, each in a transaction with the
/// version that it makes.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<(), SqliteError> {
    let taken = version(connection)?;
    for (version, step) in (1_u32..).zip(steps) {
        if version <= taken {
            continue;
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<u32, SqliteError> {
    u32::try_from(pragma(connection, "user_version")?).map_err(|_| SqliteError::Damaged)
}

fn pragma(connection: &Connection, name: &str) -> Result<i32, SqliteError> {
    Ok(connection.pragma_query_value(None, name, |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use alloc::{string::String, vec::Vec};

    use super::*;

    /// Version 1, with a record in it.
    fn first() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, STEPS).unwrap();
        connection
            .execute("INSERT INTO record VALUES (x'01', x'02')", ())
            .unwrap();
        connection
    }

    /// All that is in the database: its header's fields, its tables, its records.
    fn contents(connection: &Connection) -> (u32, i32, Vec<String>) {
        let sql = "SELECT quote(sql) FROM sqlite_schema
                   UNION ALL SELECT quote(key) || quote(value) FROM record";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map((), |row| row.get(0)).unwrap();
        (
            version(connection).unwrap(),
            pragma(connection, "application_id").unwrap(),
            rows.map(Result::unwrap).collect(),
        )
    }

    #[test]
    fn an_empty_database_takes_all_steps() {
        let mut connection = Connection::open_in_memory().unwrap();
        check(&connection, STEPS).unwrap();
        migrate(&mut connection, STEPS).unwrap();
        check(&connection, STEPS).unwrap();
        assert_eq!(version(&connection).unwrap(), 1);
        assert_eq!(
            pragma(&connection, "application_id").unwrap(),
            APPLICATION_ID
        );
    }

    #[test]
    fn an_older_database_takes_the_steps_it_lacks() {
        let mut connection = first();
        let steps = [
            STEPS[0],
            "ALTER TABLE record ADD COLUMN third",
            "CREATE TABLE more (a)",
        ];
        check(&connection, &steps).unwrap();
        migrate(&mut connection, &steps).unwrap();
        assert_eq!(version(&connection).unwrap(), 3);
        let value: Vec<u8> = connection
            .query_row("SELECT value FROM record WHERE third IS NULL", (), |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(value, [2]);
        // A release without these steps keeps away.
        let newer = SqliteError::NewerSchema {
            version: 3,
            known: 1,
        };
        assert_eq!(check(&connection, STEPS), Err(newer));
        // Once is enough.
        let before = contents(&connection);
        migrate(&mut connection, &steps).unwrap();
        assert_eq!(contents(&connection), before);
    }

    #[test]
    fn a_step_that_fails_leaves_everything_as_it_was() {
        let mut connection = first();
        let before = contents(&connection);
        let fails = "DELETE FROM record; CREATE TABLE more (a); INSERT INTO nowhere VALUES (1)";
        let error = migrate(&mut connection, &[STEPS[0], fails]);
        assert!(
            matches!(error, Err(SqliteError::Failed { .. })),
            "{error:?}"
        );
        assert_eq!(contents(&connection), before);
        // What came before it is done, and is not done again.
        let mut connection = first();
        let second = "CREATE TABLE more (a)";
        assert!(migrate(&mut connection, &[STEPS[0], second, fails]).is_err());
        assert_eq!(version(&connection).unwrap(), 2);
        migrate(&mut connection, &[STEPS[0], second, "DROP TABLE more"]).unwrap();
        assert_eq!(version(&connection).unwrap(), 3);
    }
}
