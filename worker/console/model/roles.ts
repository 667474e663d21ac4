// The roles of the console's users. What each may open is said once, in worker/console/screens.ts. docs/console.md.

/** Each role. `editeur` is one vendor's, and sees that vendor alone. */
export const ROLES = ['exploitant', 'raccordement', 'analyste', 'editeur', 'habilitations'] as const;
/** One of them. */
export type Role = (typeof ROLES)[number];

/** A user of the console, as the table `console_users` has him. */
export interface ConsoleUser {
  readonly issuer: string;
  readonly subject: string;
  readonly roles: readonly Role[];
  readonly territories: readonly string[];
  /** Of the role `editeur`. */
  readonly vendor: string | undefined;
}

/** True of a name that is a role of this version. */
export function isRole(name: unknown): name is Role {
  return ROLES.includes(name as Role);
}

/** True when one of the user's roles is among them. */
export function mayOpen(user: Pick<ConsoleUser, 'roles'>, roles: readonly Role[]): boolean {
  return user.roles.some((role) => roles.includes(role));
}

/** The one vendor that a user may see; undefined: he may see all of them. */
export function onlyVendorOf({ roles, vendor }: ConsoleUser): string | undefined {
  return roles.some((role) => role !== 'editeur') ? undefined : (vendor ?? '');
}
