// Does a Bundle's link repeat the request? As ANS's kit compares: the parameters, decoded, in any order; the path
// does not count. An address that strict parsers refuse is one the kit cannot read either.

import { URL_ILLEGAL } from '../shared/sas/rules/r4/formats.ts';

/** A sentence when they differ. */
export function compareQueries(url: unknown, asked: string): string | undefined {
  if (typeof url !== 'string' || url === '') return 'Bundle.link.url manque.';
  if (URL_ILLEGAL.test(url))
    return 'L’adresse du lien contient des caractères à encoder (« | » s’écrit %7C).';
  const given = readQuery(url);
  const wanted = readQuery(asked);
  if (given === undefined) return 'L’adresse du lien n’est pas décodable.';
  const missing = (wanted ?? []).filter((parameter) => !given.includes(parameter));
  const added = given.filter((parameter) => !(wanted ?? []).includes(parameter));
  if (missing.length === 0 && added.length === 0 && given.length === wanted?.length) return undefined;
  const names = (parameters: readonly string[]): string =>
    parameters.map((parameter) => parameter.slice(0, 60)).join(', ');
  return [
    ...(missing.length > 0 ? [`Paramètres absents du lien : ${names(missing)}.`] : []),
    ...(added.length > 0 ? [`Paramètres ajoutés : ${names(added.slice(0, 5))}.`] : []),
    ...(missing.length + added.length === 0 ? ['Un paramètre est répété.'] : []),
  ].join(' ');
}

function readQuery(url: string): readonly string[] | undefined {
  const cut = url.indexOf('?');
  if (cut < 0) return [];
  try {
    return url
      .slice(cut + 1)
      .split('&')
      .map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
      .toSorted();
  } catch {
    return undefined;
  }
}
