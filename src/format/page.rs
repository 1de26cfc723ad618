//! Text for a terminal: styles, width, wrapping. What comes from a log or a pack is stripped of control characters here
//! once more, so that nothing reaches a terminal raw.

use anstyle::{AnsiColor, Style};

/// A page under way.
#[derive(Clone, Debug)]
pub struct Page {
    text: String,
    colour: bool,
    width: usize,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Strong,
    Dim,
    Bad,
    Good,
    Warn,
    Link,
}

/// A narrower page is not readable, a wider one neither.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=120;

impl Page {
    /// An empty page.
    pub fn new(colour: bool, width: usize) -> Page {
        Page { text: String::new(), colour, width: width.clamp(*WIDTHS.start(), *WIDTHS.end()) }
    }

    /// Its text so far; the page is empty afterwards.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn put(&mut self, tone: Tone, text: &str) -> &mut Page {
        let style = style(tone);
        let plain = plain(text);
        if self.colour && tone != Tone::Plain {
            self.text.push_str(&format!("{style}{plain}{style:#}"));
        } else {
            self.text.push_str(&plain);
        }
        self
    }

    pub(super) fn end(&mut self) -> &mut Page {
        self.text.push('\n');
        self
    }

    /// One line, cut at the page's width less `used` columns.
    pub(super) fn cut(&mut self, tone: Tone, text: &str, used: usize) -> &mut Page {
        let room = self.width.saturating_sub(used).max(10);
        let plain = plain(text);
        if textwrap::core::display_width(&plain) <= room {
            return self.put(tone, &plain);
        }
        let mut kept = String::new();
        for c in plain.chars() {
            kept.push(c);
            if textwrap::core::display_width(&kept) >= room {
                kept.pop();
                break;
            }
        }
        kept.push('\u{2026}');
        self.put(tone, &kept)
    }

    /// Prose behind a label, wrapped, further lines under the first.
    pub(super) fn prose(&mut self, label: &str, label_tone: Tone, text: &str) -> &mut Page {
        let indent = " ".repeat(textwrap::core::display_width(label));
        let options = textwrap::Options::new(self.width).initial_indent(&indent).subsequent_indent(&indent).break_words(false);
        let wrapped = textwrap::fill(&plain(text), options);
        self.put(label_tone, label);
        self.text.push_str(wrapped.get(indent.len()..).unwrap_or_default());
        self.end()
    }
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Strong => Style::new().bold(),
        Tone::Dim => Style::new().dimmed(),
        Tone::Bad => AnsiColor::Red.on_default().bold(),
        Tone::Good => AnsiColor::Green.on_default().bold(),
        Tone::Warn => AnsiColor::Yellow.on_default(),
        Tone::Link => AnsiColor::Cyan.on_default(),
    }
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).filter(|c| !c.is_control()).collect()
}
