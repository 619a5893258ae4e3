//! The default models, and plans made from them once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Graph, NetError, Plan, bundle};

/// A net that the engine knows how to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelId {
    /// BlazeFace short range: 128x128, faces within some 2 m.
    FaceDetector,
    /// BlazeFace full range: 192x192, faces within some 5 m.
    FaceDetectorFull,
    /// 478 points with irises, 256x256.
    FaceMesh,
    /// 52 expression coefficients from 146 of the 478 points.
    Blendshapes,
    /// 468 points, 192x192: the lower rung.
    FaceMeshLight,
    /// Person mask, 256x256.
    SelfieSquare,
    /// Person mask, 144 rows of 256: for wide frames.
    SelfieLandscape,
}

impl ModelId {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::FaceDetector,
        Self::FaceDetectorFull,
        Self::FaceMesh,
        Self::Blendshapes,
        Self::FaceMeshLight,
        Self::SelfieSquare,
        Self::SelfieLandscape,
    ];

    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::FaceDetector => "face_detector",
            Self::FaceDetectorFull => "face_detection_full_range",
            Self::FaceMesh => "face_landmarks_detector",
            Self::Blendshapes => "face_blendshapes",
            Self::FaceMeshLight => "face_landmark",
            Self::SelfieSquare => "selfie_segmentation",
            Self::SelfieLandscape => "selfie_segmentation_landscape",
        }
    }

    /// The member to take, where the model is published in a bundle.
    fn member(self) -> Option<&'static str> {
        match self {
            Self::FaceDetector | Self::FaceMesh | Self::Blendshapes => Some(self.name()),
            _ => None,
        }
    }

    #[cfg(feature = "embedded-models")]
    fn embedded(self) -> &'static [u8] {
        match self {
            Self::FaceDetector | Self::FaceMesh | Self::Blendshapes => {
                include_bytes!("../../../models/face_landmarker/face_landmarker.task")
            }
            Self::FaceDetectorFull => {
                include_bytes!("../../../models/face_detection_full_range/face_detection_full_range.tflite")
            }
            Self::FaceMeshLight => include_bytes!("../../../models/face_landmark/face_landmark.tflite"),
            Self::SelfieSquare => {
                include_bytes!("../../../models/selfie_segmentation/selfie_segmentation.tflite")
            }
            Self::SelfieLandscape => {
                include_bytes!(
                    "../../../models/selfie_segmentation_landscape/selfie_segmentation_landscape.tflite"
                )
            }
        }
    }
}

/// Model files by id, and the plans made from them. Each is read when first asked for.
#[derive(Debug, Default)]
pub struct Models {
    files: HashMap<ModelId, Vec<u8>>,
    embedded: bool,
    plans: Mutex<HashMap<ModelId, Arc<Plan>>>,
}

impl Models {
    /// None yet.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Those that are part of the binary.
    #[cfg(feature = "embedded-models")]
    pub fn embedded() -> Self {
        Self { embedded: true, ..Self::default() }
    }

    /// Takes `bytes` for `id` from now on: a `.tflite` file, or a bundle that has the model under its usual name.
    pub fn insert(&mut self, id: ModelId, bytes: Vec<u8>) {
        self.files.insert(id, bytes);
        self.plans.get_mut().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// The plan of `id`.
    ///
    /// # Errors
    /// [`NetError::NotLoaded`], and whatever is wrong with the file.
    pub fn plan(&self, id: ModelId) -> Result<Arc<Plan>, NetError> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.get(&id) {
            return Ok(Arc::clone(plan));
        }
        let bytes = self.bytes(id)?;
        let member = id.member().filter(|_| bundle::is_bundle(bytes));
        let plan = Arc::new(Plan::new(&Graph::from_tflite(&bundle::find(bytes, member)?)?)?);
        plans.insert(id, Arc::clone(&plan));
        Ok(plan)
    }

    fn bytes(&self, id: ModelId) -> Result<&[u8], NetError> {
        if let Some(bytes) = self.files.get(&id) {
            return Ok(bytes);
        }
        #[cfg(feature = "embedded-models")]
        if self.embedded {
            return Ok(id.embedded());
        }
        Err(NetError::NotLoaded(id.name()))
    }
}
