import { describe, expect, it } from 'vitest';
import { matchConsent, normalized } from './match.ts';
import { WORDS_BY_LANGUAGE } from './words.ts';

const consent = (text: string, stored: unknown = null) => matchConsent(text, stored)?.consent ?? null;

describe('words of consent', () => {
  it.each(Object.entries(WORDS_BY_LANGUAGE))(
    'are all understood in %s, and none says both',
    (_language, { optOut, optIn }) => {
      for (const word of optOut) expect([word, consent(word)]).toEqual([word, 'out']);
      for (const word of optIn) expect([word, consent(word)]).toEqual([word, 'in']);
    },
  );

  it.each([
    'STOP',
    ' Stop. ',
    'stop!!!',
    'ＳＴＯＰ',
    '*stop*',
    'Stop 🙏🏽',
    '\u200fSTOP\u200e',
    '“stop”',
    'ST\u00adOP',
    'stop\n',
  ])('are taken without case, punctuation, emoji and what cannot be seen: %j', (text) =>
    expect(consent(text)).toBe('out'),
  );

  it.each([
    ['arret', 'fr'],
    ['ARRÊT', 'fr'],
    ['Désabonner', 'fr'],
    ['DURDUR', 'tr'],
    ['BAŞLA', 'tr'],
    ['ايقاف', 'ar'],
    ['إِيقَاف', 'ar'],
    ['СТОП', 'ru'],
    ['\u202bהסר\u202c', 'he'],
    ['रोकें।', 'hi'],
    ['수신거부', 'ko'],
    ['退订。', 'zh'],
    ['ｽﾄｯﾌﾟ', 'ja'],
    ['Dừng!', 'vi'],
    ['dừng'.normalize('NFD'), 'vi'],
    ['huy dang ky', 'vi'],
    ['الغاء الاشتراک', 'ar'],
    ['لغو عضويت', 'fa'],
    ['روكيں', 'ur'],
  ])('are taken however they are written: %s', (text) => expect(consent(text)).not.toBeNull());

  it.each([
    'please do not stop',
    'stop by at 5',
    'the bus stop',
    'cancel',
    'no',
    'end',
    'yes',
    '',
    '...',
    'रोक',
    'đúng',
    'dùng',
    'Dung',
    'dur',
    'stop '.repeat(20),
  ])('are no part of what else is said: %j', (text) => expect(consent(text)).toBeNull());

  it('can be other ones, or none', () => {
    const own = { keywords: true, optOutWords: ['Genug!'], optInWords: null };
    expect(matchConsent('genug', own)).toEqual({ consent: 'out', keyword: 'Genug!' });
    expect(consent('stop', own)).toBeNull();
    expect(consent('start', own)).toBe('in');
    expect(consent('stop', { keywords: false, optOutWords: null, optInWords: null })).toBeNull();
  });

  it('are compared without accents but with the vowels of Indic scripts', () => {
    expect(normalized('É-Ü  ñ')).toBe('e u n');
    expect(normalized('रोको')).not.toBe(normalized('रोका'));
  });
});
