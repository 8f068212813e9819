import { describe, expect, it } from 'vitest'
import { nameKey, parseName } from './names.ts'

describe('a name', () => {
  it.each([
    'al',
    'a'.repeat(20),
    'Zoë',
    'Zoe\u0308',
    '李小龙',
    'नमस्ते',
    'user_1-2',
    '--',
    '42',
    '__proto__',
    '𝒜𝓁',
    '𠮷𠮷',
    'Дмитрий',
    'Σίσυφος',
    'محمد',
    'สมชาย',
    'ハンナtarō', // Japanese mixes its scripts with Latin
    'さくら木2',
    '김Minji',
    'ㄅㄆ李x',
  ])('may be %s', (name) => {
    expect(parseName(name)).toEqual({ ok: true, name: name.normalize('NFKC') })
  })

  it.each([
    ['nothing', ''],
    ['one letter', 'a'],
    ['21 letters', 'a'.repeat(21)],
    ['a space', 'a b'],
    ['a space around it', ' alice '],
    ['a line break', 'alice\n'],
    ['punctuation', 'al.ice'],
    ['markup', '<b>bob</b>'],
    ['an emoji', 'al😀'],
    ['half a surrogate pair', 'al\ud83d'],
    ['a ligature that is a sentence', '\ufdfa\ufdfa'],
    ['only marks', '\u0301\u0301'],
    ['a zero-width joiner', 'al\u200dice'],
    ['a variation selector', 'alice\ufe0f'],
    ['a grapheme joiner', 'alice\u034f'],
    ['a Hangul filler', 'alice\u115f'],
    ['only fillers', '\u3164\u3164'],
    ['only half-width fillers', '\uffa0\uffa0'],
    ['a soft hyphen', 'al\u00adice'],
    ['a Cyrillic letter among Latin ones', 'аlice'],
    ['a Greek letter among Latin ones', 'αlice'],
    ['a Cherokee letter among Latin ones', 'Ꭺlice'],
    ['an Armenian letter among Latin ones', 'aliսe'],
    ['Cyrillic and Greek letters', 'пαпα'],
    ['Cyrillic letters among Chinese ones', '李д'],
  ])('may not have or be %s', (_what, name) => {
    expect(parseName(name)).toEqual({ ok: false, reason: expect.stringMatching(/^A username has /) })
  })

  it('counts characters as people do: twenty letters outside the basic plane are twenty', () => {
    expect(parseName('𠮷'.repeat(20)).ok).toBe(true)
    expect(parseName('𠮷'.repeat(21)).ok).toBe(false)
  })
})

describe('the key of a name', () => {
  it.each([
    ['alice', 'ALICE'],
    ['zoë', 'ZOE\u0308'],
    ['strasse', 'Straße'],
    ['straße', 'STRAẞE'],
    ['ﬁona', 'FIONA'],
    ['Ａlice', 'alice'],
    ['İpek', 'i\u0307pek'],
    ['Σίσυφος', 'ΣΊΣΥΦΟΣ'],
    ['ασ', 'ΑΣ'],
  ])('is that of %s written %s', (one, other) => {
    expect(nameKey(one)).toBe(nameKey(other))
  })

  it.each([
    ['ace', 'асе'], // Cyrillic
    ['scope', 'ѕсоре'], // Cyrillic
    ['HOT', 'НОТ'], // Cyrillic: alike in capitals only
    ['hot', 'нот'],
    ['vox', 'νοχ'], // Greek
    ['alice', 'alıce'],
    ['SoS', 'ՏօՏ'], // Armenian
  ])('is that of %s, which looks like %s', (one, other) => {
    expect(nameKey(one)).toBe(nameKey(other))
  })

  it.each([
    ['alice', 'alicia'],
    ['jose', 'josé'],
    ['tom', 'torn'],
    ['user1', 'userl'],
    ['bob0', 'bobo'],
    ['Иван', 'Ивана'],
    ['андрей', 'андреи'],
    ['李', '季'],
    ['a_b', 'a-b'],
  ])('of %s is not that of %s', (one, other) => {
    expect(nameKey(one)).not.toBe(nameKey(other))
  })

  it('is the same for a name and the spelling that is kept', () => {
    for (const text of ['Zoe\u0308', 'Ａlice', '𝒜𝓁', 'ﬁona']) {
      const parsed = parseName(text)
      expect(parsed.ok && nameKey(parsed.name)).toBe(nameKey(text))
    }
  })
})
