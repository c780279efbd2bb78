//! What can go wrong with an SQLite file.

use core::fmt;
use std::io;

use rusqlite::ErrorCode;

/// Why an SQLite file was not opened, read or written. From an operation of a
/// keystore it comes as the source of a
/// [`BackendError`](crate::store::BackendError).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SqliteError {
    /// The file is open already, or another process opens it at this moment.
    InUse,
    /// The file is there and no SQLite database.
    NotADatabase,
    /// The file is an SQLite database of another application.
    OtherApplication {
        /// The application id in it; 0 if it has none.
        application_id: i32,
    },
    /// The file was written by a newer release.
    NewerSchema {
        /// The version of its schema.
        version: u32,
        /// The newest that this release knows.
        known: u32,
    },
    /// The file contradicts itself.
    Damaged,
    /// The file could not be created.
    Io(io::ErrorKind),
    /// SQLite failed: the disk is full, the file may not be written, and the like.
    Failed {
        /// SQLite's extended result code (sqlite.org/rescode.html).
        code: i32,
    },
}

impl fmt::Display for SqliteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse => f.write_str("the keystore's file is in use"),
            Self::NotADatabase => f.write_str("the file is no SQLite database"),
            Self::OtherApplication { application_id } => {
                write!(f, "the file is of another application: {application_id:#x}")
            }
            Self::NewerSchema { version, known } => {
                write!(f, "the file has schema {version}, newer than {known}")
            }
            Self::Damaged => f.write_str("the keystore's file is damaged"),
            Self::Io(kind) => write!(f, "the file could not be created: {kind}"),
            Self::Failed { code } => write!(f, "SQLite failed with code {code}"),
        }
    }
}

impl core::error::Error for SqliteError {}

impl From<rusqlite::Error> for SqliteError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(error, _) => match error.code {
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::InUse,
                ErrorCode::NotADatabase => Self::NotADatabase,
                ErrorCode::DatabaseCorrupt => Self::Damaged,
                _ => Self::Failed {
                    code: error.extended_code,
                },
            },
            // All others say that the file does not hold what the schema says.
            _ => Self::Damaged,
        }
    }
}

impl From<io::Error> for SqliteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.kind())
    }
}
