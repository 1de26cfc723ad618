//! A curve as SVG.

use std::ops::Range;
use std::path::Path;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter};
use plotters::prelude::*;

use super::{Curve, Point, Shape};
use crate::error::Error;
use crate::record::median;

/// Width and height.
const SIZE: (u32, u32) = (640, 400);
/// The curve, and the line beside it.
const INK: RGBColor = RGBColor(31, 105, 170);
const GREY: RGBColor = RGBColor(150, 150, 150);
/// Steps of the line beside the curve.
const STEPS: usize = 40;
/// Room above the highest point of an even axis, for the names of the lines.
const HEADROOM: f64 = 1.35;

/// One axis: numbers are drawn as they are, or as their logarithm to ten.
#[derive(Clone, Debug)]
struct Axis {
    log: bool,
    from: f64,
    to: f64,
    /// Where its names stand, and the names.
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Powers of ten around all of these.
    fn powers(numbers: &[f64]) -> Axis {
        let logs = || numbers.iter().map(|n| n.log10());
        let from = logs().fold(f64::INFINITY, f64::min).floor();
        let to = logs().fold(f64::NEG_INFINITY, f64::max).ceil().max(from + 1.0);
        let ticks = (from as i32..=to as i32).map(|p| (f64::from(p), power(p))).collect();
        Axis { log: true, from, to, ticks }
    }

    /// From 0, with round numbers.
    fn even(to: f64) -> Axis {
        let step = round_step(to / 6.0);
        let places = (-step.log10().floor()).max(0.0) as usize;
        let ticks = (0..).map(|i| f64::from(i) * step).take_while(|t| *t <= to * 1.0001).map(|t| (t, format!("{t:.places$}"))).collect();
        Axis { log: false, from: 0.0, to, ticks }
    }

    /// The points themselves, by label.
    fn labels(log: bool, points: impl Iterator<Item = (f64, String)>, room: f64) -> Axis {
        let ticks: Vec<(f64, String)> = points.map(|(x, label)| (if log { x.log10() } else { x }, label)).collect();
        let from = ticks.first().map_or(0.0, |t| t.0) - room;
        let to = ticks.last().map_or(1.0, |t| t.0) + room;
        Axis { log, from, to, ticks }
    }

    fn place(&self, number: f64) -> f64 {
        if self.log { number.log10() } else { number }
    }

    /// The number at a place between the ends of the axis.
    fn number(&self, place: f64) -> f64 {
        if self.log { 10_f64.powf(place) } else { place }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, place: &f64, (low, high): (i32, i32)) -> i32 {
        low + ((place - self.from) / (self.to - self.from) * f64::from(high - low)).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, hint: H) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.iter().map(|t| t.0).collect() }
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, place: &f64) -> String {
        self.ticks.iter().find(|t| t.0 == *place).map_or(String::new(), |t| t.1.clone())
    }
}

/// `0.001`, `1`, `1000`.
fn power(exponent: i32) -> String {
    let places = usize::try_from(-exponent).unwrap_or(0);
    format!("{:.places$}", 10_f64.powi(exponent))
}

/// 1, 2 or 5 times a power of ten, and no less than this.
fn round_step(least: f64) -> f64 {
    let base = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|m| m * base).into_iter().find(|s| *s >= least * 0.9999).unwrap_or(base * 10.0)
}

/// Where the points stand.
fn measured(curve: &Curve) -> Vec<(f64, f64)> {
    let x = |index: usize, point: &Point| if curve.shape == Shape::FlatSteps { index as f64 } else { point.x };
    curve.points.iter().enumerate().filter_map(|(i, p)| Some((x(i, p), median(&p.seconds)?))).collect()
}

/// What a straight curve is, and its name.
fn straight(shape: Shape, points: &[(f64, f64)]) -> (impl Fn(f64) -> f64, &'static str) {
    let (first, last) = (points[0], points[points.len() - 1]);
    let at = move |x: f64| match shape {
        Shape::Flat | Shape::FlatSteps => first.1,
        Shape::Proportional => last.1 * x / last.0,
        Shape::Shared => first.1 * first.0 / x,
    };
    let name = match shape {
        Shape::Flat | Shape::FlatSteps => "as the first point",
        Shape::Proportional => "in proportion to the last point",
        Shape::Shared => "the first point, shared out",
    };
    (at, name)
}

