// What a run is given: the vendor, and whom to ask for. Made by command.ts from the command line, or by a test.

import type { EditorConfig } from '../relay/base/config.ts';

export interface RunInputs {
  readonly editor: EditorConfig;
  /** Prefixed (`8…`, `0…`). */
  readonly rpps: readonly string[];
  /** Who practises at one place only, and at two: found out when absent. */
  readonly onePlace: string | undefined;
  readonly twoPlaces: string | undefined;
  /** Prefixed (`3…`). */
  readonly siret: readonly string[];
  readonly cpts: boolean;
  readonly accounts: boolean;
  /** Identifiers of the account of the kit's order; made up for each run when absent. */
  readonly regulator: string | undefined;
  readonly newRegulator: string | undefined;
  readonly redirect: boolean;
  readonly origin: string;
  readonly kinds: readonly string[] | undefined;
  readonly types: readonly string[] | undefined;
  /** Folder of wrong-cn, wrong-ou and revoked (.crt, .key). */
  readonly certificates: string | undefined;
  /** Answers to D1..D6, by id. */
  readonly declarations: Readonly<Record<string, string>> | undefined;
  readonly appointments: readonly unknown[] | undefined;
  readonly timeoutMs: number;
  readonly now: () => number;
}
