"""What the mailbox connector is made of: the IMAP session, threads, and how a thread becomes a page."""
