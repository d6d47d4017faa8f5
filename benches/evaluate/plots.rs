//! Plots of what was measured, as SVG files beside the report. Numbers only: nothing of the data is in them.

use super::harness::Failure;
use std::{fmt::Write as _, fs, path::PathBuf};

/// Width and height of a plot.
const SIZE: (f64, f64) = (640.0, 400.0);
/// Space around what is drawn, for labels.
const EDGE: f64 = 60.0;
/// One for each line or group of bars.
const COLOURS: [&str; 3] = ["#0b6e4f", "#d98e04", "#8a8a8a"];

/// Points of a named line.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Writes lines on logarithmic scales, with the diagonal on which both are equal.
pub(crate) fn against(file: &str, title: &str, axes: (&str, &str), lines: &[Line]) -> Result<(), Failure> {
    let points = || lines.iter().flat_map(|line| &line.points).flat_map(|point| [point.0, point.1]);
    let (least, most) =
        (points().fold(f64::INFINITY, f64::min).log10(), points().fold(0.0, f64::max).log10());
    let place = |value: f64| (value.log10() - least) / (most - least).max(f64::EPSILON);
    let at = |point: &(f64, f64)| (x(place(point.0)), y(place(point.1)));
    let mut drawn = path(&[(x(0.0), y(0.0)), (x(1.0), y(1.0))], "#cccccc");
    for (line, colour) in lines.iter().zip(COLOURS) {
        let points: Vec<(f64, f64)> = line.points.iter().map(at).collect();
        drawn.push_str(&path(&points, colour));
        for (x, y) in points {
            write!(drawn, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>")?;
        }
    }
    let names: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
    let ends = format!("{}{}", text(x(0.0), y(-0.06), &shown(least)), text(x(1.0), y(-0.06), &shown(most)));
    write_file(file, title, axes, &(drawn + &ends + &legend(&names)))
}

/// Writes groups of bars between 0 and 1; the names are those of the bars of a group.
pub(crate) fn bars(
    file: &str,
    title: &str,
    names: &[&str],
    groups: &[(String, Vec<f64>)],
) -> Result<(), Failure> {
    let wide = (SIZE.0 - 2.0 * EDGE) / groups.len().max(1) as f64;
    let bar = wide * 0.8 / names.len().max(1) as f64;
    let mut drawn = String::new();
    for (group, (label, values)) in groups.iter().enumerate() {
        let left = EDGE + wide * (group as f64 + 0.1);
        for (place, (value, colour)) in values.iter().zip(COLOURS).enumerate() {
            let (left, top) = (left + bar * place as f64, y(*value));
            let high = y(0.0) - top;
            write!(
                drawn,
                "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{high:.1}\" fill=\"{colour}\"/>{}",
                bar * 0.9,
                text(left + bar * 0.45, top - 4.0, &format!("{value:.2}"))
            )?;
        }
        drawn.push_str(&text(left + wide * 0.4, y(-0.06), label));
    }
    write_file(file, title, ("", ""), &(drawn + &legend(names)))
}

fn x(place: f64) -> f64 {
    EDGE + place * (SIZE.0 - 2.0 * EDGE)
}

fn y(place: f64) -> f64 {
    SIZE.1 - EDGE - place * (SIZE.1 - 2.0 * EDGE)
}

fn path(points: &[(f64, f64)], colour: &str) -> String {
    let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        points.join(" ")
    )
}

fn text(x: f64, y: f64, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{text}</text>")
}

fn shown(exponent: f64) -> String {
    format!("{:.4}", 10_f64.powf(exponent))
}

fn legend(names: &[&str]) -> String {
    let line = |(place, (name, colour)): (usize, (&&str, &str))| {
        let y = EDGE + 18.0 * place as f64;
        format!("<text x=\"{:.1}\" y=\"{y:.1}\" fill=\"{colour}\">{name}</text>", EDGE + 10.0)
    };
    names.iter().zip(COLOURS).enumerate().map(line).collect()
}

fn write_file(file: &str, title: &str, axes: (&str, &str), drawn: &str) -> Result<(), Failure> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/evaluation");
    fs::create_dir_all(&directory)?;
    let (wide, high) = SIZE;
    let labels = text(wide / 2.0, 24.0, title)
        + &text(wide / 2.0, high - 12.0, axes.0)
        + &format!("<g transform=\"rotate(-90)\">{}</g>", text(-high / 2.0, 18.0, axes.1));
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" font-family=\"sans-serif\" font-size=\"12\">\
         <rect width=\"{wide}\" height=\"{high}\" fill=\"white\"/>{labels}{drawn}</svg>\n"
    );
    fs::write(directory.join(file), svg)?;
    Ok(())
}
