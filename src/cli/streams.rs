//! Where output goes: results to stdout, diagnostics to stderr.

use std::io::{self, ErrorKind, IsTerminal, StderrLock, StdoutLock, Write};

use anstream::{AutoStream, ColorChoice};

use crate::render::{DEFAULT_WIDTH, Look};

use super::args::{Global, When};

/// Both streams, locked, and how text on stdout is to look.
pub(super) struct Streams {
    out: AutoStream<StdoutLock<'static>>,
    err: AutoStream<StderrLock<'static>>,
    quiet: bool,
    pub(super) look: Look,
}

impl Streams {
    pub(super) fn new(global: &Global) -> Self {
        let (out, err) = (io::stdout().lock(), io::stderr().lock());
        let width = width(&out);
        let out_choice = choice(global.color, &out);
        let err_choice = choice(global.color, &err);
        let look = Look { color: out_choice != ColorChoice::Never, ascii: global.ascii, width };
        Self {
            out: AutoStream::new(out, out_choice),
            err: AutoStream::new(err, err_choice),
            quiet: global.quiet,
            look,
        }
    }

    /// The word before an error.
    pub(super) fn error_word(&self) -> String {
        let style = anstyle::AnsiColor::Red.on_default().bold();
        format!("{style}error{style:#}")
    }

    /// Writes a result; nothing if only the exit code is wanted.
    pub(super) fn result(&mut self, text: &str) -> io::Result<()> {
        if self.quiet {
            Ok(())
        } else {
            gone_is_fine(self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()))
        }
    }

    /// Writes what was asked for as a document: `--quiet` does not silence it.
    pub(super) fn document(&mut self, text: &str) -> io::Result<()> {
        gone_is_fine(self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()))
    }

    /// Writes a document that is made while it is written.
    pub(super) fn stream(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut out = io::BufWriter::with_capacity(1 << 16, &mut self.out);
        gone_is_fine(write(&mut out).and_then(|()| out.flush()))
    }

    /// Writes a diagnostic.
    pub(super) fn diagnostic(&mut self, text: &str) -> io::Result<()> {
        gone_is_fine(self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush()))
    }

    /// Writes a remark that `--quiet` silences.
    pub(super) fn remark(&mut self, text: &str) -> io::Result<()> {
        if self.quiet { Ok(()) } else { self.diagnostic(text) }
    }
}

/// A reader that has left, for example `head`, has what it wanted. The exit code is still that of the answer.
fn gone_is_fine(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn choice<S: anstream::stream::RawStream>(when: When, stream: &S) -> ColorChoice {
    match when {
        When::Auto => AutoStream::choice(stream),
        When::Always => ColorChoice::Always,
        When::Never => ColorChoice::Never,
    }
}

/// Columns: what `COLUMNS` says, else the terminal's own, else a fixed number: output into a file does not depend on the
/// window it was made in.
fn width(out: &StdoutLock<'_>) -> usize {
    const NARROWEST: usize = 20;
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let measured = || {
        let size = out.is_terminal().then(terminal_size::terminal_size).flatten();
        size.map(|(columns, _)| usize::from(columns.0))
    };
    said.or_else(measured).unwrap_or(DEFAULT_WIDTH).max(NARROWEST)
}
