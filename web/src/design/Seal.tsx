/** Sixteen notches around a disc: the outline that the brand and the badges share, in a 100 × 100 box. */
export const sealPath = notchedCircle({ notches: 16, outer: 49, inner: 44.5 });

/** The mark of the brand: the seal with a tick. Decoration; the name stands beside it. */
export function Seal({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 100 100" className={className} aria-hidden>
      <path d={sealPath} fill="currentColor" />
      <path
        d="M30 52 L44 66 L71 36"
        fill="none"
        strokeWidth="10"
        strokeLinecap="round"
        strokeLinejoin="round"
        className="stroke-on-honey"
      />
    </svg>
  );
}

/** A closed wavy line: `outer` at the teeth, `inner` at the notches, smooth between. */
function notchedCircle({ notches, outer, inner }: { notches: number; outer: number; inner: number }): string {
  const at = (radius: number, turn: number) => {
    const angle = 2 * Math.PI * turn - Math.PI / 2;
    return `${(50 + radius * Math.cos(angle)).toFixed(2)} ${(50 + radius * Math.sin(angle)).toFixed(2)}`;
  };
  let path = `M${at(inner, 0)}`;
  for (let notch = 0; notch < notches; notch++) {
    // The control point lies as far outside as makes the curve pass through `outer` at the tooth's middle.
    path += ` Q${at(2 * outer - inner * Math.cos(Math.PI / notches), (notch + 0.5) / notches)} ${at(inner, (notch + 1) / notches)}`;
  }
  return `${path} Z`;
}
