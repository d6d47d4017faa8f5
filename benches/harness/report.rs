//! Measures, as a table for people and as JSON for machines.

use serde::Serialize;
use std::path::PathBuf;

/// One number with its meaning.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measure {
    /// Stable name, dotted.
    pub(crate) name: &'static str,
    /// The number.
    pub(crate) value: f64,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// What was measured.
    pub(crate) note: String,
}

/// Writes a report below `target/` of the checkout, where tools look for it, and tells where.
pub(crate) fn write(file: &str, measures: &impl Serialize) -> std::io::Result<PathBuf> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(file);
    let mut text = serde_json::to_string_pretty(measures)?;
    text.push('\n');
    std::fs::write(&path, text)?;
    Ok(path)
}

/// A number with as many digits as say something.
pub(crate) fn shown(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => grouped(value),
        size if size >= 1.0 => format!("{value:.2}"),
        size if size >= 0.001 || size <= 0.0 => format!("{value:.3}"),
        _ => format!("{value:.2e}"),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}
