//! The 64 emoji.

use core::fmt;

/// One of the 64 emoji of the specification.
///
/// `Display` gives the symbol.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Emoji(u8);

impl Emoji {
    /// Its number, 0 to 63.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The symbol: one code point, or two where the second is U+FE0F.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        self.entry().0
    }

    /// The English name. Show it below the symbol: not everybody sees the same
    /// picture.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    fn entry(self) -> (&'static str, &'static str) {
        EMOJI.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// The first 42 bits, six at a time.
    pub(super) fn seven(bytes: [u8; 6]) -> [Self; 7] {
        let [a, b, c, d, e, f] = bytes.map(u64::from);
        let bits = a << 40 | b << 32 | c << 24 | d << 16 | e << 8 | f;
        [42, 36, 30, 24, 18, 12, 6].map(|shift| Self((bits >> shift & 63).to_le_bytes()[0]))
    }
}

impl fmt::Display for Emoji {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol())
    }
}

impl fmt::Debug for Emoji {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Emoji({} {})", self.symbol(), self.name())
    }
}

/// Symbol and name, by number.
const EMOJI: [(&str, &str); 64] = [
    ("🐶", "Dog"),
    ("🐱", "Cat"),
    ("🦁", "Lion"),
    ("🐎", "Horse"),
    ("🦄", "Unicorn"),
    ("🐷", "Pig"),
    ("🐘", "Elephant"),
    ("🐰", "Rabbit"),
    ("🐼", "Panda"),
    ("🐓", "Rooster"),
    ("🐧", "Penguin"),
    ("🐢", "Turtle"),
    ("🐟", "Fish"),
    ("🐙", "Octopus"),
    ("🦋", "Butterfly"),
    ("🌷", "Flower"),
    ("🌳", "Tree"),
    ("🌵", "Cactus"),
    ("🍄", "Mushroom"),
    ("🌏", "Globe"),
    ("🌙", "Moon"),
    ("☁\u{fe0f}", "Cloud"),
    ("🔥", "Fire"),
    ("🍌", "Banana"),
    ("🍎", "Apple"),
    ("🍓", "Strawberry"),
    ("🌽", "Corn"),
    ("🍕", "Pizza"),
    ("🎂", "Cake"),
    ("❤\u{fe0f}", "Heart"),
    ("😀", "Smiley"),
    ("🤖", "Robot"),
    ("🎩", "Hat"),
    ("👓", "Glasses"),
    ("🔧", "Spanner"),
    ("🎅", "Santa"),
    ("👍", "Thumbs Up"),
    ("☂\u{fe0f}", "Umbrella"),
    ("⌛", "Hourglass"),
    ("⏰", "Clock"),
    ("🎁", "Gift"),
    ("💡", "Light Bulb"),
    ("📕", "Book"),
    ("✏\u{fe0f}", "Pencil"),
    ("📎", "Paperclip"),
    ("✂\u{fe0f}", "Scissors"),
    ("🔒", "Lock"),
    ("🔑", "Key"),
    ("🔨", "Hammer"),
    ("☎\u{fe0f}", "Telephone"),
    ("🏁", "Flag"),
    ("🚂", "Train"),
    ("🚲", "Bicycle"),
    ("✈\u{fe0f}", "Aeroplane"),
    ("🚀", "Rocket"),
    ("🏆", "Trophy"),
    ("⚽", "Ball"),
    ("🎸", "Guitar"),
    ("🎺", "Trumpet"),
    ("🔔", "Bell"),
    ("⚓", "Anchor"),
    ("🎧", "Headphones"),
    ("📁", "Folder"),
    ("📌", "Pin"),
];
