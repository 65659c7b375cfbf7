import { SluiceError } from "../../core/contract/index.ts";

/** Milliseconds that are waited for at most where a server says how long. */
const longestPause = 120_000;

/** What a server's refusal means for whoever wants a model, with what to do about it. */
export function answered(url: string, response: Response, withToken: boolean): SluiceError {
  const { status } = response;
  const code = "SLUICE_MODEL_DOWNLOAD";
  const message = `${url}: the server answered with HTTP ${status}.`;
  if (status === 401 || status === 403) {
    const cure = withToken
      ? "Accept the model's licence on its page, with the account that `token` belongs to."
      : "Set `token` of the model, such as `${env:HF_TOKEN}`, and accept its licence on its page.";
    return new SluiceError(code, message, { retryable: false, cure });
  }
  if (status === 404) {
    const cure = "Check owner, repository and file; `sluice models list` shows the models that are known by name.";
    return new SluiceError(code, message, { retryable: false, cure });
  }
  if (status === 429) {
    const pause = pauseOf(response.headers.get("retry-after"));
    const cure = "Wait a while, set `token` of the model, or take a mirror by HF_ENDPOINT.";
    return new SluiceError(code, message, { cure, ...(pause === undefined ? {} : { retryAfter: pause }) });
  }
  return new SluiceError(code, message, { retryable: status >= 500 || status === 408 });
}

/** Milliseconds before the next attempt; undefined where it would be too long. */
export function httpPause(error: unknown, attempt: number): number | undefined {
  if (!SluiceError.is(error)) return 0;
  const { retryAfter } = SluiceError.from(error);
  if (retryAfter === undefined) return 500 * 2 ** attempt;
  return retryAfter > longestPause ? undefined : retryAfter;
}

/** `Retry-After` is in seconds, or a date. */
function pauseOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : undefined;
}
