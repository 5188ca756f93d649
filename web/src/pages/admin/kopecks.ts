/** «1 490,50» or «1490.5» as kopecks; undefined when it is no amount of money. */
export function typedKopecks(text: string): number | undefined {
  const plain = text.replace(/[\s₽]/g, "").replace(",", ".");
  return /^\d{1,9}(\.\d{1,2})?$/.test(plain) ? kopecks(plain) : undefined;
}

export const kopecks = (roubles: number | string) => Math.round(Number(roubles) * 100);
