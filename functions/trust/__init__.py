"""Trust: the levels an organization holds, and what shows them elsewhere."""
