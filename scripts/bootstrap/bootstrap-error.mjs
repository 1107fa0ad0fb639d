/** Something is wrong with this machine or clone: the message is for a person and needs no stack trace. */
export class BootstrapError extends Error {
  /**
   * @param {'missing_program' | 'unsupported_node' | 'disk_full' | 'step_failed' | 'invalid_input'} code
   * @param {string} message what is wrong and the way out
   */
  constructor(code, message) {
    super(message);
    this.name = 'BootstrapError';
    this.code = code;
  }
}

export const unwritableClone =
  'This clone has to be set up and cannot be written. Make it writable for this user, or clone again where you may write.';
