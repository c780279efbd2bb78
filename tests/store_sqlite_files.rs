//! An SQLite keystore belongs to one process at a time, is no one else's to read, and
//! opens no file that is not its own.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod common;

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    sync::{Barrier, Mutex},
};

use common::{rng::SeededRng, talk::pickle_key, temporary::TemporaryFolder};
use necturus::store::{Keystore, SqliteBackend, SqliteError};
use rusqlite::Connection;

fn refused(path: &Path) -> SqliteError {
    let before = fs::read(path).unwrap();
    let error = SqliteBackend::open(path).unwrap_err();
    assert_eq!(fs::read(path).unwrap(), before);
    error
}

fn open(path: &Path) -> Keystore {
    let backend = SqliteBackend::open(path).unwrap();
    Keystore::open_with(&mut SeededRng::new(1), backend, &pickle_key()).unwrap()
}

fn put(keystore: &mut Keystore, name: &str, value: &[u8]) {
    let mut transaction = keystore.transaction();
    transaction.put_value(name, value);
    transaction.commit_with(&mut SeededRng::new(2)).unwrap();
}

#[test]
fn a_second_opening_in_this_process_is_refused() {
    let folder = TemporaryFolder::new();
    let path = folder.file("keystore");
    let first = SqliteBackend::open(&path).unwrap();
    assert_eq!(SqliteBackend::open(&path).unwrap_err(), SqliteError::InUse);
    // Another way to say the same file.
    fs::create_dir(folder.file("aside")).unwrap();
    let other = folder.file("aside").join("../keystore");
    assert_eq!(SqliteBackend::open(other).unwrap_err(), SqliteError::InUse);
    drop(first);
    let mut second = open(&path);
    put(&mut second, "a", b"1");
    assert_eq!(SqliteBackend::open(&path).unwrap_err(), SqliteError::InUse);
    // What was refused took no lock away.
    assert_eq!(SqliteBackend::open(&path).unwrap_err(), SqliteError::InUse);
}

const FILE: &str = "NECTURUS_TEST_FILE";

/// This test runs itself again, in a process that only tries to open the file.
#[test]
fn a_second_opening_in_another_process_is_refused() {
    if let Some(path) = env::var_os(FILE) {
        let error = SqliteBackend::open(path).err();
        println!("other process: {error:?}");
        return;
    }
    let folder = TemporaryFolder::new();
    let path = folder.file("keystore");
    let other_process = || {
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "a_second_opening_in_another_process_is_refused"])
            .arg("--nocapture")
            .env(FILE, &path)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let mut ours = open(&path);
    assert!(other_process().contains("other process: Some(InUse)"));
    put(&mut ours, "a", b"1");
    drop(ours);
    // Opened anew, and nothing written yet.
    let backend = SqliteBackend::open(&path).unwrap();
    assert!(other_process().contains("other process: Some(InUse)"));
    // Nor does an opening that failed in this process open the door.
    assert_eq!(SqliteBackend::open(&path).unwrap_err(), SqliteError::InUse);
    assert!(other_process().contains("other process: Some(InUse)"));
    drop(backend);
    assert!(other_process().contains("other process: None"));
}

#[test]
fn one_of_many_threads_that_create_a_file_gets_it() {
    let folder = TemporaryFolder::new();
    let path = folder.file("keystore");
    let start = Barrier::new(8);
    let opened = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                let backend = SqliteBackend::open(&path);
                // Kept, so that none opens after another has closed.
                opened.lock().unwrap().push(backend);
            });
        }
    });
    let opened = opened.into_inner().unwrap();
    assert_eq!(opened.iter().filter(|result| result.is_ok()).count(), 1);
    for error in opened.into_iter().filter_map(Result::err) {
        assert_eq!(error, SqliteError::InUse);
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TemporaryFolder::new();
    let path = folder.file("keystore");
    let mut keystore = open(&path);
    put(&mut keystore, "a", b"1");
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
        names.push(entry.file_name());
    }
    names.sort();
    assert_eq!(names, ["keystore", "keystore-wal"]);
    // Closed, it is one file.
    drop(keystore);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_no_database() {
    let folder = TemporaryFolder::new();
    let path = folder.file("text");
    fs::write(
        &path,
        "Not a database, but long enough for a header. ".repeat(9),
    )
    .unwrap();
    assert_eq!(refused(&path), SqliteError::NotADatabase);
    fs::write(&path, "short").unwrap();
    assert_eq!(refused(&path), SqliteError::NotADatabase);
}

