import type { Attack } from "./attack.ts";
import { authority } from "./attacks/authority.ts";
import { gate } from "./attacks/gate.ts";
import { life } from "./attacks/life.ts";
import { names } from "./attacks/names.ts";
import { output } from "./attacks/output.ts";
import { sandbox } from "./attacks/sandbox.ts";
import { secrets } from "./attacks/secrets.ts";
import { untrustedText } from "./attacks/untrusted-text.ts";
import { Ground } from "./ground.ts";

const attacks: readonly Attack[] = [
  ...untrustedText,
  ...authority,
  ...life,
  ...output,
  ...names,
  ...sandbox,
  ...gate,
  ...secrets,
];

export interface Played {
  readonly attacks: number;
  readonly tried: number;
  readonly gained: number;
}

/** One after the other, each followed by a look at what was received and at how everybody else is. */
export async function playAll(
  { short = false, finding }: { readonly short?: boolean; readonly finding?: number },
  say: (line: string) => void,
): Promise<Played> {
  await using ground = await Ground.start();
  const chosen = attacks.filter((each) => !(short && each.long) && (finding === undefined || each.finding === finding));
  let [tried, gained] = [0, 0];
  for (const attack of chosen) {
    const began = performance.now();
    const outcome = await attack.play(ground).catch((error: unknown) => ({
      tried: 0,
      gained: [`it could not be played: ${error instanceof Error ? error.stack : String(error)}`],
    }));
    const all = [...outcome.gained, ...ground.loot(), ...(await ground.damage())];
    await ground.letGo();
    tried += outcome.tried;
    gained += all.length;
    const took = ((performance.now() - began) / 1_000).toFixed(1);
    const what = `${attack.finding}  as ${attack.as}, over ${attack.over}: ${attack.what}`;
    say(`${all.length === 0 ? "nothing gained" : "GAINED        "}  ${what} (${outcome.tried} tried, ${took} s)`);
    for (const each of all) say(`      = ${each}`);
  }
  say(`${chosen.length} attacks, ${tried} tries, ${gained} gains`);
  return { attacks: chosen.length, tried, gained };
}
