// How an LRM answers one message: as it should, or as it may one day. Pure: what it sends back, and whether it waits.

import type { Oddities, Reference } from '../message/edxl.ts';

export const BEHAVIOURS = {
  sound: 'acquitte ; une création déjà connue reçoit 409',
  conflict: 'répond 409, comme si le rendez-vous à créer était connu',
  invalid: 'répond 300',
  silent: 'reçoit et ne dit rien',
  twice: 'acquitte deux fois',
  late: 'acquitte quand on le lui dit (POST /release/…), dans l’ordre ou à rebours',
  refuse: 'acquitte en refusant (refused)',
  steps: 'acquitte à chaque étape : RECU, INTEGRE, CONSULTE',
  stranger: 'acquitte un message que personne n’a envoyé, puis le bon',
  odd: 'acquitte comme le guide l’écrit ailleurs : Hubex, messageId du message initial, -00:00',
} as const;

export type Behaviour = keyof typeof BEHAVIOURS;

export const isBehaviour = (name: unknown): name is Behaviour =>
  typeof name === 'string' && Object.hasOwn(BEHAVIOURS, name);

export type LrmReply =
  | { readonly kind: 'ack'; readonly reference: Reference; readonly odd?: Oddities }
  | {
      readonly kind: 'error';
      readonly code: number;
      readonly cause: string;
      readonly distributionId: string;
    };

export interface Received {
  readonly distributionId: string;
  readonly method: 'CreateAppointment' | 'UpdateAppointment';
  readonly appointmentId: string;
  /** It has an appointment of that id already. */
  readonly isKnown: boolean;
}

export interface Answer {
  readonly replies: readonly LrmReply[];
  /** They wait until they are released. */
  readonly isLate: boolean;
}

export function answer(behaviour: Behaviour, received: Received): Answer {
  const { distributionId, method, appointmentId, isKnown } = received;
  const ack = (more: Partial<Reference> = {}, odd?: Oddities): LrmReply => ({
    kind: 'ack',
    reference: { distributionID: distributionId, ...more },
    ...(odd && { odd }),
  });
  const error = (code: number, cause: string): LrmReply => ({ kind: 'error', code, cause, distributionId });
  const now = (...replies: readonly LrmReply[]): Answer => ({ replies, isLate: false });
  const conflict = error(409, `appointment ${appointmentId} exists`);
  switch (behaviour) {
    case 'sound':
      return now(method === 'CreateAppointment' && isKnown ? conflict : ack());
    case 'conflict':
      return now(conflict);
    case 'invalid':
      return now(error(300, 'the appointment cannot be read'));
    case 'silent':
      return now();
    case 'twice':
      return now(ack(), ack());
    case 'late':
      return { replies: [ack()], isLate: true };
    case 'refuse':
      return now(ack({ refused: true }));
    case 'steps':
      return now(ack({ step: 'RECU' }), ack({ step: 'INTEGRE' }), ack({ step: 'CONSULTE' }));
    case 'stranger':
      return now(ack({ distributionID: `${distributionId.split('_', 1)[0]}_inconnu` }), ack());
    case 'odd':
      return now(ack({}, { scheme: 'Hubex', messageId: distributionId, offset: '-00:00' }));
  }
}
