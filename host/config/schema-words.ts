// What the schemas of the host's file are written with. The messages are read by people.

import * as v from 'valibot';

export const text = v.pipe(
  v.string('un texte est attendu'),
  v.minLength(1, 'ne peut pas être vide'),
  v.maxLength(1024, 'plus de 1024 caractères'),
);

/** An object whose every field is known. */
export const strict = <const E extends v.ObjectEntries>(entries: E) =>
  v.strictObject(entries, ({ received }) =>
    received.startsWith('"') ? 'champ inconnu' : 'un objet est attendu',
  );

/** With what config.schema.json says of it. */
export const told = <const S extends v.GenericSchema>(schema: S, about: string) =>
  v.pipe(schema, v.description(about));
