import { clsx } from "clsx";
import { NavLink } from "react-router";

/** The parts of a place that has several pages: links in a line at a desk, two in a row on a phone, none cut. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly { to: string; name: string }[] }) {
  return (
    <nav aria-label={label}>
      <ul className="grid grid-cols-2 gap-1 sm:flex sm:gap-6 sm:border-b sm:border-line">
        {tabs.map(({ to, name }) => (
          <li key={to} className="min-w-0">
            <NavLink
              to={to}
              end
              className={({ isActive }) =>
                clsx(
                  "flex min-h-11 items-center rounded-md px-3 max-sm:border sm:-mb-px sm:rounded-none sm:border-b-2 sm:px-0",
                  isActive
                    ? "border-ink font-semibold text-ink max-sm:bg-sunken"
                    : "text-muted hover:text-ink max-sm:border-line sm:border-transparent",
                )
              }
            >
              {name}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
