//! Pixels as cameras and decoders give them: formats, planes, colour.

use thiserror::Error;

/// How pixels lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// 3 bytes a pixel: red, green, blue.
    Rgb8,
    /// 4 bytes a pixel: red, green, blue, straight alpha.
    Rgba8,
    /// 4 bytes a pixel: blue, green, red, straight alpha.
    Bgra8,
    /// Luma plane, then a plane of interleaved Cb, Cr at half size in both directions (rounded up).
    Nv12,
    /// Luma plane, then planes of Cb and of Cr at half size in both directions (rounded up).
    I420,
    /// Packed 4:2:2: Y0 Cb Y1 Cr for each pair of pixels.
    Yuyv,
    /// Packed 4:2:2: Cb Y0 Cr Y1 for each pair of pixels.
    Uyvy,
}

/// The YCbCr matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// Standard definition, and what files and webcams that say nothing mostly mean.
    #[default]
    Bt601,
    /// High definition.
    Bt709,
}

/// The span of code values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Range {
    /// 16..=235 for luma, 16..=240 for chroma.
    #[default]
    Limited,
    /// 0..=255.
    Full,
}

/// What YCbCr code values mean. Without effect on RGB formats, which are sRGB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ColorSpec {
    /// The YCbCr matrix.
    pub matrix: Matrix,
    /// The span of code values.
    pub range: Range,
}

/// Where one plane lies within the bytes of [`Pixels`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plane {
    /// First byte.
    pub offset: usize,
    /// Bytes from one row to the next.
    pub stride: usize,
    /// Bytes of a row that carry pixels.
    pub row_bytes: usize,
    /// Number of rows.
    pub rows: usize,
}

/// A checked image in host memory: every plane lies within its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    size: [u32; 2],
    format: PixelFormat,
    color: ColorSpec,
    planes: Vec<Plane>,
    bytes: Vec<u8>,
}

/// Why bytes are not an image.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PixelsError {
    /// No pixels at all.
    #[error("the image is {width}x{height} pixels: both sides must be at least 1")]
    Empty {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Larger than any GPU would take.
    #[error("the image is {width}x{height} pixels: at most {max} a side is supported", max = Pixels::MAX_SIDE)]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// A stride under the bytes of a row, or the wrong number of strides.
    #[error("a {format:?} image of width {width} can't have the row strides {strides:?}")]
    Strides {
        /// The format asked for.
        format: PixelFormat,
        /// Width in pixels.
        width: u32,
        /// Bytes from row to row, a plane each.
        strides: Vec<usize>,
    },
    /// Fewer bytes than the planes span.
    #[error("a {format:?} image of {width}x{height} needs {need} bytes, but there are {have}")]
    TooShort {
        /// The format asked for.
        format: PixelFormat,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Bytes needed.
        need: usize,
        /// Bytes given.
        have: usize,
    },
}

impl PixelFormat {
    /// (bytes in a row, rows) of each plane of an image of `size`.
    pub fn planes(self, size: [u32; 2]) -> Vec<(usize, usize)> {
        let [width, height] = size.map(|side| side as usize);
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        match self {
            Self::Rgb8 => vec![(width * 3, height)],
            Self::Rgba8 | Self::Bgra8 => vec![(width * 4, height)],
            Self::Nv12 => vec![(width, height), (half_width * 2, half_height)],
            Self::I420 => vec![(width, height), (half_width, half_height), (half_width, half_height)],
            Self::Yuyv | Self::Uyvy => vec![(half_width * 4, height)],
        }
    }
}

impl Pixels {
    /// Longest side that is accepted, in pixels.
    pub const MAX_SIDE: u32 = 16_384;