#[test]
fn a_database_of_another_application() {
    let folder = TemporaryFolder::new();
    let path = folder.file("other");
    for (sql, application_id) in [
        ("CREATE TABLE theirs (a)", 0),
        ("PRAGMA user_version = 1", 0),
        ("PRAGMA application_id = 77", 77),
    ] {
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        let expected = SqliteError::OtherApplication { application_id };
        assert_eq!(refused(&path), expected, "{sql}");
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_file_of_a_newer_release() {
    let folder = TemporaryFolder::new();
    let path = folder.file("keystore");
    drop(open(&path));
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 2).unwrap();
    drop(connection);
    let expected = SqliteError::NewerSchema {
        version: 2,
        known: 1,
    };
    assert_eq!(refused(&path), expected);
}

#[test]
fn an_empty_file_is_set_up() {
    let folder = TemporaryFolder::new();
    let path = folder.file("keystore");
    fs::write(&path, b"").unwrap();
    put(&mut open(&path), "a", b"1");
    let value = open(&path).value("a").unwrap().unwrap();
    assert_eq!(*value, b"1");
}

#[test]
fn a_place_where_nothing_can_be_created() {
    let folder = TemporaryFolder::new();
    let missing = folder.file("missing").join("keystore");
    assert_eq!(
        SqliteBackend::open(missing).unwrap_err(),
        SqliteError::Io(std::io::ErrorKind::NotFound)
    );
    let error = SqliteBackend::open(folder.path()).unwrap_err();
    assert!(matches!(error, SqliteError::Failed { .. }), "{error:?}");
    let error = SqliteBackend::open("").unwrap_err();
    assert!(matches!(error, SqliteError::Io(_)), "{error:?}");
}

#[test]
fn code_in_the_file_does_not_run() {
    let folder = TemporaryFolder::new();
    let path = folder.file("keystore");
    put(&mut open(&path), "a", b"1");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("CREATE TRIGGER theirs AFTER INSERT ON record BEGIN DELETE FROM record; END")
        .unwrap();
    drop(connection);
    let mut keystore = open(&path);
    put(&mut keystore, "b", b"2");
    assert_eq!(*keystore.value("a").unwrap().unwrap(), b"1");
    assert_eq!(*keystore.value("b").unwrap().unwrap(), b"2");
}

#[test]
fn what_was_deleted_or_replaced_is_not_in_a_file_that_is_closed() {
    let folder = TemporaryFolder::new();
    let path = folder.file("keystore");
    // As it is stored: over one page and over several.
    let sealed = |name: &[u8]| -> Vec<u8> {
        let connection = Connection::open(&path).unwrap();
        let sql = "SELECT value FROM record WHERE key = ?1";
        let value = connection.query_row(sql, [[&[5], name].concat()], |row| row.get(0));
        value.unwrap()
    };
    let holds = |sealed: &[u8]| {
        let part = &sealed[sealed.len() - 64..];
        let file = fs::read(&path).unwrap();
        file.windows(part.len()).any(|window| window == part)
    };
    let mut keystore = open(&path);
    put(&mut keystore, "short", &[1; 100]);
    put(&mut keystore, "long", &[2; 20_000]);
    drop(keystore);
    let (short, long) = (sealed(b"short"), sealed(b"long"));
    assert!(holds(&short) && holds(&long));

    let mut keystore = open(&path);
    put(&mut keystore, "short", &[3; 100]);
    let mut transaction = keystore.transaction();
    transaction.delete_value("long");
    transaction.commit_with(&mut SeededRng::new(3)).unwrap();
    drop(keystore);
    assert!(!holds(&short) && !holds(&long));
}
