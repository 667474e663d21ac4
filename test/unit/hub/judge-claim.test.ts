// Whose vendor it is, and what of it counts: every state of a claim × what may come next. docs/decisions/0016.
import { describe, expect, it, test } from 'vitest';
import type { EditorAnnouncement } from '../../../shared/link/hub.ts';
import { type ClaimCase, judgeClaim, type KnownVendor } from '../../../worker/hub/vendors/judge-claim.ts';
import type { ClaimState, VendorClaim } from '../../../worker/store/vendor-claims.ts';

const announced = (over: Partial<EditorAnnouncement> = {}): EditorAnnouncement => ({
  id: 'agenda-a',
  name: 'Agenda A',
  flows: ['INT_R01'],
  redirectHosts: ['a.example'],
  appointmentSystem: 'urn:oid:1.2',
  certificateNotAfter: '2030-01-01T00:00:00.000Z',
  ...over,
});
const known = (over: Partial<KnownVendor> = {}): KnownVendor => {
  const { name, redirectHosts, appointmentSystem, certificateNotAfter } = announced();
  return { name, redirectHosts, appointmentSystem, certificateNotAfter, ...over };
};
const claim = (relay: string, state: ClaimState, over: Partial<VendorClaim> = {}): VendorClaim => ({
  relay,
  editor: 'agenda-a',
  state,
  sinceMs: 1,
  ...over,
});
const judge = (over: Partial<ClaimCase> = {}) =>
  judgeClaim(
    {
      relay: 'relay-a',
      announced: announced(),
      known: known(),
      claims: [claim('relay-a', 'accepted')],
      partners: [],
      unclaimed: 'accepted',
      ...over,
    },
    1_000,
  );

describe('whose a vendor is', () => {
  const nobody = { known: undefined, claims: [] };

  it.each<[string, Partial<ClaimCase>, ClaimState, string | undefined]>([
    ['nobody, and the first has it', nobody, 'accepted', 'first'],
    ['nobody, where an operator is asked first', { ...nobody, unclaimed: 'held' }, 'held', 'owner'],
    ['known from before, and nobody claimed it', { claims: [] }, 'accepted', 'first'],
    ["another key's", { claims: [claim('relay-b', 'accepted')] }, 'held', 'owner'],
    ["another key's, who waits too", { claims: [claim('relay-b', 'held')] }, 'held', 'owner'],
    ["another key's, who was refused", { claims: [claim('relay-b', 'refused')] }, 'held', 'owner'],
    ["a partner's", { claims: [claim('relay-b', 'accepted')], partners: ['relay-b'] }, 'accepted', 'first'],
    [
      "a partner's who waits himself, beside another's",
      { claims: [claim('relay-b', 'held'), claim('relay-c', 'accepted')], partners: ['relay-b'] },
      'held',
      'owner',
    ],
    [
      'held so far, and a partner has been accepted',
      { claims: [claim('relay-a', 'held'), claim('relay-b', 'accepted')], partners: ['relay-b'] },
      'accepted',
      undefined,
    ],
    ['held so far, and still', { claims: [claim('relay-a', 'held')] }, 'held', 'change'],
    [
      'refused, whatever a partner is',
      { claims: [claim('relay-a', 'refused'), claim('relay-b', 'accepted')], partners: ['relay-b'] },
      'refused',
      undefined,
    ],
    ['its own', {}, 'accepted', undefined],
  ])('%s', (_what, over, state, told) => {
    const verdict = judge(over);
    expect([verdict.claim.state, verdict.told]).toEqual([state, told]);
    // Who is not its owner changes nothing of it, whatever he says.
    if (state !== 'accepted' && over.known !== undefined) expect(verdict.facts).toEqual(known());
  });
});

describe("what of an owner's word counts", () => {
  test.each<[string, Partial<EditorAnnouncement>]>([
    ['name', { name: 'Agenda Z' }],
    ['a host more', { redirectHosts: ['a.example', 'evil.example'] }],
    ['no host', { redirectHosts: [] }],
    ['another appointment system', { appointmentSystem: 'urn:oid:1.9' }],
  ])('%s is held, and told once', (_what, over) => {
    const first = judge({ announced: announced(over) });
    expect(first.facts).toEqual(factsOf(known()));
    expect(first.told).toBe('change');
    expect(first.claim).toMatchObject({ state: 'accepted', proposed: over, proposedMs: 1_000 });
    const again = judge({ announced: announced(over), claims: [first.claim] });
    expect([again.told, again.claim.proposedMs]).toEqual([undefined, 1_000]);
    const refused = { ...first.claim, isProposalRefused: true };
    const after = judge({ announced: announced(over), claims: [refused] });
    expect([after.told, after.claim.isProposalRefused]).toEqual([undefined, true]);
    const back = judge({ claims: [refused] });
    expect([back.claim.proposed, back.claim.isProposalRefused]).toEqual([undefined, undefined]);
  });

  test('another change than the one refused is told anew', () => {
    const refused = claim('relay-a', 'accepted', {
      proposed: { name: 'X', redirectHosts: [] },
      proposedMs: 5,
      isProposalRefused: true,
    });
    const verdict = judge({ announced: announced({ name: 'Y' }), claims: [refused] });
    expect([verdict.told, verdict.claim.isProposalRefused]).toEqual(['change', undefined]);
  });

  test.each<[string, Partial<EditorAnnouncement>]>([
    ["the certificate's end", { certificateNotAfter: '2031-01-01T00:00:00.000Z' }],
    ['its flows', { flows: ['SOS'] }],
    ['hosts in another order', { redirectHosts: ['a.example'] }],
    ['no appointment system, as an older relay says none', { appointmentSystem: undefined as never }],
  ])('%s is not held', (_what, over) => {
    const verdict = judge({ announced: announced(over) });
    expect([verdict.told, verdict.claim.proposed]).toEqual([undefined, undefined]);
    expect(verdict.facts).toEqual(factsOf(known()));
  });

  test('an appointment system that was never said is taken from its owner, and from nobody else', () => {
    const without = known({ appointmentSystem: undefined });
    expect(judge({ known: without }).facts.appointmentSystem).toBe('urn:oid:1.2');
    const held = judge({ known: without, claims: [claim('relay-b', 'accepted')] });
    expect(held.facts.appointmentSystem).toBeUndefined();
  });

  test('what is read of a broken entry changes nothing, and is no fact once the entry is mended', () => {
    const broken = announced({ outOfOrder: true, name: 'agenda-a', redirectHosts: [] });
    const kept = judge({ announced: broken });
    expect([kept.facts, kept.certificateNotAfter, kept.told]).toEqual([
      factsOf(known()),
      known().certificateNotAfter,
      undefined,
    ]);
    const first = judge({ announced: broken, known: undefined, claims: [] });
    const mended = judge({
      known: { ...first.facts, certificateNotAfter: first.certificateNotAfter },
      claims: [first.claim],
    });
    expect([mended.facts, mended.told]).toEqual([factsOf(known()), undefined]);
  });
});

function factsOf({ name, redirectHosts, appointmentSystem }: KnownVendor) {
  return { name, redirectHosts, appointmentSystem };
}
