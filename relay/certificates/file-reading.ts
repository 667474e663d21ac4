// Reads the files of one vendor's certificates, and gathers what is wrong with them, by field and never by content.

import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readPrivateFile } from '../base/private-file.ts';
import type { Problem } from '../base/problem.ts';
import { readBlocks } from './revocation-list.ts';

/** Reads the files that one entry of the configuration names, and gathers what is wrong with each as a problem: no method throws for a file. */
export class FileReading {
  readonly problems: Problem[] = [];
  readonly #field: string;
  readonly #hash = createHash('sha256');

  /** `field`: what the files belong to, `editors[0]`. */
  constructor(field: string) {
    this.#field = field;
  }

  /** Of all that was read, in hexadecimal; call once, at the end. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  certificates(name: string, file: string): readonly X509Certificate[] {
    const content = this.file(name, file);
    if (content === undefined) return [];
    try {
      const found = readBlocks(content, /^(X509 |TRUSTED )?CERTIFICATE$/).map(
        (der) => new X509Certificate(der),
      );
      if (found.length === 0) this.report(name, 'ne contient aucun certificat');
      return found;
    } catch {
      this.report(name, 'contient un certificat illisible');
      return [];
    }
  }

  key(pem: Buffer): KeyObject | undefined {
    try {
      return createPrivateKey(pem);
    } catch {
      this.report('keyFile', 'ne contient pas de clé privée lisible (PEM sans mot de passe)');
      return undefined;
    }
  }

  file(name: string, file: string): Buffer | undefined {
    return this.#read(name, () => readFileSync(file));
  }

  /** Of a private key: a problem besides when others may read it. */
  privateFile(name: string, file: string): Buffer | undefined {
    return this.#read(name, () => {
      const { content, openness } = readPrivateFile(file);
      if (openness !== undefined) this.report(name, openness);
      return content;
    });
  }

  report(name: string, text: string, dated = false): void {
    this.problems.push({ field: `${this.#field}.${name}`, text, ...(dated && { dated }) });
  }

  #read(name: string, read: () => Buffer): Buffer | undefined {
    try {
      const content = read();
      this.#hash.update(`${name}:${content.length}:`).update(content);
      return content;
    } catch {
      this.report(name, 'ne peut pas être lu');
      return undefined;
    }
  }
}
