const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;

export interface Progress {
  /** What is being done now. */
  say(text: string): void;
  done(): void;
}

/** Below a supervisor, which has a display of its own. */
export const SILENT: Progress = { say: () => undefined, done: () => undefined };

/** One moving line on a terminal, plain lines elsewhere; on stderr, since stdout belongs to the result. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  let current = '';
  if (!stream.isTTY) {
    const say = (text: string): void => {
      if (text !== current) stream.write(`${text} ...\n`);
      current = text;
    };
    return { say, done: () => undefined };
  }
  let frame = 0;
  const draw = (): void => {
    frame += 1;
    if (current !== '') stream.write(`\r\x1b[2K${FRAMES[frame % FRAMES.length]} ${current}`);
  };
  const timer = setInterval(draw, FRAME_MS).unref();
  return {
    say: (text) => {
      current = text;
      draw();
    },
    done: () => {
      clearInterval(timer);
      if (current !== '') stream.write('\r\x1b[2K');
      current = '';
    },
  };
}
