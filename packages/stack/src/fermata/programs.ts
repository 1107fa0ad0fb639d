import { fileURLToPath } from 'node:url';

const built = (path: string) => fileURLToPath(new URL(`../../../../apps/${path}`, import.meta.url));

/** The compiled programs that make a Fermata out of a stack. */
export const programs = {
  /** Brings the database up to date and makes sure of the first workspace and its admin token. Runs once at each start. */
  setup: built('api/dist/setup.js'),
  api: built('api/dist/main.js'),
  worker: built('worker/dist/main.js'),
};
