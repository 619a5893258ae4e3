//! What the user put together: filters in order, each with its values.

use std::{ops::BitOr, path::Path, sync::Arc};

use super::{Asset, Content, Filter, FilterError, Given, Image, Values, text::MAX_TEXT};
use crate::scene::MAX_FACES;

/// What the nets must find for a look. Nothing else is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requires {
    /// Landmarks.
    pub face: bool,
    /// Expression coefficients.
    pub blendshapes: bool,
    /// Head poses.
    pub pose: bool,
    /// The person mask.
    pub matte: bool,
    /// The person mask fitted to the edges of the picture.
    pub edges: bool,
}

impl BitOr for Requires {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            face: self.face | other.face,
            blendshapes: self.blendshapes | other.blendshapes,
            pose: self.pose | other.pose,
            matte: self.matte | other.matte,
            edges: self.edges | other.edges,
        }
    }
}

/// A filter with its values.
#[derive(Clone, Debug)]
pub struct LookItem {
    /// The filter.
    pub filter: Arc<Filter>,
    /// One value for each of its parameters.
    pub values: Values,
    /// Pictures that take the place of the filter's own: numbers of its assets, and what is there instead.
    pub pictures: Vec<(usize, Given)>,
    /// The slot of the only face that it sees, counted from 0; without, it sees all.
    pub face: Option<u32>,
}

impl LookItem {
    /// Reads `p=v,...` for a filter.
    ///
    /// # Errors
    /// As [`Filter::parse_values`].
    pub fn parse(filter: Arc<Filter>, values: &str) -> Result<Self, FilterError> {
        let values = filter.parse_values(values)?;
        Ok(Self { filter, values, pictures: Vec::new(), face: None })
    }

    /// The same, where inputs of the type `image` may be given a picture or a clip, `backdrop=beach.jpg`, and those of
    /// the type `text` a text. `read` gives what a file holds.
    ///
    /// # Errors
    /// As [`LookItem::parse`]; or a file can't be read, or is neither a picture nor a clip.
    pub fn parse_with(
        filter: Arc<Filter>,
        values: &str,
        read: impl Fn(&Path) -> Result<Content, FilterError>,
    ) -> Result<Self, FilterError> {
        let (mut rest, mut pictures) = (Vec::new(), Vec::new());
        for pair in pairs(&filter, values) {
            let (name, path) = pair.split_once('=').unwrap_or((pair, ""));
            let number = asset(&filter, name);
            let coded = match number.map(|number| &filter.assets[number]) {
                Some(Asset::Image(_, image)) => image.coded,
                Some(Asset::Text(.., font)) => {
                    let image = font.draw(&short(&filter, name, path)?);
                    pictures.extend(number.map(|number| (number, Given::Still(Arc::new(image)))));
                    continue;
                }
                _ => {
                    rest.push(pair);
                    continue;
                }
            };
            let path = Path::new(path.trim());
            let given = given(path, read(path)?, coded)?;
            pictures.extend(number.map(|number| (number, given)));
        }
        Ok(Self { pictures, ..Self::parse(filter, &rest.join(","))? })
    }

    /// The same for one face alone: number `face`, from 1 to [`MAX_FACES`], in the order in which faces came. A face keeps
    /// its number while it is followed.
    ///
    /// # Errors
    /// There is no such number, or the filter has nothing to do with faces.
    pub fn for_face(self, face: u32) -> Result<Self, FilterError> {
        let wrong = |message| Err(FilterError::Face { filter: self.filter.name.clone(), face, message });
        if !(1..=MAX_FACES as u32).contains(&face) {
            return wrong("faces are numbered from 1 to 8");
        }
        if !self.filter.requires.face {
            return wrong("it has nothing to do with faces");
        }
        Ok(Self { face: Some(face - 1), ..self })
    }

    /// Takes over the values of an item that was made of another version of the same filter: those that were set, by
    /// name and type, as far as they still fit. It sees the same face and shows the same pictures.
    pub fn take_values(&mut self, old: &Self) {
        if self.filter.name != old.filter.name {
            return;
        }
        self.face = old.face;
        let kept = old.pictures.iter().filter_map(|(asset, picture)| {
            let name = old.filter.assets[*asset].name();
            let asset = self.filter.assets.iter().position(|asset| asset.name() == name)?;
            Some((asset, picture.clone()))
        });
        self.pictures = kept.collect();
        for (input, value) in self.filter.inputs.iter().zip(&mut self.values.0) {
            let before =
                old.filter.inputs.iter().zip(&old.values.0).find(|(before, _)| before.name == input.name);
            if let Some((before, held)) = before
                && *held != before.default
                && std::mem::discriminant(&before.kind) == std::mem::discriminant(&input.kind)
                && let Some(kept) = input.kind.parse(&before.kind.text(held))
            {
                *value = kept;
            }
        }
    }

