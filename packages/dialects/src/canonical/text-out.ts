import { EMPTY_BYTES, encodeUtf8 } from '@tollgate/kernel';

/** Text of a stream that is being written, taken out once per read of the upstream: one encoding, one write. */
export class TextOut {
  private text = '';

  add(text: string): void {
    this.text += text;
  }

  take(): Uint8Array {
    if (this.text === '') return EMPTY_BYTES;
    const bytes = encodeUtf8(this.text);
    this.text = '';
    return bytes;
  }
}
