// Which host names are which door: allow-lists, whatever the spelling.

import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { hostNames } from '../../../worker/base/host-names.ts';
import { enter, refuseOtherDoor } from '../../../worker/front/door.ts';

const doors = (
  browsers: readonly string[],
  servers: readonly string[],
  edge: readonly string[],
  consoles: readonly string[] = [],
) => ({
  browserHosts: new Set(browsers),
  serverHosts: new Set(servers),
  edgeHosts: new Set(edge),
  consoleHosts: new Set(consoles),
});
const OF_SERVER = { path: '/aggregator/api-sas/v1/login_check', door: 'server' } as const;

/** What the caller hears. */
function askAt(
  host: string,
  given: ReturnType<typeof doors>,
  route: Parameters<typeof refuseOtherDoor>[1],
): string {
  try {
    refuseOtherDoor(given, route, enter(given, `https://${host}${route.path}`));
    return 'served';
  } catch (cause) {
    return (cause as { reason: string }).reason;
  }
}

describe('the calls of the front’s server', () => {
  it.each([
    ['of an edge that nobody has named', [], [], [], 'any.example', 'served'],
    ['at no name that is named', [], [], ['e.example'], 'any.example', 'host-unknown'],
    ['at the browsers’', ['b.example'], [], [], 'b.example', 'not-found'],
    ['at another name than the browsers’', ['b.example'], [], [], 'any.example', 'host-unknown'],
    ['at the edge’s own', ['b.example'], [], ['e.example'], 'e.example', 'served'],
    [
      'at the edge’s own, when the server has its door',
      [],
      ['s.example'],
      ['e.example'],
      'e.example',
      'not-found',
    ],
    ['at the server’s', ['b.example'], ['s.example'], [], 's.example', 'served'],
    ['at a name of neither', ['b.example'], ['s.example'], [], 'any.example', 'host-unknown'],
    ['at the browsers’, with its last dot', ['b.example'], [], ['e.example'], 'b.example.', 'not-found'],
    ['at the browsers’, in capitals and with a port', ['b.example'], [], [], 'B.Example:8443', 'not-found'],
    ['at the server’s, with its last dot', [], ['s.example'], [], 's.example.', 'served'],
    ['at the server’s, with two dots', [], ['s.example'], [], 's.example..', 'host-unknown'],
    ['at a name that begins like it', [], ['s.example'], [], 's.example.evil.test', 'host-unknown'],
    ['at a name that ends like it', [], ['s.example'], [], 'evils.example', 'host-unknown'],
    ['at a name with the server’s as its user', [], ['s.example'], [], 's.example@evil.test', 'host-unknown'],
    ['at a name in both lists', ['x.example'], ['x.example'], [], 'x.example', 'not-found'],
    ['at this machine, which nobody named', ['b.example'], [], [], '127.0.0.1', 'host-unknown'],
    [
      'at an address that is this machine, spelt otherwise',
      ['b.example'],
      [],
      ['127.0.0.1'],
      '2130706433',
      'served',
    ],
    ['at an IPv6 address', [], [], ['[::1]'], '[0:0:0:0:0:0:0:1]:9', 'served'],
    ['at an international name', [], [], ['xn--prnom-csa.example'], 'prénom.example', 'served'],
  ] as const)('%s', (_, browsers, servers, edge, host, heard) => {
    expect(askAt(host, doors(browsers, servers, edge), OF_SERVER)).toBe(heard);
  });
});

describe('the browsers’ door', () => {
  const given = doors(['b.example'], [], ['e.example']);

  it.each([
    ['/aggregator/api-sas/v1/PractitionerSlots', 'served'],
    ['/aggregator/marketplace/api/v1/editors', 'served'],
    ['/aggregator/r/:slot', 'served'],
    ['/r/:slot', 'served'],
    ['/', 'served'],
    ['/docs', 'served'],
    ['/healthz', 'served'],
    ['/fhir/Slot', 'not-found'],
    ['/fhir/Appointment', 'not-found'],
    ['/admin/editors', 'not-found'],
    ['/link', 'not-found'],
  ])('%s: %s', (path, heard) => {
    expect(askAt('b.example', given, { path })).toBe(heard);
    expect(askAt('e.example', given, { path })).toBe('served');
  });
});

describe('the console', () => {
  const OF_CONSOLE = { path: '/console/veille', door: 'server' } as const;
  it.each([
    ['at an edge that nobody has named', doors([], [], []), 'any.example', 'served'],
    ['never at the browsers’', doors(['b.example'], [], []), 'b.example', 'not-found'],
    [
      'not even when it is named the console’s too',
      doors(['b.example'], [], [], ['b.example']),
      'b.example',
      'not-found',
    ],
    [
      'where the server has its door, there',
      doors([], ['s.example'], ['e.example']),
      'e.example',
      'not-found',
    ],
    ['at its own name', doors([], ['s.example'], ['e.example'], ['c.example']), 'c.example', 'served'],
    [
      'at its own name alone',
      doors([], ['s.example'], ['e.example'], ['c.example']),
      's.example',
      'not-found',
    ],
    [
      'at the edge’s name that is its own too',
      doors([], ['s.example'], ['e.example'], ['e.example']),
      'e.example',
      'served',
    ],
  ])('is served %s', (_, given, host, heard) => {
    expect(askAt(host, given, OF_CONSOLE)).toBe(heard);
  });

  it('and its own name serves nothing else', () => {
    const given = doors([], [], ['e.example'], ['c.example']);
    expect(askAt('c.example', given, { path: '/admin/editors' })).toBe('not-found');
    expect(askAt('c.example', given, { path: '/healthz' })).toBe('served');
    expect(askAt('e.example', given, { path: '/admin/editors' })).toBe('served');
  });
});

it('probes are answered whatever the name', () => {
  for (const path of ['/healthz', '/readyz'])
    expect(askAt('10.0.0.7', doors([], [], ['e.example']), { path })).toBe('served');
});

it.each(['http://a b/', 'http:///', 'http://%00/', '*', 'http://127.0.0.1http://evil.example/'])(
  'an address that is none (%s) is refused',
  (address) => {
    expect(() => enter(doors([], [], ['127.0.0.1']), address)).toThrow('host-unknown');
  },
);

describe('a list of names', () => {
  it.each([
    [
      'B.Example., c.example\n[0::1]  prénom.example',
      ['b.example', 'c.example', '[::1]', 'xn--prnom-csa.example'],
    ],
    ['', []],
  ])('%j', (text, names) => {
    expect(v.parse(hostNames, text)).toEqual(names);
  });

  it.each(['a.example:8787', 'https://a.example', 'a.example/x', 'u@a.example', '*.exa mple@', 'a[b', '::1'])(
    'refuses %j',
    (text) => {
      expect(v.safeParse(hostNames, text).success).toBe(false);
    },
  );
});
