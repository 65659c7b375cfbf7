/** The smallest pictures of their kinds: their first bytes are what tells them. */
export const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
export const gif = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
export const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]);
export const webp = Buffer.from("RIFF\x1a\0\0\0WEBPVP8L", "latin1");
