//! What users give in the place of a filter's own picture: another one, or one that moves.

use std::{fmt::Debug, sync::Arc, time::Duration};

use super::Image;
use crate::frame::Pixels;

/// A picture that moves, shown where a filter asks for a picture.
pub trait Film: Debug + Send + Sync {
    /// What it shows at `time` of the picture that is filtered, and a number that is another one for other pixels. It begins
    /// when it is first asked, and starts again at its end. All shots have one size.
    fn at(&self, time: Duration) -> Shot;
}

/// What a film shows for a while.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Of the shot.
    pub number: u64,
    /// What is seen.
    pub pixels: Arc<Pixels>,
}

/// What takes the place of a filter's own picture.
#[derive(Clone, Debug)]
pub enum Given {
    /// A picture, or a text that is drawn.
    Still(Arc<Image>),
    /// A clip.
    Film(Arc<dyn Film>),
}

/// What a file holds that is given for a picture.
#[derive(Clone, Debug)]
pub enum Content {
    /// The bytes of a picture file.
    Picture(Vec<u8>),
    /// A clip, opened.
    Film(Arc<dyn Film>),
}
