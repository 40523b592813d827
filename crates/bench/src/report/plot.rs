//! Plots as SVG: one line for each thing compared, marks on it with their quartiles, and lines for what was promised. Colours follow the reader's
//! theme; the background is the page's.

use super::text::number;
use crate::stats::to_f64;
use std::fmt::Write;

const WIDTH: f64 = 760.0;
/// Where the scale begins and ends.
const LEFT: f64 = 215.0;
const RIGHT: f64 = 690.0;
/// Height of what stands above the lines.
const TOP: f64 = 74.0;
/// Height of a mark's lane.
const LANE: f64 = 17.0;
/// Between two lines.
const GAP: f64 = 10.0;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}\
.small{font-size:11px;fill:#59636e}.axis{stroke:#d1d9e0}.limit{stroke:#cf222e;stroke-dasharray:4 3}.limit-text{font-size:11px;fill:#cf222e}\
.s0{fill:#0969da;stroke:#0969da}.s1{fill:#9a6700;stroke:#9a6700}.s2{fill:#6e7781;stroke:#6e7781}\
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.small{fill:#9198a1}.axis{stroke:#3d444d}.limit{stroke:#ff7b72}.limit-text{fill:#ff7b72}\
.s0{fill:#58a6ff;stroke:#58a6ff}.s1{fill:#e3b341;stroke:#e3b341}.s2{fill:#9198a1;stroke:#9198a1}}";

/// How values lie on the scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// From 0, evenly.
    Linear,
    /// By powers of ten.
    Log,
}

/// One measured value.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    /// Which of the plot's series it belongs to.
    pub(super) series: usize,
    pub(super) value: f64,
    pub(super) quartiles: Option<[f64; 2]>,
}

/// A plot.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    pub(super) title: String,
    pub(super) unit: String,
    pub(super) scale: Scale,
    pub(super) series: Vec<&'static str>,
    pub(super) limits: Vec<(f64, String)>,
    pub(super) lines: Vec<(String, Vec<Mark>)>,
}

/// The scale of one plot.
struct Axis {
    scale: Scale,
    from: f64,
    to: f64,
}

impl Axis {
    fn x(&self, value: f64) -> f64 {
        let part = match self.scale {
            Scale::Linear => (value - self.from) / (self.to - self.from),
            Scale::Log => (value.max(self.from) / self.from).log10() / (self.to / self.from).log10(),
        };
        LEFT + part * (RIGHT - LEFT)
    }

    fn ticks(&self) -> Vec<f64> {
        match self.scale {
            Scale::Linear => {
                let step = step(self.to / 6.0);
                (0..=8).map(|number| f64::from(number) * step).filter(|tick| *tick <= self.to * 1.0001).collect()
            }
            Scale::Log => {
                let mut ticks = vec![self.from];
                while let Some(last) = ticks.last().copied().filter(|last| *last < self.to / 1.0001) {
                    ticks.push(last * 10.0);
                }
                ticks
            }
        }
    }
}

/// The next of 1, 2 and 5 times a power of ten.
fn step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= least).unwrap_or(power)
}

impl Plot {
    fn axis(&self) -> Axis {
        let marks = self.lines.iter().flat_map(|(_, marks)| marks);
        let all = marks.flat_map(|mark| {
            let [lower, upper] = mark.quartiles.unwrap_or([mark.value; 2]);
            [lower, mark.value, upper]
        });
        let all: Vec<f64> = all.chain(self.limits.iter().map(|(limit, _)| *limit)).collect();
        let most = all.iter().copied().fold(1e-9, f64::max);
        match self.scale {
            Scale::Linear => Axis { scale: self.scale, from: 0.0, to: most * 1.12 },
            Scale::Log => {
                let least = all.iter().copied().filter(|value| *value > 0.0).fold(most, f64::min);
                let (from, to) = (10_f64.powf(least.log10().floor()), 10_f64.powf(most.log10().ceil()));
                Axis { scale: self.scale, from, to: to.max(from * 10.0) }
            }
        }
    }

