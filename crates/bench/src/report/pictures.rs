//! The plots of the report.

use super::kept::{AllKept, Kept};
use super::plot::{Mark, Plot, Scale};
use super::rows::{RUNS, SHAPES};

/// Files and their SVG, each with what it shows; those for which nothing was measured are left out.
pub(super) fn all(kept: &AllKept) -> Vec<(&'static str, &'static str, String)> {
    [
        ("performance-ratio.svg", "CPU per delivery by the floor's", ratio(kept)),
        ("performance-latency.svg", "Latency of deliveries", latency(kept)),
        ("performance-memory.svg", "Memory by connection", memory(kept)),
        ("performance-growth.svg", "Ratio to the floor by shape", growth(kept)),
        ("performance-storm.svg", "Coming back after a restart", storm(kept)),
    ]
    .into_iter()
    .filter(|(_, _, plot)| !plot.lines.is_empty())
    .map(|(file, what, plot)| (file, what, plot.to_svg()))
    .collect()
}

fn title(name: &str) -> String {
    RUNS.iter().find(|run| run.name == name).map_or_else(String::new, |run| run.title.to_owned())
}

/// The runs with these names that there are.
fn found<'a>(kept: &'a AllKept, names: &'a [&'a str]) -> impl Iterator<Item = (String, &'a Kept)> {
    names.iter().filter_map(|name| Some((title(name), kept.get(name)?)))
}

fn mark(series: usize, value: f64) -> Mark {
    Mark { series, value, quartiles: None }
}

fn ratio_marks(kept: &Kept) -> Vec<Mark> {
    let ratio = kept.spread("ratio_to_floor");
    ratio.map(|(value, quartiles)| Mark { series: 0, value, quartiles: Some(quartiles) }).into_iter().collect()
}

fn ratio(kept: &AllKept) -> Plot {
    let names = ["fanout-1x1000", "fanout-1x1000-tls", "fanout-200x54", "fanout-1x54-close", "fanout-200x54-max"];
    Plot {
        title: "Server's CPU time for a delivery, by a bare loop of send()".to_owned(),
        unit: "ratio, median and quartiles of the pairs; less is better".to_owned(),
        scale: Scale::Linear,
        series: Vec::new(),
        limits: vec![(1.0, "floor".to_owned()), (1.15, "1.15".to_owned())],
        lines: found(kept, &names).map(|(title, kept)| (title, ratio_marks(kept))).collect(),
    }
}

fn latency(kept: &AllKept) -> Plot {
    let names = ["fanout-1x1000", "fanout-200x54", "fanout-1x54-close", "growth-1x10000", "growth-1000x10"];
    let lines = found(kept, &names).flat_map(|(title, kept)| {
        let of = move |quantile: &str| {
            let names = [format!("{quantile}_us"), format!("floor_{quantile}_us")];
            let marks = names.iter().enumerate();
            marks.filter_map(|(series, name)| Some(mark(series, kept.number(name)? / 1e3))).collect::<Vec<_>>()
        };
        ["p50", "p99", "p999"].map(|quantile| {
            let name = if quantile == "p999" { "p99.9" } else { quantile };
            (format!("{title} {name}"), of(quantile))
        })
    });
    Plot {
        title: "From when a post is due until it has arrived at a member".to_owned(),
        unit: "milliseconds, medians of the windows".to_owned(),
        scale: Scale::Log,
        series: vec!["kkanbu, with rules and durable log", "floor, which has neither"],
        limits: Vec::new(),
        lines: lines.collect(),
    }
}

fn memory(kept: &AllKept) -> Plot {
    let lines = found(kept, &["idle", "idle-tls"]).map(|(title, kept)| {
        let names = ["rss_bytes_per_connection", "heap_bytes_per_connection"];
        let marks = names.iter().enumerate();
        let kib = |(series, name): (usize, &&str)| Some(mark(series, kept.number(name)? / 1_024.0));
        (title, marks.filter_map(kib).collect::<Vec<_>>())
    });
    Plot {
        title: "Memory that an idle member takes".to_owned(),
        unit: "KiB a connection".to_owned(),
        scale: Scale::Linear,
        series: vec!["in RAM (RSS)", "of that allocated"],
        limits: vec![(2.0, "2 KiB".to_owned())],
        lines: lines.collect(),
    }
}

fn growth(kept: &AllKept) -> Plot {
    let names: Vec<&str> = SHAPES.iter().copied().chain(["growth-two-workers"]).collect();
    Plot {
        title: "Ratio to the floor of the same shape".to_owned(),
        unit: "ratio, median and quartiles of the pairs".to_owned(),
        scale: Scale::Linear,
        series: Vec::new(),
        limits: vec![(1.0, "floor".to_owned()), (1.15, "1.15".to_owned())],
        lines: found(kept, &names).map(|(title, kept)| (title, ratio_marks(kept))).collect(),
    }
}

fn storm(kept: &AllKept) -> Plot {
    let figures = [
        ("99 % in", "joined_99_seconds", 0),
        ("all in", "joined_seconds", 0),
        ("all have everything", "caught_up_seconds", 0),
        ("handshakes alone", "floor_seconds", 1),
    ];
    let lines = found(kept, &["storm", "storm-jitter"]).flat_map(|(_, kept)| {
        let jitter = kept.report.get("jitter").and_then(serde_json::Value::as_bool).unwrap_or_default();
        let how = if jitter { ", jitter" } else { "" };
        figures.into_iter().filter_map(move |(label, name, series)| {
            Some((format!("{label}{how}"), vec![mark(series, kept.number(name)?)]))
        })
    });
    Plot {
        title: "Everybody comes back after a restart".to_owned(),
        unit: "seconds from the first connection, medians of the storms".to_owned(),
        scale: Scale::Linear,
        series: vec!["kkanbu", "a program that checks signatures and nothing else"],
        limits: Vec::new(),
        lines: lines.collect(),
    }
}