    /// Planes that follow one another without gaps.
    ///
    /// # Errors
    /// See [`Pixels::with_strides`].
    pub fn new(
        size: [u32; 2],
        format: PixelFormat,
        color: ColorSpec,
        bytes: Vec<u8>,
    ) -> Result<Self, PixelsError> {
        check_size(size)?;
        let strides: Vec<usize> = format.planes(size).iter().map(|plane| plane.0).collect();
        Self::with_strides(size, format, color, bytes, &strides)
    }

    /// Planes that follow one another, rows `strides[plane]` bytes apart.
    ///
    /// # Errors
    /// When a side is zero or over [`Pixels::MAX_SIDE`], when a stride is under the bytes of its row, and when
    /// there are too few bytes. The last row of the last plane may lack its padding.
    pub fn with_strides(
        size: [u32; 2],
        format: PixelFormat,
        color: ColorSpec,
        bytes: Vec<u8>,
        strides: &[usize],
    ) -> Result<Self, PixelsError> {
        check_size(size)?;
        let [width, height] = size;
        let shapes = format.planes(size);
        let fits = shapes.len() == strides.len()
            && shapes.iter().zip(strides).all(|(shape, stride)| *stride >= shape.0 && *stride <= 1 << 20);
        if !fits {
            return Err(PixelsError::Strides { format, width, strides: strides.to_vec() });
        }
        let (mut planes, mut offset, mut need) = (Vec::new(), 0, 0);
        for (&(row_bytes, rows), &stride) in shapes.iter().zip(strides) {
            planes.push(Plane { offset, stride, row_bytes, rows });
            need = offset + stride * (rows - 1) + row_bytes;
            offset += stride * rows;
        }
        if bytes.len() < need {
            return Err(PixelsError::TooShort { format, width, height, need, have: bytes.len() });
        }
        Ok(Self { size, format, color, planes, bytes })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> [u32; 2] {
        self.size
    }

    /// How the pixels lie in memory.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// What the code values mean.
    pub fn color(&self) -> ColorSpec {
        self.color
    }

    /// Where each plane lies.
    pub fn planes(&self) -> &[Plane] {
        &self.planes
    }

    /// The bytes of plane `index`, from its first row to the end of its last.
    ///
    /// # Panics
    /// When the format has no such plane.
    pub fn plane(&self, index: usize) -> &[u8] {
        let plane = self.planes[index];
        &self.bytes[plane.offset..plane.offset + plane.stride * (plane.rows - 1) + plane.row_bytes]
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn check_size([width, height]: [u32; 2]) -> Result<(), PixelsError> {
    if width == 0 || height == 0 {
        return Err(PixelsError::Empty { width, height });
    }
    if width > Pixels::MAX_SIDE || height > Pixels::MAX_SIDE {
        return Err(PixelsError::TooLarge { width, height });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_sizes_round_chroma_up() {
        let pixels =
            Pixels::new([5, 3], PixelFormat::I420, ColorSpec::default(), vec![0; 15 + 6 + 6]).unwrap();
        assert_eq!(pixels.planes()[1].row_bytes, 3);
        assert_eq!(pixels.plane(2).len(), 6);
    }

    #[test]
    fn bad_images_are_named() {
        let new = |size, bytes| Pixels::new(size, PixelFormat::Rgb8, ColorSpec::default(), vec![0; bytes]);
        assert_eq!(new([0, 4], 0), Err(PixelsError::Empty { width: 0, height: 4 }));
        assert!(matches!(new([4, 4], 47), Err(PixelsError::TooShort { need: 48, have: 47, .. })));
        assert!(matches!(new([1 << 20, 1], 1), Err(PixelsError::TooLarge { .. })));
    }

    #[test]
    fn strides_may_be_padded_but_not_short() {
        let with = |stride| {
            Pixels::with_strides([2, 2], PixelFormat::Rgb8, ColorSpec::default(), vec![0; 14], &[stride])
        };
        assert_eq!(with(8).unwrap().plane(0).len(), 14);
        assert!(matches!(with(5), Err(PixelsError::Strides { .. })));
    }
}
