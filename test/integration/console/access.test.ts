// Who gets into the console, and what a session opens: C-01, C-03, C-04, C-05, C-06, C-26 of its checks, over the real Worker and D1.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signConsoleCode, signToken } from '../../../sandbox/platform/local/state.ts';
import { ROLES } from '../../../worker/console/model/roles.ts';
import { SCREENS } from '../../../worker/console/screens.ts';
import { ConsoleVisitor } from '../../support/doubles/console-visitor.ts';
import { System } from '../../support/scenes/system.ts';

let system: System;
let admin: string;

beforeAll(async () => {
  system = await System.start({ vendors: [{ seed: 1 }, { seed: 2 }] });
  admin = await signToken(system.state, 'admin');
});
afterAll(() => system?.stop());

const visitor = (): ConsoleVisitor => new ConsoleVisitor(system);
const code = (...roles: string[]): Promise<string> => signConsoleCode(system.state, roles);

describe('a link', () => {
  it('C-01 shows a page with one button, and signs in once', async () => {
    const link = await code('exploitant');
    const first = visitor();
    const page = await first.get(`/console/entree?code=${link}`);
    expect(page.status).toBe(200);
    expect(page.text.match(/<button/g)).toHaveLength(1);
    const entered = await first.use(link);
    expect([entered.status, entered.headers.get('Location')]).toEqual([303, '/console']);
    const cookie = entered.headers.get('Set-Cookie') ?? '';
    expect(cookie).toMatch(
      /^__Host-passerelle=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax; Max-Age=43200$/,
    );
    expect((await first.get('/console/veille')).status).toBe(200);
    const again = await visitor().use(link);
    expect([again.status, again.headers.get('Set-Cookie')]).toEqual([403, null]);
  });

  it('C-01 signs in one of many who use it at once', async () => {
    const link = await code('exploitant');
    const all = await Promise.all(Array.from({ length: 8 }, () => visitor().use(link)));
    expect(all.filter(({ status }) => status === 303)).toHaveLength(1);
  });

  it('C-01 is refused when it is old, too long, from another site, a bearer token, or none', async () => {
    const tries = [
      await signConsoleCode(system.state, ['exploitant'], undefined, -60),
      await signConsoleCode(system.state, ['exploitant'], undefined, 3_600),
      await signConsoleCode(system.state, ['exploitant'], 'agenda-a'),
      await signConsoleCode(system.state, ['editeur']),
      await signConsoleCode(system.state, ['directeur']),
      admin,
      'x',
      '',
    ];
    for (const one of tries) {
      const page = await visitor().use(one);
      expect([page.status, page.headers.get('Set-Cookie')]).toEqual([403, null]);
    }
    const link = await code('exploitant');
    for (const site of ['cross-site', 'same-site', 'none', undefined]) {
      expect((await visitor().use(link, { site })).status).toBe(403);
    }
    // None of these has used it up.
    expect((await visitor().use(link)).status).toBe(303);
  });

  it('is no bearer token', async () => {
    const link = await code('exploitant');
    for (const path of ['/admin/editors', '/fhir/Slot']) {
      const response = await system.fetch(path, { headers: { Authorization: `Bearer ${link}` } });
      expect(response.status).toBe(401);
    }
  });
});

describe('without a session', () => {
  it('C-03 every screen leads to the entry, every form is refused', async () => {
    for (const { method, path } of SCREENS) {
      const target = path.replace(/:\w+/, 'agenda-a');
      const page = method === 'GET' ? await visitor().get(target) : await visitor().post(target, {});
      expect([path, page.status]).toEqual([path, method === 'GET' ? 303 : 403]);
      if (method === 'GET') expect(page.headers.get('Location')).toBe('/console/entree');
      expect(page.text).not.toContain('Agenda a');
    }
    const forged = visitor();
    forged.cookie = 'A'.repeat(43);
    expect((await forged.get('/console/veille')).status).toBe(303);
  });

  it('C-03 the cookie opens no /admin and no /fhir', async () => {
    const { cookie } = await ConsoleVisitor.enter(system, 'exploitant');
    for (const path of ['/admin/editors', '/admin/relays', '/fhir/Slot', '/fhir/Appointment']) {
      const response = await fetch(system.url + path, { headers: { Cookie: `__Host-passerelle=${cookie}` } });
      expect([path, response.status]).toEqual([path, 401]);
    }
  });
});

