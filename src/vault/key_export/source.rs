//! Where a file is read from, twice.

/// Why reading failed: never, without an operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SourceError {
    #[cfg(feature = "std")]
    Io(std::io::ErrorKind),
}

/// A file that can be read from its start again.
pub(super) trait Source {
    /// Goes back to the start.
    fn rewind(&mut self) -> Result<(), SourceError>;
    /// Fills the buffer as far as the file goes; zero is the end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SourceError>;
}

/// A file in memory.
pub(super) struct Slice<'a> {
    whole: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Slice<'a> {
    pub(super) const fn new(whole: &'a [u8]) -> Self {
        Self { whole, rest: whole }
    }
}

impl Source for Slice<'_> {
    fn rewind(&mut self) -> Result<(), SourceError> {
        self.rest = self.whole;
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SourceError> {
        let length = buffer.len().min(self.rest.len());
        if let (Some((now, later)), Some(buffer)) =
            (self.rest.split_at_checked(length), buffer.get_mut(..length))
        {
            buffer.copy_from_slice(now);
            self.rest = later;
        }
        Ok(length)
    }
}

/// A file of the operating system, from where its reader stands.
#[cfg(feature = "std")]
pub(super) struct Stream<R> {
    reader: R,
    start: u64,
}

#[cfg(feature = "std")]
impl<R: std::io::Read + std::io::Seek> Stream<R> {
    pub(super) fn new(mut reader: R) -> Result<Self, SourceError> {
        let start = reader.stream_position()?;
        Ok(Self { reader, start })
    }
}

#[cfg(feature = "std")]
impl<R: std::io::Read + std::io::Seek> Source for Stream<R> {
    fn rewind(&mut self) -> Result<(), SourceError> {
        self.reader.seek(std::io::SeekFrom::Start(self.start))?;
        Ok(())
    }

    fn read(&mut self, mut buffer: &mut [u8]) -> Result<usize, SourceError> {
        let mut total = 0usize;
        while !buffer.is_empty() {
            match self.reader.read(buffer) {
                Ok(0) => break,
                Ok(length) => {
                    total = total.saturating_add(length);
                    buffer = buffer.get_mut(length..).unwrap_or_default();
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(total)
    }
}

#[cfg(feature = "std")]
impl From<std::io::Error> for SourceError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.kind())
    }
}
