//! A QR code holds the bytes that were put in: what a reader makes of the PNG,
//! and of the SVG, is what was drawn.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that panics has failed"
)]

use necturus::qr_image::{QrImage, QrImageError};
use proptest::prelude::*;

/// What rqrr, an independent reader, finds in a picture with these dark pixels.
fn scan(width: usize, is_dark: impl Fn(usize, usize) -> bool) -> Vec<u8> {
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, width, |x, y| {
        if is_dark(x, y) { 0 } else { 255 }
    });
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1);
    let mut bytes = Vec::new();
    grids[0].decode_to(&mut bytes).unwrap();
    bytes
}

fn scan_png(png: &[u8]) -> Vec<u8> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let width = usize::try_from(info.width).unwrap();
    assert_eq!((info.height, pixels.len()), (info.width, width * width));
    scan(width, |x, y| pixels[y * width + x] < 128)
}

/// The dark modules of the path, drawn eight pixels wide.
fn scan_svg(svg: &str) -> Vec<u8> {
    let number = |text: &str| text.parse::<usize>().unwrap();
    let all = svg.split("viewBox=\"-4 -4 ").nth(1).unwrap();
    let all = number(all.split(' ').next().unwrap());
    let path = svg.split("<path d=\"").nth(1).unwrap();
    let mut dark = vec![false; all * all];
    for module in path.split('"').next().unwrap().split_terminator('z') {
        let place = module.strip_prefix('M').unwrap();
        let (x, y) = place
            .strip_suffix("h1v1h-1")
            .unwrap()
            .split_once(' ')
            .unwrap();
        dark[(number(y) + 4) * all + number(x) + 4] = true;
    }
    scan(all * 8, |x, y| dark[y / 8 * all + x / 8])
}

#[test]
fn each_length_up_to_the_longest_is_read_back() {
    for length in [0, 1, 16, 118, 154, 155, 271, 500, 1000, QrImage::MAX_LENGTH] {
        let bytes: Vec<u8> = (0..=255).cycle().skip(length).take(length).collect();
        let code = QrImage::new(&bytes).unwrap();
        assert_eq!(scan_png(&code.to_png().unwrap()), bytes, "{length}");
    }
}

#[test]
fn one_byte_more_than_the_longest_is_refused() {
    let length = QrImage::MAX_LENGTH + 1;
    assert_eq!(
        QrImage::new(&vec![0; length]),
        Err(QrImageError::TooLong { length })
    );
}

#[test]
fn the_smallest_code_that_holds_the_bytes_is_taken() {
    // Byte capacities at level L (ISO/IEC 18004, table 7): version 7 holds 154.
    for (length, version) in [(17, 1), (18, 2), (154, 7), (155, 8), (2953, 40)] {
        let code = QrImage::new(&vec![0xff; length]).unwrap();
        assert_eq!(code.width(), 17 + 4 * version, "{length}");
    }
}

#[test]
fn modules_are_those_of_the_picture() {
    let code = QrImage::new(b"necturus").unwrap();
    let (width, quiet) = (code.width() + 8, 4..code.width() + 4);
    let found = scan(width * 8, |x, y| {
        let (x, y) = (x / 8, y / 8);
        quiet.contains(&x) && quiet.contains(&y) && code.is_dark(x - 4, y - 4)
    });
    assert_eq!(found, b"necturus");
    assert!(!code.is_dark(usize::MAX, 0) && !code.is_dark(0, code.width()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_back_from_both_pictures(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let code = QrImage::new(&bytes).unwrap();
        prop_assert_eq!(&scan_png(&code.to_png().unwrap()), &bytes);
        prop_assert_eq!(&scan_svg(&code.to_svg()), &bytes);
    }
}