    /// As SVG.
    pub(super) fn to_svg(&self) -> String {
        let axis = self.axis();
        let lanes = |marks: &Vec<Mark>| to_f64(marks.len().max(1) as u64) * LANE + GAP;
        let bottom = TOP + self.lines.iter().map(|(_, marks)| lanes(marks)).sum::<f64>();
        let mut svg = String::new();
        // Writing to a string does not fail.
        let _ = self.draw(&mut svg, &axis, bottom, lanes);
        svg
    }

    fn draw(
        &self,
        svg: &mut String,
        axis: &Axis,
        bottom: f64,
        lanes: impl Fn(&Vec<Mark>) -> f64,
    ) -> Result<(), std::fmt::Error> {
        let height = bottom + 44.0;
        let title = escaped(&self.title);
        writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" height=\"{height:.0}\" role=\"img\" aria-label=\"{title}\">"
        )?;
        writeln!(svg, "<style>{STYLE}</style>\n<text class=\"title\" x=\"10\" y=\"22\">{title}</text>")?;
        self.legend(svg)?;
        for tick in axis.ticks() {
            let x = axis.x(tick);
            writeln!(svg, "<line class=\"axis\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>")?;
            let label = number(tick);
            writeln!(
                svg,
                "<text class=\"small\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{:.1}\">{label}</text>",
                bottom + 16.0
            )?;
        }
        let (middle, unit) = (f64::midpoint(LEFT, RIGHT), escaped(&self.unit));
        writeln!(
            svg,
            "<text class=\"small\" text-anchor=\"middle\" x=\"{middle}\" y=\"{:.1}\">{unit}</text>",
            bottom + 34.0
        )?;
        let mut y = TOP;
        for (label, marks) in &self.lines {
            let height = lanes(marks);
            let at = y + height / 2.0 + 4.0;
            writeln!(svg, "<text text-anchor=\"end\" x=\"{}\" y=\"{at:.1}\">{}</text>", LEFT - 12.0, escaped(label))?;
            for (lane, mark) in marks.iter().enumerate() {
                draw_mark(svg, axis, mark, y + GAP / 2.0 + LANE * (to_f64(lane as u64) + 0.5))?;
            }
            y += height;
        }
        for (limit, label) in &self.limits {
            let (x, label) = (axis.x(*limit), escaped(label));
            writeln!(
                svg,
                "<line class=\"limit\" x1=\"{x:.1}\" y1=\"{}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>",
                TOP - 4.0
            )?;
            writeln!(
                svg,
                "<text class=\"limit-text\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{}\">{label}</text>",
                TOP - 9.0
            )?;
        }
        writeln!(svg, "</svg>")
    }

    fn legend(&self, svg: &mut String) -> Result<(), std::fmt::Error> {
        let mut x = 16.0;
        if self.series.len() < 2 {
            return Ok(());
        }
        for (series, name) in self.series.iter().enumerate() {
            writeln!(svg, "<circle class=\"s{series}\" cx=\"{x:.0}\" cy=\"41\" r=\"4.5\"/>")?;
            writeln!(svg, "<text class=\"small\" x=\"{:.0}\" y=\"45\">{}</text>", x + 9.0, escaped(name))?;
            x += 28.0 + 6.5 * to_f64(name.chars().count() as u64);
        }
        Ok(())
    }
}

fn draw_mark(svg: &mut String, axis: &Axis, mark: &Mark, y: f64) -> Result<(), std::fmt::Error> {
    let (series, x) = (mark.series, axis.x(mark.value));
    if let Some([lower, upper]) = mark.quartiles {
        let (lower, upper) = (axis.x(lower), axis.x(upper));
        writeln!(
            svg,
            "<line class=\"s{series}\" stroke-width=\"2\" x1=\"{lower:.1}\" y1=\"{y:.1}\" x2=\"{upper:.1}\" y2=\"{y:.1}\"/>"
        )?;
    }
    writeln!(svg, "<circle class=\"s{series}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\"/>")?;
    // In a column of their own, where no line runs through them.
    writeln!(
        svg,
        "<text class=\"small\" text-anchor=\"end\" x=\"{}\" y=\"{:.1}\">{}</text>",
        WIDTH - 8.0,
        y + 4.0,
        number(mark.value)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
