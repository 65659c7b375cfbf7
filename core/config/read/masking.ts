/** Shorter values would mask half of every text. */
export const minimumSecret = 4;
export const mask = "***";
