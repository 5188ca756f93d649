"""Stories: their films and pictures are looked into before a moderator is asked, and the public gets a copy."""
