//! Places in TOML texts: [`Places`] turns bytes into lines and columns.

use std::ops::Range;

use toml::de::{DeTable, Error};
use zerr_core::verdict::Region;

/// The lines of one text.
pub(super) struct Places<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Places<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Lines and columns of a range of bytes.
    pub(super) fn exact(&self, bytes: &Range<usize>) -> Region {
        Region::between(self.at(bytes.start), self.at(bytes.end))
    }

    /// The whole lines that a range of bytes touches.
    pub(super) fn lines(&self, bytes: &Range<usize>) -> Region {
        let (line, _) = self.at(bytes.start);
        let (end_line, _) = self.at(bytes.end);
        Region { line, column: None, end_line, end_column: None }
    }

    fn at(&self, byte: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= byte);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(start..self.text.floor_char_boundary(byte)).unwrap_or("");
        (line.max(1), before.chars().count() + 1)
    }
}

/// A package of a lock file in TOML: what it says, and the lines from its name to its version.
pub(super) struct TomlPackage<'a, 'i> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) table: &'a DeTable<'i>,
    pub(super) region: Region,
}

/// The packages in `list`, or `None` when the document has no such list. Packages without name or
/// version are left out.
pub(super) fn packages<'a, 'i>(
    document: &'a DeTable<'i>,
    list: &str,
    places: &Places<'_>,
) -> Option<Vec<TomlPackage<'a, 'i>>> {
    let list = document.get(list)?.get_ref().as_array()?;
    let package = |table: &'a DeTable<'i>| {
        let name = table.get("name")?;
        let version = table.get("version")?;
        let (first, second) = (name.span(), version.span());
        let bytes = first.start.min(second.start)..first.end.max(second.end);
        Some(TomlPackage {
            name: name.get_ref().as_str()?,
            version: version.get_ref().as_str()?,
            table,
            region: places.lines(&bytes),
        })
    };
    let tables = list.iter().filter_map(|item| item.get_ref().as_table());
    Some(tables.filter_map(package).collect())
}

/// A TOML error's message and place.
pub(super) fn complaint(error: &Error, text: &str) -> (String, Option<Region>) {
    let region = error.span().map(|span| Places::new(text).exact(&span));
    (error.message().to_owned(), region)
}
