// Makes a fresh clone ready and runs a target in it: `npm run demo`, `npm test`, `npm start`, `./fermata`.
// No dependencies, any Node >= 20; everything it says goes to stderr, as stdout belongs to the target.
const required = 20;

if (Number(process.versions.node.split('.')[0]) < required) {
  process.stderr.write(
    `fermata: this is Node ${process.versions.node}, and Node ${required} or later is needed to set up (Fermata itself then runs on the Node 24 it installs). Get one from https://nodejs.org and try again.\n`,
  );
  process.exitCode = 1;
} else {
  // Loaded only now: an older Node would stop at syntax it does not know before it could say so.
  const { main } = await import('./bootstrap/main.mjs');
  await main(process.argv.slice(2));
}
