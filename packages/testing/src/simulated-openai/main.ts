import { serveControl } from './control.js';
import { startSimulatedOpenAi } from './server.js';

// A process of its own, so that the simulation's work is not counted as the gateway's. Ends with its parent's pipe.
const upstream = await startSimulatedOpenAi({ port: Number(process.env.SIMULATED_PORT ?? 0) });
const control = await serveControl(upstream);
process.stdout.write(`${JSON.stringify({ port: upstream.port, control: control.port })}\n`);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
