"""Files: what people upload is inspected before anybody sees it, and removed when it is to be forgotten."""
