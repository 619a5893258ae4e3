//! The whole walk, from a source to a sink.

use std::time::Instant;

use crate::{
    engine::{Engine, EngineError},
    sink::{Sink, SinkError},
    source::{Next, Source, SourceError},
    telemetry::{FrameReport, Stage},
};

/// A source, an engine and a sink.
#[derive(Debug)]
pub struct Session<I, O> {
    source: I,
    engine: Engine,
    sink: O,
}

/// What one step came to.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "returned once a frame, never stored")]
pub enum Step {
    /// A frame walked through.
    Frame(FrameReport),
    /// A live source had nothing new.
    Idle,
    /// A finite source has ended: now [`Session::finish`].
    Ended,
}

/// Why the walk ended early, by stage.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No frame.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// No picture.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No output.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl<I: Source, O: Sink> Session<I, O> {
    /// Wires the stages.
    pub fn new(source: I, engine: Engine, sink: O) -> Self {
        Self { source, engine, sink }
    }

    /// The walk of one frame: take it, process it, present it, learn what it cost.
    ///
    /// # Errors
    /// When a stage fails. A failed frame is gone; the next step takes the next one.
    pub fn step(&mut self) -> Result<Step, SessionError> {
        let started = Instant::now();
        let frame = match self.source.next()? {
            Next::Frame(frame) => frame,
            Next::Pending => return Ok(Step::Idle),
            Next::End => return Ok(Step::Ended),
        };
        let info = self.source.info();
        if info.frames == Some(1) && info.fps.is_none() {
            self.engine.get_to_know(&frame)?;
        }
        let waited = started.elapsed();

        let rendered = self.engine.process(frame)?;

        let presenting = Instant::now();
        self.sink.present(self.engine.gpu(), rendered.picture)?;

        let mut report = rendered.report;
        report.record(Stage::Source, waited);
        report.record(Stage::Sink, presenting.elapsed());
        report.total = started.elapsed().saturating_sub(waited);
        report.dropped = self.source.dropped();
        self.engine.learn(report);
        Ok(Step::Frame(report))
    }

    /// The engine, to change its look or to read GPU times between two steps.
    pub fn engine_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// The sink, to resize a window between two steps.
    pub fn sink_mut(&mut self) -> &mut O {
        &mut self.sink
    }

    /// Completes the output.
    ///
    /// # Errors
    /// When the sink can't complete it; then nothing stands under the final name.
    pub fn finish(mut self) -> Result<O, SessionError> {
        self.sink.finish(self.engine.gpu())?;
        Ok(self.sink)
    }
}