/// Draws a curve into a file.
pub fn write(curve: &Curve, path: &Path) -> Result<(), Error> {
    let points = measured(curve);
    if points.is_empty() {
        return Ok(());
    }
    let mut svg = String::new();
    draw(curve, &points, &mut svg).map_err(|e| Error::World(format!("{}: {e}", path.display())))?;
    std::fs::write(path, svg).map_err(|e| Error::path(path, e))
}

fn draw(curve: &Curve, points: &[(f64, f64)], svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let seconds: Vec<f64> = points.iter().map(|p| p.1).collect();
    let highest = seconds.iter().copied().fold(0.0, f64::max) * HEADROOM;
    let labels = points.iter().zip(&curve.points).map(|(at, point)| (at.0, point.label.clone()));
    let (across, up) = match curve.shape {
        Shape::Flat => (Axis::even(points[points.len() - 1].0 * 1.03), Axis::even(highest)),
        Shape::FlatSteps => (Axis::labels(false, labels, 0.3), Axis::even(highest)),
        Shape::Proportional => (Axis::labels(true, labels, 0.3), Axis::powers(&seconds)),
        Shape::Shared => (Axis::labels(true, labels, 0.1), Axis::even(highest)),
    };
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(&curve.title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(48)
        .y_label_area_size(70)
        .build_cartesian_2d(across.clone(), up.clone())?;
    chart
        .configure_mesh()
        .bold_line_style(RGBColor(228, 228, 228))
        .x_desc(curve.x)
        .y_desc(curve.y)
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 14))
        .draw()?;

    let (at, name) = straight(curve.shape, points);
    let (first, last) = (across.place(points[0].0), across.place(points[points.len() - 1].0));
    let steps = (0..=STEPS).map(|i| first + (last - first) * i as f64 / STEPS as f64);
    let line = steps.map(|x| (x, up.place(at(across.number(x))))).filter(|(_, y)| (up.from..=up.to).contains(y));
    let key = |colour: RGBColor, width: u32| move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(width));
    chart.draw_series(LineSeries::new(line, GREY.stroke_width(1)))?.label(name).legend(key(GREY, 1));
    let drawn: Vec<(f64, f64)> = points.iter().map(|(x, y)| (across.place(*x), up.place(*y))).collect();
    chart.draw_series(LineSeries::new(drawn.iter().copied(), INK.stroke_width(2)))?.label("measured").legend(key(INK, 2));
    chart.draw_series(drawn.iter().map(|at| Circle::new(*at, 4, INK.filled())))?;
    let corner = if curve.shape == Shape::Shared { SeriesLabelPosition::UpperRight } else { SeriesLabelPosition::UpperLeft };
    chart.configure_series_labels().position(corner).label_font(("sans-serif", 13)).background_style(WHITE).draw()?;
    root.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let names = |axis: Axis| axis.ticks.into_iter().map(|t| t.1).collect::<Vec<_>>();
        assert_eq!(names(Axis::even(0.11)), ["0.00", "0.02", "0.04", "0.06", "0.08", "0.10"]);
        assert_eq!(names(Axis::powers(&[0.004, 2.0])), ["0.001", "0.01", "0.1", "1", "10"]);
        assert_eq!([0.3, 0.11, 7.0].map(round_step), [0.5, 0.2, 10.0]);
    }

    #[test]
    fn a_plot_names_its_axes() {
        let point = |x: f64, s: f64| Point { x, label: format!("{x}"), bytes: 1, seconds: vec![s] };
        let points = vec![point(1.0, 0.01), point(10.0, 0.05)];
        for shape in [Shape::Flat, Shape::FlatSteps, Shape::Proportional, Shape::Shared] {
            let curve = Curve { key: "k", title: "A title".to_owned(), x: "things", y: "seconds", points: points.clone(), shape };
            let mut svg = String::new();
            draw(&curve, &measured(&curve), &mut svg).expect("it is drawn");
            assert!(["A title", "things", "seconds", "measured"].iter().all(|t| svg.contains(t)), "{svg}");
        }
    }
}
