//! The key folder: one file a programme, and the id that pairs the folder with its data.

use crate::content_key::{CONTENT_KEY_BYTES, ContentKey, Tag, tag_under};
use aws_lc_rs::{hmac, rand};
use data_encoding::HEXLOWER;
use kkanbu_model::{ProgrammeId, Secret};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const SERVER_ID_FILE: &str = "server-id";
const KEY_EXTENSION: &str = "content-key";

/// Random id that a key folder and the data it belongs to share, so that a wrong pair is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerId([u8; 16]);

impl ServerId {
    /// A new random id.
    pub fn generate() -> Result<Self, FolderError> {
        let mut bytes = [0; 16];
        rand::fill(&mut bytes).map_err(|_| FolderError::NoRandom)?;
        Ok(Self(bytes))
    }

    /// The id of these bytes, as a database gives them back.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The keyed hash of `parts` for one purpose: a name that says nothing to whoever does not have the id.
    pub fn tag(&self, purpose: &str, parts: &[&[u8]]) -> Tag {
        tag_under(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), purpose, parts)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Why the key folder can't be used. Each message says where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is no key folder here.
    #[error("{0} is not a key folder: there is no file server-id in it; if this is the first start, run `kkanbu init`")]
    NotAFolder(PathBuf),
    /// There is a key folder already.
    #[error("{0} already holds keys; they are never overwritten")]
    AlreadyThere(PathBuf),
    /// A programme's key is gone.
    #[error(
        "the content key of programme {programme} is missing: {path}; without it nothing that its members wrote can be read, so restore the file"
    )]
    Missing {
        /// Whose.
        programme: ProgrammeId,
        /// Where it should be.
        path: PathBuf,
    },
    /// The programme has ended.
    #[error("programme {0} has ended and its key was destroyed; give a new programme another id")]
    Ended(ProgrammeId),
    /// A key file has the wrong length or content.
    #[error("{0} is not a key file of this version: it may be cut short; restore it")]
    Damaged(PathBuf),
    /// Others than the owner may read it.
    #[error("{0} can be read by others (mode {1:o}); run chmod go-rwx on it")]
    TooOpen(PathBuf, u32),
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// No random bytes.
    #[error("the operating system gives no random bytes")]
    NoRandom,
}

/// The folder with the content keys, open.
#[derive(Debug, Clone)]
pub struct KeyFolder {
    path: PathBuf,
    server: ServerId,
}

impl KeyFolder {
    /// Makes a new key folder, readable by its owner alone.
    pub fn create(path: &Path) -> Result<Self, FolderError> {
        let id_file = path.join(SERVER_ID_FILE);
        if id_file.exists() {
            return Err(FolderError::AlreadyThere(path.into()));
        }
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| io_at(path, source))?;
        let server = ServerId::generate()?;
        write_new(&id_file, HEXLOWER.encode(server.as_bytes()).as_bytes())?;
        Ok(Self { path: path.into(), server })
    }

    /// Opens a key folder that is there.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let id_file = path.join(SERVER_ID_FILE);
        if !id_file.is_file() {
            return Err(FolderError::NotAFolder(path.into()));
        }
        refuse_if_open_to_others(path)?;
        let text = read_private(&id_file)?;
        let bytes = HEXLOWER.decode(&text).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Self { path: path.into(), server: ServerId(bytes.ok_or(FolderError::Damaged(id_file))?) })
    }

    /// The id that the data must carry too.
    pub const fn server_id(&self) -> ServerId {
        self.server
    }

    /// Makes a programme's content key and stores it durably.
    pub fn create_content_key(&self, programme: &ProgrammeId) -> Result<ContentKey, FolderError> {
        if self.is_destroyed(programme) {
            return Err(FolderError::Ended(programme.clone()));
        }
        let key = ContentKey::generate().map_err(|_| FolderError::NoRandom)?;
        write_new(&self.file(programme), key.secret().expose_secret())?;
        Ok(key)
    }

    /// Reads a programme's content key.
    pub fn content_key(&self, programme: &ProgrammeId) -> Result<ContentKey, FolderError> {
        let path = self.file(programme);
        if self.is_destroyed(programme) {
            return Err(FolderError::Ended(programme.clone()));
        }
        if !path.exists() {
            return Err(FolderError::Missing { programme: programme.clone(), path });
        }
        let bytes = read_private(&path)?;
        let secret: [u8; CONTENT_KEY_BYTES] =
            bytes.as_slice().try_into().map_err(|_| FolderError::Damaged(path.clone()))?;
        ContentKey::from_secret(Secret::new(secret)).map_err(|_| FolderError::Damaged(path))
    }

    /// Destroys a programme's content key: leaves a mark that it ended, overwrites the key and removes the file. Nothing of the
    /// programme can be read after, and it can't be made again. Destroying it again does nothing.
    pub fn destroy(&self, programme: &ProgrammeId) -> Result<(), FolderError> {
        if !self.is_destroyed(programme) {
            write_new(&self.mark(programme), b"ended")?;
        }
        let path = self.file(programme);
        if !path.exists() {
            return Ok(());
        }
        let mut file = OpenOptions::new().write(true).open(&path).map_err(|source| io_at(&path, source))?;
        file.write_all(&[0; CONTENT_KEY_BYTES])
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::remove_file(&path))
            .and_then(|()| sync_folder(&path))
            .map_err(|source| io_at(&path, source))
    }

    /// Whether there is a content key of any programme.
    pub fn has_content_keys(&self) -> Result<bool, FolderError> {
        let files = fs::read_dir(&self.path).map_err(|source| io_at(&self.path, source))?;
        let is_key = |path: &Path| path.extension().is_some_and(|extension| extension == KEY_EXTENSION);
        Ok(files.filter_map(Result::ok).any(|file| is_key(&file.path())))
    }

    /// Whether the programme's key was destroyed on purpose, so that its absence is no accident.
    pub fn is_destroyed(&self, programme: &ProgrammeId) -> bool {
        self.mark(programme).exists()
    }

    fn mark(&self, programme: &ProgrammeId) -> PathBuf {
        self.path.join(format!("{programme}.ended"))
    }

    fn file(&self, programme: &ProgrammeId) -> PathBuf {
        self.path.join(format!("{programme}.{KEY_EXTENSION}"))
    }
}

