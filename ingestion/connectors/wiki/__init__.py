"""What the Confluence connector is made of: its two editions, their paging, rights and content."""
