import type { Facts } from './facts.ts';
import { randomOf } from './make-calls.ts';
import type { Chance, Shape, Variant } from './shapes.ts';

export interface Variants {
  /** Asked again and again. */
  hot: readonly Variant[];
  /** Asked once each; none of them is among the others. */
  cold: readonly Variant[];
}

/** Different requests of a shape, the same for the same seed; fewer than wished where there are not so many. */
export function drawVariants(
  shape: Shape,
  facts: Facts,
  options: { seed: number; hot: number; cold: number },
): Variants {
  const chance = chanceOf(randomOf(options.seed * 1000 + shape.name.charCodeAt(0)));
  const taken = new Set<string>();
  const draw = (count: number, one: Shape['draw']) => {
    const variants: Variant[] = [];
    for (let attempts = 0; variants.length < count && attempts < count * 20; attempts++) {
      const variant = one(facts, chance);
      const key = JSON.stringify(variant?.parameters);
      if (variant === undefined || taken.has(key)) continue;
      taken.add(key);
      variants.push(variant);
    }
    return variants;
  };
  const hot = draw(options.hot, shape.draw);
  return { hot, cold: shape.drawOnce === null ? [] : draw(options.cold, shape.drawOnce ?? shape.draw) };
}

function chanceOf(random: () => number): Chance {
  const below = (limit: number) => Math.floor(random() * limit);
  return { below, pick: (list) => list[below(list.length)]! };
}
