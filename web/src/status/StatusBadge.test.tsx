import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { plain, show } from "../test/show";
import { badgeFace, StatusBadge } from "./StatusBadge";

const held = { level: "B", kind: "verified", since: "2027-03-12T12:00:00Z", valid_until: null } as const;
const lost = {
  level: "B",
  held_from: "2027-01-01T00:00:00Z",
  lost_at: "2027-03-12T12:00:00Z",
  action: "revoked",
  reason: "refunded",
  by: "billing",
} as const;

describe("the badge", () => {
  it("names the level that is held", () => {
    show(<StatusBadge held={held} size={144} />);
    expect(plain(screen.getByRole("button").textContent)).toBe("Статус BПроверено");
  });

  it("says what was lost and on which day, when nothing is held", () => {
    show(<StatusBadge held={null} lost={lost} />);
    expect(plain(screen.getByRole("button").textContent)).toBe("Статус B утрачен 12 марта 2027");
  });

  it("says that there never was one", () => {
    show(<StatusBadge held={null} />);
    expect(screen.getByRole("button").textContent).toBe("Нет статуса");
  });

  it("shows a level that is held rather than one that was lost", () => {
    expect(badgeFace({ level: "A" }, lost)).toEqual({ level: "A" });
    expect(badgeFace(null, lost)).toEqual({ level: "B", lost: true });
    expect(badgeFace(null)).toEqual({ level: null });
  });
});
