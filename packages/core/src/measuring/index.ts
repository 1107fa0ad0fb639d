export { type CommandMeasure, measureCommand, type Measured, type MeasureRun } from './measure-command.js';
export { type Printed, readValue } from './read-value.js';
export { tasksMerged } from './tasks-merged.js';
