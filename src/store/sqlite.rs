//! A backend in an SQLite file.

mod error;
mod schema;

use alloc::vec::Vec;
use core::{fmt, time::Duration};
use std::{
    fs::OpenOptions,
    io::ErrorKind,
    path::Path,
    sync::{Mutex, PoisonError},
};

use rusqlite::{
    Connection, OpenFlags, OptionalExtension, TransactionBehavior, config::DbConfig, limits::Limit,
};

pub use error::SqliteError;

use super::backend::{Backend, BackendError, Batch};

/// Bytes in a row at most: more than the keystore writes, and what a forged file
/// can make us allocate.
const MAX_ROW_LENGTH: i32 = 80 << 20;

/// What every connection is set to, before anything is read.
///
/// Exclusive: SQLite keeps its lock until the file is closed, and its index of the
/// log in memory instead of in a third file.
const BEFORE_READING: &str = "
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA temp_store = MEMORY;
";

/// What a file of ours is set to.
///
/// A write-ahead log, as a batch then waits for the disk once, and with a rollback
/// journal several times: 3.7 ms against 18.5 for 1 KiB on a busy disk, 0.13 against
/// 0.48 on an idle one. It has a hundred pages, because what was replaced or deleted
/// stays in it until it is written over. `FULL` waits with each batch: without, the
/// last ones could be lost, and a session that goes back to an older state reuses
/// keys.
const BEFORE_WRITING: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA wal_autocheckpoint = 100;
    PRAGMA journal_size_limit = 409600;
";

/// Held while a file is opened, so that of two openings in this process one succeeds,
/// and see [`create_private`].
static OPENING: Mutex<()> = Mutex::new(());

/// Keeps everything in one SQLite file, behind the feature `sqlite`.
///
/// A batch is one transaction and is on the disk when [`write`](Backend::write)
/// returns. The file belongs to one `SqliteBackend` until that is dropped; a second
/// opening, by this or any other process, is [`SqliteError::InUse`]. While it is
/// open there is a second file beside it, named `…-wal`, which is part of it.
///
/// Do not open the file by other means in the same process, not even to copy it:
/// closing it again would take the lock away (a flaw of POSIX locks).
///
/// ```
/// use necturus::store::{SqliteBackend, SqliteError};
///
/// # let name = format!("necturus-doc-{}.sqlite", std::process::id());
/// # let path = std::env::temp_dir().join(name);
/// let backend = SqliteBackend::open(&path)?;
/// assert_eq!(SqliteBackend::open(&path).err(), Some(SqliteError::InUse));
/// # drop(backend);
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SqliteBackend {
    connection: Connection,
}

impl SqliteBackend {
    /// Opens a file, or creates it: on Unix so that only its owner may read it. The
    /// directory must be there.
    ///
    /// # Errors
    /// - [`SqliteError::InUse`] if it is open already.
    /// - [`SqliteError::NotADatabase`], [`SqliteError::OtherApplication`],
    ///   [`SqliteError::NewerSchema`] and [`SqliteError::Damaged`] if it is no file
    ///   that this release can use; it is left as it was.
    /// - [`SqliteError::Io`] and [`SqliteError::Failed`] if the system does not let us.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SqliteError> {
        // Absolute, as SQLite gives a meaning to "", ":memory:" and "file:".
        let path = std::path::absolute(path)?;
        let _opening = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        create_private(&path)?;
        let mut connection = Connection::open_with_flags(
            &path,
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX
                | OpenFlags::SQLITE_OPEN_EXRESCODE,
        )?;
        connection.busy_timeout(Duration::ZERO)?;
        // Whoever made the file may have put code into it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_ROW_LENGTH)?;
        connection.execute_batch(BEFORE_READING)?;
        schema::check(&connection, schema::STEPS)?;
        connection.execute_batch(BEFORE_WRITING)?;
        schema::migrate(&mut connection, schema::STEPS)?;
        Ok(Self { connection })
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, SqliteError> {
        let value =
            self.connection
                .query_row("SELECT value FROM record WHERE key = ?1", [key], |row| {
                    row.get(0)
                });
        Ok(value.optional()?)
    }

    fn keys_from(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, SqliteError> {
        let mut statement = self
            .connection
            .prepare("SELECT key FROM record WHERE key >= ?1 ORDER BY key")?;
        let mut rows = statement.query([prefix])?;
        let mut keys = Vec::new();
        // Found in an index that is in order, so no row is read in vain.
        while let Some(row) = rows.next()? {
            let key: Vec<u8> = row.get(0)?;
            if !key.starts_with(prefix) {
                break;
            }
            keys.push(key);
        }
        Ok(keys)
    }

    fn write_all(&mut self, batch: &Batch) -> Result<(), SqliteError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut put = transaction.prepare(
                "INSERT INTO record (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?;
            let mut delete = transaction.prepare("DELETE FROM record WHERE key = ?1")?;
            for (key, value) in batch.iter() {
                match value {
                    Some(value) => put.execute((key, value))?,
                    None => delete.execute([key])?,
                };
            }
        }
        let moved = transaction.execute("UPDATE generation SET number = number + 1", ())?;
        if moved != 1 {
            return Err(SqliteError::Damaged);
        }
        Ok(transaction.commit()?)
    }
}

impl Backend for SqliteBackend {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, BackendError> {
        self.value(key).map_err(BackendError::new)
    }

    fn keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, BackendError> {
        self.keys_from(prefix).map_err(BackendError::new)
    }

    fn write(&mut self, batch: &Batch) -> Result<(), BackendError> {
        self.write_all(batch).map_err(BackendError::new)
    }
}

impl fmt::Debug for SqliteBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteBackend").finish_non_exhaustive()
    }
}

/// Creates an empty file that others may not read, if there is none.
///
/// One that is there is not opened here, since closing it would release the locks
/// that SQLite holds on it for the whole process. That nobody in this process locks
/// the new one before it is closed is why callers hold [`OPENING`].
fn create_private(path: &Path) -> Result<(), SqliteError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_full() {
        let name = alloc::format!("necturus-test-full-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut backend = SqliteBackend::open(&path).unwrap();
        let mut first = Batch::new();
        first.put(b"a".to_vec(), b"1".to_vec());
        backend.write_all(&first).unwrap();
        let limit = |backend: &SqliteBackend, pages| {
            let pragma =
                backend
                    .connection
                    .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()));
            pragma.unwrap();
        };
        limit(&backend, 8);
        let mut second = Batch::new();
        second.put(b"a".to_vec(), b"2".to_vec());
        second.put(b"b".to_vec(), alloc::vec![0; 100_000]);
        // SQLITE_FULL
        let full = SqliteError::Failed { code: 13 };
        assert_eq!(backend.write_all(&second), Err(full));
        assert_eq!(backend.value(b"a").unwrap().unwrap(), b"1");
        assert_eq!(backend.value(b"b").unwrap(), None);

        limit(&backend, 1000);
        backend.write_all(&second).unwrap();
        drop(backend);
        let backend = SqliteBackend::open(&path).unwrap();
        assert_eq!(backend.value(b"a").unwrap().unwrap(), b"2");
        assert_eq!(backend.value(b"b").unwrap().unwrap().len(), 100_000);
        drop(backend);
        std::fs::remove_file(path).unwrap();
    }
}
