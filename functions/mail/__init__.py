"""E-mails: written from the outbox, handed to the mail server, and unsubscribed from."""
