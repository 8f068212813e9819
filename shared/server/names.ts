import unhomoglyph from 'unhomoglyph'

/** Characters (code points) of a name. */
const NAME_LENGTH = { min: 2, max: 20 } as const

/** A name in its one spelling, or why it is none, as a sentence for people. */
export type ParsedName = { ok: true; name: string } | { ok: false; reason: string }

/**
 * Reads a name that a person chose. It MUST be stored and shown as `name`, and compared by `nameKey(name)`.
 *
 * A name has 2 to 20 letters with their marks, digits, `_` or `-`, of any script but of one script only, counted after
 * NFKC (Unicode Standard Annex 15). Characters that nobody can see are refused.
 */
export function parseName(text: string): ParsedName {
  const { min, max } = NAME_LENGTH
  const name = text.normalize('NFKC')
  const { length } = [...name] // code points: what people count, unlike UTF-16 units
  if (length < min || length > max || !ALLOWED.test(name) || INVISIBLE.test(text)) {
    return { ok: false, reason: `A username has ${min} to ${max} letters, digits, _ or -, and no spaces.` }
  }
  if (!isHighlyRestrictive(name)) {
    return { ok: false, reason: 'A username has letters of one script: others look like them.' }
  }
  return { ok: true, name }
}

/**
 * What two names have in common that are one name: those that differ only in case, and those that look alike. Two users
 * MUST NOT have the same key. Takes any text.
 */
export function nameKey(text: string): string {
  return [...foldCase(text).normalize('NFD')].map(prototype).join('')
}

/** Letters, digits, `_` and `-`. Marks (accents, vowel signs) need a character to stand on. */
const ALLOWED = /^[\p{L}\p{N}_-][\p{L}\p{M}\p{N}_-]*$/u

/** Variation selectors, joiners, fillers: "default ignorable" in the Unicode Standard (section 5.21). */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u

/**
 * Full case folding (Unicode Standard, section 3.13), which JavaScript does not offer: upper case makes `ß` and `ẞ` equal
 * `SS`; the lower case before it takes care of `İ`.
 */
function foldCase(text: string): string {
  return text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC')
}

/**
 * The character that stands for all that look like `character`: its "skeleton" (UTS 39 section 4, confusables.txt), for
 * the lower or the upper case, since names are compared without case: `н` looks like no Latin letter, but `Н` like `H`.
 * ASCII stays as it is: by that table `m` looks like `rn` and `0` like `O`, and then tom and torn could not both come.
 */
function prototype(character: string): string {
  if (isAscii(character)) return character
  const lower = unhomoglyph(character)
  if (isAscii(lower)) return lower.toLowerCase()
  const upper = unhomoglyph(character.toUpperCase())
  return isAscii(upper) ? upper.toLowerCase() : lower
}

const isAscii = (text: string) => /^[\x20-\x7e]+$/.test(text)

/** Whether all characters can be of one script, or of a mix that one writing system has (UTS 39 section 5.2). */
function isHighlyRestrictive(name: string): boolean {
  return WRITING_SYSTEMS.some((scripts) => ofScripts(scripts).test(name))
}

/** Digits, `_`, `-` belong to no script ("common"), some marks take that of their letter ("inherited"). */
const SCRIPTLESS = ['Zyyy', 'Zinh']

/** ISO 15924 codes of the scripts of Unicode 15, which every Node from 20 on knows. Latin first: most names end there. */
const SCRIPTS =
  'Latn Cyrl Grek Arab Hani Hira Kana Hang Adlm Aghb Ahom Armi Armn Avst Bali Bamu Bass Batk Beng Bhks Bopo Brah Bugi ' +
  'Buhd Cakm Cans Cari Cham Cher Chrs Copt Cpmn Cprt Deva Diak Dogr Dsrt Dupl Egyp Elba Elym Ethi Geor Glag Gong Gonm ' +
  'Goth Gran Gujr Guru Hano Hatr Hebr Hluw Hmng Hmnp Hung Ital Java Kali Kawi Khar Khmr Khoj Kits Knda Kthi Lana Laoo ' +
  'Lepc Limb Lina Linb Lisu Lyci Lydi Mahj Maka Mand Mani Marc Medf Mend Merc Mero Mlym Modi Mong Mroo Mtei Mult Mymr ' +
  'Nagm Nand Narb Nbat Newa Nkoo Nshu Ogam Olck Orkh Orya Osge Osma Ougr Palm Pauc Perm Phag Phlp Phli Phnx Plrd Prti ' +
  'Rjng Rohg Runr Samr Sarb Saur Sgnw Shaw Shrd Sidd Sind Sinh Sogd Sogo Sora Soyo Sund Sylo Syrc Tagb Takr Tale Talu ' +
  'Taml Tang Tavt Telu Tfng Tglg Thaa Thai Tibt Tirh Tnsa Toto Ugar Vaii Vith Wara Wcho Xpeo Xsux Yezi Yiii Zanb'

const WRITING_SYSTEMS = [
  ...SCRIPTS.split(' '),
  'Latn Hani Hira Kana', // Japanese
  'Latn Hani Bopo', // Chinese
  'Latn Hani Hang', // Korean
]

const patterns = new Map<string, RegExp>()

/** Made when first asked for: hardly any server meets all of them. */
function ofScripts(scripts: string): RegExp {
  let pattern = patterns.get(scripts)
  if (!pattern) {
    const classes = [...scripts.split(' '), ...SCRIPTLESS].map((script) => `\\p{Script_Extensions=${script}}`)
    pattern = new RegExp(`^[${classes.join('')}]+$`, 'u')
    patterns.set(scripts, pattern)
  }
  return pattern
}
