"""What a bench found of each of its bars: every one is said, and one that is missed fails the run."""

from __future__ import annotations


class Bars:
    """The bars that were judged so far."""

    judged: int = 0
    missed: int = 0

    def bar(self, holds: bool, words: str) -> None:
        """Say whether one bar holds."""
        self.judged += 1
        self.missed += not holds
        print(f"  {'holds ' if holds else 'MISSED'}  {words}", flush=True)

    def verdict(self) -> int:
        """Say whether all of them held: the exit code."""
        if self.missed:
            print(f"  {self.missed} missed")
        else:
            print("  every bar holds" if self.judged else "  no bar is for what was asked")
        return 1 if self.missed else 0
