//! Pictures to H.264, by openh264.

use openh264::{
    OpenH264API,
    encoder::{
        BitRate, ColorPrimaries, Complexity, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod,
        MatrixCoefficients, QpRange, RateControlMode, TransferCharacteristics, VuiConfig,
    },
};

use super::ycbcr::Planes;

/// Limits of the encoder: longer side and shorter side, in pixels.
const LONGEST: u32 = 3840;
const SHORTEST: u32 = 2160;
/// A key frame every so many seconds, for seeking.
const KEY_SECONDS: f64 = 1.5;
/// Quantiser, finest and coarsest: from hardly seen to clean in hard scenes.
const QUANTISER: (u8, u8) = (18, 24);
/// Enough for the quantiser to stay low in common scenes.
const BITS_PER_PIXEL: f64 = 0.6;

/// One coded picture.
pub(super) struct Coded {
    /// NAL units without parameter sets, each after its length (4 bytes).
    pub(super) sample: Vec<u8>,
    pub(super) key: bool,
}

/// A running encoder.
pub(super) struct H264 {
    encoder: Encoder,
    /// Sequence and picture parameter sets, as of the first key frame.
    pub(super) parameter_sets: [Vec<u8>; 2],
}

impl H264 {
    /// # Errors
    /// A phrase that says why pictures of this size can't be encoded.
    pub(super) fn start(size: [u32; 2], fps: f64) -> Result<Self, String> {
        let [width, height] = size;
        let (long, short) = (width.max(height), width.min(height));
        if long > LONGEST || short > SHORTEST {
            return Err(format!(
                "pictures of {width}x{height} pixels can't become H.264: up to {LONGEST}x{SHORTEST} can; choose another --size, or write .avi or PNG"
            ));
        }
        let bits = (f64::from(width) * f64::from(height) * fps * BITS_PER_PIXEL).clamp(1e6, 2e8);
        let color = VuiConfig::new()
            .color_primaries(ColorPrimaries::Bt709)
            .transfer_characteristics(TransferCharacteristics::Bt709)
            .matrix_coefficients(MatrixCoefficients::Smpte170M);
        let config = EncoderConfig::new()
            // The other modes want to leave out pictures.
            .rate_control_mode(RateControlMode::Bufferbased)
            .bitrate(BitRate::from_bps(bits as u32))
            .qp(QpRange::new(QUANTISER.0, QUANTISER.1))
            .max_frame_rate(FrameRate::from_hz(fps as f32))
            .intra_frame_period(
                IntraFramePeriod::from_num_frames((fps * KEY_SECONDS).round().max(1.0) as u32),
            )
            .complexity(Complexity::Medium)
            .skip_frames(false)
            .background_detection(false)
            .vui(color);
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), config);
        let encoder = encoder.map_err(|error| format!("the H.264 encoder does not start: {error}"))?;
        Ok(Self { encoder, parameter_sets: [Vec::new(), Vec::new()] })
    }

    pub(super) fn encode(&mut self, planes: &Planes) -> Result<Coded, String> {
        let stream =
            self.encoder.encode(planes).map_err(|error| format!("the H.264 encoder failed: {error}"))?;
        let key = matches!(stream.frame_type(), FrameType::IDR | FrameType::I);
        let mut sample = Vec::new();
        let layers = (0..stream.num_layers()).filter_map(|index| stream.layer(index));
        for layer in layers {
            for unit in (0..layer.nal_count()).filter_map(|index| layer.nal_unit(index)) {
                let unit = without_start_code(unit);
                match unit.first().map(|head| head & 0x1f) {
                    Some(kind @ (7 | 8)) => {
                        let kept = &mut self.parameter_sets[usize::from(kind - 7)];
                        if kept.is_empty() {
                            *kept = unit.to_vec();
                        }
                    }
                    Some(_) => {
                        sample.extend_from_slice(&(unit.len() as u32).to_be_bytes());
                        sample.extend_from_slice(unit);
                    }
                    None => {}
                }
            }
        }
        if sample.is_empty() {
            return Err("the H.264 encoder left out a picture".to_owned());
        }
        Ok(Coded { sample, key })
    }
}

fn without_start_code(unit: &[u8]) -> &[u8] {
    let zeros = unit.iter().take_while(|byte| **byte == 0).count();
    unit.get(zeros + 1..).unwrap_or_default()
}
