/** Sequences that a terminal obeys, and characters that turn or hide text: more than 200 of them. */

const range = (from: number, to: number): ReadonlyArray<string> =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index))

const esc = "\u001b"
const bell = "\u0007"
const terminators = [bell, `${esc}\\`, "\u009c", ""]
const controlStrings = [
  ...["0;title", "1;icon", "2;title", "4;1;rgb:00/00/00", "7;file:///etc", "9;notify", "10;?", "11;?"],
  ...[
    "8;;http://example.invalid",
    "8;id=1;file:///etc/passwd",
    "50;font",
    "52;c;ZWNobyBib28=",
    "52;p;?",
    "104",
    "133;A",
  ],
  ...["777;notify;a;b", "1337;File=name=eA==;inline=1:eA==", "1337;SetUserVar=a=b"],
].map((body) => ["]", body] as const)
const otherStrings = [
  ["P", "$qm"],
  ["P", "+q544e"],
  ["P", "q#0;2;0;0;0#0!1~"],
  ["P", "tmux;\u001b\u001b]52;c;eA=="],
  ["P", "1;1|17/41"],
  ["_", "Gf=32,s=1,v=1;AAAA"],
  ["^", "privacy"],
  ["X", "start of string"],
] as const
const c1Of: Readonly<Record<string, string>> = { "]": "\u009d", P: "\u0090", _: "\u009f", "^": "\u009e", X: "\u0098" }

export const corpus: ReadonlyArray<string> = [
  // Single characters.
  ...range(0x00, 0x08).map((character) => `a${character}b`),
  ...range(0x0b, 0x1f).map((character) => `a${character}b`),
  ...range(0x7f, 0x9f).map((character) => `a${character}b`),
  // Short sequences, and sequences with parameters.
  ...range(0x30, 0x7e).map((final) => `a${esc}${final}b`),
  ...range(0x40, 0x7e).map((final) => `a${esc}[1;2${final}b`),
  ...range(0x40, 0x7e).map((final) => `a\u009b3${final}b`),
  ...[
    "?1049h",
    "?1000h",
    "?2004h",
    "?25l",
    "!p",
    "6n",
    "c",
    ">c",
    "=c",
    "5i",
    "4i",
    "21t",
    "20t",
    "8;1;1t",
    " q",
    "2J",
    "H",
  ].map((sequence) => `a${esc}[${sequence}b`),
  ...["(0", ")B", "#8", "%G", " F", "c", "7", "8", "=", ">"].map((sequence) => `a${esc}${sequence}lqk`),
  // Control strings, in both spellings, with every end and without one.
  ...[...controlStrings, ...otherStrings].flatMap(([kind, body]) =>
    terminators.flatMap((end) => [`a${esc}${kind}${body}${end}b\nc`, `a${c1Of[kind]}${body}${end}b\nc`]),
  ),
  // One inside another, and one that begins before another has ended.
  `${esc}]0;${esc}[31m${bell}x`,
  `${esc}${esc}[31mx`,
  `${esc}[${esc}]0;t${bell}x`,
  `${esc}]52;c;${esc}]8;;u${bell}eA==${bell}`,
  `${esc}[3\u200b1mx`,
  `${esc}\u009d0;t${bell}x`,
  // Overwriting.
  "over\rwritten",
  "line\r\nline",
  "back\b\b\b\bforth",
  "a\u000bb\u000cc",
  "\r\u001b[Kgone",
  // Direction and hiding.
  ...[0x061c, 0x200e, 0x200f, ...[0, 1, 2, 3, 4].map((n) => 0x202a + n), ...[0, 1, 2, 3].map((n) => 0x2066 + n)].map(
    (code) => `a${String.fromCodePoint(code)}b`,
  ),
  ...[
    0x00ad, 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180e, 0x200b, 0x200c, 0x200d, 0x2028, 0x2029, 0x2060, 0x2061,
    0x2062,
  ].map((code) => `a${String.fromCodePoint(code)}b`),
  ...[
    0x2063, 0x2064, 0x206a, 0x206f, 0x3164, 0xfeff, 0xffa0, 0xfff9, 0xfffb, 0x1d173, 0xe0001, 0xe0041, 0xe007f, 0xe0100,
  ].map((code) => `a${String.fromCodePoint(code)}b`),
  "\u00e9\u200d\u200c\u200d\u00e9",
  "\udb40\u200b\udc41",
]

/** Everything that a terminal may obey, turn or hide: controls but tab and newline, C1, marks, what takes no place. */
export const active =
  // oxlint-disable-next-line no-control-regex -- control characters are the subject
  /[\u034f\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u
