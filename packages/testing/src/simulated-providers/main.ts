import { serveControl } from '../simulated-openai/control.js';
import { startSimulatedProviders } from './server.js';

// A process of its own, so that the simulation's work is not counted as the gateway's. Ends with its parent's pipe.
const providers = await startSimulatedProviders({ port: Number(process.env.SIMULATED_PORT ?? 0) });
const control = await serveControl(providers);
process.stdout.write(`${JSON.stringify({ port: providers.port, control: control.port })}\n`);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
