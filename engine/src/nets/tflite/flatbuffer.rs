//! A bounds-checked reader of flatbuffers: every offset is checked before it is followed.

use super::super::NetError;

/// A table of the buffer. Copies are free.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    vtable: usize,
    vtable_len: usize,
}

/// A vector of elements, known to lie inside the buffer.
#[derive(Clone, Copy)]
pub(super) struct Vector<'a> {
    bytes: &'a [u8],
    at: usize,
    len: usize,
}

fn corrupt(what: impl Into<String>) -> NetError {
    NetError::Corrupt(what.into())
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], NetError> {
    let found = at.checked_add(N).and_then(|end| bytes.get(at..end)).and_then(|slice| slice.try_into().ok());
    found.ok_or_else(|| corrupt(format!("a value at byte {at} lies outside of the {} bytes", bytes.len())))
}

fn u16_at(bytes: &[u8], at: usize) -> Result<usize, NetError> {
    Ok(u16::from_le_bytes(array(bytes, at)?).into())
}

fn u32_at(bytes: &[u8], at: usize) -> Result<usize, NetError> {
    Ok(u32::from_le_bytes(array(bytes, at)?) as usize)
}

impl<'a> Table<'a> {
    /// The table that the buffer starts with.
    pub(super) fn root(bytes: &'a [u8]) -> Result<Self, NetError> {
        Self::new(bytes, u32_at(bytes, 0)?)
    }

    fn new(bytes: &'a [u8], at: usize) -> Result<Self, NetError> {
        let back = i32::from_le_bytes(array(bytes, at)?);
        let vtable = isize::try_from(at).ok().and_then(|at| at.checked_sub(back as isize));
        let vtable = vtable.and_then(|at| usize::try_from(at).ok());
        let vtable = vtable.ok_or_else(|| corrupt("a table points outside of the file"))?;
        let vtable_len = u16_at(bytes, vtable)?;
        if vtable.checked_add(vtable_len).is_none_or(|end| end > bytes.len()) {
            return Err(corrupt("a table is cut off"));
        }
        Ok(Self { bytes, at, vtable, vtable_len })
    }

    /// Where field `id` lies, if the table has it.
    fn field(&self, id: usize) -> Result<Option<usize>, NetError> {
        let entry = 4 + 2 * id;
        if entry + 2 > self.vtable_len {
            return Ok(None);
        }
        let offset = u16_at(self.bytes, self.vtable + entry)?;
        Ok((offset != 0).then_some(self.at + offset))
    }

    fn scalar<const N: usize>(&self, id: usize) -> Result<Option<[u8; N]>, NetError> {
        self.field(id)?.map(|at| array(self.bytes, at)).transpose()
    }

    /// A field of one signed byte.
    pub(super) fn i8(&self, id: usize) -> Result<i8, NetError> {
        Ok(self.scalar(id)?.map_or(0, i8::from_le_bytes))
    }

    /// A field that is true or false.
    pub(super) fn bool(&self, id: usize) -> Result<bool, NetError> {
        Ok(self.i8(id)? != 0)
    }

    /// A field of four bytes, signed.
    pub(super) fn i32(&self, id: usize, default: i32) -> Result<i32, NetError> {
        Ok(self.scalar(id)?.map_or(default, i32::from_le_bytes))
    }

    /// A field of four bytes, unsigned.
    pub(super) fn u32(&self, id: usize) -> Result<u32, NetError> {
        Ok(self.scalar(id)?.map_or(0, u32::from_le_bytes))
    }

    /// A field of single precision.
    pub(super) fn f32(&self, id: usize, default: f32) -> Result<f32, NetError> {
        Ok(self.scalar(id)?.map_or(default, f32::from_le_bytes))
    }

    /// A table that this one refers to.
    pub(super) fn table(&self, id: usize) -> Result<Option<Self>, NetError> {
        let Some(at) = self.field(id)? else { return Ok(None) };
        Self::follow(self.bytes, at).map(Some)
    }

    fn follow(bytes: &'a [u8], at: usize) -> Result<Self, NetError> {
        let target = at.checked_add(u32_at(bytes, at)?);
        Self::new(bytes, target.ok_or_else(|| corrupt("a table points outside of the file"))?)
    }

    /// A vector of elements of `size` bytes; empty where the field is absent.
    pub(super) fn vector(&self, id: usize, size: usize) -> Result<Vector<'a>, NetError> {
        let Some(at) = self.field(id)? else { return Ok(Vector { bytes: self.bytes, at: 0, len: 0 }) };
        let start = at.checked_add(u32_at(self.bytes, at)?);
        let start = start.ok_or_else(|| corrupt("a list points outside of the file"))?;
        let len = u32_at(self.bytes, start)?;
        let end = len.checked_mul(size).and_then(|length| length.checked_add(start + 4));
        if end.is_none_or(|end| end > self.bytes.len()) {
            return Err(corrupt(format!("a list of {len} elements at byte {start} is cut off")));
        }
        Ok(Vector { bytes: self.bytes, at: start + 4, len })
    }

    /// A vector of bytes.
    pub(super) fn bytes(&self, id: usize) -> Result<&'a [u8], NetError> {
        let vector = self.vector(id, 1)?;
        Ok(&self.bytes[vector.at..vector.at + vector.len])
    }

    /// Text; what is not UTF-8 is replaced.
    pub(super) fn string(&self, id: usize) -> Result<String, NetError> {
        Ok(String::from_utf8_lossy(self.bytes(id)?).into_owned())
    }

    /// A vector of two-byte unsigned integers.
    pub(super) fn shorts(&self, id: usize) -> Result<Vec<usize>, NetError> {
        let vector = self.vector(id, 2)?;
        let bytes = &self.bytes[vector.at..vector.at + 2 * vector.len];
        Ok(bytes.chunks_exact(2).map(|short| u16::from_le_bytes([short[0], short[1]]).into()).collect())
    }

    /// A vector of four-byte signed integers.
    pub(super) fn ints(&self, id: usize) -> Result<Vec<i32>, NetError> {
        let vector = self.vector(id, 4)?;
        let bytes = &self.bytes[vector.at..vector.at + 4 * vector.len];
        Ok(bytes.chunks_exact(4).map(|int| i32::from_le_bytes([int[0], int[1], int[2], int[3]])).collect())
    }
}

impl<'a> Vector<'a> {
    /// Number of elements.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Element `index` of a vector of tables.
    pub(super) fn table(&self, index: usize) -> Result<Table<'a>, NetError> {
        if index >= self.len {
            return Err(corrupt(format!("it refers to entry {index} of a list of {}", self.len)));
        }
        Table::follow(self.bytes, self.at + 4 * index)
    }
}
