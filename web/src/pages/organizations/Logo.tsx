/** An organization's picture, or the first letter of its name in its place. `size` in CSS pixels. */
export function Logo({
  name,
  address,
  alt,
  size,
}: {
  name: string;
  address: string | null;
  alt: string;
  size: number;
}) {
  const look = "shrink-0 rounded-md border border-line";
  if (address) {
    return (
      <img
        src={address}
        alt={alt}
        width={size}
        height={size}
        className={`${look} bg-raised object-contain`}
        style={{ width: size, height: size }}
      />
    );
  }
  return (
    <span
      aria-hidden
      className={`${look} grid place-items-center bg-sunken font-semibold text-muted`}
      style={{ width: size, height: size, fontSize: size / 2.4 }}
    >
      {[...name.trim()][0]?.toUpperCase()}
    </span>
  );
}
