"""QR codes: how they are drawn, whether cameras read them, and where they lead."""
