//! Arrays one behind the other in a run of bytes, each at a multiple of eight.

use std::borrow::Cow;

use bytemuck::{AnyBitPattern, NoUninit};

use super::program::EngineError;

const ALIGNMENT: usize = 8;

/// An array that was made, or that is part of the program.
pub(in crate::engine) type Slice<T> = Cow<'static, [T]>;

#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn add<T: NoUninit>(&mut self, items: &[T]) {
        let part: &[u8] = bytemuck::cast_slice(items);
        self.bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(part);
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGNMENT), 0);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

#[derive(Debug)]
pub(super) struct Reader {
    rest: &'static [u8],
}

impl Reader {
    pub(super) fn new(bytes: &'static [u8]) -> Result<Reader, EngineError> {
        if bytes.as_ptr().align_offset(ALIGNMENT) != 0 {
            return Err(wrong());
        }
        Ok(Reader { rest: bytes })
    }

    pub(super) fn part<T: AnyBitPattern>(&mut self) -> Result<Slice<T>, EngineError> {
        let (length, rest) = self.rest.split_first_chunk::<8>().ok_or_else(wrong)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| wrong())?;
        let part = rest.get(..length).ok_or_else(wrong)?;
        self.rest = rest.get(length.next_multiple_of(ALIGNMENT)..).ok_or_else(wrong)?;
        bytemuck::try_cast_slice(part).map(Cow::Borrowed).map_err(|_| wrong())
    }
}

pub(super) fn wrong() -> EngineError {
    EngineError("the embedded tables are of another build".to_owned())
}
