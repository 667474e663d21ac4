// Texts written one behind another into one piece of memory, as UTF-8. Pure.

const SPARE_BYTES = 4096;

export class TextBytes {
  readonly #encoder = new TextEncoder();
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /** `expected`: characters to come, about. A few accents more are allowed for; it grows when there are many. */
  constructor(expected: number) {
    this.#bytes = new Uint8Array(Math.ceil(expected * 1.05) + SPARE_BYTES);
  }

  /** `text`: or its UTF-8. */
  add(text: string | Uint8Array): void {
    if (typeof text === 'string') this.#encode(text);
    else this.#paste(text);
  }

  #paste(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #encode(text: string): void {
    const { read, written } = this.#encoder.encodeInto(text, this.#bytes.subarray(this.#length));
    this.#length += written;
    if (read < text.length) {
      this.#grow(3 * (text.length - read));
      this.#encode(text.slice(read));
    }
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + least));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
