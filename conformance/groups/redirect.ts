// O1..O4: the booking page of a slot, opened as a regulator's browser does: without `origin` an error or a sign-in,
// with it the delegated sign-in. A page made by script cannot be read from here: it is left to the eye.

import type { Found } from '../bundle-view.ts';
import { describeFailure, type Exchange, type Failure } from '../calls/exchange.ts';
import { openPage, type Page } from '../calls/open-page.ts';
import type { Answer } from '../calls/search.ts';
import { breaks, defineRequirements, pass, skip, type Verdict } from '../requirement.ts';
import type { Scene } from '../scene.ts';
import { describeNoSlot, type Survey } from '../survey.ts';

const GROUP = 'Redirection';
const ROWS = defineRequirements({
  O1: 'failure [FAQ] Le premier créneau donne l’URL de l’agenda dans comment.',
  O2: 'failure [PS] Sans le paramètre origin, l’agenda ne s’ouvre pas : erreur ou page de connexion.',
  O3: 'failure [PS] Avec origin, sans session, la page est celle de Pro Santé Connect.',
  O4: 'failure [PS] Avec origin, un régulateur connecté arrive sur l’agenda.',
});

const SIGN_IN =
  /erreur|error|refus|interdit|forbidden|introuvable|not found|connect(er|ez|ion)|identifi(er|ez|cation)|authentifi|mot de passe|log ?in|sign ?in/i;
const MINISTRY = /minist[èe]re de la sant[ée] et de la pr[ée]vention/i;
/** A page with less text than that, and scripts, is drawn by them. */
const SCRIPTED_TEXT_CHARS_MAX = 80;

export async function runRedirect(scene: Scene, { answers, anyone: answer }: Survey): Promise<void> {
  if (!scene.inputs.redirect) {
    for (const requirement of Object.values(ROWS))
      scene.judge(GROUP, requirement, skip('Donner --redirect.'));
    return;
  }
  const slot = answer?.view?.of('Slot')[0];
  const comment = slot?.resource.comment;
  const url = typeof comment === 'string' ? URL.parse(comment) : null;
  if (slot === undefined || url === null || !/^https?:$/.test(url.protocol)) {
    scene.judge(
      GROUP,
      ROWS.O1,
      judgeMissing(scene, answer, slot, describeNoSlot(answers)),
      ...(answer ? [answer.exchange] : []),
    );
    for (const row of [ROWS.O2, ROWS.O3, ROWS.O4]) scene.judge(GROUP, row, skip('Sans URL, rien à ouvrir.'));
    return;
  }
  scene.judge(GROUP, ROWS.O1, pass(scene.mask.address(url.href)), ...(answer ? [answer.exchange] : []));
  const { redirectHosts } = scene.inputs.editor;
  const declared = redirectHosts.map((host) => host.replace(/^https?:\/\//, ''));
  if (declared.length > 0 && !declared.includes(url.hostname) && !declared.includes(url.host)) {
    const reason = `L’hôte ${url.hostname} n’est pas dans redirectHosts de la configuration : il n’est pas appelé.`;
    for (const row of [ROWS.O2, ROWS.O3, ROWS.O4]) scene.judge(GROUP, row, skip(reason));
    return;
  }
  const { origin, editor, timeoutMs } = scene.inputs;
  const open = async (label: string, address: URL): Promise<readonly [Page | Failure, Exchange]> => {
    const [startedMs, from] = [Date.now(), performance.now()];
    const opened = await openPage(address, editor, timeoutMs);
    const sent = { method: 'GET', url: scene.mask.address(address.href), headers: {} } as const;
    const durationMs = Math.round((performance.now() - from) * 10) / 10;
    return [opened, scene.caller.keep({ label, sent, startedMs, durationMs, ...endOf(opened) })];
  };
  const [closed, without] = await open('page de réservation sans origin', url);
  scene.judge(GROUP, ROWS.O2, judgeClosed(closed), without);
  const withOrigin = new URL(url);
  withOrigin.searchParams.delete('origin');
  withOrigin.searchParams.append('origin', origin);
  const [delegated, given] = await open('page de réservation avec origin', withOrigin);
  scene.judge(GROUP, ROWS.O3, judgeDelegated(delegated), given);
  const manual = `À vérifier à la main : se connecter, puis ouvrir comment du créneau ${scene.mask.text(String(slot.resource.id))} avec origin=${origin}.`;
  scene.judge(GROUP, ROWS.O4, skip(manual));
}

function judgeMissing(
  scene: Scene,
  answer: Answer | undefined,
  slot: Found | undefined,
  noSlot: string,
): Verdict {
  if (slot === undefined) return skip(noSlot);
  const example = '"comment": "https://agenda.example/praticien?id=7"';
  return breaks(
    scene.problem(
      answer?.view?.bundle,
      'comment n’est pas une URL http ou https.',
      `${slot.path}.comment`,
      example,
    ),
  );
}

function judgeClosed(page: Page | Failure): Verdict {
  if ('reason' in page) return breaks({ text: `La page ne s’ouvre pas : ${describeFailure(page)}.` });
  if (!page.html) {
    return page.status >= 400
      ? pass(`HTTP ${page.status}.`)
      : breaks({
          text: `HTTP ${page.status} et autre chose qu’une page HTML, sans origin.`,
          example: 'HTTP 403, ou une page de connexion.',
        });
  }
  if (SIGN_IN.test(page.text)) return pass(`HTTP ${page.status}, page d’erreur ou de connexion.`);
  if (isScripted(page)) return skip('Page construite par script : à vérifier à la main, sans origin.');
  return breaks({
    text: `HTTP ${page.status} : la page ne porte ni erreur ni invitation à se connecter.`,
    example: 'Sans origin, une page d’erreur ou de connexion, sans rôle de régulateur.',
  });
}

function judgeDelegated(page: Page | Failure): Verdict {
  const example = 'Avec origin, une redirection vers Pro Santé Connect.';
  if ('reason' in page)
    return breaks({ text: `La page ne s’ouvre pas : ${describeFailure(page)}.`, example });
  if (!page.html) return breaks({ text: `HTTP ${page.status} et autre chose qu’une page HTML.`, example });
  if (MINISTRY.test(page.text)) return pass(`HTTP ${page.status}, arrivée chez ${page.host}.`);
  if (isScripted(page)) return skip('Page construite par script : à vérifier à la main, avec origin.');
  return breaks({
    text: `HTTP ${page.status} chez ${page.host} : ce n’est pas la page de Pro Santé Connect.`,
    example,
  });
}

function endOf(opened: Page | Failure): Pick<Exchange, 'received' | 'failure'> {
  if ('reason' in opened) return { failure: opened };
  const { status, raw } = opened;
  return { received: { status, headers: {}, bytes: Buffer.byteLength(raw), tls: undefined } };
}

function isScripted({ raw, text }: Page): boolean {
  return /<script\b/i.test(raw) && text.length <= SCRIPTED_TEXT_CHARS_MAX;
}
