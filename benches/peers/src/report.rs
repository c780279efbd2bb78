//! The table as text and as JSON.

use core::fmt::Write;

use serde_json::{Value, json};

use crate::{
    row::{Measured, Peer},
    sizes::Size,
};

fn back_ends() -> String {
    let mut found = vec![std::env::consts::ARCH.to_owned()];
    #[cfg(target_arch = "x86_64")]
    for (name, there) in [
        ("AES-NI", std::is_x86_feature_detected!("aes")),
        ("SHA-NI", std::is_x86_feature_detected!("sha")),
        ("AVX2", std::is_x86_feature_detected!("avx2")),
    ] {
        found.push(format!("{name}: {}", if there { "yes" } else { "no" }));
    }
    found.join(", ")
}

fn libolm_version() -> String {
    let (major, minor, patch) = necturus_interop_libolm::library_version();
    format!("{major}.{minor}.{patch}")
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.0}"))
}

fn ratio(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}×"))
}

/// A table in Markdown.
pub(crate) fn text(results: &[Measured], sizes: &[Size]) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}; vodozemac 0.11.1, libolm {}; ns, smallest of many samples, one thread\n",
        back_ends(),
        libolm_version()
    );
    out.push_str("| operation | necturus | vodozemac | libolm | floor | × vodozemac | must reach | × libolm |\n");
    out.push_str("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for result in results {
        let [necturus, vodozemac, libolm, floor] = Peer::ALL.map(|peer| number(result.time(peer)));
        let goal = match result.must_reach {
            None => "",
            Some(goal) if goal > 1.0 => &format!("{goal}×"),
            Some(_) => "not slower",
        };
        let _ = writeln!(
            out,
            "| {} | {necturus} | {vodozemac} | {libolm} | {floor} | {} | {goal}{} | {} |",
            result.name,
            ratio(result.ratio(Peer::Vodozemac)),
            if result.missed() { " (missed)" } else { "" },
            ratio(result.ratio(Peer::Libolm)),
        );
    }
    out.push_str("\n| object, bytes in memory | necturus | vodozemac | libolm |\n");
    out.push_str("| --- | ---: | ---: | ---: |\n");
    for size in sizes {
        let _ = writeln!(
            out,
            "| {} | {} | {}{} | {} |",
            size.object,
            size.necturus,
            size.vodozemac,
            if size.vodozemac_has_heap {
                " + heap"
            } else {
                ""
            },
            size.libolm
        );
    }
    out
}

/// The same as JSON.
pub(crate) fn json(results: &[Measured], sizes: &[Size]) -> String {
    let rows: Vec<Value> = results
        .iter()
        .map(|result| {
            let times: serde_json::Map<String, Value> = Peer::ALL
                .into_iter()
                .filter_map(|peer| Some((peer.name().to_owned(), result.time(peer)?.into())))
                .collect();
            json!({
                "operation": result.name,
                "nanoseconds": times,
                "samples": result.samples,
                "ratio_vodozemac": result.ratio(Peer::Vodozemac),
                "ratio_libolm": result.ratio(Peer::Libolm),
                "must_reach": result.must_reach,
                "missed": result.missed(),
            })
        })
        .collect();
    let sizes: Vec<Value> = sizes
        .iter()
        .map(|size| {
            json!({
                "object": size.object,
                "necturus": size.necturus,
                "vodozemac": size.vodozemac,
                "vodozemac_has_heap": size.vodozemac_has_heap,
                "libolm": size.libolm,
            })
        })
        .collect();
    let report = json!({
        "back_ends": back_ends(),
        "vodozemac": "0.11.1",
        "libolm": libolm_version(),
        "rows": rows,
        "sizes": sizes,
    });
    format!("{report:#}\n")
}
