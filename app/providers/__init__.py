"""The only door to models: encoding, reranking and chat, each behind one shape that wrappers share."""