describe('roles', () => {
  it.each(ROLES)('C-04 %s opens what the table says, and nothing else', async (role) => {
    for (const screen of SCREENS) {
      // Each with a session of its own, as one of the screens ends it.
      const own = await ConsoleVisitor.enter(system, role, role === 'editeur' ? 'agenda-a' : undefined);
      const target = screen.path.replace(/:\w+/, 'agenda-a');
      // A form of this session and an act that is refused for what it says: the right is judged first.
      const jeton = await tokenOf(own);
      const page = screen.method === 'GET' ? await own.get(target) : await own.post(target, { jeton });
      const isOpen = screen.roles.includes(role);
      expect([screen.method, screen.path, page.text.includes('Votre rôle n’ouvre pas cet écran')]).toEqual([
        screen.method,
        screen.path,
        !isOpen,
      ]);
      if (!isOpen) expect(page.status).toBe(403);
    }
  });

  async function tokenOf(own: ConsoleVisitor): Promise<string> {
    const { text } = await own.get('/console/veille');
    return /name="jeton" value="([^"]+)"/.exec(text)?.[1] ?? '';
  }

  it('C-26 an address that says what a screen does not read is refused, and the parameter named', async () => {
    const own = await ConsoleVisitor.enter(system, 'exploitant');
    for (const { method, path } of SCREENS) {
      if (method !== 'GET') continue;
      const target = path.replace(/:\w+/, 'agenda-a');
      const page = await own.get(`${target}?periode=hier`);
      expect([path, page.status]).toEqual([path, 400]);
      expect(page.text).toContain('« periode »');
      expect(page.text).not.toContain('hier');
    }
    const bad = [
      'editeurs/agenda-a?fait=tout',
      'comptes?fait=deja',
      'expliquer?flux=X',
      'expliquer?editeur=%3Cb',
    ];
    for (const one of [...bad, 'comptes?fait=vague&fait=vague']) {
      const page = await own.get(`/console/${one}`);
      expect([one, page.status]).toEqual([one, 400]);
      expect(page.text).toContain(`« ${/\?(\w+)/.exec(one)?.[1]} »`);
    }
    for (const good of [
      'editeurs/agenda-a?fait=deja',
      'comptes?fait=vague',
      'expliquer?editeur=agenda-b&flux=SOS',
    ]) {
      expect([good, (await own.get(`/console/${good}`)).status]).toEqual([good, 200]);
    }
  });

  it('C-04 someone of a vendor sees that vendor alone, and no other’s name', async () => {
    const own = await ConsoleVisitor.enter(system, 'editeur', 'agenda-a');
    const page = await own.get('/console/editeurs/agenda-a');
    expect([page.status, page.text.includes('Agenda a')]).toEqual([200, true]);
    expect(page.text).not.toMatch(/agenda-b|Agenda b/i);
    const other = await own.get('/console/editeurs/agenda-b');
    expect([other.status, /agenda b/i.test(other.text)]).toEqual([404, false]);
    expect((await own.get('/console/expliquer')).text).not.toMatch(/agenda-b|Agenda b/i);
  });

  it('C-05 a right that is taken away ends the session with the next request', async () => {
    const own = await ConsoleVisitor.enter(system, 'raccordement');
    expect((await own.get('/console/veille')).status).toBe(200);
    const db = await system.edge.database('DB');
    await db.prepare("DELETE FROM console_users WHERE subject = 'local:raccordement'").run();
    expect((await own.get('/console/veille')).status).toBe(303);
  });

  it('C-05 a session ends with its hour of rest, its twelve hours, and by going out', async () => {
    const db = await system.edge.database('DB');
    for (const change of ['seen_ms = seen_ms - 3600001', 'ends_ms = ends_ms - 43200001']) {
      const own = await ConsoleVisitor.enter(system, 'exploitant');
      expect((await own.get('/console/veille')).status).toBe(200);
      await db.prepare(`UPDATE console_sessions SET ${change}`).run();
      expect((await own.get('/console/veille')).status).toBe(303);
    }
    const own = await ConsoleVisitor.enter(system, 'exploitant');
    const out = await own.submit('/console/veille', '/console/sortie', {});
    expect([out.status, out.headers.get('Set-Cookie')]).toEqual([
      200,
      '__Host-passerelle=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0',
    ]);
    expect((await own.get('/console/veille')).status).toBe(303);
  });
});

describe('a form', () => {
  const PATH = '/console/editeurs/agenda-b';
  const ACT = { motif: 'essai de coupure', confirme: 'oui' };
  const isEnabled = async (): Promise<boolean> => {
    const response = await system.fetch('/admin/editors', { headers: { Authorization: `Bearer ${admin}` } });
    const { editors } = (await response.json()) as { editors: { id: string; enabled: boolean }[] };
    return editors.find(({ id }) => id === 'agenda-b')?.enabled === true;
  };

  it('C-06 from another site, without its token, of another session, or by GET changes nothing', async () => {
    const own = await ConsoleVisitor.enter(system, 'exploitant');
    const other = await ConsoleVisitor.enter(system, 'exploitant');
    const fields: Record<string, string> = { ...(await own.hidden(PATH, PATH, 'couper')), ...ACT };
    for (const site of ['cross-site', 'same-site', 'none', undefined]) {
      expect((await own.post(PATH, fields, { site })).status).toBe(403);
    }
    const { jeton: _token, ...without } = fields;
    expect((await own.post(PATH, without)).status).toBe(403);
    expect((await other.post(PATH, fields)).status).toBe(403);
    expect((await own.get(`${PATH}?${new URLSearchParams(fields).toString()}`)).status).toBe(400);
    expect(await isEnabled()).toBe(true);
    // The same form, sent as it should be, does it: nothing above failed for another reason.
    expect((await own.post(PATH, fields)).status).toBe(303);
    expect(await isEnabled()).toBe(false);
    expect((await own.submit(PATH, PATH, ACT, 'remettre')).status).toBe(303);
    expect(await isEnabled()).toBe(true);
  });
});

it('is served nowhere but where its settings say, and signs nobody in by default', async () => {
  await system.stopEdge();
  await system.startEdge({
    CONSOLE_HOSTS: 'console.example',
    EDGE_HOSTS: 'edge.example',
    CONSOLE_LINKS: 'off',
  });
  expect((await visitor().get('/console/entree')).status).toBe(404);
  await system.stopEdge();
  await system.startEdge({ CONSOLE_LINKS: 'off' });
  const page = await visitor().get('/console/entree');
  expect([page.status, page.text.includes('CONSOLE_LINKS')]).toEqual([200, true]);
  expect((await visitor().use(await code('exploitant'))).status).toBe(403);
});
