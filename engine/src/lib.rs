//! Antifaz: a real-time AR filter engine. A frame walks forward through four stages and is never handed back:
//!
//! ```text
//!             Frame            Picture            Scene             Picture
//!   source ----------> upload ----------> vision ----------> compose ----------> sink
//! ```
//!
//! Each stage consumes the value that it is given, so the compiler forbids going back. Before the walk the
//! [`scheduler`] fixes a [`scheduler::WorkPlan`]; after it a [`telemetry::FrameReport`] says what it cost.
//! Everything runs on the device: no pixel, landmark or statistic leaves it.
//!
//! Modules are declared in reading order, which is dependency order too: a module imports only from a lower
//! layer (held by `tests/layers.rs`).

// Layer 0: plain values.
pub mod frame;
pub mod mailbox;
pub mod quality;
pub mod workers;
// Layer 1: what a frame cost.
pub mod telemetry;
// Layer 2: the device, and the plan.
pub mod gpu;
pub mod scheduler;
// Layer 3: what stages pass on, and image kernels.
pub mod kernels;
pub mod scene;
// Layer 4: nets, memory between frames, looks.
pub mod filter;
pub mod nets;
pub mod tracking;
// Layer 5: the stages. No stage imports another.
pub mod compose;
pub mod sink;
pub mod source;
pub mod vision;
// Layer 6: the walk.
pub mod data;
pub mod engine;
pub mod session;

pub use engine::{Engine, EngineError};
pub use session::Session;
