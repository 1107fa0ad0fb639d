/** A colour of a terminal, behind the escape character that begins it; as the source of a pattern. */
export const colourCode = '\\[[\\d;]*[mK]';

/** The same with it. */
export const colour = `\\u001b${colourCode}`;
