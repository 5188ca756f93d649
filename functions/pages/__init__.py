"""Public pages as whoever reads without JavaScript sees them: search engines, previews of links, old phones."""