    /// Whether it changes nothing.
    pub fn is_identity(&self) -> bool {
        self.filter.is_identity(&self.values)
    }
}

/// What a file gives in the place of a picture, whose values are no colours where it is `coded`.
fn given(path: &Path, content: Content, coded: bool) -> Result<Given, FilterError> {
    let wrong = |message: String| FilterError::Asset { file: path.display().to_string(), message };
    match content {
        Content::Picture(bytes) => Ok(Given::Still(Arc::new(Image::read(&bytes, coded).map_err(wrong)?))),
        Content::Film(_) if coded => {
            Err(wrong("a clip can't stand for numbers; this input takes a picture".to_owned()))
        }
        Content::Film(film) => Ok(Given::Film(film)),
    }
}

/// The number of the asset of this name.
fn asset(filter: &Filter, name: &str) -> Option<usize> {
    filter.assets.iter().position(|asset| asset.name() == name.trim())
}

/// `p=v,...` taken apart. Texts and paths may hold commas: what follows one and gives no value is still theirs.
fn pairs<'a>(filter: &Filter, values: &'a str) -> Vec<&'a str> {
    let (mut pairs, mut from, mut open) = (Vec::new(), 0, false);
    for (at, _) in values.match_indices(',').chain([(values.len(), "")]) {
        let pair = &values[from..at];
        let next = values.get(at + 1..).and_then(|rest| rest.split(',').next()).unwrap_or_default();
        open |= pair.split_once('=').is_some_and(|(name, _)| asset(filter, name).is_some());
        if open && !next.trim().is_empty() && !next.contains('=') {
            continue;
        }
        pairs.push(pair);
        (from, open) = (at + 1, false);
    }
    pairs
}

/// A text that is not too long; `\\n` begins a line.
fn short(filter: &Filter, name: &str, text: &str) -> Result<String, FilterError> {
    let lines = text.trim().replace("\\n", "\n");
    if lines.chars().count() <= MAX_TEXT {
        return Ok(lines);
    }
    Err(FilterError::Value {
        filter: filter.name.clone(),
        name: name.trim().to_owned(),
        given: text.trim().to_owned(),
        expected: format!("a text of at most {MAX_TEXT} characters"),
    })
}

/// Filters in the order in which they are drawn. Empty: the picture passes as it is.
#[derive(Clone, Debug, Default)]
pub struct Look(pub Vec<LookItem>);

impl Look {
    /// What the nets must find for the items that change anything.
    pub fn requires(&self) -> Requires {
        let active = self.0.iter().filter(|item| !item.is_identity());
        active.fold(Requires::default(), |all, item| all | item.filter.requires)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{Package, manifest::MANIFEST};

    fn item(inputs: &str, values: &str) -> LookItem {
        let passes = "[[passes]]\nname = \"p\"\nshader = \"a.wgsl\"\nentry = \"main\"\n";
        let text = format!("format = 1\ntitle = \"T\"\n{inputs}{passes}");
        let package = Package::new("x", [(MANIFEST, text.as_str()), ("a.wgsl", "")]);
        let filter = Filter::from_package(&package).unwrap_or_else(|error| panic!("{error}"));
        LookItem::parse(Arc::new(filter), values).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn values_are_taken_over_by_name_and_type_where_they_fit() {
        let input = |name: &str, kind: &str| format!("[[inputs]]\nname = \"{name}\"\ntype = \"{kind}\"\n");
        let old = [input("a", "float"), input("b", "float"), input("c", "float"), input("d", "int")].concat();
        let old = item(&old, "a=0.25,b=0.5,c=0.75");
        let new = [
            input("c", "int"),
            input("b", "float") + "min = 0.6\ndefault = 0.7\n",
            input("a", "float"),
            input("d", "int") + "max = 9\ndefault = 4\n",
        ];
        let mut new = item(&new.concat(), "");
        new.take_values(&old);
        let text: Vec<String> =
            new.filter.inputs.iter().zip(new.values.as_slice()).map(|(i, v)| i.kind.text(v)).collect();
        // Of another type; out of the new range; kept; never set, so that the new default counts.
        assert_eq!(text, ["0", "0.7", "0.25", "4"]);
    }
}