fn io_at(path: &Path, source: io::Error) -> FolderError {
    FolderError::Io { path: path.into(), source }
}

/// Writes a file that must not be there yet, and returns when it would survive a power cut. It appears whole or not at all.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let partial = path.with_extension("partial");
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        // A hard link, unlike a rename, never replaces a key that is there.
        fs::hard_link(&partial, path)?;
        fs::remove_file(&partial)?;
        sync_folder(path)
    };
    write().map_err(|source| {
        if source.kind() == io::ErrorKind::AlreadyExists {
            FolderError::AlreadyThere(path.into())
        } else {
            io_at(path, source)
        }
    })
}

fn sync_folder(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, FolderError> {
    refuse_if_open_to_others(path)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(CONTENT_KEY_BYTES * 2));
    File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(|source| io_at(path, source))?;
    Ok(bytes)
}

fn refuse_if_open_to_others(path: &Path) -> Result<(), FolderError> {
    let mode = fs::metadata(path).map_err(|source| io_at(path, source))?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(FolderError::TooOpen(path.into(), mode)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programme() -> ProgrammeId {
        ProgrammeId::new("anyang-2022").unwrap()
    }

    fn folder() -> (tempfile::TempDir, KeyFolder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = KeyFolder::create(&dir.path().join("keys")).unwrap();
        (dir, folder)
    }

    #[test]
    fn a_key_is_read_back_after_a_restart() {
        let (_dir, folder) = folder();
        let sealed = folder.create_content_key(&programme()).unwrap().seal(b"", b"x").unwrap();
        let again = KeyFolder::open(&folder.path).unwrap();
        assert_eq!(again.server_id(), folder.server_id());
        assert_eq!(again.content_key(&programme()).unwrap().open(b"", &sealed).unwrap(), b"x");
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let (_dir, folder) = folder();
        folder.create_content_key(&programme()).unwrap();
        assert!(matches!(folder.create_content_key(&programme()), Err(FolderError::AlreadyThere(_))));
        assert!(matches!(KeyFolder::create(&folder.path), Err(FolderError::AlreadyThere(_))));
    }

    #[test]
    fn missing_damaged_and_open_keys_are_told_apart() {
        let (_dir, folder) = folder();
        assert!(matches!(folder.content_key(&programme()), Err(FolderError::Missing { .. })));
        folder.create_content_key(&programme()).unwrap();
        let file = folder.file(&programme());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(folder.content_key(&programme()), Err(FolderError::TooOpen(..))));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        OpenOptions::new().write(true).open(&file).unwrap().set_len(7).unwrap();
        assert!(matches!(folder.content_key(&programme()), Err(FolderError::Damaged(_))));
    }

    #[test]
    fn a_destroyed_key_stays_destroyed() {
        let (_dir, folder) = folder();
        folder.create_content_key(&programme()).unwrap();
        folder.destroy(&programme()).unwrap();
        folder.destroy(&programme()).unwrap();
        assert!(matches!(folder.content_key(&programme()), Err(FolderError::Ended(_))));
        assert!(matches!(folder.create_content_key(&programme()), Err(FolderError::Ended(_))));
        assert!(!folder.file(&programme()).exists());
    }

    #[test]
    fn an_empty_folder_is_not_taken_for_a_key_folder() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(KeyFolder::open(dir.path()), Err(FolderError::NotAFolder(_))));
    }
}
