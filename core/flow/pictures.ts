import type { Conversation, Message, Picture } from "../contract/conversation.ts";
import type { SandboxFile } from "../contract/sandbox.ts";
import { pictureType } from "../kit/untrusted/picture-type.ts";

/** Bytes of one picture; a larger one stays a file. The most that any provider takes in a request. */
const largest = 20 * 1024 * 1024;

/** What models are shown of the pictures of one program: a loop that draws is not to fill the memory. */
const mostOfProgram = 8;
const charactersOfProgram = 8 * 1024 * 1024;

/** Characters of pictures that a session remembers, the latest ones. */
const charactersKept = 32 * 1024 * 1024;

/** The pictures among files, told by their content: names say what they like. */
export function picturesIn(files: readonly SandboxFile[]): readonly Picture[] {
  return files.flatMap(({ path, content }) => {
    const mime = content.length > largest ? undefined : pictureType(content);
    return mime === undefined ? [] : [{ mime, base64: Buffer.from(content).toString("base64"), path }];
  });
}

/** The pictures of a result. A program may call anything a picture, and a provider would refuse the whole request. */
export function picturesOfResult(data: Readonly<Record<string, unknown>>): readonly Picture[] {
  // Only what is called a picture is looked at: other values may still have to be parsed.
  const types = Object.keys(data).filter((type) => type.startsWith("image/"));
  const [picture] = types.flatMap((type) => {
    const value = data[type];
    if (typeof value !== "string" || value.length > charactersOfProgram) return [];
    const base64 = value.replaceAll(/\s/g, "");
    const mime = /^[A-Za-z0-9+/]+={0,2}$/.test(base64)
      ? pictureType(Buffer.from(base64.slice(0, 24), "base64"))
      : undefined;
    return mime === undefined ? [] : [{ mime, base64 }];
  });
  // One result in several types is one picture.
  return picture === undefined ? [] : [picture];
}

/** One more result's pictures beside those before it, within bounds. */
export function latestOfProgram(pictures: readonly Picture[]): readonly Picture[] {
  return within(pictures, charactersOfProgram).slice(-mostOfProgram);
}

/** Messages with the latest pictures alone; older ones are remembered by their paths. */
export function latestPictures(messages: readonly Message[]): readonly Message[] {
  let left = charactersKept;
  return messages
    .toReversed()
    .map((message) => {
      if (!hasPictures(message)) return message;
      const pictures = within(message.pictures, left);
      left -= sizeOf(pictures);
      const { pictures: _, ...rest } = message;
      return pictures.length > 0 ? { ...rest, pictures } : rest;
    })
    .toReversed();
}

/**
 * Names of pictures of this run's input that the instance was not asked about yet. So the run says once that a model
 * cannot see them, and not at each turn of a loop.
 */
export function unansweredPictures({ messages }: Conversation, id: string): readonly string[] {
  const asked = messages.findLastIndex(({ role, at }) => role === "user" && at > 0);
  const message = messages[asked];
  const answered = messages.slice(asked + 1).some((later) => later.role === "model" && later.source === id);
  if (message?.role !== "user" || answered) return [];
  return (message.pictures ?? []).map(({ path, mime }) => path ?? mime);
}

function hasPictures(message: Message): message is Message & { readonly pictures: readonly Picture[] } {
  return "pictures" in message && message.pictures !== undefined;
}

function within(pictures: readonly Picture[], characters: number): readonly Picture[] {
  let size = 0;
  const from = pictures.findLastIndex(({ base64 }) => {
    size += base64.length;
    return size > characters;
  });
  return pictures.slice(from + 1);
}

function sizeOf(pictures: readonly Picture[]): number {
  return pictures.reduce((sum, { base64 }) => sum + base64.length, 0);
}
