export { PrismaClient } from './generated/client.js';
