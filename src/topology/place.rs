//! Where a value came from: a span of a text file, or a resource of a capture.

use std::fmt;
use std::sync::Arc;

use super::visible::visible;

/// An index into [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A byte range in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// An index into the resources of [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(pub u32);

/// Where a value was said. Every fact of a [`Topology`](super::Topology) has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Nobody said it: a default of AWS, or a value made by a program.
    #[default]
    Implicit,
    /// A span of a text that a person wrote.
    Span(Span),
    /// A resource of a capture, named by its AWS id.
    Resource(ResourceId),
}

/// A value and the place where it was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was said.
    pub place: Place,
}

impl<T> Spanned<T> {
    /// A value said at `place`.
    pub const fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    /// A value that nobody wrote.
    pub const fn implicit(value: T) -> Self {
        Self { value, place: Place::Implicit }
    }
}

/// A text that was read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The name to show, as the user gave it.
    pub name: String,
    /// The whole text; empty for captures, whose places are resources.
    pub text: Arc<str>,
}

/// A resource of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The file that it was read from.
    pub file: FileId,
    /// Its id, for example `sg-0123456789abcdef0`, or `acl-0123 egress rule 100`.
    pub id: String,
}

/// Every file and resource that places refer to.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    resources: Vec<Resource>,
}

impl Sources {
    /// Adds a file. Its name is kept as it can be shown.
    pub fn add_file(&mut self, name: &str, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile { name: visible(name).into_owned(), text: text.into() });
        id
    }

    /// Adds a resource of a capture and returns the place that names it.
    pub fn add_resource(&mut self, file: FileId, id: impl Into<String>) -> Place {
        let index = ResourceId(u32::try_from(self.resources.len()).unwrap_or(u32::MAX));
        self.resources.push(Resource { file, id: id.into() });
        Place::Resource(index)
    }

    /// The file behind an id.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files, in the order in which they were read.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The resources of a file, with the places that name them.
    pub fn resources_of(&self, file: usize) -> impl Iterator<Item = (Place, &Resource)> {
        let all = (0..).zip(&self.resources);
        all.filter(move |(_, resource)| resource.file.0 as usize == file)
            .map(|(index, resource)| (Place::Resource(ResourceId(index)), resource))
    }

    /// The resource behind an id.
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.resources.get(id.0 as usize)
    }

    /// The position of a place: file, and 1-based line and column where it is a span.
    pub fn locate(&self, place: Place) -> Option<Location<'_>> {
        match place {
            Place::Implicit => None,
            Place::Resource(id) => {
                let resource = self.resource(id)?;
                let file = self.file(resource.file)?;
                Some(Location { file: &file.name, line: None, resource: Some(&resource.id) })
            }
            Place::Span(span) => {
                let file = self.file(span.file)?;
                let start = (span.start as usize).min(file.text.len());
                let before = file.text.get(..start)?;
                let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
                let line_start = before.rfind('\n').map_or(0, |at| at + 1);
                let column = before.get(line_start..)?.chars().count() + 1;
                let length = file.text.get(start..span.end as usize).map_or(0, |text| text.chars().count());
                Some(Location {
                    file: &file.name,
                    line: Some(LineColumn { line, column, length }),
                    resource: None,
                })
            }
        }
    }
}

/// A place, resolved for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// File name as the user gave it.
    pub file: &'a str,
    /// Line and column of a span; none for a resource.
    pub line: Option<LineColumn>,
    /// AWS id of a resource; none for a span.
    pub resource: Option<&'a str>,
}

/// A position in a text, 1-based, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// Length of the span in characters.
    pub length: usize,
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.resource) {
            (Some(at), _) => write!(f, "{}:{}", self.file, at.line),
            (None, Some(id)) => write!(f, "{id} ({})", self.file),
            (None, None) => f.write_str(self.file),
        }
    }
}

impl Place {
    /// This place, or another one if nobody said this.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == Self::Implicit { other } else { self }
    }
}
