//! Headers of MPEG audio frames, layer III (ISO 11172-3, 2.4.1.3, and ISO 13818-3).

/// What the header of a frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mp3Frame {
    /// Bytes of the frame, its header included.
    pub(super) size: u32,
    /// Samples of each channel.
    pub(super) samples: u32,
}

/// Bytes of a header.
pub(super) const HEADER_BYTES: usize = 4;

impl Mp3Frame {
    /// `None` where no frame of layer III begins, or one of no fixed bit rate.
    pub(super) fn read(header: [u8; HEADER_BYTES]) -> Option<Self> {
        const KILOBITS: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
        const KILOBITS_LOW: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
        const RATES: [u32; 3] = [44_100, 48_000, 32_000];
        let bits = u32::from_be_bytes(header);
        let field = |from: u32, count: u32| bits >> (32 - from - count) & ((1 << count) - 1);
        let (sync, version, layer) = (field(0, 11), field(11, 2), field(13, 2));
        // Version 3 is MPEG-1, 2 is MPEG-2 and 0 is MPEG-2.5; layer 1 is III.
        if sync != 0x7ff || version == 1 || layer != 1 {
            return None;
        }
        let (table, samples) = if version == 3 { (KILOBITS, 1152) } else { (KILOBITS_LOW, 576) };
        let kilobits = *table.get(field(16, 4) as usize).filter(|kilobits| **kilobits > 0)?;
        let divisor = match version {
            3 => 1,
            2 => 2,
            _ => 4,
        };
        let rate = RATES.get(field(20, 2) as usize)? / divisor;
        Some(Self { size: samples / 8 * kilobits * 1000 / rate + field(22, 1), samples })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_common_frames() {
        // MPEG-1, 128 kbit/s, 44.1 kHz, without and with padding; MPEG-2, 64 kbit/s, 22.05 kHz.
        let frame = |size, samples| Some(Mp3Frame { size, samples });
        assert_eq!(Mp3Frame::read([0xff, 0xfb, 0x90, 0x00]), frame(417, 1152));
        assert_eq!(Mp3Frame::read([0xff, 0xfb, 0x92, 0x00]), frame(418, 1152));
        assert_eq!(Mp3Frame::read([0xff, 0xf3, 0x80, 0x00]), frame(208, 576));
        for none in [[0; 4], [0xff; 4], [0xff, 0xfd, 0x90, 0], [0xff, 0xfb, 0x00, 0], [0xff, 0xfb, 0x9c, 0]] {
            assert_eq!(Mp3Frame::read(none), None, "{none:x?}");
        }
    }
}
