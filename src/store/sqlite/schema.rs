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
