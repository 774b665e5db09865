//! From bytes to text: UTF-8, with or without a byte order mark, of a sane size.

use super::codes;
use super::problems::Fault;

/// The largest file that is read. At about a hundred bytes for a rule this is more than half a
/// million rules: descriptions of that size come from a capture, not from an editor.
pub(super) const MAX_BYTES: usize = 64 << 20;

/// Why bytes are not a text.
#[derive(Debug)]
pub(super) struct NotText<'b> {
    /// The text before the problem, to point at the place.
    pub(super) before: &'b str,
    /// What is wrong there.
    pub(super) fault: Fault,
}

/// The text without its byte order mark, or why there is none.
///
/// Offsets count from behind the mark: it is no column that anybody sees.
pub(super) fn decode(bytes: &[u8]) -> Result<&str, NotText<'_>> {
    if bytes.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, but at most {MAX_BYTES} are read", bytes.len());
        let help = "split it, or read the account itself: captures have no such limit";
        return Err(NotText { before: "", fault: Fault::error(codes::LIMIT, message).help(help) });
    }
    if is_utf16(bytes) {
        let fault = Fault::error(codes::NOT_TEXT, "the file is UTF-16, not UTF-8")
            .help("save it as UTF-8; in PowerShell, `Out-File -Encoding utf8`");
        return Err(NotText { before: "", fault });
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let checked = std::str::from_utf8(text).map_err(|error| {
        let before = text.get(..error.valid_up_to()).unwrap_or_default();
        let byte = text.get(error.valid_up_to()).copied().unwrap_or_default();
        let message = format!("the file is not UTF-8: byte 0x{byte:02x} can't be there");
        NotText {
            before: std::str::from_utf8(before).unwrap_or_default(),
            fault: Fault::error(codes::NOT_TEXT, message).help("save the file as UTF-8"),
        }
    })?;
    match checked.find('\0') {
        Some(at) => Err(NotText {
            before: checked.get(..at).unwrap_or_default(),
            fault: Fault::error(codes::NOT_TEXT, "the file is binary: it contains a NUL byte")
                .help("a topology is a YAML text"),
        }),
        None => Ok(checked),
    }
}

/// By the byte order mark, or by the zero in every second byte of ASCII.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
        || matches!(bytes, [0, a, 0, b, ..] | [a, 0, b, 0, ..] if *a != 0 && *b != 0)
}
