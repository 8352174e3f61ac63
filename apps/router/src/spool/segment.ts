import { closeSync, fdatasyncSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const NAME = /^(\d{8})\.log$/;

export const segmentName = (number: number): string => `${String(number).padStart(8, '0')}.log`;
/** The number in a segment's file name, null for any other file. */
export const segmentNumber = (name: string): number | null => {
  const match = NAME.exec(name);
  return match === null ? null : Number(match[1]);
};

/** One append-only file of the spool, opened by its only writer. */
export class Segment {
  readonly path: string;
  /** Bytes written so far. */
  size = 0;
  /** Settlements that are not committed yet and intents that are not settled yet: while there are any, the file stays. */
  open = 0;
  private file: number | null;

  constructor(
    directory: string,
    readonly number: number,
  ) {
    this.path = join(directory, segmentName(number));
    this.file = openSync(this.path, 'ax', 0o600);
  }

  get usable(): boolean {
    return this.file !== null;
  }

  /** Appends all of it or nothing: after an error the file is cut back to where it was. Throws what the file system throws. */
  append(bytes: Buffer, length: number, sync: boolean): void {
    if (this.file === null) throw new Error('the segment is closed');
    try {
      for (let written = 0; written < length; ) written += writeSync(this.file, bytes, written, length - written);
      if (sync) fdatasyncSync(this.file);
      this.size += length;
    } catch (error) {
      this.cutBack();
      throw error;
    }
  }

  close(): void {
    const { file } = this;
    if (file === null) return;
    this.file = null;
    closeSync(file);
  }

  remove(): void {
    this.close();
    unlinkSync(this.path);
  }

  private cutBack(): void {
    try {
      if (this.file !== null) ftruncateSync(this.file, this.size);
    } catch {
      // The torn line stays; the reader skips it, and offsets of later lines would be wrong: write no more here.
      try {
        this.close();
      } catch {
        // A disk that fails may fail here too; the file is given up all the same.
      }
    }
  }
}
