const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** A spinner on a terminal, plain lines elsewhere. */
export function createProgress(stream) {
  const live = stream.isTTY === true && !process.env.CI;
  const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
  return {
    async step(name, work) {
      const since = Date.now();
      if (!live) {
        stream.write(`${name} ...\n`);
        const value = await work();
        stream.write(`${name}: done in ${seconds(since)}\n`);
        return value;
      }
      let frame = 0;
      const timer = setInterval(() => {
        frame += 1;
        stream.write(`\r\x1b[2K${FRAMES[frame % FRAMES.length]} ${name} ${seconds(since)}`);
      }, 80);
      try {
        const value = await work();
        stream.write(`\r\x1b[2K✓ ${name} (${seconds(since)})\n`);
        return value;
      } finally {
        clearInterval(timer);
      }
    },
  };
}
