// How an appointment gets its id, and how two messages are known to be the same. The id is made from what makes
// an appointment unique, so that two edges, a restart or a lost answer lead to the same Location.

import { sha256Hex } from '../../../shared/hash.ts';
import { ID_HASH_LENGTH } from '../../../shared/sas/appointment-id.ts';

const CONTENT_HASH_LENGTH = 32;

/** `{editor}-{hash}`: at most 61 characters of a FHIR id, since editors' ids have at most 40. */
export async function appointmentId(vendor: string, system: string, value: string): Promise<string> {
  const hash = await sha256Hex(`Appointment\n${vendor}\n${system}\n${value}`);
  return `${vendor}-${hash.slice(0, ID_HASH_LENGTH)}`;
}

/** The first 32 hexadecimal characters of SHA-256. */
export async function contentHash(profile: string, content: string): Promise<string> {
  return (await sha256Hex(`${profile}\n${content}`)).slice(0, CONTENT_HASH_LENGTH);
}
